use super::*;

const BOTH: [Width; 2] = [Width::Bits16, Width::Bits32];

#[test]
fn calls_without_pointers_are_reflected() {
    let mut host = host(Width::Bits32);
    for (vector, ax) in [
        (0x21, 0x2A00),
        (0x21, 0x0600),
        (0x21, 0x4400),
        (0x21, 0x0C01),
        (0x21, 0x7500),
        (0x10, 0x0E41),
        (0x16, 0),
    ] {
        let mut regs = call(ax, |_| ());
        assert!(
            issue(&mut host, vector, &mut regs, |_, _, _| ()).is_none(),
            "INT {vector:02X}h AX={ax:04X}h"
        );
    }
    let mut regs = call(0x3800, |regs| regs.set_dx(0xFFFF));
    assert!(issue(&mut host, 0x21, &mut regs, |_, _, _| ()).is_none(), "38h that sets the country");
    let mut regs = call(0x3100, |_| ());
    assert!(issue(&mut host, 0x21, &mut regs, |_, _, _| ()).is_none());
    assert!(host.client().resident);
}

#[test]
fn a_path_goes_through_the_buffer() {
    for width in BOTH {
        let mut host = host(width);
        let (linear, selector) = block(&mut host, 0x2000);
        put(&mut host, linear + 0xFFE, b"C:\\A.TXT\0rest");
        let regs = call(0x3D02, |regs| {
            regs.ds = selector as u32;
            regs.edx = if width == Width::Bits16 { 0xBAD0_0FFE } else { 0xFFE };
        });
        let after = dos_call(&mut host, &regs, |host, real| {
            assert_eq!((real.ax(), real.v_ds << 4), (0x3D02, BUFFER));
            assert_eq!(get(host, real_address(real.v_ds, real.dx()), 9), b"C:\\A.TXT\0");
            real.set_ax(5);
        });
        assert_eq!(after, Registers { eax: 0xA0A0_0005, ..regs });
        // A BIOS beneath DOS uses the upper halves of registers; they are the client's.
        let after = dos_call(&mut host, &regs, |_, real| {
            (real.ebx, real.ecx, real.esi) =
                (real.ebx ^ 0x7777_0000, real.ecx ^ 0x1111_0000, real.esi ^ 0x5555_0000);
            real.eax = 0x1234_0005;
        });
        assert_eq!(after, Registers { eax: 0xA0A0_0005, ..regs });
        // What DOS refuses is refused, with the rest as it was.
        let after = dos_call(&mut host, &regs, |_, real| {
            real.set_ax(2);
            real.set_carry(true);
        });
        assert_eq!(after, Registers { eax: 0xA0A0_0002, eflags: regs.eflags | CARRY, ..regs });
    }
}

#[test]
fn pointers_that_lead_nowhere_are_errors() {
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x1000);
    put(&mut host, linear, &[b'A'; 0x1000]);
    let path = |ds: u16, edx: u32| call(0x3D00, |regs| (regs.ds, regs.edx) = (ds as u32, edx));
    // Null, unknown, beyond the limit.
    for (ds, edx) in [(0, 0), (0xFFF7, 0), (selector, 0x1000), (selector, u32::MAX)] {
        assert_eq!(error(&mut host, &path(ds, edx)), 9);
    }
    // No zero in the segment, and none in a path's length.
    assert_eq!(error(&mut host, &path(selector, 0xFFF)), 3);
    assert_eq!(error(&mut host, &path(selector, 0)), 3);
    let core = segment(&mut host, 0xC000_0000, 0xFFFF);
    assert_eq!(error(&mut host, &path(core, 0)), 9);
    assert_eq!(error(&mut host, &call(0x4E00, |regs| regs.ds = core as u32)), 9);
    assert_eq!(error(&mut host, &call(0x4E00, |regs| regs.ds = 0)), 9);
    host.facts.transfer.1 = 0;
    assert_eq!(error(&mut host, &path(selector, 0)), 8);
}

#[test]
fn two_paths_lie_side_by_side() {
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x1000);
    put(&mut host, linear, b"OLD\0NEW\0");
    let regs = call(0x5600, |regs| {
        (regs.ds, regs.es) = (selector as u32, selector as u32);
        (regs.edx, regs.edi) = (0, 4);
    });
    let after = dos_call(&mut host, &regs, |host, real| {
        assert_eq!(get(host, real_address(real.v_ds, real.dx()), 4), b"OLD\0");
        assert_eq!(get(host, real_address(real.v_es, real.di()), 4), b"NEW\0");
    });
    assert_eq!(after, regs);
}

#[test]
fn text_comes_back_to_its_zero_and_no_further() {
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x1000);
    put(&mut host, linear, &[0xEE; 0x1000]);
    // The last bytes of the segment: there is no room for all of DOS's 64 bytes.
    let regs = call(0x4700, |regs| (regs.ds, regs.esi) = (selector as u32, 0xFF8));
    let after = dos_call(&mut host, &regs, |host, real| {
        put(host, real_address(real.v_ds, real.si()), b"DIR\\X\0garbage");
        real.set_ax(0x0100);
    });
    assert_eq!(after, Registers { eax: 0xA0A0_0100, ..regs });
    assert_eq!(get(&mut host, linear + 0xFF6, 10), b"\xEE\xEEDIR\\X\0\xEE\xEE");
    // 5Ah appends to what it was given.
    put(&mut host, linear, b"C:\\\0xxxxxxxxxxxxx");
    let regs = call(0x5A00, |regs| (regs.ds, regs.edx) = (selector as u32, 0));
    dos_call(&mut host, &regs, |host, real| {
        put(host, real_address(real.v_ds, real.dx()), b"C:\\ABCDEFGH.TMP\0")
    });
    assert_eq!(get(&mut host, linear, 17), b"C:\\ABCDEFGH.TMP\0x");
}

#[test]
fn a_failed_call_writes_what_dos_wrote() {
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x1000);
    put(&mut host, linear, &[0xEE; 64]);
    let regs = call(0x3800, |regs| (regs.ds, regs.edx) = (selector as u32, 0));
    let fill = |carry: bool| {
        move |host: &mut Host<Mock>, real: &mut Registers| {
            put(host, real_address(real.v_ds, real.dx()), &[0x11; 34]);
            real.set_bx(49);
            real.set_carry(carry);
        }
    };
    dos_call(&mut host, &regs, |_, real| real.set_carry(true));
    assert_eq!(get(&mut host, linear, 64), [0xEE; 64]);
    dos_call(&mut host, &regs, fill(true));
    assert_eq!(get(&mut host, linear, 35), [&[0x11; 34][..], &[0xEE]].concat());
    put(&mut host, linear, &[0xEE; 64]);
    let after = dos_call(&mut host, &regs, fill(false));
    assert_eq!((after.bx(), after.edx), (49, 0));
    assert_eq!(get(&mut host, linear, 35), [&[0x11; 34][..], &[0xEE]].concat());
}

#[test]
fn carry_is_passed_on_as_it_was() {
    // Long-file-name programs set carry first, since DOS without them leaves it alone.
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x1000);
    put(&mut host, linear, b"X\0");
    let mut regs = call(0x7139, |regs| (regs.ds, regs.edx) = (selector as u32, 0));
    regs.set_carry(true);
    let after = dos_call(&mut host, &regs, |_, real| {
        assert_eq!(real.eflags & CARRY, CARRY);
        real.set_ax(0x7100);
    });
    assert_eq!((after.ax(), after.eflags & CARRY), (0x7100, CARRY));
    // Older functions mostly do not touch it; their data comes back all the same.
    put(&mut host, linear, b"\x05\0......");
    let mut regs = call(0x0A00, |regs| (regs.ds, regs.edx) = (selector as u32, 0));
    regs.set_carry(true);
    let after = dos_call(&mut host, &regs, |host, real| {
        assert_eq!(real.eflags & CARRY, CARRY);
        put(host, real_address(real.v_ds, real.dx()), b"\x05\x02hi\r");
    });
    assert_eq!(after, regs);
    let after = dos_call(&mut host, &regs, |_, real| real.set_carry(false));
    assert_eq!(after.eflags & CARRY, 0);
    assert_eq!(get(&mut host, linear, 8), b"\x05\x02hi\r...");
}

#[test]
fn find_calls_keep_the_dta_with_the_client() {
    for width in BOTH {
        let mut host = host(width);
        let (linear, selector) = block(&mut host, 0x1000);
        put(&mut host, linear, b"*.*\0");
        let set = call(0x1A00, |regs| (regs.ds, regs.edx) = (selector as u32, 0x100));
        assert_eq!(dos_call(&mut host, &set, nobody), set);
        let got = dos_call(&mut host, &call(0x2F00, |_| ()), nobody);
        assert_eq!((got.es as u16, width.offset(got.ebx)), (selector, 0x100));

        for (ax, found) in [(0x4E00, true), (0x4F00, true), (0x4F00, false)] {
            let before = get(&mut host, linear + 0x100, 43);
            let regs = call(ax, |regs| {
                (regs.ds, regs.edx) = (selector as u32, 0);
                regs.set_cx(0x16);
            });
            let mut asked = vec![];
            let mut real_dta = (0x5555, 0x80);
            let after = dos_call(&mut host, &regs, |host, real| {
                asked.push(real.ah());
                match real.ah() {
                    0x2F => (real.v_es, real.ebx) = (real_dta.0, real_dta.1),
                    0x1A => real_dta = (real.v_ds, real.edx & 0xFFFF),
                    _ => {
                        let at = real_address(real_dta.0, real_dta.1 as u16);
                        if ax == 0x4F00 {
                            assert_eq!(get(host, at, 43), before);
                        } else {
                            assert_eq!(get(host, real_address(real.v_ds, real.dx()), 4), b"*.*\0");
                        }
                        assert_eq!(real.cx(), 0x16);
                        put(host, at, &[ax as u8 | 0x80 | found as u8; 43]);
                        real.set_carry(!found);
                        real.set_ax(if found { 0 } else { 18 });
                    }
                }
            });
            assert_eq!(asked, [0x2F, 0x1A, (ax >> 8) as u8, 0x1A]);
            assert_eq!(real_dta, (0x5555, 0x80), "the real DTA is back");
            assert_eq!((after.edx, after.ecx, after.ds), (regs.edx, regs.ecx, regs.ds));
            assert_eq!((after.ax(), after.eflags & CARRY), if found { (0, 0) } else { (18, CARRY) });
            assert_eq!(get(&mut host, linear + 0x100, 43), [ax as u8 | 0x80 | found as u8; 43]);
        }
    }
}

#[test]
fn the_first_dta_is_in_the_psp() {
    let mut host = host(Width::Bits16);
    let psp = host.client().psp_selector;
    let got = dos_call(&mut host, &call(0x2F00, |_| ()), nobody);
    assert_eq!((got.es as u16, got.bx()), (psp, 0x80));
    let (linear, selector) = block(&mut host, 0x1000);
    put(&mut host, linear, b"A\0");
    let regs = call(0x4E00, |regs| (regs.ds, regs.edx) = (selector as u32, 0));
    let mut dta = 0;
    dos_call(&mut host, &regs, |host, real| match real.ah() {
        0x1A if dta == 0 => dta = real_address(real.v_ds, real.dx()),
        0x4E => put(host, dta, &[0x42; 43]),
        _ => (),
    });
    assert_eq!(get(&mut host, PSP + 0x80, 44), [&[0x42; 43][..], &[0]].concat());
}

#[test]
fn segments_that_come_back_become_selectors() {
    for width in BOTH {
        let mut host = host(width);
        let answer = |_: &mut Host<Mock>, real: &mut Registers| {
            (real.v_es, real.v_ds, real.ebx, real.esi) = (0x9ABC, 0x8765, 0x1111_0326, 0x1111_0026);
            real.set_ax(0);
        };
        for (ax, carry) in [(0x3400, false), (0x5200, false), (0x3400, true), (0x5200, true)] {
            let after = dos_call(&mut host, &call(ax, |regs| regs.set_carry(carry)), answer);
            assert_eq!(after.eflags & CARRY != 0, carry, "these calls leave carry alone");
            let upper = if width == Width::Bits16 { 0xB0B0_0000 } else { 0 };
            assert_eq!(after.ebx, upper | 0x326);
            assert_eq!(
                host.descriptor_of(after.es as u16).unwrap(),
                Descriptor::new(0x9_ABC0, 0xFFFF, DATA3, 0)
            );
        }
        for ax in [0x1B00, 0x1F00, 0x3200, 0x6300, 0x5D06] {
            let after = dos_call(&mut host, &call(ax, |_| ()), answer);
            assert_eq!(host.descriptor_of(after.ds as u16).unwrap().base(), 0x8_7650, "{ax:04X}h");
        }
        // A drive that is not there gives no pointer.
        for ax in [0x1C00, 0x3200] {
            let regs = call(ax, |regs| regs.ds = 0x55);
            assert_eq!(dos_call(&mut host, &regs, |_, real| real.set_ax(0xFF)).ds, 0x55);
        }
        let used = host.client().ldt.count();
        dos_call(&mut host, &call(0x3400, |_| ()), answer);
        assert_eq!(host.client().ldt.count(), used, "each segment has one selector");
    }
}

#[test]
fn a_psp_goes_as_a_selector_both_ways() {
    let mut host = host(Width::Bits16);
    let own = host.client().psp_selector;
    for ax in [0x5100, 0x6200] {
        let after = dos_call(&mut host, &call(ax, |_| ()), |_, real| real.set_bx((PSP >> 4) as u16));
        assert_eq!(after.bx(), own);
    }
    let other = dos_call(&mut host, &call(0x6200, |_| ()), |_, real| real.set_bx(0x4321)).bx();
    assert_eq!(host.descriptor_of(other).unwrap().base(), 0x4_3210);
    let regs = call(0x5000, |regs| regs.set_bx(other));
    let after = dos_call(&mut host, &regs, |_, real| assert_eq!(real.bx(), 0x4321));
    assert_eq!(after, regs);
}

#[test]
fn a_psp_is_made_by_a_call_from_the_clients_own() {
    // DOS copies the PSP that its caller's CS is.
    for width in BOTH {
        let mut host = host(width);
        let made = segment(&mut host, 0x4_5670, 0xFF);
        let before = call(0x2600, |regs| regs.set_dx(made));
        let psp = (PSP >> 4) as u16;
        for (code, expected) in [
            (&[0xCD, 0x21, 0xCB], RealTarget::Far { cs: psp, ip: 0x50 }),
            (&[0, 0, 0], RealTarget::Interrupt(0x21)),
        ] {
            host.machine.write_bytes(PSP + 0x50, code);
            let mut regs = before;
            let next = issue(&mut host, 0x21, &mut regs, |_, target, real| {
                assert_eq!((target, real.ax(), real.dx()), (expected, 0x2600, 0x4567));
            });
            assert_eq!((next, regs), (Some(Next::AsIs), before));
        }
    }
}

#[test]
fn vectors_are_those_of_protected_mode() {
    let mut host = host(Width::Bits32);
    let index = with_table(&mut host, |machine, id, table| ldt::allocate(machine, id, table, 1)).unwrap();
    host.machine.set_descriptor(
        CLIENT,
        index,
        Descriptor::new(0, u32::MAX, crate::x86::descriptor::CODE3, BIG).0,
    );
    let set = call(0x2560, |regs| (regs.ds, regs.edx) = (selector_of(index) as u32, 0x0123_4567));
    assert_eq!(dos_call(&mut host, &set, nobody), set);
    let after = dos_call(&mut host, &call(0x3560, |_| ()), nobody);
    assert_eq!((after.es as u16, after.ebx), (selector_of(index), 0x0123_4567));
    let wrong = call(0x2561, |regs| regs.ds = 0x7777);
    assert_eq!(dos_call(&mut host, &wrong, nobody), wrong);
    assert_eq!(host.client().vectors[0x61].selector, 0);
}

#[test]
fn the_end_of_a_process_is_the_hosts() {
    let mut host = host(Width::Bits32);
    host.client().psp = (PSP >> 4) as u16;
    for (ax, after) in [(0x4C07, 0x4C07), (0x0055, 0x4C00)] {
        let mut regs = call(ax, |_| ());
        let next = issue(&mut host, 0x21, &mut regs, |_, _, real| real.set_bx((PSP >> 4) as u16));
        assert_eq!(next, Some(Next::Exit));
        assert_eq!(regs.ax(), after);
    }
    host.facts.transfer.1 = 0;
    assert_eq!(issue(&mut host, 0x21, &mut call(0, |_| ()), |_, _, _| unreachable!()), Some(Next::Exit));
}

#[test]
fn the_end_of_another_process_comes_back() {
    const CHILD: u32 = 0x1_5550;
    let mut host = host(Width::Bits32);
    host.facts.resident = 0x2_4680;
    host.facts.trap_base = 0x100;
    host.client().psp = (PSP >> 4) as u16;
    host.machine.write_u16(PSP, 0x20CD);
    host.machine.write_u32(0x22 * 4, 0x1234_5678);
    let own = host.client().psp_selector;
    for parent in [own, (PSP >> 4) as u16] {
        host.machine.write_u16(CHILD + 0x16, parent);
        let mut asked = Vec::new();
        let after = dos_call(&mut host, &call(0x0012, |regs| regs.set_carry(true)), |host, real| {
            asked.push(real.ax());
            match real.ax() {
                0x4C00 => {
                    assert_eq!(host.machine.read_u16(CHILD + 0x16), (PSP >> 4) as u16);
                    let back = host.machine.read_u32(CHILD + 0x0A);
                    assert_eq!(back, 0x2468_0108, "the RETURN site");
                    host.machine.write_u32(0x22 * 4, back);
                    *real = fixture::registers();
                }
                _ => real.set_bx((CHILD >> 4) as u16),
            }
        });
        assert_eq!(asked, [0x5100, 0x4C00]);
        assert_eq!(after, call(0x0012, |_| ()));
        assert_eq!(host.machine.read_u32(0x22 * 4), 0x1234_5678);
    }
}

#[test]
fn parsing_a_name_moves_the_pointer_on() {
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x1_0000);
    put(&mut host, linear + 0xFFF0, b"  A.B rest\0");
    let regs = call(0x2901, |regs| {
        (regs.ds, regs.es) = (selector as u32, selector as u32);
        (regs.esi, regs.edi) = (0xFFF0, 0x100);
    });
    let after = dos_call(&mut host, &regs, |host, real| {
        assert_eq!(get(host, real_address(real.v_ds, real.si()), 10), b"  A.B rest");
        put(host, real_address(real.v_es, real.di()), b"\0A       B  ");
        real.set_si(real.si() + 5);
        real.set_ax(0x2900);
    });
    assert_eq!((after.esi, after.edi), (0xFFF5, 0x100));
    assert_eq!(get(&mut host, linear + 0x100, 12), b"\0A       B  ");
}

#[test]
fn counts_are_cut_to_what_there_is_room_for() {
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x100);
    // 65h with a buffer said to be larger than its segment.
    let regs = call(0x6501, |regs| {
        (regs.es, regs.edi) = (selector as u32, 0xF0);
        regs.set_cx(0x2000);
    });
    let after = dos_call(&mut host, &regs, |host, real| {
        assert_eq!(real.cx(), 0x10);
        put(host, real_address(real.v_es, real.di()), &[7; 16]);
        real.set_cx(5);
    });
    assert_eq!(after.cx(), 5);
    assert_eq!(get(&mut host, linear + 0xF0, 6), [7, 7, 7, 7, 7, 0]);
    // 71A0h returns a value in the register that was a pointer.
    put(&mut host, linear, b"C:\\\0");
    let regs = call(0x71A0, |regs| {
        (regs.ds, regs.edx) = (selector as u32, 0);
        (regs.es, regs.edi) = (selector as u32, 0x10);
        regs.set_cx(32);
    });
    let after = dos_call(&mut host, &regs, |host, real| {
        put(host, real_address(real.v_es, real.di()), b"FAT\0");
        (real.ebx, real.ecx, real.edx) = (0x4002, 255, 260);
    });
    assert_eq!((after.bx(), after.cx(), after.dx(), after.edi), (0x4002, 255, 260, 0x10));
    assert_eq!(get(&mut host, linear + 0x10, 4), b"FAT\0");
}

#[test]
fn what_a_service_does_not_fill_is_as_it_was() {
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x1000);
    let data: Vec<u8> = (0..0x1000).map(|at| (at * 7 % 251) as u8 | 1).collect();
    let area = call(0x1A00, |regs| (regs.ds, regs.edx) = (selector as u32, 0x800));
    dos_call(&mut host, &area, nobody);
    let (at, far) = (0x100, selector as u32);
    for (vector, ax) in [
        (0x21, 0x1100),
        (0x21, 0x1400),
        (0x21, 0x2700),
        (0x21, 0x4402),
        (0x21, 0x4700),
        (0x21, 0x6000),
        (0x21, 0x6501),
        (0x10, 0x4F01),
        (0x2F, 0x1501),
        (0x2F, 0x1505),
    ] {
        put(&mut host, linear, &data);
        put(&mut host, linear + at, b"NOBODY.CD\0");
        let before = get(&mut host, linear, 0x1000);
        host.machine.write_bytes(BUFFER, &[0xEE; BUFFER_BYTES as usize]);
        let mut regs = call(ax, |regs| {
            (regs.ds, regs.es) = (far, far);
            (regs.ebx, regs.edx, regs.esi, regs.edi) = (at, at, at, at);
            regs.set_cx(3);
        });
        // It fails, and does not say so by carry; or it says that there are as many bytes as there is room for.
        let done = issue(&mut host, vector, &mut regs, |_, _, real| {
            if real.ax() == 0x4402 {
                real.set_ax(3);
            }
        });
        assert!(done.is_some());
        assert!(get(&mut host, linear, 0x1000) == before, "INT {vector:02X}h AX={ax:04X}h");
    }
}

#[test]
fn a_shorter_structure_may_lie_at_the_end_of_memory() {
    let mut host = host(Width::Bits32);
    let (linear, _) = block(&mut host, 0x1000);
    let flat = segment(&mut host, 0, u32::MAX) as u32;
    put(&mut host, linear, &[1; 0x1000]);
    for (vector, ax, cl) in [(0x21, 0x440D, 0x60), (0x10, 0x4F00, 0), (0x15, 0xE820, 20), (0x21, 0x6501, 200)]
    {
        let mut regs = call(ax, |regs| {
            (regs.ds, regs.es) = (flat, flat);
            (regs.edx, regs.edi) = (linear + 0xFEC, linear + 0xFEC);
            regs.set_cx(cl);
        });
        let mut asked = false;
        issue(&mut host, vector, &mut regs, |host, _, real| {
            asked = true;
            let offset = if real.ax() == 0x440D { real.dx() } else { real.di() };
            put(host, real_address(real.v_es, offset), &[ax as u8; 20]);
        });
        assert!(asked && regs.eflags & CARRY == 0, "INT {vector:02X}h AX={ax:04X}h");
        assert_eq!(get(&mut host, linear + 0xFEC, 20), [ax as u8; 20], "INT {vector:02X}h AX={ax:04X}h");
    }
}

#[test]
fn other_interrupts_have_pointers_too() {
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x1000);
    put(&mut host, linear, &[9; 6]);
    let mut palette = call(0x1012, |regs| (regs.es, regs.edx) = (selector as u32, 0));
    palette.set_cx(2);
    let before = palette;
    let next = issue(&mut host, 0x10, &mut palette, |host, target, real| {
        assert_eq!(target, RealTarget::Interrupt(0x10));
        assert_eq!(get(host, real_address(real.v_es, real.dx()), 6), [9; 6]);
        assert_eq!(real.cx(), 2);
    });
    assert_eq!((next, palette), (Some(Next::AsIs), before));
    let mut info = call(0x4F01, |regs| (regs.es, regs.edi) = (selector as u32, 0x200));
    issue(&mut host, 0x10, &mut info, |host, _, real| {
        put(host, real_address(real.v_es, real.di()), &[3; 256]);
        real.set_ax(0x004F);
    });
    assert_eq!((info.ax(), info.edi), (0x004F, 0x200));
    assert_eq!(get(&mut host, linear + 0x200, 256), [3; 256]);
    let mut font = call(0x1130, |_| ());
    issue(&mut host, 0x10, &mut font, |_, _, real| (real.v_es, real.ebp) = (0xC000, 0x1234));
    assert_eq!(font.ebp, 0x1234);
    assert_eq!(host.descriptor_of(font.es as u16).unwrap().base(), 0xC_0000);
    for (vector, ax) in [(0x13, 0x0800), (0x10, 0x4F0A), (0x15, 0xC100), (0x21, 0x3400)] {
        let before = call(ax, |regs| regs.es = selector as u32);
        let mut regs = before;
        issue(&mut host, vector, &mut regs, |_, _, _| ());
        assert_eq!(regs, before, "INT {vector:02X}h AX={ax:04X}h returns no pointer");
    }
    let mut system = call(0xC000, |_| ());
    issue(&mut host, 0x15, &mut system, |_, _, real| {
        (real.v_es, real.ebx) = (0xF000, 0xE6F5);
        real.set_ax(0);
    });
    assert_eq!((system.ebx, host.descriptor_of(system.es as u16).unwrap().base()), (0xE6F5, 0xF_0000));
}
