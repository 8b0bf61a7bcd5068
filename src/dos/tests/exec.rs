use super::*;

/// What DOS finds in its parameter block: environment, tail, FCBs.
struct Seen {
    path: Vec<u8>,
    environment: u16,
    tail: Vec<u8>,
    fcbs: [Vec<u8>; 2],
}

fn see(host: &mut Host<Mock>, real: &Registers) -> Seen {
    let block = real_address(real.v_es, real.bx());
    let mut pointers = [0; 3];
    for (number, pointer) in pointers.iter_mut().enumerate() {
        let at = block + 2 + number as u32 * 4;
        *pointer = real_address(host.machine.read_u16(at + 2) as u32, host.machine.read_u16(at));
    }
    let path_at = real_address(real.v_ds, real.dx());
    let mut length = 0;
    while host.machine.read_u8(path_at + length) != 0 {
        length += 1;
    }
    let tail = host.machine.read_u8(pointers[0]) as u32;
    Seen {
        path: get(host, path_at, length),
        environment: host.machine.read_u16(block),
        tail: get(host, pointers[0], tail + 2),
        fcbs: [get(host, pointers[1], 16), get(host, pointers[2], 16)],
    }
}

/// A client with a path at 0, a tail at 80h, FCBs at 100h and 110h, a parameter block at 40h.
fn prepared(width: Width, environment: u16) -> (Host<Mock>, Registers, u32) {
    let mut host = host(width);
    let (linear, selector) = block(&mut host, 0x1000);
    put(&mut host, linear, b"C:\\CHILD.EXE\0");
    put(&mut host, linear + 0x80, b"\x05 /abc\r");
    put(&mut host, linear + 0x100, &[1; 16]);
    put(&mut host, linear + 0x110, &[2; 16]);
    let mut parameters = vec![];
    if width == Width::Bits16 {
        parameters.extend(environment.to_le_bytes());
    }
    for offset in [0x80u32, 0x100, 0x110] {
        match width {
            Width::Bits16 => parameters.extend((offset as u16).to_le_bytes()),
            Width::Bits32 => parameters.extend(offset.to_le_bytes()),
        }
        parameters.extend(selector.to_le_bytes());
        if width == Width::Bits32 {
            parameters.extend([0, 0]);
        }
    }
    put(&mut host, linear + 0x40, &parameters);
    let regs = call(0x4B00, |regs| {
        (regs.ds, regs.es) = (selector as u32, selector as u32);
        (regs.edx, regs.ebx) = (0, 0x40);
    });
    (host, regs, linear)
}

#[test]
fn a_program_is_started_with_all_it_was_given() {
    for width in [Width::Bits16, Width::Bits32] {
        let (mut host, regs, _) = prepared(width, 0);
        let after = dos_call(&mut host, &regs, |host, real| {
            let seen = see(host, real);
            assert_eq!((seen.path, seen.tail), (b"C:\\CHILD.EXE".to_vec(), b"\x05 /abc\r".to_vec()));
            assert_eq!(seen.fcbs, [vec![1; 16], vec![2; 16]]);
            assert_eq!(seen.environment, 0x0777, "the client's own environment");
            // DOS destroys registers.
            (real.ebx, real.ecx, real.edx, real.esi, real.edi, real.ebp) = (1, 2, 3, 4, 5, 6);
            real.set_ax(0);
        });
        let eax = if width == Width::Bits16 { 0xA0A0_0000 } else { 0 };
        assert_eq!(after, Registers { eax, ..regs });
        let after = dos_call(&mut host, &regs, |_, real| {
            real.set_ax(2);
            real.set_carry(true);
        });
        assert_eq!((after.ax(), after.eflags & CARRY, after.ebx), (2, CARRY, regs.ebx));
    }
}

#[test]
fn the_environment_is_a_selector_of_any_memory() {
    // In the PSP, as the host put it there.
    let (mut host, regs, _) = prepared(Width::Bits16, 0);
    let own = segment(&mut host, 0x5_6780, 0xFF);
    host.machine.write_u16(PSP + 0x2C, own);
    dos_call(&mut host, &regs, |host, real| assert_eq!(see(host, real).environment, 0x5678));
    // In conventional memory.
    let (mut host, regs, linear) = prepared(Width::Bits16, 0);
    let low = segment(&mut host, 0x4_0000, 0xFF);
    put(&mut host, linear + 0x40, &low.to_le_bytes());
    dos_call(&mut host, &regs, |host, real| assert_eq!(see(host, real).environment, 0x4000));
    // Beyond: it is copied.
    let (high, selector) = block(&mut host, 0x1000);
    put(&mut host, high, b"PATH=C:\\\0X=1\0\0rest");
    put(&mut host, linear + 0x40, &selector.to_le_bytes());
    dos_call(&mut host, &regs, |host, real| {
        let paragraph = see(host, real).environment as u32;
        assert_eq!(get(host, paragraph << 4, 14), b"PATH=C:\\\0X=1\0\0");
        assert!((paragraph << 4) + 14 <= BUFFER + BUFFER_BYTES);
    });
    // One without an end.
    put(&mut host, high, &[b'A'; 0x1000]);
    assert_eq!(error(&mut host, &regs), 8);
}

#[test]
fn missing_tails_and_fcbs_are_empty_ones() {
    let (mut host, regs, linear) = prepared(Width::Bits32, 0);
    put(&mut host, linear + 0x40, &[0; 24]);
    dos_call(&mut host, &regs, |host, real| {
        let seen = see(host, real);
        assert_eq!(seen.tail, b"\0\r");
        assert_eq!(seen.fcbs[1], b"\0           \0\0\0\0");
    });
    // FCBs that lead nowhere, or out of their segment.
    put(&mut host, linear + 0x44, &(regs.ds as u16).to_le_bytes());
    put(&mut host, linear + 0x48, &[0xFF; 16]);
    put(&mut host, linear + 0x54, &(regs.ds as u16).to_le_bytes());
    dos_call(&mut host, &regs, |host, real| {
        let empty = b"\0           \0\0\0\0";
        assert_eq!(see(host, real).fcbs, [empty, empty].map(|fcb| fcb.to_vec()));
    });
    // A tail that is too long is cut and still ends.
    put(&mut host, linear + 0x200, &[0xFF; 0x100]);
    put(&mut host, linear + 0x40, &0x200u32.to_le_bytes());
    put(&mut host, linear + 0x44, &(regs.ds as u16).to_le_bytes());
    dos_call(&mut host, &regs, |host, real| {
        let tail = see(host, real).tail;
        assert_eq!((tail.len(), tail[127]), (128, b'\r'));
    });
}

#[test]
fn loading_gives_back_where_the_program_begins() {
    let (mut host, mut regs, linear) = prepared(Width::Bits16, 0);
    regs.set_ax(0x4B01);
    let after = dos_call(&mut host, &regs, |host, real| {
        let block = real_address(real.v_es, real.bx());
        put(host, block + 0x0E, b"SPSSIPCS");
        real.set_ax(0);
    });
    assert_eq!(after.eflags & CARRY, 0);
    assert_eq!(get(&mut host, linear + 0x4E, 8), b"SPSSIPCS");
    // An overlay goes to a segment of conventional memory.
    let low = segment(&mut host, 0x6_0000, 0xFFFF);
    put(&mut host, linear + 0x40, &[low.to_le_bytes(), [0x34, 0x12]].concat());
    regs.set_ax(0x4B03);
    dos_call(&mut host, &regs, |host, real| {
        let block = real_address(real.v_es, real.bx());
        assert_eq!((host.machine.read_u16(block), host.machine.read_u16(block + 2)), (0x6000, 0x1234));
    });
}

#[test]
fn bad_parameters_are_errors() {
    let (mut host, regs, linear) = prepared(Width::Bits32, 0);
    let mut wrong = regs;
    wrong.ebx = 0xFF0;
    assert_eq!(error(&mut host, &wrong), 9);
    wrong = regs;
    wrong.ds = 0;
    assert_eq!(error(&mut host, &wrong), 9);
    wrong = regs;
    wrong.edx = 0x800;
    put(&mut host, linear + 0x800, &[b'P'; 0x800]);
    assert_eq!(error(&mut host, &wrong), 3);
    put(&mut host, linear + 0x44, &0xFFF7u16.to_le_bytes());
    assert_eq!(error(&mut host, &regs), 9);
    host.facts.transfer.1 = 0x100;
    assert_eq!(error(&mut host, &regs), 8);
}

#[test]
fn a_child_may_use_the_whole_buffer() {
    let (mut host, regs, linear) = prepared(Width::Bits32, 0);
    put(&mut host, linear + 0x300, b"child$");
    dos_call_with_child(&mut host, &regs);
    fn dos_call_with_child(host: &mut Host<Mock>, regs: &Registers) {
        let mut after = *regs;
        issue(host, 0x21, &mut after, |host, _, real| {
            let mut print = call(0x0900, |inner| (inner.ds, inner.edx, inner.esp) = (regs.ds, 0x300, 0x400));
            issue(host, 0x21, &mut print, |host, _, _| {
                assert!(host.dos.pending.last().unwrap().saved.is_empty(), "nothing had to be set aside");
            });
            real.set_ax(0);
        });
        assert_eq!(host.dos.count(), 0);
    }
}
