//! What the CPU has noted of a range of pages, for virtual devices and collectors: accessed and dirty bits read and cleared,
//! pages cleaned, kept in memory, or let go.

use super::attributes::note_cleaning;
use super::{Space, Stop, FROM_USER, PRESENT};
use crate::machine::Machine;
use crate::paging::fault::{decide, Decision};
use crate::paging::page::{Kind, Page, Resident};
use crate::paging::Memory;
use crate::service::Code;
use crate::x86::entry::PAGE;

/// What was found in a range.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Marks {
    /// Pages in memory.
    pub resident: u32,
    /// Pages that were read or written.
    pub accessed: u32,
    /// Pages that were written.
    pub dirty: u32,
}

/// Which bits to clear.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Clear {
    /// Accessed bits.
    pub accessed: bool,
    /// Dirty bits: the pages are clean from now on. The page replacement remembers that they differ from what is on disk.
    pub dirty: bool,
}

impl Space {
    /// 8025h unless `pages` pages at `linear` (page-aligned) lie in blocks of the space.
    fn known_pages(&mut self, linear: u32, pages: u32) -> Result<core::ops::Range<u32>, Code> {
        let first = linear >> 12;
        let end = first.checked_add(pages).filter(|end| *end <= super::ARENA_END >> 12);
        let range = first..end.ok_or(Code::InvalidLinear)?;
        if linear & (PAGE - 1) != 0 {
            return Err(Code::InvalidLinear);
        }
        self.known(range.clone())?;
        Ok(range)
    }

    /// Counts the marks of a range of `pages` pages and clears those that `clear` names. Refused with 8025h for addresses
    /// that are in no block.
    pub fn read_marks<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        (linear, pages): (u32, u32),
        clear: Clear,
    ) -> Result<Marks, Code> {
        let mut marks = Marks::default();
        for page in self.known_pages(linear, pages)? {
            let Page::Resident(old) = Page::decode(Space::entry(machine, page << 12)) else { continue };
            marks.resident += 1;
            marks.accessed += old.accessed as u32;
            marks.dirty += old.dirty as u32;
            let new = Resident {
                accessed: old.accessed && !clear.accessed,
                dirty: old.dirty && !clear.dirty,
                ..old
            };
            if new != old {
                note_cleaning(memory, Page::Resident(old), Page::Resident(new));
                machine.set_table_entry(page, Page::Resident(new).encode());
                machine.flush_page(page << 12);
            }
        }
        Ok(marks)
    }

    /// Keeps the pages of a range in memory from now on, bringing them in first. Refused with 8025h for a page that is not
    /// committed memory, 8013h when too little memory would be left.
    pub fn keep<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        (linear, pages): (u32, u32),
    ) -> Result<(), Stop> {
        let range = self.known_pages(linear, pages)?;
        let (mut coming, mut away) = (0, None);
        for page in range.clone() {
            match self.page_at(machine, page << 12) {
                Page::Swapped { .. } => away = away.or(Some(page << 12)),
                Page::Untouched { .. } => coming += 1,
                Page::Resident(_) => {}
                Page::Absent | Page::Uncommitted | Page::Guard => return Err(Code::InvalidLinear.into()),
            }
        }
        if !memory.may_lock(pages) {
            return Err(Code::PhysicalMemoryUnavailable.into());
        }
        if let Some(linear) = away {
            return Err(Stop::PageIn(linear));
        }
        self.need_room(machine, memory, (linear, pages), coming)?;
        for page in range {
            let state = self.page_at(machine, page << 12);
            if let Decision::Zero { writable } = decide(FROM_USER, page << 12, state) {
                self.materialise(machine, memory, page << 12, writable, false);
            }
            self.pin(machine, memory, page << 12);
        }
        Ok(())
    }

    /// Lets the pages of a range go to the swap file again, as far as they are not locked. Refused with 8025h for addresses
    /// that are in no block.
    pub fn let_go<M: Machine>(&mut self, machine: &mut M, (linear, pages): (u32, u32)) -> Result<(), Code> {
        for page in self.known_pages(linear, pages)? {
            let entry = Space::entry(machine, page << 12);
            if let Page::Resident(old @ Resident { kind: Kind::Private, pinned: true, .. }) =
                Page::decode(entry)
            {
                debug_assert!(entry & PRESENT != 0);
                machine.set_table_entry(page, Page::Resident(Resident { pinned: false, ..old }).encode());
                machine.flush_page(page << 12);
            }
        }
        Ok(())
    }

    /// Makes the pages of a range read-only, or writable again: of a copy, its own one. Refused with 8025h for a page that
    /// is not committed memory.
    pub fn protect<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        (linear, pages): (u32, u32),
        writable: bool,
    ) -> Result<(), Stop> {
        const KEEP: u16 = 3;
        const WRITABLE: u16 = 8;
        let word = KEEP | if writable { WRITABLE } else { 0 };
        let range = self.known_pages(linear, pages)?;
        for page in range.clone() {
            if !super::allocate::is_committed(self.page_at(machine, page << 12)) {
                return Err(Code::InvalidLinear.into());
            }
        }
        self.check_attributes(machine, memory, linear, pages, |_| word)?;
        for page in range {
            self.set_attributes(machine, memory, page << 12, word);
        }
        Ok(())
    }
}
