//! Pages on their way out: dirty ones, in clusters.

use super::room::Candidate;
use super::{Spaces, Step, Transfer, FAILURES_AGAIN, FAILURES_MAX, SUSPECTS};
use crate::machine::Machine;
use crate::paging::frames::{Backing, Owner};
use crate::paging::page::{Kind, Page, Resident};
use crate::paging::space::Space;
use crate::paging::Memory;
use crate::x86::entry::DIRTY;

impl Memory {
    /// Prepares the writing of a dirty page and of its dirty neighbours that were not used lately: copies them to the
    /// demand buffer. None if there is no slot, or too many writes have failed. After a cluster that could not be written
    /// its pages go one by one, to the same places: that shows which of them is bad.
    pub(super) fn write<M: Machine>(
        &mut self,
        machine: &mut M,
        space: &Space,
        client: u8,
        linear: u32,
    ) -> Option<Step> {
        let swap = self.swap.as_ref().filter(|swap| swap.failures < swap.patience)?;
        let (mut page, mut count) = match swap.alone {
            0 => self.neighbourhood(machine, space, linear >> 12),
            _ => (linear >> 12, 1),
        };
        for at in page..page + count {
            self.forget_slot(machine, space, at << 12);
        }
        let swap = self.swap.as_mut()?;
        let (slot, got) = swap.slots.allocate(count)?;
        if got < count {
            (page, count) = ((linear >> 12).min(page + count - got), got);
        }
        let buffer = swap.buffer;
        swap.transfer = Some(Transfer { client, page, count, slot, writes: true });
        for index in 0..count {
            let at = (page + index) << 12;
            let Some((word, entry)) = space.locate(machine, at) else { continue };
            machine.write_physical(word, entry & !DIRTY);
            machine.flush_page(at);
            machine.copy_physical(entry & 0xFFFF_F000, buffer + (index << 12), 4096);
            self.frames.set_backing(entry >> 12, Backing::Stale);
        }
        Some(Step::Write { slot, count })
    }

    /// The pages that are written together with a dirty one: first and how many. Clusters lie at multiples of their size, so
    /// that a stream that comes back finds them whole.
    fn neighbourhood<M: Machine>(&self, machine: &M, space: &Space, page: u32) -> (u32, u32) {
        let cluster = self.swap.as_ref().map_or(1, |swap| swap.cluster);
        let window = page - page % cluster;
        let fits = |at: u32| {
            let Page::Resident(Resident { frame, accessed, .. }) = space.page_anywhere(machine, at << 12)
            else {
                return false;
            };
            !accessed && matches!(self.candidate(machine, space, at << 12, frame), Candidate::Dirty)
        };
        let first = (window..page).rev().take_while(|at| fits(*at)).last().unwrap_or(page);
        let after = (page + 1..window + cluster).take_while(|at| fits(*at)).last().unwrap_or(page);
        (first, after + 1 - first)
    }

    /// A page's old slot is of no use any more: it has changed since.
    fn forget_slot<M: Machine>(&mut self, machine: &M, space: &Space, linear: u32) {
        let Page::Resident(page) = space.page_anywhere(machine, linear) else { return };
        self.drop_backing(page.frame);
        self.frames.set_backing(page.frame, Backing::Stale);
    }

    /// A cluster has been written, or not: each page that is still what it was, and was not written meanwhile, is clean
    /// now, and goes if it was not used either.
    pub(super) fn written<M: Machine>(
        &mut self,
        machine: &mut M,
        spaces: &mut impl Spaces,
        transfer: Transfer,
        ok: bool,
    ) {
        self.judge_places(transfer, ok);
        self.counts.clusters = self.counts.clusters.wrapping_add(ok as u32);
        for index in 0..transfer.count {
            let (linear, slot) = ((transfer.page + index) << 12, transfer.slot + index);
            let kept = match spaces.space(transfer.client) {
                Some(space) => self.settle_written(machine, space, linear, slot, ok),
                None => false,
            };
            if !kept {
                if let Some(swap) = self.swap.as_mut() {
                    swap.slots.free(slot);
                }
            }
        }
    }

    /// What a write says of the places in the file. Where two that lie together are bad, the next one tried is
    /// elsewhere. If no place can be written, it is not the places.
    fn judge_places(&mut self, transfer: Transfer, ok: bool) {
        let Some(swap) = self.swap.as_mut() else { return };
        if ok {
            (swap.failures, swap.patience) = (0, FAILURES_MAX);
            swap.alone = swap.alone.saturating_sub(transfer.count);
            (transfer.slot..transfer.slot + transfer.count).for_each(|slot| swap.slots.mark_good(slot));
        } else if transfer.count > 1 {
            swap.alone = transfer.count;
            swap.slots.search_from(transfer.slot);
        } else {
            swap.slots.mark_bad(transfer.slot);
            swap.suspects[swap.failures as usize % SUSPECTS] = transfer.slot;
            swap.failures += 1;
            if swap.failures > 1 {
                swap.slots.search_elsewhere();
            }
            if swap.failures >= swap.patience {
                swap.acquit();
                swap.patience = FAILURES_AGAIN;
            }
        }
        self.recount();
    }

    /// One page of a cluster. True if the slot is the page's now.
    fn settle_written<M: Machine>(
        &mut self,
        machine: &mut M,
        space: &mut Space,
        linear: u32,
        slot: u32,
        ok: bool,
    ) -> bool {
        let Page::Resident(page) = space.page_anywhere(machine, linear) else { return false };
        let untouched = page.kind == Kind::Private
            && !page.dirty
            && self.frames.backing(page.frame) == Backing::Stale
            && matches!(self.frames.owner(page.frame), Owner::Page { linear: at, .. } if at == linear);
        if !untouched || !ok {
            return false;
        }
        self.counts.written = self.counts.written.wrapping_add(1);
        space.counts.page_outs = space.counts.page_outs.wrapping_add(1);
        self.frames.set_backing(page.frame, Backing::Slot(slot));
        if page.accessed || page.pinned || self.frames.locks(page.frame) != 0 {
            return true;
        }
        self.evict(machine, space, linear, page.frame, Page::Swapped { slot, writable: page.writable });
        true
    }
}
