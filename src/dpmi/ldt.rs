//! INT 31h 00xxh: descriptors of the client's LDT.

use alloc::vec::Vec;

/// Which of a client's descriptors are taken, and by whom.
pub struct Allocated {
    used: [u32; 256],
    fixed: [u32; 256],
    segments: Vec<(u16, u16)>,
}

impl Allocated {
    /// Nothing allocated.
    pub const fn new() -> Self {
        Allocated { used: [0; 256], fixed: [0; 256], segments: Vec::new() }
    }

    /// Is descriptor `index` (0 to 8191) the client's?
    #[inline]
    pub const fn is_allocated(&self, index: u16) -> bool {
        self.used[(index >> 5) as usize & 255] >> (index & 31) & 1 != 0
    }
}

impl Default for Allocated {
    fn default() -> Self {
        Self::new()
    }
}
