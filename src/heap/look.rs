//! What can be seen of blocks without changing any.

use super::{Block, Heap, SCATTERED};

/// What can be asked about a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Info {
    /// Size in KiB.
    pub kib: u32,
    /// Lock count.
    pub locks: u8,
}

/// A contiguous piece of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Physical address of its first KiB, divided by 1024.
    pub start: u32,
    /// Where in the block it begins, KiB.
    pub at: u32,
    /// KiB.
    pub length: u32,
}

impl Heap {
    /// Physical address of byte `offset` (below its size) of a block that lies in one piece. None for any other, and where
    /// [`Heap::piece`] has to be asked.
    #[inline(always)]
    pub fn address(&self, index: u16, offset: u32) -> Option<u32> {
        match self.blocks[index as usize].base {
            SCATTERED => None,
            base => Some((base << 10) + offset),
        }
    }

    /// Size and lock count of the block at `index`, which [`Heap::find`] gave.
    #[inline]
    pub fn info(&self, index: u16) -> Info {
        let block = &self.blocks[index as usize];
        Info { kib: block.size, locks: block.locks }
    }

    /// Handles that can still be given out.
    #[inline]
    pub fn vacancies(&self) -> u16 {
        self.vacancies
    }

    /// Handles in use.
    pub fn blocks_used(&self) -> u16 {
        self.blocks.len() as u16 - self.vacancies
    }

    /// The contiguous piece of a block that holds its KiB number `at`, which is below the block's size.
    #[inline]
    pub fn piece(&mut self, index: u16, at: u32) -> Piece {
        let Block { mut hint, mut hint_at, head, .. } = self.blocks[index as usize];
        if at < hint_at {
            (hint, hint_at) = (head, 0);
        }
        let mut run = self.runs.get(hint);
        while at - hint_at >= run.length {
            hint_at += run.length;
            hint = run.next;
            run = self.runs.get(hint);
        }
        let piece = Piece { start: run.start, at: hint_at, length: run.length };
        let block = &mut self.blocks[index as usize];
        block.hint = hint;
        block.hint_at = hint_at;
        piece
    }

    /// Does `bytes` (1 and more) of physical memory from `physical` on lie in one locked block? Such memory, and no other
    /// RAM, may be mapped by its physical address (0800h).
    pub fn is_locked(&self, physical: u32, bytes: u32) -> bool {
        let Some(last) = physical.checked_add(bytes - 1) else { return false };
        let Some(run) = self.runs.holding(physical >> 10) else { return false };
        let run = self.runs.get(run);
        last >> 10 < run.end() && self.blocks.get(run.owner as usize).is_some_and(|block| block.locks > 0)
    }
}
