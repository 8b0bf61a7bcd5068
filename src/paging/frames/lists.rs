//! The lists of free runs: what is taken where.

use super::{Entry, Frames, Owner, Run, Wanted, CLASSES, HEAD, NONE, UPPER_ZONE};

impl Frames {
    /// The last frame of the smallest run of the upper zone, else of the lower.
    #[inline]
    pub(super) fn take_one(&mut self, held: Entry) -> Option<u32> {
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
        self.put(index, held);
        Some(self.first + index)
    }

    /// Marks frames as inner ones of a free run. Only the halves with the tag are written, four at a time: this is most of what
    /// freeing a block costs.
    #[inline]
    pub(super) fn fill_inner(&mut self, first: u32, count: u32) {
        const HIGH: u64 = !0xFFFF_FFFF;
        let inner = Entry::held(Owner::Free).0;
        let words = &mut self.table[first as usize..(first + count) as usize];
        let mut fours = words.chunks_exact_mut(4);
        for four in &mut fours {
            four[0] = four[0] & HIGH | inner;
            four[1] = four[1] & HIGH | inner;
            four[2] = four[2] & HIGH | inner;
            four[3] = four[3] & HIGH | inner;
        }
        for word in fours.into_remainder() {
            *word = *word & HIGH | inner;
        }
    }

    /// Takes `count` free frames out of the run they lie in.
    pub(super) fn carve(&mut self, first: u32, count: u32, owner: Owner) {
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

    pub(super) fn zone_and_class(&self, head: u32, length: u32) -> (usize, usize) {
        let zone = (self.first + head + length > UPPER_ZONE) as usize;
        (zone, 31 - length.leading_zeros() as usize)
    }

    pub(super) fn link(&mut self, head: u32, length: u32) {
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

    pub(super) fn unlink(&mut self, head: u32) {
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
    pub(super) fn each_run(&self, count: u32, mut visit: impl FnMut(u32, u32)) {
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

    pub(super) fn lowest_fit(&self, wanted: Wanted) -> Option<u32> {
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

    pub(super) fn longest(&self) -> Option<Run> {
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
