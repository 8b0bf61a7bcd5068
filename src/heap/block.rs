//! What the table of handles holds.

/// [`Block::base`] of a block that has to be gathered before it can be locked.
pub const SCATTERED: u32 = u32::MAX;
/// One block. 32 bytes, so that an index is shifted, not multiplied. The entry code locks and unlocks blocks itself: see
/// [`super::entry_code`].
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub(super) struct Block {
    /// The handle. While there is no block, a number whose low bits name another entry, so that no handle finds this one.
    pub(super) handle: u16,
    /// How often it is locked.
    pub(super) locks: u8,
    /// How many pieces of long work on it are interrupted now.
    pub(super) busy: u8,
    /// Where the block lies in one piece, KiB, and may be locked; else [`SCATTERED`]. 0 for a block of size 0.
    pub(super) base: u32,
    /// KiB.
    pub(super) size: u32,
    /// First run, [`NONE`](super::runs::NONE) for a block of size 0.
    pub(super) head: u32,
    /// A run of the chain that was asked for lately, and its first KiB as an offset in the block.
    pub(super) hint: u32,
    pub(super) hint_at: u32,
    /// Generation of the next handle, 1 to 63.
    pub(super) generation: u8,
    /// With a public table: there is a block. (Otherwise `handle` says it.)
    pub(super) used: bool,
    /// Next vacant entry.
    pub(super) vacant: u16,
}
