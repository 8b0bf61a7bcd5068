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
//! DMX's stacks are for the sound card's interrupts too. So while [`HANDLERS_INSIDE`] handlers are inside, and a tick's that is waited for
//! is one of them, a line waits whose handler is inside as well, until that has returned or no tick's is inside.
//!
//! Specification: none; Windows 95 DDK, "VID_IRET_Proc", on its virtual timer device.

use super::slots::{Landing, Slot, Slots, ENTERED, GONE, SEEN};
use super::withheld::CLOCK;
use super::{pic, Monitor, Reporter, Resume};
use crate::machine::Machine;
use crate::regs::INTERRUPT;

/// Handlers of the clock's interrupt that clients may be in at once.
pub const TICKS_INSIDE: usize = 2;
/// Handlers of clients that may be inside each other until another line waits for its own.
const HANDLERS_INSIDE: usize = 3;
/// Lines that never wait, one bit each: keyboard and mouse ask for nothing more until somebody has read what there is.
const NEVER_WAIT: u16 = 1 << 1 | 1 << 12;
/// Ticks in a row that may come until those inside are waited for no longer: 3.5 seconds at the rate of the BIOS, half a second at the
/// 140 Hz of DMX.
const HELD_MOST: u8 = 64;

/// What is known of ticks that came too early.
#[derive(Clone, Copy, Default)]
pub(super) struct Ticks {
    /// One waits.
    waits: bool,
    /// How many have come since the last one that was served.
    held: u8,
    /// Other lines that wait, one bit each.
    lines: u16,
}

impl Ticks {
    /// One more has come.
    pub(super) fn wait(&mut self) {
        self.waits = true;
        self.held += 1;
    }

    /// No tick waits any more.
    fn over(self) -> Self {
        Ticks { lines: self.lines, ..Default::default() }
    }

    fn anything_waits(self) -> bool {
        self.waits || self.lines != 0
    }
}

/// Is there a client's handler of an IRQ in this slot?
fn is_handler(slot: &Slot) -> bool {
    slot.landing == Landing::Interrupt && slot.locked & ENTERED != 0
}

/// Is it one of the clock?
fn is_inside(slot: &Slot) -> bool {
    is_handler(slot) && slot.vector == CLOCK
}

/// The slots above the root.
fn open(slots: &Slots) -> impl Iterator<Item = &Slot> {
    slots.slot[1..=slots.index()].iter()
}

/// How many are inside and waited for: none while one is that is not waited for.
fn inside(slots: &Slots) -> usize {
    let handlers = || open(slots).filter(|slot| is_inside(slot));
    match handlers().any(|slot| slot.locked & GONE != 0) {
        true => 0,
        false => handlers().count(),
    }
}

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// An IRQ has come. True: it has to wait, and has been ended at the controller.
    #[inline(always)]
    pub(super) fn hold_tick(&mut self, slots: &mut Slots, vector: u8) -> bool {
        // Slot 0 is the root, slot 1 a client.
        match vector {
            CLOCK => slots.index() > TICKS_INSIDE && self.hold_nested_tick(slots),
            _ => slots.index() > HANDLERS_INSIDE && self.hold_nested_line(slots, vector),
        }
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

    #[cold]
    #[inline(never)]
    fn hold_nested_line(&mut self, slots: &mut Slots, vector: u8) -> bool {
        let line = pic::line_of(vector);
        let is_line = pic::vector_of(line) == vector && NEVER_WAIT >> line & 1 == 0 && !self.withholds();
        if !is_line || inside(slots) == 0 || !has_handler(slots, line) {
            return false;
        }
        if open(slots).filter(|slot| is_handler(slot)).count() < HANDLERS_INSIDE {
            return false;
        }
        pic::end_of_interrupt(&mut self.host.machine, line);
        self.ticks.lines |= 1 << line;
        land_by_rust(slots);
        true
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
            self.ticks = self.ticks.over();
        }
        !gone
    }

    /// A handler has returned: what waited for that is served now.
    #[inline(always)]
    pub(super) fn deliver_tick(&mut self, slots: &mut Slots, resume: Resume) -> Resume {
        match resume {
            Resume::Guest if self.ticks.anything_waits() => self.deliver_held(slots),
            other => other,
        }
    }

    #[cold]
    #[inline(never)]
    fn deliver_held(&mut self, slots: &mut Slots) -> Resume {
        let flags = self.shown_flags(slots.current());
        let off = flags & INTERRUPT == 0 || self.withholds() && self.is_off(slots);
        if off {
            return Resume::Guest;
        }
        let ticks = inside(slots);
        let lines = self.ticks.lines;
        let vector = if self.ticks.waits && ticks == 0 {
            self.ticks = self.ticks.over();
            CLOCK
        } else {
            let ready = |line: &u8| lines >> line & 1 != 0 && (ticks == 0 || !has_handler(slots, *line));
            let Some(line) = (0..16).find(ready) else { return Resume::Guest };
            self.ticks.lines &= !(1 << line);
            pic::vector_of(line)
        };
        self.show_in_service(pic::line_of(vector));
        let resume = match slots.regs().is_v86() {
            true => self.serve_irq_of_v86(slots, vector),
            false => self.serve_irq(slots, vector),
        };
        if self.ticks.anything_waits() {
            land_by_rust(slots);
        }
        resume
    }
}

/// Is a handler of this line inside?
fn has_handler(slots: &Slots, line: u8) -> bool {
    open(slots).any(|slot| is_handler(slot) && slot.vector == pic::vector_of(line))
}

/// The landings of the handlers inside are Rust's, where what waits is seen.
fn land_by_rust(slots: &mut Slots) {
    let top = slots.index();
    slots.slot[1..=top].iter_mut().filter(|slot| is_handler(slot)).for_each(|slot| slot.locked |= SEEN);
}
