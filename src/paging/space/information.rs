//! Totals for 0500h, 050Bh and `/S`.

use super::{Space, Use};
use crate::paging::{Memory, ARENA_BASE, ARENA_END};

/// How much there is, in pages.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Totals {
    /// The largest block that could be allocated now.
    pub largest: u32,
    /// Frames that could still be promised.
    pub available: u32,
    /// Frames that are ours.
    pub physical: u32,
    /// Linear addresses that are free.
    pub linear_free: u32,
    /// Linear addresses of a client's arena.
    pub linear: u32,
    /// Committed pages of this client.
    pub committed: u32,
    /// Committed pages of this client's blocks, stacks left out.
    pub blocks: u32,
    /// Locked pages of this client.
    pub locked: u32,
    /// Pages that the swap file may have.
    pub swap: u32,
}

impl Space {
    /// The totals as they are now. [`Totals::largest`] is exact in that an allocation of as many pages succeeds.
    pub fn totals(&self, memory: &Memory) -> Totals {
        let (gap, linear_free) = self.blocks.room_left();
        let available = memory.available();
        // One page table for each 4 MiB that a block reaches into, and one more as it need not begin at a table's edge.
        let tables = (available >> 10) + 2;
        let committed = |stacks: bool| -> u32 {
            let counted = self.blocks.all().iter().filter(|block| stacks || block.usage != Use::Stack);
            counted.map(|block| block.committed).sum()
        };
        Totals {
            largest: gap.min(available.saturating_sub(tables)),
            available,
            physical: memory.frames.total(),
            linear_free,
            linear: (ARENA_END - ARENA_BASE) >> 12,
            committed: committed(true),
            blocks: committed(false),
            locked: self.locked,
            swap: memory.swap_pages(),
        }
    }
}
