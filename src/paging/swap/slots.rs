//! The slots of the swap file: which are used, and where the next pages go.
//!
//! A slot that could not be written is marked, and passed over while there is any other. The mark goes when a write to it
//! succeeds after all: a disk that refuses everything for a while costs no slots.

use alloc::vec::Vec;

use crate::paging::page::SLOT_MAX;

/// Slots end here, so that a slot and its marks fit a frame's word.
const SLOTS_MAX: u32 = SLOT_MAX - 2;

/// The slots of the swap file.
#[derive(Default)]
pub struct Slots {
    /// A bit per slot, set while it is used.
    map: Vec<u32>,
    /// A bit per slot, set while it is marked as bad. May be shorter than the other.
    bad: Vec<u32>,
    /// Slots that are marked; and those of them that are free.
    marked: u32,
    marked_free: u32,
    /// Slots that the file has room for now.
    pages: u32,
    /// Slots that it may grow to.
    limit: u32,
    used: u32,
    /// Where the search for a run begins: after the last one, so that pages written one after another lie one after another.
    next: u32,
    /// Where it began when it was sent elsewhere, as a fraction of the file.
    probe: u32,
}

impl Slots {
    /// No slots yet, and at most `limit` of them.
    pub fn new(limit: u32) -> Self {
        Slots { limit: limit.min(SLOTS_MAX), ..Slots::default() }
    }

    /// Slots that the file has room for.
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// Slots that it may grow to.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Slots in use.
    pub fn used(&self) -> u32 {
        self.used
    }

    /// Slots that are free and not marked as bad.
    pub fn free_count(&self) -> u32 {
        self.pages - self.used - self.marked_free
    }

    /// Slots that the file has room for and that are not marked as bad: what may be promised.
    pub fn usable(&self) -> u32 {
        self.pages - self.marked
    }

    /// The size, in slots, to which the file should grow so that `more` further pages fit, in steps of 1 MiB; None when
    /// the limit does not allow that.
    pub fn growth(&self, more: u32) -> Option<u32> {
        const STEP: u32 = 256;
        let wanted = self.pages.checked_add(more)?;
        if wanted > self.limit {
            return None;
        }
        Some((wanted.saturating_add(STEP - 1) & !(STEP - 1)).min(self.limit))
    }

    /// The file has been made larger. False when there is no memory for the map: then nothing has changed.
    #[must_use]
    pub fn grown(&mut self, pages: u32) -> bool {
        let pages = pages.clamp(self.pages, self.limit.max(self.pages));
        let words = pages.div_ceil(32) as usize;
        if self.map.try_reserve_exact(words.saturating_sub(self.map.len())).is_err() {
            return false;
        }
        self.map.resize(words, 0);
        self.pages = pages;
        true
    }

    /// The file may grow to so many slots from now on, since the disk has more room or less than before.
    pub fn set_limit(&mut self, limit: u32) {
        self.limit = limit.min(SLOTS_MAX).max(self.pages);
    }

    /// Is a slot in use?
    pub fn is_used(&self, slot: u32) -> bool {
        bit(&self.map, slot)
    }

    /// Is a slot marked as bad?
    pub fn is_bad(&self, slot: u32) -> bool {
        bit(&self.bad, slot)
    }

    /// A write to this one slot has failed. Without memory for the mark it stays like any other.
    pub fn mark_bad(&mut self, slot: u32) {
        let words = self.map.len();
        if slot >= self.pages
            || self.is_bad(slot)
            || self.bad.try_reserve_exact(words - self.bad.len()).is_err()
        {
            return;
        }
        self.bad.resize(words, 0);
        self.bad[(slot >> 5) as usize] |= 1 << (slot & 31);
        self.marked += 1;
        self.marked_free += !self.is_used(slot) as u32;
    }

    /// A write to this slot has succeeded.
    pub fn mark_good(&mut self, slot: u32) {
        if self.is_bad(slot) {
            self.bad[(slot >> 5) as usize] &= !(1 << (slot & 31));
            self.marked -= 1;
            self.marked_free -= !self.is_used(slot) as u32;
        }
    }

    /// The next search begins at this slot.
    pub fn search_from(&mut self, slot: u32) {
        self.next = slot.min(self.pages);
    }

    /// The next search begins somewhere else: a few calls in a row come everywhere.
    pub fn search_elsewhere(&mut self) {
        // Steps of the golden section.
        self.probe = self.probe.wrapping_add(0x9E37_79B9);
        self.next = ((self.probe as u64 * self.pages as u64) >> 32) as u32;
    }

    /// Takes a run of up to `count` slots that follow each other, the longest that a search from the last place on finds
    /// first: first slot and length. Where all others are used, one that is marked as bad, for one more try. None when all
    /// are used.
    pub fn allocate(&mut self, count: u32) -> Option<(u32, u32)> {
        if self.free_count() == 0 {
            return self.allocate_marked().map(|slot| (slot, 1));
        }
        let count = count.min(self.free_count());
        if count == 0 {
            return None;
        }
        let mut best = (0, 0);
        for range in [self.next..self.pages, 0..self.next.min(self.pages)] {
            let run = self.longest_in(range, count);
            if run.1 > best.1 {
                best = run;
            }
            if best.1 == count {
                break;
            }
        }
        (best.0..best.0 + best.1).for_each(|slot| self.map[(slot >> 5) as usize] |= 1 << (slot & 31));
        self.used += best.1;
        self.next = best.0 + best.1;
        Some(best)
    }

    /// A slot that is marked as bad, and free.
    fn allocate_marked(&mut self) -> Option<u32> {
        if self.marked_free == 0 {
            return None;
        }
        let slot = (self.next..self.pages)
            .chain(0..self.next)
            .find(|&slot| self.is_bad(slot) && !self.is_used(slot))?;
        self.map[(slot >> 5) as usize] |= 1 << (slot & 31);
        (self.used, self.marked_free, self.next) = (self.used + 1, self.marked_free - 1, slot + 1);
        Some(slot)
    }

    /// The first run of `wanted` free slots in a range, or the longest.
    fn longest_in(&self, range: core::ops::Range<u32>, wanted: u32) -> (u32, u32) {
        let mut best = (0, 0);
        let (mut start, mut slot) = (range.start, range.start);
        while slot < range.end {
            if slot & 31 == 0 && self.map[(slot >> 5) as usize] == u32::MAX {
                slot = (slot + 32).min(range.end);
                start = slot;
                continue;
            }
            slot += 1;
            if self.is_used(slot - 1) || self.is_bad(slot - 1) {
                start = slot;
            } else if slot - start > best.1 {
                best = (start, slot - start);
                if best.1 == wanted {
                    break;
                }
            }
        }
        best
    }

    /// Gives back a slot.
    pub fn free(&mut self, slot: u32) {
        debug_assert!(self.is_used(slot));
        if self.is_used(slot) {
            self.map[(slot >> 5) as usize] &= !(1 << (slot & 31));
            self.used -= 1;
            self.marked_free += self.is_bad(slot) as u32;
        }
    }
}

fn bit(map: &[u32], slot: u32) -> bool {
    map.get((slot >> 5) as usize).is_some_and(|word| word >> (slot & 31) & 1 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn growth_goes_in_steps_up_to_the_limit() {
        let mut slots = Slots::new(1000);
        assert_eq!(
            (slots.growth(1), slots.growth(300), slots.growth(990)),
            (Some(256), Some(512), Some(1000))
        );
        assert_eq!((slots.growth(1001), slots.growth(u32::MAX)), (None, None));
        assert!(slots.grown(512));
        assert_eq!(slots.growth(488), Some(1000));
        slots.set_limit(100);
        assert_eq!((slots.growth(1), slots.limit()), (None, 512));
        slots.set_limit(600);
        assert_eq!(slots.growth(1), Some(600));
    }

    proptest! {
        #[test]
        fn no_slot_is_given_out_twice(actions in prop::collection::vec((0u32..40, any::<prop::sample::Index>()), 1..200)) {
            let mut slots = Slots::new(100);
            prop_assert!(slots.grown(100));
            let mut held: Vec<u32> = Vec::new();
            for (count, which) in actions {
                if count >= 20 && !held.is_empty() {
                    slots.free(held.swap_remove(which.index(held.len())));
                } else if count > 0 {
                    let free = slots.free_count();
                    match slots.allocate(count) {
                        None => prop_assert_eq!(free, 0),
                        Some((first, length)) => {
                            prop_assert!(length >= 1 && length <= count && first + length <= 100);
                            // All that was asked for, if there is such a run anywhere on one side of the cursor.
                            for slot in first..first + length {
                                prop_assert!(!held.contains(&slot));
                                held.push(slot);
                            }
                        }
                    }
                }
                prop_assert_eq!(slots.used() as usize, held.len());
                prop_assert!(held.iter().all(|slot| slots.is_used(*slot)));
            }
        }
    }

    #[test]
    fn bad_slots_are_the_last_to_be_given_out() {
        let mut slots = Slots::new(200);
        assert!(slots.grown(40));
        assert_eq!(slots.allocate(3), Some((0, 3)));
        (0..3).for_each(|slot| slots.mark_bad(slot));
        slots.mark_bad(35);
        slots.mark_bad(35);
        slots.mark_bad(40);
        assert_eq!((slots.usable(), slots.free_count()), (36, 36));
        slots.free(1);
        assert!(slots.grown(64));
        slots.mark_bad(63);
        assert_eq!((slots.usable(), slots.free_count()), (59, 59));
        assert_eq!(slots.allocate(64), Some((3, 32)));
        assert_eq!(slots.allocate(64), Some((36, 27)));
        assert_eq!(slots.allocate(64), Some((63, 1)));
        slots.mark_good(63);
        slots.free(63);
        assert_eq!((slots.usable(), slots.free_count()), (60, 1));
        assert_eq!(slots.allocate(64), Some((63, 1)));
        assert_eq!(slots.allocate(2), Some((1, 1)));
        assert_eq!(slots.allocate(2), Some((35, 1)));
        assert_eq!((slots.allocate(2), slots.used()), (None, 64));
        slots.search_from(5);
        slots.free(3);
        slots.free(9);
        assert_eq!(slots.allocate(1), Some((9, 1)));
    }
}
