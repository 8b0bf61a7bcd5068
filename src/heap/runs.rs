//! Runs: what the heap holds of physical memory, in order of addresses, in units of 1 KiB.
//!
//! A run is free or a piece of one block. Each lies in two lists: that of all runs by address (`below`, `above`), and
//! either that of the free runs, in no order, or the chain of its block, in the order of the block's offsets (`prev`,
//! `next`). Free runs that touch are always joined. Two runs that are neighbours in the address list need not touch:
//! between them may be memory that is not the heap's.
//!
//! Runs are nodes of one vector, named by index; nodes that are not used form a list of spares.

use alloc::vec::Vec;
use core::mem::size_of;

/// No run.
pub(super) const NONE: u32 = u32::MAX;
/// Owner of a free run. Blocks have indices below [`super::BLOCKS_MAX`].
pub(super) const FREE: u16 = u16::MAX;

/// Spare runs that are enough for whatever one call does.
pub(super) const ROOM: u32 = 32;

/// One run. 32 bytes, so that an index is shifted, not multiplied.
#[derive(Clone, Copy, Debug)]
#[repr(align(16))]
pub(super) struct Run {
    /// First KiB: physical address divided by 1024.
    pub start: u32,
    /// KiB, never zero.
    pub length: u32,
    /// The run before it by address.
    pub below: u32,
    /// The run after it by address.
    pub above: u32,
    /// The run before it in its chain or in the free list.
    pub prev: u32,
    /// The run after it in its chain or in the free list.
    pub next: u32,
    /// Index of the block, or [`FREE`].
    pub owner: u16,
}

impl Run {
    /// First KiB after the run.
    #[inline(always)]
    pub fn end(&self) -> u32 {
        self.start + self.length
    }
}

/// All runs.
#[derive(Debug)]
pub(super) struct Runs {
    nodes: Vec<Run>,
    spare: u32,
    spares: u32,
    /// The lowest run.
    pub lowest: u32,
    /// The highest run.
    pub highest: u32,
    /// First run of the free list.
    pub free: u32,
    /// KiB in free runs.
    pub free_kib: u32,
}

impl Runs {
    pub const fn new() -> Self {
        Runs {
            nodes: Vec::new(),
            spare: NONE,
            spares: 0,
            lowest: NONE,
            highest: NONE,
            free: NONE,
            free_kib: 0,
        }
    }

    #[inline(always)]
    pub fn get(&self, run: u32) -> &Run {
        &self.nodes[run as usize]
    }

    #[inline(always)]
    fn edit(&mut self, run: u32) -> &mut Run {
        &mut self.nodes[run as usize]
    }

    /// Makes sure that `count` runs can be made without memory; false when that cannot be had.
    #[must_use]
    #[inline]
    pub fn reserve(&mut self, count: u32) -> bool {
        self.spares >= count || self.grow(count)
    }

    /// Can a run be made as it is?
    #[inline(always)]
    pub fn has_spare(&self) -> bool {
        self.spares > 0
    }

    /// Bytes that growing takes; None when there are spares enough.
    #[inline]
    pub fn wants_room(&self) -> Option<usize> {
        (self.spares < ROOM).then(|| (self.nodes.len() * 3 / 2 + 2 * ROOM as usize) * size_of::<Run>())
    }

    #[cold]
    fn grow(&mut self, count: u32) -> bool {
        let more = (count as usize).max(self.nodes.len() / 2).max(ROOM as usize);
        if self.nodes.try_reserve_exact(more).is_err()
            && self.nodes.try_reserve_exact(count as usize).is_err()
        {
            return false;
        }
        let room = self.nodes.capacity() - self.nodes.len();
        for _ in 0..room {
            let node = self.nodes.len() as u32;
            let next = self.spare;
            self.nodes.push(Run {
                start: 0,
                length: 0,
                below: NONE,
                above: NONE,
                prev: NONE,
                next,
                owner: FREE,
            });
            self.spare = node;
            self.spares += 1;
        }
        true
    }

    /// Takes a spare node. The caller has reserved it.
    #[inline(always)]
    fn make(&mut self, run: Run) -> u32 {
        let node = self.spare;
        self.spare = self.get(node).next;
        self.spares -= 1;
        *self.edit(node) = run;
        node
    }

    #[inline(always)]
    fn unmake(&mut self, node: u32) {
        self.edit(node).next = self.spare;
        self.spare = node;
        self.spares += 1;
    }

    /// Makes `below` and `above`, either of which may be [`NONE`], neighbours by address.
    #[inline(always)]
    fn link(&mut self, below: u32, above: u32) {
        if below == NONE {
            self.lowest = above;
        } else {
            self.edit(below).above = above;
        }
        if above == NONE {
            self.highest = below;
        } else {
            self.edit(above).below = below;
        }
    }

    /// Puts a run at the head of the free list.
    #[inline(always)]
    fn enlist(&mut self, run: u32) {
        let next = self.free;
        if next != NONE {
            self.edit(next).prev = run;
        }
        let node = self.edit(run);
        node.prev = NONE;
        node.next = next;
        self.free = run;
    }

    /// Takes a run out of its chain or out of the free list. The caller corrects the head of a chain.
    #[inline]
    fn delist(&mut self, run: u32) {
        let Run { prev, next, owner, .. } = *self.get(run);
        if prev != NONE {
            self.edit(prev).next = next;
        } else if owner == FREE {
            self.free = next;
        }
        if next != NONE {
            self.edit(next).prev = prev;
        }
    }

    /// Takes memory in as a free run; it must not overlap what is held. One node must be reserved.
    pub fn add(&mut self, start: u32, length: u32) {
        let mut below = self.highest;
        while below != NONE && self.get(below).start > start {
            below = self.get(below).below;
        }
        let above = if below == NONE { self.lowest } else { self.get(below).above };
        let run = self.make(Run { start, length, below, above, prev: NONE, next: NONE, owner: FREE });
        self.link(below, run);
        self.link(run, above);
        self.enlist(run);
        self.free_kib += length;
        self.join_free(run);
    }

    /// Takes a free run out of the heap.
    pub fn remove(&mut self, run: u32) {
        self.delist(run);
        let Run { below, above, length, .. } = *self.get(run);
        self.link(below, above);
        self.free_kib -= length;
        self.unmake(run);
    }

    /// Cuts a run in two, `length` KiB long the first; returns the second. One node must be reserved.
    pub fn cut(&mut self, run: u32, length: u32) -> u32 {
        let Run { start, length: whole, above, next, owner, .. } = *self.get(run);
        debug_assert!(length > 0 && length < whole);
        let (start, rest) = (start + length, whole - length);
        let second = self.make(Run { start, length: rest, below: run, above, prev: run, next, owner });
        self.edit(run).length = length;
        self.link(second, above);
        self.link(run, second);
        self.edit(run).next = second;
        if next != NONE {
            self.edit(next).prev = second;
        }
        second
    }

    /// Joins a run and the one above it, when they touch and follow each other in one chain, or are both free.
    /// True if it did: then `run` is the whole, and the other node is gone.
    #[inline]
    pub fn join(&mut self, run: u32) -> bool {
        let node = *self.get(run);
        if node.above == NONE {
            return false;
        }
        let other = *self.get(node.above);
        let related = node.owner == other.owner && (node.owner == FREE || node.next == node.above);
        if !related || node.end() != other.start {
            return false;
        }
        self.delist(node.above);
        self.link(run, other.above);
        self.edit(run).length += other.length;
        self.unmake(node.above);
        true
    }

    /// Joins a free run with its free neighbours; returns the whole.
    #[inline]
    fn join_free(&mut self, run: u32) -> u32 {
        self.join(run);
        let below = self.get(run).below;
        if below != NONE && self.get(below).owner == FREE && self.join(below) {
            return below;
        }
        run
    }

    /// Gives a free run to a block. It is in no chain yet.
    #[inline(always)]
    pub fn take(&mut self, run: u32, owner: u16) {
        self.delist(run);
        let node = self.edit(run);
        node.owner = owner;
        node.prev = NONE;
        node.next = NONE;
        let length = node.length;
        self.free_kib -= length;
    }

    /// Gives the lowest `kib` KiB of a free run that is longer to a block; returns the new run, which is in no chain
    /// yet. One node must be reserved.
    #[inline(always)]
    pub fn take_low(&mut self, run: u32, kib: u32, owner: u16) -> u32 {
        let Run { start, below, .. } = *self.get(run);
        let taken = self.make(Run { start, length: kib, below, above: run, prev: NONE, next: NONE, owner });
        let rest = self.edit(run);
        rest.start += kib;
        rest.length -= kib;
        rest.below = taken;
        if below == NONE {
            self.lowest = taken;
        } else {
            self.edit(below).above = taken;
        }
        self.free_kib -= kib;
        taken
    }

    /// Puts `run` after `last` in a chain.
    #[inline]
    pub fn chain(&mut self, last: u32, run: u32) {
        self.edit(last).next = run;
        self.edit(run).prev = last;
    }

    /// Frees a chain from `run` on; the run before it becomes the chain's last.
    #[inline]
    pub fn free_chain(&mut self, run: u32) {
        let mut run = run;
        let last = self.get(run).prev;
        if last != NONE {
            self.edit(last).next = NONE;
        }
        while run != NONE {
            let next = self.get(run).next;
            self.free_one(run);
            run = next;
        }
    }

    /// Frees a run that is in no list any more. Its free neighbours take it in, if there are any.
    #[inline(always)]
    pub fn free_one(&mut self, run: u32) {
        let Run { start, length, below, above, .. } = *self.get(run);
        self.free_kib += length;
        let is_free = |node: &Run| node.owner == FREE;
        let joins_above =
            above != NONE && is_free(self.get(above)) && self.get(above).start == start + length;
        if below != NONE && is_free(self.get(below)) && self.get(below).end() == start {
            self.edit(below).length += length;
            self.link(below, above);
            self.unmake(run);
            if joins_above {
                self.join(below);
            }
        } else if joins_above {
            let node = self.edit(above);
            node.start = start;
            node.length += length;
            self.link(below, above);
            self.unmake(run);
        } else {
            self.edit(run).owner = FREE;
            self.enlist(run);
        }
    }

    /// Exchanges the places of two runs of the same length: each keeps its node, its owner and its chain.
    pub fn exchange(&mut self, one: u32, other: u32) {
        debug_assert_eq!(self.get(one).length, self.get(other).length);
        let (low, high) =
            if self.get(one).start < self.get(other).start { (one, other) } else { (other, one) };
        let (first, second) = (*self.get(low), *self.get(high));
        self.link(first.below, high);
        if first.above == high {
            self.link(high, low);
        } else {
            self.link(high, first.above);
            self.link(second.below, low);
        }
        self.link(low, second.above);
        self.edit(low).start = second.start;
        self.edit(high).start = first.start;
    }

    /// Joins what can be joined about a run that has a new place.
    pub fn settle(&mut self, run: u32) {
        let Run { prev, owner, .. } = *self.get(run);
        if owner == FREE {
            self.join_free(run);
            return;
        }
        self.join(run);
        if prev != NONE && self.get(prev).above == run {
            self.join(prev);
        }
    }

    /// The run that holds the KiB `at`.
    pub fn holding(&self, at: u32) -> Option<u32> {
        let mut run = self.lowest;
        while run != NONE {
            let node = self.get(run);
            if at < node.end() {
                return (at >= node.start).then_some(run);
            }
            run = node.above;
        }
        None
    }
}
