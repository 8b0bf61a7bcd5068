//! The page frames of physical memory: who holds each, and which runs are free.
//!
//! One 64-bit word per frame. A free run has its length and its place in a list in its first word and a way back to
//! that in its last (boundary tags), so that freeing joins neighbours without a search. The lists are by size class
//! (powers of two) and by zone: runs that reach above 16 MiB, and runs that do not. Single frames come from the smallest
//! run of the upper zone, from its top: low memory stays whole for XMS blocks and DMA, large runs stay large.
//!
//! A *promise* is a frame that somebody may still ask for and must get: committed pages that nobody has touched. Whoever
//! allocates otherwise gets only what is neither promised nor kept back for the core.

mod audit;
mod entry;
mod holder;
mod lists;

use entry::{Entry, HEAD, NONE, TAIL};
pub use entry::{Owner, LOCKS_MAX};
pub use holder::Backing;

const CLASSES: usize = 20;
/// First frame number above what ISA DMA reaches, 16 MiB.
const UPPER_ZONE: u32 = 0x1000;

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
    elsewhere: u32,
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
            elsewhere: 0,
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

    /// Frames that can be allocated now: free ones that no promise needs.
    #[inline]
    pub fn available(&self) -> u32 {
        self.promisable().min(self.free)
    }

    /// Pages that can be promised now: a promise counts on free frames and on pages in the swap file.
    #[inline]
    pub fn promisable(&self) -> u32 {
        (self.free + self.elsewhere).saturating_sub(self.promised).saturating_sub(self.keep)
    }

    /// Says how many pages can go elsewhere, to the swap file: promises count on them too.
    pub fn set_elsewhere(&mut self, pages: u32) {
        self.elsewhere = pages;
    }

    /// How many pages can go elsewhere.
    pub fn elsewhere(&self) -> u32 {
        self.elsewhere
    }

    /// Keeps back `frames` frames, which only the core itself ([`Owner::Kernel`], [`Owner::Table`]) gets.
    pub fn set_keep(&mut self, frames: u32) {
        self.keep = frames;
    }

    /// Promises `count` frames; false, and nothing promised, when there are not as many.
    #[must_use]
    #[inline(always)]
    pub fn promise(&mut self, count: u32) -> bool {
        // Without the care for differences below zero first.
        let promised = self.promised + count;
        if promised + self.keep > self.free + self.elsewhere {
            return self.promise_last(count);
        }
        self.promised = promised;
        true
    }

    /// The same where what is kept back, or a count of zero, decides.
    #[cold]
    #[inline(never)]
    fn promise_last(&mut self, count: u32) -> bool {
        let enough = count <= self.promisable();
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

    /// Promises a page anew whose frame or slot was given back just now: it cannot fail.
    pub fn renew_promise(&mut self) {
        self.promised += 1;
    }

    /// A frame for a page that comes in from the swap file: it was committed all the time, so no promise is spent. None
    /// when no frame is free.
    pub fn allocate_for_return(&mut self, owner: Owner) -> Option<u32> {
        self.take_one(Entry::held(owner))
    }

    /// Gives out a frame that was promised. None when nothing was, or when a page has to go elsewhere first.
    #[inline(always)]
    pub fn allocate_promised(&mut self, owner: Owner) -> Option<u32> {
        if self.promised == 0 {
            return None;
        }
        let frame = self.take_one(Entry::held(owner))?;
        self.promised -= 1;
        Some(frame)
    }

    /// Allocates one frame, from high memory if there is any.
    pub fn allocate(&mut self, owner: Owner) -> Option<u32> {
        if !self.allows(1, owner) {
            return None;
        }
        self.take_one(Entry::held(owner))
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
        self.fill_inner(head, length);
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
            Owner::Kernel | Owner::Table { .. } => {
                (self.free + self.elsewhere).saturating_sub(self.promised).min(self.free)
            }
            _ => self.available(),
        }
    }

    fn allows(&self, count: u32, owner: Owner) -> bool {
        count <= self.allowance(owner)
    }
}

#[cfg(test)]
mod tests;
