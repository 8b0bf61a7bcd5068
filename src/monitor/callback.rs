//! Real-mode callbacks (0303h), and raw mode switches (0305h, 0306h).

use arrayvec::ArrayVec;

use super::real::is_real_landing;
use super::slots::{Landing, Slots, QUICK};
use super::{Monitor, Reporter, Resume};
use crate::client::Client;
use crate::host::{Callback, CallbackKind, NOBODY};
use crate::landing;
use crate::machine::Machine;
use crate::regs::{Registers, Width};
use crate::structure;
use crate::x86::descriptor::{Descriptor, DATA3};

/// Moves a client's callback stack selector to another base.
pub(super) fn restore_alias<M: Machine>(machine: &mut M, client: &Client, base: u32) {
    let made = Descriptor::new(base, 0xFFFF, DATA3, 0);
    machine.set_descriptor(client.id, client.alias_selector >> 3, made.0);
}

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// V86 code has called callback `number`. The client's structure receives its registers, and the client's
    /// procedure runs with DS:(E)SI on the caller's stack and ES:(E)DI on the structure. An entry that is free
    /// returns to its caller.
    pub(super) fn callback(&mut self, slots: &mut Slots, number: usize) -> Resume {
        let mut from = *slots.regs();
        from.eip = from.eip.wrapping_sub(2) & 0xFFFF;
        let callback = self.host.callbacks.get(number).copied().unwrap_or_default();
        match callback.kind {
            CallbackKind::Structure => {}
            CallbackKind::Mouse | CallbackKind::Pointer if callback.client != NOBODY => {
                return self.event_procedure(slots, &callback);
            }
            // What follows the trap returns to the caller.
            _ => return Resume::Guest,
        }
        let outer = self.host.current;
        self.switch_client(callback.client);
        let structure_at =
            self.host.linear_of(callback.structure.selector, callback.structure.offset, structure::SIZE);
        let usable = structure_at.ok().filter(|&at| self.host.writable(at, structure::SIZE).is_ok());
        let Some(at) = usable else {
            log::warn!(target: "callback", "callback {number}: the register structure is gone");
            self.switch_client(outer);
            return Resume::Guest;
        };
        structure::store_whole(&mut self.host.machine, at, &from);
        self.switch_client(outer);
        let entered = self.enter_locked(
            slots,
            callback.client,
            callback.procedure,
            Landing::Callback,
            landing::CALLBACK_RETURN,
            &[],
            &from,
        );
        if !entered {
            log::error!(target: "callback", "callback {number}: too many crossings");
            return Resume::Guest;
        }
        let Some(client) = self.host.clients[callback.client as usize].as_ref() else { return Resume::Guest };
        let (alias, width) = (client.alias_selector, client.width);
        let old = Descriptor(self.host.machine.descriptor(callback.client, alias >> 3)).base();
        restore_alias(&mut self.host.machine, client, (from.ss & 0xFFFF) << 4);
        let slot = slots.current();
        slot.alias_base = old;
        slot.vector = 0;
        slot.regs.ds = alias as u32;
        slot.regs.esi = from.esp & 0xFFFF;
        slot.regs.es = callback.structure.selector as u32;
        slot.regs.edi = width.offset(callback.structure.offset);
        Resume::Guest
    }

    /// A driver has called the real-mode address of a client's event procedure. It runs with the driver's general registers
    /// and ends with RETF, after which the driver goes on with its own. A pointing device's four words come along.
    fn event_procedure(&mut self, slots: &mut Slots, callback: &Callback) -> Resume {
        let from = *slots.regs();
        let Some(client) = self.host.clients[callback.client as usize].as_ref() else { return Resume::Guest };
        if self.event_waits(callback.client) {
            return Resume::Guest;
        }
        let width = client.width;
        // The driver's far call lies on top of them.
        let words = Self::v86_linear(from.ss, from.esp) + 4;
        let word = |at: u32| self.host.machine.read_u16(words + at * 2) as u32;
        let passed = [word(3), word(2), word(1), word(0)];
        let back = [width.landing_selector(), landing::EVENT_RETURN];
        let mut frame: ArrayVec<u32, 6> = ArrayVec::new();
        match (callback.kind, width) {
            (CallbackKind::Pointer, Width::Bits16) => frame.extend(passed),
            (CallbackKind::Pointer, Width::Bits32) => {
                frame.extend([passed[0] << 16 | passed[1], passed[2] << 16 | passed[3]]);
            }
            _ => {}
        }
        frame.extend(back);
        let (id, procedure) = (callback.client, callback.procedure);
        if !self.enter_locked(slots, id, procedure, Landing::Event, landing::EVENT_RETURN, &frame, &from) {
            log::error!(target: "callback", "an event procedure: too many crossings");
            return Resume::Guest;
        }
        slots.current().vector = 0;
        Resume::Guest
    }

    /// An event procedure has executed RETF: the driver goes on, with its own registers, at the RETF behind the trap.
    pub(super) fn land_from_event(&mut self, slots: &mut Slots) -> Resume {
        let top = slots.index();
        let Some(index) = (1..=top).rev().find(|&at| slots.slot[at].landing == Landing::Event) else {
            return self.exception_here(slots, 0x0D, 0);
        };
        self.unwind(slots, index);
        Resume::Guest
    }

    /// A callback's procedure has executed IRET: the structure at its ES:(E)DI says how V86 code goes on.
    pub(super) fn land_from_callback(&mut self, slots: &mut Slots) -> Resume {
        let top = slots.index();
        let Some(index) = (1..=top).rev().find(|&at| slots.slot[at].landing == Landing::Callback) else {
            return self.exception_here(slots, 0x0D, 0);
        };
        let from = *slots.regs();
        let offset = self.host.width().offset(from.edi);
        let Ok(at) = self.host.linear_of(from.es as u16, offset, structure::SIZE) else {
            return self.exception_here(slots, 0x0D, from.es & 0xFFFC);
        };
        if let Err(refused) = self.host.readable(at, structure::SIZE) {
            self.note_missing(refused);
            return self.missing_fault(slots, 0x0D, from.es & 0xFFFC, 2);
        }
        let mut to = structure::load(&self.host.machine, at);
        to.eflags = Registers::sanitised_flags(to.eflags, 3, true);
        self.unwind(slots, index);
        *slots.regs() = to;
        Resume::Guest
    }

    /// 0306h from protected mode: the current slot becomes V86 code. AX DS, CX ES, DX SS, (E)BX SP, SI CS, (E)DI IP.
    pub(super) fn raw_to_real(&mut self, slots: &mut Slots) -> Resume {
        let index = slots.index();
        if slots.slot[index].locked & QUICK != 0 {
            // The slot below relies on the CPU's segment registers, which V86 mode does not keep.
            let regs = slots.slot[index].regs;
            let below = &mut slots.slot[index - 1].regs;
            (below.ds, below.es, below.fs, below.gs) = (regs.ds, regs.es, regs.fs, regs.gs);
            slots.slot[index].locked &= !QUICK;
        }
        let flags = Registers::sanitised_flags(self.shown_flags(slots.current()), 3, true);
        let regs = slots.regs();
        let from = *regs;
        (regs.v_ds, regs.v_es) = (from.eax & 0xFFFF, from.ecx & 0xFFFF);
        (regs.v_fs, regs.v_gs) = (0, 0);
        (regs.ss, regs.esp) = (from.edx & 0xFFFF, from.ebx & 0xFFFF);
        (regs.cs, regs.eip) = (from.esi & 0xFFFF, from.edi & 0xFFFF);
        regs.eflags = flags;
        Resume::Guest
    }

    /// 0306h from V86 code: the current slot becomes protected-mode code of the current client. Selectors that cannot be
    /// loaded are found on the way out and are the client's fault.
    pub(super) fn raw_to_protected(&mut self, slots: &mut Slots, id: u8) -> Resume {
        self.keep_real_stack(slots, id);
        if self.host.clients.get(id as usize).is_some_and(|client| client.is_some()) {
            self.switch_client(id);
        }
        let width = self.host.width();
        let regs = slots.regs();
        let from = *regs;
        (regs.ds, regs.es) = (from.eax & 0xFFFF, from.ecx & 0xFFFF);
        (regs.fs, regs.gs) = (0, 0);
        (regs.ss, regs.esp) = (from.edx & 0xFFFF, width.offset(from.ebx));
        (regs.cs, regs.eip) = (from.esi & 0xFFFF, width.offset(from.edi));
        self.give_flags(slots.current(), from.eflags);
        Resume::Guest
    }

    /// A real-mode procedure that switches to protected mode may come back and return: what it has on its client's real-mode
    /// stack stays until its call is over. (Code that no call waits for would take from that stack for ever.)
    fn keep_real_stack(&mut self, slots: &mut Slots, id: u8) {
        if id != self.host.current || !is_real_landing(slots.current()) {
            return;
        }
        let Some(client) = self.host.clients[id as usize].as_mut() else { return };
        let (here, free) = (slots.regs(), client.hot.real_stack);
        let sp = here.esp & 0xFFFF;
        if here.ss == free >> 16 && sp < free & 0xFFFF {
            client.hot.real_stack = here.ss << 16 | sp;
        }
    }

    /// A client has called a landing point by a far call: returns to its caller. All there is to 0305h, as raw switches
    /// leave nothing to save.
    pub(super) fn return_to_client(&mut self, slots: &mut Slots) -> Resume {
        let mut regs = *slots.regs();
        let mut frame = [0; 2];
        if !self.read_from_client(&regs, &mut frame) {
            return self.stack_fault(slots);
        }
        self.pop_from_client(&mut regs, 2);
        regs.eip = frame[0];
        regs.cs = frame[1] & 0xFFFF;
        *slots.regs() = regs;
        Resume::Guest
    }
}
