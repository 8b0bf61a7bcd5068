//! The page frames of physical memory.

/// Page frames.
pub struct Frames {
    table: &'static mut [u64],
    first: u32,
}

impl Frames {
    /// An allocator over `table`, one entry per frame from frame number `first` on; every frame is reserved.
    pub fn new(table: &'static mut [u64], first: u32) -> Self {
        Frames { table, first }
    }

    /// Frame numbers that the table covers.
    pub fn covered(&self) -> core::ops::Range<u32> {
        self.first..self.first + self.table.len() as u32
    }
}
