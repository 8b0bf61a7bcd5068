//! The state of one page of a client's, and how the page-table entry says it.
//!
//! The CPU reads an entry only while its bit 0 is set; the three bits 9-11 are then ours:
//!
//! ```text
//! present      bits 9-10  0 private   a frame of the client's own
//!                         1 copied    a frame that others use too; the first write gets a private copy
//!                         2 mapped    physical memory that is not ours to free: a device, a locked block
//!                         3 shared    a frame that several clients write
//!              bit 11     pinned: it never leaves memory, whatever its lock count says
//! not present  bits 2-4   0 absent, 1 untouched, 2 uncommitted, 3 swapped out, 4 guard
//!              bit 1      writable once it is present
//!              bits 12-31 slot in the swap file
//! ```
//!
//! An entry of zero is [`Page::Absent`]: the block that the page lies in says what it is. That is why allocating a
//! block need not write a single entry.

use crate::x86::entry::{ACCESSED, DIRTY, FRAME, PRESENT, UNCACHED, USER, WRITABLE};

/// Highest slot number in the swap file.
pub const SLOT_MAX: u32 = 0xF_FFFF;

const KIND_SHIFT: u32 = 9;
const KINDS: u32 = 3 << KIND_SHIFT;
const PINNED: u32 = 1 << 11;
const STATE_SHIFT: u32 = 2;
const STATES: u32 = 7 << STATE_SHIFT;
const UNTOUCHED: u32 = 1 << STATE_SHIFT;
const UNCOMMITTED: u32 = 2 << STATE_SHIFT;
const SWAPPED: u32 = 3 << STATE_SHIFT;
const GUARD: u32 = 4 << STATE_SHIFT;

/// Whose frame a present page has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Kind {
    /// The client's own, freed with the page.
    Private = 0,
    /// Others may use it too: read-only until the first write, which gets a private copy.
    Copied = 1,
    /// Not ours to free: a device, conventional memory, a locked extended memory block.
    Mapped = 2,
    /// Used, and written, by several clients; the frame counts its mappings.
    Shared = 3,
}

/// The state of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Page {
    /// Nothing is known of the page itself: it is what its block says, or nothing at all.
    Absent,
    /// Committed, never touched: zeros at the first access.
    Untouched {
        /// May it be written?
        writable: bool,
    },
    /// Reserved addresses without memory.
    Uncommitted,
    /// In the swap file.
    Swapped {
        /// Where, 0 to [`SLOT_MAX`].
        slot: u32,
        /// May it be written?
        writable: bool,
    },
    /// A fence: every access is the client's fault.
    Guard,
    /// In memory.
    Resident(Resident),
}

/// A page that is in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resident {
    /// Frame number.
    pub frame: u32,
    /// Whose.
    pub kind: Kind,
    /// May the client write it now? Never for [`Kind::Copied`].
    pub writable: bool,
    /// It never leaves memory.
    pub pinned: bool,
    /// Is the cache off for it?
    pub uncached: bool,
    /// The CPU has read or written it.
    pub accessed: bool,
    /// The CPU has written it.
    pub dirty: bool,
}

impl Resident {
    /// A private page that has just come in.
    pub const fn private(frame: u32, writable: bool) -> Self {
        Resident {
            frame,
            kind: Kind::Private,
            writable,
            pinned: false,
            uncached: false,
            accessed: false,
            dirty: false,
        }
    }
}

/// The entry of a fresh private page, writable: the short cut of the demand-zero path. The accessed and dirty bits are
/// set already, which saves the CPU writing them.
#[inline(always)]
pub const fn fresh(frame: u32) -> u32 {
    frame << 12 | PRESENT | WRITABLE | USER | ACCESSED | DIRTY
}

/// The entry of the landing page, whose frame is the core's: to be read by all clients, and nobody's to lock or to pin.
pub const fn landing(frame: u32) -> u32 {
    Page::Resident(Resident { kind: Kind::Mapped, accessed: true, ..Resident::private(frame, false) })
        .encode()
}

/// If the entry is a present private page, its frame number: what freeing a block asks of each page.
#[inline(always)]
pub const fn private_frame(entry: u32) -> Option<u32> {
    if entry & (PRESENT | KINDS) == PRESENT {
        Some(entry >> 12)
    } else {
        None
    }
}

const fn flag(set: bool, bit: u32) -> u32 {
    if set {
        bit
    } else {
        0
    }
}

impl Page {
    /// The page-table entry.
    pub const fn encode(self) -> u32 {
        match self {
            Page::Absent => 0,
            Page::Untouched { writable } => UNTOUCHED | flag(writable, WRITABLE),
            Page::Uncommitted => UNCOMMITTED,
            Page::Swapped { slot, writable } => SWAPPED | slot << 12 | flag(writable, WRITABLE),
            Page::Guard => GUARD,
            Page::Resident(page) => {
                page.frame << 12
                    | PRESENT
                    | USER
                    | (page.kind as u32) << KIND_SHIFT
                    | flag(page.writable && !matches!(page.kind, Kind::Copied), WRITABLE)
                    | flag(page.pinned, PINNED)
                    | flag(page.uncached, UNCACHED)
                    | flag(page.accessed, ACCESSED)
                    | flag(page.dirty, DIRTY)
            }
        }
    }

    /// What an entry says. Bits that no state uses are ignored; a state that there is none of reads as a guard.
    pub const fn decode(entry: u32) -> Self {
        if entry & PRESENT != 0 {
            return Page::Resident(Resident {
                frame: entry >> 12,
                kind: match entry >> KIND_SHIFT & 3 {
                    0 => Kind::Private,
                    1 => Kind::Copied,
                    2 => Kind::Mapped,
                    _ => Kind::Shared,
                },
                writable: entry & WRITABLE != 0 && entry & KINDS != (Kind::Copied as u32) << KIND_SHIFT,
                pinned: entry & PINNED != 0,
                uncached: entry & UNCACHED != 0,
                accessed: entry & ACCESSED != 0,
                dirty: entry & DIRTY != 0,
            });
        }
        let writable = entry & WRITABLE != 0;
        match entry & STATES {
            0 => Page::Absent,
            UNTOUCHED => Page::Untouched { writable },
            UNCOMMITTED => Page::Uncommitted,
            SWAPPED => Page::Swapped { slot: (entry & FRAME) >> 12, writable },
            _ => Page::Guard,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 4] = [Kind::Private, Kind::Copied, Kind::Mapped, Kind::Shared];

    #[test]
    fn every_resident_page_comes_back_from_its_entry() {
        for kind in KINDS {
            for bits in 0..32u32 {
                let bit = |at: u32| bits >> at & 1 != 0;
                let page = Resident {
                    frame: 0x8_0001,
                    kind,
                    writable: bit(0) && kind != Kind::Copied,
                    pinned: bit(1),
                    uncached: bit(2),
                    accessed: bit(3),
                    dirty: bit(4),
                };
                assert_eq!(Page::decode(Page::Resident(page).encode()), Page::Resident(page));
            }
        }
        for frame in 0..=0xF_FFFF {
            let page = Page::Resident(Resident::private(frame, true));
            assert_eq!(Page::decode(page.encode()), page);
            assert_eq!(private_frame(fresh(frame)), Some(frame));
            let page = Page::Swapped { slot: frame, writable: frame & 1 == 0 };
            assert_eq!(Page::decode(page.encode()), page);
            assert_eq!(page.encode() & PRESENT, 0);
        }
    }

    #[test]
    fn pages_that_are_not_there_come_back_and_are_not_present() {
        let pages = [
            Page::Absent,
            Page::Untouched { writable: false },
            Page::Untouched { writable: true },
            Page::Uncommitted,
            Page::Guard,
        ];
        for page in pages {
            assert_eq!(Page::decode(page.encode()), page);
            assert_eq!(page.encode() & PRESENT, 0);
        }
        assert_eq!(Page::Absent.encode(), 0);
    }

    #[test]
    fn no_low_bits_decode_to_something_that_encodes_otherwise() {
        for low in 0..0x1000u32 {
            let page = Page::decode(0x1234_5000 | low);
            assert_eq!(Page::decode(page.encode()), page, "low bits {low:#X}");
            let copied = matches!(page, Page::Resident(Resident { kind: Kind::Copied, .. }));
            assert!(!copied || page.encode() & WRITABLE == 0);
        }
    }

    #[test]
    fn a_fresh_page_is_private_writable_and_dirty() {
        let Page::Resident(page) = Page::decode(fresh(0x12_345)) else { panic!() };
        let want = Resident { accessed: true, dirty: true, ..Resident::private(0x12_345, true) };
        assert_eq!(page, want);
        for kind in [Kind::Copied, Kind::Mapped, Kind::Shared] {
            let page = Page::Resident(Resident { kind, ..Resident::private(5, false) });
            assert_eq!(private_frame(page.encode()), None);
        }
        assert_eq!(private_frame(Page::Swapped { slot: 1, writable: true }.encode()), None);
    }
}
