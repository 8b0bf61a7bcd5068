//! Locking (0600h, 0601h) and advice (0702h, 0703h) over ranges of linear addresses.
//!
//! Lock counts are kept per page, in the frame table. A range is checked as a whole before anything changes. Conventional
//! memory and mapped devices never leave, so locking them is counted nowhere.

use super::attributes::is_locked;
use super::{Space, Stop, FRAME};
use crate::layout::{CORE_BASE, LOW_END};
use crate::machine::Machine;
use crate::paging::blocks::Use;
use crate::paging::fault::{decide, Decision, FROM_USER, WRITE};
use crate::paging::frames::LOCKS_MAX;
use crate::paging::page::{Kind, Page, Resident};
use crate::paging::{Memory, ARENA_BASE};
use crate::service::Code;
use crate::x86::entry::{ACCESSED, PAGE, PRESENT};

/// The pages that hold any byte of a range, conventional memory left out. 8025h where the range leaves the client's
/// addresses.
///
/// A range that wraps at 4 GiB has a negative length: programs take the distance of two labels for it (Descent), and
/// a linker may have put the second one first. It is the range between them then, with the first one's page.
fn touched_pages(linear: u32, bytes: u32) -> Result<core::ops::Range<u32>, Code> {
    if bytes == 0 {
        return Ok(0..0);
    }
    let (first, last) = match linear.checked_add(bytes - 1) {
        Some(last) => (linear, last),
        None => (linear.wrapping_add(bytes), linear),
    };
    if last >= CORE_BASE {
        return Err(Code::InvalidLinear);
    }
    let low = LOW_END >> 12;
    Ok((first >> 12).max(low)..((last >> 12) + 1).max(low))
}

/// The pages that lie wholly inside a range.
fn whole_pages(linear: u32, bytes: u32) -> Result<core::ops::Range<u32>, Code> {
    let end = linear.checked_add(bytes).filter(|end| *end <= CORE_BASE).ok_or(Code::InvalidLinear)?;
    let low = LOW_END >> 12;
    let first = (linear >> 12) + (linear & (PAGE - 1) != 0) as u32;
    Ok(first.max(low)..(end >> 12).max(first).max(low))
}

impl Space {
    /// Locks the pages of a range, one more time each. They are in memory afterwards and stay there.
    ///
    /// Refused with 8025h for a page that is not the client's committed memory, 8017h when a count is at its highest, 8013h
    /// when too little of the memory would be left unlocked.
    pub fn lock<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
        bytes: u32,
    ) -> Result<(), Stop> {
        let pages = touched_pages(linear, bytes)?;
        let (mut fresh, mut coming, mut away) = (0, 0, None);
        for page in pages.clone() {
            match self.page_at(machine, page << 12) {
                Page::Absent | Page::Uncommitted | Page::Guard => return Err(Code::InvalidLinear.into()),
                Page::Untouched { .. } | Page::Resident(Resident { kind: Kind::Copied, .. }) => coming += 1,
                Page::Swapped { .. } => {
                    fresh += 1;
                    away = away.or(Some(page << 12));
                }
                Page::Resident(Resident { frame, kind: Kind::Private, .. })
                    if memory.frames.locks(frame) == LOCKS_MAX =>
                {
                    return Err(Code::LockCountExceeded.into());
                }
                Page::Resident(Resident { frame, kind: Kind::Private, .. }) => {
                    fresh += (memory.frames.locks(frame) == 0) as u32;
                }
                Page::Resident(_) => {}
            }
        }
        if !memory.may_lock(fresh + coming) {
            return Err(Code::PhysicalMemoryUnavailable.into());
        }
        // Not before it is known that all fit at once: else they would push each other out for ever.
        if let Some(linear) = away {
            return Err(Stop::PageIn(linear));
        }
        if coming != 0 {
            // Conventional memory has its table; what is left lies in the arena, as every page of it is committed.
            let (first, end) = (pages.start.max(ARENA_BASE >> 12), pages.end);
            self.need_room(machine, memory, (first << 12, end - first), coming)?;
        }
        for page in pages {
            self.lock_page(machine, memory, page << 12);
        }
        Ok(())
    }

    fn lock_page<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory, linear: u32) {
        let mut page = self.page_at(machine, linear);
        let copied = matches!(page, Page::Resident(Resident { kind: Kind::Copied, .. }));
        let error = if copied { FROM_USER | WRITE } else { FROM_USER };
        let decision = decide(error, linear, page);
        if matches!(decision, Decision::Zero { .. } | Decision::Copy) {
            self.repair(machine, memory, linear, decision, true);
            page = self.page_at(machine, linear);
        }
        if let Page::Resident(Resident { frame, kind: Kind::Private, .. }) = page {
            let locks = memory.frames.locks(frame);
            self.locked += (locks == 0) as u32;
            memory.locked += (locks == 0) as u32;
            memory.drop_backing(frame);
            memory.frames.set_locks(frame, locks + 1);
        }
    }

    /// Takes back one lock of each page of a range. Refused with 8025h where nothing is, 8002h for a page that is
    /// not locked.
    pub fn unlock<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
        bytes: u32,
    ) -> Result<(), Code> {
        let pages = touched_pages(linear, bytes)?;
        for page in pages.clone() {
            match self.page_at(machine, page << 12) {
                Page::Absent | Page::Uncommitted | Page::Guard => return Err(Code::InvalidLinear),
                Page::Resident(Resident { kind: Kind::Mapped | Kind::Shared, .. }) => {}
                Page::Resident(Resident { frame, .. })
                    if memory.frames.locks(frame) > self.own_lock(page << 12) => {}
                Page::Resident(_) | Page::Untouched { .. } | Page::Swapped { .. } => {
                    return Err(Code::InvalidState)
                }
            }
        }
        for page in pages {
            let entry = Space::entry(machine, page << 12);
            if let Page::Resident(Resident { frame, kind: Kind::Private, .. }) = Page::decode(entry) {
                let locks = memory.frames.locks(frame) - 1;
                memory.frames.set_locks(frame, locks);
                self.locked -= (locks == 0) as u32;
                memory.locked -= (locks == 0) as u32;
            }
        }
        Ok(())
    }

    /// Advice: the pages wholly inside the range will not be wanted for a while (0702h). They look unused to the page
    /// replacement. Refused with 8025h where the range leaves the client's addresses.
    pub fn mark_candidates<M: Machine>(
        &mut self,
        machine: &mut M,
        linear: u32,
        bytes: u32,
    ) -> Result<(), Code> {
        let pages = whole_pages(linear, bytes)?;
        self.known(pages.clone())?;
        let mut changed = false;
        for page in pages {
            let entry = Space::entry(machine, page << 12);
            if entry & (PRESENT | ACCESSED) == PRESENT | ACCESSED {
                machine.set_table_entry(page, entry & !ACCESSED);
                changed = true;
            }
        }
        if changed {
            machine.flush_all();
        }
        Ok(())
    }

    /// Advice: what is in the pages wholly inside the range is not needed any more (0703h). Their frames are free at
    /// once, and they are zeros when they are touched again. Locked pages and mapped memory keep what they have.
    pub fn discard<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
        bytes: u32,
    ) -> Result<(), Code> {
        let pages = whole_pages(linear, bytes)?;
        self.known(pages.clone())?;
        let mut changed = false;
        for page in pages {
            let linear = page << 12;
            let old = Page::decode(Space::entry(machine, linear));
            let Some(index) = self.blocks.find(linear) else { continue };
            let writable = match old {
                Page::Resident(Resident { kind: Kind::Private, writable, .. }) if !is_locked(memory, old) => {
                    writable
                }
                Page::Swapped { writable, .. } => writable,
                _ => continue,
            };
            let plain = writable && self.blocks.get(index).usage == Use::Memory;
            let new = if plain { Page::Absent } else { Page::Untouched { writable } };
            machine.set_table_entry(page, new.encode());
            match old {
                Page::Resident(resident) => {
                    self.forget(memory, resident.frame);
                    memory.frames.free(resident.frame);
                }
                Page::Swapped { slot, .. } => memory.release_slot(slot),
                _ => {}
            }
            memory.frames.renew_promise();
            changed = true;
        }
        if changed {
            machine.flush_all();
        }
        Ok(())
    }

    /// 8025h when a page of the range lies in no block.
    pub(super) fn known(&mut self, pages: core::ops::Range<u32>) -> Result<(), Code> {
        let mut page = pages.start;
        while page < pages.end {
            let index = self.blocks.find(page << 12).ok_or(Code::InvalidLinear)?;
            page = self.blocks.get(index).end() >> 12;
        }
        Ok(())
    }

    /// Locks of a page that are its block's, not the client's to take back.
    fn own_lock(&mut self, linear: u32) -> u32 {
        self.blocks.find(linear).map_or(0, |index| (self.blocks.get(index).usage == Use::Frozen) as u32)
    }

    /// So many pages more, or less, have a lock.
    pub(super) fn count_locked(&mut self, memory: &mut Memory, pages: i32) {
        self.locked = self.locked.wrapping_add_signed(pages);
        memory.locked = memory.locked.wrapping_add_signed(pages);
    }

    /// Pages with a lock count above zero.
    pub fn locked_pages(&self) -> u32 {
        self.locked
    }

    /// Makes the page at an address stay in memory from now on, as one that an interrupt handler has touched. Nothing
    /// happens where no private page is.
    pub fn pin<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory, linear: u32) {
        if let Page::Resident(page) = Page::decode(Space::entry(machine, linear)) {
            if page.kind == Kind::Private && !page.pinned {
                memory.drop_backing(page.frame);
                let pinned = Page::Resident(Resident { pinned: true, ..page });
                machine.set_table_entry((linear & FRAME) >> 12, pinned.encode());
            }
        }
    }
}
