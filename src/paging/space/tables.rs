//! Which page tables a space has, or has been promised.

use super::{Space, PRESENT};
use crate::machine::Machine;
use crate::paging::frames::Owner;
use crate::paging::{Memory, ARENA_BASE, ARENA_END};
use crate::x86::entry::{FRAME, USER, WRITABLE};

/// Linear address at which the page tables of the loaded space appear, through the directory's own slot.
const WINDOW: u32 = 0xFFC0_0000;

/// A set of page-directory slots. There are more words than the arena needs, so that any address names one.
#[derive(Clone, Default)]
pub(super) struct Tables([u32; 32]);

impl Tables {
    #[inline]
    pub fn has(&self, slot: u32) -> bool {
        self.0[(slot >> 5) as usize] >> (slot & 31) & 1 != 0
    }

    #[inline]
    pub fn add(&mut self, slot: u32) {
        self.0[(slot >> 5) as usize] |= 1 << (slot & 31);
    }

    #[inline]
    pub fn drop(&mut self, slot: u32) {
        self.0[(slot >> 5) as usize] &= !(1 << (slot & 31));
    }

    /// The lowest slot in the set.
    pub fn lowest(&self) -> Option<u32> {
        let word = self.0.iter().position(|word| *word != 0)?;
        Some(word as u32 * 32 + self.0[word].trailing_zeros())
    }

    /// How many slots of a range of pages are not in the set.
    pub fn missing(&self, base: u32, pages: u32) -> u32 {
        slots(base, pages).filter(|slot| !self.has(*slot)).count() as u32
    }

    /// If all slots of a range of pages (1 and more) lie in one word of the set: the word, their bits, and how many they are.
    #[inline(always)]
    pub fn in_one_word(&mut self, base: u32, pages: u32) -> Option<(&mut u32, u32, u32)> {
        let (first, last) = (base >> 22, (base + (pages << 12) - 1) >> 22);
        if (first ^ last) >> 5 != 0 {
            return None;
        }
        let word = &mut self.0[(first >> 5 & 31) as usize];
        // Bits `first` to `last`: in the highest bit's case the first term is gone, and the difference still right.
        let mask = (2_u32 << (last & 31)).wrapping_sub(1 << (first & 31));
        Some((word, mask, last - first + 1))
    }

    /// Puts the slots of a range of pages into the set.
    pub fn add_range(&mut self, base: u32, pages: u32) {
        slots(base, pages).for_each(|slot| self.add(slot));
    }
}

/// The slots that a range of pages, inside the arena, reaches into.
#[inline]
pub(super) fn slots(base: u32, pages: u32) -> core::ops::Range<u32> {
    debug_assert!(base >= ARENA_BASE && pages <= (ARENA_END - base) >> 12);
    if pages == 0 {
        return 0..0;
    }
    base >> 22..((base + ((pages - 1) << 12)) >> 22) + 1
}

impl Space {
    /// Makes sure that the page table of a slot that is in the set exists. False only if its promise is missing.
    pub(super) fn have_table<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory, slot: u32) -> bool {
        if machine.directory_entry(slot) & PRESENT != 0 {
            return true;
        }
        debug_assert!(self.tables.has(slot));
        let Some(frame) = memory.frames.allocate_promised(Owner::Table { client: self.client }) else {
            return false;
        };
        machine.set_directory_entry(slot, frame << 12 | PRESENT | WRITABLE | USER);
        machine.zero_page(WINDOW + (slot << 12));
        true
    }

    /// Gives back the page tables of a range of pages, all of whose entries are dead, as far as no block reaches into
    /// their slots from outside: nothing lies between `below` and the range, nor between the range and `above`.
    /// The caller forgets all translations.
    pub(super) fn drop_tables<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        range: (u32, u32),
        (below, above): (u32, u32),
    ) {
        for slot in slots(range.0, range.1) {
            if !is_alone(slot, below, above) || !self.tables.has(slot) {
                continue;
            }
            self.tables.drop(slot);
            let entry = machine.directory_entry(slot);
            if entry & PRESENT != 0 {
                machine.set_directory_entry(slot, 0);
                memory.frames.free((entry & FRAME) >> 12);
            } else {
                memory.frames.unpromise(1);
            }
        }
    }
}

/// Does the slot lie between the two addresses?
#[inline]
pub(super) fn is_alone(slot: u32, below: u32, above: u32) -> bool {
    slot << 22 >= below && (slot + 1) << 22 <= above
}
