//! One client's address space: its page directory, its blocks, and what happens at a page fault.
//!
//! Invariants. A frame is promised for every committed page that has none yet, and for the page table of every slot that
//! a block reaches into: a later touch cannot fail. The page directory's slots 0 and 767 and up are the same in every
//! space; slots 1 to 766 are the client's own. Everything but [`Space::create`] and [`Space::destroy`] expects the space to
//! be the loaded one.

mod allocate;
mod attributes;
mod audit;
mod copied;
mod device;
mod frozen;
mod information;
mod lock;
mod marks;
mod release;
mod tables;

#[cfg(test)]
mod tests;

pub use allocate::Allocation;
pub use copied::{Loan, Sharing};
pub use frozen::DMA_END;
pub use information::Totals;
pub use marks::{Clear, Marks};

use alloc::vec::Vec;

use super::blocks::{Block, Blocks, Section, Use};
use super::fault::{decide, Decision, FROM_USER, PROTECTION, WRITE};
use super::frames::Owner;
use super::page::{fresh, Page, Resident};
use super::{Memory, ARENA_BASE, ARENA_END};
use crate::layout::{CORE_BASE, LOW_END, RECURSIVE_SLOT};
use crate::machine::Machine;
use crate::service::Code;
use crate::x86::entry::{DIRTY, FRAME, PRESENT, USER, WRITABLE};
use device::Mapping;
use tables::Tables;

/// Slot of the shared page table that holds the landing page; from there on slots are alike in all spaces.
const SHARED_SLOT: u32 = ARENA_END >> 22;

/// What [`Space::check`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Check {
    /// Every page is present with the rights asked for.
    Ready,
    /// The page at this linear address has to come in from the swap file, or a frame has to be freed for it, first.
    PageIn(u32),
    /// Not the client's memory, or not writable.
    Bad,
}

/// What became of a page fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum FaultOutcome {
    /// Run the instruction again.
    Handled,
    /// Bring in the page at this linear address, or make room for it; then run the instruction again.
    PageIn(u32),
    /// The client's own fault, or not in its memory at all.
    NotOurs,
}

/// Why a service on a range stopped before it changed anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The page at this linear address has to come in first; then the same call again.
    PageIn(u32),
    /// So many frames have to be free first; then the same call again.
    Room(u32),
    /// Refused.
    Refused(Code),
}

impl From<Code> for Stop {
    fn from(code: Code) -> Self {
        Stop::Refused(code)
    }
}

/// What has happened in one space, for `/S`. The counts wrap.
#[derive(Clone, Copy, Default, Debug)]
pub struct SpaceCounts {
    /// Page faults, whoever had to answer for them.
    pub faults: u32,
    /// Pages read from the swap file.
    pub page_ins: u32,
    /// Pages written to it.
    pub page_outs: u32,
}

/// One client's linear address space.
#[derive(Default)]
pub struct Space {
    /// Physical address of the page directory; 0 once it is gone.
    directory: u32,
    /// Physical address of the directory that has the shared slots.
    kernel: u32,
    /// The client's number, for the frame table.
    client: u8,
    blocks: Blocks,
    /// Slots whose page table exists or is promised.
    tables: Tables,
    /// What 0800h mapped.
    mappings: Vec<Mapping>,
    /// Pages with a lock count above zero.
    locked: u32,
    /// Statistics.
    pub(super) counts: SpaceCounts,
    /// While the space is being destroyed: committed pages whose frame or slot was given back.
    returned: u32,
}

impl Space {
    /// A space with nothing in it. `kernel_directory` is the physical address of the directory with the shared slots.
    /// Refused with 8013h when no frame is left.
    pub fn create<M: Machine>(
        machine: &mut M,
        memory: &mut Memory,
        kernel_directory: u32,
    ) -> Result<Self, Code> {
        let owner = Owner::Table { client: 0 };
        let frame = memory.allocate(owner).ok_or(Code::PhysicalMemoryUnavailable)?;
        let directory = frame << 12;
        machine.zero_frame(directory);
        let low = machine.read_physical(kernel_directory);
        machine.write_physical(directory, low);
        let shared = SHARED_SLOT * 4;
        machine.copy_physical(
            kernel_directory + shared,
            directory + shared,
            (RECURSIVE_SLOT - SHARED_SLOT) * 4,
        );
        machine.write_physical(directory + RECURSIVE_SLOT * 4, directory | PRESENT | WRITABLE);
        Ok(Space { directory, kernel: kernel_directory, ..Space::default() })
    }

    /// Physical address of the page directory: what CR3 gets.
    #[inline]
    pub fn directory(&self) -> u32 {
        self.directory
    }

    /// Says which client the space is for: the frame table names it, so that a frame leads back to its page.
    pub fn set_client(&mut self, client: u8) {
        self.client = client;
    }

    /// Leaves `pages` unmapped pages after each block that is allocated from now on.
    pub fn set_guard(&mut self, pages: u32) {
        self.blocks.set_guard(pages);
    }

    /// What has happened in this space.
    pub fn counts(&self) -> SpaceCounts {
        self.counts
    }

    /// The blocks, in ascending order of address.
    pub fn blocks(&self) -> &[Block] {
        self.blocks.all()
    }

    /// A page fault at `linear` with the CPU's error code.
    #[inline(always)]
    pub fn fault<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
        error: u32,
    ) -> FaultOutcome {
        memory.counts.faults = memory.counts.faults.wrapping_add(1);
        self.counts.faults = self.counts.faults.wrapping_add(1);
        if error & (PROTECTION | FROM_USER) == FROM_USER {
            if let Some(index) = self.blocks.find(linear) {
                let page = linear >> 12;
                if self.blocks.get(index).usage == Use::Memory
                    && (machine.directory_entry(page >> 10) & PRESENT != 0
                        || self.first_table(machine, memory, page >> 10))
                    && machine.table_entry(page) == 0
                {
                    let outcome = self.first_write(machine, memory, linear & FRAME);
                    if error & WRITE == 0 && outcome == FaultOutcome::Handled {
                        let entry = machine.table_entry(page) & !DIRTY;
                        machine.set_table_entry(page, entry);
                        machine.flush_page(linear & FRAME);
                    }
                    return outcome;
                }
            }
        }
        self.any_fault(machine, memory, linear, error)
    }

    /// The page table of a committed page that was never touched, nor any other of its table.
    #[inline(never)]
    fn first_table<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory, slot: u32) -> bool {
        self.have_table(machine, memory, slot)
    }

    /// The short way: the first touch of a committed page, as if it were a write.
    #[inline(always)]
    fn first_write<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory, linear: u32) -> FaultOutcome {
        let owner = Owner::Page { client: self.client, linear };
        let Some(frame) = memory.frames.allocate_promised(owner) else { return FaultOutcome::PageIn(linear) };
        machine.set_table_entry(linear >> 12, fresh(frame));
        machine.zero_page(linear);
        memory.counts.zeroed = memory.counts.zeroed.wrapping_add(1);
        FaultOutcome::Handled
    }

    #[inline(never)]
    fn any_fault<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
        error: u32,
    ) -> FaultOutcome {
        let page = self.page_at(machine, linear);
        let decision = decide(error, linear, page);
        match decision {
            Decision::PageIn { .. } => FaultOutcome::PageIn(linear & FRAME),
            Decision::Client | Decision::Core => FaultOutcome::NotOurs,
            // The first page, closed to clients (/PAGE0).
            Decision::Again if linear < LOW_END && Space::entry(machine, linear) & USER == 0 => {
                FaultOutcome::NotOurs
            }
            Decision::Again => {
                machine.flush_page(linear & FRAME);
                FaultOutcome::Handled
            }
            Decision::Zero { .. } | Decision::Copy => {
                match self.repair(machine, memory, linear & FRAME, decision, error & WRITE != 0) {
                    true => FaultOutcome::Handled,
                    false => FaultOutcome::PageIn(linear & FRAME),
                }
            }
        }
    }

    /// May the core touch `bytes` bytes at `linear` for the client, for writing if `write`? Pages that were never
    /// touched come in on the way, and pages to be written are made private.
    #[inline]
    pub fn check<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
        bytes: u32,
        write: bool,
    ) -> Check {
        if bytes == 0 {
            return Check::Ready;
        }
        let Some(last) = linear.checked_add(bytes - 1) else { return Check::Bad };
        if last >= CORE_BASE {
            return Check::Bad;
        }
        let want = PRESENT | USER | if write { WRITABLE } else { 0 };
        let mut page = (linear >> 12).max(LOW_END >> 12);
        while page <= last >> 12 {
            let ready = machine.directory_entry(page >> 10) & PRESENT != 0
                && machine.table_entry(page) & want == want;
            if !ready {
                match self.bring(machine, memory, page << 12, write) {
                    Check::Ready => {}
                    other => return other,
                }
            }
            page += 1;
        }
        Check::Ready
    }

    /// Makes one page ready for an access of the core's.
    fn bring<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory, linear: u32, write: bool) -> Check {
        let error = FROM_USER | if write { WRITE } else { 0 };
        let page = self.page_at(machine, linear);
        match decide(error, linear, page) {
            Decision::PageIn { .. } => Check::PageIn(linear),
            decision @ (Decision::Zero { .. } | Decision::Copy) => {
                match self.repair(machine, memory, linear, decision, write) {
                    true => Check::Ready,
                    false => Check::PageIn(linear),
                }
            }
            Decision::Again if linear < ARENA_END && matches!(page, Page::Resident(_)) => Check::Ready,
            Decision::Again | Decision::Client | Decision::Core => Check::Bad,
        }
    }

    /// Carries out a decision that needs a frame. False, and nothing done but perhaps a page table made, when no frame is
    /// free: pages have to go to the swap file first.
    fn repair<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
        decision: Decision,
        write: bool,
    ) -> bool {
        match decision {
            Decision::Zero { writable } => self.materialise(machine, memory, linear, writable, write),
            Decision::Copy => self.make_private(machine, memory, linear),
            _ => true,
        }
    }

    /// Gives a committed page its frame of zeros.
    fn materialise<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
        writable: bool,
        write: bool,
    ) -> bool {
        if !self.have_table(machine, memory, linear >> 22) {
            return false;
        }
        if writable && write {
            return self.first_write(machine, memory, linear) == FaultOutcome::Handled;
        }
        let owner = Owner::Page { client: self.client, linear };
        let Some(frame) = memory.frames.allocate_promised(owner) else { return false };
        memory.counts.zeroed = memory.counts.zeroed.wrapping_add(1);
        if writable {
            // Cleared through the client's own mapping; the dirty bit that this leaves is taken back.
            machine.set_table_entry(linear >> 12, fresh(frame));
            machine.zero_page(linear);
            machine.set_table_entry(linear >> 12, fresh(frame) & !DIRTY);
            machine.flush_page(linear);
        } else {
            machine.zero_frame(frame << 12);
            let page = Page::Resident(Resident { accessed: true, ..Resident::private(frame, false) });
            machine.set_table_entry(linear >> 12, page.encode());
        }
        true
    }

    /// The raw entry of a page, zero where there is no table.
    #[inline]
    fn entry<M: Machine>(machine: &M, linear: u32) -> u32 {
        if machine.directory_entry(linear >> 22) & PRESENT == 0 {
            return 0;
        }
        machine.table_entry(linear >> 12)
    }

    /// The state of the page at an address, with the block's default put in.
    fn page_at<M: Machine>(&mut self, machine: &M, linear: u32) -> Page {
        match Page::decode(Space::entry(machine, linear)) {
            Page::Absent => match self.blocks.find(linear) {
                Some(index) => default_page(self.blocks.get(index).usage),
                None => Page::Absent,
            },
            page => page,
        }
    }

    /// Physical address and value of the entry of a page in the client's arena, whether the space is loaded or not. None
    /// where there is no page table.
    pub(super) fn locate<M: Machine>(&self, machine: &M, linear: u32) -> Option<(u32, u32)> {
        if !(ARENA_BASE..ARENA_END).contains(&linear) || self.directory == 0 {
            return None;
        }
        let table = machine.read_physical(self.directory + (linear >> 22) * 4);
        let at = (table & FRAME) + (linear >> 12 & 1023) * 4;
        (table & PRESENT != 0).then(|| (at, machine.read_physical(at)))
    }

    /// The state of a page in the client's arena, whether the space is loaded or not.
    pub(crate) fn page_anywhere<M: Machine>(&self, machine: &M, linear: u32) -> Page {
        match Page::decode(self.locate(machine, linear).map_or(0, |(_, entry)| entry)) {
            Page::Absent => {
                self.blocks.lookup(linear).map_or(Page::Absent, |block| default_page(block.usage))
            }
            page => page,
        }
    }

    /// [`Stop::Room`] unless as many frames are free as a change needs at once: one for each page table that a range has
    /// not got yet, and `more`. Without a swap file promises see to that.
    pub(super) fn need_room<M: Machine>(
        &self,
        machine: &M,
        memory: &Memory,
        (base, pages): (u32, u32),
        more: u32,
    ) -> Result<(), Stop> {
        let free = memory.frames.free_count();
        if memory.swap.is_none() || free >= more.saturating_add((pages >> 10) + 2) {
            return Ok(());
        }
        let missing = tables::slots(base, pages).filter(|slot| machine.directory_entry(*slot) & PRESENT == 0);
        let needed = more.saturating_add(missing.count() as u32);
        if free >= needed {
            return Ok(());
        }
        Err(Stop::Room(needed))
    }

    /// What the page at an address is for.
    pub fn section(&mut self, linear: u32) -> Section {
        match linear {
            0..LOW_END => Section::Mapped,
            ARENA_BASE..ARENA_END => {
                self.blocks.find(linear).map_or(Section::Unmapped, |index| self.blocks.get(index).section)
            }
            super::LANDING.. => Section::Kernel,
            _ => Section::Unmapped,
        }
    }

    /// Says what a block is for. Refused with 8023h for the handle.
    pub fn set_section(&mut self, handle: u32, section: Section) -> Result<(), Code> {
        let index = self.blocks.by_handle(handle).ok_or(Code::InvalidHandle)?;
        self.blocks.get_mut(index).section = section;
        Ok(())
    }

    /// The state of the page at an address, for a report.
    pub fn describe<M: Machine>(&mut self, machine: &M, linear: u32) -> Page {
        self.page_at(machine, linear)
    }
}

/// What an absent page of a block is.
const fn default_page(usage: Use) -> Page {
    match usage {
        Use::Memory | Use::Stack | Use::Frozen => Page::Untouched { writable: true },
        Use::Reserved => Page::Uncommitted,
        Use::Mapped => Page::Absent,
    }
}
