//! The core's heap: a list of free blocks in address order, first fit, neighbours joined; and the page frames that the core
//! has in hand for its own growth, so that it need not ask the allocator in the middle of a service.
//!
//! There is a second heap, for what keeps its memory for ever once it has been used: the disassembler with its tables. It is there
//! only while [`on_loan`] runs, and so are they.
//!
//! Facts relied on: one thread of control with interrupts off; the addresses from [`HEAP_BASE`] up have a page table and
//! nothing else uses them; what the disassembler has in static memory, and nothing else, lies between two of the linker's symbols,
//! and is zero while it has not been used.

use core::alloc::{GlobalAlloc, Layout};
use core::sync::atomic::{AtomicBool, Ordering};

use arrayvec::ArrayVec;

use ferrite::paging::frames::Owner;
use ferrite::paging::Memory;

use super::memory::{map_core_page, unmap_core_page, HEAP_BASE};

/// Most that the heap may grow to; the rest of what one page table covers is lent.
const HEAP_MAX: u32 = 3 << 20;
/// Where the second heap begins, and the most that it may grow to.
const LOAN_BASE: u32 = HEAP_BASE + HEAP_MAX;
const LOAN_MAX: u32 = 1 << 20;
/// Free bytes, in whole pages, that the heap has at its end while no client lives.
const TAIL: u32 = 8 * 4096;
/// Every block is a multiple of this and aligned to it.
const GRAIN: u32 = 16;

/// A free block's head, in the block itself.
#[repr(C)]
struct Free {
    bytes: u32,
    next: u32,
}

/// The heap's state.
struct Heap {
    /// First free block, 0 if there is none.
    first: u32,
    /// End of what is mapped.
    end: u32,
    /// It may not go beyond this.
    limit: u32,
}

static mut HEAP: Heap = Heap { first: 0, end: HEAP_BASE, limit: HEAP_BASE + HEAP_MAX };
static mut LOAN: Heap = Heap { first: 0, end: LOAN_BASE, limit: LOAN_BASE + LOAN_MAX };
/// Is it the second heap that is allocated from now?
static LENT: AtomicBool = AtomicBool::new(false);
/// Frames in hand that the second heap must find: the disassembler's tables take 28.
const LOAN_PAGES: usize = 36;
/// Frames in hand, at most, and how many a refill brings.
const SPARE_MAX: usize = 512;
const SPARE_WANTED: usize = 40;
static mut SPARE: ArrayVec<u32, SPARE_MAX> = ArrayVec::new_const();

/// The allocator that `alloc` uses.
pub struct CoreAllocator;

#[global_allocator]
static ALLOCATOR: CoreAllocator = CoreAllocator;

/// The heap's state.
fn heap() -> &'static mut Heap {
    let at = &raw mut HEAP;
    // SAFETY: one thread of control, and no caller keeps the reference beyond its own function.
    unsafe { &mut *at }
}

/// The second heap's state.
fn loan() -> &'static mut Heap {
    let at = &raw mut LOAN;
    // SAFETY: one thread of control, and no caller keeps the reference beyond its own function.
    unsafe { &mut *at }
}

/// The frames in hand.
fn spare() -> &'static mut ArrayVec<u32, SPARE_MAX> {
    let at = &raw mut SPARE;
    // SAFETY: one thread of control, and no caller keeps the reference beyond its own function.
    unsafe { &mut *at }
}

/// Tops up the frames in hand. Cheap when there are enough; when memory is short, it stays short.
#[inline]
pub fn refill(memory: &mut Memory) {
    if spare().len() < SPARE_WANTED / 2 {
        refill_slowly(memory);
    }
}

#[cold]
fn refill_slowly(memory: &mut Memory) {
    let spare = spare();
    while spare.len() < SPARE_WANTED {
        let Some(frame) = memory.allocate(Owner::Kernel) else { return };
        spare.push(frame);
    }
}

/// Brings the heap's free end and the frames in hand to a fixed size again, whatever clients needed, so that every first
/// client finds as much memory as the one before.
pub fn settle(memory: &mut Memory) {
    heap().trim();
    refill_slowly(memory);
    heap().extend();
    refill_slowly(memory);
    let spare = spare();
    while spare.len() > SPARE_WANTED {
        if let Some(frame) = spare.pop() {
            memory.frames.free(frame);
        }
    }
}

/// Runs `f` on memory that is given back afterwards, whatever `f` has done with it: what it allocates may not be used later. False,
/// and nothing done, where there is not as much memory.
pub fn on_loan(memory: &mut Memory, f: impl FnOnce()) -> bool {
    refill_slowly(memory);
    if spare().len() < LOAN_PAGES {
        return false;
    }
    LENT.store(true, Ordering::Relaxed);
    f();
    LENT.store(false, Ordering::Relaxed);
    let loan = loan();
    loan.first = 0;
    while loan.end > LOAN_BASE {
        loan.end -= 4096;
        unmap_core_page(loan.end);
    }
    forget_disassembler();
    true
}

/// The disassembler's static memory, which refers to its tables, becomes what it was at start.
fn forget_disassembler() {
    extern "C" {
        static mut __disassembler_start: u8;
        static mut __disassembler_end: u8;
    }
    let (start, end) = (&raw mut __disassembler_start, &raw mut __disassembler_end);
    // SAFETY: by the linker script this range is the disassembler's static memory; no reference to it is alive, since its code
    // returned, and zeros are what it began with.
    unsafe { start.write_bytes(0, end as usize - start as usize) };
}

/// Takes a frame in hand.
pub fn take_frame() -> Option<u32> {
    spare().pop()
}

/// Keeps a page frame of the core's for later growth. Beyond the room there is it is lost, which needs more LDT pages than
/// all clients have.
pub fn keep_frame(frame: u32) {
    let _ = spare().try_push(frame);
}

/// Makes sure that an allocation of `bytes` will succeed; false when there is no memory for it.
pub fn reserve(bytes: usize) -> bool {
    heap().reserve(round(bytes as u32))
}

fn round(bytes: u32) -> u32 {
    (bytes.max(1) + GRAIN - 1) & !(GRAIN - 1)
}

impl Heap {
    /// Grows until a block of `wanted` bytes is free.
    #[inline(never)]
    fn reserve(&mut self, wanted: u32) -> bool {
        while self.largest() < wanted {
            if self.end >= self.limit || !map_core_page(self.end) {
                return false;
            }
            let at = self.end;
            self.end += 4096;
            self.give(at, 4096);
        }
        true
    }

    fn block(at: u32) -> &'static mut Free {
        // SAFETY: `at` is a free block's address: mapped, aligned to GRAIN, and only the heap uses it.
        unsafe { &mut *(at as *mut Free) }
    }

    /// Where the heap ends when only [`TAIL`] whole pages are free at its end.
    fn settled_end(&self) -> u32 {
        let mut tail = self.end;
        let mut at = self.first;
        while at != 0 {
            let block = Self::block(at);
            if at + block.bytes == self.end {
                tail = at;
            }
            at = block.next;
        }
        ((tail + 4095) & !4095) + TAIL
    }

    /// Gives up pages that are free at the end.
    fn trim(&mut self) {
        let wanted = self.settled_end();
        if wanted >= self.end {
            return;
        }
        let mut at = self.first;
        while Self::block(at).next != 0 {
            at = Self::block(at).next;
        }
        Self::block(at).bytes -= self.end - wanted;
        while self.end > wanted {
            self.end -= 4096;
            unmap_core_page(self.end);
        }
    }

    /// Maps pages at the end, as far as there are frames in hand.
    fn extend(&mut self) {
        let wanted = self.settled_end().min(self.limit);
        while self.end < wanted && map_core_page(self.end) {
            let at = self.end;
            self.end += 4096;
            self.give(at, 4096);
        }
    }

    /// Bytes of the largest free block.
    fn largest(&self) -> u32 {
        let mut largest = 0;
        let mut at = self.first;
        while at != 0 {
            let block = Self::block(at);
            largest = largest.max(block.bytes);
            at = block.next;
        }
        largest
    }

    /// Takes a block, or 0.
    #[inline(never)]
    fn take(&mut self, bytes: u32) -> u32 {
        let mut before = 0;
        let mut at = self.first;
        while at != 0 {
            let (size, next) = {
                let block = Self::block(at);
                (block.bytes, block.next)
            };
            if size >= bytes {
                let follow = if size > bytes {
                    let rest = at + bytes;
                    let block = Self::block(rest);
                    block.bytes = size - bytes;
                    block.next = next;
                    rest
                } else {
                    next
                };
                match before {
                    0 => self.first = follow,
                    _ => Self::block(before).next = follow,
                }
                return at;
            }
            before = at;
            at = next;
        }
        0
    }

    /// Gives a block back and joins it with its neighbours.
    #[inline(never)]
    fn give(&mut self, at: u32, bytes: u32) {
        let mut before = 0;
        let mut next = self.first;
        while next != 0 && next < at {
            before = next;
            next = Self::block(next).next;
        }
        let block = Self::block(at);
        block.bytes = bytes;
        block.next = next;
        if next != 0 && at + bytes == next {
            let follower = Self::block(next);
            block.bytes += follower.bytes;
            block.next = follower.next;
        }
        match before {
            0 => self.first = at,
            _ => {
                let previous = Self::block(before);
                if before + previous.bytes == at {
                    previous.bytes += block.bytes;
                    previous.next = block.next;
                } else {
                    previous.next = at;
                }
            }
        }
    }
}

// SAFETY: `take` hands out each byte once until `give`; blocks are aligned to 16, and where more is wanted, what is taken has
// that much beyond, and is cut.
unsafe impl GlobalAlloc for CoreAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let bytes = round(layout.size() as u32);
        let slack = (layout.align() as u32).max(GRAIN) - GRAIN;
        let heap = if LENT.load(Ordering::Relaxed) { loan() } else { heap() };
        let mut at = heap.take(bytes + slack);
        if at == 0 && heap.reserve(bytes + slack) {
            at = heap.take(bytes + slack);
        }
        if at == 0 || slack == 0 {
            return at as *mut u8;
        }
        let start = (at + slack) & !slack & !(GRAIN - 1);
        if start != at {
            heap.give(at, start - at);
        }
        if start + bytes != at + bytes + slack {
            heap.give(start + bytes, at + slack - start);
        }
        start as *mut u8
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        let heap = if at as u32 >= LOAN_BASE { loan() } else { heap() };
        heap.give(at as u32, round(layout.size() as u32));
    }
}
