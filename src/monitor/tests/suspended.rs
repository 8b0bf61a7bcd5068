//! Handlers that wait for DOS.

use super::*;
use crate::layout::ResidentInfo;
use crate::paging::page::Page;
use crate::paging::pager::Swap;
use crate::paging::swap::Slots as FileSlots;
use core::mem::offset_of;

const INDOS: u32 = 0x0501;
const TIMER: u8 = 8;
const HANDLER: u32 = 0x600;

/// A client whose timer handler stands at a page in the swap file, having interrupted DOS; that page, and its entry.
fn waiting(landing: Landing) -> (Stage, u32, u32) {
    let mut stage = Stage::with_client(Facts::default());
    let block = stage.allocate(0x3000);
    assert_eq!(stage.page_fault(block, WRITE), Resume::Guest);
    let host = &mut stage.monitor.host;
    host.machine.write_u32(RESIDENT + offset_of!(ResidentInfo, indos) as u32, INDOS);
    let mut file = FileSlots::new(64);
    assert!(file.grown(64) && file.allocate(1) == Some((0, 1)));
    host.memory.swap = Some(Swap::new(file, 0x4_0000, 4));
    let entry = host.machine.table_entry(block >> 12);
    stage.away(block);
    let selector = stage.regs().cs as u16;
    let vector = if landing == Landing::Hooked { 0x1C } else { TIMER };
    stage.client().vectors[vector as usize] = FarPointer { selector, offset: HANDLER, ..Default::default() };
    stage.monitor.host.refresh_hooks();
    stage.call_dos();
    let kind = if vector == TIMER { Kind::Irq } else { Kind::Software };
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, vector, kind), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.slots.current().landing), (3, landing));
    assert_eq!(stage.regs().eip, HANDLER);
    (stage, block, entry)
}

impl Stage {
    /// The page at `linear` has gone to slot 0.
    fn away(&mut self, linear: u32) {
        let away = Page::Swapped { slot: 0, writable: true };
        self.played = true;
        self.monitor.host.machine.set_table_entry(linear >> 12, away.encode());
    }

    /// The client calls DOS, which is busy then.
    fn call_dos(&mut self) {
        self.regs().set_ax(0x3000);
        assert_eq!(self.monitor.interrupt(&mut self.slots, 0x21, Kind::Software), Resume::Guest);
        self.set_busy(1);
        self.regs().eflags |= crate::regs::INTERRUPT;
        assert_eq!((self.slots.index(), self.regs().is_v86()), (2, true));
    }

    fn set_busy(&mut self, calls: u8) {
        self.monitor.host.machine.write_u8(INDOS, calls);
    }

    fn dos_returns(&mut self) -> Resume {
        self.set_busy(0);
        let (segment, offset) = self.monitor.host.facts.site_address(event::RETURN);
        let expected = self.slots.current().expected;
        let regs = self.regs();
        (regs.cs, regs.eip) = (segment as u32, offset as u32 + 2);
        (regs.ss, regs.esp) = (expected >> 16, expected & 0xFFFF);
        self.monitor.interrupt(&mut self.slots, 0xF8, Kind::Software)
    }

    fn handler_returns(&mut self) -> Resume {
        let regs = self.regs();
        (regs.cs, regs.eip) = (crate::layout::SEL_LANDING32, crate::landing::INTERRUPT_RETURN + 2);
        self.monitor.interrupt(&mut self.slots, LANDING_VECTOR as u8, Kind::Software)
    }

    fn vector(&mut self, vector: u8) -> u32 {
        self.client().vectors[vector as usize].offset
    }
}

#[test]
fn a_handler_waits_until_dos_has_returned_and_then_interrupts_the_client() {
    for landing in [Landing::Interrupt, Landing::Hooked] {
        let (mut stage, block, entry) = waiting(landing);
        let locked = stage.client().hot;
        let at = locked.locked_base + stage.regs().esp;
        stage.monitor.host.machine.write_u32(at - 4, 0x1234_5678);
        stage.regs().esp -= 4;
        stage.regs().ebx = 0x5555;
        let before = *stage.regs();
        assert_eq!(stage.page_fault(block + 8, READ), Resume::Guest);
        // DOS goes on, with nothing on the locked stack.
        assert_eq!((stage.slots.index(), stage.regs().is_v86()), (2, true));
        assert_eq!(stage.client().hot.locked_depth, 0);
        let vector = if landing == Landing::Hooked { 0x1C } else { TIMER };
        assert_eq!(stage.vector(vector), 0, "it is not entered again");
        stage.monitor.host.machine.write_u32(at - 4, 0);
        // The page is there by the time that DOS returns.
        stage.monitor.host.machine.set_table_entry(block >> 12, entry);
        assert_eq!(stage.dos_returns(), Resume::Guest);
        assert_eq!((stage.slots.index(), stage.slots.current().landing), (2, Landing::Interrupt));
        assert_eq!(*stage.regs(), Registers { error: READ, ..before });
        assert_eq!(stage.vector(vector), HANDLER);
        assert_eq!(stage.monitor.host.machine.read_u32(at - 4), 0x1234_5678, "its stack is as it was");
        assert_eq!(stage.client().hot.locked_depth, 1);
        stage.slots.slot[1].regs.ebx = 0x7777;
        assert_eq!(stage.handler_returns(), Resume::Guest);
        assert_eq!((stage.slots.index(), stage.regs().ebx), (1, 0x7777));
        assert_eq!(stage.client().hot.locked_esp, locked.locked_esp + 12);
        assert!(stage.monitor.reporter.deaths.is_empty());
    }
}

#[test]
fn a_handler_waits_until_dos_says_that_it_is_idle() {
    let (mut stage, block, entry) = waiting(Landing::Interrupt);
    assert_eq!(stage.page_fault(block, READ), Resume::Guest);
    stage.monitor.host.machine.set_table_entry(block >> 12, entry);
    stage.regs().eip = 0x102;
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0x28, Kind::Software), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.regs().eip), (3, HANDLER));
    assert_eq!(stage.handler_returns(), Resume::Guest);
    // The INT 28h is executed again, and now goes on.
    assert_eq!((stage.slots.index(), stage.regs().eip), (2, 0x100));
    assert!(stage.monitor.host.hooked[1] >> 8 & 1 == 0);
    assert!(stage.monitor.reporter.deaths.is_empty());
}

#[test]
fn interrupts_meanwhile_go_to_real_mode_and_the_clock_finds_dos_free() {
    let (mut stage, block, entry) = waiting(Landing::Interrupt);
    assert_eq!(stage.page_fault(block, READ), Resume::Guest);
    stage.monitor.host.machine.set_table_entry(block >> 12, entry);
    stage.monitor.host.machine.write_u32(TIMER as u32 * 4, 0xF000_FEA5);
    let before = *stage.regs();
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, TIMER, Kind::Irq), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.regs().cs, stage.regs().eip), (2, 0xF000, 0xFEA5));
    *stage.regs() = before;
    // A real-mode program that DOS has started: DOS is free while it computes.
    stage.set_busy(0);
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, TIMER, Kind::Irq), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.regs().cs, stage.regs().eip), (3, 0xF000, 0xFEA5));
    assert_eq!(stage.dos_returns(), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.regs().eip), (3, HANDLER));
    assert_eq!(stage.handler_returns(), Resume::Guest);
    assert_eq!((stage.slots.index(), *stage.regs()), (2, before));
}

#[test]
fn a_handler_that_came_as_another_had_just_ended_waits_as_well() {
    let (mut stage, block, entry) = waiting(Landing::Interrupt);
    let locked = stage.client().hot;
    // The first one has executed IRET, and the next interrupt comes before it lands.
    let regs = stage.regs();
    (regs.cs, regs.eip) = (crate::layout::SEL_LANDING32, crate::landing::INTERRUPT_RETURN);
    regs.esp += 12;
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, TIMER, Kind::Irq), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.regs().eip), (4, HANDLER));
    let second = *stage.regs();
    assert_eq!(stage.page_fault(block, READ), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.regs().eip), (3, crate::landing::INTERRUPT_RETURN));
    assert_eq!(stage.handler_returns(), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.client().hot.locked_depth), (2, 0));
    stage.monitor.host.machine.set_table_entry(block >> 12, entry);
    assert_eq!(stage.dos_returns(), Resume::Guest);
    assert_eq!(*stage.regs(), Registers { error: READ, ..second });
    assert_eq!(stage.client().hot.locked_esp, second.esp);
    assert_eq!(stage.handler_returns(), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.client().hot.locked_esp), (1, locked.locked_esp + 12));
    assert!(stage.monitor.reporter.deaths.is_empty());
}

#[test]
fn who_cannot_wait_is_ended_and_nothing_of_a_client_waits_after_its_end() {
    // Ctrl-C: DOS wants an answer.
    let (mut stage, block, _) = waiting(Landing::Interrupt);
    stage.slots.current().vector = 0x23;
    stage.slots.current().landing = Landing::Hooked;
    assert_eq!(stage.page_fault(block, READ), Resume::Guest);
    assert_eq!(stage.monitor.reporter.deaths, [(PAGE_FAULT, block)]);
    let (mut stage, block, entry) = waiting(Landing::Interrupt);
    assert_eq!(stage.page_fault(block, READ), Resume::Guest);
    assert!(stage.monitor.handlers_wait());
    stage.monitor.host.machine.set_table_entry(block >> 12, entry);
    assert_eq!(stage.monitor.process_end(&mut stage.slots, 0), Resume::Dormant);
    assert!(!stage.monitor.handlers_wait() && !stage.monitor.attention);
}
