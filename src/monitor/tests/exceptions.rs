//! Exceptions and interrupts on their way to a client's handlers and back.

use super::*;
use crate::landing;
use crate::regs::{CARRY, INTERRUPT, IOPL, NESTED, RESUME, TRAP, VIRTUAL};
use crate::x86::descriptor::{Descriptor, CODE3, DATA3, DIRECTION, PRESENT};

const INVALID_OPCODE: u8 = 0x06;
const DIVIDE: u8 = 0x00;
const DEBUG: u8 = 0x01;
/// DR6's bit for a single step.
const BS: u32 = 1 << 14;
/// Where a handler is, in the client's code.
const HANDLER: u32 = 0x500;

impl Stage {
    fn handler(&mut self) -> FarPointer {
        FarPointer { selector: self.regs().cs as u16, offset: HANDLER, reserved: 0 }
    }

    fn handle_exception(&mut self, vector: u8) {
        let handler = self.handler();
        self.client().exceptions[vector as usize] = handler;
    }

    fn handle_interrupt(&mut self, vector: u8) {
        let handler = self.handler();
        self.client().vectors[vector as usize] = handler;
    }

    fn exception(&mut self, vector: u8, error: u32) {
        self.regs().error = error;
        assert_eq!(self.monitor.interrupt(&mut self.slots, vector, Kind::Exception), Resume::Guest);
    }

    fn software(&mut self, vector: u8) {
        assert_eq!(self.monitor.interrupt(&mut self.slots, vector, Kind::Software), Resume::Guest);
    }

    /// Linear address of the client's SS:(E)SP.
    fn top(&mut self) -> u32 {
        let regs = *self.regs();
        let host = &self.monitor.host;
        let stack = Descriptor(host.machine.descriptor(host.current, regs.ss as u16 >> 3));
        stack.base() + if stack.is_big() { regs.esp } else { regs.esp & 0xFFFF }
    }

    fn dwords<const N: usize>(&mut self) -> [u32; N] {
        let top = self.top();
        core::array::from_fn(|index| self.monitor.host.machine.read_u32(top + index as u32 * 4))
    }

    fn words<const N: usize>(&mut self) -> [u32; N] {
        let top = self.top();
        core::array::from_fn(|index| self.monitor.host.machine.read_u16(top + index as u32 * 2) as u32)
    }

    fn write_dwords(&mut self, values: &[u32]) {
        let top = self.top();
        for (index, value) in values.iter().enumerate() {
            self.monitor.host.machine.write_u32(top + index as u32 * 4, *value);
        }
    }

    /// Real-mode code comes back by the RETURN trap.
    fn real_mode_returns(&mut self) {
        let expected = self.slots.current().expected;
        let regs = self.regs();
        (regs.ss, regs.esp) = (expected >> 16, expected & 0xFFFF);
        let (cs, ip) = self.monitor.host.facts.site_address(event::RETURN);
        assert_eq!(self.traps_at(cs, ip), Resume::Guest);
    }
}

#[test]
fn a_handlers_frame_says_how_the_client_goes_on() {
    let mut stage = Stage::with_client(Facts::default());
    stage.handle_exception(INVALID_OPCODE);
    stage.regs().eflags |= RESUME;
    let before = *stage.regs();
    stage.exception(INVALID_OPCODE, 0);
    let frame = stage.dwords::<8>();
    assert_eq!(frame[..2], [landing::EXCEPTION_RETURN, crate::layout::SEL_LANDING32]);
    assert_eq!(frame[2..5], [0, before.eip, before.cs]);
    assert_eq!(frame[5..], [before.eflags & !RESUME, before.esp, before.ss]);
    // The handler changes all of it, and a register, and executes RETF.
    stage.regs().esp += 8;
    stage.regs().ebx = 0x0BAD_F00D;
    stage.write_dwords(&[
        0,
        0x1111_2222,
        0xFFFF_3337,
        CARRY | NESTED | VIRTUAL | IOPL | INTERRUPT,
        0x4444_5555,
        0xFFFF_6667,
    ]);
    assert_eq!(stage.lands_at(landing::EXCEPTION_RETURN), Resume::Guest);
    let regs = *stage.regs();
    assert_eq!((regs.eip, regs.cs, regs.esp, regs.ss), (0x1111_2222, 0x3337, 0x4444_5555, 0x6667));
    assert_eq!((regs.ebx, regs.ds), (0x0BAD_F00D, before.ds));
    assert_eq!(regs.eflags & (CARRY | INTERRUPT), CARRY | INTERRUPT);
    assert_eq!(regs.eflags & (VIRTUAL | NESTED), 0, "flags that are not a client's");
    assert_eq!(regs.eflags & RESUME, 0);
    assert_eq!((stage.slots.index(), stage.client().hot.locked_depth), (1, 0));
}

#[test]
fn a_16_bit_clients_frame_is_of_words() {
    let mut stage = Stage::dormant(Facts::default());
    assert_eq!(stage.enter_with(0), Resume::Guest);
    stage.handle_exception(INVALID_OPCODE);
    stage.regs().eflags |= 1 << 18;
    let before = *stage.regs();
    stage.exception(INVALID_OPCODE, 0);
    let frame = stage.words::<8>();
    assert_eq!(frame[..2], [landing::EXCEPTION_RETURN, crate::layout::SEL_LANDING16]);
    assert_eq!(frame[2..5], [0, before.eip, before.cs]);
    assert_eq!(frame[5..], [before.eflags & 0xFFFF, before.esp & 0xFFFF, before.ss]);
    stage.regs().esp += 4;
    assert_eq!(stage.lands_at(landing::EXCEPTION_RETURN), Resume::Guest);
    let regs = *stage.regs();
    assert_eq!((regs.eip, regs.cs, regs.ss), (before.eip, before.cs, before.ss));
    assert_eq!(regs.eflags, before.eflags, "the upper half, which the frame does not have, too");
}

#[test]
fn a_page_faults_handler_may_return_by_the_frame_of_dpmi_1_0() {
    let mut stage = Stage::with_client(Facts::default());
    stage.handle_page_faults();
    let before = *stage.regs();
    assert_eq!(stage.page_fault(0x9000_0123, WRITE), Resume::Guest);
    let frame = stage.dwords::<22>();
    assert_eq!(frame[10..13], [WRITE, before.eip, before.cs]);
    assert_eq!(frame[16..20], [before.es, before.ds, before.fs, before.gs]);
    assert_eq!(frame[20..], [0x9000_0123, 0], "CR2 and the page's entry");
    stage.regs().esp += 0x28;
    stage.write_dwords(&[0, 0x111, 0x2227, CARRY, 0x333, 0x4447, 0x5557, 0x6667, 0xFFFF_7777, 0x8887]);
    assert_eq!(stage.lands_at(landing::EXCEPTION_RETURN), Resume::Guest);
    let regs = *stage.regs();
    assert_eq!((regs.eip, regs.cs, regs.esp, regs.ss), (0x111, 0x2227, 0x333, 0x4447));
    assert_eq!([regs.es, regs.ds, regs.fs, regs.gs], [0x5557, 0x6667, 0x7777, 0x8887]);
    assert_eq!(regs.eflags & CARRY, CARRY);
}

#[test]
fn the_fault_of_a_present_page_tells_its_entry() {
    let mut stage = Stage::with_client(Facts::default());
    stage.handle_page_faults();
    let present = WRITE | 1;
    assert_eq!(stage.page_fault(crate::landing::LANDING_PAGE, present), Resume::Guest);
    let entry = stage.monitor.host.machine.table_entry(crate::landing::LANDING_PAGE >> 12);
    assert_eq!(stage.dwords::<22>()[20..], [crate::landing::LANDING_PAGE, entry]);
    assert_ne!(entry, 0);
}

#[test]
fn a_divide_error_without_handler_becomes_interrupt_0_once() {
    let mut stage = Stage::with_client(Facts::default());
    stage.monitor.host.machine.write_u32(0, 0xF000_1000);
    stage.exception(DIVIDE, 0);
    assert_eq!((stage.regs().is_v86(), stage.regs().cs, stage.regs().eip), (true, 0xF000, 0x1000));
    // DOSBox's INT 00h does nothing: the instruction faults again, and would for ever.
    stage.real_mode_returns();
    stage.exception(DIVIDE, 0);
    assert_eq!(stage.monitor.reporter.deaths.len(), 1);
}

#[test]
fn a_divide_error_elsewhere_is_another_one() {
    let mut stage = Stage::with_client(Facts::default());
    for round in 0..3 {
        stage.regs().ecx = round;
        stage.exception(DIVIDE, 0);
        assert!(stage.regs().is_v86());
        stage.real_mode_returns();
    }
    assert!(stage.monitor.reporter.deaths.is_empty());
}

#[test]
fn int_0_is_told_from_a_divide_error_by_the_instruction_before() {
    let mut stage = Stage::with_client(Facts::default());
    stage.handle_exception(DIVIDE);
    stage.handle_interrupt(DIVIDE);
    let before = stage.regs().eip;
    stage.client().vectors[0].offset = 0x600;
    let at = (PROGRAM << 4) + before - 2;
    for (code, eip) in [([0xCD, 0x00], 0x600), ([0xCD, 0x05], HANDLER), ([0xF7, 0xF1], HANDLER)] {
        stage.monitor.host.machine.write_bytes(at, &code);
        stage.exception(DIVIDE, 0);
        assert_eq!(stage.regs().eip, eip, "{code:02X?}");
        stage.slots.drop_to(1);
        stage.regs().eip = before;
        stage.client().hot.locked_depth = 0;
    }
}

const GENERAL_PROTECTION: u8 = 0x0D;
/// CLTS, and INT 60h with the error code of its gate, were it closed.
const CLTS: &[u8] = &[0x0F, 0x06];
const INT60: &[u8] = &[0xCD, 0x60];
const INT60_CLOSED: u32 = 0x60 * 8 + 2;

impl Stage {
    /// With handlers of the client's for INT 60h, at 600h, and for general-protection faults.
    fn with_protection_handler() -> Stage {
        let mut stage = Stage::with_client(Facts::default());
        stage.handle_exception(GENERAL_PROTECTION);
        stage.handle_interrupt(0x60);
        stage.client().vectors[0x60].offset = 0x600;
        stage
    }

    /// A general-protection fault, with `code` at linear address `at`: the handler's frame has to have `error` and the
    /// instruction's own place.
    fn stays_a_fault(&mut self, at: u32, code: &[u8], error: u32) {
        let before = *self.regs();
        self.monitor.host.machine.write_bytes(at, code);
        self.exception(GENERAL_PROTECTION, error);
        assert_eq!((self.slots.index(), self.regs().eip), (2, HANDLER), "{code:02X?} {error:X}h");
        assert_eq!(self.dwords::<5>()[2..], [error, before.eip, before.cs], "{code:02X?}");
        self.slots.drop_to(1);
        self.client().hot.locked_depth = 0;
    }

    /// Another CS of the client's, at this address.
    fn code_at(&mut self, base: u32, limit: u32, access: u8) {
        self.played = true;
        let client = self.monitor.host.current;
        let selector = 0x107;
        let descriptor = Descriptor::new(base, limit, access, 0).0;
        self.monitor.host.machine.set_descriptor(client, selector >> 3, descriptor);
        self.regs().cs = selector as u32;
    }
}

#[test]
fn an_int_through_a_closed_gate_is_told_by_the_error_code() {
    let mut stage = Stage::with_protection_handler();
    let eip = stage.regs().eip;
    let at = (PROGRAM << 4) + eip;
    for error in [0, 0x18, 0x60 * 8, INT60_CLOSED + 1, 0x61 * 8 + 2] {
        stage.stays_a_fault(at, INT60, error);
    }
    stage.exception(GENERAL_PROTECTION, INT60_CLOSED);
    assert_eq!((stage.slots.index(), stage.regs().eip), (1, 0x600));
    assert_eq!(stage.dwords::<1>(), [eip + 2]);
}

#[test]
fn real_modes_int_through_a_closed_gate_is_told_by_the_error_code() {
    for (error, deaths) in [(INT60_CLOSED, 0), (0, 1), (0x61 * 8 + 2, 1)] {
        let mut stage = Stage::with_client(Facts::default());
        stage.in_real_mode();
        stage.monitor.host.machine.write_u32(0x60 * 4, 0xF000_6000);
        let regs = stage.regs();
        (regs.cs, regs.eip, regs.ss, regs.esp) = (0x5800, 0x10, 0x5900, 0x100);
        stage.monitor.host.machine.write_bytes(0x5_8010, INT60);
        stage.exception(GENERAL_PROTECTION, error);
        assert_eq!(stage.monitor.reporter.deaths.len(), deaths, "{error:X}h");
        assert!(deaths == 1 || (stage.regs().cs, stage.regs().eip) == (0xF000, 0x6000));
    }
}

#[test]
fn nothing_is_decoded_where_cs_is_no_code_segment() {
    // Freed, not present, data: what lies where such a descriptor's base is, is not what the client executes.
    for access in [0, CODE3 & !PRESENT, DATA3] {
        let mut stage = Stage::with_protection_handler();
        stage.code_at(0, 0xFFFF, access);
        stage.regs().eip = 0x4F0;
        stage.stays_a_fault(0x4F0, CLTS, 0);
        stage.stays_a_fault(0x4F0, INT60, INT60_CLOSED);
    }
}

#[test]
fn nothing_is_decoded_behind_the_end_of_the_code_segment() {
    let mut stage = Stage::with_protection_handler();
    let base = 0x5_8000;
    stage.code_at(base, 0x20, CODE3);
    for eip in [0x21, 0x400, 0x1_0020] {
        stage.regs().eip = eip;
        stage.stays_a_fault(base + eip, CLTS, 0);
        stage.stays_a_fault(base + (eip & 0xFFFF), CLTS, 0);
    }
    stage.regs().eip = 0x20;
    stage.stays_a_fault(base + 0x20, CLTS, 0);
    stage.regs().eip = 0x1F;
    stage.monitor.host.machine.write_bytes(base + 0x1F, CLTS);
    stage.exception(GENERAL_PROTECTION, 0);
    assert_eq!((stage.slots.index(), stage.regs().eip), (1, 0x21), "its last bytes are");
}

#[test]
fn an_interrupts_frame_has_flags_cs_and_eip_and_a_software_one_keeps_if() {
    for (vector, if_after) in [(0x60, INTERRUPT), (0x08, INTERRUPT), (0x07, 0), (0x03, 0)] {
        let mut stage = Stage::with_client(Facts::default());
        stage.handle_interrupt(vector);
        stage.regs().eflags |= INTERRUPT | TRAP;
        let before = *stage.regs();
        stage.software(vector);
        let regs = *stage.regs();
        assert_eq!((regs.eip, regs.ss, stage.slots.index()), (HANDLER, before.ss, 1));
        assert_eq!(stage.dwords::<3>(), [before.eip, before.cs, before.eflags]);
        assert_eq!(regs.eflags & (INTERRUPT | TRAP), if_after, "INT {vector:02X}h");
    }
}

#[test]
fn a_handler_that_chains_reaches_real_mode_and_the_client_goes_on_behind_its_int() {
    let mut stage = Stage::with_client(Facts::default());
    stage.handle_interrupt(0x60);
    stage.monitor.host.machine.write_u32(0x60 * 4, 0xF000_6000);
    let before = *stage.regs();
    stage.software(0x60);
    assert_eq!(stage.lands_at(landing::VECTORS + 0x60 * 2), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.regs().cs, stage.regs().eip), (2, 0xF000, 0x6000));
    stage.regs().eflags |= CARRY;
    stage.real_mode_returns();
    let regs = *stage.regs();
    assert_eq!((regs.cs, regs.eip, regs.esp), (before.cs, before.eip, before.esp));
    assert_eq!(regs.eflags & CARRY, CARRY, "what real mode answered");
}

#[test]
fn a_watchpoint_is_noted_and_its_instruction_runs() {
    let mut stage = Stage::with_client(Facts::default());
    stage.service(0x0B00, |regs| {
        regs.set_bx_cx(0x1_0000);
        regs.set_dx(0x0101);
    });
    stage.monitor.host.machine.debug[6] = 1;
    stage.exception(DEBUG, 0);
    assert_eq!((stage.slots.index(), stage.regs().eflags & RESUME), (1, RESUME));
    assert_eq!(stage.monitor.host.machine.debug[6], 0);
    // A client that handles exception 01h sees it itself; so does one that single-steps.
    stage.handle_exception(DEBUG);
    for status in [1, 1 << 14] {
        stage.monitor.host.machine.debug[6] = status;
        stage.exception(DEBUG, 0);
        assert_eq!((stage.slots.index(), stage.regs().eip), (2, HANDLER), "DR6 {status:X}h");
        // What stopped runs when its handler returns.
        stage.regs().esp += 8;
        assert_eq!(stage.lands_at(landing::EXCEPTION_RETURN), Resume::Guest);
        assert_eq!(stage.regs().eflags & RESUME, RESUME);
    }
    // The step before does not make a step of what comes after it, in V86 mode either; who reads DR6 still sees it.
    assert_eq!((stage.monitor.host.machine.debug[6], stage.monitor.host.stepped), (0, true));
    stage.monitor.host.machine.debug[6] = 1;
    stage.exception(DEBUG, 0);
    assert_eq!(stage.monitor.host.machine.debug[6], 0);
}

#[test]
fn a_watchpoint_is_noted_after_single_steps_too() {
    // DR6 keeps its bit for a single step until software clears it.
    let mut stage = Stage::with_client(Facts::default());
    stage.service(0x0B00, |regs| {
        regs.set_bx_cx(0x1_0000);
        regs.set_dx(0x0101);
    });
    stage.handle_exception(DEBUG);
    stage.monitor.host.machine.debug[6] = BS;
    stage.exception(DEBUG, 0);
    assert_eq!((stage.monitor.host.machine.debug[6], stage.regs().eip), (0, HANDLER));
    stage.regs().esp += 8;
    assert_eq!(stage.lands_at(landing::EXCEPTION_RETURN), Resume::Guest);
    stage.client().exceptions[DEBUG as usize].selector = 0;
    stage.regs().eflags &= !RESUME;
    stage.monitor.host.machine.debug[6] |= 1;
    stage.exception(DEBUG, 0);
    assert_eq!((stage.slots.index(), stage.regs().eflags & RESUME), (1, RESUME));
}

#[test]
fn a_handler_sees_in_dr6_that_it_was_a_single_step() {
    let mut stage = Stage::with_protection_handler();
    stage.handle_exception(DEBUG);
    stage.monitor.host.machine.debug[6] = BS;
    stage.exception(DEBUG, 0);
    let at = (PROGRAM << 4) + HANDLER;
    // MOV EAX, DR6; MOV DR6, EAX
    for (code, eax, told) in [(0x21, 1, BS), (0x23, !BS, !BS), (0x21, 1, 0)] {
        stage.regs().eip = HANDLER;
        stage.regs().eax = eax;
        stage.monitor.host.machine.write_bytes(at, &[0x0F, code, 0xF0]);
        stage.exception(GENERAL_PROTECTION, 0);
        assert_eq!((stage.regs().eip, stage.regs().eax), (HANDLER + 3, told));
    }
}

#[test]
fn a_single_step_ends_behind_an_instruction_that_is_carried_out_for_the_client() {
    let mut stage = Stage::with_protection_handler();
    stage.handle_exception(DEBUG);
    let eip = stage.regs().eip;
    stage.monitor.host.machine.write_bytes((PROGRAM << 4) + eip, CLTS);
    stage.regs().eflags |= RESUME | TRAP;
    stage.exception(GENERAL_PROTECTION, 0);
    assert_eq!((stage.slots.index(), stage.regs().eip), (2, HANDLER));
    let [_, _, error, at] = stage.dwords::<4>();
    assert_eq!((error, at), (0, eip + 2));
    assert!(stage.monitor.host.stepped);
}

#[test]
fn the_fault_by_which_an_instruction_is_carried_out_leaves_no_rf() {
    // An execution watchpoint on the next instruction has to be met.
    let mut stage = Stage::with_protection_handler();
    let eip = stage.regs().eip;
    stage.monitor.host.machine.write_bytes((PROGRAM << 4) + eip, CLTS);
    stage.regs().eflags |= RESUME;
    stage.exception(GENERAL_PROTECTION, 0);
    assert_eq!((stage.slots.index(), stage.regs().eip, stage.regs().eflags & RESUME), (1, eip + 2, 0));
}

#[test]
fn an_interrupt_beyond_the_limit_of_its_stack_is_a_stack_fault_at_the_int() {
    const STACK_FAULT: u8 = 0x0C;
    const STACK: u32 = 0x10F;
    // Expand-up, and expand-down; the room below ESP that there has to be, and one byte less.
    for (access, limit, esp, fits) in [
        (DATA3, 0xFFF, 0x1000, true),
        (DATA3, 0xFFF, 0x1001, false),
        (DATA3, 0xFFF, 0, false),
        (DATA3, 0xFFFF, 0, true),
        (DATA3 | DIRECTION, 0x7FF, 0x80C, true),
        (DATA3 | DIRECTION, 0x7FF, 0x80B, false),
    ] {
        let mut stage = Stage::with_client(Facts::default());
        stage.handle_exception(STACK_FAULT);
        stage.handle_interrupt(0x60);
        let client = stage.monitor.host.current;
        let stack = Descriptor::new(0x4_0000, limit, access, 0).0;
        stage.monitor.host.machine.set_descriptor(client, STACK as u16 >> 3, stack);
        let regs = stage.regs();
        (regs.ss, regs.esp) = (STACK, esp);
        let eip = regs.eip;
        regs.error = 0x60;
        stage.played = true;
        stage.software(0x60);
        let told = stage.dwords::<4>();
        assert!(fits || stage.slots.slot[1].regs.error == 0, "a report would tell of the INT's gate");
        match fits {
            true => assert_eq!((stage.slots.index(), told[0]), (1, eip), "{esp:X}h"),
            false => assert_eq!((stage.slots.index(), told[2..].to_vec()), (2, vec![0, eip - 2]), "{esp:X}h"),
        }
    }
}

#[test]
fn a_return_that_lost_its_frame_ends_the_client() {
    let mut stage = Stage::with_client(Facts::default());
    stage.handle_exception(INVALID_OPCODE);
    stage.exception(INVALID_OPCODE, 0);
    stage.regs().ss = 0;
    assert_eq!(stage.lands_at(landing::EXCEPTION_RETURN), Resume::Guest);
    assert_eq!(stage.monitor.reporter.deaths.len(), 1);
}

#[test]
fn mode_and_idle_questions_are_answered_without_real_mode() {
    let mut stage = Stage::with_client(Facts::default());
    for (ax, told) in [(0x1686, 0x0000), (0x1680, 0x1600)] {
        stage.regs().set_ax(ax);
        stage.software(0x2F);
        assert_eq!((stage.slots.index(), stage.regs().ax()), (1, told), "2Fh {ax:04X}h");
    }
}
