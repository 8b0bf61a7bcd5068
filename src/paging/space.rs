//! One client's address space.

use super::Memory;
use crate::machine::Machine;

/// What [`Space::check`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Check {
    /// Every page is present with the rights asked for.
    Ready,
    /// The page at this linear address has to come in from the swap file first.
    PageIn(u32),
    /// Not the client's memory, or not writable.
    Bad,
}

/// One client's linear address space.
#[derive(Default)]
pub struct Space {
    directory: u32,
}

impl Space {
    /// Physical address of the page directory: what CR3 gets.
    #[inline]
    pub fn directory(&self) -> u32 {
        self.directory
    }

    /// May the core touch `bytes` bytes at `linear` for the client, for writing if `write`?
    pub fn check<M: Machine>(
        &mut self,
        _machine: &mut M,
        _memory: &mut Memory,
        _linear: u32,
        _bytes: u32,
        _write: bool,
    ) -> Check {
        Check::Bad
    }
}
