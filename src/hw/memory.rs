//! The real machine behind [`Machine`]: memory, page tables through the directory's own slot, windows on physical memory.
//!
//! Facts relied on: paging is on with our directory; directory slot 1023 maps the directory itself, so that the page tables are
//! an array of words at FFC0_0000h; ring 0 may touch every present page; interrupts are off. The callers of `read_*` and
//! `write_*` have checked that the page is present (the trait says so).

use core::arch::asm;

use ferrite::client::CLIENTS_MAX;
use ferrite::layout::{RECURSIVE_SLOT, SEL_LDT};
use ferrite::machine::Machine;
use ferrite::x86::entry::{ACCESSED, DIRTY, FRAME, PAGE, PRESENT, WRITABLE};

use super::copy::{copy_down, copy_linear, copy_up, swap_words};
use super::{cpu, heap, tables};

/// Linear address of the page-table array.
pub const TABLES: u32 = RECURSIVE_SLOT << 22;
/// Linear address of the page directory in that array.
pub const DIRECTORY: u32 = TABLES + (RECURSIVE_SLOT << 12);
/// Local descriptor tables, 64 KiB each.
pub const LDT_BASE: u32 = 0xC040_0000;
/// The core's heap.
pub const HEAP_BASE: u32 = 0xC080_0000;
/// The frame table, up to 8 MiB.
pub const FRAMES_BASE: u32 = 0xC0C0_0000;
/// Windows on physical memory, for what lies beyond [`DIRECT_MAX`].
pub const WINDOWS: u32 = 0xC140_0000;
/// Physical memory from address 0 on, at one distance: nothing has to be mapped to reach it.
pub const DIRECT_BASE: u32 = 0xC200_0000;
/// Bytes of it that there is room for.
pub const DIRECT_MAX: u32 = 0xFF80_0000 - DIRECT_BASE;
/// Pages of a window for copying: 16 KiB and the part page.
const COPY_PAGES: u32 = 5;

/// The machine, with what must be remembered about it.
pub struct Pc {
    /// Pages that each client's LDT has.
    ldt_pages: [u8; CLIENTS_MAX],
    /// Physical addresses below this are mapped at [`DIRECT_BASE`].
    direct: u32,
}

/// Attributes of the core's own pages.
const CORE_PAGE: u32 = PRESENT | WRITABLE | ACCESSED | DIRTY;

/// Reads a double word.
#[inline(always)]
fn peek(linear: u32) -> u32 {
    let value: u32;
    // SAFETY: the caller has checked that the page is present; a read by ring 0 has no other effect. Inline assembly, since
    // the address is not a Rust object's and may be 0.
    unsafe {
        asm!("mov {}, dword ptr [{}]", out(reg) value, in(reg) linear, options(nostack, preserves_flags, readonly))
    };
    value
}

/// Writes a double word.
#[inline(always)]
fn poke(linear: u32, value: u32) {
    // SAFETY: the caller has checked that the page is present and may be written; it is never memory that Rust has a
    // reference to.
    unsafe {
        asm!("mov dword ptr [{}], {}", in(reg) linear, in(reg) value, options(nostack, preserves_flags))
    };
}

/// Maps one of the frames in hand, zeroed, at a core address whose page table exists. False when there is none.
pub fn map_core_page(linear: u32) -> bool {
    let Some(frame) = heap::take_frame() else { return false };
    poke(TABLES + (linear >> 12) * 4, frame << 12 | CORE_PAGE);
    cpu::flush_page(linear);
    clear_page(linear);
    true
}

/// Takes a page that [`map_core_page`] mapped out of the core's tables; its frame comes into hand again.
pub fn unmap_core_page(linear: u32) {
    let at = TABLES + (linear >> 12) * 4;
    heap::keep_frame(peek(at) >> 12);
    poke(at, 0);
    cpu::flush_page(linear);
}

/// Fills a present page of ours with zeros.
fn clear_page(linear: u32) {
    // SAFETY: the caller has checked that the page is present and may be written; DF is clear.
    unsafe {
        asm!("rep stosd", inout("ecx") PAGE / 4 => _, inout("edi") linear & FRAME => _, in("eax") 0, options(nostack));
    }
}

impl Pc {
    /// The machine at start.
    pub const fn new() -> Self {
        Pc { ldt_pages: [0; CLIENTS_MAX], direct: 0 }
    }

    /// From now on physical addresses below `end` are reached at [`DIRECT_BASE`], where they are mapped.
    pub fn set_direct(&mut self, end: u32) {
        self.direct = end;
    }

    /// Linear address of a range of at most 16 KiB of physical memory, by the windows from `index` on where it is not mapped
    /// for good.
    #[inline(always)]
    fn reach(&mut self, index: u32, physical: u32, bytes: u32) -> u32 {
        if physical < self.direct && bytes <= self.direct - physical {
            return DIRECT_BASE + physical;
        }
        self.windows(index, physical, bytes)
    }

    /// The same for a double word, through a shared reference.
    #[inline(always)]
    fn reach_word(&self, physical: u32) -> u32 {
        if physical < self.direct {
            return DIRECT_BASE + physical;
        }
        self.peek_window(physical)
    }

    /// Opens window `index` (0 to 15) on a page frame and returns its linear address.
    fn window(&mut self, index: u32, physical: u32) -> u32 {
        let linear = WINDOWS + index * PAGE;
        poke(TABLES + (linear >> 12) * 4, physical & FRAME | CORE_PAGE);
        cpu::flush_page(linear);
        linear
    }

    /// Opens windows from `index` on a range of at most 16 KiB and returns its linear address.
    #[cold]
    fn windows(&mut self, index: u32, physical: u32, bytes: u32) -> u32 {
        let inside = physical & (PAGE - 1);
        let mut page = 0;
        while page * PAGE < inside + bytes {
            self.window(index + page, (physical & FRAME).wrapping_add(page * PAGE));
            page += 1;
        }
        WINDOWS + index * PAGE + inside
    }

    /// The same for reading through a shared reference: windows are scratch space.
    fn peek_window(&self, physical: u32) -> u32 {
        let linear = WINDOWS + 15 * PAGE;
        poke(TABLES + (linear >> 12) * 4, physical & FRAME | CORE_PAGE);
        cpu::flush_page(linear);
        linear + (physical & 0xFFF)
    }
}

impl Machine for Pc {
    #[inline(always)]
    fn read_u8(&self, linear: u32) -> u8 {
        let value: u8;
        // SAFETY: see `peek`.
        unsafe {
            asm!("mov {}, byte ptr [{}]", out(reg_byte) value, in(reg) linear, options(nostack, preserves_flags, readonly))
        };
        value
    }

    #[inline(always)]
    fn read_u16(&self, linear: u32) -> u16 {
        let value: u16;
        // SAFETY: see `peek`.
        unsafe {
            asm!("mov {:x}, word ptr [{:e}]", out(reg) value, in(reg) linear, options(nostack, preserves_flags, readonly))
        };
        value
    }

    #[inline(always)]
    fn read_u32(&self, linear: u32) -> u32 {
        peek(linear)
    }

    #[inline(always)]
    fn write_u8(&mut self, linear: u32, value: u8) {
        // SAFETY: see `poke`.
        unsafe {
            asm!("mov byte ptr [{}], {}", in(reg) linear, in(reg_byte) value, options(nostack, preserves_flags))
        };
    }

    #[inline(always)]
    fn write_u16(&mut self, linear: u32, value: u16) {
        // SAFETY: see `poke`.
        unsafe {
            asm!("mov word ptr [{:e}], {:x}", in(reg) linear, in(reg) value, options(nostack, preserves_flags))
        };
    }

    #[inline(always)]
    fn write_u32(&mut self, linear: u32, value: u32) {
        poke(linear, value);
    }

    fn read_bytes(&self, linear: u32, to: &mut [u8]) {
        copy_up(linear, to.as_mut_ptr() as u32, to.len() as u32);
    }

    fn write_bytes(&mut self, linear: u32, from: &[u8]) {
        copy_up(from.as_ptr() as u32, linear, from.len() as u32);
    }

    fn copy(&mut self, from: u32, to: u32, bytes: u32) {
        copy_linear(from, to, bytes);
    }

    fn zero_page(&mut self, linear: u32) {
        clear_page(linear);
    }

    #[inline]
    fn directory_entry(&self, slot: u32) -> u32 {
        peek(DIRECTORY + slot * 4)
    }

    #[inline]
    fn set_directory_entry(&mut self, slot: u32, entry: u32) {
        poke(DIRECTORY + slot * 4, entry);
    }

    #[inline]
    fn table_entry(&self, page: u32) -> u32 {
        peek(TABLES + page * 4)
    }

    #[inline]
    fn set_table_entry(&mut self, page: u32, entry: u32) {
        poke(TABLES + page * 4, entry);
    }

    #[inline]
    fn flush_page(&mut self, linear: u32) {
        cpu::flush_page(linear);
    }

    fn flush_all(&mut self) {
        cpu::load_directory(cpu::directory());
    }

    fn load_space(&mut self, directory: u32) {
        if cpu::directory() != directory {
            cpu::load_directory(directory);
        }
    }

    fn read_physical(&self, physical: u32) -> u32 {
        peek(self.reach_word(physical))
    }

    fn write_physical(&mut self, physical: u32, value: u32) {
        poke(self.reach_word(physical), value);
    }

    #[inline(always)]
    fn copy_physical(&mut self, from: u32, to: u32, bytes: u32) {
        let source = self.reach(0, from, bytes);
        let target = self.reach(COPY_PAGES, to, bytes);
        // Overlap is a matter of physical addresses, not of the windows'.
        if to > from && to - from < bytes {
            copy_down(source, target, bytes);
        } else {
            copy_up(source, target, bytes);
        }
    }

    fn swap_physical(&mut self, one: u32, other: u32, bytes: u32) {
        let one = self.reach(0, one, bytes);
        let other = self.reach(COPY_PAGES, other, bytes);
        swap_words(one, other, bytes / 4);
    }

    fn zero_frame(&mut self, physical: u32) {
        let at = self.reach(14, physical, PAGE);
        self.zero_page(at);
    }

    fn descriptor(&self, client: u8, index: u16) -> u64 {
        if index as u32 >= self.ldt_pages[client as usize] as u32 * (PAGE / 8) {
            return 0;
        }
        let at = ldt_address(client) + index as u32 * 8;
        peek(at) as u64 | (peek(at + 4) as u64) << 32
    }

    fn set_descriptor(&mut self, client: u8, index: u16, value: u64) {
        if index as u32 >= self.ldt_pages[client as usize] as u32 * (PAGE / 8) {
            return;
        }
        let at = ldt_address(client) + index as u32 * 8;
        poke(at, value as u32);
        poke(at + 4, (value >> 32) as u32);
    }

    fn grow_descriptors(&mut self, client: u8, index: u16) -> bool {
        let wanted = index as u32 / (PAGE / 8) + 1;
        let mut pages = self.ldt_pages[client as usize] as u32;
        if pages >= wanted {
            return true;
        }
        while pages < wanted {
            if !map_core_page(ldt_address(client) + pages * PAGE) {
                return false;
            }
            pages += 1;
            self.ldt_pages[client as usize] = pages as u8;
        }
        self.load_descriptors(client);
        true
    }

    fn drop_descriptors(&mut self, client: u8) {
        cpu::load_ldt(0);
        let pages = core::mem::take(&mut self.ldt_pages[client as usize]);
        for page in 0..pages as u32 {
            unmap_core_page(ldt_address(client) + page * PAGE);
        }
    }

    fn load_descriptors(&mut self, client: u8) {
        tables::set_ldt(ldt_address(client), self.ldt_pages[client as usize] as u32 * PAGE);
        cpu::load_ldt(SEL_LDT);
    }

    fn reserve_heap(&mut self, bytes: usize) -> bool {
        heap::reserve(bytes)
    }

    fn set_a20(&mut self, on: bool) {
        // Port 92h; the resident part uses the method that works where this does not.
        let value = cpu_input(0x92);
        cpu_output(0x92, value & !3 | (on as u8) << 1);
    }

    fn input(&mut self, port: u16) -> u8 {
        cpu_input(port)
    }

    fn output(&mut self, port: u16, value: u8) {
        cpu_output(port, value);
    }

    fn debug_register(&self, number: u8) -> u32 {
        cpu::debug_register(number)
    }

    fn set_debug_register(&mut self, number: u8, value: u32) {
        cpu::set_debug_register(number, value);
    }

    #[inline]
    fn take_interrupt(&mut self) -> Option<u8> {
        extern "C" {
            fn take_interrupt() -> u32;
        }
        // SAFETY: the routine changes nothing of the core's; an interrupt's only effect is the number that it returns.
        let vector = unsafe { take_interrupt() };
        (vector != 0).then_some(vector as u8)
    }

    fn save_fpu(&mut self, to: &mut [u8; 108]) {
        // A client may have set EM, with which the instruction would trap.
        cpu::prepare(true, false);
        cpu::save_fpu(to);
    }

    fn load_fpu(&mut self, from: &[u8; 108]) {
        cpu::prepare(true, false);
        cpu::load_fpu(from);
    }

    fn set_coprocessor(&mut self, monitor: bool, emulate: bool) {
        cpu::prepare(monitor, emulate);
    }
}

fn cpu_input(port: u16) -> u8 {
    // SAFETY: ring 0 may read any port; what a device does about it is the guest's business.
    unsafe { cpu::input(port) }
}

fn cpu_output(port: u16, value: u8) {
    // SAFETY: as above.
    unsafe { cpu::output(port, value) }
}

/// Linear address of a client's LDT.
#[inline(always)]
pub fn ldt_address(client: u8) -> u32 {
    LDT_BASE + ((client as u32) << 16)
}
