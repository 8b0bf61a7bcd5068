//! Frames that are set aside for moments when DOS may not be called.

use alloc::vec::Vec;

use crate::paging::frames::Owner;
use crate::paging::Memory;

/// Frames that are set aside, at most; of a small machine a share.
const RESERVE: u32 = 16;
const RESERVE_SHARE: u32 = 64;

impl Memory {
    /// Sets frames aside, of those that are free beyond `needed`.
    pub(super) fn fill_reserve(&mut self, needed: u32) {
        while self.reserve_missing() > 0 && self.frames.free_count() > needed {
            if self.reserve.try_reserve(1).is_err() {
                return;
            }
            let Some(frame) = self.frames.allocate(Owner::Kernel) else { return };
            self.reserve.push(frame);
        }
    }

    pub(super) fn reserve_missing(&self) -> u32 {
        RESERVE.min(self.frames.total() / RESERVE_SHARE).saturating_sub(self.reserve.len() as u32)
    }

    /// Frames that are set aside now.
    pub fn reserved(&self) -> u32 {
        self.reserve.len() as u32
    }

    /// Gives up what is set aside: it is needed now, or there is no paging any more.
    pub(in crate::paging) fn release_reserve(&mut self) {
        while let Some(frame) = self.reserve.pop() {
            self.frames.free(frame);
        }
    }

    /// There is no swap file any more. No page is in it.
    pub fn end_swap(&mut self) {
        self.release_reserve();
        // Nothing small may stay behind in the core's heap, which would keep a page.
        self.reserve = Vec::new();
        self.swap = None;
        self.frames.set_elsewhere(0);
    }
}
