//! One word of the frame table: what a page frame is used for.
//!
//! ```text
//! bits  0-3    tag; for a client's page 8 to 11, the low two bits being its age
//! bits  4-11   client, or the low 8 bits of a free run's length
//! bits 12-31   linear page, handle, next free run, or (in a run's last frame) its first
//! bits 32-43   lock count, or the high 12 bits of a free run's length
//! bits 44-63   the previous free run, or how many further mappings share the frame, or where a private page lies in
//!              the swap file
//! ```
//!
//! The fields keep to one half each, so that a 32-bit CPU needs no 64-bit shifts.

/// No link. No table is large enough to have an entry of this index.
pub const NONE: u32 = 0xF_FFFF;
/// Largest lock count that a frame holds.
pub const LOCKS_MAX: u32 = 0xFFF;

const RESERVED: u32 = 0;
pub(super) const HEAD: u32 = 1;
pub(super) const TAIL: u32 = 2;
pub(super) const INNER: u32 = 3;
const TABLE: u32 = 5;
const KERNEL: u32 = 6;
const XMS: u32 = 7;
/// To 11: the low two bits are the page's age.
const PAGE: u32 = 8;
/// In place of sharers: the page must be written before its frame is given away.
pub(super) const STALE: u32 = 0xF_FFFF;

/// Who holds a page frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// Nobody may: a hole between extents, or memory that is not ours.
    Reserved,
    /// It is free.
    Free,
    /// A client's page.
    Page {
        /// The client.
        client: u8,
        /// Linear address of the page; of the first one mapped where several share the frame.
        linear: u32,
    },
    /// A client's page directory or page table.
    Table {
        /// The client.
        client: u8,
    },
    /// The core's own.
    Kernel,
    /// An extended memory block's.
    Xms {
        /// Whatever the XMS driver wants to find there, 20 bits.
        handle: u32,
    },
}

/// A word of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry(pub u64);

impl Entry {
    #[inline(always)]
    const fn halves(low: u32, high: u32) -> Self {
        Entry(low as u64 | (high as u64) << 32)
    }

    #[inline(always)]
    pub const fn tag(self) -> u32 {
        self.0 as u32 & 15
    }

    /// The first frame of a free run of `length` (below 2^20) frames.
    #[inline(always)]
    pub const fn head(length: u32, next: u32, previous: u32) -> Self {
        Entry::halves(HEAD | (length & 0xFF) << 4 | next << 12, length >> 8 | previous << 12)
    }

    /// The last frame of a free run of two and more, naming the first.
    #[inline(always)]
    pub const fn tail(head: u32) -> Self {
        Entry(TAIL as u64 | ((head << 12) as u64))
    }

    /// Length of the free run that this head begins.
    #[inline(always)]
    pub const fn length(self) -> u32 {
        (self.0 as u32 >> 4 & 0xFF) | ((self.0 >> 32) as u32 & 0xFFF) << 8
    }

    /// The 20 bits of the low half: next run, first frame of a tail, linear page, handle.
    #[inline(always)]
    pub const fn low_link(self) -> u32 {
        self.0 as u32 >> 12
    }

    /// The 20 bits of the high half: previous run, sharers.
    #[inline(always)]
    pub const fn high_link(self) -> u32 {
        (self.0 >> 32) as u32 >> 12
    }

    #[inline(always)]
    pub const fn with_low_link(self, link: u32) -> Self {
        Entry(self.0 & !0xFFFF_F000 | ((link << 12) as u64))
    }

    #[inline(always)]
    pub const fn with_high_link(self, link: u32) -> Self {
        Entry::halves(self.0 as u32, (self.0 >> 32) as u32 & 0xFFF | link << 12)
    }

    /// Lock count of a frame that is held.
    #[inline(always)]
    pub const fn locks(self) -> u32 {
        (self.0 >> 32) as u32 & 0xFFF
    }

    #[inline(always)]
    pub const fn with_locks(self, locks: u32) -> Self {
        Entry::halves(self.0 as u32, (self.0 >> 32) as u32 & !0xFFF | locks)
    }

    /// A frame that is held, with no locks and no sharers. [`Owner::Free`] gives an inner frame of a run.
    #[inline(always)]
    pub const fn held(owner: Owner) -> Self {
        Entry(match owner {
            Owner::Reserved => RESERVED,
            Owner::Free => INNER,
            Owner::Page { client, linear } => PAGE | (client as u32) << 4 | linear & 0xFFFF_F000,
            Owner::Table { client } => TABLE | (client as u32) << 4,
            Owner::Kernel => KERNEL,
            Owner::Xms { handle } => XMS | handle << 12,
        } as u64)
    }

    /// Who holds the frame.
    pub const fn owner(self) -> Owner {
        let client = (self.0 as u32 >> 4) as u8;
        match self.tag() {
            RESERVED => Owner::Reserved,
            8..=11 => Owner::Page { client, linear: self.0 as u32 & 0xFFFF_F000 },
            TABLE => Owner::Table { client },
            KERNEL => Owner::Kernel,
            XMS => Owner::Xms { handle: self.low_link() },
            _ => Owner::Free,
        }
    }

    /// Age of a client's page.
    #[inline(always)]
    pub const fn age(self) -> u8 {
        self.0 as u8 & 3
    }

    /// The same with another age, 0 to 3. Other holders have none.
    #[inline(always)]
    pub const fn with_age(self, age: u8) -> Self {
        if self.tag() & PAGE == 0 {
            return self;
        }
        Entry(self.0 & !3 | (age & 3) as u64)
    }

    /// Is the frame part of a free run?
    #[inline(always)]
    pub const fn is_free(self) -> bool {
        matches!(self.tag(), HEAD | TAIL | INNER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_free_run_comes_back(length in 1u32..1 << 20, next in 0u32..1 << 20, previous in 0u32..1 << 20) {
            let entry = Entry::head(length, next, previous);
            prop_assert_eq!(entry.tag(), HEAD);
            prop_assert_eq!((entry.length(), entry.low_link(), entry.high_link()), (length, next, previous));
            prop_assert_eq!(entry.with_low_link(previous).with_high_link(next), Entry::head(length, previous, next));
            prop_assert_eq!(Entry::tail(next).low_link(), next);
        }

        #[test]
        fn a_holder_comes_back(client: u8, page in 0u32..1 << 20, locks in 0..=LOCKS_MAX, sharers in 0u32..1 << 20) {
            let linear = page << 12;
            for owner in [
                Owner::Reserved, Owner::Page { client, linear }, Owner::Table { client }, Owner::Kernel,
                Owner::Xms { handle: page }, Owner::Free,
            ] {
                let entry = Entry::held(owner).with_locks(locks).with_high_link(sharers);
                prop_assert_eq!((entry.owner(), entry.locks(), entry.high_link()), (owner, locks, sharers));
            }
        }
    }
}
