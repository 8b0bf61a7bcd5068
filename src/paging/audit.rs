//! Physical memory and all address spaces, audited.

use alloc::vec::Vec;

use super::frames::Owner;
use super::space::Space;
use super::Memory;
use crate::audit::{require, Audit, Broken, Rule};
use crate::machine::Machine;

/// What the spaces have, all together.
#[derive(Default, Debug)]
pub(super) struct Tally {
    /// Directories and page tables.
    pub tables: u32,
    /// Pages with a frame of their own.
    pub pages: u32,
    /// Page tables and committed pages that are not there yet. A frame that several map stands for one page; each further
    /// mapping has a promise, and counts here.
    pub promised: u32,
    /// Pages with a lock.
    pub locked: u32,
    /// Pages that are in the swap file only.
    pub out: u32,
    /// Slots of the swap file that are used, a bit each, and how many.
    slots: Vec<u32>,
    used: u32,
    /// The frame of each mapping of one that several may map.
    shared: Vec<u32>,
    /// The core has not got the memory for such a list.
    short: bool,
}

impl Tally {
    /// A page is in this slot.
    pub fn use_slot(&mut self, slot: u32) -> Audit {
        let (word, bit) = ((slot >> 5) as usize, 1 << (slot & 31));
        let mine = self.slots.get_mut(word).filter(|word| **word & bit == 0);
        let mine = mine.ok_or(Broken { rule: Rule::Slots, at: slot })?;
        *mine |= bit;
        self.used += 1;
        Ok(())
    }

    /// A page maps this frame, as others may.
    pub fn share(&mut self, frame: u32) {
        match self.shared.try_reserve(1) {
            Ok(()) => self.shared.push(frame),
            Err(_) => self.short = true,
        }
    }
}

impl Memory {
    /// Sees whether the frames, the swap file's slots and the spaces, which are all there are, agree with each other. False where
    /// the core has no memory for that.
    pub fn audit<'a, M: Machine>(&self, machine: &M, spaces: impl Iterator<Item = &'a Space>) -> Audit<bool> {
        let mut tally = Tally::default();
        if let Some(swap) = self.swap.as_ref() {
            let words = swap.slots.pages().div_ceil(32) as usize;
            if tally.slots.try_reserve_exact(words).is_err() {
                return Ok(false);
            }
            tally.slots.resize(words, 0);
            swap.slots_in_transfer().try_for_each(|slot| tally.use_slot(slot))?;
        }
        for space in spaces {
            space.audit(machine, self, &mut tally)?;
        }
        if tally.short {
            return Ok(false);
        }
        let lent = self.audit_shared(&mut tally.shared)?;
        let census = self.frames.audit()?;
        require(census.tables == tally.tables, Rule::Held, tally.tables)?;
        require(census.pages == tally.pages + lent, Rule::Held, tally.pages + lent)?;
        // Of several mappings of a frame one holds it.
        let promised = tally.promised - lent;
        require(promised == self.frames.promised(), Rule::Promised, promised)?;
        require((tally.locked, lent) == (self.locked, self.lent), Rule::Locked, tally.locked)?;
        // A slot that turned out bad after it was counted on leaves a promise that a good disk would have kept.
        let elsewhere = self.swap.as_ref().map_or(0, |swap| swap.slots.pages() - tally.out);
        require(promised <= self.frames.free_count() + elsewhere, Rule::Covered, promised)?;
        if let Some(swap) = self.swap.as_ref() {
            let used = swap.slots.used();
            require((tally.used, tally.out) == (used, swap.pages_out()), Rule::Slots, tally.used)?;
            let elsewhere = swap.slots.usable().saturating_sub(tally.out);
            require(self.frames.elsewhere() == elsewhere, Rule::Covered, elsewhere)?;
        }
        self.heap.audit(&self.frames, census.heap)?;
        Ok(true)
    }

    /// The frames that several map, each as often as it says; returns how many of them are clients' pages.
    fn audit_shared(&self, shared: &mut [u32]) -> Audit<u32> {
        shared.sort_unstable();
        let (mut lent, mut of_heap) = (0, 0);
        for mappings in shared.chunk_by(|one, other| one == other) {
            let frame = mappings[0];
            // A page counts its mappings but for the first, the heap's memory all.
            let first = matches!(self.frames.owner(frame), Owner::Page { .. }) as u32;
            lent += first;
            of_heap += (mappings.len() as u32) * (1 - first);
            let counted = self.frames.sharers(frame) + first;
            require(counted == mappings.len() as u32, Rule::Sharers, frame)?;
        }
        require(of_heap == self.heap.mapped(), Rule::Sharers, of_heap)?;
        Ok(lent)
    }
}
