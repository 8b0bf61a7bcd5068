//! Blocks of the client's: allocate, free, resize (0501h to 0505h, 050Ah).

use super::tables::slots;
use super::{Space, Stop, FROM_USER, PRESENT};
use crate::machine::Machine;
use crate::paging::blocks::{Block, Full, Use};
use crate::paging::fault::{decide, Decision};
use crate::paging::frames::Owner;
use crate::paging::page::{Kind, Page, Resident};
use crate::paging::{Memory, ARENA_BASE, ARENA_END};
use crate::service::Code;
use crate::x86::entry::PAGE;

/// A block as its client sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allocation {
    /// Linear address.
    pub base: u32,
    /// Handle. No handle is a page-aligned address, and a handle that was freed does not come back soon.
    pub handle: u32,
}

impl From<Full> for Code {
    fn from(_: Full) -> Self {
        Code::HandleUnavailable
    }
}

/// Whole pages for a size in bytes; 8021h for zero, 8012h for what no arena holds.
pub(super) fn pages_for(bytes: u32) -> Result<u32, Code> {
    if bytes == 0 {
        return Err(Code::InvalidValue);
    }
    let pages = (bytes - 1) / PAGE + 1;
    if pages > (ARENA_END - ARENA_BASE) >> 12 {
        return Err(Code::LinearMemoryUnavailable);
    }
    Ok(pages)
}

impl Space {
    /// Allocates a committed block at the lowest address where it fits. Refused with 8021h for a size of zero, 8012h
    /// without address space, 8013h when memory does not suffice for its pages and page tables, 8016h without a handle.
    #[inline]
    pub fn allocate<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        bytes: u32,
    ) -> Result<Allocation, Code> {
        let pages = pages_for(bytes)?;
        let Some(base) = self.blocks.front(pages) else {
            let base = self.blocks.lowest_gap(pages).ok_or(Code::LinearMemoryUnavailable)?;
            return self.allocate_at(machine, memory, base, pages, Use::Memory);
        };
        self.promise_block(memory, base, pages, pages)?;
        let handle = self.blocks.append(Block::new(base, pages, Use::Memory));
        if memory.eager {
            self.commit_now(machine, memory, base, pages);
        }
        Ok(Allocation { base, handle })
    }

    /// Allocates a block as 0504h does: at `base` (page-aligned; 8025h if it is not, or not free) or, if that is zero,
    /// anywhere; committed or not. A block that is not committed promises nothing but its addresses.
    pub fn allocate_linear<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        base: u32,
        bytes: u32,
        committed: bool,
    ) -> Result<Allocation, Code> {
        let pages = pages_for(bytes)?;
        let base = self.place_for(base, pages)?;
        let usage = if committed { Use::Memory } else { Use::Reserved };
        self.allocate_at(machine, memory, base, pages, usage)
    }

    /// Where a block of `pages` pages goes: to `base` (page-aligned and free, else 8025h) or, for zero, to the lowest address
    /// where it fits; 8012h where there is none.
    pub(super) fn place_for(&self, base: u32, pages: u32) -> Result<u32, Code> {
        match base {
            0 => self.blocks.lowest_gap(pages).ok_or(Code::LinearMemoryUnavailable),
            _ if base & (PAGE - 1) != 0 || !self.blocks.is_free(base, pages) => Err(Code::InvalidLinear),
            _ => Ok(base),
        }
    }

    #[inline(never)]
    fn allocate_at<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        base: u32,
        pages: u32,
        usage: Use,
    ) -> Result<Allocation, Code> {
        let block = Block::new(base, pages, usage);
        let handle = self.enter(memory, block, true)?;
        if memory.eager && block.committed != 0 {
            self.commit_now(machine, memory, base, pages);
        }
        Ok(Allocation { base, handle })
    }

    /// Promises what a block needs and records it: the one step of an allocation that can fail.
    #[inline(never)]
    pub(super) fn enter(
        &mut self,
        memory: &mut Memory,
        block: Block,
        with_handle: bool,
    ) -> Result<u32, Code> {
        self.promise_block(memory, block.base, block.pages, block.committed)?;
        Ok(self.blocks.insert(block, with_handle))
    }

    /// Promises the frames of a block's committed pages and of its page tables, once there is room to record it.
    #[inline(always)]
    pub(super) fn promise_block(
        &mut self,
        memory: &mut Memory,
        base: u32,
        pages: u32,
        committed: u32,
    ) -> Result<(), Code> {
        self.blocks.reserve()?;
        match self.tables.in_one_word(base, pages) {
            // Nearly always the slots lie in one word of the set, and none is in it.
            Some((word, mask, count)) if *word & mask == 0 => {
                if !memory.promise(committed + count) {
                    return Err(Code::PhysicalMemoryUnavailable);
                }
                *word |= mask;
            }
            _ => {
                let tables = self.tables.missing(base, pages);
                if !memory.promise(committed + tables) {
                    return Err(Code::PhysicalMemoryUnavailable);
                }
                self.tables.add_range(base, pages);
            }
        }
        Ok(())
    }

    /// Brings in every page of a committed range that was never touched.
    pub(super) fn commit_now<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        base: u32,
        pages: u32,
    ) {
        for page in 0..pages {
            let linear = base + (page << 12);
            let state = self.page_at(machine, linear);
            if let Decision::Zero { writable } = decide(FROM_USER, linear, state) {
                self.materialise(machine, memory, linear, writable, writable);
            }
        }
    }

    /// Frees a block; 8023h for a handle that is none.
    pub fn free<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        handle: u32,
    ) -> Result<(), Code> {
        let index = self.blocks.by_handle(handle).ok_or(Code::InvalidHandle)?;
        self.free_index(machine, memory, index);
        Ok(())
    }

    /// Frees a block of any kind.
    pub(super) fn free_index<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory, index: usize) {
        let neighbours = self.neighbours(index);
        let block = self.blocks.remove(index);
        let held = self.release(machine, memory, (block.base, block.pages), neighbours);
        memory.frames.unpromise(block.committed - held);
    }

    /// Where the block before ends and the block after begins.
    pub(super) fn neighbours(&self, index: usize) -> (u32, u32) {
        let all = self.blocks.all();
        let below = index.checked_sub(1).map_or(ARENA_BASE, |before| all[before].end());
        (below, all.get(index + 1).map_or(ARENA_END, |next| next.base))
    }

    /// Size in bytes and linear address of a block (050Ah).
    pub fn block_of(&mut self, handle: u32) -> Result<Block, Code> {
        let index = self.blocks.by_handle(handle).ok_or(Code::InvalidHandle)?;
        Ok(*self.blocks.get(index))
    }

    /// Changes a block's size. It stays where it is if there is room, else its pages move, without being copied. New
    /// pages are committed if `committed`. The handle stays valid. Refused as [`Space::allocate`] does, with 8023h for
    /// the handle, and then nothing has changed.
    pub fn resize<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        handle: u32,
        bytes: u32,
        committed: bool,
    ) -> Result<Allocation, Stop> {
        let index = self.blocks.by_handle(handle).ok_or(Code::InvalidHandle)?;
        let pages = pages_for(bytes)?;
        let old = *self.blocks.get(index);
        if old.usage == Use::Frozen && pages != old.pages {
            return Err(Code::InvalidState.into());
        }
        if pages <= old.pages {
            self.shrink(machine, memory, index, pages);
            return Ok(Allocation { base: old.base, handle });
        }
        let base = if self.blocks.room(index) >= pages {
            if committed != (old.usage != Use::Reserved) {
                self.need_room(machine, memory, (old.end(), pages - old.pages), 0)?;
            }
            self.grow(memory, index, pages, committed)?;
            old.base
        } else {
            self.move_grown(machine, memory, index, pages, committed)?
        };
        let fresh = (base + (old.pages << 12), pages - old.pages);
        self.settle_growth(machine, memory, old.usage, fresh, committed);
        Ok(Allocation { base, handle })
    }

    fn shrink<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory, index: usize, pages: u32) {
        let block = *self.blocks.get(index);
        if pages == block.pages {
            return;
        }
        let cut = (block.base + (pages << 12), block.pages - pages);
        let committed = self.committed_in(machine, &block, cut);
        let (_, above) = self.neighbours(index);
        self.blocks.set_pages(index, pages);
        self.blocks.get_mut(index).committed -= committed;
        let held = self.release(machine, memory, cut, (cut.0, above));
        memory.frames.unpromise(committed - held);
    }

    /// How many pages of a part of a block are committed.
    fn committed_in<M: Machine>(&mut self, machine: &M, block: &Block, (base, pages): (u32, u32)) -> u32 {
        if block.committed == 0 || block.committed == block.pages {
            return pages.min(block.committed);
        }
        (0..pages).filter(|page| is_committed(self.page_at(machine, base + (page << 12)))).count() as u32
    }

    fn grow(&mut self, memory: &mut Memory, index: usize, pages: u32, committed: bool) -> Result<(), Code> {
        let block = *self.blocks.get(index);
        let more = pages - block.pages;
        let promise = if committed { more } else { 0 };
        let tables = self.tables.missing(block.end(), more);
        if !memory.promise(promise + tables) {
            return Err(Code::PhysicalMemoryUnavailable);
        }
        self.tables.add_range(block.end(), more);
        self.blocks.set_pages(index, pages);
        self.blocks.get_mut(index).committed += promise;
        Ok(())
    }

    /// Moves a block to where its new size fits.
    fn move_grown<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        index: usize,
        pages: u32,
        committed: bool,
    ) -> Result<u32, Stop> {
        let old = *self.blocks.get(index);
        let base = self.blocks.lowest_gap(pages).ok_or(Code::LinearMemoryUnavailable)?;
        let promise = if committed { pages - old.pages } else { 0 };
        let tables = self.tables.missing(base, pages);
        self.need_room(machine, memory, (base, pages), 0)?;
        if !memory.promise(promise + tables) {
            return Err(Code::PhysicalMemoryUnavailable.into());
        }
        self.tables.add_range(base, pages);
        for slot in slots(old.base, old.pages) {
            if machine.directory_entry(slot) & PRESENT != 0 {
                let first = (slot << 22).max(old.base);
                let end = ((slot + 1) << 22).min(old.end());
                self.move_entries(machine, memory, first, end, base.wrapping_sub(old.base));
            }
        }
        self.blocks.relocate(index, base, pages);
        if let Some(index) = self.blocks.find(base) {
            self.blocks.get_mut(index).committed += promise;
        }
        let below = self.blocks.end_before(old.base);
        let above = self.blocks.start_after(old.base);
        self.drop_tables(machine, memory, (old.base, old.pages), (below, above));
        machine.flush_all();
        Ok(base)
    }

    /// Moves the entries of `from..end`, which lie in one page table, by `distance` bytes.
    fn move_entries<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        from: u32,
        end: u32,
        distance: u32,
    ) {
        for page in from >> 12..end >> 12 {
            let entry = machine.table_entry(page);
            if entry == 0 {
                continue;
            }
            let linear = (page << 12).wrapping_add(distance);
            if !self.have_table(machine, memory, linear >> 22) {
                return;
            }
            machine.set_table_entry(page, 0);
            machine.set_table_entry(linear >> 12, entry);
            if let Page::Resident(Resident { frame, kind: Kind::Private, .. }) = Page::decode(entry) {
                memory.frames.set_owner(frame, Owner::Page { client: self.client, linear });
            }
        }
    }

    /// Gives the pages that a block has grown by the state asked for, where that is not the block's default.
    fn settle_growth<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        usage: Use,
        (base, pages): (u32, u32),
        committed: bool,
    ) {
        if committed != (usage != Use::Reserved) {
            let page = if committed { Page::Untouched { writable: true } } else { Page::Uncommitted };
            for page_number in base >> 12..(base >> 12) + pages {
                if self.have_table(machine, memory, page_number >> 10) {
                    machine.set_table_entry(page_number, page.encode());
                }
            }
        }
        if committed && memory.eager {
            self.commit_now(machine, memory, base, pages);
        }
    }

    /// Allocates a stack of the core's at the top of the arena: `bytes` rounded up to pages, present and locked, below
    /// it one page that is never there. Returns the address of the lowest byte. It goes with the space.
    pub fn allocate_locked_stack<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        bytes: u32,
    ) -> Result<u32, Code> {
        let pages = pages_for(bytes)?;
        let base = self.blocks.highest_gap(pages + 1).ok_or(Code::LinearMemoryUnavailable)?;
        if !memory.has_free(pages + 2) {
            return Err(Code::PhysicalMemoryUnavailable);
        }
        self.enter(memory, Block { committed: pages, ..Block::new(base, pages + 1, Use::Stack) }, false)?;
        if !self.have_table(machine, memory, base >> 22) {
            return Err(Code::PhysicalMemoryUnavailable);
        }
        machine.set_table_entry(base >> 12, Page::Guard.encode());
        let low = base + PAGE;
        self.commit_now(machine, memory, low, pages);
        // Pinned, not locked: lock counts are the client's, and as long as it has none, freeing need not look for them.
        (0..pages).for_each(|page| self.pin(machine, memory, low + (page << 12)));
        Ok(low)
    }
}

/// Is a frame held or promised for the page?
pub(super) const fn is_committed(page: Page) -> bool {
    match page {
        Page::Untouched { .. } | Page::Swapped { .. } => true,
        Page::Resident(Resident { kind, .. }) => matches!(kind, Kind::Private | Kind::Copied | Kind::Shared),
        Page::Absent | Page::Uncommitted | Page::Guard => false,
    }
}
