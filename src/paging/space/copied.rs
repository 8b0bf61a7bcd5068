//! Copy on write: two ranges share frames until one of them is written.
//!
//! The frame counts its further mappings. The block that the copy lies in is committed as any other, so for each page a
//! frame is promised; whichever side writes first takes it, and the last one left keeps the original.

use super::allocate::Allocation;
use super::attributes::is_locked;
use super::{Space, Stop, FRAME, PRESENT};
use crate::machine::Machine;
use crate::paging::blocks::{Block, Use};
use crate::paging::frames::Owner;
use crate::paging::page::{Kind, Page, Resident};
use crate::paging::Memory;
use crate::service::Code;

impl Space {
    /// Makes a block whose contents are those of `pages` pages at `from` (page-aligned, in a block of this space), now;
    /// frames are shared until one side writes. Locked pages are copied at once. Refused with 8025h for a source that is not
    /// committed memory, and as [`Space::allocate`] refuses.
    pub fn copy_on_write<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        from: u32,
        pages: u32,
    ) -> Result<Allocation, Stop> {
        let bad = Stop::Refused(Code::InvalidLinear);
        let source = self.blocks.find(from).map(|index| *self.blocks.get(index)).ok_or(bad)?;
        if from & !FRAME != 0 || pages == 0 || pages > (source.end() - from) >> 12 {
            return Err(bad);
        }
        let mut copies = 0;
        for page in 0..pages {
            let linear = from + (page << 12);
            let state = self.page_at(machine, linear);
            copies += is_locked(memory, state) as u32;
            match state {
                Page::Swapped { .. } => return Err(Stop::PageIn(linear)),
                Page::Untouched { .. }
                | Page::Resident(Resident { kind: Kind::Private | Kind::Copied, .. }) => {}
                _ => return Err(bad),
            }
        }
        let code = Stop::Refused;
        let base = self.blocks.lowest_gap(pages).ok_or(code(Code::LinearMemoryUnavailable))?;
        self.need_room(machine, memory, (base, pages), copies)?;
        let block = Block { base, pages, committed: pages, handle: 0, usage: Use::Memory };
        let handle = self.enter(memory, block, true).map_err(code)?;
        for page in 0..pages {
            self.share(machine, memory, from + (page << 12), base + (page << 12));
        }
        machine.flush_all();
        Ok(Allocation { base, handle })
    }

    /// Lets `to`, a page that is absent, have the frame of `from`.
    fn share<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory, from: u32, to: u32) {
        let entry = Space::entry(machine, from);
        let Page::Resident(page) = Page::decode(entry) else { return };
        if !self.have_table(machine, memory, to >> 22) {
            return;
        }
        if page.pinned || memory.frames.locks(page.frame) != 0 {
            let owner = Owner::Page { client: self.client, linear: to };
            let Some(frame) = memory.frames.allocate_promised(owner) else { return };
            machine.copy_physical(page.frame << 12, frame << 12, 4096);
            let copy = Resident { dirty: true, ..Resident::private(frame, true) };
            machine.set_table_entry(to >> 12, Page::Resident(copy).encode());
            return;
        }
        if page.kind == Kind::Private {
            memory.drop_backing(page.frame);
            memory.frames.set_sharers(page.frame, 0);
        }
        let shared = Page::Resident(Resident { kind: Kind::Copied, writable: false, ..page }).encode();
        machine.set_table_entry(from >> 12, shared);
        machine.set_table_entry(to >> 12, shared);
        let sharers = memory.frames.sharers(page.frame);
        memory.frames.set_sharers(page.frame, sharers + 1);
    }

    /// Gives a page that others may use too a frame of its own, writable, with the same contents: the answer to the
    /// first write. False when no frame is free.
    pub(super) fn make_private<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
    ) -> bool {
        let linear = linear & FRAME;
        let entry = Space::entry(machine, linear);
        let Page::Resident(page) = Page::decode(entry) else { return false };
        debug_assert!(entry & PRESENT != 0 && page.kind == Kind::Copied);
        let owner = Owner::Page { client: self.client, linear };
        let frame = match memory.frames.sharers(page.frame) {
            0 => {
                memory.frames.set_owner(page.frame, owner);
                page.frame
            }
            sharers => {
                let Some(frame) = memory.frames.allocate_promised(owner) else { return false };
                machine.copy_physical(page.frame << 12, frame << 12, 4096);
                memory.frames.set_sharers(page.frame, sharers - 1);
                memory.counts.copied = memory.counts.copied.wrapping_add(1);
                frame
            }
        };
        let own = Resident { frame, kind: Kind::Private, writable: true, dirty: true, ..page };
        machine.set_table_entry(linear >> 12, Page::Resident(own).encode());
        machine.flush_page(linear);
        true
    }
}
