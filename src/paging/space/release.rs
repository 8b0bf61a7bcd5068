//! Giving memory back: of a range, and of a whole space.

use super::tables::{is_alone, slots};
use super::{Space, FRAME, PRESENT};
use crate::layout::RECURSIVE_SLOT;
use crate::machine::Machine;
use crate::paging::frames::{Frames, Run};
use crate::paging::page::{private_frame, Kind, Page};
use crate::paging::Memory;
use crate::x86::entry::PAGE;

/// Collects frames that follow each other, so that they are freed as one run: pages that were touched in order have
/// their frames in (descending) order.
struct Batch {
    first: u32,
    count: u32,
}

impl Batch {
    const fn new() -> Self {
        Batch { first: 0, count: 0 }
    }

    /// Frames `first` and up, `count` of them.
    #[inline]
    fn add(&mut self, frames: &mut Frames, first: u32, count: u32) {
        if self.count != 0 && first.wrapping_add(count) == self.first {
            self.first = first;
        } else if self.count == 0 || first != self.first.wrapping_add(self.count) {
            self.flush(frames);
            self.first = first;
        }
        self.count += count;
    }

    #[inline]
    fn flush(&mut self, frames: &mut Frames) {
        if self.count != 0 {
            frames.free_run(Run { first: self.first, count: self.count });
            self.count = 0;
        }
    }
}

/// How many entries from page `first` on, below `end`, name frames that go down one by one, all with the attributes of
/// `entry`, which is the first of them.
#[inline]
fn descending<M: Machine>(machine: &M, first: u32, end: u32, entry: u32) -> u32 {
    let (mut page, mut expected) = (first + 1, entry.wrapping_sub(PAGE));
    // Four at a time: this loop is most of what freeing a block costs.
    while end - page >= 4
        && machine.table_entry(page) == expected
        && machine.table_entry(page + 1) == expected.wrapping_sub(PAGE)
        && machine.table_entry(page + 2) == expected.wrapping_sub(2 * PAGE)
        && machine.table_entry(page + 3) == expected.wrapping_sub(3 * PAGE)
    {
        page += 4;
        expected = expected.wrapping_sub(4 * PAGE);
    }
    while page < end && machine.table_entry(page) == expected {
        page += 1;
        expected = expected.wrapping_sub(PAGE);
    }
    page - first
}

/// Clears `count` entries.
#[inline]
fn clear_entries<M: Machine>(machine: &mut M, first: u32, count: u32) {
    let (mut page, end) = (first, first + count);
    while end - page >= 4 {
        machine.set_table_entry(page, 0);
        machine.set_table_entry(page + 1, 0);
        machine.set_table_entry(page + 2, 0);
        machine.set_table_entry(page + 3, 0);
        page += 4;
    }
    (page..end).for_each(|page| machine.set_table_entry(page, 0));
}

impl Space {
    /// Takes the pages of a range out of the tables and frees their frames, then the tables that nobody needs any more.
    /// `below` and `above` are where the neighbours end and begin. Returns how many of the committed pages had a frame
    /// (or a slot) of their own: the caller takes back the promises of the others.
    pub(super) fn release<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        (base, pages): (u32, u32),
        (below, above): (u32, u32),
    ) -> u32 {
        let mut batch = Batch::new();
        let mut held = 0;
        let mut any = false;
        let end = (base >> 12) + pages;
        for slot in slots(base, pages) {
            if !self.tables.has(slot) || machine.directory_entry(slot) & PRESENT == 0 {
                continue;
            }
            any = true;
            let dies = is_alone(slot, below, above);
            let part = (base >> 12).max(slot << 10)..end.min((slot + 1) << 10);
            held += self.release_pages(machine, memory, &mut batch, part, !dies);
        }
        batch.flush(&mut memory.frames);
        self.drop_tables(machine, memory, (base, pages), (below, above));
        if any {
            machine.flush_all();
        }
        held
    }

    /// Frees what the entries of some pages of one table hold, and clears them if the table lives on. Returns how many of
    /// them were committed pages' own. Pages touched in order have descending frames and equal attributes: such a run
    /// is found with one comparison a page.
    #[inline]
    fn release_pages<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        batch: &mut Batch,
        mut pages: core::ops::Range<u32>,
        clear: bool,
    ) -> u32 {
        let mut held = 0;
        while pages.start < pages.end {
            let first = pages.start;
            let entry = machine.table_entry(first);
            pages.start += 1;
            if entry == 0 {
                continue;
            }
            let Some(frame) = private_frame(entry) else {
                if clear {
                    machine.set_table_entry(first, 0);
                }
                held += self.release_other(memory, entry) as u32;
                continue;
            };
            let count = descending(machine, first, pages.end, entry);
            pages.start = first + count;
            if clear {
                clear_entries(machine, first, count);
            }
            let lowest = frame + 1 - count;
            if self.locked != 0 || memory.swap.is_some() {
                (lowest..=frame).for_each(|frame| self.forget(memory, frame));
            }
            batch.add(&mut memory.frames, lowest, count);
            held += count;
        }
        held
    }

    /// Takes a private page that is given up out of the counts.
    #[inline(never)]
    pub(super) fn forget(&mut self, memory: &mut Memory, frame: u32) {
        if memory.frames.locks(frame) != 0 {
            self.locked -= 1;
            memory.locked -= 1;
        }
        memory.drop_backing(frame);
    }

    #[inline(never)]
    fn release_other(&mut self, memory: &mut Memory, entry: u32) -> bool {
        match Page::decode(entry) {
            Page::Resident(page) if matches!(page.kind, Kind::Copied | Kind::Shared) => {
                memory.drop_sharer(page.frame)
            }
            page @ Page::Resident(_) => {
                memory.note_unmapped(page);
                false
            }
            Page::Swapped { slot, .. } => {
                memory.release_slot(slot);
                true
            }
            _ => false,
        }
    }

    /// Gives back everything: pages, tables, the directory. If the space is the loaded one, the kernel's is loaded instead.
    pub fn destroy<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory) {
        while !self.destroy_some(machine, memory) {}
    }

    /// A bounded piece of [`Space::destroy`]: the pages of one page table. True when nothing is left.
    pub fn destroy_some<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory) -> bool {
        if self.directory == 0 {
            return true;
        }
        let loaded = machine.directory_entry(RECURSIVE_SLOT) & FRAME;
        if let Some(slot) = self.tables.lowest() {
            // Through the tables' own window, for which the space is loaded for a moment: a window on physical memory
            // would have to be moved for each entry.
            if loaded != self.directory {
                machine.load_space(self.directory);
            }
            self.tables.drop(slot);
            self.destroy_slot(machine, memory, slot);
            if loaded != self.directory {
                machine.load_space(loaded);
            }
            return false;
        }
        if loaded == self.directory {
            machine.load_space(self.kernel);
        }
        memory.frames.free(self.directory >> 12);
        let owed = self.blocks.all().iter().map(|block| block.committed).sum::<u32>();
        memory.frames.unpromise(owed - self.returned);
        *self = Space::default();
        true
    }

    fn destroy_slot<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory, slot: u32) {
        let table = machine.directory_entry(slot);
        if table & PRESENT == 0 {
            memory.frames.unpromise(1);
            return;
        }
        let mut batch = Batch::new();
        let pages = slot << 10..(slot + 1) << 10;
        self.returned += self.release_pages(machine, memory, &mut batch, pages, false);
        batch.flush(&mut memory.frames);
        machine.set_directory_entry(slot, 0);
        memory.frames.free((table & FRAME) >> 12);
        machine.flush_all();
    }
}
