use proptest::prelude::*;

use super::*;
use crate::dpmi::fixture::{host, refusal, registers, run, success, CLIENT};
use crate::host::Host;
use crate::machine::Machine;
use crate::mock::Mock;
use crate::regs::{Registers, Width, CARRY};
use crate::x86::descriptor::{Descriptor, BIG, CODE3, DATA3, PAGES};

fn host32() -> Host<Mock> {
    host(Width::Bits32)
}

fn with(change: impl FnOnce(&mut Registers)) -> Registers {
    let mut regs = registers();
    change(&mut regs);
    regs
}

/// A selector of `count` new descriptors.
fn selectors(host: &mut Host<Mock>, count: u16) -> u16 {
    success(host, allocate_descriptors, &with(|regs| regs.set_cx(count))).ax()
}

fn descriptor(host: &mut Host<Mock>, selector: u16) -> Descriptor {
    host.descriptor_of(selector).unwrap()
}

#[test]
fn descriptors_come_lowest_first_in_a_row_and_empty() {
    let mut host = host32();
    assert_eq!(selectors(&mut host, 1), 16 << 3 | 7);
    assert_eq!(selectors(&mut host, 3), 17 << 3 | 7);
    success(&mut host, free_descriptor, &with(|regs| regs.set_bx(18 << 3 | 7)));
    assert_eq!(selectors(&mut host, 2), 20 << 3 | 7);
    assert_eq!(selectors(&mut host, 1), 18 << 3 | 7);
    assert_eq!(descriptor(&mut host, 18 << 3 | 7), Descriptor::new(0, 0, DATA3, 0));
    let after = success(&mut host, selector_increment, &registers());
    assert_eq!(after.eax, 0xA0A0_0008);
}

#[test]
fn no_descriptors_and_too_many_are_refused() {
    let mut host = host32();
    assert_eq!(refusal(&mut host, allocate_descriptors, &registers()), 0x8021);
    for count in [8193, 0xFFFF, 8177] {
        assert_eq!(refusal(&mut host, allocate_descriptors, &with(|regs| regs.set_cx(count))), 0x8011);
    }
    assert_eq!(host.client().ldt.count(), 0);
    selectors(&mut host, 8176);
    assert_eq!(refusal(&mut host, allocate_descriptors, &with(|regs| regs.set_cx(2))), 0x8011);
    for _ in 1..16 {
        selectors(&mut host, 1);
    }
    assert_eq!(refusal(&mut host, allocate_descriptors, &with(|regs| regs.set_cx(1))), 0x8011);
    assert_eq!(host.client().ldt.count(), 8191);
}

#[test]
fn a_table_that_cannot_grow_refuses_and_takes_nothing() {
    let mut host = host32();
    host.machine.descriptors_max = 20;
    for count in [5, 100] {
        assert_eq!(refusal(&mut host, allocate_descriptors, &with(|regs| regs.set_cx(count))), 0x8011);
    }
    assert_eq!(host.client().ldt.count(), 0);
    selectors(&mut host, 4);
    assert_eq!(refusal(&mut host, segment_to_descriptor, &with(|regs| regs.set_bx(0x40))), 0x8011);
    assert_eq!(refusal(&mut host, create_alias, &with(|regs| regs.set_bx(16 << 3 | 7))), 0x8011);
    assert_eq!(host.client().ldt.count(), 4);
}

#[test]
fn wrong_selectors_are_refused_by_every_function() {
    let mut host = host32();
    let good = selectors(&mut host, 1);
    let buffer = selectors(&mut host, 1);
    success(&mut host, set_limit, &with(|regs| (regs.set_bx(buffer), regs.set_dx(0xFFFF)).1));
    let handlers = [
        free_descriptor,
        lock_selector,
        get_base,
        set_base,
        set_limit,
        set_access,
        create_alias,
        get_descriptor,
        set_descriptor,
    ];
    // Null, the GDT's twin, one that was never allocated, the last one.
    for wrong in [0, 3, good & !4, good + 16, 0xFFFF] {
        for handler in handlers {
            let regs = with(|regs| {
                regs.set_bx(wrong);
                regs.set_cx(0x40F3);
                regs.es = buffer as u32;
                regs.edi = 0;
            });
            assert_eq!(refusal(&mut host, handler, &regs), 0x8022, "selector {wrong:04X}h");
        }
    }
}

#[test]
fn freeing_makes_live_copies_null_whatever_their_rpl() {
    let mut host = host32();
    let selector = selectors(&mut host, 1);
    let regs = with(|regs| {
        regs.set_bx(selector);
        regs.ds = 0xFFFF_0000 | selector as u32;
        regs.es = (selector & !3) as u32;
        regs.fs = (selector + 8) as u32;
        regs.gs = selector as u32;
        regs.ss = selector as u32;
    });
    let after = success(&mut host, free_descriptor, &regs);
    assert_eq!((after.ds, after.es, after.fs, after.gs), (0, 0, selector as u32 + 8, 0));
    assert_eq!(after.ss, selector as u32);
    assert_eq!(host.machine.descriptor(CLIENT, selector >> 3), 0);
    assert_eq!(refusal(&mut host, free_descriptor, &regs), 0x8022);
}

#[test]
fn a_segment_has_one_selector_that_stays() {
    let mut host = host32();
    let regs = with(|regs| regs.set_bx(0xB800));
    let selector = success(&mut host, segment_to_descriptor, &regs).ax();
    assert_eq!(success(&mut host, segment_to_descriptor, &regs).ax(), selector);
    let other = success(&mut host, segment_to_descriptor, &with(|regs| regs.set_bx(0x40))).ax();
    assert_ne!(other, selector);
    assert_eq!(descriptor(&mut host, selector), Descriptor::new(0xB_8000, 0xFFFF, DATA3, 0));
    assert_eq!(refusal(&mut host, free_descriptor, &with(|regs| regs.set_bx(selector))), 0x8022);
    let after = success(&mut host, get_base, &with(|regs| regs.set_bx(selector)));
    assert_eq!((after.ecx, after.edx), (0xC0C0_000B, 0xD0D0_8000));
}

#[test]
fn a_segment_whose_selector_was_changed_gets_another() {
    let mut host = host32();
    let segment = with(|regs| regs.set_bx(0xB800));
    let first = success(&mut host, segment_to_descriptor, &segment).ax();
    // A refused change leaves it.
    let bad = with(|regs| {
        regs.set_bx(first);
        regs.set_cx_dx(0x10_0000);
    });
    assert_eq!(refusal(&mut host, set_limit, &bad), 0x8021);
    assert_eq!(success(&mut host, segment_to_descriptor, &segment).ax(), first);

    let base = with(|regs| {
        regs.set_bx(first);
        regs.set_cx_dx(0x40_0000);
    });
    success(&mut host, set_base, &base);
    let second = success(&mut host, segment_to_descriptor, &segment).ax();
    assert_ne!(second, first);
    assert_eq!(descriptor(&mut host, second), Descriptor::new(0xB_8000, 0xFFFF, DATA3, 0));
    assert_eq!(descriptor(&mut host, first).base(), 0x40_0000);
    // What was changed is like any other.
    success(&mut host, free_descriptor, &with(|regs| regs.set_bx(first)));
}

#[test]
fn bases_and_limits_come_back() {
    let mut host = host32();
    let selector = selectors(&mut host, 1);
    let regs = with(|regs| {
        regs.set_bx(selector);
        regs.set_cx_dx(0xFEDC_BA98);
    });
    success(&mut host, set_base, &regs);
    assert_eq!(success(&mut host, get_base, &with(|regs| regs.set_bx(selector))).cx_dx(), 0xFEDC_BA98);
    for limit in [0, 1, 0xFFFF, 0xF_FFFF, 0x10_0FFF, 0xFFFF_FFFF] {
        let regs = with(|regs| {
            regs.set_bx(selector);
            regs.set_cx_dx(limit);
        });
        success(&mut host, set_limit, &regs);
        let now = descriptor(&mut host, selector);
        assert_eq!((now.limit(), now.base()), (limit, 0xFEDC_BA98));
        assert_eq!(now.flags() & PAGES != 0, limit > 0xF_FFFF);
    }
    for limit in [0x10_0000, 0xFFFF_FFFE, 0x7FFF_F000] {
        let regs = with(|regs| {
            regs.set_bx(selector);
            regs.set_cx_dx(limit);
        });
        assert_eq!(refusal(&mut host, set_limit, &regs), 0x8021);
    }
    assert_eq!(descriptor(&mut host, selector).limit(), 0xFFFF_FFFF);
}

#[test]
fn rights_are_taken_or_refused_by_the_book() {
    let mut host = host32();
    let selector = selectors(&mut host, 1);
    let set = |cx: u16| {
        with(move |regs| {
            regs.set_bx(selector);
            regs.set_cx(cx);
        })
    };
    // Ring 0 to 2, system types, conforming code that is present.
    for cx in [0x4093, 0x40B3, 0x40D3, 0x40E2, 0x40EC, 0x40FE, 0x40FC, 0x0000] {
        assert_eq!(refusal(&mut host, set_access, &set(cx)), 0x8021, "{cx:04X}h");
    }
    // Data, code, execute-only code, expand-down data, and absent segments of any type.
    for cx in [0x00F3, 0x40FB, 0xC0F9, 0x40F7, 0x0070, 0x007E, 0x10F2] {
        success(&mut host, set_access, &set(cx));
        let now = descriptor(&mut host, selector);
        assert_eq!((now.access(), now.flags()), (cx as u8, (cx >> 12) as u8));
    }
    // The bit that must be zero is made so.
    success(&mut host, set_access, &set(0xF0F3));
    assert_eq!(descriptor(&mut host, selector).flags(), 0xD);
}

#[test]
fn a_16_bit_client_does_not_give_the_upper_flags() {
    let mut host = host(Width::Bits16);
    let selector = selectors(&mut host, 1);
    let regs = with(|regs| {
        regs.set_bx(selector);
        regs.set_cx(0xFFFB);
    });
    success(&mut host, set_access, &regs);
    let now = descriptor(&mut host, selector);
    assert_eq!((now.access(), now.flags()), (CODE3, 0));
}

#[test]
fn an_alias_is_data_and_does_not_follow() {
    let mut host = host32();
    let code = selectors(&mut host, 1);
    let source = Descriptor::new(0x12_3456, 0xFFFF_FFFF, CODE3, BIG);
    host.machine.set_descriptor(CLIENT, code >> 3, source.0);
    let alias = success(&mut host, create_alias, &with(|regs| regs.set_bx(code))).ax();
    assert_eq!(descriptor(&mut host, alias), Descriptor::new(0x12_3456, 0xFFFF_FFFF, DATA3, BIG));
    success(&mut host, set_base, &with(|regs| regs.set_bx(code)));
    assert_eq!(descriptor(&mut host, alias).base(), 0x12_3456);
    // An absent source gives an absent alias; expand-down data stays so.
    host.machine.set_descriptor(CLIENT, code >> 3, Descriptor::new(0, 1, 0x74, 0).0);
    let alias = success(&mut host, create_alias, &with(|regs| regs.set_bx(code))).ax();
    assert_eq!(descriptor(&mut host, alias).access(), 0x76);
}

/// A buffer selector at linear 5000h with this limit.
fn buffer(host: &mut Host<Mock>, limit: u32) -> u16 {
    let selector = selectors(host, 1);
    host.machine.set_descriptor(CLIENT, selector >> 3, Descriptor::new(0x5000, limit, DATA3, 0).0);
    selector
}

#[test]
fn descriptors_go_out_and_in_through_memory() {
    let mut host = host32();
    let buffer = buffer(&mut host, 0x10FF);
    let selector = selectors(&mut host, 1);
    let regs = with(|regs| {
        regs.set_bx(selector);
        regs.es = buffer as u32;
        regs.edi = 0x0FFD;
    });
    let wanted = Descriptor::new(0xE000_0000, 0x3F_FFFF, DATA3, BIG);
    host.machine.write_bytes(0x5FFD, &wanted.0.to_le_bytes());
    success(&mut host, set_descriptor, &regs);
    assert_eq!(descriptor(&mut host, selector), wanted);
    host.machine.write_bytes(0x5FFD, &[0; 8]);
    assert_eq!(refusal(&mut host, set_descriptor, &regs), 0x8021);
    success(&mut host, get_descriptor, &regs);
    let mut bytes = [0; 8];
    host.machine.read_bytes(0x5FFD, &mut bytes);
    assert_eq!(bytes, wanted.0.to_le_bytes());
}

#[test]
fn a_buffer_beyond_its_segment_is_refused() {
    for width in [Width::Bits16, Width::Bits32] {
        let mut host = host(width);
        let buffer = buffer(&mut host, 0xFF);
        let regs = with(|regs| {
            regs.set_bx(buffer);
            regs.es = buffer as u32;
            regs.edi = 0x1_00F8;
        });
        for handler in [get_descriptor, set_descriptor] {
            match width {
                // A 16-bit client's offset is 00F8h.
                Width::Bits16 => {
                    host.machine
                        .write_bytes(0x50F8, &Descriptor::new(0x5000, 0xFF, DATA3, 0).0.to_le_bytes());
                    success(&mut host, handler, &regs);
                }
                Width::Bits32 => assert_eq!(refusal(&mut host, handler, &regs), 0x8021),
            }
        }
    }
}

#[test]
fn memory_that_is_not_the_clients_is_refused() {
    let mut host = host32();
    let far = buffer(&mut host, 0xFF);
    host.machine.set_descriptor(CLIENT, far >> 3, Descriptor::new(0xC000_0000, 0xFFFF, DATA3, 0).0);
    for handler in [get_descriptor, set_descriptor] {
        let regs = with(|regs| {
            regs.set_bx(far);
            regs.es = far as u32;
            regs.edi = 0;
        });
        assert_eq!(refusal(&mut host, handler, &regs), 0x8025);
    }
}

#[test]
fn specific_descriptors_are_free_ones_of_the_ldt() {
    let mut host = host32();
    for selector in [0x0004, 0x0007, 0x007F, 0x0087] {
        let expected = if selector == 0x0007 { 0x8011 } else { 0 };
        let regs = with(|regs| regs.set_bx(selector));
        if expected != 0 {
            assert_eq!(refusal(&mut host, allocate_specific, &regs), expected);
        } else {
            success(&mut host, allocate_specific, &regs);
            assert_eq!(descriptor(&mut host, selector), Descriptor::new(0, 0, DATA3, 0));
        }
    }
    for selector in [0, 3, 0x78, 0x7B] {
        assert_eq!(refusal(&mut host, allocate_specific, &with(|regs| regs.set_bx(selector))), 0x8022);
    }
    assert_eq!(selectors(&mut host, 1), 17 << 3 | 7, "descriptor 16 is taken");
}

#[test]
fn several_descriptors_go_until_one_is_wrong() {
    let mut host = host32();
    let buffer = buffer(&mut host, 0xFF);
    let first = selectors(&mut host, 3);
    for (number, selector) in [first, first + 8, first + 16, 0x1FFF].into_iter().enumerate() {
        let at = 0x5000 + number as u32 * 10;
        host.machine.write_u16(at, selector);
        let wanted = Descriptor::new(0x1_0000 * number as u32, 0xFF, DATA3, 0);
        host.machine.write_bytes(at + 2, &wanted.0.to_le_bytes());
    }
    let regs = with(|regs| {
        regs.set_cx(3);
        regs.es = buffer as u32;
        regs.edi = 0;
    });
    success(&mut host, set_multiple, &regs);
    assert_eq!(descriptor(&mut host, first + 16).base(), 0x2_0000);
    for handler in [set_multiple, get_multiple] {
        let mut four = regs;
        four.set_cx(4);
        assert_eq!(run(&mut host, handler, &mut four), crate::service::Next::Resume);
        assert_eq!((four.ax(), four.ecx, four.eflags & CARRY), (0x8022, 0xC0C0_0003, CARRY));
    }
    host.machine.write_bytes(0x500C, &[0; 8]);
    let mut two = regs;
    assert_eq!(run(&mut host, set_multiple, &mut two), crate::service::Next::Resume);
    assert_eq!((two.ax(), two.cx()), (0x8021, 1));
    success(&mut host, get_multiple, &regs);
    assert_eq!(host.machine.read_u8(0x500E), 0x00);
    assert_eq!(host.machine.read_u8(0x5010), 0x01, "base byte 2 of the second");
    let none = success(&mut host, get_multiple, &with(|regs| regs.es = 0));
    assert_eq!(none.cx(), 0);
    // An entry that does not fit the segment stops as well.
    let mut far = regs;
    far.edi = 0xFF - 14;
    assert_eq!(run(&mut host, get_multiple, &mut far), crate::service::Next::Resume);
    assert_eq!(far.eflags & CARRY, CARRY);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_table_agrees_with_a_plain_list(steps in proptest::collection::vec((0u8..4, 1u16..40, any::<u16>()), 1..120)) {
        let mut host = host32();
        let mut model = vec![false; 8192];
        for (what, count, pick) in steps {
            if what < 2 {
                let free = |start: usize| (start..start + count as usize).all(|at| at < 8192 && !model[at]);
                let expected = (16..8192).find(|&start| free(start)).unwrap();
                let selector = selectors(&mut host, count);
                prop_assert_eq!(selector as usize, expected << 3 | 7);
                model[expected..expected + count as usize].fill(true);
            } else {
                let taken: Vec<usize> = (0..8192).filter(|&at| model[at]).collect();
                if let Some(&at) = taken.get(pick as usize % taken.len().max(1)) {
                    success(&mut host, free_descriptor, &with(|regs| regs.set_bx((at as u16) << 3 | 7)));
                    model[at] = false;
                }
            }
            prop_assert_eq!(host.client().ldt.count() as usize, model.iter().filter(|taken| **taken).count());
        }
    }
}
