//! The slots of the swap file: which are used, and where the next pages go.

use alloc::vec::Vec;

use crate::paging::page::SLOT_MAX;

/// Slots end here, so that a slot and its marks fit a frame's word.
const SLOTS_MAX: u32 = SLOT_MAX - 2;

/// The slots of the swap file.
#[derive(Default)]
pub struct Slots {
    /// A bit per slot, set while it is used.
    map: Vec<u32>,
    /// Slots that the file has room for now.
    pages: u32,
    /// Slots that it may grow to.
    limit: u32,
    used: u32,
    /// Where the search for a run begins: after the last one, so that pages written one after another lie one after another.
    next: u32,
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

    /// Slots that are free.
    pub fn free_count(&self) -> u32 {
        self.pages - self.used
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
        self.map.get((slot >> 5) as usize).is_some_and(|word| word >> (slot & 31) & 1 != 0)
    }

    /// Takes a run of up to `count` slots that follow each other, the longest that a search from the last place on finds
    /// first: first slot and length. None when all are used.
    pub fn allocate(&mut self, count: u32) -> Option<(u32, u32)> {
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
            if self.is_used(slot - 1) {
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
        }
    }
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
}
