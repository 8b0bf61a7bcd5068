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

mod reading;
mod recent;
mod reserve;
mod room;
mod writing;

use super::frames::Backing;
use super::page::{Kind, Page};
use super::space::Space;
use super::swap::{Slots, CLUSTER_MAX};
use super::victim::{Ahead, Stream};
use super::Memory;
use crate::machine::Machine;
use recent::Recent;

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
    /// Writes of single pages that failed one after another.
    failures: u32,
    /// So often the wanted page could not be read.
    reads_failed: u32,
    /// How many writes may fail for a request.
    patience: u32,
    /// The slots of those writes that failed one after another.
    suspects: [u32; SUSPECTS],
    /// Pages that are written by themselves, since a cluster could not be.
    alone: u32,
    recent: Recent,
}

/// Pages that are freed beyond what is wanted, once anything has to go.
const AHEAD: u32 = 8;
/// After so many failed writes, each at another place, nothing more is tried for a request; nor after so many for the next
/// one, if no write has succeeded since.
const FAILURES_MAX: u32 = 16;
const FAILURES_AGAIN: u32 = 2;
const SUSPECTS: usize = FAILURES_MAX as usize;
/// So often a page is read before it is lost.
const READS_MAX: u32 = 3;

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
            reads_failed: 0,
            patience: FAILURES_MAX,
            suspects: [0; SUSPECTS],
            alone: 0,
            recent: Recent::default(),
        }
    }

    /// The last writes have failed wherever they went: nothing is held against the places.
    fn acquit(&mut self) {
        let count = (self.failures as usize).min(SUSPECTS);
        self.suspects[..count].iter().for_each(|&slot| self.slots.mark_good(slot));
    }

    /// Has every write for the last request failed?
    pub fn writes_fail(&self) -> bool {
        self.failures > 0
    }

    /// Have all writes failed of late?
    fn is_in_distress(&self) -> bool {
        self.failures > 0 || self.patience < FAILURES_MAX
    }

    /// Pages that are in the file only.
    pub fn pages_out(&self) -> u32 {
        self.out
    }

    /// The slots that are being written: no page knows of them yet.
    pub(super) fn slots_in_transfer(&self) -> core::ops::Range<u32> {
        match self.transfer {
            Some(Transfer { writes: true, slot, count, .. }) => slot..slot + count,
            _ => 0..0,
        }
    }
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
        swap.reads_failed = 0;
        if swap.failures > 0 {
            swap.acquit();
            swap.failures = 0;
            self.recount();
        }
        let Some(swap) = self.swap.as_mut() else { return Step::NoRoom };
        swap.ahead = match request.linear {
            0 => Ahead { count: 1, down: false },
            linear => {
                swap.recent.note(request.client, linear >> 12);
                swap.stream.wanted(request.client, linear >> 12, swap.cluster)
            }
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
            return self.not_read(transfer);
        }
        self.go_on(machine, spaces)
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
                    let count = reading::consecutive(machine, space, request.linear, slot, ahead);
                    coming = Some((slot, count));
                    needed += count;
                }
                // It is there: it has come in. To make room for another, its own frame might be taken, where nothing else can go.
                Page::Resident(page) if page.kind != Kind::Copied && request.frames == 0 => {
                    return Step::Ready
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

    /// Tells the frames how many pages can still go to the file.
    pub(super) fn recount(&mut self) {
        if let Some(swap) = self.swap.as_ref() {
            self.frames.set_elsewhere(swap.slots.usable().saturating_sub(swap.out));
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

#[cfg(test)]
mod tests;
