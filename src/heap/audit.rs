//! The heap, audited.

use super::block::SCATTERED;
use super::runs::{FREE, NONE};
use super::{Heap, BLOCKS_MAX};
use crate::audit::{require, Audit, Rule};
use crate::paging::frames::{Frames, Owner};

impl Heap {
    /// Sees whether runs, chains, free list and blocks agree, on frames that are the heap's, which are `frames_held`.
    pub fn audit(&self, frames: &Frames, frames_held: u32) -> Audit {
        let runs = &self.runs;
        let (mut end, mut was_free, mut free, mut before, mut held) = (0, false, 0, NONE, 0);
        let mut at = runs.lowest;
        while at != NONE {
            let run = *runs.get(at);
            let is_free = run.owner == FREE;
            require(run.length > 0 && run.start >= end && run.below == before, Rule::Heap, run.start)?;
            require(!(was_free && is_free && run.start == end), Rule::Heap, run.start)?;
            let mut own = run.start / 4..run.end().div_ceil(4);
            require(
                own.all(|frame| matches!(frames.owner(frame), Owner::Xms { .. })),
                Rule::Heap,
                run.start,
            )?;
            free += if is_free { run.length } else { 0 };
            held += run.length;
            (was_free, end, before, at) = (is_free, run.end(), at, run.above);
        }
        require((runs.highest, runs.free_kib) == (before, free), Rule::Heap, free)?;
        require(held == frames_held * 4, Rule::Held, held)?;
        let (mut listed, mut at) = (0, runs.free);
        while at != NONE {
            let run = runs.get(at);
            require(run.owner == FREE && listed < free, Rule::Heap, run.start)?;
            (listed, at) = (listed + run.length, run.next);
        }
        require(listed == free, Rule::Heap, listed)?;
        let mut of_blocks = 0;
        let is_block = |index: u16, handle: u16, used: bool| match self.is_public() {
            true => used,
            false => handle & (BLOCKS_MAX - 1) == index,
        };
        for (index, block) in self.blocks.iter().enumerate() {
            if !is_block(index as u16, block.handle, block.used) {
                continue;
            }
            let (mut at, mut last, mut length) = (block.head, NONE, 0);
            while at != NONE {
                let run = runs.get(at);
                let linked = (run.owner, run.prev) == (index as u16, last);
                require(linked && length < block.size, Rule::Heap, run.start)?;
                length += run.length;
                (last, at) = (at, run.next);
            }
            require(length == block.size, Rule::Heap, index as u32)?;
            of_blocks += length;
            let one_piece = block.head == NONE || runs.get(block.head).length == length;
            require(block.base == SCATTERED || one_piece, Rule::Heap, index as u32)?;
        }
        // With a public table, some may be nobody's: whoever wrote the table left it out.
        require(of_blocks + free == held || self.is_public(), Rule::Heap, of_blocks)
    }
}
