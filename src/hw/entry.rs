//! Ring crossings: the assembly of `entry.S` with its constants, and the Rust functions it calls.
//!
//! Facts relied on: interrupts are off from here to the exit; nothing else touches the statics; the entry code
//! has filled the current slot.

use core::arch::global_asm;
use core::mem::{offset_of, size_of};

use super::host::{Core, MONITOR, SLOTS};
use super::tables::{ESPFIX, GDT, IDT, LEAVE, TSS};
use crate::hw;
use ferrite::layout;
use ferrite::monitor::slots::{Slot, Slots};
use ferrite::monitor::{Kind, Resume};
use ferrite::regs::Registers;

/// Bytes of the stack that Rust runs on. Its contents never outlive an event.
const WORK_BYTES: usize = 32 * 1024;

/// The stack that Rust runs on.
#[repr(C, align(16))]
pub struct WorkStack([u8; WORK_BYTES]);

/// See [`WorkStack`].
static mut WORK_STACK: WorkStack = WorkStack([0; WORK_BYTES]);

/// Offset of a register field in a slot.
macro_rules! field {
    ($name:ident) => {
        offset_of!(Slot, regs) + offset_of!(Registers, $name)
    };
}

global_asm!(
    include_str!("entry.S"),
    MAGIC = const layout::CORE_MAGIC,
    FINGERPRINT = const layout::FINGERPRINT,
    GDT_LIMIT = const super::tables::GDT_BYTES - 1,
    IDT_LIMIT = const 256 * 8 - 1,
    GDT = sym GDT,
    IDT = sym IDT,
    TSS = sym TSS,
    ESPFIX = sym ESPFIX,
    LEAVE = sym LEAVE,
    SLOTS = sym SLOTS,
    MONITOR = sym MONITOR,
    WORK_STACK = sym WORK_STACK,
    WORK_BYTES = const WORK_BYTES,
    CURRENT = const offset_of!(Slots, current_offset),
    HOOKED = const offset_of!(Core, host.hooked),
    CORE_DATA = const layout::SEL_CORE_DATA,
    SEL_ESPFIX = const super::tables::SEL_ESPFIX,
    TRAP_VECTOR = const layout::TRAP_VECTOR,
    SOFTWARE = const Kind::Software as u32,
    IRQ = const Kind::Irq as u32,
    EXCEPTION = const Kind::Exception as u32,
    gs = const field!(gs),
    fs = const field!(fs),
    es = const field!(es),
    ds = const field!(ds),
    edi = const field!(edi),
    error = const field!(error),
    eip = const field!(eip),
    cs = const field!(cs),
    eflags = const field!(eflags),
    esp = const field!(esp),
    ss = const field!(ss),
    v_es = const field!(v_es),
    V86_END = const offset_of!(Slot, regs) + size_of::<Registers>(),
    core_interrupt = sym core_interrupt,
    core_fault = sym core_fault,
    core_real = sym core_real,
    core_dormant = sym core_dormant,
);

/// An interrupt that the entry code did not finish. 0: resume the current slot; 1: go dormant.
extern "C" fn core_interrupt(vector: u32, kind: u32) -> u32 {
    let kind = match kind {
        0 => Kind::Exception,
        1 => Kind::Irq,
        _ => Kind::Software,
    };
    let resume = hw::host::with(|monitor, slots| {
        if vector == 0x0E && kind == Kind::Exception {
            monitor.fault_address = hw::cpu::fault_address();
        }
        hw::heap::refill(&mut monitor.host.memory);
        monitor.interrupt(slots, vector as u8, kind)
    });
    (resume == Resume::Dormant) as u32
}

/// A fault in the core itself: a defect. `at` points to the registers as PUSHAD left them, then the error code, EIP, CS, EFLAGS.
extern "C" fn core_fault(vector: u32, at: *const u32) -> ! {
    // SAFETY: the entry code passes the stack pointer behind which it has just pushed 12 words.
    let words = unsafe { at.cast::<[u32; 12]>().read() };
    hw::panic::fault(vector, &words)
}

/// A crossing from real mode. 0: leave again; 1: resume the current slot.
extern "C" fn core_real(resident: u32) -> u32 {
    hw::host::real_event(resident) as u32
}

/// The last client is gone.
extern "C" fn core_dormant() {
    hw::host::leave_active();
}
