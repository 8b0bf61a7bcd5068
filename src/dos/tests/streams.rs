use super::*;
use crate::machine::Machine;
use crate::paging::page::Page;

/// A file, and what it was asked for: counts.
struct File {
    content: Vec<u8>,
    at: usize,
    asked: Vec<u16>,
}

fn file(content: Vec<u8>) -> File {
    File { content, at: 0, asked: vec![] }
}

impl File {
    /// 3Fh and 40h as DOS has them.
    fn serve(&mut self, host: &mut Host<Mock>, real: &mut Registers) {
        let (at, count) = (real_address(real.v_ds, real.dx()), real.cx() as usize);
        self.asked.push(real.cx());
        assert_eq!(real.bx(), 5, "the handle");
        match real.ah() {
            0x3F => {
                let count = count.min(self.content.len() - self.at);
                let piece = self.content[self.at..self.at + count].to_vec();
                host.machine.write_bytes(at, &piece);
                self.at += count;
                real.set_ax(count as u16);
            }
            0x40 => {
                let piece = get(host, at, count as u32);
                self.content.extend(piece);
                real.set_ax(count as u16);
            }
            other => panic!("AH={other:02X}h"),
        }
        real.set_carry(false);
    }
}

fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 7 + at / 251) as u8).collect()
}

fn transfer_call(ax: u16, selector: u16, edx: u32, ecx: u32) -> Registers {
    call(ax, |regs| {
        regs.set_bx(5);
        (regs.ds, regs.edx, regs.ecx) = (selector as u32, edx, ecx);
    })
}

#[test]
fn a_read_of_any_size_comes_in_pieces() {
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x2_0000);
    let mut file = file(pattern(100_000));
    let regs = transfer_call(0x3F00, selector, 3, 70_001);
    let after = dos_call(&mut host, &regs, |host, real| file.serve(host, real));
    assert_eq!(after, Registers { eax: 70_001, ..regs });
    assert_eq!(file.asked, [&[0x2000; 8][..], &[(70_001 - 8 * 0x2000) as u16]].concat());
    assert_eq!(get(&mut host, linear + 3, 70_001), file.content[..70_001]);
    assert_eq!(get(&mut host, linear + 70_004, 4), [0; 4]);
    // The rest is less than what is asked for.
    let after = dos_call(&mut host, &regs, |host, real| file.serve(host, real));
    assert_eq!(after.eax, 29_999);
    let after = dos_call(&mut host, &regs, |host, real| file.serve(host, real));
    assert_eq!(after.eax, 0);
}

#[test]
fn a_16_bit_client_counts_in_cx() {
    let mut host = host(Width::Bits16);
    let (linear, selector) = block(&mut host, 0x1_0000);
    let mut file = file(pattern(0x1_0000));
    let regs = transfer_call(0x3F00, selector, 0xFFFF_0010, 0xFFFF_FFF0);
    let after = dos_call(&mut host, &regs, |host, real| file.serve(host, real));
    assert_eq!(after.eax, 0xA0A0_FFF0);
    assert_eq!(get(&mut host, linear + 0x10, 0xFFF0), file.content[..0xFFF0]);
}

#[test]
fn a_write_of_any_size_goes_in_pieces() {
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x1_0000);
    put(&mut host, linear, &pattern(0x1_0000));
    let mut file = file(vec![]);
    let regs = transfer_call(0x4000, selector, 1, 20_000);
    let after = dos_call(&mut host, &regs, |host, real| file.serve(host, real));
    assert_eq!(after, Registers { eax: 20_000, ..regs });
    assert_eq!(file.content, pattern(0x1_0000)[1..20_001]);
    // A disk that fills up takes part of a piece.
    let after = dos_call(&mut host, &regs, |_, real| {
        real.set_ax(100);
        real.set_carry(false);
    });
    assert_eq!(after.eax, 100);
    // Nothing to write cuts the file off: DOS has to hear of it, whatever the pointer is.
    let mut heard = 0;
    let nothing = transfer_call(0x4000, 0, 0x1234_5678, 0);
    let after = dos_call(&mut host, &nothing, |_, real| {
        assert_eq!(real.cx(), 0);
        heard += 1;
        real.set_ax(0);
        real.set_carry(false);
    });
    assert_eq!((heard, after.eax), (1, 0));
}

#[test]
fn memory_below_1_mib_is_used_as_it_is() {
    let mut host = host(Width::Bits32);
    let low = segment(&mut host, 0x4_0005, 0x3_FFFF);
    let mut file = file(pattern(0x2_0000));
    let regs = transfer_call(0x3F00, low, 2, 0x1_2345);
    let after = dos_call(&mut host, &regs, |host, real| {
        assert_eq!(real.dx(), 7);
        file.serve(host, real);
    });
    assert_eq!((after.eax, file.asked.len()), (0x1_2345, 2));
    assert_eq!(get(&mut host, 0x4_0007, 0x1_2345), file.content[..0x1_2345]);
}

#[test]
fn an_error_in_the_middle_is_the_answer() {
    let mut host = host(Width::Bits32);
    let (_, selector) = block(&mut host, 0x1_0000);
    let mut pieces = 0;
    let regs = transfer_call(0x3F00, selector, 0, 0x8000);
    let after = dos_call(&mut host, &regs, |_, real| {
        pieces += 1;
        real.set_ax(if pieces == 3 { 5 } else { real.cx() });
        real.set_carry(pieces == 3);
    });
    assert_eq!((pieces, after.eax, after.eflags & CARRY), (3, 5, CARRY));
}

#[test]
fn more_may_be_asked_for_than_the_segment_holds() {
    let mut host = host(Width::Bits16);
    let (linear, selector) = block(&mut host, 0x1800);
    let mut short = file(pattern(100));
    let regs = transfer_call(0x3F00, selector, 0, 0xFFFF);
    let after = dos_call(&mut host, &regs, |host, real| short.serve(host, real));
    assert_eq!((after.ax(), short.asked[0]), (100, 0x1800));
    let mut long = file(pattern(0x4000));
    let after = dos_call(&mut host, &regs, |host, real| long.serve(host, real));
    assert_eq!(after.ax(), 0x1800);
    assert_eq!(get(&mut host, linear, 0x1800), long.content[..0x1800]);
    assert_eq!(error(&mut host, &transfer_call(0x3F00, 0, 0, 1)), 9);
}

#[test]
fn text_is_printed_to_its_dollar_however_long() {
    let mut host = host(Width::Bits32);
    host.facts.transfer.1 = 0x200;
    let (linear, selector) = block(&mut host, 0x1000);
    let mut text = vec![b'x'; 1500];
    text.push(b'$');
    put(&mut host, linear, &text);
    for length in [0, 1, 510, 511, 512, 1022, 1500] {
        let mut shown = vec![];
        let regs = call(0x0900, |regs| (regs.ds, regs.edx) = (selector as u32, 1500 - length));
        let after = dos_call(&mut host, &regs, |host, real| {
            let mut at = real_address(real.v_ds, real.dx());
            while host.machine.read_u8(at) != b'$' {
                shown.push(host.machine.read_u8(at));
                at += 1;
                assert!(at < BUFFER + 0x200, "the buffer holds a dollar");
            }
            real.set_ax(0x0924);
        });
        assert_eq!(shown.len() as u32, length);
        assert_eq!(after, Registers { eax: 0xA0A0_0924, ..regs });
    }
    put(&mut host, linear, &[b'y'; 0x1000]);
    let regs = call(0x0900, |regs| (regs.ds, regs.edx) = (selector as u32, 0xFF0));
    assert_eq!(error(&mut host, &regs), 9);
}

/// Takes a page out of memory, as the swap file will; gives what brings it back.
fn swap_out(host: &mut Host<Mock>, linear: u32) -> u32 {
    let entry = host.machine.table_entry(linear >> 12);
    host.machine.set_table_entry(linear >> 12, Page::Swapped { slot: 1, writable: true }.encode());
    host.machine.flush_all();
    entry
}

#[test]
fn a_page_that_went_out_meanwhile_comes_in_and_the_call_goes_on() {
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x1_0000);
    put(&mut host, linear, &[0; 0x1_0000]);
    let mut file = file(pattern(0x8000));
    let mut regs = transfer_call(0x3F00, selector, 0, 0x6000);
    let before = regs;
    let (mut out, mut page_ins) = (None, 0);
    let mut next = match translate(&mut host, &mut regs, 0x21) {
        Translation::Done(outcome) => settle(outcome, &mut regs),
        Translation::NotOurs => panic!("it is translated"),
    };
    loop {
        next = match next {
            Next::RealCall => {
                let mut asked = host.call.take().unwrap();
                file.serve(&mut host, &mut asked.regs);
                // While DOS reads: the page it will be copied to in the first piece, the next piece's in the second.
                let page = linear + if file.asked.len() == 1 { 0x1000 } else { 0x5000 };
                if file.asked.len() < 3 {
                    out = Some((page, swap_out(&mut host, page)));
                }
                let Finish::Then(then) = asked.finish else { panic!() };
                settle(then(&mut host, &mut regs, &asked.regs), &mut regs)
            }
            Next::PageIn => {
                let (page, entry) = out.take().expect("a page is out");
                assert_eq!(host.wanted_page & !0xFFF, page);
                assert_eq!(regs, before, "the registers are as they were");
                host.machine.set_table_entry(page >> 12, entry);
                host.machine.flush_all();
                page_ins += 1;
                match translate(&mut host, &mut regs, 0x21) {
                    Translation::Done(outcome) => settle(outcome, &mut regs),
                    Translation::NotOurs => panic!("it is translated"),
                }
            }
            _ => break,
        };
    }
    assert_eq!((page_ins, regs.eax, host.dos.count()), (2, 0x6000, 0));
    assert_eq!(file.asked, [0x2000; 3], "no piece was read twice");
    assert_eq!(get(&mut host, linear, 0x6000), file.content[..0x6000]);
}

#[test]
fn a_call_inside_a_call_leaves_its_data_alone() {
    let mut host = host(Width::Bits32);
    let (linear, selector) = block(&mut host, 0x4000);
    put(&mut host, linear, &pattern(0x2000));
    put(&mut host, linear + 0x3000, b"inner$");
    let mut written = vec![];
    let regs = transfer_call(0x4000, selector, 0, 0x2000);
    let mut after = regs;
    issue(&mut host, 0x21, &mut after, |host, _, real| {
        // A handler of the client's prints something while DOS writes.
        let mut print = call(0x0900, |regs| (regs.ds, regs.edx, regs.esp) = (selector as u32, 0x3000, 0x800));
        issue(host, 0x21, &mut print, |host, _, real| {
            assert_eq!(get(host, real_address(real.v_ds, real.dx()), 6), b"inner$");
        });
        written = get(host, real_address(real.v_ds, real.dx()), 0x2000);
        real.set_ax(0x2000);
        real.set_carry(false);
    });
    assert_eq!((written, after.eax), (pattern(0x2000), 0x2000));
    assert_eq!(host.dos.count(), 0);
}

#[test]
fn calls_that_never_return_are_forgotten() {
    let mut host = host(Width::Bits32);
    let (_, selector) = block(&mut host, 0x1000);
    for round in 0..200u32 {
        let mut regs = transfer_call(0x3F00, selector, 0, 16);
        regs.esp = 0x1000 - round * 4;
        assert!(matches!(translate(&mut host, &mut regs, 0x21), Translation::Done(Ok(Next::RealCall))));
        assert!(host.dos.count() <= 64);
    }
    // One of them does return: what lay inside it is gone.
    let mut regs = transfer_call(0x3F00, selector, 0, 16);
    regs.esp = 0x1000 - 150 * 4;
    let asked = host.call.take().unwrap();
    let Finish::Then(then) = asked.finish else { panic!() };
    let real = Registers { eax: 16, ..Registers::default() };
    assert_eq!(then(&mut host, &mut regs, &real), Ok(Next::AsIs));
    assert_eq!(host.dos.count(), 64 - 50);
    host.dos.forget(CLIENT + 1);
    assert_eq!(host.dos.count(), 64 - 50);
    host.dos.forget(CLIENT);
    assert_eq!(host.dos.count(), 0);
    assert_eq!(host.dos.pending.capacity(), 0, "no table stays behind in the core's heap");
}
