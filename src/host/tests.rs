use super::*;
use crate::dpmi::fixture::{host, CLIENT};
use crate::mock::{Mock, KERNEL_DIRECTORY};
use crate::paging::frames::{Frames, Run};
use crate::paging::space::Space;
use crate::paging::{Memory, ARENA_BASE};
use crate::x86::descriptor::{Descriptor, BIG, DATA3};

/// First of the 64 frames of memory that the hosts here have, from 2 MiB on, and the first behind them.
const OURS: u32 = 0x20_0000;
const END: u32 = 0x24_0000;

/// A host with 64 frames and some handles.
fn host_with_memory() -> Host<Mock> {
    let mut host = host(Width::Bits32);
    let mut memory = Memory::new(Frames::new(vec![0; 64].leak(), OURS >> 12));
    memory.frames.add(Run { first: OURS >> 12, count: 64 });
    assert!(memory.heap.set_handles(8));
    let space = Space::create(&mut host.machine, &mut memory, KERNEL_DIRECTORY).unwrap();
    host.machine.load_space(space.directory());
    host.memory = memory;
    host.clients[CLIENT as usize].as_mut().unwrap().space = space;
    host
}

#[test]
fn the_bios_moves_conventional_memory_and_what_is_not_ours() {
    let host = host_with_memory();
    for (at, bytes) in [(0, 0), (0, 0x1_0000), (LOW_END - 0x10, 0x10), (0xA_0000, 0x2_0000)] {
        assert!(host.may_move(at, bytes), "{bytes:#X} bytes at {at:#X}");
    }
    for (at, bytes) in [(LOW_END, 0x1000), (END, 0x8000), (OURS - 0x1000, 0x1000), (0xE000_0000, 0x1_0000)] {
        assert!(host.may_move(at, bytes), "{bytes:#X} bytes at {at:#X}");
    }
    assert!(host.may_move(0xFFFF_F000, 0x1000), "up to the very end");
}

#[test]
fn the_bios_moves_nothing_of_ours_however_little() {
    let host = host_with_memory();
    for (at, bytes) in [(OURS, 1), (END - 1, 1), (OURS - 1, 2), (END - 1, 0x10), (OURS + 0x3_0800, 0x800)] {
        assert!(!host.may_move(at, bytes), "{bytes:#X} bytes at {at:#X}");
    }
    assert!(!host.may_move(LOW_END - 0x10, OURS), "from conventional memory over all of ours");
    assert!(!host.may_move(0xFFFF_FFF0, 0x11), "around the end");
}

#[test]
fn the_bios_moves_locked_xms_blocks_and_not_a_byte_beside_them() {
    let mut host = host_with_memory();
    let Memory { heap, frames, .. } = &mut host.memory;
    heap.allocate(3, frames).unwrap();
    let handle = heap.allocate(10, frames).unwrap();
    let index = heap.find(handle).unwrap();
    let Ok(crate::heap::Lock::At(kib)) = heap.lock(index) else { panic!("a block in one piece") };
    let (at, bytes) = (kib << 10, 10 << 10);
    assert!(host.may_move(at, bytes));
    assert!(host.may_move(at + 0xFFF, 2), "across two of its pages");
    assert!(host.may_move(at + bytes - 1, 1));
    for (at, bytes) in [(at, bytes + 1), (at - 1, 2), (at + bytes, 1)] {
        assert!(!host.may_move(at, bytes), "{bytes:#X} bytes at {at:#X}");
    }
    host.memory.heap.unlock(index).unwrap();
    assert!(!host.may_move(at, 1), "a block that is not locked may move");
}

#[test]
fn what_is_reachable_ends_with_the_clients_own_memory() {
    let mut host = host_with_memory();
    for (at, bytes) in [(0, 1), (LOW_END - 1, 1), (0, LOW_END)] {
        assert_eq!(host.writable(at, bytes), Ok(()), "{bytes:#X} bytes at {at:#X}");
    }
    for (at, bytes) in [(LOW_END, 1), (LOW_END - 1, 2), (ARENA_BASE, 1), (0xC000_0000, 4), (u32::MAX, 1)] {
        assert_eq!(host.writable(at, bytes), Err(Refused::Bad), "{bytes:#X} bytes at {at:#X}");
        assert_eq!(host.readable(at, bytes), Err(Refused::Bad), "{bytes:#X} bytes at {at:#X}");
    }
}

#[test]
fn an_address_in_a_segment_is_checked_to_its_last_byte() {
    let mut host = host_with_memory();
    assert!(host.machine.grow_descriptors(CLIENT, 16));
    let client = host.clients[CLIENT as usize].as_mut().unwrap();
    let index = crate::dpmi::ldt::allocate(&mut host.machine, CLIENT, &mut client.ldt, 1).unwrap();
    let selector = index << 3 | 7;
    host.machine.set_descriptor(CLIENT, index, Descriptor::new(0xFFFF_FFF0, 0xFF, DATA3, BIG).0);
    assert_eq!(host.linear_of(selector, 0xF0, 0x10), Ok(0xE0), "the sum wraps");
    assert_eq!(host.linear_of(selector, 0xF0, 0x11), Err(Code::InvalidValue));
    assert_eq!(host.linear_of(selector, 0x100, 1), Err(Code::InvalidValue));
    assert_eq!(host.linear_of(selector, u32::MAX, 2), Err(Code::InvalidValue));
    for wrong in [0, selector & !4, selector + 8, 0xFFFF] {
        assert_eq!(host.linear_of(wrong, 0, 1), Err(Code::InvalidSelector), "{wrong:04X}h");
    }
}

#[test]
fn every_alias_of_a_trap_site_is_the_same_place() {
    let facts = Facts { resident: 0x800 << 4, trap_base: 0x120, ..Default::default() };
    let (segment, offset) = facts.site_address(3);
    assert_eq!((segment, offset), (0x800, 0x120 + 3 * crate::layout::TRAP_STRIDE as u16));
    for number in [1u8, 31] {
        let (alias, at) = facts.alias_address(3, number);
        assert_eq!(alias, segment - number as u16);
        assert_eq!(((alias as u32) << 4) + at as u32, ((segment as u32) << 4) + offset as u32);
    }
}
