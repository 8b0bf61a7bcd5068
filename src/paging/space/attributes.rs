//! Attributes of single pages (0506h, 0507h).
//!
//! The word of each page: bits 0-2 its type (0 uncommitted, 1 committed, 2 mapped, and for setting 3: leave the type),
//! bit 3 writable, bit 4 bits 5 and 6 are given, bit 5 accessed, bit 6 dirty.

use super::allocate::is_committed;
use super::{Space, Stop, PRESENT};
use crate::machine::Machine;
use crate::paging::frames::Backing;
use crate::paging::page::{Kind, Page, Resident};
use crate::paging::Memory;
use crate::service::Code;
use crate::x86::entry::{FRAME, PAGE};

const TYPE: u16 = 7;
const UNCOMMITTED: u16 = 0;
const COMMITTED: u16 = 1;
const MAPPED: u16 = 2;
const KEEP: u16 = 3;
const WRITABLE: u16 = 8;
const MARKS_GIVEN: u16 = 16;
const ACCESSED: u16 = 32;
const DIRTY: u16 = 64;

impl Space {
    /// Index of a block and the linear address of a part of it: `offset` bytes in (page-aligned), `pages` long. 8023h
    /// for the handle, 8025h where the block does not reach.
    pub(super) fn part_of_block(
        &mut self,
        handle: u32,
        offset: u32,
        pages: u32,
    ) -> Result<(usize, u32), Code> {
        let index = self.blocks.by_handle(handle).ok_or(Code::InvalidHandle)?;
        let block = self.blocks.get(index);
        let first = offset >> 12;
        if offset & (PAGE - 1) != 0 || first > block.pages || pages > block.pages - first {
            return Err(Code::InvalidLinear);
        }
        Ok((index, block.base + offset))
    }

    /// Linear address of a part of a block, once it is known to lie inside: for services that then go page by page.
    pub fn range_in_block(&mut self, handle: u32, offset: u32, pages: u32) -> Result<u32, Code> {
        self.part_of_block(handle, offset, pages).map(|(_, base)| base)
    }

    /// The attribute word of a page in a block (0506h).
    pub fn attributes<M: Machine>(&mut self, machine: &M, linear: u32) -> u16 {
        let flag = |set: bool, bit: u16| if set { bit } else { 0 };
        match self.page_at(machine, linear) {
            Page::Absent | Page::Uncommitted | Page::Guard => UNCOMMITTED,
            Page::Untouched { writable } => COMMITTED | flag(writable, WRITABLE) | MARKS_GIVEN,
            Page::Swapped { writable, .. } => COMMITTED | flag(writable, WRITABLE) | MARKS_GIVEN | DIRTY,
            Page::Resident(page) => {
                let kind = if page.kind == Kind::Mapped { MAPPED } else { COMMITTED };
                kind | flag(page.writable || page.kind == Kind::Copied, WRITABLE)
                    | MARKS_GIVEN
                    | flag(page.accessed, ACCESSED)
                    | flag(page.dirty, DIRTY)
            }
        }
    }

    /// Could [`Space::set_attributes`] set these words, in order, on the pages of a block from `linear` on? `word` gives
    /// the word of each page. Refused with 8021h for a type that there is none of, 8002h for a locked page that would go
    /// or for "keep" with a page that has no type to keep, 8013h when memory is short. Promises are not taken yet.
    pub fn check_attributes<M: Machine>(
        &mut self,
        machine: &M,
        memory: &Memory,
        linear: u32,
        pages: u32,
        word: impl Fn(u32) -> u16,
    ) -> Result<(), Stop> {
        let (mut wanted, mut given, mut copies) = (0u32, 0u32, 0);
        for number in 0..pages {
            let at = linear + (number << 12);
            let old = self.page_at(machine, at);
            match word(number) & TYPE {
                UNCOMMITTED => {
                    if is_locked(memory, old) {
                        return Err(Code::InvalidState.into());
                    }
                    given += is_committed(old) as u32;
                }
                COMMITTED | KEEP => {
                    wanted += (word(number) & TYPE == COMMITTED && !is_committed(old)) as u32;
                    copies += matches!(old, Page::Resident(Resident { kind: Kind::Copied, .. })) as u32;
                }
                _ => return Err(Code::InvalidValue.into()),
            }
        }
        if wanted.saturating_sub(given) > memory.available() {
            return Err(Code::PhysicalMemoryUnavailable.into());
        }
        self.need_room(machine, memory, (linear, pages), copies)
    }

    /// Sets the attributes of one page of a block (0507h). False when there is no memory for it: the words were not
    /// checked, or give pages back only after taking others.
    pub fn set_attributes<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
        word: u16,
    ) -> bool {
        let Some(index) = self.blocks.find(linear) else { return false };
        let writable = word & WRITABLE != 0;
        let mut old = self.page_at(machine, linear);
        if matches!(old, Page::Resident(Resident { kind: Kind::Copied, .. })) && word & TYPE != UNCOMMITTED {
            // A page that others use too cannot say that it is read-only for good.
            self.make_private(machine, memory, linear);
            old = self.page_at(machine, linear);
        }
        let new = match word & TYPE {
            UNCOMMITTED => Page::Uncommitted,
            COMMITTED if !is_committed(old) => {
                if !memory.promise(1) {
                    return false;
                }
                self.blocks.get_mut(index).committed += 1;
                Page::Untouched { writable }
            }
            _ => with_access(old, writable),
        };
        let new = if word & MARKS_GIVEN != 0 { with_marks(new, word) } else { new };
        note_cleaning(memory, old, new);
        if is_committed(old) == is_committed(new) || !is_committed(old) {
            self.put_page(machine, memory, linear, new);
        } else {
            self.replace(machine, memory, index, linear, new);
        }
        if memory.eager && matches!(new, Page::Untouched { .. }) {
            self.commit_now(machine, memory, linear, 1);
        }
        true
    }

    /// Writes an entry over another that holds no frame, or holds the same one.
    pub(super) fn put_page<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
        page: Page,
    ) {
        if !self.have_table(machine, memory, linear >> 22) {
            return;
        }
        let old = machine.table_entry(linear >> 12);
        machine.set_table_entry(linear >> 12, page.encode());
        if old & PRESENT != 0 {
            memory.note_unmapped(Page::decode(old));
            machine.flush_page(linear & FRAME);
        }
        memory.note_mapped(page);
    }

    /// Writes the entry of a page that is not committed (any more) over whatever is there, and gives back what that held.
    pub(super) fn replace<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        index: usize,
        linear: u32,
        page: Page,
    ) {
        debug_assert!(!is_committed(page));
        let old = self.page_at(machine, linear);
        self.put_page(machine, memory, linear, page);
        if !is_committed(old) {
            return;
        }
        self.blocks.get_mut(index).committed -= 1;
        let held = match old {
            Page::Resident(Resident { frame, kind: Kind::Private, .. }) => {
                self.forget(memory, frame);
                memory.frames.free(frame);
                true
            }
            Page::Resident(Resident { frame, .. }) => memory.drop_sharer(frame),
            Page::Swapped { slot, .. } => {
                memory.release_slot(slot);
                true
            }
            _ => false,
        };
        if !held {
            memory.frames.unpromise(1);
        }
    }

    /// 8002h when a page of the range is locked.
    pub(super) fn refuse_locked<M: Machine>(
        &mut self,
        machine: &M,
        memory: &Memory,
        base: u32,
        pages: u32,
    ) -> Result<(), Code> {
        let locked = (0..pages)
            .any(|page| is_locked(memory, Page::decode(Space::entry(machine, base + (page << 12)))));
        if locked {
            return Err(Code::InvalidState);
        }
        Ok(())
    }
}

/// Must the page stay where it is?
pub(super) fn is_locked(memory: &Memory, page: Page) -> bool {
    match page {
        Page::Resident(Resident { frame, kind: Kind::Private | Kind::Copied, pinned, .. }) => {
            pinned || memory.frames.locks(frame) != 0
        }
        _ => false,
    }
}

/// The client cleared the dirty bit of a page: the page replacement must still write it.
pub(super) fn note_cleaning(memory: &mut Memory, old: Page, new: Page) {
    if let (Page::Resident(old), Page::Resident(new)) = (old, new) {
        if new.kind == Kind::Private && old.dirty && !new.dirty {
            memory.drop_backing(new.frame);
            memory.frames.set_backing(new.frame, Backing::Stale);
        }
    }
}

const fn with_access(page: Page, writable: bool) -> Page {
    match page {
        Page::Untouched { .. } => Page::Untouched { writable },
        Page::Swapped { slot, .. } => Page::Swapped { slot, writable },
        Page::Resident(resident) => Page::Resident(Resident { writable, ..resident }),
        other => other,
    }
}

const fn with_marks(page: Page, word: u16) -> Page {
    match page {
        Page::Resident(resident) => {
            Page::Resident(Resident { accessed: word & ACCESSED != 0, dirty: word & DIRTY != 0, ..resident })
        }
        other => other,
    }
}
