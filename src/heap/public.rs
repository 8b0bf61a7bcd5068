//! The public handle table (INT 2Fh 4309h, `/TABLE`): the heap as an array of records in low memory, which programs
//! read, and write without asking: EMM386 and its like turn free records into blocks of their own, cut them, and let
//! blocks grow into what is free behind them.
//!
//! So the table is the truth between two calls. Before each call [`Heap::read_table`] looks whether somebody has changed it,
//! and if so makes the heap anew from it; after each call [`Heap::write_table`] shows what has changed. In this mode
//! every block lies in one piece and stays where it is, and a handle is the offset of its record.
//!
//! What is believed of a table that others wrote: used records that name memory of the heap's, those that nobody has touched
//! before others that overlap them; then free records, likewise. Memory that was shown and that no record names any more is somebody's, who
//! keeps his own account of it (JEMM386 does): nobody else gets it until a record names it again. Blocks in the
//! middle of a move stay as they are. Everything else is corrected by the next write.
//!
//! The frames of free records are the heap's. While the core owns the machine they go back to
//! [`Frames`](crate::paging::frames::Frames), where DPMI memory comes from: then the table shows blocks, and of free memory
//! only what is less than a page ([`Heap::lend`], [`Heap::collect`]).

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use super::runs::{FREE, NONE};
use super::{Heap, Refusal, NO_WINDOW, SCATTERED};
use crate::layout::{TABLE_HEAD as HEAD_BYTES, TABLE_RECORD as RECORD_BYTES};
use crate::machine::Machine;
use crate::paging::frames::Frames;

/// A record's first byte: memory that can be had,
const IS_FREE: u8 = 1;
/// a block,
const IS_USED: u8 = 2;
/// a record that can be had.
const IS_VACANT: u8 = 4;

/// Owner of runs that were shown and are in no record any more.
const LOST: u16 = u16::MAX - 1;
/// Owner, for a moment, of what is to be free.
const KEPT: u16 = u16::MAX - 2;
/// KiB that are copied at a time.
const PIECE_KIB: u32 = 16;

/// A record.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Record {
    kind: u8,
    locks: u8,
    /// KiB.
    base: u32,
    /// KiB.
    kib: u32,
}

/// What is known of the table.
#[derive(Debug)]
pub(super) struct Public {
    /// Linear address of the first record.
    at: u32,
    /// Its handle.
    first: u16,
    /// What was written last.
    shown: Vec<Record>,
    /// What was found when the table was taken over.
    found: Vec<Record>,
    /// Free memory that no record was left for: first KiB, KiB.
    hidden: Vec<(u32, u32)>,
}

impl Public {
    fn read<M: Machine>(&self, machine: &M, index: usize) -> Record {
        let at = self.at + index as u32 * RECORD_BYTES;
        let word = machine.read_u16(at);
        Record {
            kind: word as u8,
            locks: (word >> 8) as u8,
            base: machine.read_u32(at + 2),
            kib: machine.read_u32(at + 6),
        }
    }

    /// Shows a record, if it is not what is there.
    fn write<M: Machine>(&mut self, machine: &mut M, index: usize, record: Record) {
        if self.shown[index] == record {
            return;
        }
        self.shown[index] = record;
        let at = self.at + index as u32 * RECORD_BYTES;
        machine.write_u16(at, record.kind as u16 | (record.locks as u16) << 8);
        machine.write_u32(at + 2, record.base);
        machine.write_u32(at + 6, record.kib);
    }
}

impl Heap {
    /// Publishes the table, whose head is to be at paragraph `segment`, offset `offset`, with a record for each handle. Before the
    /// first block. False, and nothing changed, when there is no memory for it.
    #[must_use]
    pub fn publish<M: Machine>(&mut self, machine: &mut M, segment: u16, offset: u16) -> bool {
        let count = self.blocks.len();
        let (mut shown, mut found, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
        let records = shown.try_reserve_exact(count).is_ok() && found.try_reserve_exact(count).is_ok();
        if !records
            || hidden.try_reserve_exact(count).is_err()
            || !self.runs.reserve(4 * count as u32 + super::runs::ROOM)
        {
            return false;
        }
        shown.resize(count, Record::default());
        found.resize(count, Record::default());
        let (head, first) = ((segment as u32) * 16 + offset as u32, offset + HEAD_BYTES as u16);
        machine.write_u16(head, 1 | (RECORD_BYTES as u16) << 8);
        machine.write_u16(head + 2, count as u16);
        machine.write_u16(head + 4, first);
        machine.write_u16(head + 6, segment);
        self.public = Some(Public { at: head + HEAD_BYTES, first, shown, found, hidden });
        self.careful = true;
        self.write_table(machine);
        true
    }

    /// Is there a public table?
    #[inline(always)]
    pub fn is_public(&self) -> bool {
        self.public.is_some()
    }

    /// The entry that a handle names, which is an offset.
    #[cold]
    pub(super) fn find_public(&self, handle: u16) -> Option<u16> {
        let offset = handle.checked_sub(self.public.as_ref()?.first)? as u32;
        let index = offset / RECORD_BYTES;
        let block = self.blocks.get(index as usize)?;
        (offset.is_multiple_of(RECORD_BYTES) && block.used).then_some(index as u16)
    }

    /// The handle of a new block in public; `handle` is what it would have otherwise.
    pub(super) fn public_handle(&mut self, handle: u16) -> u16 {
        let Some(public) = &self.public else { return handle };
        let index = handle & (super::BLOCKS_MAX - 1);
        let block = &mut self.blocks[index as usize];
        // No short way finds it, nor would it take it.
        block.handle = !index;
        block.base = SCATTERED;
        block.used = true;
        public.first + index * RECORD_BYTES as u16
    }

    /// Frees all runs of an owner.
    fn release(&mut self, owner: u16) {
        let mut run = self.runs.lowest;
        while run != NONE {
            let node = *self.runs.get(run);
            let mut next = node.above;
            // A free neighbour may become one with it.
            if next != NONE && self.runs.get(next).owner == FREE {
                next = self.runs.get(next).above;
            }
            if node.owner == owner {
                self.runs.free_one(run);
            }
            run = next;
        }
    }

    /// Takes free memory at a place of its own; returns its run.
    fn carve(&mut self, owner: u16, base: u32, kib: u32) -> Option<u32> {
        let run = self.runs.holding(base)?;
        let node = self.runs.get(run);
        if node.owner != FREE || kib == 0 || kib > node.end() - base {
            return None;
        }
        self.take(owner, run, base - node.start, kib).ok()
    }

    /// If somebody has changed the table, makes the heap what it says. True if so.
    pub fn read_table<M: Machine>(&mut self, machine: &M) -> bool {
        let Some(public) = &self.public else { return false };
        let same = |index: usize| public.read(machine, index) == public.shown[index];
        if (0..public.shown.len()).all(same) {
            return false;
        }
        if let Some(mut public) = self.public.take() {
            for index in 0..public.found.len() {
                public.found[index] = public.read(machine, index);
            }
            self.take_over(&public);
            core::mem::swap(&mut public.shown, &mut public.found);
            self.public = Some(public);
        }
        true
    }

    fn take_over(&mut self, public: &Public) {
        self.window_for = NO_WINDOW;
        for index in 0..self.blocks.len() {
            let block = &mut self.blocks[index];
            if block.used && block.busy == 0 {
                block.used = false;
                let head = core::mem::replace(&mut block.head, NONE);
                if head != NONE {
                    self.runs.free_chain(head);
                }
            }
        }
        self.release(LOST);
        for untouched in [true, false] {
            for (index, record) in public.found.iter().enumerate() {
                let is_turn = !untouched || *record == public.shown[index];
                if is_turn && record.kind == IS_USED && !self.blocks[index].used {
                    self.take_block(index as u16, record);
                }
            }
        }
        for (index, record) in public.found.iter().enumerate() {
            if record.kind == IS_FREE && !self.blocks[index].used {
                self.carve(KEPT, record.base, record.kib);
            }
        }
        for (base, kib) in &public.hidden {
            self.carve(KEPT, *base, *kib);
        }
        while self.runs.free != NONE {
            self.runs.take(self.runs.free, LOST);
        }
        self.release(KEPT);
        self.vacant = super::BLOCKS_MAX;
        self.vacancies = 0;
        for index in (0..self.blocks.len()).rev() {
            if !self.blocks[index].used {
                self.blocks[index].vacant = self.vacant;
                self.vacant = index as u16;
                self.vacancies += 1;
            }
        }
    }

    /// Makes a used record a block, if it can be one.
    fn take_block(&mut self, index: u16, record: &Record) {
        let head = match record.kib {
            0 => Some(NONE),
            kib => self.carve(index, record.base, kib),
        };
        let Some(head) = head else { return };
        let block = &mut self.blocks[index as usize];
        block.used = true;
        block.locks = record.locks;
        block.base = SCATTERED;
        block.size = record.kib;
        (block.head, block.hint, block.hint_at) = (head, head, 0);
    }

    /// Shows in the table what has changed since it was read: each block at its handle's place, what is free by address in the
    /// records between.
    pub fn write_table<M: Machine>(&mut self, machine: &mut M) {
        let Some(mut public) = self.public.take() else { return };
        public.hidden.clear();
        let mut free = self.next_free(self.runs.lowest);
        for (index, block) in self.blocks.iter().enumerate() {
            let record = if block.used {
                let base = if block.head == NONE { 0 } else { self.runs.get(block.head).start };
                Record { kind: IS_USED, locks: block.locks, base, kib: block.size }
            } else if free != NONE {
                let run = *self.runs.get(free);
                free = self.next_free(run.above);
                Record { kind: IS_FREE, locks: 0, base: run.start, kib: run.length }
            } else {
                Record { kind: IS_VACANT, ..Record::default() }
            };
            public.write(machine, index, record);
        }
        while free != NONE {
            let run = *self.runs.get(free);
            free = self.next_free(run.above);
            // Beyond the room for it, it is lost as soon as somebody else writes the table.
            if public.hidden.len() < public.hidden.capacity() {
                public.hidden.push((run.start, run.length));
            }
        }
        self.public = Some(public);
        self.window_for = NO_WINDOW;
    }

    /// The first free run from `run` on, by address.
    fn next_free(&self, mut run: u32) -> u32 {
        while run != NONE && self.runs.get(run).owner != FREE {
            run = self.runs.get(run).above;
        }
        run
    }

    /// [`Heap::largest`], where nothing moves.
    #[cold]
    pub(super) fn largest_in_place(&self, frames: &Frames) -> u32 {
        let run = self.longest_free();
        let here = if run == NONE { 0 } else { self.runs.get(run).length };
        here.max(frames.longest_run().min(frames.available()) * 4)
    }

    /// Takes all free memory, so that the table shows it.
    pub fn collect(&mut self, frames: &mut Frames) {
        if self.is_public() {
            self.set_hoard(u32::MAX);
            self.fetch_all(frames);
        }
    }

    /// Gives free memory to whoever needs frames.
    pub fn lend(&mut self, frames: &mut Frames) {
        if self.is_public() {
            self.set_hoard(0);
            self.trim(frames);
        }
    }

    /// [`Heap::resize`] with a public table: a block that cannot grow where it is moves as a whole, at once.
    pub fn resize_public<M: Machine>(
        &mut self,
        index: u16,
        kib: u32,
        frames: &mut Frames,
        machine: &mut M,
    ) -> Result<(), Refusal> {
        let super::Block { size, head, .. } = *self.unlocked(index)?;
        if kib <= size || head == NONE || self.can_extend(head, kib - size, frames) {
            return self.resize(index, kib, frames);
        }
        let place = self.place(index, kib, frames)?;
        let (from, to) = (self.runs.get(head).start, self.runs.get(place).start);
        let mut done = 0;
        while done < size {
            let piece = PIECE_KIB.min(size - done);
            machine.copy_physical((from + done) << 10, (to + done) << 10, piece << 10);
            done += piece;
        }
        self.runs.free_chain(head);
        let block = &mut self.blocks[index as usize];
        block.size = kib;
        (block.head, block.hint, block.hint_at) = (place, place, 0);
        self.trim(frames);
        Ok(())
    }

    /// Is there as much behind a run? Frames that are free there come to the heap.
    fn can_extend(&mut self, run: u32, kib: u32, frames: &mut Frames) -> bool {
        self.fetch_beside(run, kib, frames);
        let node = *self.runs.get(run);
        if node.above == NONE {
            return false;
        }
        let above = self.runs.get(node.above);
        above.owner == FREE && above.start == node.end() && above.length >= kib
    }
}
