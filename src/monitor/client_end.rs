//! A client's end: 4Ch, a fault without a handler, or its process ending behind its back; and what it leaves.
//!
//! DOS ends the process. The INT 22h address in the client's PSP is a trap site, so every route out comes by it, after DOS
//! has closed the process; only then is the client given up and, with the last one, the machine dormant again.

use super::slots::{Landing, Slots};
use super::{pic, Monitor, Reporter, Resume};
use crate::client::{reaches_protected_mode, Ending, CLIENTS_MAX};
use crate::dos::swapfile;
use crate::host::{CallbackKind, RealTarget, NOBODY};
use crate::machine::{owner_of_block, Machine};
use crate::regs::{far_linear, Registers, INTERRUPT};

/// The DOS exit code of a client that a fault, or the hot key, ended.
const REPORTED_EXIT: u8 = 0xFF;

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// Ends the current client because of a fault in the current slot, with a report.
    pub(super) fn kill_client(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        self.end_with_report(slots, vector, self.fault_address)
    }

    /// Ends the client in whose code the current slot is, with a report that names `cause`, a vector or
    /// [`ENDED_BY_KEY`](crate::report::ENDED_BY_KEY).
    pub(super) fn end_with_report(&mut self, slots: &mut Slots, cause: u8, fault_address: u32) -> Resume {
        let id = self.host.current;
        let ending = self.host.clients[id as usize].as_ref().map_or(Ending::Lives, |client| client.ending);
        if ending == Ending::Lives {
            if let Some(resume) = self.end_child_at_fault(slots, cause, REPORTED_EXIT) {
                return resume;
            }
        }
        let regs = *slots.regs();
        self.reporter.died(&mut self.host, &regs, cause, fault_address, false);
        match ending {
            Ending::Lives => self.restore_vectors(id, |_| true),
            Ending::Asked => self.restore_all_vectors(id),
            Ending::AskedAgain => self.reporter.stuck(),
        }
        self.exit_client(slots, REPORTED_EXIT)
    }

    /// DOS's call that was to end client `id` has faulted: the next one finds the real-mode vectors as they were when the client
    /// entered.
    fn restore_all_vectors(&mut self, id: u8) {
        let host = &mut self.host;
        let Some(client) = host.clients[id as usize].as_mut() else { return };
        log::error!(target: "client", "DOS cannot end client {id}: all vectors become those of its entry");
        client.ending = Ending::AskedAgain;
        for (vector, pointer) in client.entry_vectors.into_iter().enumerate() {
            host.machine.write_u32(vector as u32 * 4, pointer);
        }
    }

    /// Ends the current client with a DOS exit code: INT 21h AH=4Ch in V86 mode, on the client's own real-mode stack.
    /// Whatever crossings are above its base never come back.
    pub(super) fn exit_client(&mut self, slots: &mut Slots, code: u8) -> Resume {
        let id = self.host.current;
        if self.host.swap_file.waiting() == Some(id) && slots.index() > self.host.swap_file.slot {
            return self.end_after_transfer(slots, id, code);
        }
        log::info!(target: "client", "client {id} ends with {code:02X}");
        let psp = swapfile::abandon(&mut self.host);
        self.release_interrupts();
        if self.host.clients[id as usize].as_ref().is_some_and(|client| client.outlives) {
            return self.exit_resident(slots, id, code);
        }
        if let Some(client) = self.host.clients[id as usize].as_mut() {
            if client.ending == Ending::Lives {
                client.ending = Ending::Asked;
            }
        }
        self.disconnect(id);
        self.restore_psp(id);
        let base = self.base_of_client(slots, id);
        self.end_interrupts(id);
        slots.drop_to(base);
        let landing = slots.current().landing;
        let outer = slots.current().outer_client;
        if let Some(client) = self.host.clients[id as usize].as_mut() {
            client.hot.real_stack = crate::client::first_real_stack(client.host_data);
        }
        if let Some(call) = self.call_before_end(id, code, psp) {
            slots.regs().set_ax(0x4C00 | code as u16);
            self.host.call = Some(call);
            return self.real_call(slots);
        }
        // The client's base slot itself becomes DOS's; it keeps its landing, so that the process's end finds it.
        slots.drop_to(base.saturating_sub(1));
        if self.push_real(slots, RealTarget::Interrupt(0x21), 0, (0, 0)).is_none() {
            return Resume::Guest;
        }
        let slot = slots.current();
        slot.landing = landing;
        slot.outer_client = outer;
        let segment = slot.regs.ss;
        slot.regs = Registers {
            eax: 0x4C00 | code as u32,
            v_ds: segment,
            v_es: segment,
            eip: slot.regs.eip,
            cs: slot.regs.cs,
            eflags: slot.regs.eflags,
            esp: slot.regs.esp,
            ss: slot.regs.ss,
            ..Default::default()
        };
        Resume::Guest
    }

    /// Ends client `id`, whose process is gone already, from within the process of another program that called it: DOS ends
    /// that process, and the client is given up at once, for no end of a process of its own will tell.
    fn exit_resident(&mut self, slots: &mut Slots, id: u8, code: u8) -> Resume {
        self.end_interrupts(id);
        // The lowest of the slots on top that are the client's.
        let mut base = slots.index();
        while base > 0 && slots.slot[base].outer_client == id {
            base -= 1;
        }
        // Code that called the client by an interrupt or a callback is below; code that switched is in this very slot.
        let switched = matches!(
            slots.slot[base].landing,
            Landing::Root | Landing::Reflected | Landing::Structure | Landing::Continue
        );
        let keep = if switched || base == 0 { base } else { base - 1 };
        if slots.index() > keep {
            self.unwind(slots, keep + 1);
        }
        let outer = if keep > 0 { slots.slot[base].outer_client } else { self.host.current };
        let stack = self.host.clients[id as usize].as_ref().map_or(0, |client| client.host_data);
        let stack = crate::client::first_real_stack(stack);
        // What is below slot 1 is the real-mode code from which the first client was entered: nobody's, whatever client was
        // current then.
        let is_below = (2..=keep).any(|at| slots.slot[at].outer_client == id);
        if keep > 0 && slots.slot[1].outer_client == id {
            slots.slot[1].outer_client = if keep > 1 { slots.slot[2].outer_client } else { outer };
        }
        let (return_cs, return_ip) = self.site_address(crate::layout::event::RETURN);
        let segment = stack >> 16;
        let mut regs = Registers {
            eax: 0x4C00 | code as u32,
            v_ds: segment,
            v_es: segment,
            eip: return_ip as u32,
            cs: return_cs as u32,
            eflags: Registers::sanitised_flags(INTERRUPT, 3, true),
            esp: stack & 0xFFFF,
            ss: segment,
            ..Default::default()
        };
        self.reflect(&mut regs, 0x21);
        *slots.regs() = regs;
        if is_below {
            self.disconnect(id);
            return self.still_active();
        }
        if let Some(client) = self.host.clients[id as usize].as_mut() {
            client.hot.real_stack = segment << 16 | regs.esp;
        }
        match self.close_swap(slots, id) {
            Some(resume) => resume,
            None => self.give_up_client(slots, id, outer),
        }
    }

    /// Client `id` ends in a handler that interrupted a transfer for it: DOS and the disk are not left in the middle. The
    /// handler is, and the client ends when the transfer is done.
    fn end_after_transfer(&mut self, slots: &mut Slots, id: u8, code: u8) -> Resume {
        log::info!(target: "client", "client {id} will end with {code:02X}");
        self.host.swap_file.doomed = Some(code);
        let transfer = self.host.swap_file.slot;
        self.unwind(slots, transfer + 1);
        self.disconnect(id);
        self.end_interrupts(id);
        Resume::Guest
    }

    /// Interrupts that came in service since client `id` entered: their handlers never come back, and without an EOI the PIC
    /// would hold back that line and all below it for ever.
    fn end_interrupts(&mut self, id: u8) {
        let known = self.host.clients[id as usize].as_ref().map_or(0, |client| client.in_service);
        let machine = &mut self.host.machine;
        let abandoned = pic::in_service(machine) & !known;
        for line in (0..16_u8).filter(|line| abandoned >> line & 1 != 0) {
            log::warn!(target: "client", "ends IRQ {line} for a client that never will");
            pic::end_line(machine, line);
        }
    }

    /// DOS has ended the process of client `id` and jumped to its INT 22h address. The current slot's V86 state, which is
    /// the parent's, becomes that of the slot below the client's base.
    pub(super) fn process_end(&mut self, slots: &mut Slots, id: u8) -> Resume {
        let Some(client) = self.host.clients.get(id as usize).and_then(|client| client.as_ref()) else {
            return Resume::Guest;
        };
        let terminate = client.terminate;
        let stays = client.resident || self.keeps_memory(client.psp);
        let mut regs = *slots.regs();
        regs.eip = terminate & 0xFFFF;
        regs.cs = terminate >> 16;
        // Where real mode's INT 00h or a 4Ch there ended it inside an IRQ handler, that was not seen before.
        self.end_interrupts(id);
        let base = self.base_of_client(slots, id);
        if base > 0 && base <= slots.index() {
            self.unwind(slots, base);
        }
        *slots.regs() = regs;
        self.forget_terminate(id, terminate);
        if stays {
            if let Some(client) = self.host.clients[id as usize].as_mut() {
                client.outlives = true;
            }
        } else {
            if let Some(resume) = self.close_swap(slots, id) {
                return resume;
            }
            return self.give_up_client(slots, id, self.host.current);
        }
        self.still_active()
    }

    /// Is the process at `psp` still the owner of its PSP's block, after its end? Then it stayed resident, by whatever
    /// real-mode call: DOS frees all blocks of the others.
    fn keeps_memory(&self, psp: u16) -> bool {
        owner_of_block(&self.host.machine, psp) == Some(psp)
    }

    /// The client of a process that has ended is no more. `outer` becomes current.
    pub(super) fn give_up_client(&mut self, _: &mut Slots, id: u8, outer: u8) -> Resume {
        self.disconnect(id);
        self.discard_client(id, outer);
        if !self.host.swap_file.is_open() && self.host.memory.swap.is_some() {
            self.host.memory.end_swap();
            self.host.swap_file.pins = 0;
        }
        self.still_active()
    }

    fn still_active(&mut self) -> Resume {
        if self.host.clients.iter().all(|client| client.is_none()) {
            self.reset_withheld();
            self.ticks = Default::default();
            self.active = false;
            return Resume::Dormant;
        }
        Resume::Guest
    }

    /// DOS has copied the PSP's INT 22h address to the IVT: what belongs there is the client's original one.
    fn forget_terminate(&mut self, id: u8, terminate: u32) {
        let (cs, ip) = self.host.facts.alias_address(crate::layout::event::PROCESS_END, id);
        let ours = (cs as u32) << 16 | ip as u32;
        if self.host.machine.read_u32(0x22 * 4) == ours {
            self.host.machine.write_u32(0x22 * 4, terminate);
        }
    }

    /// The slot of a client's base; slot 1 if it cannot be found (it always can).
    fn base_of_client(&self, slots: &Slots, id: u8) -> usize {
        let mut own = self.host.current;
        for at in (1..=slots.index()).rev() {
            let slot = &slots.slot[at];
            if slot.landing == Landing::Client && own == id {
                return at;
            }
            own = slot.outer_client;
        }
        1
    }

    /// Puts back the real-mode vectors that client `id` set with 0201h and that hold a value which is `dead` now.
    pub(super) fn restore_vectors(&mut self, id: u8, dead: impl Fn(u32) -> bool) {
        let host = &mut self.host;
        let Some(client) = host.clients[id as usize].as_mut() else { return };
        for (vector, old) in core::mem::take(&mut client.saved_vectors).into_iter().rev() {
            let at = vector as u32 * 4;
            if dead(host.machine.read_u32(at)) {
                host.machine.write_u32(at, old);
            }
        }
    }

    /// Takes a client out of the way of events: its handlers, its callbacks, and the real-mode vectors that it set to
    /// those. Its other vectors are its own affair: extenders hook in real mode and unhook with 0201h.
    pub(super) fn disconnect(&mut self, id: u8) {
        self.forget_suspended(id);
        let callbacks = self.host.facts.resident + self.host.facts.callback_trap as u32;
        self.restore_vectors(id, |value| far_linear(value) == callbacks);
        let host = &mut self.host;
        if let Some(client) = host.clients[id as usize].as_mut() {
            client.vectors = [Default::default(); 256];
            client.exceptions = [Default::default(); 32];
        }
        for callback in host.callbacks.iter_mut().filter(|callback| callback.client == id) {
            // A driver may not give up the address of an event procedure: such an entry stays, for nobody.
            match callback.kind {
                CallbackKind::Mouse | CallbackKind::Pointer => callback.client = NOBODY,
                _ => callback.kind = CallbackKind::Free,
            }
        }
        host.refresh_hooks();
    }

    /// Gives back everything a client held and makes `outer` current.
    pub(super) fn discard_client(&mut self, id: u8, outer: u8) {
        let host = &mut self.host;
        let Some(mut client) = host.clients[id as usize].take() else { return };
        client.watches.disable(&mut host.machine);
        host.machine.load_space(host.facts.kernel_directory);
        client.space.destroy(&mut host.machine, &mut host.memory);
        host.machine.drop_descriptors(id);
        host.dos.forget(id);
        if host.clients.iter().all(|client| client.is_none()) {
            crate::dos::transfer::give_back(host);
            host.callbacks = alloc::vec::Vec::new();
        }
        drop(client);
        // `switch_client` saves nothing for a client that is gone and loads the other's world.
        host.current = id;
        match host.clients[outer as usize].is_some() && outer != id {
            true => self.switch_client(outer),
            false => host.current = outer,
        }
    }
}

impl<M: Machine> crate::host::Host<M> {
    /// Computes anew which real-mode vectors are handled in protected mode.
    pub fn refresh_hooks(&mut self) {
        let mut hooked = [0_u32; 8];
        for client in self.clients[..CLIENTS_MAX].iter().flatten() {
            for vector in 0..=255_u8 {
                if reaches_protected_mode(vector) && client.vectors[vector as usize].selector != 0 {
                    hooked[vector as usize >> 5] |= 1 << (vector & 31);
                }
            }
        }
        // At IOPL 0 the core sees the keyboard's IRQ first (monitor::withheld).
        if self.facts.client_iopl == 0 {
            hooked[0] |= 1 << 9;
        }
        // While a handler waits for DOS, the core looks at each tick of the clock, and when DOS is idle (monitor::suspended).
        if self.handlers_wait {
            hooked[0] |= 1 << 8;
            hooked[1] |= 1 << (0x28 - 32);
        }
        self.hooked = hooked;
    }
}
