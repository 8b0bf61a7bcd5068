//! What must be true of the core's tables whenever no service runs, and how to say where it is not.
//!
//! Each part audits itself (`audit.rs` beside it); [`crate::host::Host::audit`] does all of them, and compares what they say of
//! each other. Tests on the host call the parts after each step; in a machine the debug call FE11h does, for the fuzzer. Nothing
//! here changes anything or is part of what users get.

/// What is not as it must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Rule {
    /// The free runs of the frame table lie in the right lists, are joined, and are as many as was counted. `at`: a frame.
    FreeRuns = 1,
    /// All frames that are ours are held by somebody or free. `at`: how many are.
    Total,
    /// What is promised is what the committed pages and page tables that are not there yet need. `at`: what they need.
    Promised,
    /// What is promised can be had, of frames and of the swap file. `at`: what is promised.
    Covered,
    /// The blocks of a space lie apart, in order, inside the arena, and are found by their handles. `at`: an address.
    Blocks,
    /// A space has, or is promised, the page tables that its blocks reach into, and no others. `at`: an address.
    Tables,
    /// A page outside all blocks has an empty entry; a block's pages have states that its kind allows. `at`: an address.
    Entry,
    /// A block's committed pages are as many as was counted. `at`: the block's address.
    Committed,
    /// A client's page has a frame that the frame table gives to that page. `at`: an address.
    Holder,
    /// A frame that several map counts them. `at`: a frame.
    Sharers,
    /// A page that maps physical memory maps none that is the core's or another client's. `at`: an address.
    Foreign,
    /// As many frames hold page tables or clients' pages as the spaces have. `at`: how many the spaces have.
    Held,
    /// As many pages are locked, or lent, as was counted. `at`: how many are.
    Locked,
    /// A slot of the swap file is used by one page, and a used one by some page. `at`: a slot, or how many pages use one.
    Slots,
    /// The heap's runs, chains and blocks agree, on frames that are the heap's. `at`: a KiB of physical memory.
    Heap,
    /// A descriptor that is free is empty, and one that is taken is memory of ring 3. `at`: an index.
    Descriptor,
    /// A block of memory that came with descriptors has them. `at`: its paragraph (0100h) or handle (48h).
    Selectors,
    /// A callback is of a client that lives. `at`: its number.
    Callback,
}

/// A rule that is broken, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Which.
    pub rule: Rule,
    /// What [`Rule`] says of it.
    pub at: u32,
}

/// What an audit comes to.
pub type Audit<T = ()> = Result<T, Broken>;

/// Broken at `at`, unless `holds`.
#[inline]
pub(crate) fn require(holds: bool, rule: Rule, at: u32) -> Audit {
    match holds {
        true => Ok(()),
        false => Err(Broken { rule, at }),
    }
}
