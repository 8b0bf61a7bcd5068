//! Pages on their way in.

use super::{Spaces, Step, Transfer, READS_MAX};
use crate::machine::Machine;
use crate::paging::frames::{Backing, Owner};
use crate::paging::page::{Page, Resident};
use crate::paging::space::Space;
use crate::paging::victim::Ahead;
use crate::paging::Memory;
use crate::x86::entry::{ACCESSED, PRESENT};

impl Memory {
    pub(super) fn read(&mut self, client: u8, page: u32, slot: u32, count: u32) -> Step {
        if let Some(swap) = self.swap.as_mut() {
            swap.transfer = Some(Transfer { client, page, count, slot, writes: false });
        }
        Step::Read { slot, count }
    }

    /// A page could not be read by itself: once more, but not without end.
    pub(super) fn not_read(&mut self, transfer: Transfer) -> Step {
        let Some(swap) = self.swap.as_mut() else { return Step::Lost };
        swap.reads_failed += 1;
        if swap.reads_failed < READS_MAX {
            return self.read(transfer.client, transfer.page, transfer.slot, 1);
        }
        // Nothing else shall go there.
        swap.slots.mark_bad(transfer.slot);
        self.recount();
        Step::Lost
    }

    /// Pages have come in: each that is still out gets a frame.
    pub(super) fn arrived<M: Machine>(
        &mut self,
        machine: &mut M,
        spaces: &mut impl Spaces,
        transfer: Transfer,
    ) {
        let Some(swap) = self.swap.as_mut() else { return };
        (transfer.slot..transfer.slot + transfer.count).for_each(|slot| swap.slots.mark_good(slot));
        let (buffer, wanted) = (swap.buffer, swap.request.linear & 0xFFFF_F000);
        let Some(space) = spaces.space(transfer.client) else { return };
        for index in 0..transfer.count {
            let linear = (transfer.page + index) << 12;
            let Page::Swapped { slot, writable } = space.page_anywhere(machine, linear) else { continue };
            if slot != transfer.slot + index {
                continue;
            }
            let owner = Owner::Page { client: transfer.client, linear };
            let Some(frame) = self.frames.allocate_for_return(owner) else { break };
            let Some((at, _)) = space.locate(machine, linear) else { break };
            machine.copy_physical(buffer + (index << 12), frame << 12, 4096);
            self.frames.set_backing(frame, Backing::Slot(slot));
            let page = Resident { accessed: linear == wanted, ..Resident::private(frame, writable) };
            machine.write_physical(at, Page::Resident(page).encode());
            self.counts.read = self.counts.read.wrapping_add(1);
            space.counts.page_ins = space.counts.page_ins.wrapping_add(1);
            if let Some(swap) = self.swap.as_mut() {
                swap.out -= 1;
            }
        }
        self.recount();
        self.leave_behind(machine, spaces, transfer);
    }

    /// A scan goes on: what it brought in before the last time is the first to go, unless it is used again.
    fn leave_behind<M: Machine>(&mut self, machine: &mut M, spaces: &mut impl Spaces, transfer: Transfer) {
        let Some(swap) = self.swap.as_mut() else { return };
        swap.stream.arrived(transfer.page, transfer.count);
        let previous = core::mem::replace(&mut swap.last, (transfer.client, transfer.page, transfer.count));
        if !swap.stream.is_scan() || previous.0 != transfer.client {
            return;
        }
        swap.behind = previous;
        let Some(space) = spaces.space(previous.0) else { return };
        for page in previous.1..previous.1 + previous.2 {
            if let Some((at, entry)) = space.locate(machine, page << 12) {
                if entry & (PRESENT | ACCESSED) == PRESENT | ACCESSED {
                    machine.write_physical(at, entry & !ACCESSED);
                    machine.flush_page(page << 12);
                }
            }
        }
    }
}

/// How many pages, at most `ahead.count`, from one at `linear` in slot `slot` on follow each other in memory and in the file
/// alike.
pub(super) fn consecutive<M: Machine>(
    machine: &M,
    space: &Space,
    linear: u32,
    slot: u32,
    ahead: Ahead,
) -> u32 {
    let page = linear >> 12;
    let follows = |at: &u32| {
        let (page, slot) = match ahead.down {
            true => (page.checked_sub(*at), slot.checked_sub(*at)),
            false => (Some(page + at), Some(slot + at)),
        };
        let state = page.map(|page| space.page_anywhere(machine, page << 12));
        matches!(state, Some(Page::Swapped { slot: found, .. }) if Some(found) == slot)
    };
    1 + (1..ahead.count).take_while(follows).count() as u32
}
