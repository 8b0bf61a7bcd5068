//! Bringing a block into one piece, in steps of bounded length.
//!
//! A step exchanges two ranges of equal length, the next piece of the block and what lies where it belongs, contents and
//! all. That needs no free memory, so only locked blocks can be in the way; between two steps every block is whole and
//! every byte where its owner finds it, so anything may happen there: other blocks come, go, are copied, locked or
//! frozen themselves. A step that finds its place taken by a locked block looks for another place.

use super::runs::{FREE, NONE};
use super::{Heap, Refusal, DMA_END, DMA_KIB, NO_WINDOW};
use crate::machine::Machine;
use crate::paging::frames::Frames;

/// KiB that one step moves at most.
pub const STEP_KIB: u32 = 16;
/// Runs that one step changes at most: an interrupt has to wait for as long as this takes.
const STEP_PIECES: u32 = 16;

/// A block being gathered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Freezing {
    /// The block.
    pub index: u16,
    /// Where it goes: KiB.
    target: u32,
}

/// What a step comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The block is locked at this physical address, divided by 1024.
    Done(u32),
    /// There is more to do.
    More,
}

impl Heap {
    /// Begins to gather a block that [`Heap::lock`] found scattered, and that nobody works on. Nobody may free or resize
    /// it, or work on it otherwise, from here to the last step.
    pub fn freeze(&mut self, index: u16, frames: &mut Frames) -> Result<Freezing, Refusal> {
        match self.aim(index, frames) {
            Some(target) => Ok(Freezing { index, target }),
            None => self.freeze_failed(frames),
        }
    }

    /// One step. A refusal ends the work; the block is whole, and not locked.
    pub fn freeze_step<M: Machine>(
        &mut self,
        freezing: &mut Freezing,
        machine: &mut M,
        frames: &mut Frames,
    ) -> Result<Step, Refusal> {
        let mut budget = STEP_KIB;
        for _ in 0..STEP_PIECES {
            let Some((own, at)) = self.misplaced(freezing) else {
                return Ok(self.frozen(freezing, frames));
            };
            let place = freezing.target + at;
            let there = self.runs.holding(place).filter(|run| !self.is_fixed(*run));
            let Some(there) = there else {
                // Locked, or given back meanwhile.
                match self.aim(freezing.index, frames) {
                    Some(target) => freezing.target = target,
                    None => return self.freeze_failed(frames),
                }
                continue;
            };
            if !self.runs.reserve(4) {
                return self.freeze_failed(frames);
            }
            let moved = self.swap_pieces(own, there, place, budget, machine);
            budget -= moved;
            if budget == 0 {
                break;
            }
        }
        if self.misplaced(freezing).is_none() {
            return Ok(self.frozen(freezing, frames));
        }
        Ok(Step::More)
    }

    /// The best place for the block, free frames included, below 16 MiB first where that is wanted.
    fn aim(&mut self, index: u16, frames: &mut Frames) -> Option<u32> {
        self.fetch_all(frames);
        let low = self.low_dma && self.blocks[index as usize].size <= DMA_KIB;
        let target = if low { self.target(index, DMA_END) } else { None };
        target.or_else(|| self.target(index, u32::MAX))
    }

    /// The first run of the block that is not where it should be, and its offset in the block.
    fn misplaced(&self, freezing: &Freezing) -> Option<(u32, u32)> {
        let mut run = self.blocks[freezing.index as usize].head;
        let mut at = 0;
        while run != NONE {
            let node = self.runs.get(run);
            if node.start != freezing.target + at {
                return Some((run, at));
            }
            at += node.length;
            run = node.next;
        }
        None
    }

    /// Exchanges the beginning of `own` with what lies at `place` in the run `there`, at most `budget` KiB; returns how
    /// much.
    fn swap_pieces<M: Machine>(
        &mut self,
        own: u32,
        there: u32,
        place: u32,
        budget: u32,
        machine: &mut M,
    ) -> u32 {
        let mut length = self.runs.get(own).length.min(self.runs.get(there).end() - place).min(budget);
        if own == there {
            length = length.min(place - self.runs.get(own).start);
        }
        // Cut from above to below, so that the first run keeps its name when both are one.
        let mut other = there;
        if place > self.runs.get(there).start {
            other = self.runs.cut(there, place - self.runs.get(there).start);
        }
        if length < self.runs.get(other).length {
            self.runs.cut(other, length);
        }
        if length < self.runs.get(own).length {
            self.runs.cut(own, length);
        }
        let (from, to) = (self.runs.get(own).start << 10, place << 10);
        let owners = [self.runs.get(other).owner, self.runs.get(own).owner];
        if owners[0] == FREE {
            machine.copy_physical(from, to, length << 10);
        } else {
            machine.swap_physical(from, to, length << 10);
        }
        self.runs.exchange(own, other);
        self.runs.settle(other);
        self.runs.settle(own);
        for owner in owners {
            if let Some(block) = self.blocks.get_mut(owner as usize) {
                block.hint = block.head;
                block.hint_at = 0;
                self.rebase(owner);
            }
        }
        length
    }

    fn frozen(&mut self, freezing: &Freezing, frames: &mut Frames) -> Step {
        let head = self.blocks[freezing.index as usize].head;
        while self.runs.join(head) {}
        let block = &mut self.blocks[freezing.index as usize];
        block.locks += 1;
        block.hint = head;
        block.hint_at = 0;
        let start = self.runs.get(head).start;
        block.base = start;
        self.window_for = NO_WINDOW;
        self.trim(frames);
        Step::Done(start)
    }

    /// Locked blocks leave no room.
    fn freeze_failed<T>(&mut self, frames: &mut Frames) -> Result<T, Refusal> {
        self.trim(frames);
        Err(Refusal::LockFailed)
    }
}
