//! Physical and linear memory: frames, page states, clients' address spaces, and what pages go to disk.
//!
//! Nothing here knows an I/O port or a DOS call. Page tables of the loaded space are words reached through
//! [`crate::machine::Machine`]; those of other spaces are words of physical memory.

pub mod frames;
pub mod space;

use frames::Frames;

/// Physical memory, host-wide.
pub struct Memory {
    /// Page frames.
    pub frames: Frames,
    /// Commit pages when they are allocated instead of at the first touch: an emulator whose page faults nest.
    pub eager: bool,
}

impl Memory {
    /// Memory over an allocator.
    pub fn new(frames: Frames) -> Self {
        Memory { frames, eager: false }
    }
}
