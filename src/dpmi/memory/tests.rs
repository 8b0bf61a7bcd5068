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

#[test]
fn resizing_by_0505h_commits_and_moves_descriptors_only_where_it_is_asked_to() {
    let mut host = host_with_memory(64);
    let mut regs = with_es(&mut host);
    let selector = flat_selector(&mut host);
    let (first, handle) = allocated(&mut host, 0x1000);
    let _ = allocated(&mut host, 0x1000);
    host.machine.write_u16(0x8_0000, selector);
    // The selector's base is no address of the block's: it stays. The array may hold no selectors at all.
    for (flags, count) in [(UPDATE_DESCRIPTORS, 1), (UPDATE_DESCRIPTORS, 0), (0, 0xFFFF_FFFF)] {
        (regs.ebx, regs.ecx, regs.edx, regs.edi, regs.esi) = (0x8_0000, 0x1000, flags, count, handle);
        success(&mut host, resize_linear, &regs);
        assert_eq!(host.descriptor_of(selector).unwrap().base(), 0);
    }
    let available = host.memory.frames.available();
    regs.ecx = 0x4000;
    let grown = success(&mut host, resize_linear, &regs);
    assert_ne!(grown.ebx, first);
    // The pages that it had are its own; of the new ones none is promised.
    host.writable(grown.ebx, 0x1000).unwrap();
    assert!(host.readable(grown.ebx + 0x1000, 1).is_err());
    assert!(available - host.memory.frames.available() <= 1, "a page table at most");
    (regs.ecx, regs.edx) = (0x6000, COMMIT);
    let grown = success(&mut host, resize_linear, &regs);
    assert!(host.readable(grown.ebx + 0x3000, 1).is_err());
    host.writable(grown.ebx + 0x4000, 0x2000).unwrap();
}

#[test]
fn too_many_selectors_for_0505h_and_wrong_ones_among_them_are_refused() {
    let mut host = host_with_memory(64);
    let mut regs = with_es(&mut host);
    let selector = flat_selector(&mut host);
    let (_, handle) = allocated(&mut host, 0x1000);
    for index in 0..8192 {
        host.machine.write_u16(0x8_0000 + index * 2, selector);
    }
    (regs.ebx, regs.ecx, regs.edx, regs.edi, regs.esi) = (0x8_0000, 0x2000, UPDATE_DESCRIPTORS, 8193, handle);
    assert_eq!(refusal(&mut host, resize_linear, &regs), Code::InvalidValue as u16);
    regs.edi = 8192;
    host.machine.write_u16(0x8_0000 + 8191 * 2, 0x1FFF);
    assert_eq!(refusal(&mut host, resize_linear, &regs), Code::InvalidSelector as u16);
    host.machine.write_u16(0x8_0000 + 8191 * 2, selector);
    success(&mut host, resize_linear, &regs);
}

#[test]
fn attributes_of_no_pages_need_no_array() {
    let mut host = host_with_memory(64);
    let (_, handle) = allocated(&mut host, 0x2000);
    let mut regs = registers();
    (regs.es, regs.esi, regs.ebx, regs.ecx, regs.edx) = (0, handle, 0x1000, 0, 0);
    success(&mut host, get_attributes, &regs);
    success(&mut host, set_attributes, &regs);
    regs.ecx = 1;
    assert_eq!(refusal(&mut host, get_attributes, &regs), Code::InvalidSelector as u16);
}

#[test]
fn attributes_are_told_page_by_page_and_not_beside_the_array() {
    let mut host = host_with_memory(64);
    let (base, handle) = allocated(&mut host, 0x3000);
    host.writable(base + 0x1000, 1).unwrap();
    let mut regs = with_es(&mut host);
    (regs.esi, regs.ebx, regs.ecx, regs.edx) = (handle, 0, 3, 0x8_0010);
    for at in [0x8_000E, 0x8_0010, 0x8_0012, 0x8_0014, 0x8_0016] {
        host.machine.write_u16(at, 0xEEEE);
    }
    success(&mut host, get_attributes, &regs);
    let told: Vec<u16> = (0..5).map(|index| host.machine.read_u16(0x8_000E + index * 2)).collect();
    assert_eq!((told[0], told[4]), (0xEEEE, 0xEEEE));
    assert!(told[1..4].iter().all(|word| word & 15 == 9), "committed and writable: {told:04X?}");
}

#[test]
fn pages_given_back_make_room_for_pages_taken_by_the_same_call() {
    let mut host = host_with_memory(16);
    let mut regs = with_es(&mut host);
    (regs.ebx, regs.ecx, regs.edx) = (0, 2 << 12, 0);
    let sparse = success(&mut host, allocate_linear, &regs);
    (regs.esi, regs.ebx, regs.ecx, regs.edx) = (sparse.esi, 0, 2, 0x8_0000);
    for word in [[0_u16, 9], [9, 0]] {
        host.machine.write_u32(0x8_0000, word[0] as u32 | (word[1] as u32) << 16);
        success(&mut host, set_attributes, &regs);
        // Everything else is taken.
        let left = host.memory.frames.available();
        if left > 1 && word[0] == 0 {
            let mut rest = registers();
            rest.set_bx_cx((left - 1) << 12);
            success(&mut host, allocate, &rest);
        }
    }
    host.writable(sparse.ebx, 1).unwrap();
    assert!(host.readable(sparse.ebx + 0x1000, 1).is_err());
}

#[test]
fn conventional_memory_is_mapped_up_to_its_very_end() {
    let mut host = host_with_memory(64);
    let (_, handle) = allocated(&mut host, 0x2000);
    let mut regs = registers();
    for (pages, linear, expected) in [
        (1, LOW_END - 0x1000, None),
        (2, LOW_END - 0x2000, None),
        (2, LOW_END - 0x1000, Some(Code::SystemIntegrity)),
        (1, LOW_END + 0x1000, Some(Code::SystemIntegrity)),
        (u32::MAX, 0, Some(Code::SystemIntegrity)),
    ] {
        (regs.esi, regs.ebx, regs.ecx, regs.edx) = (handle, 0, pages, linear);
        match expected {
            None => drop(success(&mut host, map_conventional, &regs)),
            Some(code) => assert_eq!(refusal(&mut host, map_conventional, &regs), code as u16),
        }
    }
}

#[test]
fn a_refused_service_wants_what_it_lacks_and_its_page_tables() {
    let mut host = host_with_memory(64);
    let (_, handle) = allocated(&mut host, 0x3000);
    let wanted = |host: &mut Host<Mock>, ax: u16, change: &dyn Fn(&mut Registers)| {
        let mut regs = registers();
        change(&mut regs);
        frames_wanted(host, ax, &regs)
    };
    let pages = |count: u32| Some(count + count / 1024 + 3);
    assert_eq!(wanted(&mut host, 0x0501, &|regs| regs.set_bx_cx(0x80_0001)), pages(0x801));
    assert_eq!(wanted(&mut host, 0x0501, &|regs| regs.set_bx_cx(0x80_0000)), pages(0x800));
    assert_eq!(wanted(&mut host, 0x0504, &|regs| regs.ecx = 0xFFFF_FFFF), pages(0x10_0000));
    let grown = |regs: &mut Registers| {
        regs.set_si_di(handle);
        regs.set_bx_cx(0x8000);
    };
    assert_eq!(wanted(&mut host, 0x0503, &grown), pages(5), "three it has");
    assert_eq!(wanted(&mut host, 0x0505, &|regs| (regs.esi, regs.ecx) = (handle, 0x2000)), pages(0));
    assert_eq!(wanted(&mut host, 0x0507, &|regs| regs.ecx = 7), pages(7));
    assert_eq!(wanted(&mut host, 0x0507, &|regs| regs.ecx = 0x10_0000), None, "no such range");
    assert_eq!(wanted(&mut host, 0x0505, &|regs| regs.esi = 0x1234), None, "no such block");
    assert_eq!(wanted(&mut host, 0x0502, &|_| {}), None);
}
