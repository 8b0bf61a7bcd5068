//! The frame table, audited.

use super::entry::{Entry, HEAD, INNER, NONE, TAIL};
use super::{Frames, Owner, CLASSES};
use crate::audit::{require, Audit, Rule};

/// How many frames who holds.
#[derive(Clone, Copy, Default, Debug)]
pub struct Census {
    /// Clients' pages.
    pub pages: u32,
    /// Page directories and page tables.
    pub tables: u32,
    /// The core's own.
    pub kernel: u32,
    /// Extended memory blocks', or free in the heap.
    pub heap: u32,
}

impl Frames {
    /// Counts who holds what, and sees whether the free runs and the counts agree with that.
    pub fn audit(&self) -> Audit<Census> {
        let mut census = Census::default();
        let (mut free, mut runs, mut at) = (0, 0, 0);
        let mut after_free = false;
        while at < self.table.len() as u32 {
            let entry = self.entry(at);
            let mut length = 1;
            match entry.owner() {
                Owner::Reserved => {}
                Owner::Page { .. } => census.pages += 1,
                Owner::Table { .. } => census.tables += 1,
                Owner::Kernel => census.kernel += 1,
                Owner::Xms { .. } => census.heap += 1,
                Owner::Free => {
                    length = self.audit_run(at, after_free)?;
                    (free, runs) = (free + length, runs + 1);
                }
            }
            after_free = entry.is_free();
            at += length;
        }
        require(free == self.free, Rule::FreeRuns, free)?;
        require(self.listed()? == runs, Rule::FreeRuns, runs)?;
        let held = census.pages + census.tables + census.kernel + census.heap;
        require(held + free == self.total, Rule::Total, held + free)?;
        Ok(census)
    }

    /// The length of the free run that begins at `head`.
    fn audit_run(&self, head: u32, after_free: bool) -> Audit<u32> {
        let (entry, at) = (self.entry(head), self.first + head);
        require(entry.tag() == HEAD && !after_free, Rule::FreeRuns, at)?;
        let length = entry.length();
        let end = head.saturating_add(length);
        require(length > 0 && end <= self.table.len() as u32, Rule::FreeRuns, at)?;
        let inner = length < 3 || (head + 1..end - 1).all(|index| self.entry(index).tag() == INNER);
        let last = self.entry(end - 1);
        let tail = length == 1 || last.tag() == TAIL && last.low_link() == head;
        require(inner && tail, Rule::FreeRuns, at)?;
        Ok(length)
    }

    /// How many runs the lists hold, each in its own.
    fn listed(&self) -> Audit<u32> {
        let mut runs = 0;
        for zone in 0..2 {
            for class in 0..CLASSES {
                let (mut at, mut before) = (self.lists[zone][class], NONE);
                let filled = self.filled[zone] >> class & 1 != 0;
                require(filled == (at != NONE), Rule::FreeRuns, at)?;
                while at != NONE {
                    let entry = Entry(self.table.get(at as usize).copied().unwrap_or(0));
                    let known = entry.tag() == HEAD && entry.high_link() == before;
                    let placed = known && self.zone_and_class(at, entry.length()) == (zone, class);
                    runs += 1;
                    require(placed && runs <= self.table.len() as u32, Rule::FreeRuns, self.first + at)?;
                    (before, at) = (at, entry.low_link());
                }
            }
        }
        Ok(runs)
    }
}
