//! Ticks that come while handlers of the clock are inside.

use super::*;
use crate::monitor::pic::{COMMAND, SPECIFIC_EOI};
use crate::regs::INTERRUPT;

const CLOCK: u8 = 8;
const HANDLER: u32 = 0x600;

/// A client that handles the clock, and runs with interrupts on.
fn with_handler() -> Stage {
    let mut stage = Stage::with_client(Facts::default());
    let selector = stage.regs().cs as u16;
    stage.client().vectors[CLOCK as usize] = FarPointer { selector, offset: HANDLER, ..Default::default() };
    stage.monitor.host.refresh_hooks();
    stage.regs().eflags |= INTERRUPT;
    stage
}

impl Stage {
    /// An IRQ 0. Was a handler entered?
    fn tick(&mut self) -> bool {
        self.irq(CLOCK)
    }

    /// The same for any IRQ.
    fn irq(&mut self, vector: u8) -> bool {
        let before = self.slots.index();
        assert_eq!(self.monitor.interrupt(&mut self.slots, vector, Kind::Irq), Resume::Guest);
        self.slots.index() > before
    }

    /// The clock's handler is that of `vector` too.
    fn handle(&mut self, vector: u8) {
        let handler = self.client().vectors[CLOCK as usize];
        self.client().vectors[vector as usize] = handler;
        self.monitor.host.refresh_hooks();
    }

    /// The handler leaves the locked stack, as extenders do, and switches interrupts on.
    fn sti(&mut self) {
        let regs = self.regs();
        regs.eflags |= INTERRUPT;
        regs.eip = HANDLER + 0x10;
    }

    /// As many handlers inside each other as may be.
    fn nest(&mut self) {
        for _ in 0..TICKS_INSIDE {
            assert!(self.tick());
            self.sti();
        }
    }

    fn iret(&mut self) {
        let regs = self.regs();
        (regs.cs, regs.eip) = (crate::layout::SEL_LANDING32, crate::landing::INTERRUPT_RETURN + 2);
        assert_eq!(
            self.monitor.interrupt(&mut self.slots, LANDING_VECTOR as u8, Kind::Software),
            Resume::Guest
        );
    }

    /// How many ticks have been ended at the controller by the core.
    fn ended(&self) -> usize {
        let eoi = (COMMAND[0], SPECIFIC_EOI);
        self.monitor.host.machine.outputs.iter().filter(|&&output| output == eoi).count()
    }
}

#[test]
fn a_third_handler_waits_until_all_have_returned() {
    let mut stage = with_handler();
    stage.nest();
    let second = *stage.regs();
    for ticks in 1..=3 {
        assert!(!stage.tick());
        assert_eq!(*stage.regs(), second, "the second goes on");
        assert_eq!(stage.ended(), ticks);
    }
    stage.iret();
    assert_eq!((stage.slots.index(), stage.regs().eip), (2, HANDLER + 0x10), "the first goes on");
    stage.iret();
    // The three are one, and interrupt the client.
    assert_eq!((stage.slots.index(), stage.regs().eip), (2, HANDLER));
    stage.iret();
    assert_eq!(stage.slots.index(), 1);
    assert_eq!(stage.client().hot.locked_depth, 0);
}

#[test]
fn a_tick_does_not_come_to_who_has_interrupts_off() {
    let mut stage = with_handler();
    stage.nest();
    assert!(!stage.tick());
    stage.slots.slot[1].regs.eflags &= !INTERRUPT;
    stage.iret();
    stage.iret();
    assert_eq!(stage.slots.index(), 1);
}

#[test]
fn handlers_that_never_return_do_not_stop_the_clock() {
    let mut stage = with_handler();
    stage.nest();
    let held = (0..100).take_while(|_| !stage.tick()).count();
    assert_eq!(held, 64);
    // Those two are not waited for any more, and while they are inside others come as they like.
    for depth in 5..=12 {
        stage.sti();
        assert!(stage.tick());
        assert_eq!(stage.slots.index(), depth);
    }
    // Should they come back all the same, nothing is amiss: no tick waits, and the next ones are counted again.
    for depth in (1..=11).rev() {
        stage.iret();
        assert_eq!(stage.slots.index(), depth);
    }
    stage.nest();
    assert!(!stage.tick());
    (0..TICKS_INSIDE).for_each(|_| stage.iret());
    stage.iret();
    assert_eq!(stage.slots.index(), 1);
    assert_eq!(stage.client().hot.locked_depth, 0);
    assert!(stage.monitor.reporter.deaths.is_empty());
}

#[test]
fn other_interrupts_nest_as_they_like() {
    let mut stage = with_handler();
    stage.handle(0x0B);
    for depth in 2..=5 {
        assert!(stage.irq(0x0B));
        stage.sti();
        assert_eq!(stage.slots.index(), depth);
    }
    assert_eq!(stage.ended(), 0);
}

#[test]
fn a_line_waits_for_its_own_handler_where_three_are_inside_and_one_is_a_ticks() {
    const SOUND: u8 = 0x0F;
    let mut stage = with_handler();
    stage.handle(SOUND);
    stage.nest();
    assert!(stage.irq(SOUND));
    stage.sti();
    assert!(!stage.irq(SOUND));
    assert!(!stage.irq(SOUND), "the two are one");
    let eoi = (COMMAND[0], SPECIFIC_EOI | 7);
    assert_eq!(stage.monitor.host.machine.outputs.iter().filter(|&&output| output == eoi).count(), 2);
    assert!(!stage.tick());
    stage.iret();
    // It comes again over the ticks, as it did.
    assert_eq!((stage.slots.index(), stage.slots.current().vector), (4, SOUND));
    stage.iret();
    assert_eq!((stage.slots.index(), stage.slots.current().vector), (3, CLOCK));
    stage.iret();
    stage.iret();
    // The tick that came meanwhile.
    assert_eq!((stage.slots.index(), stage.slots.current().vector), (2, CLOCK));
    stage.iret();
    assert_eq!(stage.slots.index(), 1);
    assert_eq!(stage.client().hot.locked_depth, 0);
}

#[test]
fn a_line_that_waits_comes_behind_a_tick_that_does_and_is_not_forgotten_by_those_that_are_gone() {
    const SOUND: u8 = 0x75;
    let mut stage = with_handler();
    stage.handle(SOUND);
    assert!(stage.irq(SOUND));
    stage.sti();
    stage.nest();
    assert!(!stage.irq(SOUND));
    assert!(stage.monitor.host.machine.outputs.contains(&(COMMAND[1], SPECIFIC_EOI | 5)));
    assert!(
        stage.monitor.host.machine.outputs.contains(&(COMMAND[0], SPECIFIC_EOI | 2)),
        "at both controllers"
    );
    let held = (0..100).take_while(|_| !stage.tick()).count();
    assert!(held < 100);
    stage.iret();
    // No tick is waited for: the line's turn.
    assert_eq!((stage.slots.index(), stage.slots.current().vector), (5, SOUND));
    (0..4).for_each(|_| stage.iret());
    assert_eq!(stage.slots.index(), 1);
}

#[test]
fn keyboard_and_mouse_never_wait() {
    for vector in [0x09, 0x74] {
        let mut stage = with_handler();
        stage.handle(vector);
        stage.nest();
        for depth in 4..=6 {
            assert!(stage.irq(vector), "{vector:02X}");
            stage.sti();
            assert_eq!(stage.slots.index(), depth);
        }
    }
}
