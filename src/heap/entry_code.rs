//! What the entry code has to know to lock and unlock blocks as [`Heap::lock`] and [`Heap::unlock`] do where nothing stands in
//! the way.

use super::{Block, Heap, INDEX_BITS};
use core::mem::{offset_of, size_of};

/// Bits of a handle that are the block's index.
pub const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;
/// Binary logarithm of a block's bytes.
pub const BLOCK_SHIFT: u32 = size_of::<Block>().trailing_zeros();
/// Field offsets.
pub const HANDLE: usize = offset_of!(Block, handle);
/// See [`HANDLE`]. Above it lies the byte that says that the block is being worked on.
pub const LOCKS: usize = offset_of!(Block, locks);
/// See [`HANDLE`]. [`super::SCATTERED`] where there is work to do first.
pub const BASE: usize = offset_of!(Block, base);

/// Address of the table and number of its blocks; neither changes after start. None where the entry code has to leave
/// it all to the heap.
pub fn table(heap: &Heap) -> Option<(usize, usize)> {
    (!heap.careful).then_some((heap.blocks.as_ptr() as usize, heap.blocks.len()))
}

const _: () = assert!(size_of::<Block>().is_power_of_two() && offset_of!(Block, busy) == LOCKS + 1);
