//! Physical and linear memory: frames, page states, clients' address spaces, and what pages go to disk.
//!
//! Nothing here knows an I/O port or a DOS call. Page tables of the loaded space are words reached through
//! [`crate::machine::Machine`]; those of other spaces are words of physical memory.

pub mod blocks;
pub mod fault;
pub mod frames;
pub mod page;
pub mod space;

use crate::heap::Heap;
use frames::Frames;

/// First linear address of a client's own memory.
pub const ARENA_BASE: u32 = 0x0040_0000;
/// Address after the last of a client's own memory; the shared table with the landing page follows.
pub const ARENA_END: u32 = 0xBFC0_0000;
/// Linear address of the landing page, read-only for ring 3.
pub const LANDING: u32 = 0xBFFF_F000;

/// Physical memory, host-wide.
pub struct Memory {
    /// Page frames.
    pub frames: Frames,
    /// Blocks of XMS, which lie in frames and keep some that are free: see [`Memory::reclaim`].
    pub heap: Heap,
    /// Commit pages when they are allocated instead of at the first touch: an emulator whose page faults nest.
    pub eager: bool,
}

impl Memory {
    /// Memory over an allocator.
    pub fn new(frames: Frames) -> Self {
        Memory { frames, heap: Heap::new(), eager: false }
    }
}
