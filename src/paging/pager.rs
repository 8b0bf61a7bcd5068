//! Pages out, pages in: what is read and written when, as a machine of steps.
//!
//! The core answers a fault or a service that needs a page or a frame by [`Memory::start_paging`], carries out the steps
//! it is told (one transfer between the demand buffer and the swap file each), reports back with
//! [`Memory::transferred`], and runs the instruction or the service again when there are no more. Interrupts, and so
//! anything at all, may happen during a transfer: each page is looked at again afterwards.
//!
//! A page keeps its slot while it is in memory and clean, so that it can go without being written. While it is
//! being written its dirty bit is clear and its backing is [`Backing::Stale`]: a write meanwhile sets the bit again,
//! and a page that took its place has another backing.

use alloc::vec::Vec;

use super::frames::{Backing, Owner};
use super::page::{Kind, Page, Resident};
use super::space::Space;
use super::swap::{Slots, CLUSTER_MAX};
use super::victim::{judge, Ahead, Stream, Verdict};
use super::Memory;
use crate::machine::Machine;
use crate::x86::entry::{ACCESSED, DIRTY};

/// The spaces of all clients, by number.
pub trait Spaces {
    /// A client's space.
    fn space(&mut self, client: u8) -> Option<&mut Space>;
}

/// What is wanted.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Request {
    /// Whose page.
    pub client: u8,
    /// The page at this address, zero for none: in memory if it was in the swap file, else with a frame free for it.
    pub linear: u32,
    /// So many frames free beside.
    pub frames: u32,
}

/// What the core has to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Step {
    /// Nothing: what was wanted is there.
    Ready,
    /// Write so many pages from the demand buffer to the file, from this slot on.
    Write {
        /// First slot.
        slot: u32,
        /// Pages.
        count: u32,
    },
    /// Read so many pages from the file into the demand buffer, from this slot on.
    Read {
        /// First slot.
        slot: u32,
        /// Pages.
        count: u32,
    },
    /// No frame can be had.
    NoRoom,
    /// The page was in the file and cannot be read: its contents are lost.
    Lost,
}

/// The transfer under way: pages of one client from `page` on, and the slots from `slot` on.
#[derive(Clone, Copy, Debug)]
struct Transfer {
    client: u8,
    page: u32,
    count: u32,
    slot: u32,
    writes: bool,
}

/// What paging remembers.
pub struct Swap {
    /// The slots of the file.
    pub slots: Slots,
    /// Physical (and linear) address of the demand buffer in conventional memory.
    buffer: u32,
    /// Pages that it holds, 1 to [`CLUSTER_MAX`].
    cluster: u32,
    /// Pages that are in the file only.
    out: u32,
    hand: u32,
    stream: Stream,
    /// Pages that a scan has left behind: client, first page, how many.
    behind: (u8, u32, u32),
    /// The last pages that a scan brought in.
    last: (u8, u32, u32),
    request: Request,
    /// Pages to bring in for the request, at most.
    ahead: Ahead,
    transfer: Option<Transfer>,
    /// Writes that failed one after another.
    failures: u32,
}

/// Pages that are freed beyond what is wanted, once anything has to go.
const AHEAD: u32 = 8;
/// Frames that are set aside for moments when DOS may not be called, at most; of a small machine a share.
const RESERVE: u32 = 16;
const RESERVE_SHARE: u32 = 64;
/// After so many failed writes nothing more is tried for a request.
const FAILURES_MAX: u32 = 3;

impl Swap {
    /// Paging over `slots` through a buffer of `cluster` pages at `buffer`, page-aligned or not.
    pub fn new(slots: Slots, buffer: u32, cluster: u32) -> Self {
        Swap {
            slots,
            buffer,
            cluster: cluster.clamp(1, CLUSTER_MAX),
            out: 0,
            hand: 0,
            stream: Stream::default(),
            behind: (0, 0, 0),
            last: (0, 0, 0),
            request: Request::default(),
            ahead: Ahead { count: 1, down: false },
            transfer: None,
            failures: 0,
        }
    }

    /// Pages that are in the file only.
    pub fn pages_out(&self) -> u32 {
        self.out
    }
}

/// What may be done with a page's frame.
enum Candidate {
    /// Leave it.
    Fixed,
    /// It can go at once: this is the entry that stays behind.
    Clean(Page),
    /// It has to be written first.
    Dirty,
}

impl Memory {
    /// Starts on a request. `Step::Ready` at once where nothing is to be done.
    pub fn start_paging<M: Machine>(
        &mut self,
        machine: &mut M,
        spaces: &mut impl Spaces,
        request: Request,
    ) -> Step {
        let _ = self.has_free(request.frames);
        let Some(swap) = self.swap.as_mut() else {
            return if self.frames.free_count() >= request.frames.max(1) {
                Step::Ready
            } else {
                Step::NoRoom
            };
        };
        if swap.transfer.is_some() {
            // Somebody wants a page in the middle of a transfer: only what needs none can be had.
            let out = spaces.space(request.client).is_some_and(|space| {
                matches!(space.page_anywhere(machine, request.linear), Page::Swapped { .. })
            });
            let room = !out && self.drop_clean(machine, spaces, request.frames + 2);
            return if room { Step::Ready } else { Step::NoRoom };
        }
        swap.request = request;
        swap.failures = 0;
        swap.ahead = match request.linear {
            0 => Ahead { count: 1, down: false },
            linear => swap.stream.wanted(request.client, linear >> 12, swap.cluster),
        };
        self.go_on(machine, spaces)
    }

    /// The transfer asked for is done, or has failed.
    pub fn transferred<M: Machine>(&mut self, machine: &mut M, spaces: &mut impl Spaces, ok: bool) -> Step {
        let Some(transfer) = self.swap.as_mut().and_then(|swap| swap.transfer.take()) else {
            return Step::Ready;
        };
        if transfer.writes {
            self.written(machine, spaces, transfer, ok);
        } else if ok {
            self.arrived(machine, spaces, transfer);
        } else if transfer.count > 1 {
            // The page that is wanted may be readable by itself.
            let wanted =
                self.swap.as_ref().map_or(0, |swap| (swap.request.linear >> 12).wrapping_sub(transfer.page));
            return self.read(transfer.client, transfer.page + wanted, transfer.slot + wanted, 1);
        } else {
            return Step::Lost;
        }
        self.go_on(machine, spaces)
    }

    /// Frees frames without any transfer, from clean pages only: for moments when DOS may not be called. True if as
    /// many are free then.
    pub fn drop_clean<M: Machine>(&mut self, machine: &mut M, spaces: &mut impl Spaces, frames: u32) -> bool {
        let mut tries = self.frames.total();
        while self.frames.free_count() < frames && tries > 0 {
            tries -= 1;
            let Some((client, linear, frame)) = self.advance_hand() else { break };
            if let Some(space) = spaces.space(client) {
                if let Candidate::Clean(page) = self.candidate(machine, space, linear, frame) {
                    self.evict(machine, space, linear, frame, page);
                }
            }
        }
        if self.frames.free_count() < frames {
            self.release_reserve();
        }
        self.frames.free_count() >= frames
    }

    /// Sets frames aside, of those that are free beyond `needed`.
    fn fill_reserve(&mut self, needed: u32) {
        while self.reserve_missing() > 0 && self.frames.free_count() > needed {
            if self.reserve.try_reserve(1).is_err() {
                return;
            }
            let Some(frame) = self.frames.allocate(Owner::Kernel) else { return };
            self.reserve.push(frame);
        }
    }

    fn reserve_missing(&self) -> u32 {
        RESERVE.min(self.frames.total() / RESERVE_SHARE).saturating_sub(self.reserve.len() as u32)
    }

    /// Frames that are set aside now.
    pub fn reserved(&self) -> u32 {
        self.reserve.len() as u32
    }

    /// Gives up what is set aside: it is needed now, or there is no paging any more.
    pub(super) fn release_reserve(&mut self) {
        while let Some(frame) = self.reserve.pop() {
            self.frames.free(frame);
        }
    }

    /// There is no swap file any more. No page is in it.
    pub fn end_swap(&mut self) {
        self.release_reserve();
        // Nothing small may stay behind in the core's heap, which would keep a page.
        self.reserve = Vec::new();
        self.swap = None;
        self.frames.set_elsewhere(0);
    }

    fn go_on<M: Machine>(&mut self, machine: &mut M, spaces: &mut impl Spaces) -> Step {
        let Some(swap) = self.swap.as_ref() else { return Step::NoRoom };
        let (request, ahead) = (swap.request, swap.ahead);
        let mut needed = request.frames;
        let mut coming = None;
        if request.linear != 0 {
            let Some(space) = spaces.space(request.client) else { return Step::Ready };
            match space.page_anywhere(machine, request.linear) {
                Page::Swapped { slot, .. } => {
                    let count = consecutive(machine, space, request.linear, slot, ahead);
                    coming = Some((slot, count));
                    needed += count;
                }
                // The page table may be missing too.
                _ => needed += 1 + space.locate(machine, request.linear).is_none() as u32,
            }
        }
        if self.frames.free_count() < needed {
            match self.make_room(machine, spaces, needed + self.reserve_missing()) {
                Step::Ready => {}
                Step::NoRoom if self.frames.free_count() >= needed => {}
                Step::NoRoom
                    if coming.is_some_and(|(_, count)| count > 1 && self.frames.free_count() > 0) =>
                {
                    coming = coming.map(|(slot, _)| (slot, 1));
                }
                other => return other,
            }
        }
        self.fill_reserve(needed);
        match coming {
            Some((slot, count)) => {
                let below = if ahead.down { count - 1 } else { 0 };
                self.read(request.client, (request.linear >> 12) - below, slot - below, count)
            }
            None => Step::Ready,
        }
    }

    fn read(&mut self, client: u8, page: u32, slot: u32, count: u32) -> Step {
        if let Some(swap) = self.swap.as_mut() {
            swap.transfer = Some(Transfer { client, page, count, slot, writes: false });
        }
        Step::Read { slot, count }
    }

    /// Frees frames until `needed` are free. [`Step::Write`] if a cluster has to be written for that.
    fn make_room<M: Machine>(&mut self, machine: &mut M, spaces: &mut impl Spaces, needed: u32) -> Step {
        let goal = needed + AHEAD.min(self.frames.total() / 32);
        // Each page is passed at most as often as it can be warm, and then once more.
        let mut tries = self.frames.total().saturating_mul(super::victim::HOT as u32 + 2);
        while self.frames.free_count() < goal && tries > 0 {
            tries -= 1;
            let Some((client, linear, frame)) = self.next_victim(machine, spaces) else { continue };
            let Some(space) = spaces.space(client) else { continue };
            match self.candidate(machine, space, linear, frame) {
                Candidate::Fixed => {}
                Candidate::Clean(page) => self.evict(machine, space, linear, frame, page),
                Candidate::Dirty if self.frames.free_count() >= needed => break,
                Candidate::Dirty => {
                    if self.swap.as_ref().is_some_and(|swap| swap.failures >= FAILURES_MAX) {
                        continue;
                    }
                    if let Some(step) = self.write(machine, space, client, linear) {
                        return step;
                    }
                }
            }
        }
        if self.frames.free_count() >= needed || self.drop_clean(machine, spaces, needed) {
            Step::Ready
        } else {
            Step::NoRoom
        }
    }

    /// Moves the hand to the next client's page.
    fn advance_hand(&mut self) -> Option<(u8, u32, u32)> {
        let from = self.swap.as_ref()?.hand;
        let frame = self.frames.next_held(from)?;
        self.swap.as_mut()?.hand = frame;
        match self.frames.owner(frame) {
            Owner::Page { client, linear } => Some((client, linear, frame)),
            _ => Some((u8::MAX, 0, frame)),
        }
    }

    /// The next page that may go, or none this time: a page that a scan left behind, else where the hand comes by.
    fn next_victim<M: Machine>(
        &mut self,
        machine: &mut M,
        spaces: &mut impl Spaces,
    ) -> Option<(u8, u32, u32)> {
        let swap = self.swap.as_mut()?;
        if swap.behind.2 > 0 {
            let (client, page, _) = swap.behind;
            (swap.behind.1, swap.behind.2) = (page + 1, swap.behind.2 - 1);
            let entry = spaces.space(client)?.page_anywhere(machine, page << 12);
            return match entry {
                Page::Resident(found) if !found.accessed => Some((client, page << 12, found.frame)),
                _ => None,
            };
        }
        let (client, linear, frame) = self.advance_hand()?;
        let space = spaces.space(client)?;
        let (at, entry) = space.locate(machine, linear)?;
        let accessed = entry & ACCESSED != 0;
        if accessed {
            machine.write_physical(at, entry & !ACCESSED);
            machine.flush_page(linear);
        }
        match judge(self.frames.age(frame), accessed) {
            Verdict::Take => Some((client, linear, frame)),
            Verdict::Keep(age) => {
                self.frames.set_age(frame, age);
                None
            }
        }
    }

    /// What may be done with the frame of the page at `linear`?
    fn candidate<M: Machine>(&self, machine: &M, space: &Space, linear: u32, frame: u32) -> Candidate {
        let Page::Resident(page) = space.page_anywhere(machine, linear) else { return Candidate::Fixed };
        if page.kind != Kind::Private || page.frame != frame || page.pinned || self.frames.locks(frame) != 0 {
            return Candidate::Fixed;
        }
        let writable = page.writable;
        match self.frames.backing(frame) {
            _ if page.dirty => Candidate::Dirty,
            Backing::Stale => Candidate::Dirty,
            Backing::Slot(slot) => Candidate::Clean(Page::Swapped { slot, writable }),
            Backing::None => Candidate::Clean(Page::Untouched { writable }),
        }
    }

    /// A clean page goes.
    fn evict<M: Machine>(&mut self, machine: &mut M, space: &Space, linear: u32, frame: u32, page: Page) {
        let Some((at, _)) = space.locate(machine, linear) else { return };
        machine.write_physical(at, page.encode());
        machine.flush_page(linear);
        self.frames.free(frame);
        match page {
            Page::Swapped { .. } => {
                if let Some(swap) = self.swap.as_mut() {
                    swap.out += 1;
                }
                self.counts.dropped = self.counts.dropped.wrapping_add(1);
                self.recount();
            }
            _ => self.frames.renew_promise(),
        }
    }

    /// Prepares the writing of a dirty page and of its dirty neighbours that were not used lately: copies them to the
    /// demand buffer. None if there is no slot.
    fn write<M: Machine>(&mut self, machine: &mut M, space: &Space, client: u8, linear: u32) -> Option<Step> {
        let (mut page, mut count) = self.neighbourhood(machine, space, linear >> 12);
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
    fn written<M: Machine>(
        &mut self,
        machine: &mut M,
        spaces: &mut impl Spaces,
        transfer: Transfer,
        ok: bool,
    ) {
        if let Some(swap) = self.swap.as_mut() {
            swap.failures = if ok { 0 } else { swap.failures + 1 };
        }
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

    /// Pages have come in: each that is still out gets a frame.
    fn arrived<M: Machine>(&mut self, machine: &mut M, spaces: &mut impl Spaces, transfer: Transfer) {
        let Some(swap) = self.swap.as_ref() else { return };
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
                if entry & (crate::x86::entry::PRESENT | ACCESSED) == crate::x86::entry::PRESENT | ACCESSED {
                    machine.write_physical(at, entry & !ACCESSED);
                    machine.flush_page(page << 12);
                }
            }
        }
    }

    /// Tells the frames how many pages can still go to the file.
    pub(super) fn recount(&mut self) {
        if let Some(swap) = self.swap.as_ref() {
            self.frames.set_elsewhere(swap.slots.pages() - swap.out);
        }
    }

    /// The file has grown to so many slots. False when there is no memory to keep account of them.
    #[must_use]
    pub fn swap_grown(&mut self, pages: u32) -> bool {
        let grown = self.swap.as_mut().is_some_and(|swap| swap.slots.grown(pages));
        self.recount();
        grown
    }

    /// A swapped-out page is given up.
    pub(super) fn release_slot(&mut self, slot: u32) {
        if let Some(swap) = self.swap.as_mut() {
            swap.slots.free(slot);
            swap.out -= 1;
            self.recount();
        }
    }

    /// A private page in memory is given up, or must not leave it: its slot, if it has one, is free.
    pub(super) fn drop_backing(&mut self, frame: u32) {
        if let Backing::Slot(slot) = self.frames.backing(frame) {
            if let Some(swap) = self.swap.as_mut() {
                swap.slots.free(slot);
            }
            self.frames.set_backing(frame, Backing::Stale);
        }
    }
}

/// How many pages, at most `ahead.count`, from one at `linear` in slot `slot` on follow each other in memory and in the file
/// alike.
fn consecutive<M: Machine>(machine: &M, space: &Space, linear: u32, slot: u32, ahead: Ahead) -> u32 {
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

#[cfg(test)]
mod tests;
