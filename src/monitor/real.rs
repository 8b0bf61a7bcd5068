//! Calls into real-mode code, which runs in V86 mode: reflected interrupts, 0300h to 0302h, the services' own DOS
//! calls; and their landing.
//!
//! The real-mode stack picture at the called procedure's entry, top last:
//!
//! ```text
//!   words copied from the client's stack (0300h to 0302h)
//!   FLAGS            only where IRET ends the procedure
//!   CS, IP           the RETURN trap site in the resident part
//! ```

use super::slots::{Landing, Slot, Slots, ENTERED, QUICK};
use super::{Monitor, Reporter, Resume};
use crate::host::{Finish, RealCall, RealTarget};
use crate::layout::{event, LOW_END};
use crate::machine::Machine;
use crate::regs::{Registers, ARITHMETIC, INTERRUPT, TRAP};
use crate::service::Code;
use crate::structure;

/// Bytes that must be free on the stack in the host data area when real-mode code begins.
pub const REAL_RESERVE: u16 = 64;

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// Linear address of `segment:offset` in V86 mode.
    #[inline(always)]
    pub(super) fn v86_linear(segment: u32, offset: u32) -> u32 {
        ((segment & 0xFFFF) << 4) + (offset & 0xFFFF)
    }

    /// The same for `bytes` bytes that are to be read or written: None when they go beyond what a segment reaches, the last bytes of
    /// which leave no room for them.
    pub(super) fn v86_range(segment: u32, offset: u32, bytes: u32) -> Option<u32> {
        let at = Self::v86_linear(segment, offset);
        (at <= LOW_END - bytes).then_some(at)
    }

    /// Pushes a word on a V86 stack.
    pub(super) fn push_v86(&mut self, regs: &mut Registers, value: u16) {
        regs.esp = regs.esp.wrapping_sub(2) & 0xFFFF;
        self.host.machine.write_u16(Self::v86_linear(regs.ss, regs.esp), value);
    }

    /// Pops a word from a V86 stack.
    pub(super) fn pop_v86(&mut self, regs: &mut Registers) -> u16 {
        let value = self.host.machine.read_u16(Self::v86_linear(regs.ss, regs.esp));
        regs.esp = (regs.esp + 2) & 0xFFFF;
        value
    }

    /// Enters the real-mode handler of `vector` from V86 code, as the CPU does in real mode.
    pub(super) fn reflect_in_v86(&mut self, slots: &mut Slots, vector: u8) {
        self.reflect(slots.regs(), vector);
    }

    /// Interrupt `vector` in real or V86 mode, as the CPU does it in real mode.
    pub(super) fn reflect(&mut self, regs: &mut Registers, vector: u8) {
        let flags = regs.eflags as u16;
        self.push_v86(regs, flags);
        let (cs, ip) = (regs.cs as u16, regs.eip as u16);
        self.push_v86(regs, cs);
        self.push_v86(regs, ip);
        self.jump_to_vector(regs, vector);
    }

    /// Sets CS:IP from the IVT and clears IF and TF.
    fn jump_to_vector(&mut self, regs: &mut Registers, vector: u8) {
        let pointer = self.host.machine.read_u32(vector as u32 * 4);
        regs.eip = pointer & 0xFFFF;
        regs.cs = pointer >> 16;
        regs.eflags &= !(INTERRUPT | TRAP);
    }

    /// Returns from a far call or an interrupt on behalf of V86 code that stands at a trap site.
    pub(super) fn far_return(&mut self, regs: &mut Registers) {
        regs.eip = self.pop_v86(regs) as u32;
        regs.cs = self.pop_v86(regs) as u32;
    }

    /// Returns from an interrupt on behalf of V86 code; `keep` are the flags that come from `regs` rather than from the
    /// stack (CF, when a service answered in it).
    pub(super) fn interrupt_return(&mut self, regs: &mut Registers, keep: u32) {
        self.far_return(regs);
        let flags = self.pop_v86(regs) as u32;
        let merged = flags & !keep | regs.eflags & keep;
        regs.eflags = Registers::sanitised_flags(merged, 3, true);
    }

    /// Paragraph and offset of a trap site.
    pub(super) fn site_address(&self, event: u32) -> (u16, u16) {
        self.host.facts.site_address(event)
    }

    /// Fills a new slot with V86 code that will come back to the RETURN site. `regs` holds general and segment registers
    /// and flags; `stack` SS:SP or 0. `None` if there are too many crossings.
    pub(super) fn push_real<'s>(
        &mut self,
        slots: &'s mut Slots,
        target: RealTarget,
        stack: u32,
        words: (u16, u32),
    ) -> Option<&'s mut Slot> {
        let eflags = self.shown_flags(slots.current());
        let from = slots.regs();
        let (from_ss, from_esp, from_v86) = (from.ss as u16, from.esp, from.is_v86());
        if !slots.has_room(1) {
            return None;
        }
        let outer = self.host.current;
        let client = self.host.clients[outer as usize].as_mut()?;
        let own = client.hot.real_stack;
        // Real-mode code needs some stack for itself; of a stack that is not ours only its user knows. SP=0 is a full one.
        let ours = own >> 16 == crate::client::first_real_stack(client.host_data) >> 16;
        let least = if ours { REAL_RESERVE } else { 6 + words.0 * 2 };
        if stack == 0 && own as u16 != 0 && (own as u16) < least {
            return None;
        }
        let hot = &mut client.hot;
        let locked_esp = hot.locked_esp;
        // A handler on the locked stack calls real mode: what may enter meanwhile goes below what it has pushed. If it has left
        // that stack for one of its own, nobody knows how much it used.
        if !from_v86 && hot.is_on_locked_stack(from_ss as u32, from_esp) {
            hot.locked_esp = locked_esp.min(from_esp);
        } else if hot.locked_depth != 0 {
            hot.locked_esp = locked_esp.saturating_sub(super::interrupt::LOCKED_MARGIN);
        }
        let (site_cs, site_ip) = self.site_address(event::RETURN);
        let slot = slots.push()?;
        slot.outer_client = outer;
        slot.locked = 0;
        slot.locked_esp = locked_esp;
        slot.real_stack = own;
        let stack = if stack == 0 { own } else { stack };
        let (ss, sp) = ((stack >> 16) as u16, stack as u16);
        let mut sp = sp;
        let base = (ss as u32) << 4;
        let machine = &mut self.host.machine;
        for index in (0..words.0 as u32).rev() {
            let word = machine.read_u16(words.1 + index * 2);
            sp = sp.wrapping_sub(2);
            machine.write_u16(base + sp as u32, word);
        }
        let regs = &mut slot.regs;
        regs.ss = ss as u32;
        regs.eflags = Registers::sanitised_flags(eflags, 3, true);
        if !matches!(target, RealTarget::Far { .. }) {
            sp = sp.wrapping_sub(2);
            machine.write_u16(base + sp as u32, regs.eflags as u16);
        }
        // RETF, or IRET, leaves SP where the copied words end.
        let popped = if matches!(target, RealTarget::Far { .. }) { sp } else { sp.wrapping_add(2) };
        slot.expected = (ss as u32) << 16 | popped as u32;
        sp = sp.wrapping_sub(4);
        machine.write_u16(base + sp as u32, site_ip);
        machine.write_u16(base + (sp.wrapping_add(2)) as u32, site_cs);
        regs.esp = sp as u32;
        match target {
            RealTarget::Interrupt(vector) => {
                let pointer = machine.read_u32(vector as u32 * 4);
                regs.eip = pointer & 0xFFFF;
                regs.cs = pointer >> 16;
                regs.eflags &= !(INTERRUPT | TRAP);
            }
            RealTarget::FarIret { cs, ip } => {
                (regs.cs, regs.eip) = (cs as u32, ip as u32);
                regs.eflags &= !(INTERRUPT | TRAP);
            }
            RealTarget::Far { cs, ip } => (regs.cs, regs.eip) = (cs as u32, ip as u32),
        }
        Some(slot)
    }

    /// Reflects an interrupt of the current client's to real mode, registers passed through.
    pub(super) fn reflect_from_client(&mut self, slots: &mut Slots, vector: u8, landing: Landing) -> Resume {
        let mut from = *slots.regs();
        // A vector that another program's protected-mode handler serves for V86 code goes to DOS first, then there.
        let Some(slot) = self.push_real(slots, RealTarget::Interrupt(vector), 0, (0, 0)) else {
            log::error!(target: "monitor", "too many crossings at INT {vector:02X}");
            return self.kill_client(slots, 0x0D);
        };
        slot.landing = landing;
        slot.vector = vector;
        let regs = &mut slot.regs;
        copy_general(&mut from, regs);
        let segment = regs.ss;
        (regs.v_ds, regs.v_es, regs.v_fs, regs.v_gs) = (segment, segment, 0, 0);
        // As for protected-mode handlers (`enter_locked`).
        if landing == Landing::Interrupt {
            let (at, image) = (Self::v86_linear(regs.ss, regs.esp + 4), regs.eflags as u16);
            self.host.machine.write_u16(at, image);
        }
        Resume::Guest
    }

    /// Carries out `host.call`, which a service asked for.
    pub(super) fn real_call(&mut self, slots: &mut Slots) -> Resume {
        let Some(RealCall { target, regs: mut wanted, stack, words, finish }) = self.host.call.take() else {
            return Resume::Guest;
        };
        let depth = slots.index() + 1;
        let Some(slot) = self.push_real(slots, target, stack, words) else {
            let outcome = Err(Code::ResourceUnavailable.into());
            return self.finish(slots, outcome);
        };
        let regs = &mut slot.regs;
        copy_general(&mut wanted, regs);
        (regs.v_ds, regs.v_es, regs.v_fs, regs.v_gs) = (wanted.v_ds, wanted.v_es, wanted.v_fs, wanted.v_gs);
        match finish {
            Finish::Structure(linear) => {
                slot.landing = Landing::Structure;
                slot.data = linear;
                let clear = if matches!(target, RealTarget::Far { .. }) { 0 } else { INTERRUPT | TRAP };
                // The image that IRET will pop is the structure's.
                regs.eflags = Registers::sanitised_flags(wanted.eflags & !TRAP, 3, true);
                if clear != 0 {
                    let at = Self::v86_linear(regs.ss, regs.esp + 4);
                    let image = regs.eflags as u16;
                    self.host.machine.write_u16(at, image);
                }
                regs.eflags &= !clear;
            }
            Finish::Then(then) => {
                slot.landing = Landing::Continue;
                slot.vector = self.vector;
                self.thens[depth] = Some(then);
            }
        }
        Resume::Guest
    }

    /// V86 code has come to the RETURN site: the call in the current slot is over. A landing whose SS:SP is not the current
    /// slot's drops down to the slot that expects it: what lies above never came back.
    pub(super) fn land_from_real(&mut self, slots: &mut Slots) -> Resume {
        let here = slots.regs();
        let stack = here.ss << 16 | here.esp & 0xFFFF;
        let mut from = *here;
        let top = slots.index();
        let found =
            (1..=top).rev().find(|&at| slots.slot[at].expected == stack && is_real_landing(&slots.slot[at]));
        let Some(index) = found.or_else(|| (1..=top).rev().find(|&at| is_real_landing(&slots.slot[at])))
        else {
            log::error!(target: "monitor", "a return from real mode that nobody waits for");
            return Resume::Guest;
        };
        let (landing, data, vector) =
            (slots.slot[index].landing, slots.slot[index].data, slots.slot[index].vector);
        self.unwind(slots, index);
        match landing {
            Landing::Reflected => {
                let to = slots.regs();
                copy_general(&mut from, to);
                to.eflags = to.eflags & !ARITHMETIC | from.eflags & ARITHMETIC;
                Resume::Guest
            }
            Landing::Structure => self.put_structure(slots, data, &from),
            Landing::EndKey => self.end_by_key(slots),
            Landing::Continue => match self.thens[index].take() {
                Some(then) => {
                    self.vector = vector;
                    let outcome = then(&mut self.host, slots.regs(), &from);
                    self.finish(slots, outcome)
                }
                None => Resume::Guest,
            },
            _ => Resume::Guest,
        }
    }

    /// Drops the slots from `index` up, whatever way their guests were left, and goes back to the world of the one below:
    /// its client, and every client's stacks as they were.
    pub(super) fn unwind(&mut self, slots: &mut Slots, index: usize) {
        let mut own = self.host.current;
        for at in (index..=slots.index()).rev() {
            let slot = slots.slot[at];
            if slot.locked & QUICK != 0 {
                let below = &mut slots.slot[at - 1].regs;
                (below.ds, below.es, below.fs, below.gs) =
                    (slot.regs.ds, slot.regs.es, slot.regs.fs, slot.regs.gs);
            }
            if let Some(client) = self.host.clients[own as usize].as_mut() {
                client.hot.locked_depth -= ((slot.locked & ENTERED) as u32).min(client.hot.locked_depth);
                if slot.landing != Landing::Client {
                    client.hot.locked_esp = slot.locked_esp;
                    // A handler that the entry code called from protected mode found it as it is now.
                    if slot.locked & QUICK == 0 {
                        client.hot.real_stack = slot.real_stack;
                    }
                }
                if slot.landing == Landing::Callback {
                    super::callback::restore_alias(&mut self.host.machine, client, slot.alias_base);
                }
            }
            own = slot.outer_client;
        }
        slots.drop_to(index - 1);
        self.switch_client(own);
    }

    /// Writes V86 registers into a client's register structure, if it is still there. CS:IP and SS:SP stay, as the specification has it for
    /// 0300h to 0302h.
    pub(super) fn store_structure(&mut self, at: u32, from: &Registers) {
        if self.host.writable(at, structure::SIZE).is_err() {
            return;
        }
        structure::store(&mut self.host.machine, at, from);
    }
}

/// Does this landing end with the RETURN trap?
pub(super) fn is_real_landing(slot: &Slot) -> bool {
    slot.locked & (ENTERED | QUICK) == 0
        && matches!(
            slot.landing,
            Landing::Reflected
                | Landing::Structure
                | Landing::Continue
                | Landing::Interrupt
                | Landing::EndKey
        )
}

/// Copies EAX to EDI and EBP.
pub(super) fn copy_general(from: &mut Registers, to: &mut Registers) {
    (to.edi, to.esi, to.ebp) = (from.edi, from.esi, from.ebp);
    (to.ebx, to.edx, to.ecx, to.eax) = (from.ebx, from.edx, from.ecx, from.eax);
}
