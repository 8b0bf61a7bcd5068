//! Frames that several mappings use: copy on write, and ranges that several clients write.
//!
//! One space *lends* pages, the same or another *borrows* them. The frame counts its further mappings. The block that the
//! borrowed pages lie in is committed as any other, so for each page a frame is promised: of a copy, whichever side writes
//! first takes it; the last mapping left keeps the original. That holds for shared pages as well, where the promise lies
//! idle: so a mapping can go in any order, and no count but the frame's own has to be right.
//!
//! Pages that several use stay in memory, so lending asks as locking does whether enough is left to work in; what is in the
//! swap file comes in first.

use alloc::vec::Vec;

use super::allocate::Allocation;
use super::attributes::is_locked;
use super::{Space, Stop, FRAME, PRESENT};
use crate::machine::Machine;
use crate::paging::blocks::{Block, Use};
use crate::paging::frames::Owner;
use crate::paging::page::{Kind, Page, Resident};
use crate::paging::Memory;
use crate::service::Code;

/// What the two sides see of each other's writing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// Nothing: the first write of either gets that side a page of its own.
    CopyOnWrite,
    /// Everything: both write the same pages.
    Shared,
}

/// A page that one space lends another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loan {
    /// It was never touched: zeros.
    Zeros,
    /// A frame, which counts the further mapping already.
    Frame {
        /// The frame.
        frame: u32,
        /// May the borrower write it? Of a copy, says nothing.
        writable: bool,
    },
    /// What is in this frame, to be copied at once: it is locked.
    Contents(u32),
}

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
        self.map_again(machine, memory, (from, pages), 0, Sharing::CopyOnWrite)
    }

    /// Maps `pages` pages from `from` on (page-aligned, anywhere in a block) a second time, in a block of their own: at `at`,
    /// page-aligned and free, or at the lowest place for zero. Page tables may end anywhere in either range. Refused as
    /// [`Space::lend`] and [`Space::allocate`] do, and with 8025h for `at`.
    pub fn map_again<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        (from, pages): (u32, u32),
        at: u32,
        sharing: Sharing,
    ) -> Result<Allocation, Stop> {
        self.place_for(at, pages)?;
        let loans = self.lend(machine, memory, from, pages, sharing)?;
        self.borrow(machine, memory, &loans, at, sharing)
    }

    /// The same with pages of another space, in a block of this one, which is the loaded one before and after. What
    /// [`Stop::PageIn`] names then is a page of the other's.
    pub fn map_from<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        other: &mut Space,
        (from, pages): (u32, u32),
        at: u32,
        sharing: Sharing,
    ) -> Result<Allocation, Stop> {
        self.place_for(at, pages)?;
        machine.load_space(other.directory);
        let loans = other.lend(machine, memory, from, pages, sharing);
        machine.load_space(self.directory);
        self.borrow(machine, memory, &loans?, at, sharing)
    }

    /// Lends `pages` pages at `from` (page-aligned, in one block): each frame counts one more mapping. Refused with 8025h
    /// for what is not committed memory, or mapped in the other of the two ways already; 8002h for locked pages that are to
    /// be written by both; 8010h when there is no room for the list; 8013h when too little memory would be left. Nothing has
    /// changed then.
    pub fn lend<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        from: u32,
        pages: u32,
        sharing: Sharing,
    ) -> Result<Vec<Loan>, Stop> {
        let bad = Stop::Refused(Code::InvalidLinear);
        let source = self.blocks.find(from).map(|index| *self.blocks.get(index)).ok_or(bad)?;
        if from & !FRAME != 0 || pages == 0 || pages > (source.end() - from) >> 12 {
            return Err(bad);
        }
        let shared = sharing == Sharing::Shared;
        let (mut coming, mut staying, mut away) = (0, 0, None);
        for page in 0..pages {
            let linear = from + (page << 12);
            match self.page_at(machine, linear) {
                Page::Swapped { .. } => {
                    staying += 1;
                    away = away.or(Some(linear));
                }
                Page::Untouched { .. } => coming += shared as u32,
                Page::Resident(Resident { kind: Kind::Private, frame, .. }) => {
                    if shared && memory.frames.locks(frame) != 0 {
                        return Err(Code::InvalidState.into());
                    }
                    staying += 1;
                }
                Page::Resident(Resident { kind: Kind::Copied, .. }) => coming += shared as u32,
                Page::Resident(Resident { kind: Kind::Shared, .. }) if shared => {}
                _ => return Err(bad),
            }
        }
        if !memory.may_lock(staying + coming) {
            return Err(Code::PhysicalMemoryUnavailable.into());
        }
        // Not before it is known that all fit at once, as in Space::lock.
        if let Some(linear) = away {
            return Err(Stop::PageIn(linear));
        }
        let mut loans = Vec::new();
        loans.try_reserve_exact(pages as usize).map_err(|_| Code::ResourceUnavailable)?;
        self.need_room(machine, memory, (from, pages), coming)?;
        for page in 0..pages {
            let linear = from + (page << 12);
            loans.push(match sharing {
                Sharing::CopyOnWrite => Space::lend_copy(machine, memory, linear),
                Sharing::Shared => self.lend_shared(machine, memory, linear),
            });
        }
        machine.flush_all();
        Ok(loans)
    }

    fn lend_copy<M: Machine>(machine: &mut M, memory: &mut Memory, linear: u32) -> Loan {
        let Page::Resident(page) = Page::decode(Space::entry(machine, linear)) else { return Loan::Zeros };
        if is_locked(memory, Page::Resident(page)) {
            return Loan::Contents(page.frame);
        }
        Space::add_mapping(machine, memory, linear, page, Kind::Copied)
    }

    fn lend_shared<M: Machine>(&mut self, machine: &mut M, memory: &mut Memory, linear: u32) -> Loan {
        match self.page_at(machine, linear) {
            Page::Untouched { writable } => {
                self.materialise(machine, memory, linear, writable, writable);
            }
            Page::Resident(Resident { kind: Kind::Copied, .. }) => {
                self.make_private(machine, memory, linear);
            }
            _ => {}
        }
        match Page::decode(Space::entry(machine, linear)) {
            Page::Resident(page) => Space::add_mapping(machine, memory, linear, page, Kind::Shared),
            // Room was asked for: this does not happen.
            _ => Loan::Zeros,
        }
    }

    /// One more mapping of a page's frame.
    fn add_mapping<M: Machine>(
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
        page: Resident,
        kind: Kind,
    ) -> Loan {
        let mut sharers = 0;
        if page.kind == Kind::Private {
            memory.drop_backing(page.frame);
            memory.lent += 1;
            let writable = page.writable && kind == Kind::Shared;
            let entry = Page::Resident(Resident { kind, writable, ..page }).encode();
            machine.set_table_entry(linear >> 12, entry);
        } else {
            sharers = memory.frames.sharers(page.frame);
        }
        memory.frames.set_sharers(page.frame, sharers + 1);
        Loan::Frame { frame: page.frame, writable: page.writable }
    }

    /// Maps what was lent in a block of its own at `at` (0: anywhere), the same way. Refused as [`Space::allocate_linear`] does;
    /// the loans are given back then.
    pub fn borrow<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        loans: &[Loan],
        at: u32,
        sharing: Sharing,
    ) -> Result<Allocation, Stop> {
        let block = self.room_for(machine, memory, loans, at);
        let Ok((base, handle)) = block else {
            for loan in loans {
                if let Loan::Frame { frame, .. } = loan {
                    memory.drop_sharer(*frame);
                }
            }
            return block.map(|(base, handle)| Allocation { base, handle });
        };
        for (page, loan) in loans.iter().enumerate() {
            self.enter_loan(machine, memory, base + ((page as u32) << 12), *loan, sharing);
        }
        Ok(Allocation { base, handle })
    }

    /// A block for what was lent.
    fn room_for<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        loans: &[Loan],
        at: u32,
    ) -> Result<(u32, u32), Stop> {
        let pages = loans.len() as u32;
        let base = self.place_for(at, pages)?;
        let copies = loans.iter().filter(|loan| matches!(loan, Loan::Contents(_))).count() as u32;
        self.need_room(machine, memory, (base, pages), copies)?;
        Ok((base, self.enter(memory, Block::new(base, pages, Use::Memory), true)?))
    }

    fn enter_loan<M: Machine>(
        &mut self,
        machine: &mut M,
        memory: &mut Memory,
        linear: u32,
        loan: Loan,
        sharing: Sharing,
    ) {
        let page = match loan {
            Loan::Zeros => return,
            Loan::Frame { frame, writable } => match sharing {
                Sharing::CopyOnWrite => Resident { kind: Kind::Copied, ..Resident::private(frame, false) },
                Sharing::Shared => Resident { kind: Kind::Shared, ..Resident::private(frame, writable) },
            },
            Loan::Contents(from) => {
                let owner = Owner::Page { client: self.client, linear };
                let Some(frame) = memory.frames.allocate_promised(owner) else { return };
                machine.copy_physical(from << 12, frame << 12, 4096);
                Resident { dirty: true, ..Resident::private(frame, true) }
            }
        };
        if self.have_table(machine, memory, linear >> 22) {
            machine.set_table_entry(linear >> 12, Page::Resident(page).encode());
        }
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
                memory.lent -= 1;
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
