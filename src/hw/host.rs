//! The one owner of the core's state, and the doors through which events reach it.
//!
//! Facts relied on: one CPU, interrupts off, ring 0: an event runs to its end before the next begins. `STATE` detects
//! a door that is opened from inside.

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU8, Ordering};

use alloc::vec::Vec;

use ferrite::layout::{event, RealFrame, ResidentInfo, XmsCall};
use ferrite::machine::Machine;
use ferrite::monitor::slots::Slots;
use ferrite::monitor::{to_frame, Monitor, Resume};

use super::memory::Pc;
use super::screen::Screen;
use super::{boot, cpu, fast, heap, tables};

/// The monitor over the real machine.
pub type Core = Monitor<Pc, Screen>;

/// The monitor; valid unless `STATE` is ABSENT.
#[unsafe(link_section = ".bss.hot.monitor")]
pub static mut MONITOR: MaybeUninit<Core> = MaybeUninit::uninit();
/// The stack of pending crossings, which the entry code knows by address.
#[unsafe(link_section = ".bss.hot.slots")]
pub static mut SLOTS: Slots = Slots::new();
/// What the resident code looked like at start: offset and bytes.
static mut CLEAN: (u16, Vec<u8>) = (0, Vec::new());

/// The state's state: not there yet, free, or in the hands of [`with`].
static STATE: AtomicU8 = AtomicU8::new(ABSENT);
const ABSENT: u8 = 0;
const FREE: u8 = 1;
const BUSY: u8 = 2;

/// Runs `f` on the state.
///
/// # Panics
/// Before start, and when called from inside itself.
#[inline]
pub fn with<T>(f: impl FnOnce(&mut Core, &mut Slots) -> T) -> T {
    // Plain load and store: one CPU with interrupts off.
    assert!(STATE.load(Ordering::Relaxed) == FREE, "the core's state is not free");
    STATE.store(BUSY, Ordering::Relaxed);
    let (monitor, slots) = ((&raw mut MONITOR).cast::<Core>(), &raw mut SLOTS);
    // SAFETY: BUSY makes this the only reference; FREE says that it was written.
    let monitor = unsafe { &mut *monitor };
    // SAFETY: BUSY makes this the only reference; the entry code touches the slots only while no Rust code runs.
    let slots = unsafe { &mut *slots };
    let result = f(monitor, slots);
    STATE.store(FREE, Ordering::Relaxed);
    result
}

/// Has start-up been?
fn is_ready() -> bool {
    STATE.load(Ordering::Relaxed) != ABSENT
}

/// Stores the monitor that start-up has built, and the clean copy of the resident code.
pub fn install(core: Core, clean: (u16, Vec<u8>)) {
    let (monitor, kept) = ((&raw mut MONITOR).cast::<Core>(), &raw mut CLEAN);
    // SAFETY: called once, while ABSENT; no reference exists.
    unsafe { monitor.write(core) };
    // SAFETY: as above.
    unsafe { kept.write(clean) };
    STATE.store(FREE, Ordering::Relaxed);
}

/// Address of a field of the resident part's head.
macro_rules! resident_field {
    ($resident:expr, $field:ident, $type:ty) => {
        ($resident as usize + core::mem::offset_of!(ResidentInfo, $field)) as *mut $type
    };
}

/// A crossing from real mode. True: a client runs now; false: leave again.
pub fn real_event(resident: u32) -> bool {
    let at = resident_field!(resident, frame, RealFrame);
    let event = (at as usize + core::mem::offset_of!(RealFrame, event)) as *const u8;
    // SAFETY: the resident part lies in conventional memory, identity-mapped, aligned to 16; it has filled the frame.
    let event = unsafe { event.read() } as u32;
    if matches!(event, event::XMS | event::XMS_AGAIN) && is_ready() {
        // SAFETY: as above; until the core leaves, nothing else reads or writes the frame.
        let frame = unsafe { &mut *at };
        with(|core, _| {
            heap::refill(&mut core.host.memory);
            core.xms_from_real(frame, event == event::XMS_AGAIN);
        });
        return false;
    }
    // SAFETY: as above.
    let mut frame = unsafe { at.read_unaligned() };
    let active = match frame.event as u32 {
        event::INIT => {
            frame.eax = match boot::start(resident, frame.ebx) {
                Ok(()) => 0,
                Err(error) => error as u32,
            };
            false
        }
        _ if !is_ready() => false,
        event::DPMI_ENTRY => return activate(resident, at, frame),
        _ => {
            with(|core, _| {
                heap::refill(&mut core.host.memory);
                core.dormant_event(&mut frame);
            });
            false
        }
    };
    // SAFETY: as above.
    unsafe { at.write_unaligned(frame) };
    active
}

/// SS and SP of a call of the XMS driver by its own crossing, with the far return address on top.
#[inline(always)]
pub fn xms_stack(core: &Core) -> [u16; 2] {
    let (machine, resident) = (&core.host.machine, core.host.facts.resident);
    let sp = machine.read_u16(resident_field!(resident, xms_stack, u32) as u32);
    let ss = machine.read_u16(resident_field!(resident, xms_stack_segment, u16) as u32);
    [ss, sp.wrapping_add(core::mem::offset_of!(XmsCall, back) as u16)]
}

/// A call of the XMS driver from real mode, by its own crossing, that leaves as all others do; or, with `vector`, that has to take
/// this interrupt before it goes on. A20 is on.
pub fn xms_event(call: &XmsCall, fs: u16, gs: u16, vector: u8) {
    with(|core, _| {
        heap::refill(&mut core.host.memory);
        let resident = core.host.facts.resident;
        let [ss, sp] = xms_stack(core);
        let general = call.general;
        let mut frame = RealFrame {
            edi: general.edi,
            esi: general.esi,
            ebp: general.ebp,
            ebx: general.ebx,
            edx: general.edx,
            ecx: general.ecx,
            eax: general.eax,
            gs,
            fs,
            es: call.es,
            ds: call.ds,
            eflags: call.eflags,
            sp,
            ss,
            a20_found: 1,
            ..Default::default()
        };
        if vector == 0 {
            core.xms_from_real(&mut frame, false);
        } else {
            core.xms_interrupted(&mut frame, vector);
        }
        // SAFETY: the frame lies in the resident part, which is mapped.
        unsafe { resident_field!(resident, frame, RealFrame).write_unaligned(frame) };
    });
}

/// The DPMI entry point while dormant.
fn activate(resident: u32, at: *mut RealFrame, mut frame: RealFrame) -> bool {
    tables::load_task();
    let resume = with(|core, slots| {
        heap::refill(&mut core.host.memory);
        let fpu = core.host.facts.has_fpu;
        cpu::prepare(fpu, !fpu);
        let resume = core.activate(slots, &frame);
        if resume == Resume::Dormant {
            to_frame(slots.regs(), &mut frame);
        }
        fast::follow(&core.host);
        resume
    });
    if resume == Resume::Dormant {
        // SAFETY: the frame in the resident part, as `real_event` found it.
        unsafe { at.write_unaligned(frame) };
        return false;
    }
    // SAFETY: a byte of the resident part's head.
    unsafe { resident_field!(resident, active, u8).write(1) };
    true
}

/// The last client is gone: the root slot becomes the real-mode frame, and the resident code is written anew, since a client
/// may have reached it.
pub fn leave_active() {
    with(|core, slots| {
        let resident = core.host.facts.resident;
        let clean = &raw const CLEAN;
        // SAFETY: no reference to CLEAN exists outside this function after start.
        let (start, bytes) = unsafe { &*clean };
        core.host.machine.write_bytes(resident + *start as u32, bytes);
        core.host.machine.load_space(core.host.facts.kernel_directory);
        cpu::load_ldt(0);
        cpu::prepare(core.host.facts.has_fpu, !core.host.facts.has_fpu);
        heap::settle(&mut core.host.memory);
        core.collect_memory();
        core.map_high_area(true);
        let at = resident_field!(resident, frame, RealFrame);
        let mut frame = RealFrame { a20_wanted: core.a20 as u8, a20_found: 1, ..Default::default() };
        to_frame(slots.regs(), &mut frame);
        // SAFETY: the frame lies in the resident part, which is mapped.
        unsafe { at.write_unaligned(frame) };
        // SAFETY: a byte of the resident part's head.
        unsafe { resident_field!(resident, active, u8).write(0) };
    });
}
