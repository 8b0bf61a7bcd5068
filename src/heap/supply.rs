//! Where the heap's memory comes from and goes to: page frames.

use super::runs::{FREE, NONE};
use super::{Heap, DMA_END, KIB_MAX, NO_WINDOW};
use crate::paging::frames::{Frames, Owner, Run, Wanted};
use crate::paging::Memory;

/// The frames of the heap do not say which block they are of: a frame may hold pieces of four.
const OWNER: Owner = Owner::Xms { handle: 0 };
/// Most mappings that a frame counts.
const MAPPED_MAX: u32 = 0xF_FFFF;

impl Heap {
    /// Free memory, KiB: the heap's own and what frames would give.
    #[inline]
    pub fn available(&self, frames: &Frames) -> u32 {
        self.runs.free_kib + frames.available() * 4
    }

    /// What the heap keeps of that, KiB.
    pub fn hoarded(&self) -> u32 {
        self.runs.free_kib
    }

    /// The largest block, KiB, that could be allocated and then locked.
    #[inline]
    pub fn largest(&mut self, frames: &Frames) -> u32 {
        let free = frames.free_count();
        if self.window_for != free {
            self.window =
                if self.is_public() { self.largest_in_place(frames) } else { self.longest_window(frames) };
            self.window_for = free;
        }
        self.window.min(self.available(frames))
    }

    /// Takes all frames below 16 MiB that are free now, and keeps them, for the placement for ISA DMA.
    pub fn keep_low_frames(&mut self, frames: &mut Frames) {
        self.set_low_dma(true);
        let mut count = DMA_END / 4;
        while count > 0 {
            let wanted = Wanted { count, below: DMA_END / 4, align: 1 };
            match self.runs.reserve(1).then(|| frames.allocate_run(wanted, OWNER)).flatten() {
                Some(first) => self.accept(Run { first, count }),
                None => count /= 2,
            }
        }
    }

    /// Gets frames for a block of `kib` KiB in one piece, if there are as many together.
    pub(super) fn fetch(&mut self, kib: u32, frames: &mut Frames) {
        let wanted = Wanted::anywhere(kib.div_ceil(4));
        if kib < KIB_MAX && self.runs.reserve(1) {
            if let Some(first) = frames.allocate_run(wanted, OWNER) {
                self.accept(Run { first, count: wanted.count });
            }
        }
    }

    /// Gets some frames for `kib` KiB that may lie anywhere; false when there are none.
    pub(super) fn fetch_some(&mut self, kib: u32, frames: &mut Frames) -> bool {
        if !self.runs.reserve(1) {
            return false;
        }
        let run = frames.allocate_some(kib.min(KIB_MAX).div_ceil(4), OWNER);
        if let Some(run) = run {
            self.accept(run);
        }
        run.is_some()
    }

    /// Gets the frames that follow `run`, up to `kib` KiB in all with what is free there already.
    pub(super) fn fetch_beside(&mut self, run: u32, kib: u32, frames: &mut Frames) {
        let node = *self.runs.get(run);
        let mut end = node.end();
        let mut missing = kib;
        if node.above != NONE && self.runs.get(node.above).start == end {
            let above = self.runs.get(node.above);
            if above.owner != FREE || above.length >= kib {
                return;
            }
            end = above.end();
            missing -= above.length;
        }
        if !end.is_multiple_of(4) || !self.runs.reserve(1) {
            return;
        }
        if let Some(free) = frames.free_run_starting(end / 4) {
            let beside = Run { first: free.first, count: free.count.min(missing.div_ceil(4)) };
            if frames.claim(beside, OWNER) {
                self.accept(beside);
            }
        }
    }

    /// Gets every frame that can be had: before a place is looked for that everything else may have to give way to.
    pub(super) fn fetch_all(&mut self, frames: &mut Frames) {
        while frames.available() > 0 && self.fetch_some(KIB_MAX, frames) {}
    }

    /// How many mappings of the heap's memory there are in clients' spaces.
    pub fn mapped(&self) -> u32 {
        self.mapped
    }

    /// A client maps a frame of the heap's once more: it stays the heap's, whoever frees the block, until the client does not map
    /// it any more. A frame that is mapped more often than can be counted stays for ever.
    pub fn map_frame(&mut self, frames: &mut Frames, frame: u32) {
        self.mapped += 1;
        let times = frames.sharers(frame);
        frames.set_sharers(frame, (times + 1).min(MAPPED_MAX));
    }

    /// The end of [`Heap::map_frame`].
    pub fn unmap_frame(&mut self, frames: &mut Frames, frame: u32) {
        self.mapped -= 1;
        let times = frames.sharers(frame);
        if times < MAPPED_MAX {
            frames.set_sharers(frame, times - 1);
        }
    }

    /// Gives back what is free beyond the hoard.
    #[inline]
    pub(super) fn trim(&mut self, frames: &mut Frames) {
        if self.runs.free_kib > self.hoard {
            // What ISA DMA reaches is given only when others need it.
            let lowest = if self.low_dma { DMA_END / 4 } else { 0 };
            self.give_above(lowest, (self.runs.free_kib - self.hoard) / 4, frames);
        }
    }

    /// Gives back up to `count` whole free frames, the highest first; returns how many.
    pub fn give(&mut self, count: u32, frames: &mut Frames) -> u32 {
        self.give_above(0, count, frames)
    }

    /// The same, none below frame `lowest`.
    fn give_above(&mut self, lowest: u32, count: u32, frames: &mut Frames) -> u32 {
        let mut given = 0;
        while given < count && self.runs.reserve(2) {
            let Some((run, first, end)) = self.highest_frames(lowest, frames) else { break };
            let first = first.max(end.saturating_sub(count - given));
            let node = *self.runs.get(run);
            if node.end() > end * 4 {
                self.runs.cut(run, end * 4 - node.start);
            }
            let run = if node.start < first * 4 { self.runs.cut(run, first * 4 - node.start) } else { run };
            self.runs.remove(run);
            frames.free_run(Run { first, count: end - first });
            given += end - first;
        }
        self.window_for = NO_WINDOW;
        given
    }

    /// The highest free run that holds whole frames from `lowest` on that no client maps: the run, the first of the frames, and the
    /// first frame after them.
    fn highest_frames(&self, lowest: u32, frames: &Frames) -> Option<(u32, u32, u32)> {
        let mut best = None;
        let mut at = self.runs.free;
        while at != NONE {
            let run = self.runs.get(at);
            let (mut first, mut end) = (run.start.div_ceil(4).max(lowest), run.end() / 4);
            if self.mapped != 0 {
                let is_mapped = |frame: &u32| frames.sharers(*frame) != 0;
                end = (first..end).rev().find(|frame| !is_mapped(frame)).map_or(first, |last| last + 1);
                first = (first..end).rev().find(is_mapped).map_or(first, |mapped| mapped + 1);
            }
            if first < end && best.is_none_or(|(_, highest, _)| first > highest) {
                best = Some((at, first, end));
            }
            at = run.next;
        }
        best
    }

    fn accept(&mut self, run: Run) {
        self.runs.add(run.first * 4, run.count * 4);
        self.window_for = NO_WINDOW;
    }
}

impl Memory {
    /// Gets back up to `count` frames that the heap keeps and no block needs; returns how many. To be tried before frames
    /// are refused to anybody.
    #[cold]
    pub fn reclaim(&mut self, count: u32) -> u32 {
        if self.heap.is_public() {
            // What is free is in the table, where somebody may have taken it since.
            return 0;
        }
        self.heap.give(count, &mut self.frames)
    }
}
