//! Blocks that stay in memory as a whole: contiguous ones, and those whose virtual memory was ended.
//!
//! Each of their pages has one lock that is the block's own. They cannot be resized, and unlocking (0601h) stops at that lock.

use super::allocate::{pages_for, Allocation};
use super::{Space, Stop};
use crate::machine::Machine;
use crate::paging::blocks::{Block, Use};
use crate::paging::frames::{Owner, Run, Wanted};
use crate::paging::page::{fresh, Page, Resident};
use crate::paging::Memory;
use crate::service::Code;
use crate::x86::entry::{FRAME, PAGE};

/// First frame number above what ISA DMA reaches, 16 MiB: for [`Space::allocate_contiguous`].
pub const DMA_END: u32 = 0x1000;

impl Space {
    /// Allocates a block whose frames follow each other, zeroed and there to stay: below frame number `below`
    /// (`u32::MAX`: anywhere), the first a multiple of `align` (a power of two). Returns its physical address, too.
    /// Refused as [`Space::allocate`] refuses; 8013h also where memory lies in too small pieces.
    pub fn allocate_contiguous<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        bytes: u32,
        below: u32,
        align: u32,
    ) -> Result<(Allocation, u32), Stop> {
        let pages = pages_for(bytes)?;
        if !align.is_power_of_two() {
            return Err(Code::InvalidValue.into());
        }
        let base = self.blocks.lowest_gap(pages).ok_or(Code::LinearMemoryUnavailable)?;
        self.need_room(machine, memory, (base, pages), 0)?;
        let owner = Owner::Page { client: self.client, linear: base };
        let wanted = Wanted { count: pages, below, align };
        let mut first = memory.frames.allocate_run(wanted, owner);
        if first.is_none() {
            // What the heap hoards may be what is missing.
            memory.has_free(memory.frames.free_count().saturating_add(pages));
            first = memory.frames.allocate_run(wanted, owner);
        }
        let first = first.ok_or(Code::PhysicalMemoryUnavailable)?;
        if let Err(code) = self.promise_block(memory, base, pages, 0) {
            memory.frames.free_run(Run { first, count: pages });
            return Err(code.into());
        }
        let handle = self.blocks.insert(Block::new(base, pages, Use::Frozen), true);
        for page in 0..pages {
            let linear = base + (page << 12);
            if self.have_table(machine, memory, linear >> 22) {
                memory.frames.set_owner(first + page, Owner::Page { client: self.client, linear });
                memory.frames.set_locks(first + page, 1);
                machine.set_table_entry(linear >> 12, fresh(first + page));
                machine.zero_page(linear);
            }
        }
        self.count_locked(memory, pages as i32);
        Ok((Allocation { base, handle }, first << 12))
    }

    /// Ends virtual memory for a block: all its pages come in and stay, with what they hold. Refused with 8023h for the
    /// handle, 8002h for a block of another kind, one with uncommitted pages or with locked ones, 8013h when too little
    /// memory would be left; nothing has changed then.
    pub fn end_virtual<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        handle: u32,
    ) -> Result<(), Stop> {
        let block = self.block_of(handle)?;
        if block.usage != Use::Memory || block.committed != block.pages {
            return Err(Code::InvalidState.into());
        }
        self.refuse_locked(machine, memory, block.base, block.pages)?;
        self.lock(machine, memory, block.base, block.pages << 12)?;
        self.set_usage(handle, Use::Frozen);
        Ok(())
    }

    /// Starts virtual memory for a block that has none: its pages may leave from now on, with what they hold. Refused with
    /// 8023h for the handle, 8002h for a block that is virtual already or has pages that are locked beyond that.
    pub fn start_virtual<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        handle: u32,
    ) -> Result<(), Code> {
        let block = self.block_of(handle)?;
        if block.usage != Use::Frozen {
            return Err(Code::InvalidState);
        }
        let locks = |page: u32| match Page::decode(Space::entry(machine, block.base + (page << 12))) {
            Page::Resident(Resident { frame, .. }) => memory.frames.locks(frame),
            _ => 0,
        };
        if (0..block.pages).any(|page| locks(page) > 1) {
            return Err(Code::InvalidState);
        }
        self.set_usage(handle, Use::Memory);
        self.unlock(machine, memory, block.base, block.pages << 12)
    }

    fn set_usage(&mut self, handle: u32, usage: Use) {
        if let Some(index) = self.blocks.by_handle(handle) {
            self.blocks.get_mut(index).usage = usage;
        }
    }

    /// Physical address of a byte that is in memory. It holds as long as the page stays: locked, frozen or mapped.
    pub fn physical<M: Machine>(&mut self, machine: &M, linear: u32) -> Option<u32> {
        match Page::decode(Space::entry(machine, linear)) {
            Page::Resident(page) => Some(page.frame << 12 | linear & !FRAME),
            _ => None,
        }
    }

    /// Physical address of a block whose frames follow each other. Refused with 8023h for the handle, 8002h for a block
    /// that may move or lies in pieces.
    pub fn physical_of_block<M: Machine>(&mut self, machine: &M, handle: u32) -> Result<u32, Code> {
        let block = self.block_of(handle)?;
        let first = self.physical(machine, block.base).ok_or(Code::InvalidState)?;
        let mut follows =
            |page: u32| self.physical(machine, block.base + page * PAGE) == first.checked_add(page * PAGE);
        if block.usage == Use::Frozen && (1..block.pages).all(&mut follows) {
            return Ok(first);
        }
        Err(Code::InvalidState)
    }
}
