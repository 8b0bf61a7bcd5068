//! The live GDT, IDT and TSS.
//!
//! Facts relied on: only the core's page tables map these, for ring 0; they are written with interrupts off, before the CPU
//! uses what was written.

use ferrite::landing::LANDING_PAGE;
use ferrite::layout::{
    SEL_BIOS_DATA, SEL_CORE_CODE, SEL_CORE_DATA, SEL_LANDING16, SEL_LANDING32, SEL_LDT, SEL_RESIDENT_CODE,
    SEL_RESIDENT_DATA, SEL_TSS,
};
use ferrite::x86::descriptor::{Descriptor, BIG, CODE3, DATA3};

/// Alias of the exit's stack for guests with 16-bit stacks (entry.S).
pub const SEL_ESPFIX: u32 = 0x50;
/// Bytes of the GDT.
pub const GDT_BYTES: usize = 0x58;
/// Bytes of the TSS before the I/O bitmap.
const TSS_BYTES: usize = 104;
/// One bit per port, and the byte of ones that the CPU wants behind them.
const BITMAP_BYTES: usize = 8192 + 1;

/// The global descriptor table. The core's own segments are there from the beginning: the first crossing needs them before
/// [`fill`] has run.
#[unsafe(link_section = ".hot.data")]
pub static mut GDT: [u64; GDT_BYTES / 8] = {
    let mut table = [0; GDT_BYTES / 8];
    table[SEL_CORE_CODE as usize / 8] = Descriptor::new(0, !0, 0x9B, BIG).0;
    table[SEL_CORE_DATA as usize / 8] = Descriptor::new(0, !0, 0x93, BIG).0;
    table
};
/// The interrupt descriptor table.
#[unsafe(link_section = ".bss.hot.idt")]
pub static mut IDT: [u64; 256] = [0; 256];
/// The gates that are open while a guest waits in HLT (real.S).
static mut IDLE_IDT: [u64; IDLE_GATES] = [0; IDLE_GATES];
/// Up to the last IRQ.
const IDLE_GATES: usize = 0x78;
/// What LIDT reads: limit and base.
#[repr(C, packed)]
pub struct Pointer(u16, u32);
/// Of the table of those gates,
pub static mut IDLE_POINTER: Pointer = Pointer(0, 0);
/// and of the one that is loaded otherwise.
pub static mut IDT_POINTER: Pointer = Pointer(0, 0);
/// The table while the core lets an interrupt in on purpose (xms.S).
pub static mut WINDOW_IDT: [u64; 256] = [0; 256];
/// ESP and SS for the narrow exit (entry.S).
#[unsafe(link_section = ".hot.data")]
pub static mut ESPFIX: [u32; 2] = [0, SEL_ESPFIX];
/// Where the core leaves for real mode: offset and selector.
pub static mut LEAVE: [u32; 2] = [0, SEL_RESIDENT_CODE];
/// The same for XMS calls.
pub static mut XMS_LEAVE: [u32; 2] = [0, SEL_RESIDENT_CODE];

/// The task state segment, but for its I/O permission bitmap.
#[repr(C)]
pub struct TaskState {
    link: u32,
    esp0: u32,
    ss0: u32,
    rest: [u32; 22],
    trap: u16,
    bitmap_offset: u16,
}

/// The task state segment.
#[unsafe(link_section = ".hot.data")]
pub static mut TSS: TaskState =
    TaskState { link: 0, esp0: 0, ss0: SEL_CORE_DATA, rest: [0; 22], trap: 0, bitmap_offset: 0 };

const _: () = assert!(size_of::<TaskState>() == TSS_BYTES);

/// The I/O permission bitmap. The linker script has it within 64 KiB behind the TSS.
#[unsafe(link_section = ".bss.hot.ports")]
static mut PORTS: [u8; BITMAP_BYTES] = [0; BITMAP_BYTES];

/// Ports that V86 code does not reach directly: A20 hangs on them.
const CAUGHT_PORTS: [u16; 3] = [0x60, 0x64, 0x92];

/// Ports that are caught as well where clients run at IOPL 0: the interrupt controllers, lest the hot key be shut out,
/// and since interrupts may wait for a client.
const WITHHELD_PORTS: [u16; 3] = [0x20, 0x21, 0xA0];

extern "C" {
    static vector_stubs: [u32; 256];
    static idle_stubs: u8;
    static window_stubs: u8;
}

/// Gates that INT from ring 3 must not pass: exceptions and IRQs that cannot be told from it otherwise. 10h to 13h stay
/// open, as programs call them; CR0.NE and AM, and CR4.MCE, stay clear for that.
const fn is_closed(vector: usize) -> bool {
    matches!(vector, 0x01 | 0x02 | 0x06 | 0x07 | 0x08..=0x0F | 0x70..=0x77)
}

/// The non-maskable interrupt's vector.
const NMI: usize = 2;

/// An interrupt gate to `at`; `access` is its third word.
const fn gate(at: u32, access: u64) -> u64 {
    (at & 0xFFFF) as u64 | (SEL_CORE_CODE as u64) << 16 | access << 32 | ((at >> 16) as u64) << 48
}

/// The live descriptor table, for changing.
fn descriptors() -> &'static mut [u64; GDT_BYTES / 8] {
    let at = &raw mut GDT;
    // SAFETY: one thread of control; no caller keeps the reference, and the CPU reads what is whole at any time.
    unsafe { &mut *at }
}

/// Fills the tables.
///
/// # Safety
/// Called once, at start, from the core's only thread of control.
pub unsafe fn fill(resident: u32, leave: u16, xms_leave: u16, client_iopl: u8) {
    let tss = (&raw const TSS) as u32;
    let bitmap_offset = (&raw const PORTS) as u32 - tss;
    let gdt = descriptors();
    let entries = [
        (SEL_CORE_CODE, Descriptor::new(0, !0, 0x9B, BIG)),
        (SEL_CORE_DATA, Descriptor::new(0, !0, 0x93, BIG)),
        (SEL_RESIDENT_CODE, Descriptor::new(resident, 0xFFFF, 0x9B, 0)),
        (SEL_RESIDENT_DATA, Descriptor::new(resident, 0xFFFF, 0x93, 0)),
        (SEL_TSS, Descriptor::new(tss, bitmap_offset + BITMAP_BYTES as u32 - 1, 0x89, 0)),
        (SEL_LANDING32, Descriptor::new(LANDING_PAGE, 0xFFF, CODE3, BIG)),
        (SEL_LANDING16, Descriptor::new(LANDING_PAGE, 0xFFF, CODE3, 0)),
        (SEL_BIOS_DATA, Descriptor::new(0x400, 0xFFFF, DATA3, 0)),
        (SEL_ESPFIX, Descriptor::new(0, !0, 0x93, BIG)),
    ];
    for (selector, descriptor) in entries {
        gdt[selector as usize >> 3] = descriptor.0;
    }
    let stubs = &raw const vector_stubs;
    // SAFETY: 256 words among the constants.
    let stubs = unsafe { &*stubs };
    let idt = &raw mut IDT;
    // SAFETY: the caller's promise: nobody else refers to the table.
    let idt = unsafe { &mut *idt };
    for (vector, (entry, &at)) in idt.iter_mut().zip(stubs).enumerate() {
        let access: u64 = if is_closed(vector) { 0x8E00 } else { 0xEE00 };
        *entry = gate(at, access);
    }
    let stubs = (&raw const window_stubs) as u32;
    let window = &raw mut WINDOW_IDT;
    // SAFETY: as above.
    let window = unsafe { &mut *window };
    for (vector, entry) in window.iter_mut().enumerate() {
        *entry = gate(stubs + vector as u32 * 8, 0x8E00);
    }
    let waiting = &raw mut IDLE_IDT;
    // SAFETY: the caller's promise: nobody else refers to the table.
    let waiting = unsafe { &mut *waiting };
    waiting.copy_from_slice(&idt[..IDLE_GATES]);
    let stubs = (&raw const idle_stubs) as u32;
    for (number, vector) in (0x08..0x10).chain(0x70..0x78).chain([NMI]).enumerate() {
        waiting[vector] = gate(stubs + number as u32 * 16, 0x8E00);
    }
    let (pointer, base) = (&raw mut IDLE_POINTER, (&raw const IDLE_IDT) as u32);
    // SAFETY: as above; nothing reads it before a guest runs.
    unsafe { pointer.write(Pointer(IDLE_GATES as u16 * 8 - 1, base)) };
    let (pointer, base) = (&raw mut IDT_POINTER, (&raw const IDT) as u32);
    // SAFETY: as above.
    unsafe { pointer.write(Pointer(256 * 8 - 1, base)) };
    let task = &raw mut TSS;
    // SAFETY: the caller's promise: nobody else refers to it.
    let task = unsafe { &mut *task };
    task.bitmap_offset = bitmap_offset as u16;
    let ports = &raw mut PORTS;
    // SAFETY: as above.
    let ports = unsafe { &mut *ports };
    let withheld: &[u16] = if client_iopl == 0 { &WITHHELD_PORTS } else { &[] };
    for port in CAUGHT_PORTS.iter().chain(withheld) {
        ports[*port as usize / 8] |= 1 << (port % 8);
    }
    ports[BITMAP_BYTES - 1] = 0xFF;
    let way_out = &raw mut LEAVE;
    // SAFETY: as above.
    unsafe { way_out.write([leave as u32, SEL_RESIDENT_CODE]) };
    let way_out = &raw mut XMS_LEAVE;
    // SAFETY: as above.
    unsafe { way_out.write([xms_leave as u32, SEL_RESIDENT_CODE]) };
}

/// The timer's interrupt.
pub const TICK: usize = 8;
/// The bit of its gate's offset that has the next tick forget all translations.
///
/// DOSBox-X walks a list of the ring-0 pages that it holds translations of at every change between rings 0 and 3. What Rust code
/// does touches some thirty of the core's pages; the quick crossings need five, and would pay for the rest until the next
/// change of the address space. So the first tick after Rust code has run begins with a load of CR3 (stubs.S).
pub const RUST_HAS_RUN: u32 = 32;

/// The next tick forgets all translations.
#[inline(always)]
pub fn rust_has_run() {
    let at = &raw mut IDT;
    // SAFETY: one thread of control, and the CPU reads what is whole at any time.
    unsafe { (*at)[TICK] |= RUST_HAS_RUN as u64 };
}

/// Loads the task register; each crossing from real mode may, as the busy bit is cleared first.
pub fn load_task() {
    descriptors()[SEL_TSS as usize >> 3] &= !(2 << 40);
    // SAFETY: the descriptor names the static TSS and is not busy.
    unsafe { core::arch::asm!("ltr {0:x}", in(reg) SEL_TSS, options(nostack, preserves_flags)) };
}

/// Points the LDT descriptor at a client's table; `bytes` 0 for none.
pub fn set_ldt(base: u32, bytes: u32) {
    let descriptor = Descriptor::new(base, bytes.saturating_sub(1), 0x82, 0);
    descriptors()[SEL_LDT as usize >> 3] = descriptor.0;
}
