//! Ring crossings: the assembly (the `.S` files) with its constants, and the Rust functions it calls.
//!
//! Facts relied on: interrupts are off from here to the exit; nothing else touches the statics; the entry code
//! has filled the current slot.

use core::arch::global_asm;
use core::mem::{offset_of, size_of};

use super::fast::Fast;
use super::host::{Core, MONITOR, SLOTS};
use super::tables::{ESPFIX, GDT, IDLE_POINTER, IDT, IDT_POINTER, LEAVE, TSS, WINDOW_IDT, XMS_LEAVE};
use crate::hw;
use ferrite::client::{Client, USER_TICK};
use ferrite::heap::{self, entry_code};
use ferrite::host::Callback;
use ferrite::layout::XmsCall;
use ferrite::monitor::slots::{Landing, Slot, Slots, ENTERED, QUICK, SLOTS as SLOTS_MAX};
use ferrite::monitor::{Kind, Resume, LOCKED_MARGIN, REAL_RESERVE, TICKS_INSIDE};
use ferrite::regs::{self, General, Registers};
use ferrite::xms::{work::Caller, Quick};
use ferrite::{landing, layout, structure};

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
    include_str!("stubs.S"),
    include_str!("entry.S"),
    include_str!("faults.S"),
    include_str!("real.S"),
    include_str!("fast/pieces.S"),
    include_str!("fast/int31.S"),
    include_str!("fast/deliver.S"),
    include_str!("fast/trap.S"),
    include_str!("fast/landing.S"),
    include_str!("xms.S"),
    MAGIC = const layout::CORE_MAGIC,
    FINGERPRINT = const layout::FINGERPRINT,
    GDT_LIMIT = const super::tables::GDT_BYTES - 1,
    IDT_LIMIT = const 256 * 8 - 1,
    GDT = sym GDT,
    IDT = sym IDT,
    TSS = sym TSS,
    ESPFIX = sym ESPFIX,
    LEAVE = sym LEAVE,
    IDLE = const IDLE,
    IDLE_POINTER = sym IDLE_POINTER,
    IDT_POINTER = sym IDT_POINTER,
    TICK = const super::tables::TICK,
    RUST_HAS_RUN = const super::tables::RUST_HAS_RUN,
    SLOTS = sym SLOTS,
    MONITOR = sym MONITOR,
    WORK_STACK = sym WORK_STACK,
    WORK_BYTES = const WORK_BYTES,
    CURRENT = const offset_of!(Slots, current_offset),
    HOOKED = const offset_of!(Core, host.hooked),
    A20 = const offset_of!(Core, a20),
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
    ebx = const field!(ebx),
    edx = const field!(edx),
    ecx = const field!(ecx),
    eax = const field!(eax),
    esi = const field!(esi),
    v_ds = const field!(v_ds),
    v_fs = const field!(v_fs),
    v_gs = const field!(v_gs),
    landing = const offset_of!(Slot, landing),
    data = const offset_of!(Slot, data),
    real_stack = const offset_of!(Slot, real_stack),
    locked_esp = const offset_of!(Slot, locked_esp),
    expected = const offset_of!(Slot, expected),
    alias_base = const offset_of!(Slot, alias_base),
    generation = const offset_of!(Slot, generation),
    vector = const offset_of!(Slot, vector),
    locked = const offset_of!(Slot, locked),
    given_selector = const offset_of!(Slot, given_selector),
    given_offset = const offset_of!(Slot, given_offset),
    C_KNOWN_GENERATION = const offset_of!(Callback, known_generation),
    C_KNOWN_LINEAR = const offset_of!(Callback, known_linear),
    L_INTERRUPT_FAST = const Landing::Interrupt as u32 | ((ENTERED | QUICK) as u32) << 8,
    L_EXCEPTION_FAST = const Landing::Exception as u32 | ((ENTERED | QUICK) as u32) << 8,
    L_CALLBACK_FAST = const Landing::Callback as u32 | (ENTERED as u32) << 8,
    LANDING_VECTOR = const landing::LANDING_VECTOR,
    F_REFLECTED = const offset_of!(Fast, reflected),
    F_STRUCTURE = const offset_of!(Fast, structure),
    F_INTERRUPTED = const offset_of!(Fast, interrupted),
    F_INTERRUPT = const offset_of!(Fast, interrupt),
    USER_TICK = const USER_TICK,
    F_HOOKED = const offset_of!(Fast, hooked),
    F_INTERRUPT_V86 = const offset_of!(Fast, interrupt_v86),
    NEVER = const super::fast::NEVER,
    F_EXCEPTION = const offset_of!(Fast, exception),
    F_CALLBACK = const offset_of!(Fast, callback),
    F_GENERATION = const offset_of!(Fast, generation),
    F_KNOWN_SELECTOR = const offset_of!(Fast, known_selector),
    F_KNOWN_OFFSET = const offset_of!(Fast, known_offset),
    F_KNOWN_LINEAR = const offset_of!(Fast, known_linear),
    LOCKED_MARGIN = const LOCKED_MARGIN,
    TICKS_INSIDE = const TICKS_INSIDE,
    H_LOCKED_FLOOR = const offset_of!(Client, hot.locked_floor),
    H_LOCKED_HIGH = const offset_of!(Client, hot.locked_high),
    H_LOCKED_LOW = const offset_of!(Client, hot.locked_low),
    LAST_SLOT = const (SLOTS_MAX - 2) * size_of::<Slot>(),
    GUEST_FLAGS = const regs::GUEST_FLAGS,
    ARITHMETIC = const regs::ARITHMETIC,
    IOPL_BITS = const regs::IOPL >> 8,
    CARRY = const regs::CARRY,
    TRAP = const regs::TRAP,
    NESTED = const regs::NESTED,
    INTERRUPT = const regs::INTERRUPT,
    INTERRUPT_BIT = const regs::INTERRUPT.trailing_zeros(),
    DIRECTION = const regs::DIRECTION,
    IOPL = const regs::IOPL,
    RESUME = const regs::RESUME,
    VIRTUAL = const regs::VIRTUAL,
    ALWAYS = const regs::ALWAYS,
    PIC_BASES = const ferrite::dpmi::version::PIC_BASES,
    SLOT_BYTES = const size_of::<Slot>(),
    REAL_RESERVE = const REAL_RESERVE,
    QUICK = const QUICK,
    STRUCTURE = const structure::SIZE,
    S_EDI = const structure::EDI,
    S_ESI = const structure::EDI + 4,
    S_EBP = const structure::EDI + 8,
    S_ESP = const structure::EDI + 12,
    S_EBX = const structure::EDI + 16,
    S_EDX = const structure::EDI + 20,
    S_ECX = const structure::EDI + 24,
    S_EAX = const structure::EDI + 28,
    S_FLAGS = const structure::FLAGS,
    S_ES = const structure::ES,
    S_DS = const structure::ES + 2,
    S_FS = const structure::ES + 4,
    S_GS = const structure::ES + 6,
    S_IP = const structure::IP,
    S_CS = const structure::IP + 2,
    S_SP = const structure::SP,
    S_SS = const structure::SP + 2,
    LOW_END = const layout::LOW_END,
    ARENA_END = const ferrite::paging::ARENA_END,
    DIRECTORY = const super::memory::DIRECTORY,
    TABLES = const super::memory::TABLES,
    LANDING32 = const layout::SEL_LANDING32,
    INTERRUPT_RETURN = const landing::INTERRUPT_RETURN,
    EXCEPTION_RETURN = const landing::EXCEPTION_RETURN,
    CALLBACK_RETURN = const landing::CALLBACK_RETURN,
    RAW_SWITCH = const landing::RAW_SWITCH,
    EXCEPTIONS_SITE = const landing::EXCEPTIONS,
    DIRECT_VECTORS = sym super::fast::DIRECT_VECTORS,
    PLAIN_DOS = sym super::fast::PLAIN_DOS,
    FAST = sym super::fast::FAST,
    F_CLIENT = const offset_of!(Fast, client),
    F_LDT = const offset_of!(Fast, ldt),
    F_CURRENT = const offset_of!(Fast, current),
    F_RETURN_SITE = const offset_of!(Fast, return_site),
    F_RETURN_AFTER = const offset_of!(Fast, return_after),
    F_RAW_AFTER = const offset_of!(Fast, raw_after),
    F_XMS_AFTER = const offset_of!(Fast, xms_after),
    F_XMS_AGAIN_AFTER = const offset_of!(Fast, xms_again_after),
    F_CALLBACK_AFTER = const offset_of!(Fast, callback_after),
    F_RESIDENT_SEGMENT = const offset_of!(Fast, resident_segment),
    F_CALLBACKS = const offset_of!(Fast, callbacks),
    F_CALLBACK_COUNT = const offset_of!(Fast, callback_count),
    F_CLIENT_FLAGS = const offset_of!(Fast, client_flags),
    F_BLOCKS = const offset_of!(Fast, blocks),
    F_BLOCK_COUNT = const offset_of!(Fast, block_count),
    INDEX_MASK = const entry_code::INDEX_MASK,
    BLOCK_SHIFT = const entry_code::BLOCK_SHIFT,
    B_HANDLE = const entry_code::HANDLE,
    B_LOCKS = const entry_code::LOCKS,
    B_BASE = const entry_code::BASE,
    SCATTERED = const heap::SCATTERED,
    NO_WINDOW = const heap::NO_WINDOW,
    WINDOW_FOR = const offset_of!(Core, host.memory.heap.window_for),
    WINDOW_IDT = sym WINDOW_IDT,
    XMS_LEAVE = sym XMS_LEAVE,
    XMS_CALL_BYTES = const size_of::<XmsCall>(),
    XMS_RETURN = const layout::XMS_RETURN,
    RESIDENT_DATA = const layout::SEL_RESIDENT_DATA,
    F_VERSION = const offset_of!(Fast, version),
    VECTORS = const offset_of!(Client, vectors),
    EXCEPTIONS = const offset_of!(Client, exceptions),
    ALIAS = const offset_of!(Client, alias_selector),
    CALLS = const offset_of!(Client, calls),
    CALL_NEXT = const offset_of!(Client, call_next),
    H_REAL = const offset_of!(Client, hot.real_stack),
    H_LOCKED_ESP = const offset_of!(Client, hot.locked_esp),
    H_LOCKED_DEPTH = const offset_of!(Client, hot.locked_depth),
    H_LOCKED_SELECTOR = const offset_of!(Client, hot.locked_selector),
    H_LOCKED_BASE = const offset_of!(Client, hot.locked_base),
    H_WIDE = const offset_of!(Client, hot.is_wide),
    CALLBACK_BYTES = const size_of::<Callback>(),
    C_KIND = const offset_of!(Callback, kind),
    C_CLIENT = const offset_of!(Callback, client),
    C_PROCEDURE = const offset_of!(Callback, procedure),
    C_STRUCTURE = const offset_of!(Callback, structure),
    core_interrupt = sym core_interrupt,
    core_service = sym core_service,
    core_xms = sym core_xms,
    core_xms_allocate = sym core_xms_allocate,
    core_xms_free = sym core_xms_free,
    core_xms_move = sym core_xms_move,
    core_xms_move_real = sym core_xms_move_real,
    core_xms_real = sym core_xms_real,
    core_fault = sym core_fault,
    core_page_fault = sym core_page_fault,
    core_real = sym core_real,
    core_dormant = sym core_dormant,
);

/// `core_interrupt`'s answer for a guest that waits for an interrupt.
const IDLE: u32 = 2;

/// An interrupt that the entry code did not finish. 0: resume the current slot; 1: go dormant; [`IDLE`]: wait first.
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
        let resume = monitor.interrupt(slots, vector as u8, kind);
        super::fast::follow(&monitor.host);
        resume
    });
    code_of(resume)
}

/// What `core_interrupt` answers.
fn code_of(resume: Resume) -> u32 {
    match resume {
        Resume::Guest => 0,
        Resume::Dormant => 1,
        Resume::Idle => IDLE,
    }
}

/// INT 31h by the current client, in the current slot, when it has no handler for that itself. 0: that slot's client goes
/// on; else one more than `core_interrupt` says.
extern "C" fn core_service() -> u32 {
    hw::host::with(|monitor, slots| {
        hw::heap::refill(&mut monitor.host.memory);
        match monitor.service(slots) {
            None => {
                super::fast::follow_service();
                0
            }
            Some(resume) => {
                super::fast::follow(&monitor.host);
                1 + code_of(resume)
            }
        }
    })
}

/// A client's page fault with the CPU's error code. 1: repaired; 0: it needs the long way.
extern "C" fn core_page_fault(error: u32) -> u32 {
    hw::host::with(|monitor, _| monitor.repair_page(hw::cpu::fault_address(), error)) as u32
}

/// A call of the XMS entry by V86 code, in the current slot; `again` is 1 when it goes on. Vector of the interrupt that it has
/// to take first; 0: it goes on as it is.
extern "C" fn core_xms(again: u32) -> u32 {
    hw::host::with(|monitor, slots| {
        hw::heap::refill(&mut monitor.host.memory);
        monitor.xms_event(slots.regs(), true, again != 0).map_or(0, u32::from)
    })
}

/// The short way of XMS 09h, either state. 0: nothing was done; 1: answered.
extern "C" fn core_xms_allocate(general: *mut General) -> u32 {
    // SAFETY: the entry code points to the registers that it has saved, in a slot or on the stack of a caller in real mode; until
    // it goes on, nothing else touches them.
    let general = unsafe { &mut *general };
    hw::host::with(|monitor, _| {
        let host = &mut monitor.host;
        (host.xms.quick_allocate(&mut host.memory, general) == Quick::Done) as u32
    })
}

/// The same for 0Ah.
extern "C" fn core_xms_free(general: *mut General) -> u32 {
    // SAFETY: as above.
    let general = unsafe { &mut *general };
    hw::host::with(|monitor, _| {
        let host = &mut monitor.host;
        (host.xms.quick_free(&mut host.memory, general) == Quick::Done) as u32
    })
}

/// The short way of XMS 0Bh by V86 code with `regs`. 0: nothing was done; 1: answered; else as [`core_xms`].
///
/// The slot comes from the entry code: [`ferrite::monitor::slots::Slots::current`] is what Rust saw last, and a quick way may have
/// opened this slot since.
extern "C" fn core_xms_move(regs: *mut Registers) -> u32 {
    // SAFETY: as above.
    let regs = unsafe { &mut *regs };
    hw::host::with(|monitor, _| {
        match monitor.xms_quick_move(regs.v_ds & 0xFFFF, regs.esi, || Caller::from(&*regs)) {
            Quick::NotDone => 0,
            Quick::Done => {
                regs.set_ax(1);
                1
            }
            Quick::Interrupted(vector) => {
                monitor.xms_stand_again(regs, true);
                vector as u32
            }
        }
    })
}

/// The same from real mode, by the driver's own crossing.
extern "C" fn core_xms_move_real(call: *mut XmsCall) -> u32 {
    // SAFETY: as above.
    let call = unsafe { &mut *call };
    hw::host::with(|monitor, _| {
        let (segment, eflags) = (call.ds as u32, call.eflags);
        let [ss, sp] = hw::host::xms_stack(monitor);
        let caller = || Caller { ss, esp: sp as u32, eflags };
        match monitor.xms_quick_move(segment, call.general.esi, caller) {
            Quick::NotDone => 0,
            Quick::Done => {
                call.general.set_ax(1);
                1
            }
            Quick::Interrupted(vector) => vector as u32,
        }
    })
}

/// A call of the XMS entry from real mode, by its own crossing, that leaves as other crossings do: `vector` 0, because it has no
/// short way; else because it has to take this interrupt.
extern "C" fn core_xms_real(call: *const XmsCall, fs: u32, gs: u32, vector: u32) {
    // SAFETY: as above.
    let call = unsafe { &*call };
    hw::host::xms_event(call, fs as u16, gs as u16, vector as u8);
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
