//! Interrupts to protected-mode handlers: a client's own software interrupts, IRQs from either mode, and the real-mode
//! interrupts that a client hooks (1Ch, 23h, 24h).
//!
//! A handler for an interrupt that the client did not issue itself runs on the client's locked stack; if that is in use
//! already, further down on it. Its IRET comes back to a landing point.

use super::slots::{Landing, Slots, ENTERED, QUICK};
use super::{Monitor, Reporter, Resume};
use crate::dpmi::ldt;
use crate::landing;
use crate::machine::Machine;
use crate::monitor::real::copy_general;
use crate::regs::{FarPointer, Registers, Width, ARITHMETIC, INTERRUPT, NESTED, TRAP};
use crate::vm86::decode::LONGEST;

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// INT `vector` by the current client: its own handler, a service of the host's, or real mode.
    pub(super) fn client_interrupt(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        self.own_handler(slots, vector).unwrap_or_else(|| {
            let length = self.length_of_call(slots, vector);
            self.missing_fault(slots, STACK_FAULT, 0, length)
        })
    }

    /// The same for an exception that becomes the interrupt of its number: CS:EIP is at the instruction.
    pub(super) fn exception_as_interrupt(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        self.own_handler(slots, vector).unwrap_or_else(|| self.missing_fault(slots, STACK_FAULT, 0, 0))
    }

    /// Bytes of the instruction before CS:EIP that called interrupt `vector`: INT3 and INTO have one.
    #[cold]
    fn length_of_call(&mut self, slots: &mut Slots, vector: u8) -> u32 {
        let short = match vector {
            3 => 0xCC,
            4 => 0xCE,
            _ => return 2,
        };
        let mut before = *slots.regs();
        before.eip = before.eip.wrapping_sub(1);
        let mut bytes = [0; LONGEST];
        let (count, _) = self.code_bytes(&before, &mut bytes);
        2 - (count > 0 && bytes[0] == short) as u32
    }

    /// `None`: the client's stack cannot take the frame, and nothing has changed.
    fn own_handler(&mut self, slots: &mut Slots, vector: u8) -> Option<Resume> {
        let handler = self.host.client().vectors[vector as usize];
        if handler.selector == 0 {
            return Some(self.default_interrupt(slots, vector));
        }
        let flags = self.shown_flags(slots.current());
        let regs = slots.regs();
        let mut changed = *regs;
        let frame = [flags, regs.cs & 0xFFFF, regs.eip];
        if !self.push_on_client(&mut changed, &frame) {
            return None;
        }
        changed.cs = handler.selector as u32;
        changed.eip = handler.offset;
        // Exceptions and hardware interrupts disable interrupts; so do INT 0 to 7 and those that hosts
        // treat like gates. Software interrupts keep IF (DPMI 0.9, 2.4). NT would make the handler's IRET a fault.
        changed.eflags &= !(TRAP | NESTED);
        if vector < 0x08 && !self.withholds() {
            changed.eflags &= !INTERRUPT;
        }
        *slots.regs() = changed;
        Some(Resume::Guest)
    }

    /// What an interrupt does that no handler of the client's took.
    pub(super) fn default_interrupt(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        if vector == 0x31 {
            return self.int31(slots);
        }
        self.vector = vector;
        let regs = slots.regs();
        let ax = regs.ax();
        match (vector, ax) {
            // "Get CPU mode": zero says protected mode.
            (0x2F, 0x1686) => {
                regs.set_ax(0);
                return Resume::Guest;
            }
            // "Release current virtual machine's time slice": there is one machine; AL=0 says that it was heard.
            (0x2F, 0x1680) => {
                regs.eax &= 0xFFFF_FF00;
                return Resume::Guest;
            }
            (0x21, 0x4C00..=0x4CFF) => {
                self.remember_call(0x21, ax);
                return self.exit_client(slots, ax as u8);
            }
            (0x2F, 0x4310) => {
                self.give_xms_entry(slots);
                return Resume::Guest;
            }
            (0x2F, 0x168A) => {
                let outcome = crate::dpmi::vendor::multiplex(&mut self.host, regs);
                return self.finish(slots, outcome);
            }
            // The kernel debugger of Windows, which loaders tell of what they load. Vector 41h is no code: it points to
            // the first disk's parameters.
            (0x41, _) => return Resume::Guest,
            // The old way to end, which DOS would take for the end of whoever's PSP CS is.
            (0x20, _) => return self.exit_client(slots, 0),
            // "Terminate and stay resident": the client lives on after DOS has closed its process.
            (0x21, 0x3100..=0x31FF) => self.host.client().resident = true,
            (0x21, _) => self.remember_call(0x21, ax),
            _ => {}
        }
        match crate::dos::translate(&mut self.host, slots.regs(), vector) {
            crate::dos::Translation::NotOurs => self.reflect_from_client(slots, vector, Landing::Reflected),
            crate::dos::Translation::Done(outcome) => self.finish(slots, outcome),
        }
    }

    /// Is this real-mode vector handled in protected mode by anyone?
    pub(super) fn is_hooked(&self, vector: u8) -> bool {
        self.host.hooked[vector as usize >> 5] >> (vector & 31) & 1 != 0
    }

    /// The innermost client, from the current one outward, that handles `vector` in protected mode; else one that stayed resident.
    pub(super) fn handler_of(&self, slots: &Slots, vector: u8) -> Option<(u8, FarPointer)> {
        let of = |id: u8| {
            let client = self.host.clients[id as usize].as_ref()?;
            let handler = client.vectors[vector as usize];
            (handler.selector != 0).then_some((id, handler))
        };
        if let Some(found) = of(self.host.current) {
            return Some(found);
        }
        let outer = (1..=slots.index()).rev().find_map(|at| of(slots.slot[at].outer_client));
        outer.or_else(|| {
            let resident = self.host.clients.iter().flatten().filter(|client| client.outlives);
            resident.rev().find_map(|client| of(client.id))
        })
    }

    /// An IRQ while a client ran.
    pub(super) fn irq_from_client(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        match self.withhold(slots, vector) {
            Some(resume) => resume,
            None if self.hold_tick(slots, vector) => Resume::Guest,
            None => self.serve_irq(slots, vector),
        }
    }

    /// Calls whatever serves an IRQ that comes while a client runs.
    pub(super) fn serve_irq(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        if self.is_hooked(vector) {
            if let Some((id, handler)) = self.handler_of(slots, vector) {
                return self.call_handler(slots, id, handler, vector, Landing::Interrupt);
            }
        }
        self.reflect_from_client(slots, vector, Landing::Interrupt)
    }

    /// An IRQ while V86 code ran.
    pub(super) fn irq_from_v86(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        match self.withhold(slots, vector) {
            Some(resume) => resume,
            None if self.hold_tick(slots, vector) => Resume::Guest,
            None => self.serve_irq_of_v86(slots, vector),
        }
    }

    /// Calls whatever serves an IRQ that comes while V86 code runs.
    pub(super) fn serve_irq_of_v86(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        if self.is_hooked(vector) {
            if let Some((id, handler)) = self.handler_of(slots, vector) {
                return self.call_handler(slots, id, handler, vector, Landing::Interrupt);
            }
        }
        if !self.reflect_apart(slots, vector) {
            self.reflect_in_v86(slots, vector);
        }
        Resume::Guest
    }

    /// A software interrupt of V86 code that a client handles.
    pub(super) fn hooked_interrupt(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        match self.handler_of(slots, vector) {
            Some((id, handler)) => self.call_handler(slots, id, handler, vector, Landing::Hooked),
            None => {
                self.reflect_in_v86(slots, vector);
                Resume::Guest
            }
        }
    }

    /// Calls a protected-mode handler, ended by IRET, on the locked stack of client `id`.
    fn call_handler(
        &mut self,
        slots: &mut Slots,
        id: u8,
        handler: FarPointer,
        vector: u8,
        kind: Landing,
    ) -> Resume {
        let from = *slots.regs();
        let site = landing::INTERRUPT_RETURN;
        if !self.enter_locked(slots, id, handler, kind, site, &[], &from) {
            if from.is_v86() {
                self.reflect_in_v86(slots, vector);
                return Resume::Guest;
            }
            log::error!(target: "monitor", "no room for the handler of {vector:02X}");
            return self.reflect_from_client(slots, vector, kind);
        }
        slots.current().vector = vector;
        if vector == CRITICAL_ERROR && kind == Landing::Hooked {
            self.give_device_header(slots);
        }
        Resume::Guest
    }

    /// BP:SI of INT 24h points to a device driver's header: a client's handler gets a selector in BP.
    fn give_device_header(&mut self, slots: &mut Slots) {
        let paragraph = slots.regs().bp();
        let made = ldt::with_table(&mut self.host, |machine, id, table| {
            ldt::segment_to_selector(machine, id, table, paragraph)
        });
        if let Ok(selector) = made {
            slots.regs().set_bp(selector);
        }
    }

    /// Fills a new slot with a protected-mode procedure of client `id` on its locked stack, with `extra` values pushed
    /// first and then a return frame to landing point `site` (an IRET frame, or for exceptions and events a RETF frame that
    /// is the last of `extra`). General registers are those of `from`. False, with nothing changed, when there is no room.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn enter_locked(
        &mut self,
        slots: &mut Slots,
        id: u8,
        procedure: FarPointer,
        kind: Landing,
        site: u32,
        extra: &[u32],
        from: &Registers,
    ) -> bool {
        if !slots.has_room(2) {
            return false;
        }
        let outer = self.host.current;
        self.switch_client(id);
        let Some(client) = self.host.clients[id as usize].as_mut() else { return false };
        let width = client.width;
        let hot = client.hot;
        let locked = hot.locked_selector as u16;
        let (old_esp, old_real) = (hot.locked_esp, hot.real_stack);
        let mut regs = *from;
        // Interrupted on the locked stack already: go on below what is in use there.
        regs.esp = match !from.is_v86() && outer == id {
            true if hot.is_on_locked_stack(from.ss, from.esp) => from.esp.min(old_esp),
            true if hot.locked_depth != 0 => old_esp.saturating_sub(LOCKED_MARGIN),
            _ => old_esp,
        };
        regs.ss = locked as u32;
        let landing_cs = width.landing_selector();
        let flags = self.shown_flags(slots.current()) & !crate::regs::VIRTUAL;
        // An IRQ's handler lands with interrupts off: where they come faster than it runs, the next one would come before, and
        // handlers pile up. What it has interrupted has its own flags in its slot.
        let image = if kind == Landing::Interrupt { flags & !INTERRUPT } else { flags };
        let pushed = self.push_on_client(&mut regs, extra)
            && (matches!(kind, Landing::Exception | Landing::Event)
                || self.push_on_client(&mut regs, &[image, landing_cs, site]));
        if !pushed || regs.esp < hot.locked_floor {
            self.switch_client(outer);
            return false;
        }
        if let Some(client) = self.host.clients[id as usize].as_mut() {
            client.hot.locked_esp = regs.esp;
            client.hot.locked_depth += 1;
            if from.is_v86() {
                client.hot.real_stack = from.ss << 16 | from.esp & 0xFFFF;
            }
        }
        let iopl = self.host.facts.client_iopl as u32;
        regs.cs = procedure.selector as u32;
        regs.eip = procedure.offset;
        regs.eflags =
            Registers::sanitised_flags(flags & !(INTERRUPT | TRAP | crate::regs::DIRECTION), iopl, false);
        if from.is_v86() {
            (regs.ds, regs.es, regs.fs, regs.gs) = (0, 0, 0, 0);
        }
        let Some(slot) = slots.push() else { return false };
        slot.regs = regs;
        slot.landing = kind;
        slot.outer_client = outer;
        slot.locked = ENTERED;
        slot.interrupts_off = 1;
        slot.locked_esp = old_esp;
        slot.real_stack = old_real;
        slot.expected = 0;
        true
    }

    /// A protected-mode interrupt handler has executed IRET to its landing point.
    pub(super) fn land_from_handler(&mut self, slots: &mut Slots) -> Resume {
        let mut from = *slots.regs();
        let top = slots.index();
        let Some(index) = (1..=top).rev().find(|&at| {
            matches!(slots.slot[at].landing, Landing::Interrupt | Landing::Hooked)
                && slots.slot[at].locked & (ENTERED | QUICK) != 0
        }) else {
            return self.exception_here(slots, 0x0D, 0);
        };
        let (kind, vector) = (slots.slot[index].landing, slots.slot[index].vector);
        self.unwind(slots, index);
        if kind == Landing::Hooked {
            let to = slots.regs();
            if vector == CRITICAL_ERROR {
                from.ebp = to.ebp;
            }
            copy_general(&mut from, to);
            to.eflags = to.eflags & !ARITHMETIC | from.eflags & ARITHMETIC;
        }
        Resume::Guest
    }

    /// The default action of an interrupt whose client handler chained to the landing point (0204h's answer): the
    /// interrupt frame on the client's stack says where to go afterwards.
    pub(super) fn chained_interrupt(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        let regs = slots.regs();
        let mut frame = [0; 3];
        let current = *regs;
        if !self.read_from_client(&current, &mut frame) {
            return self.stack_fault(slots);
        }
        let mut changed = current;
        self.pop_from_client(&mut changed, 3);
        changed.eip = frame[0];
        changed.cs = frame[1] & 0xFFFF;
        let flags = if self.host.width() == Width::Bits16 {
            frame[2] & 0xFFFF | current.eflags & 0xFFFF_0000
        } else {
            frame[2]
        };
        *slots.regs() = changed;
        self.give_flags(slots.current(), flags);
        if crate::client::is_irq(vector) {
            return self.reflect_from_client(slots, vector, Landing::Interrupt);
        }
        self.default_interrupt(slots, vector)
    }
}

/// The exception of a stack that cannot be used.
const STACK_FAULT: u8 = 0x0C;
/// DOS's critical error.
const CRITICAL_ERROR: u8 = 0x24;

/// What a handler may have used of the locked stack before it left for a stack of its own.
pub const LOCKED_MARGIN: u32 = 0x400;

/// Bytes that must stay free on a locked stack when a handler is entered.
pub const LOCKED_RESERVE: u32 = 512;
