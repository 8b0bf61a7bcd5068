//! What the table says of a frame that somebody holds.

use super::entry::STALE;
use super::{Entry, Frames, Owner, HEAD};

/// Where the contents of a private page can be had, beside its frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Backing {
    /// Nowhere. As long as the dirty bit is clear, the page is zeros.
    None,
    /// In this slot of the swap file, as long as the dirty bit is clear.
    Slot(u32),
    /// Nowhere, whatever the dirty bit says.
    Stale,
}

impl Frames {
    /// Who holds a frame; [`Owner::Reserved`] for one outside the table.
    pub fn owner(&self, frame: u32) -> Owner {
        if self.covers(frame) {
            self.entry(frame - self.first).owner()
        } else {
            Owner::Reserved
        }
    }

    /// Changes the holder of a frame that is held; locks and sharers stay.
    #[inline]
    pub fn set_owner(&mut self, frame: u32, owner: Owner) {
        let old = self.entry(frame - self.first);
        debug_assert!(!old.is_free());
        let new = Entry::held(owner).with_locks(old.locks()).with_high_link(old.high_link());
        self.put(frame - self.first, new);
    }

    /// How often the frame is locked.
    #[inline]
    pub fn locks(&self, frame: u32) -> u32 {
        self.entry(frame - self.first).locks()
    }

    /// Changes the lock count, at most [`LOCKS_MAX`].
    #[inline]
    pub fn set_locks(&mut self, frame: u32, locks: u32) {
        let entry = self.entry(frame - self.first).with_locks(locks);
        self.put(frame - self.first, entry);
    }

    /// How many mappings beside the first share the frame.
    #[inline]
    pub fn sharers(&self, frame: u32) -> u32 {
        self.entry(frame - self.first).high_link()
    }

    /// Changes the number of sharers, below 2^20.
    #[inline]
    pub fn set_sharers(&mut self, frame: u32, sharers: u32) {
        let entry = self.entry(frame - self.first).with_high_link(sharers);
        self.put(frame - self.first, entry);
    }

    /// One mapping of a shared frame is gone: counts down, or frees the frame with the last. True if it was freed.
    pub fn drop_sharer(&mut self, frame: u32) -> bool {
        match self.sharers(frame) {
            0 => {
                self.free(frame);
                true
            }
            sharers => {
                self.set_sharers(frame, sharers - 1);
                false
            }
        }
    }

    /// The frame after `frame` that somebody holds, going round at the end of the table: how a clock hand moves. None
    /// when nobody holds any.
    pub fn next_held(&self, frame: u32) -> Option<u32> {
        let length = self.table.len() as u32;
        let mut at = if self.covers(frame) { frame - self.first + 1 } else { 0 };
        let mut seen = 0;
        while seen <= length {
            if at >= length {
                at = 0;
            }
            let entry = self.entry(at);
            let step = match entry.tag() {
                HEAD => entry.length(),
                _ if !entry.is_free() && entry.owner() != Owner::Reserved => return Some(self.first + at),
                _ => 1,
            };
            at += step;
            seen += step;
        }
        None
    }

    /// Where a private page's contents are, beside its frame. For a page that is not shared.
    #[inline]
    pub fn backing(&self, frame: u32) -> Backing {
        match self.sharers(frame) {
            0 => Backing::None,
            STALE => Backing::Stale,
            slot => Backing::Slot(slot - 1),
        }
    }

    /// Changes that. Slots lie below FFFFEh.
    #[inline]
    pub fn set_backing(&mut self, frame: u32, backing: Backing) {
        let word = match backing {
            Backing::None => 0,
            Backing::Stale => STALE,
            Backing::Slot(slot) => slot + 1,
        };
        self.set_sharers(frame, word);
    }

    /// Frames that hold clients' pages. Counted now, frame by frame.
    pub fn pages(&self) -> u32 {
        let held = |word: &&u64| matches!(Entry(**word).owner(), Owner::Page { .. });
        self.table.iter().filter(held).count() as u32
    }

    /// The same for one client.
    pub fn pages_of(&self, client: u8) -> u32 {
        let held =
            |word: &&u64| matches!(Entry(**word).owner(), Owner::Page { client: of, .. } if of == client);
        self.table.iter().filter(held).count() as u32
    }

    /// Frames that are the core's own, page tables included. Counted now.
    pub fn core_pages(&self) -> u32 {
        let held = |word: &&u64| matches!(Entry(**word).owner(), Owner::Kernel | Owner::Table { .. });
        self.table.iter().filter(held).count() as u32
    }

    /// How warm a page is, 0 to 3: what the page replacement remembers of it.
    #[inline]
    pub fn age(&self, frame: u32) -> u8 {
        self.entry(frame - self.first).age()
    }

    /// Changes that; for a client's page only.
    #[inline]
    pub fn set_age(&mut self, frame: u32, age: u8) {
        let entry = self.entry(frame - self.first).with_age(age);
        self.put(frame - self.first, entry);
    }
}
