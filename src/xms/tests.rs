//! The driver through its entry, against a model that keeps every block as plain bytes.

mod model;
mod registers;

use super::*;
use crate::mock::Mock;
use crate::paging::frames::{Frames, Run};
use crate::regs::INTERRUPT;

const STACK: u32 = 0x1000;
const STRUCTURE: u32 = 0x2_0100;

struct World {
    machine: Mock,
    xms: Xms,
    memory: Memory,
    a20: bool,
    active: bool,
    /// The next call tries the short way first; every other one does.
    short: bool,
}

impl World {
    fn new(config: Config) -> Self {
        let mut frames = Frames::new(Vec::leak(vec![0; 0x400]), 0x100);
        frames.add(Run { first: 0x110, count: 40 });
        frames.add(Run { first: 0x140, count: 40 });
        let mut memory = Memory::new(frames);
        assert!(memory.heap.set_handles(12));
        let mut machine = Mock::new();
        machine.waiting = Some(8);
        World { machine, xms: Xms::new(config), memory, a20: true, active: false, short: false }
    }

    fn with<T>(&mut self, run: impl FnOnce(&mut XmsContext<Mock>) -> T) -> T {
        let mut context = XmsContext {
            machine: &mut self.machine,
            xms: &mut self.xms,
            memory: &mut self.memory,
            a20: self.a20,
            active: self.active,
            structure: None,
        };
        let answer = run(&mut context);
        self.a20 = context.a20;
        answer
    }

    fn raw(&mut self, regs: &mut Registers) -> XmsNext {
        self.with(|context| call(context, regs))
    }

    fn again(&mut self, regs: &mut Registers) -> XmsNext {
        self.with(|context| resume(context, regs))
    }

    /// The short way.
    fn quick(&mut self, regs: &mut Registers) -> Quick {
        let mut general = General {
            eax: regs.eax,
            ebx: regs.ebx,
            ecx: regs.ecx,
            edx: regs.edx,
            esi: regs.esi,
            ..Default::default()
        };
        let before = general;
        let World { machine, xms, memory, .. } = self;
        let answer = match regs.ah() {
            0x09 => xms.quick_allocate(memory, &mut general),
            0x0A => xms.quick_free(memory, &mut general),
            0x0B => {
                let answer = xms.quick_move(memory, machine, (regs.v_ds << 4) + (regs.esi & 0xFFFF), || {
                    Caller::from(&*regs)
                });
                if answer == Quick::Done {
                    general.set_ax(1);
                }
                answer
            }
            _ => Quick::NotDone,
        };
        assert!(answer == Quick::Done || general == before);
        (regs.eax, regs.ebx, regs.edx) = (general.eax, general.ebx, general.edx);
        answer
    }

    /// A whole call, pieces and all.
    fn call(&mut self, ah: u8, regs: Registers) -> Registers {
        let mut regs =
            Registers { eax: 0x1234_0000 | (ah as u32) << 8, esp: STACK, eflags: INTERRUPT, ..regs };
        self.short = !self.short;
        match if self.short { self.quick(&mut regs) } else { Quick::NotDone } {
            Quick::NotDone => {}
            Quick::Done => return regs,
            Quick::Interrupted(_) => {
                while self.again(&mut regs) != XmsNext::Done {}
                return regs;
            }
        }
        let mut next = self.raw(&mut regs);
        while next == XmsNext::Again(8) {
            next = self.again(&mut regs);
        }
        assert_eq!(next, XmsNext::Done);
        regs
    }

    fn ok(&mut self, ah: u8, regs: Registers) -> Registers {
        let regs = self.call(ah, regs);
        assert_eq!(regs.ax(), 1, "AH={ah:02X}h refused with {:02X}h", regs.bl());
        regs
    }

    fn refused(&mut self, ah: u8, regs: Registers) -> u8 {
        let regs = self.call(ah, regs);
        assert_eq!(regs.ax(), 0, "AH={ah:02X}h should be refused");
        regs.bl()
    }

    fn allocate(&mut self, kib: u32) -> u32 {
        self.ok(0x89, dx(kib)).dx() as u32
    }

    fn describe(&mut self, length: u32, from: (u32, u32), to: (u32, u32)) -> Registers {
        self.machine.write_u32(STRUCTURE, length);
        self.machine.write_u16(STRUCTURE + 4, from.0 as u16);
        self.machine.write_u32(STRUCTURE + 6, from.1);
        self.machine.write_u16(STRUCTURE + 10, to.0 as u16);
        self.machine.write_u32(STRUCTURE + 12, to.1);
        self.machine.write_u16(STRUCTURE + 16, 0);
        Registers { v_ds: STRUCTURE >> 4, esp: STACK, eax: 0x0B00, eflags: INTERRUPT, ..Default::default() }
    }

    fn moved(&mut self, length: u32, from: (u32, u32), to: (u32, u32)) -> Registers {
        let regs = self.describe(length, from, to);
        self.call(0x0B, regs)
    }

    fn byte(&mut self, handle: u32, at: u32) -> u8 {
        let heap = &mut self.memory.heap;
        let piece = heap.piece(heap.find(handle as u16).unwrap(), at >> 10);
        self.machine.physical_u8((piece.start << 10) + at - (piece.at << 10))
    }
}

fn dx(value: u32) -> Registers {
    Registers { edx: value, ..Default::default() }
}

fn dx_bx(edx: u32, ebx: u32) -> Registers {
    Registers { edx, ebx, ..Default::default() }
}

#[test]
fn every_row_is_found_by_its_number() {
    for (at, row) in Functions::<Mock>::ROWS.iter().enumerate() {
        assert_eq!(Functions::<Mock>::INDEX[row.number as usize] as usize, at + 1, "{}", row.title);
    }
    let mut world = World::new(Config::default());
    for ah in [0x13, 0x87, 0x8A, 0x90, 0xCA, 0xFF] {
        assert_eq!(world.refused(ah, dx(0)), 0x80);
    }
}

#[test]
fn a_block_lives_and_dies_as_the_specification_says() {
    let mut world = World::new(Config::default());
    let all = world.call(0x88, dx(0));
    assert_eq!((all.eax, all.edx, all.bl()), (160, 320, 0));
    let handle = world.allocate(100);
    assert_eq!(world.call(0x08, dx(0)).dx(), 220);
    let info = world.ok(0x0E, dx(handle));
    assert_eq!((info.bx(), info.dx()), (11, 100));
    let info = world.ok(0x8E, dx(handle));
    assert_eq!((info.bx() >> 8, info.cx(), info.edx), (0, 11, 100));
    let first = world.ok(0x0C, dx(handle));
    assert_eq!(first.dx() as u32 * 0x10000 + first.bx() as u32, 0x11_0000);
    assert_eq!(world.refused(0x0F, dx_bx(handle, 5)), 0xAB);
    assert_eq!(world.refused(0x0A, dx(handle)), 0xAB);
    assert_eq!(world.ok(0xCC, dx(handle)).ebx, 0x11_0000);
    world.ok(0x0D, dx(handle));
    world.ok(0x0D, dx(handle));
    assert_eq!(world.refused(0x0D, dx(handle)), 0xAA);
    world.ok(0x8F, dx_bx(handle, 320));
    assert_eq!(world.refused(0x88, dx(0)), 0xA0);
    assert_eq!(world.refused(0x09, dx(1)), 0xA0);
    assert_eq!(world.refused(0x0C, dx(handle)), 0xAD);
    world.ok(0x0F, dx_bx(handle, 0));
    assert_eq!(world.call(0x88, dx(0)).edx, 320);
    world.ok(0x0A, dx(handle));
    for ah in [0x0A, 0x0C, 0x0D, 0x0E, 0x0F, 0x8E, 0x8F, 0xCC] {
        assert_eq!(world.refused(ah, dx(handle)), 0xA2);
        assert_eq!(world.refused(ah, dx(0)), 0xA2);
    }
    assert_eq!(world.xms.handles_used(), 0);
}

#[test]
fn handles_run_out() {
    let mut world = World::new(Config::default());
    let handles: Vec<u32> = (0..12).map(|_| world.allocate(0)).collect();
    assert_eq!(world.refused(0x09, dx(0)), 0xA1);
    assert_eq!(world.refused(0x89, dx(1)), 0xA1);
    for handle in handles {
        world.ok(0x0C, dx(handle));
        world.ok(0x0D, dx(handle));
        world.ok(0x0A, dx(handle));
    }
}

#[test]
fn the_hma_goes_to_one_who_asks_for_enough() {
    let mut world = World::new(Config { hma_minimum: 0x4000, ..Config::default() });
    assert_eq!(world.call(0x00, dx(0)).ax(), 0x0300);
    assert_eq!(world.refused(0x02, dx(0)), 0x93);
    assert_eq!(world.refused(0x01, dx(0x3FFF)), 0x92);
    world.ok(0x01, dx(0xFFFF));
    assert_eq!(world.refused(0x01, dx(0xFFFF)), 0x91);
    assert!(world.xms.hma_in_use());
    world.ok(0x02, dx(0));
    let mut world = World::new(Config { has_hma: false, ..Config::default() });
    assert_eq!(world.call(0x00, dx(0)).dx(), 0);
    assert_eq!((world.refused(0x01, dx(0xFFFF)), world.refused(0x02, dx(0))), (0x90, 0x90));
}

#[test]
fn a20_stays_on_while_anybody_wants_it() {
    let mut world = World::new(Config::default());
    world.a20 = false;
    assert_eq!(world.call(0x07, dx(0)).ax(), 0);
    assert_eq!(world.refused(0x06, dx(0)), 0x82);
    world.ok(0x05, dx(0));
    world.ok(0x05, dx(0));
    world.ok(0x03, dx(0));
    assert_eq!(world.call(0x07, dx(0)).ax(), 1);
    assert_eq!(world.refused(0x06, dx(0)), 0x94);
    assert_eq!(world.refused(0x04, dx(0)), 0x94);
    assert!(world.a20);
    world.ok(0x06, dx(0));
    assert!(!world.a20);
    world.ok(0x03, dx(0));
    world.ok(0x04, dx(0));
    let mut world = World::new(Config { a20_fixed: true, ..Config::default() });
    assert_eq!(world.refused(0x04, dx(0)), 0x94);
}

#[test]
fn an_older_driver_gets_what_is_its() {
    let mut world = World::new(Config { has_older: true, ..Config::default() });
    let handle = world.allocate(4);
    for ah in [1, 2, 3, 4, 5, 6, 7, 0x10, 0x11, 0x12, 0x0A, 0x0C, 0x0D, 0x0E, 0x8F] {
        let mut regs = Registers { eax: ah << 8, edx: 0x1234, ..Default::default() };
        let before = regs;
        assert_eq!(world.raw(&mut regs), XmsNext::PassOn);
        assert_eq!(regs, before);
    }
    let mut regs = world.describe(16, (0x1234, 0), (0, 0x4000_0000));
    assert_eq!(world.raw(&mut regs), XmsNext::PassOn);
    assert_eq!(world.moved(16, (0x1234, 0), (handle, 0)).bl(), 0xA3);
    assert_eq!(world.moved(16, (handle, 0), (0x1234, 0)).bl(), 0xA5);
    world.active = true;
    assert_eq!(world.moved(16, (0x1234, 0), (0, 0x4000_0000)).bl(), 0xA3);
}

#[test]
fn a_move_is_checked_before_the_first_byte() {
    let mut world = World::new(Config::default());
    let (one, other) = (world.allocate(4), world.allocate(8));
    let mut code = |length, from, to| {
        let regs = world.moved(length, from, to);
        if regs.ax() == 1 {
            0
        } else {
            regs.bl()
        }
    };
    assert_eq!(code(3, (one, 0), (other, 0)), 0xA7);
    assert_eq!(code(2, (0x7777, 0), (other, 0)), 0xA3);
    assert_eq!(code(2, (one, 0), (0x7777, 0)), 0xA5);
    assert_eq!(code(2, (one, 4096), (other, 0)), 0xA4);
    assert_eq!(code(2, (one, 0), (other, 8192)), 0xA6);
    assert_eq!(code(2, (one, u32::MAX), (other, 0)), 0xA4);
    assert_eq!(code(4, (one, 4094), (other, 0)), 0xA7);
    assert_eq!(code(4098, (one, 0), (other, 0)), 0xA7);
    assert_eq!(code(u32::MAX - 1, (one, 0), (other, 0)), 0xA7);
    assert_eq!(code(0x22, (0, 0xFFFF_FFE0), (other, 0)), 0xA7);
    assert_eq!(code(2, (0, 0xFFFF_FFFF), (other, 0)), 0xA7);
    assert_eq!(code(0x20, (0, 0xFFFF_FFE0), (other, 0)), 0);
    assert_eq!(code(0x1000, (0, 0xFFFF_0010), (one, 0)), 0);
    assert_eq!(code(0, (one, 4096), (other, 8192)), 0);
    let mut regs = world.describe(2, (one, 0), (other, 0));
    world.machine.write_u8(STRUCTURE + 16, 1);
    assert_eq!(world.refused(0xCB, regs), 0xA4);
    world.machine.write_u16(STRUCTURE + 16, 0x100);
    assert_eq!(world.refused(0xCB, regs), 0xA6);
    world.machine.write_u16(STRUCTURE + 16, 0);
    regs = world.ok(0xCB, regs);
    assert_eq!(regs.v_ds, STRUCTURE >> 4);
}

#[test]
fn the_structure_is_read_as_the_callers_a20_line_has_it() {
    let mut world = World::new(Config::default());
    let handle = world.allocate(1);
    let regs = world.describe(2, (0, 0x3000_0000), (handle, 4));
    world.machine.write_u16(0x3_0000, 0xBEEF);
    let copy: Vec<u8> = (0..16).map(|at| world.machine.read_u8(STRUCTURE + at)).collect();
    world.machine.write_bytes(0x20, &copy);
    world.a20 = false;
    world.ok(0x0B, Registers { v_ds: 0xFFFF, esi: 0x30, ..regs });
    assert_eq!((world.byte(handle, 4), world.byte(handle, 5)), (0xEF, 0xBE));
}

#[test]
fn a_block_in_work_refuses_reentrant_calls() {
    let mut world = World::new(Config::default());
    let (one, other, third) = (world.allocate(64), world.allocate(64), world.allocate(32));
    let mut outer = world.describe(0x10000, (one, 0), (other, 0));
    assert_eq!(world.raw(&mut outer), XmsNext::Again(8));
    let inner = Registers { esp: STACK - 100, ..Default::default() };
    let mut nested = |ah: u32, edx: u32| {
        let mut regs = Registers { eax: ah << 8, edx, ..inner };
        assert_eq!(world.raw(&mut regs), XmsNext::Done);
        regs.bl()
    };
    assert_eq!((nested(0x0A, one), nested(0x0F, other), nested(0x0C, one)), (0xAB, 0xAB, 0xAD));
    let mut regs = Registers { esp: STACK - 100, ..world.describe(2, (third, 0), (other, 0)) };
    assert_eq!((world.raw(&mut regs), regs.bl()), (XmsNext::Done, 0xA5));
    // A long move of other blocks nests, and is dropped when its owner does not come back.
    let mut regs = Registers { esp: STACK - 100, ..world.describe(0x8000, (third, 0), (0, 0x4000_0000)) };
    assert_eq!(world.raw(&mut regs), XmsNext::Again(8));
    while world.again(&mut outer) == XmsNext::Again(8) {}
    assert_eq!(outer.ax(), 1);
    assert!(world.xms.works.is_empty());
    for handle in [one, other, third] {
        world.ok(0x0A, dx(handle));
    }
}

#[test]
fn work_of_a_process_that_ended_is_forgotten() {
    const RESIDENT: u32 = 0x8000;
    let mut world = World::new(Config { resident: RESIDENT, ..Config::default() });
    let indos = RESIDENT + core::mem::offset_of!(crate::layout::ResidentInfo, indos) as u32;
    world.machine.write_u32(indos, 0x0090_0011);
    world.machine.write_u16(0x911 + 15, 0x2001);
    world.machine.write_u8(0x2_0000, b'M');
    world.machine.write_u16(0x2_0001, 0x2001);
    let handle = world.allocate(64);
    let mut regs = world.describe(0x10000, (handle, 0), (0, 0x4000_0000));
    assert_eq!(world.raw(&mut regs), XmsNext::Again(8));
    let mut other = Registers { eax: 0x0A00, edx: handle, ss: 0x3000, ..Default::default() };
    assert_eq!((world.raw(&mut other), other.bl()), (XmsNext::Done, 0xAB));
    world.machine.write_u16(0x2_0001, 0);
    let mut other = Registers { eax: 0x0A00, edx: handle, ss: 0x3000, ..Default::default() };
    assert_eq!((world.raw(&mut other), other.ax()), (XmsNext::Done, 1));
}

#[test]
fn work_whose_owner_is_gone_is_forgotten() {
    let mut world = World::new(Config::default());
    let handle = world.allocate(64);
    let mut regs = world.describe(0x10000, (handle, 0), (0, 0x4000_0000));
    assert_eq!(world.raw(&mut regs), XmsNext::Again(8));
    world.ok(0x0A, Registers { esp: STACK + 2, ..dx(handle) });
}
