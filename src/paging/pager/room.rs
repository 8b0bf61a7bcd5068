//! Making room: which page goes, and at what cost.

use super::{Spaces, Step, Swap, AHEAD};
use crate::machine::Machine;
use crate::paging::frames::{Backing, Owner};
use crate::paging::page::{Kind, Page, Resident};
use crate::paging::space::Space;
use crate::paging::victim::{judge, Verdict, HOT};
use crate::paging::Memory;
use crate::x86::entry::ACCESSED;

/// What may be done with a page's frame.
pub(super) enum Candidate {
    /// Leave it.
    Fixed,
    /// It can go at once: this is the entry that stays behind.
    Clean(Page),
    /// It has to be written first.
    Dirty,
}

impl Memory {
    /// Frees frames until `needed` are free. [`Step::Write`] if a cluster has to be written for that.
    pub(super) fn make_room<M: Machine>(
        &mut self,
        machine: &mut M,
        spaces: &mut impl Spaces,
        needed: u32,
    ) -> Step {
        let goal = needed + AHEAD.min(self.frames.total() / 32);
        // Each page is passed at most as often as it can be warm, and then once more.
        let mut tries = self.frames.total().saturating_mul(HOT as u32 + 2);
        // What was wanted lately is passed over from the second round of the hand on, and where writes fail.
        let second_round = tries - self.frames.total();
        let distress = self.swap.as_ref().is_some_and(Swap::is_in_distress);
        while self.frames.free_count() < goal && tries > 0 {
            tries -= 1;
            let Some((client, linear, frame)) = self.next_victim(machine, spaces) else { continue };
            let Some(space) = spaces.space(client) else { continue };
            if (distress || tries < second_round) && self.is_recent(client, linear) {
                continue;
            }
            match self.candidate(machine, space, linear, frame) {
                Candidate::Fixed => {}
                Candidate::Clean(page) => self.evict(machine, space, linear, frame, page),
                Candidate::Dirty if self.frames.free_count() >= needed => break,
                Candidate::Dirty => {
                    if let Some(step) = self.write(machine, space, client, linear) {
                        return step;
                    }
                }
            }
        }
        if self.frames.free_count() < needed {
            if let Some(step) = self.write_recent(machine, spaces) {
                return step;
            }
        }
        if self.frames.free_count() >= needed || self.drop_clean(machine, spaces, needed) {
            Step::Ready
        } else {
            Step::NoRoom
        }
    }

    /// Nothing can go but what was wanted lately: the first dirty page of that is written.
    fn write_recent<M: Machine>(&mut self, machine: &mut M, spaces: &mut impl Spaces) -> Option<Step> {
        for (client, page) in self.swap.as_ref()?.recent.first_to_go() {
            let Some(space) = spaces.space(client) else { continue };
            let Page::Resident(Resident { frame, .. }) = space.page_anywhere(machine, page << 12) else {
                continue;
            };
            match self.candidate(machine, space, page << 12, frame) {
                Candidate::Fixed => {}
                // It may go as it is.
                Candidate::Clean(_) => return None,
                Candidate::Dirty => return self.write(machine, space, client, page << 12),
            }
        }
        None
    }

    /// Was the page wanted lately?
    fn is_recent(&self, client: u8, linear: u32) -> bool {
        self.swap.as_ref().is_some_and(|swap| swap.recent.contains(client, linear >> 12))
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
    pub(super) fn candidate<M: Machine>(
        &self,
        machine: &M,
        space: &Space,
        linear: u32,
        frame: u32,
    ) -> Candidate {
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
    pub(super) fn evict<M: Machine>(
        &mut self,
        machine: &mut M,
        space: &Space,
        linear: u32,
        frame: u32,
        page: Page,
    ) {
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

    /// Frees frames without any transfer, from clean pages only: for moments when DOS may not be called. True if as
    /// many are free then.
    pub fn drop_clean<M: Machine>(&mut self, machine: &mut M, spaces: &mut impl Spaces, frames: u32) -> bool {
        let mut tries = self.frames.total();
        while self.frames.free_count() < frames && tries > 0 {
            tries -= 1;
            let Some((client, linear, frame)) = self.advance_hand() else { break };
            if let Some(space) = spaces.space(client) {
                if self.is_recent(client, linear) {
                    continue;
                }
                if let Candidate::Clean(page) = self.candidate(machine, space, linear, frame) {
                    self.evict(machine, space, linear, frame, page);
                }
            }
        }
        if self.frames.free_count() < frames {
            self.release_reserve();
        }
        self.drop_recent(machine, spaces, frames);
        self.frames.free_count() >= frames
    }

    /// The same of what was wanted lately, where nothing else can go.
    fn drop_recent<M: Machine>(&mut self, machine: &mut M, spaces: &mut impl Spaces, frames: u32) {
        let Some(recent) = self.swap.as_ref().map(|swap| swap.recent) else { return };
        for (client, page) in recent.first_to_go() {
            if self.frames.free_count() >= frames {
                return;
            }
            let Some(space) = spaces.space(client) else { continue };
            let Page::Resident(Resident { frame, .. }) = space.page_anywhere(machine, page << 12) else {
                continue;
            };
            if let Candidate::Clean(left) = self.candidate(machine, space, page << 12, frame) {
                self.evict(machine, space, page << 12, frame, left);
            }
        }
    }
}
