//! What programs expect of the machine below DOS: INT 15h, ports, privileged instructions, the way out of memory.

use super::*;
use crate::layout::{stay, CORE_BASE};
use crate::regs::{CARRY, INTERRUPT};

/// Where an interrupt of V86 code returns, and its stack.
const BACK: (u32, u32) = (0x4321, 0x0765);
const STACK: (u32, u32) = (0x5000, 0x0100);
/// Where the caller of INT 15h 87h has its table.
const TABLE: u32 = 0x6_0000;
/// First address of the core's memory on the stage.
const OURS: u32 = 0x20_0000;

impl Stage {
    /// V86 code executes an INT that leads to a hook of the resident part, with these registers. True: it was answered, and
    /// the caller goes on behind its INT.
    fn hook(&mut self, site: u32, regs: Registers) -> bool {
        self.in_real_mode();
        for (offset, word) in [(0, BACK.1), (2, BACK.0), (4, 0x7202)] {
            self.monitor.host.machine.write_u16((STACK.0 << 4) + STACK.1 + offset, word as u16);
        }
        let flags = self.regs().eflags;
        *self.regs() = Registers { ss: STACK.0, esp: STACK.1, eflags: flags, ..regs };
        let (cs, ip) = self.monitor.host.facts.site_address(site);
        assert_eq!(self.traps_at(cs, ip), Resume::Guest);
        let regs = *self.regs();
        let answered = (regs.cs, regs.eip) == BACK;
        assert!(answered || (regs.cs, regs.eip) == (cs as u32, ip as u32 + 2));
        answered
    }

    fn a20(&self) -> bool {
        let frames = [0x100, 0x10F].map(|page| self.monitor.host.machine.table_entry(page) >> 12);
        assert_eq!(frames[1] - frames[0], 15);
        frames[0] == 0x100
    }

    /// V86 code executes an instruction that faults; it is carried out and left behind.
    fn v86_executes(&mut self, code: &[u8], eax: u32) {
        let regs = self.regs();
        (regs.cs, regs.eip, regs.eax, regs.error) = (0x5800, 0x0010, eax, 0);
        self.monitor.host.machine.write_bytes(0x5_8010, code);
        assert_eq!(self.monitor.interrupt(&mut self.slots, 0x0D, Kind::Exception), Resume::Guest);
        assert_eq!(self.regs().eip, 0x0010 + code.len() as u32);
    }

    /// The client executes an instruction that faults; how it goes on.
    fn client_executes(&mut self, code: &[u8]) -> Resume {
        self.regs().error = 0;
        let at = (PROGRAM << 4) + self.regs().eip;
        self.monitor.host.machine.write_bytes(at, code);
        self.monitor.interrupt(&mut self.slots, 0x0D, Kind::Exception)
    }
}

#[test]
fn int_15h_24h_switches_the_wrap_at_1_mib_for_real_mode_code() {
    let mut stage = Stage::with_client(Facts::default());
    for (ax, on, told) in [(0x2400, false, 0), (0x2402, false, 0), (0x2401, true, 1), (0x2402, true, 1)] {
        assert!(stage.hook(event::INT15, Registers { eax: ax, ..Default::default() }));
        assert_eq!(stage.a20(), on, "{ax:04X}h");
        let regs = *stage.regs();
        assert_eq!((regs.ax(), regs.eflags & CARRY, regs.esp), (told, 0, STACK.1 + 6), "{ax:04X}h");
        stage.slots.drop_to(1);
    }
    assert!(stage.hook(event::INT15, Registers { eax: 0x2403, ..Default::default() }));
    assert_eq!((stage.regs().ax() >> 8, stage.regs().bx()), (0, 3), "by keyboard controller and port 92h");
}

#[test]
fn what_int_15h_does_not_know_goes_on_to_the_bios() {
    let mut stage = Stage::with_client(Facts::default());
    for ax in [0x2404, 0x8800, 0xE820, 0x4F00] {
        assert!(!stage.hook(event::INT15, Registers { eax: ax, ..Default::default() }), "{ax:04X}h");
        assert_eq!(stage.regs().eax, ax);
        stage.slots.drop_to(1);
    }
    assert!(stage.hook(event::INT15, Registers { eax: 0x8912, ..Default::default() }));
    assert_eq!((stage.regs().ax(), stage.regs().eflags & CARRY), (0x8612, CARRY), "no way to protected mode");
}

/// INT 15h 87h: AX and CF.
fn moves(stage: &mut Stage, from: u32, to: u32, words: u32, table: (u32, u32)) -> (u16, u32) {
    for (entry, address) in [(0x10, from), (0x18, to)] {
        stage.monitor.host.machine.write_u32(TABLE + entry + 2, address & 0xFF_FFFF | 0x9300_0000);
        stage.monitor.host.machine.write_u8(TABLE + entry + 7, (address >> 24) as u8);
    }
    let regs = Registers { eax: 0x8755, ecx: words, v_es: table.0, esi: table.1, ..Default::default() };
    assert!(stage.hook(event::INT15, regs));
    let regs = *stage.regs();
    stage.slots.drop_to(1);
    (regs.ax(), regs.eflags & CARRY)
}

#[test]
fn int_15h_87h_moves_physical_memory_that_is_not_the_cores() {
    let mut stage = Stage::with_client(Facts::default());
    let at = (TABLE >> 4, 0);
    let (from, to) = (0x1234_5600, 0x7_0004);
    for index in 0..0x4000 {
        stage.monitor.host.machine.write_physical(from + index * 4, 0x0101_0101 * (index & 0x7F));
    }
    assert_eq!(moves(&mut stage, from, to, 0x8000, at), (0x0055, 0));
    for index in [0, 1, 0x0FFF, 0x1000, 0x3FFF] {
        let moved = stage.monitor.host.machine.read_physical(to + index * 4);
        assert_eq!(moved, 0x0101_0101 * (index & 0x7F), "double word {index:X}h");
    }
    assert_eq!(stage.monitor.host.machine.read_physical(to + 0x1_0000), 0);
    assert_eq!(moves(&mut stage, to, from, 0, at), (0x0055, 0));
}

#[test]
fn int_15h_87h_refuses_the_cores_memory_too_much_and_a_table_that_is_not_there() {
    let mut stage = Stage::with_client(Facts::default());
    let at = (TABLE >> 4, 0);
    for (from, to, words) in [(OURS, 0x7_0000, 1), (0x7_0000, OURS + 0x1000, 1), (0x7_0000, 0x5_0000, 0x8001)]
    {
        assert_eq!(moves(&mut stage, from, to, words, at), (0x0255, CARRY), "{from:X} {to:X} {words:X}");
    }
    let (from, to) = (0x7_0000, 0x5_0000);
    assert_eq!(moves(&mut stage, from, to, 1, (0xFFFF, 0xFFE1)), (0x0255, CARRY));
}

#[test]
fn the_core_stays_while_somebody_needs_it_and_says_who() {
    let mut stage = Stage::with_client(Facts::default());
    assert!(stage.hook(event::SHUTDOWN, Registers::default()));
    assert_eq!(stage.regs().ax() as u32, stay::CLIENT);

    let mut stage = Stage::dormant(Facts {
        older_blocks: core::array::from_fn(|at| 0x100 + at as u16),
        ..Facts::default()
    });
    let mut asks = |change: &dyn Fn(&mut Stage)| {
        change(&mut stage);
        let machine = &mut stage.monitor.host.machine;
        machine.write_u32((STACK.0 << 4) + STACK.1, BACK.0 << 16 | BACK.1);
        let (ss, sp) = (STACK.0 as u16, STACK.1 as u16);
        let mut frame = RealFrame {
            event: event::SHUTDOWN as u8,
            ss,
            sp,
            es: 0x6000,
            edi: 8,
            eax: 0xFFFF,
            ..Default::default()
        };
        stage.monitor.dormant_event(&mut frame);
        assert_eq!((frame.cs as u32, frame.ip as u32, frame.sp), (BACK.0, BACK.1, sp + 4));
        (frame.eax & 0xFFFF, stage.monitor.host.machine.read_u32(0x6_0008))
    };
    let handles = asks(&|stage| {
        let host = &mut stage.monitor.host;
        assert!(host.memory.heap.set_handles(4));
        let mut general = crate::regs::General { edx: 4, ..Default::default() };
        host.memory.heap.allocate(0, &mut host.memory.frames).unwrap();
        // The short way needs a hole that is there already.
        let Memory { heap, frames, .. } = &mut host.memory;
        let first = heap.allocate(64, frames).unwrap();
        let index = heap.find(first).unwrap();
        heap.free(index, frames).unwrap();
        assert_eq!(host.xms.quick_allocate(&mut host.memory, &mut general), crate::xms::Quick::Done);
    });
    assert_eq!(handles, (stay::HANDLES, 0), "no block is handed out");
    assert_eq!(asks(&|stage| stage.monitor.host.xms = Default::default()), (0, 0x0101_0100));
}

#[test]
fn ports_of_the_a20_line_switch_the_wrap_and_never_the_line() {
    let mut stage = Stage::with_client(Facts::default());
    stage.in_real_mode();
    stage.monitor.host.machine.outputs.clear();
    stage.v86_executes(&[0xE6, 0x92], 0x0C);
    assert!(!stage.a20());
    stage.monitor.host.machine.inputs.insert(0x92, [0x5F].into());
    stage.v86_executes(&[0xE4, 0x92], 0x1234_5600);
    assert_eq!(stage.regs().eax, 0x1234_565D, "bit 1 is the wrap's");
    stage.v86_executes(&[0xE6, 0x92], 0x0E);
    assert!(stage.a20());
    // The keyboard controller's output port: command D1h, then the byte.
    stage.v86_executes(&[0xE6, 0x64], 0xD1);
    stage.v86_executes(&[0xE6, 0x60], 0xDD);
    assert!(!stage.a20());
    // A byte without that command is the keyboard's.
    stage.v86_executes(&[0xE6, 0x60], 0xED);
    stage.v86_executes(&[0xE6, 0x64], 0xAE);
    stage.v86_executes(&[0xE6, 0x60], 0xFF);
    assert!(!stage.a20());
    let outputs = &stage.monitor.host.machine.outputs;
    let expected =
        [(0x92, 0x0E), (0x92, 0x0E), (0x64, 0xD1), (0x60, 0xDF), (0x60, 0xED), (0x64, 0xAE), (0x60, 0xFF)];
    assert_eq!(outputs[..], expected);
}

#[test]
fn words_go_through_two_ports() {
    let mut stage = Stage::with_client(Facts::default());
    stage.in_real_mode();
    stage.monitor.host.machine.outputs.clear();
    stage.regs().edx = 0x0091;
    stage.v86_executes(&[0xEF], 0x0E77);
    assert_eq!(stage.monitor.host.machine.outputs[..], [(0x91, 0x77), (0x92, 0x0E)]);
    stage.monitor.host.machine.inputs.insert(0x91, [0x34].into());
    stage.monitor.host.machine.inputs.insert(0x92, [0x02].into());
    stage.v86_executes(&[0xED], 0xABCD_FFFF);
    assert_eq!(stage.regs().eax, 0xABCD_0234);
}

#[test]
#[should_panic(expected = "nobody asks for a reboot")]
fn port_92h_restarts_the_machine() {
    let mut stage = Stage::with_client(Facts::default());
    stage.in_real_mode();
    stage.v86_executes(&[0xE6, 0x92], 0x01);
}

#[test]
fn clients_see_harmless_control_registers_and_change_none() {
    let mut stage = Stage::with_client(Facts::default());
    stage.monitor.fault_address = 0x1234_5678;
    for (code, value) in [
        ([0x0F, 0x20, 0xC0], 0x8000_0013),
        ([0x0F, 0x20, 0xD0], 0x1234_5678),
        ([0x0F, 0x20, 0xD8], 0),
        ([0x0F, 0x20, 0xE0], 0),
    ] {
        let eip = stage.regs().eip;
        stage.regs().eax = 0xFFFF_FFFF;
        assert_eq!(stage.client_executes(&code), Resume::Guest);
        assert_eq!((stage.regs().eax, stage.regs().eip), (value, eip + 3), "{code:02X?}");
    }
    let directory = stage.monitor.host.machine.cr3;
    for code in [[0x0F, 0x22, 0xC0], [0x0F, 0x22, 0xD8], [0x0F, 0x23, 0xF8]] {
        stage.regs().eax = 0;
        assert_eq!(stage.client_executes(&code), Resume::Guest, "{code:02X?}");
    }
    assert_eq!((stage.monitor.host.machine.cr3, stage.monitor.host.machine.debug[7]), (directory, 0));
    assert!(stage.monitor.reporter.deaths.is_empty());
}

#[test]
fn a_breakpoint_address_is_the_clients_below_the_core_only() {
    let mut stage = Stage::with_client(Facts::default());
    for (value, expected) in
        [(0x1_0000, 0x1_0000), (CORE_BASE - 1, CORE_BASE - 1), (CORE_BASE, CORE_BASE - 1)]
    {
        stage.regs().ebx = value;
        assert_eq!(stage.client_executes(&[0x0F, 0x23, 0xC3]), Resume::Guest);
        assert_eq!(stage.monitor.host.machine.debug[0], expected);
    }
    assert_eq!(stage.client_executes(&[0x0F, 0x21, 0xC2]), Resume::Guest);
    assert_eq!(stage.regs().edx, CORE_BASE - 1);
}

#[test]
fn hlt_waits_where_an_interrupt_can_come() {
    let mut stage = Stage::with_client(Facts::default());
    stage.regs().eflags |= INTERRUPT;
    assert_eq!(stage.client_executes(&[0xF4]), Resume::Idle);
    stage.regs().eflags &= !INTERRUPT;
    let eip = stage.regs().eip;
    assert_eq!(stage.client_executes(&[0xF4]), Resume::Guest);
    assert_eq!(stage.regs().eip, eip + 1, "skipped: nothing would end it");
}

#[test]
fn an_instruction_with_an_error_code_stays_a_fault() {
    let mut stage = Stage::with_client(Facts::default());
    let at = (PROGRAM << 4) + stage.regs().eip;
    stage.monitor.host.machine.write_bytes(at, &[0xF4]);
    stage.regs().error = 0x1238;
    assert_eq!(stage.monitor.interrupt(&mut stage.slots, 0x0D, Kind::Exception), Resume::Guest);
    assert_eq!(stage.monitor.reporter.deaths.len(), 1);
}
