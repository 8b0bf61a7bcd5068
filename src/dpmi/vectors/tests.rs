use super::*;
use crate::client::reaches_protected_mode;
use crate::dpmi::fixture::{host, refusal, registers, success, CLIENT};
use crate::mock::Mock;
use crate::x86::descriptor::{Descriptor, BIG, CODE3, DATA3};

/// A host whose client has a code selector and a data selector.
fn host_with_segments(width: Width) -> (Host<Mock>, u16, u16) {
    let mut host = host(width);
    assert!(host.machine.grow_descriptors(CLIENT, 32));
    let client = host.clients[CLIENT as usize].as_mut().unwrap();
    let first = crate::dpmi::ldt::allocate(&mut host.machine, CLIENT, &mut client.ldt, 2).unwrap();
    host.machine.set_descriptor(CLIENT, first, Descriptor::new(0x1000, 0xFFFF, CODE3, BIG).0);
    host.machine.set_descriptor(CLIENT, first + 1, Descriptor::new(0x1000, 0xFFFF, DATA3, BIG).0);
    (host, first << 3 | 7, (first + 1) << 3 | 7)
}

fn with(vector: u8, selector: u16, offset: u32) -> Registers {
    let mut regs = registers();
    regs.set_bx(vector as u16);
    regs.set_cx(selector);
    regs.edx = offset;
    regs
}

#[test]
fn real_vectors_are_those_of_the_ivt_and_the_first_old_value_is_remembered() {
    let mut host = host(Width::Bits16);
    host.machine.write_u32(0x60 * 4, 0xF000_1234);
    let after = success(&mut host, get_real, &with(0x60, 0, 0xD0D0_0000));
    assert_eq!((after.ecx, after.edx), (0xC0C0_F000, 0xD0D0_1234));
    for offset in [0x10, 0x20] {
        success(&mut host, set_real, &with(0x60, 0x2222, offset));
    }
    assert_eq!(host.machine.read_u32(0x60 * 4), 0x2222_0020);
    success(&mut host, set_real, &with(0x61, 0x3333, 0));
    assert_eq!(host.client().saved_vectors, [(0x60, 0xF000_1234), (0x61, 0)]);
}

#[test]
fn a_handler_comes_back_as_it_was_set() {
    for (width, told) in [(Width::Bits32, 0x0012_3456), (Width::Bits16, 0xD0D0_3456)] {
        let (mut host, code, _) = host_with_segments(width);
        for (set, get) in [
            (
                set_exception::<Mock> as fn(&mut _, &mut _) -> _,
                get_exception::<Mock> as fn(&mut _, &mut _) -> _,
            ),
            (set_protected, get_protected),
        ] {
            success(&mut host, set, &with(0x0E, code, 0x0012_3456));
            let after = success(&mut host, get, &with(0x0E, 0, 0xD0D0_0000));
            assert_eq!((after.cx(), after.edx), (code, told));
        }
        let handler = host.client().vectors[0x0E];
        assert_eq!(handler, host.client().exceptions[0x0E]);
        assert_eq!(handler.offset, width.offset(0x0012_3456), "a 16-bit client's offset has 16 bits");
    }
}

#[test]
fn a_vector_that_nobody_set_is_a_place_of_its_own_on_the_landing_page() {
    for width in [Width::Bits16, Width::Bits32] {
        let (mut host, ..) = host_with_segments(width);
        let own = width.landing_selector() as u16;
        for vector in [0u8, 1, 0x1F] {
            let after = success(&mut host, get_exception, &with(vector, 0, 0));
            assert_eq!((after.cx(), after.edx), (own, landing::EXCEPTIONS + vector as u32 * 2));
        }
        for vector in [0u8, 0x21, 0xFF] {
            let after = success(&mut host, get_protected, &with(vector, 0, 0));
            assert_eq!((after.cx(), after.edx), (own, landing::VECTORS + vector as u32 * 2));
        }
    }
}

#[test]
fn the_defaults_own_address_takes_a_handler_out_again() {
    let (mut host, code, _) = host_with_segments(Width::Bits32);
    let landing = Width::Bits32.landing_selector() as u16;
    for selector in [landing, landing & !3] {
        success(&mut host, set_protected, &with(0x21, code, 8));
        success(&mut host, set_exception, &with(0x0D, code, 8));
        success(&mut host, set_protected, &with(0x21, selector, landing::VECTORS + 0x42));
        success(&mut host, set_exception, &with(0x0D, selector, landing::EXCEPTIONS + 0x1A));
        assert_eq!(host.client().vectors[0x21], FarPointer::default());
        assert_eq!(host.client().exceptions[0x0D], FarPointer::default());
    }
    // Another vector's default is an address like any other: programs point vectors they do not use at one IRET.
    success(&mut host, set_protected, &with(0x21, landing, landing::VECTORS + 0x44));
    assert_eq!(host.client().vectors[0x21].selector, landing);
}

#[test]
fn handlers_that_are_not_code_and_exceptions_beyond_1fh_are_refused() {
    let (mut host, code, data) = host_with_segments(Width::Bits32);
    for selector in [data, 0, 0x1FFF, 8] {
        for set in [set_exception::<Mock> as fn(&mut _, &mut _) -> _, set_protected] {
            assert_eq!(refusal(&mut host, set, &with(3, selector, 0)), Code::InvalidSelector as u16);
        }
    }
    for vector in [0x20, 0xFF] {
        assert_eq!(refusal(&mut host, get_exception, &with(vector, 0, 0)), Code::InvalidValue as u16);
        assert_eq!(refusal(&mut host, set_exception, &with(vector, code, 0)), Code::InvalidValue as u16);
    }
    assert_eq!(host.client().vectors[3], FarPointer::default());
}

#[test]
fn only_vectors_that_real_mode_raises_are_watched_for_there() {
    let (mut host, code, _) = host_with_segments(Width::Bits32);
    for vector in 0..=255 {
        success(&mut host, set_protected, &with(vector, code, 0));
        let hooked = host.hooked[vector as usize >> 5] >> (vector & 31) & 1 != 0;
        assert_eq!(hooked, reaches_protected_mode(vector), "INT {vector:02X}h");
    }
    let own = Width::Bits32.landing_selector() as u16;
    success(&mut host, set_protected, &with(0x08, own, landing::VECTORS + 0x10));
    assert_eq!(host.hooked[0] & 1 << 8, 0, "nobody handles IRQ 0 any more");
}
