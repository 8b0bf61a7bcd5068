//! Where blocks go: the policy, which looks at runs and moves nothing.

use super::runs::{FREE, NONE};
use super::{Heap, Refusal, DMA_END, DMA_KIB};
use crate::paging::frames::Frames;

impl Heap {
    /// The usual case, and the quick way: the lowest place among the free runs. [`NONE`] when it is not as easy; else the
    /// run and its first KiB.
    #[inline(always)]
    pub(super) fn place_low(&mut self, owner: u16, kib: u32) -> (u32, u32) {
        if self.careful || !self.runs.has_spare() {
            return (NONE, 0);
        }
        let (run, start) = self.lowest_fit(kib);
        if run == NONE {
            return (NONE, 0);
        }
        if self.runs.get(run).length == kib {
            self.runs.take(run, owner);
            return (run, start);
        }
        (self.runs.take_low(run, kib, owner), start)
    }

    /// The lowest free run of at least `kib` KiB and its first KiB; [`NONE`] when there is none.
    #[inline(always)]
    fn lowest_fit(&self, kib: u32) -> (u32, u32) {
        let (mut best, mut best_start) = (NONE, u32::MAX);
        let mut at = self.runs.free;
        while at != NONE {
            let run = self.runs.get(at);
            if run.length >= kib && run.start < best_start {
                (best, best_start) = (at, run.start);
            }
            at = run.next;
        }
        (best, best_start)
    }

    /// Takes `kib` (1 and more) for block `owner`, in one piece if that can be had; returns the chain's first run.
    pub(super) fn place(&mut self, owner: u16, kib: u32, frames: &mut Frames) -> Result<u32, Refusal> {
        let high_first = self.low_dma && kib > DMA_KIB;
        if let Some((run, offset)) = self.fit(kib, !high_first) {
            return self.take(owner, run, offset, kib);
        }
        if high_first {
            // Frames come lowest first: only with all in hand is it known whether it has to go there.
            self.fetch_all(frames);
            if let Some((run, offset)) = self.fit(kib, false) {
                let run = self.take(owner, run, offset, kib);
                self.trim(frames);
                return run;
            }
        }
        self.fetch(kib, frames);
        if let Some((run, offset)) = self.fit(kib, true) {
            return self.take(owner, run, offset, kib);
        }
        if kib > self.available(frames) {
            return Err(Refusal::NoMemory);
        }
        // Free frames and what the heap keeps may be one piece together.
        self.fetch_all(frames);
        if let Some((run, offset)) = self.fit(kib, true) {
            let run = self.take(owner, run, offset, kib);
            self.trim(frames);
            return run;
        }
        if self.is_public() {
            self.trim(frames);
            return Err(Refusal::NoMemory);
        }
        self.gather(owner, kib, frames)
    }

    /// Adds `kib` (1 and more) to the end of block `index`: next to its last run as far as that goes.
    pub(super) fn extend(&mut self, index: u16, kib: u32, frames: &mut Frames) -> Result<(), Refusal> {
        let head = self.blocks[index as usize].head;
        if head == NONE {
            let head = self.place(index, kib, frames)?;
            self.blocks[index as usize].head = head;
            return Ok(());
        }
        let mut last = head;
        while self.runs.get(last).next != NONE {
            last = self.runs.get(last).next;
        }
        self.fetch_beside(last, kib, frames);
        let above = self.runs.get(last).above;
        let mut beside = 0;
        if above != NONE
            && self.runs.get(above).owner == FREE
            && self.runs.get(last).end() == self.runs.get(above).start
        {
            beside = self.runs.get(above).length.min(kib);
        }
        let rest = kib - beside;
        if !self.runs.reserve(6) || !self.secure(beside, rest, frames) {
            self.trim(frames);
            return Err(Refusal::NoMemory);
        }
        if beside > 0 {
            let piece = self.take(index, above, 0, beside)?;
            self.runs.chain(last, piece);
            self.runs.join(last);
        }
        if rest > 0 {
            while self.runs.get(last).next != NONE {
                last = self.runs.get(last).next;
            }
            let more = self.place(index, rest, frames)?;
            self.runs.chain(last, more);
            self.runs.join(last);
        }
        Ok(())
    }

    /// Makes sure that after `beside` KiB of its own free memory the heap has another `rest`.
    fn secure(&mut self, beside: u32, rest: u32, frames: &mut Frames) -> bool {
        if self.available(frames) - beside < rest {
            return false;
        }
        while self.runs.free_kib - beside < rest {
            let missing = rest - (self.runs.free_kib - beside);
            if !self.fetch_some(missing, frames) {
                return false;
            }
        }
        true
    }

    /// The free run, and the offset in it, where a block of `kib` KiB goes; None when it fits nowhere in one piece. The
    /// placement for ISA DMA keeps a large block out of the lowest 16 MiB altogether, or (`low`) if it can.
    fn fit(&self, kib: u32, low: bool) -> Option<(u32, u32)> {
        if self.low_dma && kib > DMA_KIB {
            return self.fit_high(kib, low);
        }
        let (run, _) = self.lowest_fit(kib);
        (run != NONE).then_some((run, 0))
    }

    /// The same for a block that is better off above 16 MiB.
    #[cold]
    fn fit_high(&self, kib: u32, low: bool) -> Option<(u32, u32)> {
        let mut best = None;
        let mut best_start = u32::MAX;
        let mut at = self.runs.free;
        while at != NONE {
            let run = self.runs.get(at);
            let mut offset = 0;
            let mut start = run.start;
            if start < DMA_END {
                if run.end().saturating_sub(DMA_END) >= kib {
                    offset = DMA_END - start;
                    start = DMA_END;
                } else if low {
                    // From the top, and after everything above 16 MiB.
                    offset = run.length.saturating_sub(kib);
                    start = u32::MAX - 1 - (start + offset);
                } else {
                    start = u32::MAX;
                }
            }
            if run.length >= kib && start < best_start {
                best = Some((at, offset));
                best_start = start;
            }
            at = run.next;
        }
        best
    }

    /// Takes `kib` KiB at `offset` in a free run that has as much.
    pub(super) fn take(&mut self, owner: u16, run: u32, offset: u32, kib: u32) -> Result<u32, Refusal> {
        if !self.runs.reserve(2) {
            return Err(Refusal::NoMemory);
        }
        let run = if offset > 0 { self.runs.cut(run, offset) } else { run };
        if kib < self.runs.get(run).length {
            return Ok(self.runs.take_low(run, kib, owner));
        }
        self.runs.take(run, owner);
        Ok(run)
    }

    /// Takes `kib` KiB in as few pieces as is easy: the longest free runs first.
    fn gather(&mut self, owner: u16, kib: u32, frames: &mut Frames) -> Result<u32, Refusal> {
        if !self.secure(0, kib, frames) || !self.runs.reserve(2) {
            self.trim(frames);
            return Err(Refusal::NoMemory);
        }
        let (mut head, mut last, mut rest) = (NONE, NONE, kib);
        while rest > 0 {
            let (run, offset) = self.fit(rest, true).unwrap_or((self.longest_free(), 0));
            let length = self.runs.get(run).length.min(rest);
            let piece = self.take(owner, run, offset, length).inspect_err(|_| {
                if head != NONE {
                    self.runs.free_chain(head);
                }
            })?;
            rest -= length;
            if head == NONE {
                head = piece;
            } else {
                self.runs.chain(last, piece);
            }
            last = piece;
        }
        Ok(head)
    }

    /// The longest free run; [`NONE`] when there is none.
    pub(super) fn longest_free(&self) -> u32 {
        let mut best = self.runs.free;
        let mut at = best;
        while at != NONE {
            let run = self.runs.get(at);
            if run.length > self.runs.get(best).length {
                best = at;
            }
            at = run.next;
        }
        best
    }

    /// Does the run stay where it is whatever happens?
    #[inline]
    pub(super) fn is_fixed(&self, run: u32) -> bool {
        let owner = self.runs.get(run).owner;
        owner != FREE && (self.is_public() || self.blocks[owner as usize].locks > 0)
    }

    /// The cheapest place for block `index` in one piece, its first KiB, ending at or below KiB `limit`: where the fewest
    /// bytes have to be moved. None when locked blocks leave no stretch that is long enough.
    pub(super) fn target(&self, index: u16, limit: u32) -> Option<u32> {
        let size = self.blocks[index as usize].size;
        let mut best = None;
        let mut best_cost = u32::MAX;
        let mut consider = |start: u32, cost: u32| {
            if cost < best_cost {
                best = Some(start);
                best_cost = cost;
            }
        };
        let mut first = self.runs.lowest;
        while first != NONE {
            let (last, next) = self.stretch(first);
            if last != NONE {
                self.candidates(index, size, first, last, limit, &mut consider);
            }
            first = next;
        }
        best
    }

    /// The stretch of touching runs that can be moved and begins with `first`: its last run, or [`NONE`] when `first` is
    /// fixed, and the run after it.
    fn stretch(&self, first: u32) -> (u32, u32) {
        if self.is_fixed(first) {
            return (NONE, self.runs.get(first).above);
        }
        let mut last = first;
        loop {
            let run = self.runs.get(last);
            let above = run.above;
            if above == NONE || self.is_fixed(above) || self.runs.get(above).start != run.end() {
                return (last, above);
            }
            last = above;
        }
    }

    /// Weighs the places in one stretch: at each run's start, at the stretch's end, and where a piece of the block would
    /// not have to be moved. The cost is KiB to be moved: others out of the way, its own pieces into place.
    fn candidates(
        &self,
        index: u16,
        size: u32,
        first: u32,
        last: u32,
        limit: u32,
        consider: &mut impl FnMut(u32, u32),
    ) {
        let bottom = self.runs.get(first).start;
        let end = self.runs.get(last).end().min(limit);
        if end < size || end - size < bottom {
            return;
        }
        // Two cursors count the KiB of others below a place's start and below its end.
        let mut low = Cursor::new(first);
        let mut high = Cursor::new(first);
        let mut at = first;
        loop {
            let start = self.runs.get(at).start.min(end - size);
            let others = high.advance(self, index, start + size) - low.advance(self, index, start);
            consider(start, others + size);
            if at == last || start == end - size {
                break;
            }
            at = self.runs.get(at).above;
        }
        let others = high.advance(self, index, end) - low.advance(self, index, end - size);
        consider(end - size, others + size);

        let mut own = self.blocks[index as usize].head;
        let mut offset = 0;
        while own != NONE {
            let run = self.runs.get(own);
            if run.start >= offset + bottom && run.start - offset <= end - size {
                let start = run.start - offset;
                let others = Cursor::new(first).advance_both(self, index, start, start + size);
                consider(start, others + size - run.length);
            }
            offset += run.length;
            own = run.next;
        }
    }

    /// The longest block, KiB, that could be frozen if everything that can be moved were moved: stretches between locked
    /// blocks and foreign frames, those of free frames included.
    pub(super) fn longest_window(&self, frames: &Frames) -> u32 {
        let mut best = frames.longest_run() * 4;
        // The stretch that ends at `end` so far.
        let (mut length, mut end) = (0, 0);
        let mut at = self.runs.lowest;
        while at != NONE {
            let run = *self.runs.get(at);
            if run.start != end {
                let beyond = free_above(end, frames);
                best = best.max(length + beyond);
                if end + beyond == run.start {
                    length += beyond;
                } else {
                    length = free_below(run.start, frames);
                }
            }
            length = if self.is_fixed(at) { 0 } else { length + run.length };
            best = best.max(length);
            end = run.end();
            at = run.above;
        }
        best.max(length + free_above(end, frames))
    }
}

/// KiB of free frames from `at` up.
fn free_above(at: u32, frames: &Frames) -> u32 {
    match frames.free_run_starting(at / 4) {
        Some(run) if at.is_multiple_of(4) => run.count * 4,
        _ => 0,
    }
}

/// KiB of free frames that end at `at`.
fn free_below(at: u32, frames: &Frames) -> u32 {
    match frames.free_run_ending(at / 4) {
        Some(run) if at.is_multiple_of(4) => run.count * 4,
        _ => 0,
    }
}

/// Counts the KiB of other blocks from the beginning of a stretch up to an address that only grows.
struct Cursor {
    run: u32,
    passed: u32,
}

impl Cursor {
    fn new(first: u32) -> Self {
        Cursor { run: first, passed: 0 }
    }

    fn advance(&mut self, heap: &Heap, index: u16, to: u32) -> u32 {
        let is_other = |owner: u16| owner != FREE && owner != index;
        loop {
            let run = heap.runs.get(self.run);
            let counts = is_other(run.owner) as u32;
            if to < run.end() || run.above == NONE {
                return self.passed + counts * (to.min(run.end()) - run.start);
            }
            // A place's end may be the stretch's end: what lies above is not looked at.
            if to == run.end() {
                return self.passed + counts * run.length;
            }
            self.passed += counts * run.length;
            self.run = run.above;
        }
    }

    fn advance_both(mut self, heap: &Heap, index: u16, from: u32, to: u32) -> u32 {
        let below = self.advance(heap, index, from);
        self.advance(heap, index, to) - below
    }
}
