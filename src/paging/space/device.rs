//! Physical memory in a client's space (0800h, 0801h, 0508h, 0509h).

use super::{Space, Stop, FRAME};
use crate::layout::LOW_END;
use crate::machine::Machine;
use crate::paging::blocks::{Block, Use};
use crate::paging::frames::Owner;
use crate::paging::page::{Kind, Page, Resident};
use crate::paging::Memory;
use crate::service::Code;
use crate::x86::entry::PAGE;

/// What 0800h has mapped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mapping {
    /// First byte that was asked for.
    physical: u32,
    /// Bytes that were asked for.
    bytes: u32,
    /// What was returned.
    linear: u32,
    /// How often the same range was mapped.
    times: u32,
}

/// The page of a mapping. A device's is not cached unless an MTRR says otherwise; memory is.
pub(super) fn mapped(frame: u32, uncached: bool) -> Page {
    Page::Resident(Resident { kind: Kind::Mapped, uncached, ..Resident::private(frame, true) })
}

impl Memory {
    /// The frame of a mapped page, if it is the heap's: then it must not become anybody else's while it is mapped.
    fn mapped_of_heap(&self, page: Page) -> Option<u32> {
        match page {
            Page::Resident(Resident { kind: Kind::Mapped, frame, .. })
                if matches!(self.frames.owner(frame), Owner::Xms { .. }) =>
            {
                Some(frame)
            }
            _ => None,
        }
    }

    /// A page has been written to a table. Only one of kind [`Kind::Mapped`] counts.
    pub(super) fn note_mapped(&mut self, page: Page) {
        if let Some(frame) = self.mapped_of_heap(page) {
            self.heap.map_frame(&mut self.frames, frame);
        }
    }

    /// The same page is gone from there.
    pub(super) fn note_unmapped(&mut self, page: Page) {
        if let Some(frame) = self.mapped_of_heap(page) {
            self.heap.unmap_frame(&mut self.frames, frame);
        }
    }
}

/// May a client map these bytes (`first` to `last`, both included)? Not if they are of memory that is ours, unless they
/// lie in a locked extended memory block.
pub(super) fn may_map(memory: &Memory, first: u32, last: u32) -> bool {
    let ours = memory.frames.covered();
    let (from, to) = ((first >> 12).max(ours.start), ((last >> 12) + 1).min(ours.end));
    if from >= to || (from..to).all(|frame| memory.frames.owner(frame) == Owner::Reserved) {
        return true;
    }
    memory.heap.is_locked(first, last - first + 1)
}

impl Space {
    /// Maps `bytes` bytes of physical memory from any address on and returns their linear address. Below 110000h that
    /// is the same address. The same range twice is the same mapping. Of our own memory, only locked extended memory blocks
    /// may be mapped.
    ///
    /// Refused with 8021h for no bytes or a range beyond 4 GiB, 8003h for memory of ours, 8012h or 8013h for want
    /// of addresses or page tables, 8016h when there are too many blocks.
    pub fn map_physical<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        physical: u32,
        bytes: u32,
    ) -> Result<u32, Stop> {
        let last =
            bytes.checked_sub(1).and_then(|more| physical.checked_add(more)).ok_or(Code::InvalidValue)?;
        if last < LOW_END {
            return Ok(physical);
        }
        if !may_map(memory, physical, last) {
            return Err(Code::SystemIntegrity.into());
        }
        let (first, last) = (physical >> 12, last >> 12);
        if let Some(mapping) =
            self.mappings.iter_mut().find(|old| old.physical == physical && old.bytes == bytes)
        {
            mapping.times = mapping.times.saturating_add(1);
            return Ok(mapping.linear);
        }
        let pages = last - first + 1;
        let base = self.blocks.highest_gap(pages).ok_or(Code::LinearMemoryUnavailable)?;
        let linear = base | physical & (PAGE - 1);
        self.need_room(machine, memory, (base, pages), 0)?;
        self.mappings.try_reserve(1).map_err(|_| Code::HandleUnavailable)?;
        self.enter(memory, Block::new(base, pages, Use::Mapped), false)?;
        self.mappings.push(Mapping { physical, bytes, linear, times: 1 });
        for page in 0..pages {
            let linear = base + (page << 12);
            if self.have_table(machine, memory, linear >> 22) {
                let device = memory.frames.owner(first + page) == Owner::Reserved;
                let page = mapped(first + page, device);
                machine.set_table_entry(linear >> 12, page.encode());
                memory.note_mapped(page);
            }
        }
        Ok(linear)
    }

    /// Takes back what [`Space::map_physical`] returned; gone with the last of equal mappings. Refused with 8025h for
    /// any other address. Identity addresses are accepted: there is nothing to do.
    pub fn unmap_physical<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
    ) -> Result<(), Code> {
        if linear < LOW_END {
            return Ok(());
        }
        let which =
            self.mappings.iter().position(|mapping| mapping.linear == linear).ok_or(Code::InvalidLinear)?;
        if self.mappings[which].times > 1 {
            self.mappings[which].times -= 1;
            return Ok(());
        }
        let index = self.blocks.find(linear).ok_or(Code::InvalidLinear)?;
        self.mappings.swap_remove(which);
        self.free_index(machine, memory, index);
        Ok(())
    }

    /// Maps physical memory over pages of a client's block (0508h, and 0509h with conventional memory): `offset` bytes
    /// into the block, `pages` pages, from `physical` on. What was committed there is given back.
    ///
    /// Refused with 8023h for the handle, 8025h where the block does not reach or an address is not page-aligned, 8003h
    /// for memory of ours, 8002h for a page that is locked.
    #[allow(clippy::too_many_arguments)]
    pub fn map_into_block<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        handle: u32,
        offset: u32,
        pages: u32,
        physical: u32,
    ) -> Result<(), Stop> {
        let (index, base) = self.part_of_block(handle, offset, pages)?;
        if physical & (PAGE - 1) != 0 {
            return Err(Code::InvalidLinear.into());
        }
        if pages == 0 {
            return Ok(());
        }
        let first = physical >> 12;
        let last =
            first.checked_add(pages - 1).filter(|last| *last <= FRAME >> 12).ok_or(Code::InvalidLinear)?;
        if !may_map(memory, physical, last << 12 | (PAGE - 1)) {
            return Err(Code::SystemIntegrity.into());
        }
        self.need_room(machine, memory, (base, pages), 0)?;
        self.refuse_locked(machine, memory, base, pages)?;
        for page in 0..pages {
            let device =
                first + page >= LOW_END >> 12 && memory.frames.owner(first + page) == Owner::Reserved;
            self.replace(machine, memory, index, base + (page << 12), mapped(first + page, device));
        }
        Ok(())
    }
}
