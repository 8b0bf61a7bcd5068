use super::*;
use crate::dpmi::fixture::{host, refusal, registers, success, CLIENT};
use crate::mock::{Mock, KERNEL_DIRECTORY};
use crate::paging::frames::{Frames, Run};
use crate::paging::ARENA_BASE;
use crate::regs::Width;
use crate::x86::descriptor::{Descriptor, BIG, DATA3};

/// A 32-bit host with so many frames of memory, from 2 MiB on; its client's ES (selector 7) is flat.
pub(in crate::dpmi) fn host_with_memory(frames: u32) -> Host<Mock> {
    let mut host = host(Width::Bits32);
    let mut memory = Memory::new(Frames::new(vec![0; frames as usize].leak(), 0x200));
    memory.frames.add(Run { first: 0x200, count: frames });
    let space = Space::create(&mut host.machine, &mut memory, KERNEL_DIRECTORY).unwrap();
    host.machine.load_space(space.directory());
    host.memory = memory;
    let client = host.clients[CLIENT as usize].as_mut().unwrap();
    client.space = space;
    assert!(host.machine.grow_descriptors(CLIENT, 16));
    let index = crate::dpmi::ldt::allocate(&mut host.machine, CLIENT, &mut client.ldt, 1).unwrap();
    let flat = Descriptor::new(0, u32::MAX, DATA3, BIG);
    host.machine.set_descriptor(CLIENT, index, flat.0);
    host
}

fn flat_selector(host: &mut Host<Mock>) -> u16 {
    let index = (0..17).find(|index| host.client().ldt.is_allocated(*index)).unwrap();
    index << 3 | 7
}

/// Registers with ES flat.
fn with_es(host: &mut Host<Mock>) -> Registers {
    Registers { es: flat_selector(host) as u32, ..registers() }
}

/// Allocates a block; address and handle.
pub(in crate::dpmi) fn allocated(host: &mut Host<Mock>, bytes: u32) -> (u32, u32) {
    let mut regs = registers();
    regs.set_bx_cx(bytes);
    let after = success(host, allocate, &regs);
    (after.bx_cx(), after.si_di())
}

#[test]
fn blocks_rise_and_are_zero() {
    let mut host = host_with_memory(64);
    let (first, handle) = allocated(&mut host, 1);
    let (second, _) = allocated(&mut host, 0x1001);
    assert_eq!((first, second), (ARENA_BASE, ARENA_BASE + 0x1000));
    host.writable(first, 0x3000).unwrap();
    assert_eq!(host.machine.read_u32(second + 0x1FFC), 0);
    assert!(host.readable(second + 0x2000, 1).is_err());
    let mut regs = registers();
    regs.set_si_di(handle);
    let after = success(&mut host, block_information, &regs);
    assert_eq!((after.bx_cx(), after.si_di()), (first, 0x1000));
    success(&mut host, free, &regs);
    assert_eq!(refusal(&mut host, free, &regs), Code::InvalidHandle as u16);
    assert!(host.readable(first, 1).is_err());
}

#[test]
fn the_largest_block_told_can_be_allocated_and_one_page_more_may_not_be_promised() {
    for frames in [16, 100, 1030, 3000] {
        let mut host = host_with_memory(frames);
        let mut regs = with_es(&mut host);
        regs.edi = 0x8_0000;
        success(&mut host, free_information, &regs);
        let largest = host.machine.read_u32(0x8_0000);
        assert_eq!(host.machine.read_u32(0x8_0018), frames);
        assert_eq!(host.machine.read_u32(0x8_002C), u32::MAX);
        allocated(&mut host, largest);
        let mut regs = registers();
        regs.set_bx_cx(frames << 12);
        assert_eq!(refusal(&mut host, allocate, &regs), Code::PhysicalMemoryUnavailable as u16);
        let end = ARENA_BASE + largest;
        let mut at = ARENA_BASE;
        while at < end {
            host.writable(at, 4).unwrap();
            at += 0x1000;
        }
    }
}

#[test]
fn nothing_is_told_that_overflows_a_signed_number() {
    let mut host = host_with_memory(64);
    let mut regs = with_es(&mut host);
    regs.edi = 0x8_0000;
    success(&mut host, free_information, &regs);
    for field in 0..9 {
        let told = host.machine.read_u32(0x8_0000 + field * 4);
        assert!(told < 0x8000_0000, "field {field}: {told:#X}");
        assert!(field == 0 || told < 0x8_0000, "field {field}: {told:#X}");
    }
    success(&mut host, information, &regs);
    assert_eq!(host.machine.read_u32(0x8_0024), ARENA_END - 1);
    assert_eq!(host.machine.read_u32(0x8_007C), 0);
}

#[test]
fn wrong_sizes_and_pointers_are_refused() {
    let mut host = host_with_memory(64);
    let mut regs = registers();
    regs.set_bx_cx(0);
    assert_eq!(refusal(&mut host, allocate, &regs), Code::InvalidValue as u16);
    regs.set_bx_cx(0xFFFF_FFFF);
    assert_eq!(refusal(&mut host, allocate, &regs), Code::LinearMemoryUnavailable as u16);
    regs.set_bx_cx(0xB000_0000);
    assert_eq!(refusal(&mut host, allocate, &regs), Code::PhysicalMemoryUnavailable as u16);
    let mut regs = with_es(&mut host);
    for at in [0x0040_0000, 0xC000_0000, 0xFFFF_FFFF] {
        regs.edi = at;
        for service in [free_information, information] {
            assert!(refusal(&mut host, service, &regs) >= 0x8021);
        }
    }
    regs.es = 0;
    assert_eq!(refusal(&mut host, free_information, &regs), Code::InvalidSelector as u16);
}

#[test]
fn a_block_that_cannot_grow_in_place_moves_with_its_contents() {
    let mut host = host_with_memory(64);
    let (first, handle) = allocated(&mut host, 0x2000);
    let (_, _) = allocated(&mut host, 0x1000);
    host.writable(first, 0x1004).unwrap();
    host.machine.write_u32(first + 0x1000, 0x1234_5678);
    let mut regs = registers();
    regs.set_si_di(handle);
    regs.set_bx_cx(0x4000);
    let after = success(&mut host, resize, &regs);
    assert_eq!(after.bx_cx(), ARENA_BASE + 0x3000);
    host.readable(after.bx_cx(), 0x4000).unwrap();
    assert_eq!(host.machine.read_u32(after.bx_cx() + 0x1000), 0x1234_5678);
    assert!(host.readable(first, 1).is_err());
    regs.set_bx_cx(64 << 12);
    assert_eq!(refusal(&mut host, resize, &regs), Code::PhysicalMemoryUnavailable as u16);
}

#[test]
fn descriptors_follow_a_block_that_moves() {
    let mut host = host_with_memory(64);
    let mut regs = with_es(&mut host);
    let selector = {
        let client = host.clients[CLIENT as usize].as_mut().unwrap();
        let index = crate::dpmi::ldt::allocate(&mut host.machine, CLIENT, &mut client.ldt, 1).unwrap();
        index << 3 | 7
    };
    let (first, handle) = allocated(&mut host, 0x1000);
    let _ = allocated(&mut host, 0x1000);
    host.machine.set_descriptor(CLIENT, selector >> 3, Descriptor::new(first + 0x10, 0xFFF, DATA3, BIG).0);
    host.machine.write_u16(0x8_0000, selector);
    (regs.ebx, regs.ecx, regs.edx, regs.edi, regs.esi) =
        (0x8_0000, 0x2000, COMMIT | UPDATE_DESCRIPTORS, 1, handle);
    let after = success(&mut host, resize_linear, &regs);
    assert_ne!(after.ebx, first);
    assert_eq!(host.descriptor_of(selector).unwrap().base(), after.ebx + 0x10);
    host.machine.write_u16(0x8_0000, 0);
    assert_eq!(refusal(&mut host, resize_linear, &regs), Code::InvalidSelector as u16);
}

#[test]
fn pages_are_committed_uncommitted_and_made_read_only_one_by_one() {
    let mut host = host_with_memory(64);
    let available = host.memory.frames.available();
    let mut regs = with_es(&mut host);
    (regs.ebx, regs.ecx, regs.edx) = (0x1000_0000, 0x4000, 0);
    let block = success(&mut host, allocate_linear, &regs);
    assert_eq!(block.ebx, 0x1000_0000);
    assert_eq!(host.memory.frames.available(), available - 1);
    assert!(host.readable(block.ebx, 1).is_err());
    for (page, word) in [9u16, 1, 0, 9].into_iter().enumerate() {
        host.machine.write_u16(0x8_0000 + page as u32 * 2, word);
    }
    (regs.esi, regs.ebx, regs.ecx, regs.edx) = (block.esi, 0, 4, 0x8_0000);
    success(&mut host, set_attributes, &regs);
    assert_eq!(host.memory.frames.available(), available - 4);
    host.writable(0x1000_0000, 1).unwrap();
    host.readable(0x1000_1000, 1).unwrap();
    assert!(host.writable(0x1000_1000, 1).is_err());
    assert!(host.readable(0x1000_2000, 1).is_err());
    success(&mut host, get_attributes, &regs);
    let types: Vec<u16> = (0..4).map(|page| host.machine.read_u16(0x8_0000 + page * 2) & 15).collect();
    assert_eq!(types, [9, 1, 0, 9]);

    host.machine.write_u16(0x8_0006, 5);
    let mut after = regs;
    let _ = crate::dpmi::fixture::run(&mut host, set_attributes, &mut after);
    assert_eq!((after.ax(), after.ecx), (Code::InvalidValue as u16, 0));
    regs.ecx = 5;
    assert_eq!(refusal(&mut host, get_attributes, &regs), Code::InvalidLinear as u16);

    let mut regs = registers();
    regs.set_si_di(block.esi);
    success(&mut host, free, &regs);
    assert_eq!(host.memory.frames.available(), available);
}

#[test]
fn conventional_memory_and_devices_appear_inside_a_block() {
    let mut host = host_with_memory(64);
    let available = host.memory.frames.available();
    let (base, handle) = allocated(&mut host, 0x4000);
    host.writable(base, 0x4000).unwrap();
    let mut regs = registers();
    (regs.esi, regs.ebx, regs.ecx, regs.edx) = (handle, 0x1000, 1, 0xB_8000);
    success(&mut host, map_conventional, &regs);
    (regs.ebx, regs.edx) = (0x2000, 0xE000_0000);
    success(&mut host, map_device, &regs);
    host.machine.write_u32(base + 0x1000, 0x0720_0720);
    host.machine.write_u32(base + 0x2000, 0x1122_3344);
    assert_eq!(host.machine.read_u32(0xB_8000), 0x0720_0720);
    assert_eq!(host.machine.read_physical(0xE000_0000), 0x1122_3344);
    for (offset, pages, at, code) in [
        (0x3000, 2, 0xE000_0000, Code::InvalidLinear),
        (0x3001, 1, 0xE000_0000, Code::InvalidLinear),
        (0x3000, 1, 0xE000_0001, Code::InvalidLinear),
        (0x3000, 1, 0x20_0000, Code::SystemIntegrity),
    ] {
        (regs.ebx, regs.ecx, regs.edx) = (offset, pages, at);
        assert_eq!(refusal(&mut host, map_device, &regs), code as u16);
    }
    (regs.ebx, regs.ecx, regs.edx) = (0, 1, LOW_END);
    assert_eq!(refusal(&mut host, map_conventional, &regs), Code::SystemIntegrity as u16);
    let mut regs = registers();
    regs.set_si_di(handle);
    success(&mut host, free, &regs);
    assert_eq!(host.memory.frames.available(), available);
}
