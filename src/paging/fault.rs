//! What a page fault means: a table of (error code, address, page state).
//!
//! SDM vol. 3, "Page-Fault Exceptions": bit 0 of the error code is set when the page was present, bit 1 for a write,
//! bit 2 when the access came from ring 3 or virtual-8086 mode.

use super::page::{Kind, Page, Resident};
use super::{ARENA_END, LANDING};

/// Error code: the page was present; its rights did not allow the access.
pub const PROTECTION: u32 = 1;
/// Error code: a write.
pub const WRITE: u32 = 2;
/// Error code: from ring 3 or virtual-8086 mode.
pub const FROM_USER: u32 = 4;

/// What to do about a page fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Give the page a frame of zeros.
    Zero {
        /// May the client write it afterwards?
        writable: bool,
    },
    /// Give the page a frame of its own with the contents it has.
    Copy,
    /// Bring the page in from this slot of the swap file.
    PageIn {
        /// The slot.
        slot: u32,
    },
    /// The tables allow the access: the CPU remembered an older state. Forget that and run the instruction again.
    Again,
    /// The client's own doing: its handler, or its end.
    Client,
    /// The core's own access: a defect of ours.
    Core,
}

/// Decides. `page` is the state with the block's default put in for [`Page::Absent`]; where there is no block, it is
/// [`Page::Absent`] still.
pub const fn decide(error: u32, address: u32, page: Page) -> Decision {
    if error & FROM_USER == 0 {
        return Decision::Core;
    }
    if address >= ARENA_END {
        // The landing page is there for reading; the core's pages and the rest of its table are not the client's.
        return if address >= LANDING && address < LANDING + 0x1000 && error & WRITE == 0 {
            Decision::Again
        } else {
            Decision::Client
        };
    }
    let write = error & WRITE != 0;
    match page {
        Page::Absent | Page::Uncommitted | Page::Guard => Decision::Client,
        Page::Untouched { writable } | Page::Swapped { writable, .. } if write && !writable => {
            Decision::Client
        }
        Page::Untouched { writable } => Decision::Zero { writable },
        Page::Swapped { slot, .. } => Decision::PageIn { slot },
        Page::Resident(Resident { kind: Kind::Copied, .. }) if write => Decision::Copy,
        Page::Resident(Resident { writable, .. }) if write && !writable => Decision::Client,
        Page::Resident(_) => Decision::Again,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: u32 = 0x0040_1234;
    const READ: u32 = FROM_USER;
    const WROTE: u32 = FROM_USER | WRITE;

    fn resident(kind: Kind, writable: bool) -> Page {
        Page::Resident(Resident { kind, ..Resident::private(0x123, writable) })
    }

    #[test]
    fn the_table_of_decisions() {
        use Decision::*;
        let table = [
            (Page::Absent, Client, Client),
            (Page::Uncommitted, Client, Client),
            (Page::Guard, Client, Client),
            (Page::Untouched { writable: true }, Zero { writable: true }, Zero { writable: true }),
            (Page::Untouched { writable: false }, Zero { writable: false }, Client),
            (Page::Swapped { slot: 9, writable: true }, PageIn { slot: 9 }, PageIn { slot: 9 }),
            (Page::Swapped { slot: 9, writable: false }, PageIn { slot: 9 }, Client),
            (resident(Kind::Private, true), Again, Again),
            (resident(Kind::Private, false), Again, Client),
            (resident(Kind::Copied, false), Again, Copy),
            (resident(Kind::Mapped, true), Again, Again),
            (resident(Kind::Mapped, false), Again, Client),
            (resident(Kind::Shared, true), Again, Again),
            (resident(Kind::Shared, false), Again, Client),
        ];
        for (page, read, write) in table {
            for present in [0, PROTECTION] {
                assert_eq!(decide(READ | present, AT, page), read, "read of {page:?}");
                assert_eq!(decide(WROTE | present, AT, page), write, "write to {page:?}");
                assert_eq!(decide(WRITE | present, AT, page), Core);
            }
        }
    }

    #[test]
    fn addresses_of_the_core_are_never_given_a_page() {
        for address in [ARENA_END, LANDING - 1, LANDING + 0x1000, 0xC000_0000, 0xFFFF_FFFF] {
            for page in [Page::Absent, Page::Untouched { writable: true }, resident(Kind::Private, true)] {
                assert_eq!(decide(READ, address, page), Decision::Client);
                assert_eq!(decide(WROTE, address, page), Decision::Client);
            }
        }
        assert_eq!(decide(READ, LANDING + 5, Page::Absent), Decision::Again);
        assert_eq!(decide(WROTE, LANDING + 5, Page::Absent), Decision::Client);
    }
}
