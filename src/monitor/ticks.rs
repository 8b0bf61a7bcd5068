//! The clock's interrupts where a client's handlers of them pile up.
//!
//! A handler that ends its interrupt at the controller and switches interrupts on can be entered again before it has returned,
//! and is where the guest gets less done in a tick than the handler takes: on a busy emulator. Programs are not made for
//! that. DMX, the sound library of Doom and others, has stacks for four, and the fourth never sends its EOI; DOS/4GW has
//! room for eleven. So while [`TICKS_INSIDE`] are inside, the next tick is ended at the controller and waits until all have
//! returned; those that come meanwhile are one. (None at all would stop who programs the timer for one tick at a time.) Two
//! are let in, not one as by Windows' timer, since handlers that take long count ticks by their second entry.
//!
//! A handler may never return (it longjmps, or it runs a whole program), or wait for the next tick itself. After [`HELD_MOST`] ticks
//! in a row those inside are taken for such, and handlers nest as they like while one of them is inside.
//!
//! Specification: none; Windows 95 DDK, "VID_IRET_Proc", on its virtual timer device.

use super::slots::{Landing, Slot, Slots, ENTERED, GONE, SEEN};
use super::withheld::CLOCK;
use super::{pic, Monitor, Reporter, Resume};
use crate::machine::Machine;
use crate::regs::INTERRUPT;

/// Handlers of the clock's interrupt that clients may be in at once.
pub const TICKS_INSIDE: usize = 2;
/// Ticks in a row that may come until those inside are waited for no longer: 0.9 seconds at the BIOS's rate.
const HELD_MOST: u8 = 16;

/// What is known of ticks that came too early.
#[derive(Clone, Copy, Default)]
pub(super) struct Ticks {
    /// One waits.
    waits: bool,
    /// How many have come since the last one that was served.
    held: u8,
}

impl Ticks {
    /// One more has come.
    pub(super) fn wait(&mut self) {
        self.waits = true;
        self.held += 1;
    }
}

/// Is there a handler of the clock in this slot?
fn is_inside(slot: &Slot) -> bool {
    slot.landing == Landing::Interrupt && slot.vector == CLOCK && slot.locked & ENTERED != 0
}

/// How many are inside and waited for: none while one is that is not waited for.
fn inside(slots: &Slots) -> usize {
    let handlers = || slots.slot[1..=slots.index()].iter().filter(|slot| is_inside(slot));
    match handlers().any(|slot| slot.locked & GONE != 0) {
        true => 0,
        false => handlers().count(),
    }
}

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// An IRQ has come. True: it is a tick that has to wait; it has been ended at the controller.
    #[inline(always)]
    pub(super) fn hold_tick(&mut self, slots: &mut Slots, vector: u8) -> bool {
        // Slot 0 is the root, slot 1 a client.
        vector == CLOCK && slots.index() > TICKS_INSIDE && self.hold_nested_tick(slots)
    }

    #[cold]
    #[inline(never)]
    fn hold_nested_tick(&mut self, slots: &mut Slots) -> bool {
        let piled = self.ticks_pile_up(slots);
        if piled {
            pic::end_line(&mut self.host.machine, pic::line_of(CLOCK));
            self.ticks.wait();
        }
        piled
    }

    /// Are as many handlers of the clock inside as may be? If so, they land by Rust.
    #[cold]
    pub(super) fn ticks_pile_up(&mut self, slots: &mut Slots) -> bool {
        if inside(slots) < TICKS_INSIDE {
            self.ticks.held = 0;
            return false;
        }
        let gone = self.ticks.held == HELD_MOST;
        let mark = if gone { GONE } else { SEEN };
        let top = slots.index();
        slots.slot[1..=top].iter_mut().filter(|slot| is_inside(slot)).for_each(|slot| slot.locked |= mark);
        if gone {
            log::debug!(target: "monitor", "handlers of the clock do not return: ticks go on");
            self.ticks = Ticks::default();
        }
        !gone
    }

    /// A handler has returned: if it was the last one inside, a tick that waits is served now.
    #[inline(always)]
    pub(super) fn deliver_tick(&mut self, slots: &mut Slots, resume: Resume) -> Resume {
        match resume {
            Resume::Guest if self.ticks.waits => self.deliver_held_tick(slots),
            other => other,
        }
    }

    #[cold]
    #[inline(never)]
    fn deliver_held_tick(&mut self, slots: &mut Slots) -> Resume {
        let flags = self.shown_flags(slots.current());
        let off = flags & INTERRUPT == 0 || self.withholds() && self.is_off(slots);
        if off || inside(slots) != 0 {
            return Resume::Guest;
        }
        self.ticks = Ticks::default();
        self.show_in_service(pic::line_of(CLOCK));
        match slots.regs().is_v86() {
            true => self.serve_irq_of_v86(slots, CLOCK),
            false => self.serve_irq(slots, CLOCK),
        }
    }
}
