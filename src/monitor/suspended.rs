//! Interrupt handlers that wait for DOS: what becomes of one that touches a page in the swap file while DOS, or the disk's
//! BIOS, may not be called.
//!
//! What a handler of a hardware interrupt leaves behind is nobody's business but its client's, so it need not be finished
//! before what it has interrupted goes on. It is put aside, with what it has on the locked stack; its interrupt is
//! ended at the controller; and V86 code goes on as if the handler had returned. As soon as DOS is free its page comes in,
//! and it goes on at the instruction that it stood at, as an interrupt of whatever runs then. Until then its vector is
//! taken from the client, so that it is not entered again: further interrupts go to real mode.
//!
//! DOS is free when a call of it has returned, when a tick of the clock finds it so, and when it says so by INT 28h, which it
//! calls while it waits for a key.
//!
//! The same holds for INT 1Ch and for the event procedures of mouse drivers. It does not for callbacks (0303h), INT 23h and INT
//! 24h, whose registers the caller waits for, nor for a handler that came while another handler's or callback's
//! frame was on the locked stack.

use alloc::vec::Vec;

use super::interrupt::LOCKED_MARGIN;
use super::real::is_real_landing;
use super::slots::{Landing, Slot, Slots, ENTERED, SEEN};
use super::{pic, Monitor, Reporter, Resume};
use crate::client::{is_irq, USER_TICK};
use crate::dos::swapfile::{self, Ended, Job};
use crate::host::RealTarget;
use crate::landing::INTERRUPT_RETURN;
use crate::layout::{SEL_LANDING16, SEL_LANDING32};
use crate::machine::Machine;
use crate::regs::{FarPointer, INTERRUPT};

/// DOS's idle interrupt.
pub(super) const IDLE: u8 = 0x28;
/// Handlers that may wait at a time, and bytes of the locked stack that one may have.
const MOST: usize = 4;
const STACK_MOST: u32 = 0x1000;

/// A handler that waits.
pub(super) struct Suspended {
    client: u8,
    slot: Slot,
    /// What it has on the locked stack, up to where that began.
    stack: Vec<u8>,
    linear: u32,
    /// What it wants the page for.
    job: Job,
    /// The client's handler, until the vector is the client's again.
    handler: FarPointer,
}

/// Has the handler in `slot` executed its IRET? Another interrupt may come before it lands.
fn has_ended(slot: &Slot) -> bool {
    let landings = [SEL_LANDING32, SEL_LANDING16];
    slot.locked & ENTERED != 0
        && !slot.regs.is_v86()
        && landings.contains(&(slot.regs.cs & 0xFFFF))
        && slot.regs.eip == INTERRUPT_RETURN
}

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// Does a handler wait?
    pub(super) fn handlers_wait(&self) -> bool {
        !self.suspended.is_empty()
    }

    /// Is there an event procedure of a client's that waits? The driver's next event is lost then, lest it be entered again.
    pub(super) fn event_waits(&self, id: u8) -> bool {
        self.suspended.iter().any(|one| one.client == id && one.slot.landing == Landing::Event)
    }

    /// The current slot's guest wants the page at `linear` for `job`, and DOS may not be called. If it is a handler that
    /// can wait, it is put aside, and what it has interrupted is current. False, and nothing has changed: it is not.
    #[cold]
    pub(super) fn put_aside(&mut self, slots: &mut Slots, job: Job, linear: u32) -> bool {
        let top = slots.index();
        let slot = slots.slot[top];
        let kind = match slot.landing {
            Landing::Interrupt => is_irq(slot.vector) || slot.vector == USER_TICK,
            Landing::Hooked => slot.vector == USER_TICK,
            Landing::Event => true,
            _ => false,
        };
        // Handlers that have ended, but for the INT on the landing page, may be in between.
        let ended = slots.slot[1..top].iter().rev().take_while(|below| has_ended(below)).count();
        let interrupted = top - 1 - ended;
        let alone = slots.slot[1..=interrupted].iter().all(|below| below.locked & ENTERED == 0);
        let can_wait = kind
            && alone
            && slot.locked & ENTERED != 0
            && slots.slot[interrupted].regs.is_v86()
            && matches!(job, Job::Fault | Job::Service(_))
            && linear != 0
            && self.suspended.len() < MOST
            && swapfile::is_known(&self.host);
        if !can_wait {
            return false;
        }
        let id = self.host.current;
        let Some(stack) = self.locked_part(&slot) else { return false };
        if self.suspended.try_reserve(1).is_err() {
            return false;
        }
        log::debug!(target: "paging", "the handler of {:02X} waits for the page at {linear:08X}", slot.vector);
        let mut handler = FarPointer::default();
        if slot.landing != Landing::Event {
            let vectors = &mut self.host.client().vectors;
            handler = core::mem::take(&mut vectors[slot.vector as usize]);
        }
        if slot.landing == Landing::Interrupt && is_irq(slot.vector) {
            let line = pic::line_of(slot.vector);
            if pic::in_service(&mut self.host.machine) >> line & 1 != 0 {
                pic::end_of_interrupt(&mut self.host.machine, line);
            }
        }
        self.unwind(slots, top);
        self.suspended.push(Suspended { client: id, slot, stack, linear, job, handler });
        self.note_suspended();
        slots.slot[1..top]
            .iter_mut()
            .filter(|slot| is_real_landing(slot))
            .for_each(|slot| slot.locked |= SEEN);
        true
    }

    /// What the handler in `slot`, the only one there, has on the current client's locked stack.
    fn locked_part(&mut self, slot: &Slot) -> Option<Vec<u8>> {
        let hot = self.host.client().hot;
        let low = match hot.is_on_locked_stack(slot.regs.ss, slot.regs.esp) {
            true => slot.regs.esp,
            // It has left for a stack of its own: nobody knows how much it used.
            false => hot.locked_esp.saturating_sub(LOCKED_MARGIN),
        };
        let bytes = slot.locked_esp.checked_sub(low).filter(|&bytes| bytes <= STACK_MOST)?;
        let at = hot.locked_base + low;
        self.host.readable(at, bytes).ok()?;
        let mut stack = Vec::new();
        stack.try_reserve_exact(bytes as usize).ok()?;
        stack.resize(bytes as usize, 0);
        self.host.machine.read_bytes(at, &mut stack);
        Some(stack)
    }

    /// Follows a change of the list.
    fn note_suspended(&mut self) {
        self.host.handlers_wait = self.handlers_wait();
        if !self.handlers_wait() {
            // Nothing small may stay behind in the core's heap.
            self.suspended = Vec::new();
        }
        self.host.refresh_hooks();
        self.note_attention();
    }

    /// Client `id` ends: its handlers do not go on.
    pub(super) fn forget_suspended(&mut self, id: u8) {
        if self.handlers_wait() {
            self.suspended.retain(|one| one.client != id);
            self.note_suspended();
        }
    }

    /// A guest is about to be resumed. If DOS is free and interrupts are on, the handler that was put aside last goes
    /// on first, once its page is there.
    #[cold]
    pub(super) fn resume_suspended(&mut self, slots: &mut Slots, resume: Resume) -> Resume {
        if resume == Resume::Dormant || !self.handlers_wait() {
            return resume;
        }
        if !swapfile::may_call(&self.host) || !self.can_go_on(slots) {
            let slot = slots.current();
            if is_real_landing(slot) {
                slot.locked |= SEEN;
            }
            return resume;
        }
        self.page_in_suspended(slots)
    }

    /// DOS says by INT 28h, which has just been executed in V86 mode, that it may be called although it is busy. `None`: the
    /// interrupt goes on.
    #[cold]
    pub(super) fn resume_at_idle(&mut self, slots: &mut Slots) -> Option<Resume> {
        if !swapfile::may_call_idle(&self.host) || !self.can_go_on(slots) {
            return None;
        }
        // The INT is executed again afterwards.
        let regs = slots.regs();
        regs.eip = regs.eip.wrapping_sub(2) & 0xFFFF;
        Some(self.page_in_suspended(slots))
    }

    /// Can the handler that was put aside last interrupt the current guest? Nobody may be on the locked stack.
    fn can_go_on(&mut self, slots: &mut Slots) -> bool {
        let Some(last) = self.suspended.last() else { return false };
        let client = self.host.clients[last.client as usize].as_ref();
        let stack_is_free = client.is_some_and(|client| client.hot.locked_depth == 0);
        let flags = self.shown_flags(slots.current());
        stack_is_free && flags & INTERRUPT != 0 && slots.has_room(6) && !self.is_off(slots)
    }

    fn page_in_suspended(&mut self, slots: &mut Slots) -> Resume {
        let Some(last) = self.suspended.last() else { return Resume::Guest };
        let (client, linear) = (last.client, last.linear);
        self.suspended_outer = self.host.current;
        self.switch_client(client);
        self.page_in(slots, Job::Handler, linear, 0)
    }

    /// The page of the handler that waits is there, or cannot be had: it goes on, or its client ends. Another one may have been
    /// put aside in the meantime; then this one's turn comes after that one's.
    pub(super) fn go_on_with_handler(&mut self, slots: &mut Slots, ended: Ended) -> Resume {
        let (id, outer, linear) = (self.host.current, self.suspended_outer, self.host.wanted_page);
        let is_last = self.suspended.last().is_some_and(|last| last.client == id && last.linear == linear);
        if !is_last || !self.can_go_on(slots) {
            self.switch_client(outer);
            return Resume::Guest;
        }
        let Some(Suspended { slot, stack, job, handler, .. }) = self.suspended.pop() else {
            return Resume::Guest;
        };
        let below = *slots.regs();
        let Some(place) = slots.push() else { return Resume::Guest };
        *place = slot;
        place.outer_client = outer;
        place.locked = ENTERED;
        // Whatever it has interrupted, nothing of its registers goes there.
        if place.landing == Landing::Hooked {
            place.landing = Landing::Interrupt;
        }
        let client = self.host.client();
        let vector = &mut client.vectors[slot.vector as usize];
        if handler.selector != 0 && vector.selector == 0 {
            *vector = handler;
        }
        let hot = &mut client.hot;
        place.real_stack = hot.real_stack;
        place.locked_esp = hot.locked_esp;
        hot.locked_esp = slot.locked_esp - stack.len() as u32;
        hot.locked_depth += 1;
        if below.is_v86() {
            hot.real_stack = below.ss << 16 | below.esp & 0xFFFF;
        }
        let at = hot.locked_base + hot.locked_esp;
        if self.host.writable(at, stack.len() as u32).is_ok() {
            self.host.machine.write_bytes(at, &stack);
        }
        self.note_suspended();
        self.paged(slots, job, ended)
    }

    /// An IRQ that goes to real mode, while a handler waits and DOS is free: it runs in a slot of its own, so that the V86
    /// code that it interrupts is there for the handler when it returns.
    pub(super) fn reflect_apart(&mut self, slots: &mut Slots, vector: u8) -> bool {
        if !self.handlers_wait() || !swapfile::may_call(&self.host) || !slots.has_room(8) {
            return false;
        }
        let from = *slots.regs();
        let stack = from.ss << 16 | from.esp & 0xFFFF;
        let Some(slot) = self.push_real(slots, RealTarget::Interrupt(vector), stack, (0, 0)) else {
            return false;
        };
        slot.landing = Landing::Interrupt;
        slot.locked = SEEN;
        slot.vector = vector;
        let (eip, cs, esp, flags) = (slot.regs.eip, slot.regs.cs, slot.regs.esp, slot.regs.eflags);
        slot.regs = from;
        (slot.regs.eip, slot.regs.cs, slot.regs.esp, slot.regs.eflags) = (eip, cs, esp, flags);
        true
    }
}
