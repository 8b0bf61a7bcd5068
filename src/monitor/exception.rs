//! Exceptions: page faults that are ours, privileged instructions that are carried out for a client, the client's own
//! handlers (0203h), and the client's end when there is none.
//!
//! A handler's frame on the locked stack (DPMI 0.9, 0203h), double words for a 32-bit client, words for a 16-bit one:
//!
//! ```text
//!   SS  (E)SP  (E)FLAGS  CS  (E)IP  error code  return CS  return (E)IP   <- (E)SP at entry
//! ```
//!
//! Above a page fault's, at 20h from (E)SP in both widths, stands the expanded frame of DPMI 1.0, double words: the same once
//! more, then ES, DS, FS, GS, CR2 and the page table entry. A handler may return from either.

use arrayvec::ArrayVec;

use super::slots::{Landing, Slots};
use super::{Monitor, Reporter, Resume};
use crate::dos::swapfile::Job;
use crate::host::Host;
use crate::landing;
use crate::machine::Machine;
use crate::monitor::real::copy_general;
use crate::paging::space::FaultOutcome;
use crate::regs::{Registers, Width, RESUME, TRAP};
use crate::vm86::decode::{decode, Decoded, Operation, LONGEST};
use crate::x86::descriptor::{Descriptor, CODE3};
use crate::x86::entry::PRESENT;

/// Exceptions whose default is the interrupt of the same number; all others end the client (DPMI 0.9, 2.5).
const fn defaults_to_interrupt(vector: u8) -> bool {
    matches!(vector, 0..=5 | 7)
}

/// Those of them whose instruction is executed again when the interrupt returns.
const fn restarts(vector: u8) -> bool {
    matches!(vector, 0 | 5 | 7)
}

/// Error code of the general-protection fault by which INT `vector` finds its gate closed to ring 3: the gate's selector in
/// the IDT (SDM vol. 3, "Error Code"). Other faults, of what the IRET to an INT loads for one, have another.
const fn closed_gate(vector: u8) -> u32 {
    (vector as u32) << 3 | 2
}

/// The general-protection fault and the page fault.
const GENERAL_PROTECTION: u8 = 0x0D;
const PAGE_FAULT: u8 = 0x0E;
/// The debug exception, and DR6's bit for a single step.
const DEBUG: u8 = 0x01;
pub(super) const SINGLE_STEP: u32 = 1 << 14;
/// Where a page fault's expanded frame is from (E)SP at entry, and what its 32-bit RETF takes from it.
const EXPANDED: u32 = 0x20;
const RETURN_BYTES: u32 = 8;
/// Page-fault error code: the access came from ring 3.
const FAULT_FROM_USER: u32 = 4;

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// An exception in a client's code; the error code, or zero, is in the slot.
    pub(super) fn exception(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        if vector == PAGE_FAULT {
            if let Some(resume) = self.page_fault(slots) {
                return resume;
            }
        }
        if vector == GENERAL_PROTECTION {
            if let Some(resume) = self.privileged_instruction(slots) {
                return resume;
            }
        }
        if vector == DEBUG && self.is_watchpoint(slots) && !self.handles_debug() {
            return Resume::Guest;
        }
        if vector == 0 || vector == 5 {
            if let Some(resume) = self.maybe_software(slots, vector) {
                return resume;
            }
        }
        let error = slots.regs().error;
        self.exception_here(slots, vector, error)
    }

    /// Delivers an exception of the current slot's client.
    pub(super) fn exception_here(&mut self, slots: &mut Slots, vector: u8, error: u32) -> Resume {
        let handler = self.host.client().exceptions[vector as usize & 31];
        if handler.selector == 0 {
            return self.default_exception(slots, vector);
        }
        let from = *slots.regs();
        let flags = self.shown_flags(slots.current());
        let landing_cs = self.host.width().landing_selector();
        let frame = [
            from.ss & 0xFFFF,
            from.esp,
            flags & !RESUME,
            from.cs & 0xFFFF,
            from.eip,
            error,
            landing_cs,
            landing::EXCEPTION_RETURN,
        ];
        let mut both = ArrayVec::<u32, 44>::new();
        if vector == PAGE_FAULT {
            self.expand_frame(&mut both, &from, &frame);
        }
        both.extend(frame);
        let id = self.host.current;
        let site = landing::EXCEPTION_RETURN;
        if !self.enter_locked(slots, id, handler, Landing::Exception, site, &both, &from) {
            return self.kill_client(slots, vector);
        }
        slots.current().vector = vector;
        Resume::Guest
    }

    /// What stands above the frame of a page fault, highest first, as units of the client's width.
    fn expand_frame(&self, into: &mut ArrayVec<u32, 44>, from: &Registers, frame: &[u32; 8]) {
        let address = self.fault_address;
        let machine = &self.host.machine;
        let table = machine.directory_entry(address >> 22) & PRESENT != 0;
        let entry = Some(address >> 12).filter(|_| table).map_or(0, |page| machine.table_entry(page));
        let entry = if entry & PRESENT != 0 { entry } else { 0 };
        let more = [entry, address, from.gs & 0xFFFF, from.fs & 0xFFFF, from.ds & 0xFFFF, from.es & 0xFFFF];
        let values = more.iter().chain(frame);
        match self.host.width() {
            Width::Bits32 => into.extend(values.copied()),
            Width::Bits16 => {
                into.extend(values.flat_map(|value| [value >> 16, value & 0xFFFF]));
                into.extend([0; 8]);
            }
        }
    }

    /// Has the handler of a page fault returned by the expanded frame? Then that is what its stack points to.
    fn read_expanded(&mut self, from: &Registers) -> Option<[u32; 10]> {
        let hot = self.host.client().hot;
        if from.ss as u16 != hot.locked_selector as u16
            || from.esp != hot.locked_esp + EXPANDED + RETURN_BYTES
        {
            return None;
        }
        let at = hot.locked_base + from.esp;
        self.host.readable(at, 40).ok()?;
        Some(core::array::from_fn(|index| self.host.machine.read_u32(at + index as u32 * 4)))
    }

    /// What an exception does that no handler of the client's took: the interrupt of that number, or the client's end.
    pub(super) fn default_exception(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        if !defaults_to_interrupt(vector) || self.faults_again(slots, vector) {
            return self.kill_client(slots, vector);
        }
        self.exception_as_interrupt(slots, vector)
    }

    /// Has the interrupt that stands for this fault come back without helping? The vectors of some DOSes do nothing
    /// (DOSBox's INT 00h), and the instruction would fault for ever.
    fn faults_again(&mut self, slots: &mut Slots, vector: u8) -> bool {
        let client = self.host.client();
        if !restarts(vector) || client.vectors[vector as usize].selector != 0 {
            return false;
        }
        let regs = slots.regs();
        let place = [
            regs.edi, regs.esi, regs.ebp, regs.ebx, regs.edx, regs.ecx, regs.eax, regs.esp, regs.ss, regs.cs,
            regs.eip,
        ];
        core::mem::replace(&mut client.reflected_fault, place) == place
    }

    /// A handler has returned (RETF) to its landing point: the frame above, which it may have changed, says how to
    /// go on; general and segment registers are the handler's.
    pub(super) fn land_from_exception(&mut self, slots: &mut Slots) -> Resume {
        match self.leave_exception(slots, 0) {
            Ok(()) => Resume::Guest,
            Err(resume) => resume,
        }
    }

    /// The same, with `skipped` values more on the handler's stack than RETF leaves there. The error is what happens instead, with
    /// the slot as it was: its frame is not there, or not there yet.
    fn leave_exception(&mut self, slots: &mut Slots, skipped: u32) -> Result<(), Resume> {
        let top = slots.index();
        let Some(index) = (1..=top).rev().find(|&at| slots.slot[at].landing == Landing::Exception) else {
            return Err(self.exception_here(slots, GENERAL_PROTECTION, 0));
        };
        let mut from = *slots.regs();
        let mut frame = [0; 6];
        self.pop_from_client(&mut from, skipped);
        if !self.read_from_client(&from, &mut frame) {
            return Err(self.stack_fault(slots));
        }
        let mut narrow = self.host.width() == Width::Bits16;
        let vector = slots.slot[index].vector;
        if vector == PAGE_FAULT {
            if let Some([error, eip, cs, flags, esp, ss, es, ds, fs, gs]) = self.read_expanded(&from) {
                frame = [error, eip, cs, flags, esp, ss];
                (from.es, from.ds, from.fs, from.gs) = (es & 0xFFFF, ds & 0xFFFF, fs & 0xFFFF, gs & 0xFFFF);
                narrow = false;
            }
        }
        self.unwind(slots, index);
        let to = slots.regs();
        copy_general(&mut from, to);
        (to.ds, to.es, to.fs, to.gs) = (from.ds, from.es, from.fs, from.gs);
        let [_, eip, cs, flags, esp, ss] = frame;
        (to.eip, to.cs, to.esp, to.ss) = (eip, cs & 0xFFFF, esp, ss & 0xFFFF);
        let flags = if narrow { flags & 0xFFFF | to.eflags & 0xFFFF_0000 } else { flags };
        self.give_flags(slots.current(), flags);
        // The instruction that an execution watchpoint stopped must run now.
        if vector == DEBUG {
            slots.regs().eflags |= RESUME;
        }
        Ok(())
    }

    /// A client's exception handler chained to the landing point of the default handler: the default action happens at
    /// the place that the frame names.
    pub(super) fn chained_exception(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        // The handler's own return frame, CS and (E)IP, is still on top.
        match self.leave_exception(slots, 2) {
            Ok(()) => self.default_exception(slots, vector),
            Err(resume) => resume,
        }
    }

    /// Is this debug exception by a watchpoint of 0B00h? Then it is noted, and the guest will go on (RF, lest an execution
    /// watchpoint fire again). Called for each debug exception of a guest's: no processor ever clears the bits of DR6.
    fn is_watchpoint(&mut self, slots: &mut Slots) -> bool {
        let dr6 = self.host.machine.debug_register(6);
        if dr6 & SINGLE_STEP != 0 {
            self.host.stepped = true;
            self.host.machine.set_debug_register(6, dr6 & !SINGLE_STEP);
            return false;
        }
        let client = self.host.client();
        if !client.watches.any() || dr6 & 0xF == 0 {
            return false;
        }
        client.watches.note(dr6);
        self.host.machine.set_debug_register(6, dr6 & !0xF);
        slots.regs().eflags |= RESUME;
        true
    }

    /// Does the current client handle exception 01h? It gets its watchpoints then.
    fn handles_debug(&mut self) -> bool {
        let client = self.host.client();
        client.exceptions[DEBUG as usize].selector != 0 || client.vectors[DEBUG as usize].selector != 0
    }

    /// A page fault: was it ours to repair?
    fn page_fault(&mut self, slots: &mut Slots) -> Option<Resume> {
        let error = slots.regs().error;
        let linear = self.fault_address;
        match self.fault_outcome(linear, error)? {
            FaultOutcome::Handled => Some(Resume::Guest),
            FaultOutcome::PageIn(page) => Some(self.page_in(slots, Job::Fault, page, 0)),
            FaultOutcome::NotOurs => None,
        }
    }

    /// Gives the current client the page at `linear` if it only has to be filled. `error` is the CPU's error code; that the
    /// access was the guest's own is taken for granted: emulators push a far call's frame as ring 0.
    #[inline]
    pub fn repair_page(&mut self, linear: u32, error: u32) -> bool {
        let Host { clients, machine, memory, current, .. } = &mut self.host;
        let Some(client) = clients[*current as usize].as_mut() else { return false };
        match client.space.fault(machine, memory, linear, error | FAULT_FROM_USER) {
            FaultOutcome::Handled => true,
            FaultOutcome::PageIn(_) | FaultOutcome::NotOurs => false,
        }
    }

    /// The same, with all that can come of it.
    #[cold]
    fn fault_outcome(&mut self, linear: u32, error: u32) -> Option<FaultOutcome> {
        let Host { clients, machine, memory, current, .. } = &mut self.host;
        let client = clients[*current as usize].as_mut()?;
        Some(client.space.fault(machine, memory, linear, error | FAULT_FROM_USER))
    }

    /// The bytes at a guest's CS:EIP, as many as its segment has and as can be read: none where CS is no code segment, as when the
    /// client has freed its descriptor meanwhile.
    pub(super) fn code_bytes(&mut self, regs: &Registers, into: &mut [u8; LONGEST]) -> (usize, bool) {
        let (segment, offset) = if regs.is_v86() {
            (Descriptor::new((regs.cs & 0xFFFF) << 4, 0xFFFF, CODE3, 0), regs.eip & 0xFFFF)
        } else {
            match self.any_descriptor(regs.cs as u16).filter(|descriptor| descriptor.is_code()) {
                Some(descriptor) => (descriptor, regs.eip),
                None => return (0, false),
            }
        };
        let big = segment.is_big();
        let Some(last) = segment.limit().checked_sub(offset) else { return (0, big) };
        let at = segment.base().wrapping_add(offset);
        for count in (1..=last.saturating_add(1).min(LONGEST as u32)).rev() {
            if self.host.readable(at, count).is_ok() {
                let count = count as usize;
                self.host.machine.read_bytes(at, &mut into[..count]);
                return (count, big);
            }
        }
        (0, big)
    }

    /// A general-protection fault: a software interrupt through a gate that is closed to ring 3, or an instruction that
    /// clients execute as if they owned the machine.
    fn privileged_instruction(&mut self, slots: &mut Slots) -> Option<Resume> {
        let regs = *slots.regs();
        let mut bytes = [0; LONGEST];
        let (count, big) = self.code_bytes(&regs, &mut bytes);
        let Decoded { length, operation } = decode(&bytes[..count], big)?;
        let next = regs.eip.wrapping_add(length as u32);
        if let Operation::Interrupt(vector) = operation {
            if regs.error != closed_gate(vector) {
                return None;
            }
            slots.regs().eip = next;
            return Some(self.software_from_client(slots, vector));
        }
        if regs.error != 0 {
            return None;
        }
        if let Some(resume) = self.interrupt_flag(slots, operation, next) {
            return Some(resume);
        }
        let done = self.v86_port(slots.regs(), operation) || self.emulate(slots.regs(), operation);
        if done {
            slots.regs().eip = next;
            return Some(self.behind_instruction(slots, operation));
        }
        None
    }

    /// How a client goes on behind an instruction that was carried out for it: a single step ends there, and the RF of the fault's
    /// flags is not for the next instruction.
    fn behind_instruction(&mut self, slots: &mut Slots, operation: Operation) -> Resume {
        let regs = slots.regs();
        regs.eflags &= !RESUME;
        let resume = self.after_instruction(slots, operation);
        if resume != Resume::Guest || slots.regs().eflags & TRAP == 0 {
            return resume;
        }
        let dr6 = self.host.machine.debug_register(6);
        self.host.machine.set_debug_register(6, dr6 | SINGLE_STEP);
        self.exception(slots, DEBUG)
    }

    /// Vectors 00h and 05h come from the CPU as well as from INT: the instruction before EIP tells. `None`: an exception.
    fn maybe_software(&mut self, slots: &mut Slots, vector: u8) -> Option<Resume> {
        let mut before = *slots.regs();
        before.eip = before.eip.wrapping_sub(2);
        let mut bytes = [0; LONGEST];
        let (count, _) = self.code_bytes(&before, &mut bytes);
        if count >= 2 && bytes[0] == 0xCD && bytes[1] == vector {
            return Some(self.client_interrupt(slots, vector));
        }
        None
    }

    /// An exception in V86 code.
    pub(super) fn v86_exception(&mut self, slots: &mut Slots, vector: u8) -> Resume {
        if vector == PAGE_FAULT {
            if self.open_page0(slots) {
                return Resume::Guest;
            }
            if let Some(resume) = self.page_fault(slots) {
                return resume;
            }
        }
        if vector == GENERAL_PROTECTION {
            let regs = *slots.regs();
            let mut bytes = [0; LONGEST];
            let (count, _) = self.code_bytes(&regs, &mut bytes);
            if let Some(Decoded { length, operation }) = decode(&bytes[..count], false) {
                let next = regs.eip.wrapping_add(length as u32) & 0xFFFF;
                if let Operation::Interrupt(vector) = operation {
                    if regs.error == closed_gate(vector) {
                        slots.regs().eip = next;
                        return self.software_from_v86(slots, vector);
                    }
                } else if self.v86_port(slots.regs(), operation) || self.emulate(slots.regs(), operation) {
                    slots.regs().eip = next;
                    return self.after_instruction(slots, operation);
                }
            }
        }
        // Not for real mode's INT 01h: its IRET may pop from the very words that are watched, again and again.
        if vector == DEBUG && self.is_watchpoint(slots) {
            return Resume::Guest;
        }
        if matches!(vector, 0..=7) {
            // What real mode does: the vector in the IVT, EIP as the exception has it.
            if self.is_hooked(vector) {
                return self.hooked_interrupt(slots, vector);
            }
            self.reflect_in_v86(slots, vector);
            return Resume::Guest;
        }
        log::error!(target: "monitor", "exception {vector:02X} in V86 mode");
        self.kill_client(slots, vector)
    }
}
