//! The monitor: everything that happens is an event; it is handled to its end, and a guest is resumed.
//!
//! `hw` calls one of three doors with the current slot filled: [`Monitor::interrupt`] (exceptions, software interrupts and IRQs
//! that the entry code did not reflect itself), [`Monitor::activate`] (the DPMI entry point while dormant) and
//! [`Monitor::dormant_event`] (other crossings from real mode). What comes back says which state the machine goes on in.
//!
//! # Invariants
//! * Ring 0 runs with IF=0 and keeps no stack while a guest runs.
//! * `slots.current` is complete: every register of the guest that is to be resumed.
//! * `host.current` is the client of the current slot, its space and its LDT are loaded; `switch_client` is the only way
//!   to change that.
//!
//! Specification: DPMI 0.9 chapters 2 to 4; DPMI 1.0 "interrupts and exceptions"; SDM vol. 3, "8086 emulation".

mod callback;
mod client_end;
mod direct;
pub mod entry;
mod exception;
mod hooks;
mod interrupt;
mod page_zero;
mod paging;
mod pic;
mod process;
mod real;
pub mod slots;
mod status;
mod suspended;
mod ticks;
mod trap;
mod withheld;
mod xms;

#[cfg(test)]
mod tests;

pub use direct::DIRECT_VECTORS;
pub use interrupt::{LOCKED_MARGIN, LOCKED_RESERVE};
pub use real::REAL_RESERVE;
pub use ticks::TICKS_INSIDE;

use alloc::vec::Vec;

use crate::dpmi::INT31;
use crate::host::{Host, Refused};
use crate::landing::LANDING_VECTOR;
use crate::layout::{RealFrame, TRAP_VECTOR};
use crate::machine::Machine;
use crate::regs::{Registers, Width};
use crate::service::{settle, Code, Next, Outcome, Then};
use crate::x86::descriptor::Descriptor;
use slots::{Slots, SLOTS};

/// How the machine goes on after an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Resume {
    /// The guest in the current slot.
    Guest,
    /// Real mode, dormant: the root slot holds the registers.
    Dormant,
    /// The guest in the current slot, at the next hardware interrupt: it has executed HLT.
    Idle,
}

/// What a client's end tells the outside, on the screen and on the debug port.
pub trait Reporter<M: Machine> {
    /// Are the debug calls (INT 31h AH=FEh) there?
    const DEBUG_CALLS: bool = false;
    /// The current client, or a program that it has started (`child`), ends because of a fault in the current slot.
    fn died(&mut self, host: &mut Host<M>, regs: &Registers, vector: u8, fault_address: u32, child: bool);
    /// The machine is to be restarted (Ctrl-Alt-Del).
    fn reboot(&mut self) -> !;
    /// The user is told something while programs go on: a sentence or two.
    fn tell(&mut self, text: &str);
    /// DOS cannot end a client's process, and nothing else can: the user is told, and the machine restarted.
    fn stuck(&mut self) -> !;
}

/// The monitor's state.
pub struct Monitor<M: Machine + 'static, R> {
    /// What the services work on.
    pub host: Host<M>,
    /// Where reports go.
    pub reporter: R,
    /// Continuations of slots whose landing is [`Landing::Continue`].
    thens: [Option<Then<M>>; SLOTS],
    /// CR2 at the last page fault.
    pub fault_address: u32,
    /// The A20 line as V86 code sees it.
    pub a20: bool,
    /// Keyboard controller: a write-output-port command is waiting for its data byte.
    keyboard_command: bool,
    /// The interrupt whose service runs, or ran in the current slot last.
    vector: u8,
    /// A page of a client's stack that is in the swap file, which an access has just missed; 0 for none.
    missing: u32,
    /// The first page is open for V86 code; false always unless /PAGE0 asks for its protection.
    page0_open: bool,
    /// Interrupt handlers that wait for DOS, the last one put aside last; and the client that is current again after the page of
    /// one has come in.
    suspended: Vec<suspended::Suspended>,
    /// See `suspended`.
    suspended_outer: u8,
    /// The disk has not answered since this tick of the clock; when it was asked last, and how often in that tick.
    disk_awaited: Option<(u32, u32, u32)>,
    /// Lines that are masked while DOS works for a guest with interrupts off.
    held_lines: u16,
    /// Something is to be done before a guest is resumed: page 0, or a handler that waits.
    attention: bool,
    /// Real-mode INT 22h address and such that a dying client's cleanup needs is in the client.
    active: bool,
    /// What IOPL 0 withholds from clients.
    withheld: withheld::Withheld,
    /// The clock's interrupts that wait until its handlers have returned.
    ticks: ticks::Ticks,
}

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// A dormant monitor.
    pub fn new(host: Host<M>, reporter: R) -> Self {
        let page0_open = host.facts.protect_page0;
        Monitor {
            host,
            reporter,
            thens: [None; SLOTS],
            fault_address: 0,
            a20: true,
            keyboard_command: false,
            vector: 0,
            missing: 0,
            page0_open,
            suspended: Vec::new(),
            suspended_outer: 0,
            disk_awaited: None,
            held_lines: 0,
            attention: page0_open,
            active: false,
            withheld: Default::default(),
            ticks: Default::default(),
        }
    }

    /// Does a client live?
    pub fn is_active(&self) -> bool {
        self.active
    }

    /// An interrupt or exception, from ring 3 or V86 mode, that the entry code did not deal with. `vector` as the IDT has it;
    /// `from_software` is false for an IRQ.
    pub fn interrupt(&mut self, slots: &mut Slots, vector: u8, kind: Kind) -> Resume {
        let resume = match (kind, slots.regs().is_v86()) {
            (Kind::Exception, true) => self.v86_exception(slots, vector),
            (Kind::Exception, false) => self.exception(slots, vector),
            (Kind::Irq, true) => self.irq_from_v86(slots, vector),
            (Kind::Irq, false) => self.irq_from_client(slots, vector),
            (Kind::Software, true) => self.software_from_v86(slots, vector),
            (Kind::Software, false) => self.software_from_client(slots, vector),
        };
        self.before_guest(slots, resume)
    }

    /// A guest is about to be resumed.
    #[inline(always)]
    fn before_guest(&mut self, slots: &mut Slots, resume: Resume) -> Resume {
        match self.attention {
            true => self.attend(slots, resume),
            false => resume,
        }
    }

    #[cold]
    #[inline(never)]
    fn attend(&mut self, slots: &mut Slots, resume: Resume) -> Resume {
        let resume = self.resume_suspended(slots, resume);
        self.close_page0(slots, resume);
        resume
    }

    /// Follows a change of what [`Monitor::attend`] looks at.
    fn note_attention(&mut self) {
        self.attention = self.page0_open || self.handlers_wait();
    }

    /// A software interrupt by a client.
    fn software_from_client(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        let regs = slots.regs();
        let landing = [crate::layout::SEL_LANDING32, crate::layout::SEL_LANDING16];
        if vector as u32 == LANDING_VECTOR && landing.contains(&(regs.cs & 0xFFFF)) {
            let site = regs.eip.wrapping_sub(2);
            return self.landing_point(slots, site);
        }
        self.client_interrupt(slots, vector)
    }

    /// A software interrupt in V86 mode: a trap site of ours, a vector that a client handles, or the IVT.
    fn software_from_v86(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        if vector as u32 == TRAP_VECTOR {
            if let Some(resume) = self.trap_site(slots) {
                return resume;
            }
        }
        if vector == suspended::IDLE && self.handlers_wait() {
            if let Some(resume) = self.resume_at_idle(slots) {
                return resume;
            }
        }
        if self.is_hooked(vector) {
            return self.hooked_interrupt(slots, vector);
        }
        self.reflect_in_v86(slots, vector);
        Resume::Guest
    }

    /// INT 31h in the current slot.
    fn int31(&mut self, slots: &mut Slots) -> Resume {
        let ax = slots.regs().ax();
        self.remember_call(0x31, ax);
        self.service(slots).unwrap_or(Resume::Guest)
    }

    /// INT 31h by the current client, which has no handler of its own for it: also the entry code's direct door, which has
    /// noted the call ([`Client::calls`](crate::client::Client::calls)). `None`, nearly always: all that has changed is the host and the slot's registers, and the same slot's guest goes on.
    #[inline(always)]
    pub fn service(&mut self, slots: &mut Slots) -> Option<Resume> {
        let regs = slots.regs();
        let ax = regs.ax();
        self.vector = 0x31;
        let Some(handler) = INT31::<M>::find(ax) else {
            let outcome = self.unknown_service(slots, ax);
            return Some(self.after_service(slots, ax, outcome));
        };
        let outcome = handler(&mut self.host, regs);
        if let Ok(Next::Resume) = outcome {
            regs.set_carry(false);
            return None;
        }
        Some(self.after_service(slots, ax, outcome))
    }

    /// A service that has no row: a debug call, where there are such.
    #[cold]
    #[inline(never)]
    fn unknown_service(&mut self, slots: &mut Slots, ax: u16) -> Outcome {
        match crate::dpmi::debug::find::<M>(ax) {
            Some(handler) if R::DEBUG_CALLS => handler(&mut self.host, slots.regs()),
            _ => Err(Code::Unsupported.into()),
        }
    }

    /// What follows a service that did not simply succeed.
    #[cold]
    #[inline(never)]
    fn after_service(&mut self, slots: &mut Slots, ax: u16, outcome: Outcome) -> Resume {
        if let Err(refusal) = outcome {
            let grown = self.grow_for(slots, ax, refusal);
            return self.finish(slots, grown.unwrap_or(outcome));
        }
        self.finish(slots, outcome)
    }

    /// Publishes a service's outcome in the current slot and does what it asks for.
    fn finish(&mut self, slots: &mut Slots, outcome: Outcome) -> Resume {
        match settle(outcome, slots.regs()) {
            Next::Resume | Next::AsIs | Next::Callbacks => Resume::Guest,
            Next::RealCall => self.real_call(slots),
            Next::Exit => {
                let code = slots.regs().al();
                self.exit_client(slots, code)
            }
            Next::PageIn => self.page_in_for_service(slots),
            Next::Paged => self.job_over(slots),
            Next::InterruptState => self.interrupt_state(slots),
        }
    }

    /// A real-mode crossing while dormant, other than the DPMI entry: `frame` is the caller's state and is
    /// changed in place.
    pub fn dormant_event(&mut self, frame: &mut RealFrame) {
        let mut regs = from_frame(frame);
        // Bits that the copy for V86 mode loses, or that real mode must not get from it: IOPL and NT.
        let kept = frame.eflags & 0x7000;
        self.a20 = frame.a20_found != 0;
        self.read_table();
        self.hook_event(&mut regs, frame.event as u32);
        to_frame(&regs, frame);
        frame.eflags = frame.eflags & !0x7000 | kept;
        frame.a20_wanted = self.a20 as u8;
    }

    /// The DPMI entry point while dormant: becomes active, or refuses and stays dormant.
    pub fn activate(&mut self, slots: &mut Slots, frame: &RealFrame) -> Resume {
        slots.drop_to(0);
        *slots.current() = Default::default();
        *slots.regs() = from_frame(frame);
        self.a20 = frame.a20_found != 0;
        self.set_virtual_a20(self.a20);
        self.lend_memory();
        let resume = self.dpmi_entry(slots);
        let resume = self.before_guest(slots, resume);
        if resume == Resume::Dormant {
            self.collect_memory();
        }
        resume
    }

    fn remember_call(&mut self, interrupt: u8, ax: u16) {
        if let Some(client) = self.host.clients[self.host.current as usize].as_mut() {
            client.calls[(client.call_next & 7) as usize] = (interrupt as u32) << 16 | ax as u32;
            client.call_next = client.call_next.wrapping_add(1);
        }
    }

    /// Makes `id` the client whose space, descriptors and FPU state are loaded.
    fn switch_client(&mut self, id: u8) {
        if self.host.current == id {
            return;
        }
        let host = &mut self.host;
        let has_fpu = host.facts.has_fpu;
        if let Some(old) = host.clients[host.current as usize].as_mut() {
            if has_fpu {
                host.machine.save_fpu(&mut old.fpu);
            }
            old.watches.disable(&mut host.machine);
        }
        host.current = id;
        if let Some(new) = host.clients[id as usize].as_ref() {
            host.machine.load_space(new.space.directory());
            host.machine.load_descriptors(id);
            if has_fpu {
                host.machine.load_fpu(&new.fpu);
            }
            new.watches.enable(&mut host.machine);
            crate::dpmi::fpu::load(host);
        }
    }

    /// The descriptor of SS in a client's slot, and ESP or SP.
    fn client_stack(&mut self, regs: &Registers) -> Option<(Descriptor, u32)> {
        let stack = self.any_descriptor(regs.ss as u16)?;
        let sp = if stack.is_big() { regs.esp } else { regs.esp & 0xFFFF };
        stack.is_stack().then_some((stack, sp))
    }

    /// A descriptor of the current client's, or one of the core's that ring 3 may use.
    fn any_descriptor(&mut self, selector: u16) -> Option<Descriptor> {
        if selector & 4 != 0 {
            return Some(Descriptor(self.host.machine.descriptor(self.host.current, selector >> 3)));
        }
        entry::landing_descriptor(selector)
    }

    /// Pushes words or double words, by the client's width, on the client's stack; the last argument is pushed last.
    /// False, and nothing changed, if the stack cannot take them: it has no room, or what is there is beyond its segment.
    fn push_on_client(&mut self, regs: &mut Registers, values: &[u32]) -> bool {
        self.missing = 0;
        let Some((stack, sp)) = self.client_stack(regs) else { return false };
        let big = stack.is_big();
        let size = if self.host.width() == Width::Bits32 { 4 } else { 2 };
        let bytes = size * values.len() as u32;
        let new = if big { sp.wrapping_sub(bytes) } else { sp.wrapping_sub(bytes) & 0xFFFF };
        if bytes == 0 {
            return true;
        }
        let (first, last) = stack.extent();
        let is_outside = new < first || new.checked_add(bytes - 1).is_none_or(|end| end > last);
        if new > sp && sp != 0 || is_outside {
            return false;
        }
        let at = stack.base().wrapping_add(new);
        if let Err(refused) = self.host.writable(at, bytes) {
            self.note_missing(refused);
            return false;
        }
        for (index, value) in values.iter().rev().enumerate() {
            let to = at + index as u32 * size;
            match size {
                4 => self.host.machine.write_u32(to, *value),
                _ => self.host.machine.write_u16(to, *value as u16),
            }
        }
        regs.esp = if big { new } else { regs.esp & 0xFFFF_0000 | new };
        true
    }

    /// Reads words or double words, by the client's width, from the top of the client's stack, without popping.
    fn read_from_client(&mut self, regs: &Registers, into: &mut [u32]) -> bool {
        let Some((stack, sp)) = self.client_stack(regs) else { return false };
        let size = if self.host.width() == Width::Bits32 { 4 } else { 2 };
        let at = stack.base().wrapping_add(sp);
        if let Err(refused) = self.host.readable(at, size * into.len() as u32) {
            self.note_missing(refused);
            return false;
        }
        for (index, value) in into.iter_mut().enumerate() {
            let from = at + index as u32 * size;
            *value = match size {
                4 => self.host.machine.read_u32(from),
                _ => self.host.machine.read_u16(from) as u32,
            };
        }
        true
    }

    #[cold]
    fn note_missing(&mut self, refused: Refused) {
        self.missing = match refused {
            Refused::PageIn(page) => page,
            Refused::Bad => 0,
        };
    }

    /// Pops `count` words or double words, by the client's width.
    fn pop_from_client(&mut self, regs: &mut Registers, count: u32) {
        let size = if self.host.width() == Width::Bits32 { 4 } else { 2 };
        let big = self.client_stack(regs).is_some_and(|(stack, _)| stack.is_big());
        let new = regs.esp.wrapping_add(size * count);
        regs.esp = if big { new } else { regs.esp & 0xFFFF_0000 | new & 0xFFFF };
    }
}

/// What kind of event an IDT entry saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Kind {
    /// A CPU exception.
    Exception = 0,
    /// A hardware interrupt.
    Irq = 1,
    /// An INT instruction.
    Software = 2,
}

/// A dormant caller's state as V86 registers.
fn from_frame(frame: &RealFrame) -> Registers {
    Registers {
        edi: frame.edi,
        esi: frame.esi,
        ebp: frame.ebp,
        ebx: frame.ebx,
        edx: frame.edx,
        ecx: frame.ecx,
        eax: frame.eax,
        eip: frame.ip as u32,
        cs: frame.cs as u32,
        eflags: Registers::sanitised_flags(frame.eflags, 3, true),
        esp: frame.sp as u32,
        ss: frame.ss as u32,
        v_es: frame.es as u32,
        v_ds: frame.ds as u32,
        v_fs: frame.fs as u32,
        v_gs: frame.gs as u32,
        ..Default::default()
    }
}

/// V86 registers as a dormant caller's state.
pub fn to_frame(regs: &Registers, frame: &mut RealFrame) {
    frame.edi = regs.edi;
    frame.esi = regs.esi;
    frame.ebp = regs.ebp;
    frame.ebx = regs.ebx;
    frame.edx = regs.edx;
    frame.ecx = regs.ecx;
    frame.eax = regs.eax;
    frame.ip = regs.eip as u16;
    frame.cs = regs.cs as u16;
    frame.eflags = regs.eflags & 0xFFFF;
    frame.sp = regs.esp as u16;
    frame.ss = regs.ss as u16;
    frame.es = regs.v_es as u16;
    frame.ds = regs.v_ds as u16;
    frame.fs = regs.v_fs as u16;
    frame.gs = regs.v_gs as u16;
}
