//! The heap: blocks of physical memory behind handles, which lie where the heap likes until they are frozen.
//!
//! A block is a chain of runs, 1 KiB the unit, so small blocks share pages and sizes are exact. As long as nobody has
//! frozen (locked) it, a block may be in many pieces and may be moved, so an allocation succeeds whenever the free
//! memory as a whole will do, and never moves a byte. It is made in one piece when there is a hole for it; then freezing
//! costs nothing. Freezing a block in pieces gathers them in one place, and moves away what lies there, in small
//! steps: see [`freeze`](Heap::freeze_step). That is all the compaction there is: it happens when an address is asked
//! for, and nothing is moved that is not in the way.
//!
//! The page frames come from [`Frames`] when they are needed. What becomes free is kept for the next block, up to a
//! limit ([`Heap::set_hoard`]); [`Memory::reclaim`](crate::paging::Memory::reclaim) gets it back when frames are
//! short, so free memory is one for XMS and DPMI.
//!
//! Placement: the lowest address first. With [`Heap::set_low_dma`], blocks of at most [`DMA_KIB`] are placed, and
//! gathered, below 16 MiB where ISA DMA reaches, if that can be had at all; larger blocks above 16 MiB first.
//!
//! A handle is the block's index in the low ten bits and a generation above, never 0: a handle that was freed stays
//! invalid for the next 62 uses of its entry.

mod audit;
mod block;
pub mod entry_code;
mod freeze;
mod look;
mod place;
pub mod public;
mod runs;
mod supply;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use crate::paging::frames::Frames;
use block::Block;
pub use block::SCATTERED;
pub use freeze::{Freezing, Step};
pub use look::{Info, Piece};
use runs::{Runs, NONE};

/// Most handles that a heap can have.
pub const BLOCKS_MAX: u16 = 1024;
/// Handles when nobody says otherwise.
pub const BLOCKS_DEFAULT: u16 = 128;
/// Largest block, KiB, that the placement for ISA DMA looks after: twice what one transfer can carry.
pub const DMA_KIB: u32 = 256;
/// First KiB that ISA DMA does not reach.
const DMA_END: u32 = 16 << 10;
/// KiB that a run stays below, so that addresses fit in 32 bits.
const KIB_MAX: u32 = 1 << 22;
/// Low bits of a handle that are the block's index.
const INDEX_BITS: u32 = 10;

/// Why the heap refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Not as much memory is free.
    NoMemory,
    /// All handles are in use.
    NoHandle,
    /// The block is locked.
    Locked,
    /// The block is not locked.
    NotLocked,
    /// The lock count is at its largest.
    LockOverflow,
    /// No place can be made where the block would lie in one piece, or it is being worked on.
    LockFailed,
    /// Somebody works on the block now.
    Busy,
}

/// See [`Heap::window_for`].
pub const NO_WINDOW: u32 = u32::MAX;

/// What a lock request comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lock {
    /// The block is locked at this physical address, divided by 1024.
    At(u32),
    /// It is in pieces: go on with [`Heap::freeze_step`].
    Scattered,
}

/// The heap.
#[derive(Debug)]
pub struct Heap {
    runs: Runs,
    blocks: Vec<Block>,
    vacant: u16,
    vacancies: u16,
    /// The longest stretch that a block could be gathered in, KiB,
    window: u32,
    /// and the number of free frames it holds for; [`NO_WINDOW`] once blocks have been locked or unlocked.
    pub window_for: u32,
    low_dma: bool,
    /// Small blocks have no short way to their places: `low_dma`, or there is a public table.
    careful: bool,
    hoard: u32,
    /// Mappings of the heap's frames in clients' spaces, all told; each frame counts its own as sharers.
    mapped: u32,
    public: Option<public::Public>,
}

impl Default for Heap {
    fn default() -> Self {
        Heap::new()
    }
}

impl Heap {
    /// A heap without memory and without handles.
    pub const fn new() -> Self {
        Heap {
            runs: Runs::new(),
            blocks: Vec::new(),
            vacant: BLOCKS_MAX,
            vacancies: 0,
            window: 0,
            window_for: NO_WINDOW,
            low_dma: false,
            careful: false,
            hoard: u32::MAX,
            mapped: 0,
            public: None,
        }
    }

    /// Makes room for `count` handles, at most [`BLOCKS_MAX`], all told; false when there is no memory for the table.
    /// There are never fewer than before.
    #[must_use]
    pub fn set_handles(&mut self, count: u16) -> bool {
        let count = count.min(BLOCKS_MAX) as usize;
        let more = count.saturating_sub(self.blocks.len());
        if self.blocks.try_reserve_exact(more).is_err() || !self.runs.reserve(2 * count as u32 + 16) {
            return false;
        }
        let first = self.blocks.len();
        for index in first..first + more {
            self.blocks.push(Block {
                handle: !(index as u16),
                base: 0,
                locks: 0,
                busy: 0,
                size: 0,
                head: NONE,
                hint: NONE,
                hint_at: 0,
                generation: 1,
                used: false,
                vacant: BLOCKS_MAX,
            });
            self.vacancies += 1;
            if index == first {
                continue;
            }
            self.blocks[index - 1].vacant = index as u16;
        }
        if more > 0 {
            self.blocks[first + more - 1].vacant = self.vacant;
            self.vacant = first as u16;
        }
        true
    }

    /// Bytes, in one piece, that the heap's table would need to grow; None while it has room for whatever one call does.
    #[inline]
    pub fn wants_room(&self) -> Option<usize> {
        self.runs.wants_room()
    }

    /// Grows the table, if there is memory for it.
    pub fn make_room(&mut self) {
        let _ = self.runs.reserve(runs::ROOM);
    }

    /// Keeps small blocks where ISA DMA reaches: see the placement rule above.
    pub fn set_low_dma(&mut self, on: bool) {
        self.low_dma = on;
        self.careful |= on;
    }

    /// How much free memory, in KiB, the heap keeps for the next block instead of giving the frames back.
    pub fn set_hoard(&mut self, kib: u32) {
        self.hoard = kib;
    }

    /// The entry that a handle names.
    #[inline(always)]
    pub fn find(&self, handle: u16) -> Option<u16> {
        self.find_directly(handle).or_else(|| self.find_public(handle))
    }

    /// The same for the short ways: with a public table it finds nothing.
    #[inline(always)]
    pub fn find_directly(&self, handle: u16) -> Option<u16> {
        let index = handle & (BLOCKS_MAX - 1);
        match self.blocks.get(index as usize) {
            Some(block) if block.handle == handle => Some(index),
            _ => None,
        }
    }

    /// Allocates a block of `kib` KiB, which may be 0; returns its handle.
    pub fn allocate(&mut self, kib: u32, frames: &mut Frames) -> Result<u16, Refusal> {
        if self.vacancies == 0 {
            return Err(Refusal::NoHandle);
        }
        if let Some(handle) = self.allocate_low(kib) {
            return Ok(handle);
        }
        let handle = if kib == 0 {
            self.open(kib, NONE, 0)
        } else {
            let head = self.place(self.vacant, kib, frames)?;
            self.open(kib, head, self.base_of(head, kib))
        };
        Ok(self.public_handle(handle))
    }

    /// The usual case of [`Heap::allocate`], and the quick way; None when it is not as easy.
    #[inline(always)]
    pub fn allocate_low(&mut self, kib: u32) -> Option<u16> {
        if self.vacancies == 0 || kib == 0 {
            return None;
        }
        let (head, base) = self.place_low(self.vacant, kib);
        if head == NONE {
            return None;
        }
        Some(self.open(kib, head, base))
    }

    /// Makes the first vacant entry a block; there is one.
    #[inline(always)]
    fn open(&mut self, kib: u32, head: u32, base: u32) -> u16 {
        let index = self.vacant;
        let block = &mut self.blocks[index as usize];
        let handle = (block.generation as u16) << INDEX_BITS | index;
        self.vacant = block.vacant;
        self.vacancies -= 1;
        block.handle = handle;
        block.locks = 0;
        block.busy = 0;
        block.base = base;
        block.size = kib;
        block.head = head;
        block.hint = head;
        block.hint_at = 0;
        handle
    }

    /// Frees the block at `index`.
    pub fn free(&mut self, index: u16, frames: &mut Frames) -> Result<(), Refusal> {
        let head = self.unlocked(index)?.head;
        self.close(index);
        self.blocks[index as usize].used = false;
        if head != NONE {
            self.runs.free_chain(head);
            self.trim(frames);
        }
        Ok(())
    }

    /// The usual case of [`Heap::free`], by its handle: a block in one piece. False, and nothing done, when it is not as easy.
    #[inline(always)]
    pub fn free_low(&mut self, handle: u16, frames: &mut Frames) -> bool {
        let index = handle & (BLOCKS_MAX - 1);
        let Some(block) = self.blocks.get(index as usize) else { return false };
        if block.handle != handle || block.locks as u32 | block.busy as u32 != 0 {
            return false;
        }
        let head = block.head;
        if block.base == SCATTERED || head == NONE {
            return false;
        }
        self.close(index);
        self.runs.free_one(head);
        self.trim(frames);
        true
    }

    /// Makes the entry of a block vacant.
    #[inline(always)]
    fn close(&mut self, index: u16) {
        let block = &mut self.blocks[index as usize];
        block.handle = !index;
        block.generation = if block.generation == 63 { 1 } else { block.generation + 1 };
        block.vacant = self.vacant;
        self.vacant = index;
        self.vacancies += 1;
    }

    /// Changes the size of a block that is not locked. Nothing moves; what the block keeps of its bytes stays.
    pub fn resize(&mut self, index: u16, kib: u32, frames: &mut Frames) -> Result<(), Refusal> {
        let Block { size, head, .. } = *self.unlocked(index)?;
        if kib > size {
            self.extend(index, kib - size, frames)?;
        } else if kib == 0 && head != NONE {
            self.runs.free_chain(head);
            self.blocks[index as usize].head = NONE;
        } else if kib < size {
            let last = self.piece(index, kib - 1);
            if !self.runs.reserve(1) {
                return Err(Refusal::NoHandle);
            }
            let run = self.blocks[index as usize].hint;
            let kept = kib - last.at;
            let rest = if kept < last.length { self.runs.cut(run, kept) } else { self.runs.get(run).next };
            if rest != NONE {
                self.runs.free_chain(rest);
            }
        }
        let block = &mut self.blocks[index as usize];
        block.size = kib;
        block.hint = block.head;
        block.hint_at = 0;
        self.rebase(index);
        self.trim(frames);
        Ok(())
    }

    /// Locks a block once more if it lies in one piece or is locked already.
    #[inline]
    pub fn lock(&mut self, index: u16) -> Result<Lock, Refusal> {
        let block = &mut self.blocks[index as usize];
        // One comparison for both: not busy, and fewer than 255 locks.
        if block.locks as u32 | (block.busy as u32) << 8 >= 255 {
            return Err(if block.locks == u8::MAX { Refusal::LockOverflow } else { Refusal::LockFailed });
        }
        if block.base == SCATTERED {
            return Ok(self.lock_in_place(index));
        }
        if block.locks == 0 {
            self.window_for = NO_WINDOW;
        }
        block.locks += 1;
        Ok(Lock::At(block.base))
    }

    /// The rest of [`Heap::lock`]: with a public table every block lies where it may be locked.
    #[cold]
    fn lock_in_place(&mut self, index: u16) -> Lock {
        if self.public.is_none() {
            return Lock::Scattered;
        }
        let block = &mut self.blocks[index as usize];
        block.locks += 1;
        Lock::At(if block.head == NONE { 0 } else { self.runs.get(block.head).start })
    }

    /// Takes one lock off a block.
    #[inline]
    pub fn unlock(&mut self, index: u16) -> Result<(), Refusal> {
        let block = &mut self.blocks[index as usize];
        if block.locks == 0 {
            return Err(Refusal::NotLocked);
        }
        block.locks -= 1;
        if block.locks == 0 {
            self.window_for = NO_WINDOW;
            if self.low_dma {
                self.rebase(index);
            }
        }
        Ok(())
    }

    /// Notes whether a block that is not locked can be locked where it lies.
    fn rebase(&mut self, index: u16) {
        let Block { head, size, .. } = self.blocks[index as usize];
        self.blocks[index as usize].base = if head == NONE { 0 } else { self.base_of(head, size) };
    }

    /// The [`Block::base`] of a block of `size` KiB that begins with the run `head`.
    fn base_of(&self, head: u32, size: u32) -> u32 {
        let run = self.runs.get(head);
        let short = !self.careful || self.public.is_none() && well_placed(run.end(), size);
        let may_stay = run.length == size && short;
        if may_stay {
            run.start
        } else {
            SCATTERED
        }
    }

    /// Marks the block as being worked on: until [`Heap::leave`] it is neither freed nor resized nor locked anew. At most
    /// 255 times at once.
    pub fn enter(&mut self, index: u16) {
        self.blocks[index as usize].busy += 1;
    }

    /// The end of [`Heap::enter`].
    pub fn leave(&mut self, index: u16) {
        self.blocks[index as usize].busy -= 1;
    }

    /// Does somebody work on the block?
    #[inline]
    pub fn is_busy(&self, index: u16) -> bool {
        self.blocks[index as usize].busy != 0
    }

    fn unlocked(&self, index: u16) -> Result<&Block, Refusal> {
        let block = &self.blocks[index as usize];
        match (block.locks, block.busy) {
            (0, 0) => Ok(block),
            (0, _) => Err(Refusal::Busy),
            _ => Err(Refusal::Locked),
        }
    }
}

/// Is a small block that ends at `end` where ISA DMA reaches?
fn well_placed(end: u32, kib: u32) -> bool {
    kib > DMA_KIB || end <= DMA_END
}
