//! One address space, audited, whether it is loaded or not.

use super::allocate::is_committed;
use super::tables::slots;
use super::{default_page, Space, FRAME, PRESENT, SHARED_SLOT};
use crate::audit::{require, Audit, Rule};
use crate::machine::Machine;
use crate::paging::audit::Tally;
use crate::paging::blocks::{Block, Use};
use crate::paging::frames::{Backing, Owner};
use crate::paging::page::{Kind, Page, Resident};
use crate::paging::Memory;
use crate::x86::entry::PAGE;

impl Space {
    /// Adds what this space has and is promised to `tally`, and sees whether its own tables and counts agree.
    pub(in crate::paging) fn audit<M: Machine>(
        &self,
        machine: &M,
        memory: &Memory,
        tally: &mut Tally,
    ) -> Audit {
        self.blocks.audit()?;
        self.audit_tables(machine, memory, tally)?;
        let locked_before = tally.locked;
        for block in self.blocks.all() {
            self.audit_block(machine, memory, tally, block)?;
        }
        let locked = tally.locked - locked_before;
        require(locked == self.locked, Rule::Locked, locked)
    }

    /// The directory, and that nothing is mapped where no block is.
    fn audit_tables<M: Machine>(&self, machine: &M, memory: &Memory, tally: &mut Tally) -> Audit {
        let is_table = |frame: u32| matches!(memory.frames.owner(frame), Owner::Table { .. });
        require(is_table(self.directory >> 12), Rule::Holder, self.directory)?;
        tally.tables += 1;
        let mut wanted = super::Tables::default();
        for block in self.blocks.all() {
            wanted.add_range(block.base, block.pages);
        }
        for slot in 1..SHARED_SLOT {
            let entry = machine.read_physical(self.directory + slot * 4);
            let at = slot << 22;
            require(wanted.has(slot) == self.tables.has(slot), Rule::Tables, at)?;
            if entry & PRESENT == 0 {
                tally.promised += wanted.has(slot) as u32;
                continue;
            }
            require(wanted.has(slot) && is_table(entry >> 12), Rule::Tables, at)?;
            tally.tables += 1;
            for page in 0..1024 {
                let linear = at + page * PAGE;
                let empty = machine.read_physical((entry & FRAME) + page * 4) == 0;
                require(empty || self.blocks.lookup(linear).is_some(), Rule::Entry, linear)?;
            }
        }
        Ok(())
    }

    fn audit_block<M: Machine>(
        &self,
        machine: &M,
        memory: &Memory,
        tally: &mut Tally,
        block: &Block,
    ) -> Audit {
        let default = default_page(block.usage);
        let (mut committed, mut held) = (0, 0);
        for slot in slots(block.base, block.pages) {
            let first = (slot << 22).max(block.base);
            let end = ((slot + 1) << 22).min(block.end());
            let table = machine.read_physical(self.directory + slot * 4);
            if table & PRESENT == 0 {
                committed += if is_committed(default) { (end - first) >> 12 } else { 0 };
                continue;
            }
            for linear in (first..end).step_by(PAGE as usize) {
                let entry = machine.read_physical((table & FRAME) + (linear >> 12 & 1023) * 4);
                let page = match Page::decode(entry) {
                    Page::Absent => default,
                    page => page,
                };
                committed += is_committed(page) as u32;
                held += self.audit_page(memory, tally, block, linear, page)? as u32;
            }
        }
        require(committed == block.committed, Rule::Committed, block.base)?;
        tally.promised += committed - held;
        Ok(())
    }

    /// One page of a block. True if it has a frame, or a slot, of its own.
    fn audit_page(
        &self,
        memory: &Memory,
        tally: &mut Tally,
        block: &Block,
        linear: u32,
        page: Page,
    ) -> Audit<bool> {
        let frozen = block.usage == Use::Frozen;
        match page {
            Page::Swapped { slot, .. } => {
                require(!frozen, Rule::Entry, linear)?;
                tally.out += 1;
                tally.use_slot(slot)?;
                Ok(true)
            }
            Page::Resident(page) => self.audit_resident(memory, tally, frozen, linear, page),
            Page::Guard => require(block.usage == Use::Stack, Rule::Entry, linear).map(|()| false),
            Page::Untouched { .. } => require(!frozen, Rule::Entry, linear).map(|()| false),
            Page::Absent | Page::Uncommitted => Ok(false),
        }
    }

    fn audit_resident(
        &self,
        memory: &Memory,
        tally: &mut Tally,
        frozen: bool,
        linear: u32,
        page: Resident,
    ) -> Audit<bool> {
        let frames = &memory.frames;
        let owner = frames.owner(page.frame);
        match page.kind {
            Kind::Private => {
                require(owner == Owner::Page { client: self.client, linear }, Rule::Holder, linear)?;
                let locks = frames.locks(page.frame);
                require(locks > 0 || !frozen, Rule::Locked, linear)?;
                tally.locked += (locks > 0) as u32;
                tally.pages += 1;
                if let Backing::Slot(slot) = frames.backing(page.frame) {
                    require(locks == 0 && !page.pinned, Rule::Slots, slot)?;
                    tally.use_slot(slot)?;
                }
                Ok(true)
            }
            Kind::Copied | Kind::Shared => {
                let may_be = matches!(owner, Owner::Page { .. }) && (!frozen || page.kind == Kind::Shared);
                require(may_be, Rule::Holder, linear)?;
                tally.share(page.frame);
                Ok(false)
            }
            Kind::Mapped => {
                match owner {
                    Owner::Reserved => {}
                    Owner::Xms { .. } => tally.share(page.frame),
                    _ => require(false, Rule::Foreign, linear)?,
                }
                Ok(false)
            }
        }
    }
}
