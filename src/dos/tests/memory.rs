use super::*;
use crate::machine::Machine;

fn shape(host: &mut Host<Mock>, selector: u16) -> (u32, u32) {
    let descriptor = host.descriptor_of(selector).unwrap();
    (descriptor.base(), descriptor.limit())
}

#[test]
fn memory_comes_from_dpmi_and_goes_back() {
    let mut host = host(Width::Bits32);
    let (free, used) = (host.memory.frames.available(), host.client().ldt.count());
    let regs = call(0x4800, |regs| regs.ebx = 0x1_2345);
    let selector = dos_call(&mut host, &regs, nobody).ax();
    let (base, limit) = shape(&mut host, selector);
    assert!(base >= 0x0040_0000);
    assert!((0x12_344F..=0x12_3FFF).contains(&limit), "{limit:X}");
    host.writable(base, 0x12_3450).unwrap();
    let resize = call(0x4A00, |regs| (regs.es, regs.ebx) = (selector as u32, 0x1000));
    dos_call(&mut host, &resize, nobody);
    assert_eq!(shape(&mut host, selector).1, 0xFFFF);
    let release = call(0x4900, |regs| (regs.es, regs.ds) = (selector as u32, selector as u32));
    let after = dos_call(&mut host, &release, nobody);
    assert_eq!((after.es, after.ds, after.eax), (0, 0, release.eax));
    assert_eq!((host.memory.frames.available(), host.client().ldt.count()), (free, used));
    assert_eq!(error(&mut host, &release), 9);
}

#[test]
fn a_16_bit_client_gets_a_row_of_selectors() {
    let mut host = host(Width::Bits16);
    let used = host.client().ldt.count();
    let regs = call(0x4800, |regs| regs.set_bx(0x1800));
    let selector = dos_call(&mut host, &regs, nobody).ax();
    let (base, limit) = shape(&mut host, selector);
    assert_eq!(limit, 0x1_7FFF);
    assert_eq!(shape(&mut host, selector + 8), (base + 0x1_0000, 0x7FFF));
    let mut resize = call(0x4A00, |regs| regs.es = selector as u32);
    resize.set_bx(0x2800);
    dos_call(&mut host, &resize, nobody);
    assert_eq!(host.client().ldt.count(), used + 3);
    // The next descriptor is taken: no growth, and nothing changes.
    segment(&mut host, 0, 0);
    resize.set_bx(0x3001);
    let after = dos_call(&mut host, &resize, nobody);
    assert_eq!((after.ax(), after.eflags & CARRY), (8, CARRY));
    assert_ne!(after.bx(), 0);
    resize.set_bx(0x10);
    dos_call(&mut host, &resize, nobody);
    assert_eq!(host.client().ldt.count(), used + 2);
    assert_eq!(shape(&mut host, selector).1, 0xFF);
}

#[test]
fn too_much_says_how_much_there_is() {
    for width in [Width::Bits16, Width::Bits32] {
        let mut host = host(width);
        let used = host.client().ldt.count();
        let requests: &[u32] =
            if width == Width::Bits16 { &[0xFFFF] } else { &[u32::MAX, 0x0FFF_FFFF, 0x10_0000] };
        for &paragraphs in requests {
            let regs = call(0x4800, |regs| regs.ebx = paragraphs);
            let after = dos_call(&mut host, &regs, nobody);
            assert_eq!((after.ax(), after.eflags & CARRY), (8, CARRY));
            assert_eq!(host.client().ldt.count(), used);
            // That much there is, and not two pages more.
            let told = width.offset(after.ebx);
            let selector = dos_call(&mut host, &call(0x4800, |regs| regs.ebx = told), nobody).ax();
            if width == Width::Bits32 {
                assert!(host.memory.frames.available() <= 2);
            }
            let release = call(0x4900, |regs| regs.es = selector as u32);
            dos_call(&mut host, &release, nobody);
        }
    }
}

#[test]
fn conventional_blocks_are_dos_matter() {
    let mut host = host(Width::Bits16);
    // A block of 0100h: its descriptors follow.
    let mut regs = call(0x0100, |_| ());
    regs.set_bx(0x1000);
    let _ = fixture::run_with(&mut host, crate::dpmi::dosmem::allocate, &mut regs, |_, _, real| {
        real.set_ax(0x5000);
        real.set_carry(false);
    });
    let selector = regs.dx();
    let mut resize = call(0x4A00, |regs| regs.es = selector as u32);
    resize.set_bx(0x1800);
    let after = dos_call(&mut host, &resize, |_, real| {
        assert_eq!((real.ah(), real.v_es, real.bx()), (0x4A, 0x5000, 0x1800));
        real.set_carry(false);
    });
    assert_eq!((after.es, after.ebx), (resize.es, resize.ebx));
    assert_eq!(shape(&mut host, selector + 8), (0x6_0000, 0x7FFF));
    resize.set_bx(0xF000);
    let after = dos_call(&mut host, &resize, |_, real| {
        real.set_ax(8);
        real.set_bx(0x2222);
        real.set_carry(true);
    });
    assert_eq!((after.ax(), after.bx(), after.eflags & CARRY), (8, 0x2222, CARRY));
    assert_eq!(shape(&mut host, selector).1, 0x1_7FFF);
    let release = call(0x4900, |regs| regs.es = selector as u32);
    let after = dos_call(&mut host, &release, |_, real| {
        assert_eq!((real.ah(), real.v_es), (0x49, 0x5000));
        real.set_carry(false);
    });
    assert_eq!(after.es, 0);
    assert_eq!(host.client().dos_blocks.all().count(), 0);
    assert!(host.descriptor_of(selector).is_err());
    // The client's environment or PSP: no descriptors of ours follow.
    let psp = host.client().psp_selector;
    let release = call(0x4900, |regs| regs.es = psp as u32);
    dos_call(&mut host, &release, |_, real| {
        assert_eq!(real.v_es, PSP >> 4);
        real.set_ax(9);
        real.set_carry(true);
    });
    assert!(host.descriptor_of(psp).is_ok());
}

/// A drive of 512-byte sectors, each filled with its number.
fn drive(host: &mut Host<Mock>, real: &mut Registers, write: bool, pieces: &mut Vec<(u32, u32)>) {
    let (start, count, at) = if real.cx() == 0xFFFF {
        let packet = real_address(real.v_ds, real.bx());
        let (offset, segment) = (host.machine.read_u16(packet + 6), host.machine.read_u16(packet + 8));
        let count = host.machine.read_u16(packet + 4) as u32;
        (host.machine.read_u32(packet), count, real_address(segment as u32, offset))
    } else {
        (real.dx() as u32, real.cx() as u32, real_address(real.v_ds, real.bx()))
    };
    assert!(at >= BUFFER && at + count * 512 <= BUFFER + BUFFER_BYTES);
    for sector in 0..count {
        let wanted = [(start + sector) as u8; 512];
        if write {
            assert_eq!(get(host, at + sector * 512, 512), wanted);
        } else {
            put(host, at + sector * 512, &wanted);
        }
    }
    pieces.push((start, count));
    real.set_ax(0);
    real.set_carry(false);
}

#[test]
fn sectors_go_in_pieces_by_packet_and_by_register() {
    for width in [Width::Bits16, Width::Bits32] {
        for (vector, ax, write) in
            [(0x25, 2, false), (0x26, 2, true), (0x21, 0x7305, false), (0x21, 0x7305, true)]
        {
            let mut host = host(width);
            host.machine.write_u32(vector as u32 * 4, 0x1234_5678);
            let (linear, selector) = block(&mut host, 0x6000);
            let stack_at = 0x7_0000;
            let stack = segment(&mut host, stack_at, 0xFFFF);
            let mut packet = vec![10, 0, 0, 0, 40, 0];
            match width {
                Width::Bits16 => packet.extend([0x00, 0x10]),
                Width::Bits32 => packet.extend([0x00, 0x10, 0, 0]),
            }
            packet.extend(selector.to_le_bytes());
            put(&mut host, linear, &packet);
            for sector in 0..40 {
                let content = if write { [10 + sector as u8; 512] } else { [0; 512] };
                put(&mut host, linear + 0x1000 + sector * 512, &content);
            }
            let before = call(ax, |regs| {
                (regs.ds, regs.ebx, regs.ss) = (selector as u32, 0, stack as u32);
                regs.set_cx(0xFFFF);
                regs.set_si(write as u16);
            });
            let (mut regs, mut pieces) = (before, vec![]);
            let next = issue(&mut host, vector, &mut regs, |host, target, real| {
                match vector {
                    0x21 => assert_eq!(target, RealTarget::Interrupt(0x21)),
                    _ => assert_eq!(target, RealTarget::Far { cs: 0x1234, ip: 0x5678 }),
                }
                drive(host, real, write, &mut pieces);
            });
            let pushed = match (vector, width) {
                (0x21, _) => 0,
                (_, Width::Bits16) => 2,
                (_, Width::Bits32) => 4,
            };
            let expected = Registers { eax: 0xA0A0_0000, esp: before.esp - pushed, ..before };
            assert_eq!((next, regs), (Some(Next::AsIs), expected));
            if pushed != 0 {
                assert_eq!(host.machine.read_u16(stack_at + regs.esp), before.eflags as u16);
            }
            assert_eq!(pieces, [(10, 15), (25, 15), (40, 10)]);
            for sector in 0..40 {
                assert_eq!(get(&mut host, linear + 0x1000 + sector * 512, 512), [10 + sector as u8; 512]);
            }
        }
    }
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x1000);
    let mut regs = call(2, |regs| {
        (regs.ds, regs.ebx, regs.ss) = (selector as u32, 0x200, selector as u32);
        regs.set_cx(3);
        regs.set_dx(7);
    });
    let mut pieces = vec![];
    issue(&mut host, 0x25, &mut regs, |host, _, real| drive(host, real, false, &mut pieces));
    assert_eq!(pieces, [(7, 3)]);
    assert_eq!(get(&mut host, linear + 0x5FE, 4), [8, 8, 9, 9]);
    // More than the buffer's segment holds, and an error of the drive.
    regs.set_cx(8);
    assert_eq!(issue(&mut host, 0x25, &mut regs, |_, _, _| panic!()), Some(Next::AsIs));
    assert_eq!((regs.ax(), regs.esp, regs.eflags & CARRY), (9, 0xFF8, CARRY));
    regs.set_cx(1);
    issue(&mut host, 0x25, &mut regs, |_, _, real| {
        real.set_ax(0x0207);
        real.set_carry(true);
    });
    assert_eq!((regs.ax(), regs.eflags & CARRY), (0x0207, CARRY));
}
