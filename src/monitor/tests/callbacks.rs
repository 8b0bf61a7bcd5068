//! Ways from real mode into a client and back: callbacks, event procedures, raw switches.

use super::*;
use crate::host::{Callback, CallbackKind, NOBODY};
use crate::landing;
use crate::regs::{Width, CARRY, IOPL, NESTED, VIRTUAL};
use crate::x86::descriptor::Descriptor;

/// Offset of the callback's procedure in the client's code, of the structure in its data.
const PROCEDURE: u32 = 0x700;
const STRUCTURE: u32 = 0x400;
/// The real-mode caller's stack.
const CALLER_SS: u32 = 0x5000;
const CALLER_SP: u32 = 0x0100;

impl Stage {
    /// Real-mode code with recognisable registers runs, in slot 2.
    fn in_a_driver(&mut self) {
        self.in_real_mode();
        let regs = self.regs();
        (regs.eax, regs.ebx, regs.ecx, regs.edx) = (0xA1A2_A3A4, 0xB1B2_B3B4, 0xC1C2_C3C4, 0xD1D2_D3D4);
        (regs.esi, regs.edi, regs.ebp) = (0x5152_5354, 0x6162_6364, 0x7172_7374);
        (regs.v_es, regs.v_ds, regs.v_fs, regs.v_gs) = (0x1111, 0x2222, 0x3333, 0x4444);
        (regs.ss, regs.esp) = (CALLER_SS, CALLER_SP);
    }

    /// 0303h; the callback's address.
    fn allocate_callback(&mut self) -> (u16, u16) {
        let regs = self.regs();
        let before = *regs;
        regs.set_ax(0x0303);
        (regs.es, regs.edi) = (before.ds, STRUCTURE);
        (regs.ds, regs.esi) = (before.cs, PROCEDURE);
        assert_eq!(self.monitor.interrupt(&mut self.slots, 0x31, Kind::Software), Resume::Guest);
        let regs = self.regs();
        assert_eq!(regs.eflags & CARRY, 0, "0303h: {:04X}", regs.ax());
        let address = (regs.cx(), regs.dx());
        *self.regs() = before;
        address
    }

    fn alias_base(&mut self) -> u32 {
        let selector = self.client().alias_selector;
        let host = &self.monitor.host;
        Descriptor(host.machine.descriptor(host.current, selector >> 3)).base()
    }

    /// Linear address of the structure.
    fn structure(&self) -> u32 {
        (PROGRAM << 4) + STRUCTURE
    }

    fn word(&self, at: u32) -> u32 {
        self.monitor.host.machine.read_u16(at) as u32
    }
}

#[test]
fn a_callback_gets_its_callers_registers_and_its_caller_what_the_structure_says() {
    let mut stage = Stage::with_client(Facts::default());
    let data = stage.regs().ds;
    let (cs, ip) = stage.allocate_callback();
    let base = stage.alias_base();
    stage.in_a_driver();
    stage.regs().eflags |= CARRY;
    assert_eq!(stage.traps_at(cs, ip), Resume::Guest);

    assert_eq!((stage.slots.index(), stage.slots.current().landing), (3, Landing::Callback));
    let regs = *stage.regs();
    assert_eq!((regs.eip, regs.is_v86()), (PROCEDURE, false));
    assert_eq!((regs.es, regs.edi), (data, STRUCTURE));
    assert_eq!((regs.ds as u16, regs.esi), (stage.client().alias_selector, CALLER_SP));
    assert_eq!(stage.alias_base(), CALLER_SS << 4, "DS:ESI is the caller's stack");
    let at = stage.structure();
    let dwords = [0, 4, 8, 16, 20, 24, 28].map(|field| stage.monitor.host.machine.read_u32(at + field));
    assert_eq!(
        dwords,
        [0x6162_6364, 0x5152_5354, 0x7172_7374, 0xB1B2_B3B4, 0xD1D2_D3D4, 0xC1C2_C3C4, 0xA1A2_A3A4]
    );
    assert_eq!(stage.word(at + 0x20) & CARRY, CARRY);
    let words = [0x22, 0x24, 0x26, 0x28, 0x2A, 0x2C, 0x2E, 0x30].map(|field| stage.word(at + field));
    assert_eq!(words, [0x1111, 0x2222, 0x3333, 0x4444, ip as u32, cs as u32, CALLER_SP, CALLER_SS]);

    // The procedure changes the structure and returns.
    for (field, value) in [(0x20, 0x7FD4), (0x22, 0xAAAA), (0x28, 0xBBBB), (0x2A, 0x1234), (0x2C, 0x5678)] {
        stage.monitor.host.machine.write_u16(at + field, value);
    }
    stage.monitor.host.machine.write_u16(at + 0x2E, 0x0104);
    stage.monitor.host.machine.write_u32(at + 28, 0x0BAD_F00D);
    assert_eq!(stage.lands_at(landing::CALLBACK_RETURN), Resume::Guest);
    assert_eq!(stage.slots.index(), 2);
    let regs = *stage.regs();
    assert_eq!((regs.cs, regs.eip, regs.ss, regs.esp), (0x5678, 0x1234, CALLER_SS, 0x0104));
    assert_eq!((regs.eax, regs.ebx, regs.edi), (0x0BAD_F00D, 0xB1B2_B3B4, 0x6162_6364));
    assert_eq!([regs.v_es, regs.v_ds, regs.v_fs, regs.v_gs], [0xAAAA, 0x2222, 0x3333, 0xBBBB]);
    assert_eq!(
        regs.eflags & (VIRTUAL | IOPL | NESTED | CARRY),
        VIRTUAL | IOPL,
        "V86 code's flags, but for CF"
    );
    assert_eq!((stage.alias_base(), stage.client().hot.locked_depth), (base, 0));
}

#[test]
fn a_procedure_may_return_another_structure() {
    let mut stage = Stage::with_client(Facts::default());
    let (cs, ip) = stage.allocate_callback();
    stage.in_a_driver();
    assert_eq!(stage.traps_at(cs, ip), Resume::Guest);
    let other = stage.structure() + 0x100;
    stage.monitor.host.machine.write_u32(other + 0x2A, 0x2000_0007);
    stage.monitor.host.machine.write_u32(other + 0x2E, 0x3000_0008);
    stage.regs().edi += 0x100;
    assert_eq!(stage.lands_at(landing::CALLBACK_RETURN), Resume::Guest);
    let regs = *stage.regs();
    assert_eq!((regs.cs, regs.eip, regs.ss, regs.esp, regs.eax), (0x2000, 7, 0x3000, 8, 0));
}

#[test]
fn callbacks_in_callbacks_find_their_stacks_again() {
    let mut stage = Stage::with_client(Facts::default());
    let (cs, ip) = stage.allocate_callback();
    let base = stage.alias_base();
    stage.in_a_driver();
    for depth in 0..3 {
        stage.regs().ss = CALLER_SS + depth;
        assert_eq!(stage.traps_at(cs, ip), Resume::Guest);
        assert_eq!(stage.alias_base(), (CALLER_SS + depth) << 4);
        assert_eq!(stage.client().hot.locked_depth, depth + 1);
        // The procedure calls real mode in its turn.
        assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0x60, Kind::Software), Resume::Guest);
    }
    for depth in (0..3).rev() {
        stage.slots.drop_to(3 + 2 * depth as usize);
        assert_eq!(stage.slots.current().landing, Landing::Callback);
        assert_eq!(stage.lands_at(landing::CALLBACK_RETURN), Resume::Guest);
        assert_eq!(stage.client().hot.locked_depth, depth);
        let expected = if depth == 0 { base } else { (CALLER_SS + depth - 1) << 4 };
        assert_eq!(stage.alias_base(), expected);
    }
}

#[test]
fn a_callback_that_is_nobodys_or_has_no_structure_returns_at_once() {
    let mut stage = Stage::with_client(Facts::default());
    let (cs, ip) = stage.allocate_callback();
    stage.in_a_driver();
    let before = *stage.regs();
    let unchanged = |stage: &mut Stage| {
        let regs = *stage.regs();
        assert_eq!(stage.slots.index(), 2);
        assert_eq!(Registers { cs: before.cs, eip: before.eip, ..regs }, before);
    };
    assert_eq!(stage.traps_at(cs - 1, ip + 16), Resume::Guest);
    unchanged(&mut stage);
    let entry = stage.monitor.host.callbacks[0];
    stage.monitor.host.callbacks[0].kind = CallbackKind::Free;
    assert_eq!(stage.traps_at(cs, ip), Resume::Guest);
    unchanged(&mut stage);
    stage.monitor.host.callbacks[0] = Callback { kind: CallbackKind::Mouse, client: NOBODY, ..entry };
    assert_eq!(stage.traps_at(cs, ip), Resume::Guest);
    unchanged(&mut stage);
    stage.monitor.host.callbacks[0] = entry;
    stage.monitor.host.callbacks[0].structure.selector = 0x1FFF;
    assert_eq!(stage.traps_at(cs, ip), Resume::Guest);
    unchanged(&mut stage);
}

#[test]
fn a_return_from_a_callback_that_nobody_called_is_a_fault() {
    for site in [landing::CALLBACK_RETURN, landing::EVENT_RETURN, landing::INTERRUPT_RETURN] {
        let mut stage = Stage::with_client(Facts::default());
        assert_eq!(stage.lands_at(site), Resume::Guest);
        assert_eq!(stage.monitor.reporter.deaths.len(), 1, "offset {site}");
        assert_eq!(stage.monitor.reporter.deaths[0].0, 0x0D);
    }
}

/// An entry of the callback table for an event procedure, and its real-mode address.
fn event(stage: &mut Stage, kind: CallbackKind) -> (u16, u16) {
    let selector = stage.regs().cs as u16;
    let procedure = FarPointer { offset: PROCEDURE, selector, reserved: 0 };
    crate::dpmi::translate::event_address(&mut stage.monitor.host, kind, 0, procedure).unwrap()
}

#[test]
fn an_event_procedure_sees_the_drivers_registers_and_leaves_them_alone() {
    for width in [Width::Bits16, Width::Bits32] {
        let mut stage = Stage::dormant(Facts::default());
        assert_eq!(stage.enter_as(width), Resume::Guest);
        let (cs, ip) = event(&mut stage, CallbackKind::Mouse);
        stage.in_a_driver();
        let before = *stage.regs();
        assert_eq!(stage.traps_at(cs, ip), Resume::Guest);
        assert_eq!((stage.slots.index(), stage.slots.current().landing), (3, Landing::Event));
        let regs = *stage.regs();
        assert_eq!((regs.eip, regs.eax, regs.esi), (PROCEDURE, before.eax, before.esi));
        assert_eq!((regs.ds, regs.es, regs.fs, regs.gs), (0, 0, 0, 0));
        assert_eq!(regs.eflags & crate::regs::INTERRUPT, 0);
        assert_eq!(stage.far_return(), (width.landing_selector(), landing::EVENT_RETURN));
        stage.regs().eax = 0;
        assert_eq!(stage.lands_at(landing::EVENT_RETURN), Resume::Guest);
        let after = *stage.regs();
        assert_eq!(Registers { cs: before.cs, eip: before.eip, ..after }, before);
    }
}

#[test]
fn a_pointing_devices_words_come_along() {
    for width in [Width::Bits16, Width::Bits32] {
        let mut stage = Stage::dormant(Facts::default());
        assert_eq!(stage.enter_as(width), Resume::Guest);
        let (cs, ip) = event(&mut stage, CallbackKind::Pointer);
        stage.in_a_driver();
        // The BIOS pushes status, X, Y and 0, then calls.
        for (index, word) in [4_u16, 3, 2, 1].into_iter().enumerate() {
            let at = (CALLER_SS << 4) + CALLER_SP + 4 + index as u32 * 2;
            stage.monitor.host.machine.write_u16(at, word);
        }
        assert_eq!(stage.traps_at(cs, ip), Resume::Guest);
        assert_eq!(stage.far_return(), (width.landing_selector(), landing::EVENT_RETURN));
        let at = stage.stack() + if width == Width::Bits32 { 8 } else { 4 };
        let words: Vec<u32> = (0..4).map(|index| stage.word(at + index * 2)).collect();
        assert_eq!(words, [4, 3, 2, 1], "as the BIOS pushed them");
    }
}

impl Stage {
    /// With one client of this width.
    fn enter_as(&mut self, width: Width) -> Resume {
        let resume = self.enter_with(width as u32);
        assert_eq!(self.client().width, width);
        resume
    }

    /// Linear address of the top of the client's stack.
    fn stack(&mut self) -> u32 {
        let regs = *self.regs();
        let host = &self.monitor.host;
        Descriptor(host.machine.descriptor(host.current, regs.ss as u16 >> 3)).base() + regs.esp
    }

    /// The far return address on top of the client's stack, by its width.
    fn far_return(&mut self) -> (u32, u32) {
        let at = self.stack();
        match self.client().width {
            Width::Bits32 => {
                let machine = &self.monitor.host.machine;
                (machine.read_u32(at + 4), machine.read_u32(at))
            }
            Width::Bits16 => (self.word(at + 2), self.word(at)),
        }
    }
}

#[test]
fn a_raw_switch_to_real_mode_takes_segments_stack_and_address_from_registers() {
    let mut stage = Stage::with_client(Facts::default());
    let regs = stage.regs();
    (regs.eax, regs.ecx, regs.edx) = (0xFFFF_1111, 0xFFFF_2222, 0xFFFF_3333);
    (regs.ebx, regs.esi, regs.edi) = (0xFFFF_4444, 0xFFFF_5555, 0xFFFF_6666);
    regs.ebp = 0x7777_8888;
    assert_eq!(stage.lands_at(landing::RAW_SWITCH), Resume::Guest);
    assert_eq!(stage.slots.index(), 1, "the slot changes its kind of code");
    let regs = *stage.regs();
    assert!(regs.is_v86());
    assert_eq!([regs.v_ds, regs.v_es, regs.v_fs, regs.v_gs], [0x1111, 0x2222, 0, 0]);
    assert_eq!((regs.ss, regs.esp, regs.cs, regs.eip), (0x3333, 0x4444, 0x5555, 0x6666));
    assert_eq!((regs.ebp, regs.eflags & IOPL), (0x7777_8888, IOPL));
}

#[test]
fn a_raw_switch_back_takes_them_too_by_the_clients_width() {
    for (width, mask) in [(Width::Bits16, 0xFFFF), (Width::Bits32, u32::MAX)] {
        let mut stage = Stage::dormant(Facts::default());
        assert_eq!(stage.enter_as(width), Resume::Guest);
        let id = stage.monitor.host.current;
        assert_eq!(stage.lands_at(landing::RAW_SWITCH), Resume::Guest);
        let (cs, ip) = stage.monitor.host.facts.alias_address(event::RAW_SWITCH, id);
        let regs = stage.regs();
        (regs.eax, regs.ecx, regs.edx) = (0xFFFF_1117, 0xFFFF_2227, 0xFFFF_3337);
        (regs.ebx, regs.esi, regs.edi) = (0x0012_4444, 0xFFFF_5557, 0x0034_6666);
        assert_eq!(stage.traps_at(cs, ip), Resume::Guest);
        let regs = *stage.regs();
        assert!(!regs.is_v86());
        assert_eq!([regs.ds, regs.es, regs.fs, regs.gs], [0x1117, 0x2227, 0, 0]);
        assert_eq!((regs.ss, regs.esp), (0x3337, 0x0012_4444 & mask));
        assert_eq!((regs.cs, regs.eip), (0x5557, 0x0034_6666 & mask));
    }
}

#[test]
fn a_called_procedure_that_switches_keeps_what_it_has_on_the_clients_real_mode_stack() {
    let mut stage = Stage::with_client(Facts::default());
    let id = stage.monitor.host.current;
    let (cs, ip) = stage.monitor.host.facts.alias_address(event::RAW_SWITCH, id);
    let whole = stage.client().hot.real_stack;
    stage.in_a_driver();
    let during = stage.client().hot.real_stack;
    let called = stage.slots.current().regs;
    // On a stack of its own nothing has to be kept.
    assert_eq!(stage.traps_at(cs, ip), Resume::Guest);
    assert_eq!(stage.client().hot.real_stack, during);
    // On the client's, what is above SP.
    *stage.regs() = Registers { ss: during >> 16, esp: (during & 0xFFFF) - 0x40, ..called };
    assert_eq!(stage.traps_at(cs, ip), Resume::Guest);
    assert_eq!(stage.client().hot.real_stack, during - 0x40);
    // Once its call is over, all is free again.
    let (segment, offset) = stage.monitor.host.facts.site_address(event::RETURN);
    let expected = stage.slots.current().expected;
    *stage.regs() = Registers { ss: expected >> 16, esp: expected & 0xFFFF, ..called };
    assert_eq!(stage.traps_at(segment, offset), Resume::Guest);
    assert_eq!((stage.slots.index(), stage.client().hot.real_stack), (1, whole));
}
