//! The page frames of physical memory: who holds each, and which runs are free.
//!
//! One 64-bit word per frame. A free run has its length and its place in a list in its first word and a way back to
//! that in its last (boundary tags), so that freeing joins neighbours without a search. The lists are by size class
//! (powers of two) and by zone: runs that reach above 16 MiB, and runs that do not. Single frames come from the smallest
//! run of the upper zone, from its top: low memory stays whole for XMS blocks and DMA, large runs stay large.
//!
//! A *promise* is a frame that somebody may still ask for and must get: committed pages that nobody has touched. Whoever
//! allocates otherwise gets only what is neither promised nor kept back for the core.

mod entry;

use entry::{Entry, HEAD, NONE, TAIL};
pub use entry::{Owner, LOCKS_MAX};

/// First frame number above what ISA DMA reaches, 16 MiB.
const UPPER_ZONE: u32 = 0x1000;
const CLASSES: usize = 20;

/// A run of frames that follow each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// Number of the first frame: its physical address divided by 4096.
    pub first: u32,
    /// Frames, 1 and more.
    pub count: u32,
}

/// What a run of frames has to be.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Frames, 1 and more.
    pub count: u32,
    /// The run must end at or below this frame number; `u32::MAX` for anywhere.
    pub below: u32,
    /// The first frame's number must be a multiple of this power of two.
    pub align: u32,
}

impl Wanted {
    /// A run of `count` frames anywhere.
    pub const fn anywhere(count: u32) -> Self {
        Wanted { count, below: u32::MAX, align: 1 }
    }
}

/// Page frames.
pub struct Frames {
    table: &'static mut [u64],
    first: u32,
    /// First free run by zone and class, as an index into the table.
    lists: [[u32; CLASSES]; 2],
    /// Which of the lists hold anything.
    filled: [u32; 2],
    free: u32,
    promised: u32,
    keep: u32,
    total: u32,
}

impl Frames {
    /// An allocator over `table`, one word per frame from frame number `first` on. Every frame is reserved until
    /// [`Frames::add`] hands it over. A table covers at most 4 GiB less 1 MiB.
    pub fn new(table: &'static mut [u64], first: u32) -> Self {
        table.fill(Entry::held(Owner::Reserved).0);
        Frames {
            table,
            first,
            lists: [[NONE; CLASSES]; 2],
            filled: [0; 2],
            free: 0,
            promised: 0,
            keep: 0,
            total: 0,
        }
    }

    /// Hands over a run of reserved frames, all inside the table. Frames that are not reserved any more are left alone.
    pub fn add(&mut self, run: Run) {
        for frame in run.first..run.first.saturating_add(run.count) {
            if self.covers(frame) && self.entry(frame - self.first).owner() == Owner::Reserved {
                self.total += 1;
                self.free_run(Run { first: frame, count: 1 });
            }
        }
    }

    /// Marks frames that are held already when the allocator starts, such as the core's image: they count as ours.
    pub fn add_held(&mut self, run: Run, owner: Owner) {
        for frame in run.first..run.first.saturating_add(run.count) {
            if self.covers(frame) && self.entry(frame - self.first).owner() == Owner::Reserved {
                self.total += 1;
                self.put(frame - self.first, Entry::held(owner));
            }
        }
    }

    /// Frame numbers that the table covers.
    pub fn covered(&self) -> core::ops::Range<u32> {
        self.first..self.first + self.table.len() as u32
    }

    /// Frames that are ours, whoever holds them.
    #[inline]
    pub fn total(&self) -> u32 {
        self.total
    }

    /// Frames that nobody holds, promised ones included.
    #[inline]
    pub fn free_count(&self) -> u32 {
        self.free
    }

    /// Frames that are promised and not yet taken.
    #[inline]
    pub fn promised(&self) -> u32 {
        self.promised
    }

    /// Frames that can be promised or allocated now.
    #[inline]
    pub fn available(&self) -> u32 {
        self.free.saturating_sub(self.promised).saturating_sub(self.keep)
    }

    /// Keeps back `frames` frames, which only the core itself ([`Owner::Kernel`], [`Owner::Table`]) gets.
    pub fn set_keep(&mut self, frames: u32) {
        self.keep = frames;
    }

    /// Promises `count` frames; false, and nothing promised, when there are not as many.
    #[must_use]
    #[inline]
    pub fn promise(&mut self, count: u32) -> bool {
        let enough = count <= self.available();
        if enough {
            self.promised += count;
        }
        enough
    }

    /// Takes back promises.
    #[inline]
    pub fn unpromise(&mut self, count: u32) {
        debug_assert!(count <= self.promised);
        self.promised -= count;
    }

    /// Frees a client's page and promises the frame anew in one step: it cannot fail.
    pub fn free_to_promise(&mut self, frame: u32) {
        self.free_run(Run { first: frame, count: 1 });
        self.promised += 1;
    }

    /// Gives out a frame that was promised. None only when nothing was.
    #[inline]
    pub fn allocate_promised(&mut self, owner: Owner) -> Option<u32> {
        if self.promised == 0 {
            return None;
        }
        let frame = self.take_one(owner)?;
        self.promised -= 1;
        Some(frame)
    }

    /// Allocates one frame, from high memory if there is any.
    pub fn allocate(&mut self, owner: Owner) -> Option<u32> {
        if !self.allows(1, owner) {
            return None;
        }
        self.take_one(owner)
    }

    /// Allocates a run, at the lowest address where one is. Walks the free runs that may fit.
    pub fn allocate_run(&mut self, wanted: Wanted, owner: Owner) -> Option<u32> {
        if wanted.count == 0 || !self.allows(wanted.count, owner) {
            return None;
        }
        let first = self.lowest_fit(wanted)?;
        self.carve(first, wanted.count, owner);
        Some(first)
    }

    /// Allocates a piece of a chain: a run of `count` frames at the lowest address where one is, or the longest
    /// there is. Called again for the rest, it makes a chain of few runs. None when no frame may be given out.
    pub fn allocate_some(&mut self, count: u32, owner: Owner) -> Option<Run> {
        let count = count.min(self.allowance(owner));
        if count == 0 {
            return None;
        }
        if let Some(first) = self.lowest_fit(Wanted::anywhere(count)) {
            self.carve(first, count, owner);
            return Some(Run { first, count });
        }
        let run = self.longest()?;
        self.carve(run.first, run.count, owner);
        Some(run)
    }

    /// Takes these very frames; false, and nothing taken, when one of them is not free. This is also how a run grows in
    /// place.
    #[must_use]
    pub fn claim(&mut self, run: Run, owner: Owner) -> bool {
        if run.count == 0 || !self.allows(run.count, owner) || !self.covers(run.first) {
            return false;
        }
        let mut head = run.first - self.first;
        if !self.entry(head).is_free() {
            return false;
        }
        while self.entry(head).tag() != HEAD {
            head -= 1;
        }
        let free = self.entry(head).length();
        if run.first - self.first - head + run.count > free {
            return false;
        }
        self.carve(run.first, run.count, owner);
        true
    }

    /// Frees one frame.
    #[inline]
    pub fn free(&mut self, frame: u32) {
        self.free_run(Run { first: frame, count: 1 });
    }

    /// Frees a run of frames, all of them held, by whomever.
    pub fn free_run(&mut self, run: Run) {
        let mut head = run.first - self.first;
        let mut length = run.count;
        debug_assert!(self.table[head as usize..(head + length) as usize]
            .iter()
            .all(|word| !Entry(*word).is_free()));
        self.free += length;
        for word in &mut self.table[head as usize..(head + length) as usize] {
            *word = Entry::held(Owner::Free).0;
        }
        let after = head + length;
        if (after as usize) < self.table.len() && self.entry(after).tag() == HEAD {
            length += self.entry(after).length();
            self.unlink(after);
            self.put(after, Entry::held(Owner::Free));
        }
        if head > 0 {
            let before = self.entry(head - 1);
            let found = match before.tag() {
                HEAD => head - 1,
                TAIL => before.low_link(),
                _ => NONE,
            };
            if found != NONE {
                self.unlink(found);
                self.put(head - 1, Entry::held(Owner::Free));
                length += head - found;
                head = found;
            }
        }
        self.link(head, length);
    }

    /// The free run whose first frame is `frame`: what a held run that ends there could grow into.
    pub fn free_run_starting(&self, frame: u32) -> Option<Run> {
        let head = frame.wrapping_sub(self.first);
        let is_head = self.covers(frame) && self.entry(head).tag() == HEAD;
        is_head.then(|| Run { first: frame, count: self.entry(head).length() })
    }

    /// The free run whose last frame is the one before `end`.
    pub fn free_run_ending(&self, end: u32) -> Option<Run> {
        let last = end.wrapping_sub(self.first).wrapping_sub(1);
        if !self.covers(end.wrapping_sub(1)) {
            return None;
        }
        let head = match self.entry(last).tag() {
            HEAD if self.entry(last).length() == 1 => last,
            TAIL => self.entry(last).low_link(),
            _ => return None,
        };
        Some(Run { first: self.first + head, count: last - head + 1 })
    }

    /// Length of the longest free run, promises aside.
    pub fn longest_run(&self) -> u32 {
        self.longest().map_or(0, |run| run.count)
    }

    /// Who holds a frame; [`Owner::Reserved`] for one outside the table.
    pub fn owner(&self, frame: u32) -> Owner {
        if self.covers(frame) {
            self.entry(frame - self.first).owner()
        } else {
            Owner::Reserved
        }
    }

    /// Changes the holder of a frame that is held; locks and sharers stay.
    #[inline]
    pub fn set_owner(&mut self, frame: u32, owner: Owner) {
        let old = self.entry(frame - self.first);
        debug_assert!(!old.is_free());
        let new = Entry::held(owner).with_locks(old.locks()).with_high_link(old.high_link());
        self.put(frame - self.first, new);
    }

    /// How often the frame is locked.
    #[inline]
    pub fn locks(&self, frame: u32) -> u32 {
        self.entry(frame - self.first).locks()
    }

    /// Changes the lock count, at most [`LOCKS_MAX`].
    #[inline]
    pub fn set_locks(&mut self, frame: u32, locks: u32) {
        let entry = self.entry(frame - self.first).with_locks(locks);
        self.put(frame - self.first, entry);
    }

    /// How many mappings beside the first share the frame.
    #[inline]
    pub fn sharers(&self, frame: u32) -> u32 {
        self.entry(frame - self.first).high_link()
    }

    /// Changes the number of sharers, below 2^20.
    #[inline]
    pub fn set_sharers(&mut self, frame: u32, sharers: u32) {
        let entry = self.entry(frame - self.first).with_high_link(sharers);
        self.put(frame - self.first, entry);
    }

    /// One mapping of a shared frame is gone: counts down, or frees the frame with the last. True if it was freed.
    pub fn drop_sharer(&mut self, frame: u32) -> bool {
        match self.sharers(frame) {
            0 => {
                self.free(frame);
                true
            }
            sharers => {
                self.set_sharers(frame, sharers - 1);
                false
            }
        }
    }

    /// The frame after `frame` that somebody holds, going round at the end of the table: how a clock hand moves. None
    /// when nobody holds any.
    pub fn next_held(&self, frame: u32) -> Option<u32> {
        let length = self.table.len() as u32;
        let mut at = if self.covers(frame) { frame - self.first + 1 } else { 0 };
        let mut seen = 0;
        while seen <= length {
            if at >= length {
                at = 0;
            }
            let entry = self.entry(at);
            let step = match entry.tag() {
                HEAD => entry.length(),
                _ if !entry.is_free() && entry.owner() != Owner::Reserved => return Some(self.first + at),
                _ => 1,
            };
            at += step;
            seen += step;
        }
        None
    }

    #[inline(always)]
    fn covers(&self, frame: u32) -> bool {
        frame.wrapping_sub(self.first) < self.table.len() as u32
    }

    #[inline(always)]
    fn entry(&self, index: u32) -> Entry {
        Entry(self.table[index as usize])
    }

    #[inline(always)]
    fn put(&mut self, index: u32, entry: Entry) {
        self.table[index as usize] = entry.0;
    }

    fn allowance(&self, owner: Owner) -> u32 {
        match owner {
            Owner::Kernel | Owner::Table { .. } => self.free.saturating_sub(self.promised),
            _ => self.available(),
        }
    }

    fn allows(&self, count: u32, owner: Owner) -> bool {
        count <= self.allowance(owner)
    }

    /// The last frame of the smallest run of the upper zone, else of the lower.
    #[inline]
    fn take_one(&mut self, owner: Owner) -> Option<u32> {
        let zone = (self.filled[1] != 0) as usize;
        if self.filled[zone] == 0 {
            return None;
        }
        let class = self.filled[zone].trailing_zeros() as usize;
        let head = self.lists[zone][class];
        let entry = self.entry(head);
        let rest = entry.length() - 1;
        let index = head + rest;
        if rest >> class != 0 && (zone == 0 || self.first + index > UPPER_ZONE) {
            self.put(head, Entry::head(rest, entry.low_link(), entry.high_link()));
            if rest > 1 {
                self.put(index - 1, Entry::tail(head));
            }
        } else {
            self.unlink(head);
            if rest != 0 {
                self.link(head, rest);
            }
        }
        self.free -= 1;
        self.put(index, Entry::held(owner));
        Some(self.first + index)
    }

    /// Takes `count` free frames out of the run they lie in.
    fn carve(&mut self, first: u32, count: u32, owner: Owner) {
        let index = first - self.first;
        let mut head = index;
        while self.entry(head).tag() != HEAD {
            head -= 1;
        }
        let length = self.entry(head).length();
        self.unlink(head);
        if index > head {
            self.link(head, index - head);
        }
        let end = index + count;
        if head + length > end {
            self.link(end, head + length - end);
        }
        self.free -= count;
        for word in &mut self.table[index as usize..end as usize] {
            *word = Entry::held(owner).0;
        }
    }

    fn zone_and_class(&self, head: u32, length: u32) -> (usize, usize) {
        let zone = (self.first + head + length > UPPER_ZONE) as usize;
        (zone, 31 - length.leading_zeros() as usize)
    }

    fn link(&mut self, head: u32, length: u32) {
        let (zone, class) = self.zone_and_class(head, length);
        let next = self.lists[zone][class];
        self.put(head, Entry::head(length, next, NONE));
        if length > 1 {
            self.put(head + length - 1, Entry::tail(head));
        }
        if next != NONE {
            let entry = self.entry(next).with_high_link(head);
            self.put(next, entry);
        }
        self.lists[zone][class] = head;
        self.filled[zone] |= 1 << class;
    }

    fn unlink(&mut self, head: u32) {
        let entry = self.entry(head);
        let (zone, class) = self.zone_and_class(head, entry.length());
        let (next, previous) = (entry.low_link(), entry.high_link());
        if next != NONE {
            let changed = self.entry(next).with_high_link(previous);
            self.put(next, changed);
        }
        if previous != NONE {
            let changed = self.entry(previous).with_low_link(next);
            self.put(previous, changed);
        } else {
            self.lists[zone][class] = next;
            if next == NONE {
                self.filled[zone] &= !(1 << class);
            }
        }
    }

    /// Calls `visit` with first frame and length of each free run that may hold `count` frames.
    fn each_run(&self, count: u32, mut visit: impl FnMut(u32, u32)) {
        let least = 31 - count.leading_zeros() as usize;
        for zone in 0..2 {
            for class in least..CLASSES {
                let mut at = self.lists[zone][class];
                while at != NONE {
                    let entry = self.entry(at);
                    visit(self.first + at, entry.length());
                    at = entry.low_link();
                }
            }
        }
    }

    fn lowest_fit(&self, wanted: Wanted) -> Option<u32> {
        let mask = wanted.align.max(1) - 1;
        let mut best = None;
        self.each_run(wanted.count, |first, length| {
            let start = (first + mask) & !mask;
            let end = (first + length).min(wanted.below);
            if end.checked_sub(wanted.count).is_some_and(|last| last >= start)
                && best.is_none_or(|best| start < best)
            {
                best = Some(start);
            }
        });
        best
    }

    fn longest(&self) -> Option<Run> {
        let top = |zone: usize| 31u32.saturating_sub(self.filled[zone].leading_zeros());
        if self.filled[0] | self.filled[1] == 0 {
            return None;
        }
        let mut best: Option<Run> = None;
        self.each_run(1 << top(0).max(top(1)), |first, count| {
            if best.is_none_or(|best| count > best.count) {
                best = Some(Run { first, count });
            }
        });
        best
    }
}

#[cfg(test)]
mod tests;
