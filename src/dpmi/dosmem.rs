//! INT 31h 01xxh: memory below 1 MiB, from DOS, with descriptors.

use alloc::vec::Vec;

/// A block that 0100h got from DOS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DosBlock {
    /// Its paragraph, as DOS knows it.
    pub segment: u16,
    /// Index of its first descriptor.
    pub index: u16,
    /// How many descriptors it has, one after the other.
    pub count: u16,
    /// Its size.
    pub paragraphs: u16,
}

/// A client's DOS memory blocks.
#[derive(Default)]
pub struct DosBlocks {
    blocks: Vec<DosBlock>,
}

impl DosBlocks {
    /// No block.
    pub const fn new() -> Self {
        DosBlocks { blocks: Vec::new() }
    }

    /// The blocks, in no particular order; for the client's end.
    pub fn all(&self) -> &[DosBlock] {
        &self.blocks
    }
}
