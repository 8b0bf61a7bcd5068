//! Physical and linear memory: frames, page states, clients' address spaces, and what pages go to disk.
//!
//! Nothing here knows an I/O port or a DOS call. Page tables of the loaded space are words reached through
//! [`crate::machine::Machine`]; those of other spaces are words of physical memory.

mod audit;
pub mod blocks;
pub mod claim;
pub mod fault;
pub mod frames;
pub mod page;
pub mod pager;
pub mod space;
pub mod swap;
pub mod victim;

use alloc::vec::Vec;

use crate::heap::Heap;
use claim::Claim;
use frames::{Frames, Owner};
use pager::Swap;

/// First linear address of a client's own memory.
pub const ARENA_BASE: u32 = 0x0040_0000;
/// Address after the last of a client's own memory; the shared table with the landing page follows.
pub const ARENA_END: u32 = 0xBFC0_0000;
/// Linear address of the landing page, read-only for ring 3.
pub const LANDING: u32 = 0xBFFF_F000;

/// What has happened, for `/S`. The counts wrap.
#[derive(Clone, Copy, Default, Debug)]
pub struct Counts {
    /// Page faults.
    pub faults: u32,
    /// Pages that came in as zeros.
    pub zeroed: u32,
    /// Pages copied on their first write.
    pub copied: u32,
    /// Pages read from the swap file.
    pub read: u32,
    /// Pages written to it.
    pub written: u32,
    /// Transfers that wrote them.
    pub clusters: u32,
    /// Pages whose frame was taken away.
    pub dropped: u32,
}

/// Physical memory, host-wide.
pub struct Memory {
    /// Page frames.
    pub frames: Frames,
    /// Extended memory blocks.
    pub heap: Heap,
    /// Commit pages when they are allocated instead of at the first touch: an emulator whose page faults nest.
    pub eager: bool,
    /// Paging to disk, if it is on.
    pub swap: Option<Swap>,
    /// Frames set aside, while there is a swap file, for moments when DOS may not be called.
    reserve: Vec<u32>,
    /// After a service stopped with [`space::Stop::Room`]: how many frames it needs.
    pub wanted_frames: u32,
    /// Pages of all clients with a lock count above zero.
    locked: u32,
    /// Frames that several mappings use, or did: they stay in memory without a lock.
    lent: u32,
    /// Frames that the core alone gets, whatever is claimed.
    core_share: u32,
    /// How much of what there is may be used.
    claim: Claim,
    /// Statistics.
    pub counts: Counts,
}

impl Memory {
    /// Memory over an allocator.
    pub fn new(frames: Frames) -> Self {
        Memory {
            frames,
            heap: Heap::default(),
            eager: false,
            swap: None,
            reserve: Vec::new(),
            wanted_frames: 0,
            locked: 0,
            lent: 0,
            core_share: 0,
            claim: Claim::default(),
            counts: Counts::default(),
        }
    }

    /// Keeps back frames that only the core gets.
    pub fn set_core_share(&mut self, frames: u32) {
        self.core_share = frames;
        self.set_claim(self.claim);
    }

    /// How much of what there is may be used.
    pub fn claim(&self) -> Claim {
        self.claim
    }

    /// Says how much of what there is may be used from now on. What is in use or promised stays so.
    pub fn set_claim(&mut self, claim: Claim) {
        self.claim = claim;
        let total = self.frames.total();
        self.frames.set_keep(self.core_share + total - claim.frames(total * 4).min(total));
    }

    /// Frames that could be promised now. What the heap would give back comes on top.
    pub fn available(&self) -> u32 {
        self.frames.promisable()
    }

    /// Pages that could be promised now, on account of the swap file as it is and of what the heap would give back.
    pub fn available_with_swap(&self) -> u32 {
        self.frames.promisable()
    }

    /// Promises `count` frames, with what the heap would give back if there is no other way. False, and nothing
    /// promised, when memory does not suffice.
    #[must_use]
    #[inline]
    pub fn promise(&mut self, count: u32) -> bool {
        self.frames.promise(count) || self.promise_after_reclaim(count)
    }

    /// Allocates one frame, with what the heap would give back if there is no other way.
    pub fn allocate(&mut self, owner: Owner) -> Option<u32> {
        if let Some(frame) = self.frames.allocate(owner) {
            return Some(frame);
        }
        self.reclaim(1);
        self.frames.allocate(owner).or_else(|| {
            // The core's own needs come before what is set aside.
            self.release_reserve();
            self.frames.allocate(owner)
        })
    }

    /// Are `count` frames free, with what the heap would give back if there is no other way?
    pub fn has_free(&mut self, count: u32) -> bool {
        let free = self.frames.free_count();
        free >= count || free + self.reclaim(count - free) >= count
    }

    #[cold]
    fn promise_after_reclaim(&mut self, count: u32) -> bool {
        let short = count - self.frames.promisable();
        self.reclaim(short);
        self.frames.promise(count)
    }

    /// Pages of all clients with a lock count above zero.
    pub fn locked_pages(&self) -> u32 {
        self.locked
    }

    /// Pages that the swap file may have.
    fn swap_pages(&self) -> u32 {
        self.swap.as_ref().map_or(0, |swap| swap.slots.limit())
    }

    /// May `more` pages be locked or lent, beside those that are? What stays in memory must leave room to work in.
    fn may_lock(&self, more: u32) -> bool {
        const WORKING: u32 = 16;
        let Some(swap) = self.swap.as_ref() else { return true };
        if self.frames.free_count() >= self.frames.promised() + swap.pages_out() + WORKING {
            return true;
        }
        let movable = self.frames.free_count() + self.frames.pages();
        self.locked + self.lent + more + WORKING <= movable
    }

    /// One mapping of a frame that several use is gone. True if it was the last: the frame is free.
    fn drop_sharer(&mut self, frame: u32) -> bool {
        let last = self.frames.drop_sharer(frame);
        self.lent -= last as u32;
        last
    }
}
