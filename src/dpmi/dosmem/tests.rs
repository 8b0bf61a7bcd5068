use super::*;
use crate::dpmi::fixture::{host, refusal, registers, run_with, CLIENT};
use crate::mock::Mock;
use crate::regs::INTERRUPT;
use crate::x86::descriptor::DATA3;

/// DOS with a fixed answer: AX, BX, CF; it notes what it was asked (AH, BX, ES).
struct Dos {
    ax: u16,
    bx: u16,
    carry: bool,
    asked: Vec<(u8, u16, u16)>,
}

fn gives(ax: u16) -> Dos {
    Dos { ax, bx: 0x7777, carry: false, asked: vec![] }
}

fn refuses(ax: u16, bx: u16) -> Dos {
    Dos { ax, bx, carry: true, asked: vec![] }
}

type Handler = fn(&mut Host<Mock>, &mut Registers) -> Outcome;

fn call(host: &mut Host<Mock>, handler: Handler, dos: &mut Dos, regs: &mut Registers) -> bool {
    let next = run_with(host, handler, regs, |_, vector, real| {
        assert_eq!((vector, real.eflags & INTERRUPT), (0x21, INTERRUPT));
        dos.asked.push((real.ah(), real.bx(), real.v_es as u16));
        real.set_ax(dos.ax);
        real.set_bx(dos.bx);
        real.set_carry(dos.carry);
    });
    assert_eq!(next, Next::Resume);
    regs.eflags & CARRY == 0
}

/// Allocates and gives the first selector.
fn block(host: &mut Host<Mock>, paragraphs: u16, segment: u16) -> u16 {
    let mut regs = registers();
    regs.set_bx(paragraphs);
    let mut dos = gives(segment);
    assert!(call(host, allocate, &mut dos, &mut regs));
    assert_eq!(dos.asked, [(0x48, paragraphs, 0)]);
    assert_eq!((regs.ax(), regs.ebx), (segment, 0xB0B0_0000 | paragraphs as u32));
    regs.dx()
}

fn shape(host: &mut Host<Mock>, selector: u16) -> (u32, u32) {
    let descriptor = host.descriptor_of(selector).unwrap();
    assert_eq!(descriptor.access(), DATA3);
    (descriptor.base(), descriptor.limit())
}

#[test]
fn a_32_bit_client_gets_one_descriptor_for_any_size() {
    let mut host = host(Width::Bits32);
    let small = block(&mut host, 0x10, 0x2345);
    let large = block(&mut host, 0x2800, 0x3000);
    assert_eq!(large, small + 8);
    assert_eq!(shape(&mut host, small), (0x2_3450, 0xFF));
    assert_eq!(shape(&mut host, large), (0x3_0000, 0x2_7FFF));
    assert_eq!(host.client().ldt.count(), 2);
    assert_eq!(host.client().dos_blocks.all().count(), 2);
}

#[test]
fn a_16_bit_client_gets_a_descriptor_for_each_64_kib() {
    let mut host = host(Width::Bits16);
    let first = block(&mut host, 0x2801, 0x3000);
    assert_eq!(shape(&mut host, first), (0x3_0000, 0x2_800F));
    assert_eq!(shape(&mut host, first + 8), (0x4_0000, 0xFFFF));
    assert_eq!(shape(&mut host, first + 16), (0x5_0000, 0x800F));
    assert_eq!(host.client().ldt.count(), 3);
    let exact = block(&mut host, 0x1000, 0x6000);
    assert_eq!(shape(&mut host, exact), (0x6_0000, 0xFFFF));
    assert_eq!(host.client().ldt.count(), 4);
    let empty = block(&mut host, 0, 0x7000);
    assert_eq!(shape(&mut host, empty), (0x7_0000, 0));
}

#[test]
fn what_dos_refuses_leaves_nothing_behind() {
    for width in [Width::Bits16, Width::Bits32] {
        let mut host = host(width);
        let mut regs = registers();
        regs.set_bx(0xFFFF);
        assert!(!call(&mut host, allocate, &mut refuses(8, 0x5432), &mut regs));
        assert_eq!((regs.eax, regs.ebx, regs.edx), (0xA0A0_0008, 0xB0B0_5432, 0xD0D0_0000));
        assert_eq!((host.client().ldt.count(), host.client().dos_blocks.blocks.len()), (0, 0));
    }
}

#[test]
fn without_descriptors_dos_gives_nothing() {
    let mut host = host(Width::Bits16);
    host.machine.descriptors_max = 18;
    let mut regs = registers();
    regs.set_bx(0x3000);
    assert_eq!(refusal(&mut host, allocate, &regs), 0x8011);
    assert_eq!((host.client().ldt.count(), host.client().dos_blocks.blocks.len()), (0, 0));
    let selector = block(&mut host, 0x2000, 0x4000);
    regs.set_dx(selector);
    let mut dos = gives(0);
    assert!(!call(&mut host, resize, &mut dos, &mut regs));
    assert_eq!((regs.ax(), regs.bx(), host.client().ldt.count()), (0x8011, 0x3000, 2));
    assert_eq!(dos.asked, [(0x4A, 0x3000, 0x4000), (0x4A, 0x2000, 0x4000)]);
}

#[test]
fn freeing_gives_back_all_descriptors_and_nulls_segments() {
    let mut host = host(Width::Bits16);
    let selector = block(&mut host, 0x1800, 0x3000);
    let mut regs = registers();
    regs.set_dx(selector);
    regs.ds = selector as u32;
    regs.es = selector as u32 + 8;
    let mut dos = refuses(9, 0);
    let mut kept = regs;
    assert!(!call(&mut host, free, &mut dos, &mut kept));
    assert_eq!((kept.ax(), kept.ebx, kept.ds), (9, regs.ebx, regs.ds));
    assert_eq!(host.client().ldt.count(), 2);
    let mut dos = gives(0);
    assert!(call(&mut host, free, &mut dos, &mut regs));
    assert_eq!(dos.asked, [(0x49, 0, 0x3000)]);
    assert_eq!((regs.ds, regs.es, regs.eax), (0, 0, 0xA0A0_0000));
    assert_eq!(host.client().ldt.count(), 0);
    for handler in [free, resize] {
        regs.set_carry(false);
        assert_eq!(refusal(&mut host, handler, &regs), 0x8022);
    }
}

#[test]
fn only_first_selectors_of_blocks_name_them() {
    let mut host = host(Width::Bits16);
    let selector = block(&mut host, 0x1800, 0x3000);
    for wrong in [0, selector + 8, selector & !4, 0x1237] {
        let mut regs = registers();
        regs.set_dx(wrong);
        for handler in [free, resize] {
            assert_eq!(refusal(&mut host, handler, &regs), 0x8022);
        }
    }
}

#[test]
fn a_descriptor_that_was_freed_by_itself_is_not_freed_again_with_its_block() {
    let mut host = host(Width::Bits16);
    let selector = block(&mut host, 0x2800, 0x3000);
    let free_one = |host: &mut Host<Mock>, selector: u16| {
        let mut regs = registers();
        regs.set_bx(selector);
        assert!(call(host, ldt::free_descriptor, &mut gives(0), &mut regs));
    };
    // The second of three, which then is another's, fixed.
    free_one(&mut host, selector + 8);
    let other =
        with_table(&mut host, |machine, id, table| ldt::segment_to_selector(machine, id, table, 0x40));
    assert_eq!(other, Ok(selector + 8));
    let mut regs = registers();
    regs.set_dx(selector);
    assert!(call(&mut host, free, &mut gives(0), &mut regs));
    assert!(host.descriptor_of(selector).is_err());
    assert!(host.descriptor_of(selector + 8).is_ok() && host.descriptor_of(selector + 16).is_ok());

    // The first: nothing names the block any more.
    let selector = block(&mut host, 0x10, 0x5000);
    free_one(&mut host, selector);
    regs.set_dx(selector);
    assert_eq!(refusal(&mut host, free, &regs), 0x8022);
}

#[test]
fn resizing_follows_dos() {
    let mut host = host(Width::Bits16);
    let selector = block(&mut host, 0x1000, 0x3000);
    let change = |host: &mut Host<Mock>, paragraphs: u16, dos: &mut Dos| {
        let mut regs = registers();
        regs.set_bx(paragraphs);
        regs.set_dx(selector);
        regs.fs = selector as u32 + 8;
        let done = call(host, resize, dos, &mut regs);
        assert_eq!(dos.asked, [(0x4A, paragraphs, 0x3000)]);
        (done, regs)
    };
    assert!(change(&mut host, 0x2001, &mut gives(0)).0);
    assert_eq!(shape(&mut host, selector), (0x3_0000, 0x2_000F));
    assert_eq!(shape(&mut host, selector + 16), (0x5_0000, 0xF));
    assert_eq!(host.client().ldt.count(), 3);
    // Growing fails in DOS: the descriptors taken for it go back.
    let (done, regs) = change(&mut host, 0x8000, &mut refuses(8, 0x2222));
    assert_eq!((done, regs.ax(), regs.bx()), (false, 8, 0x2222));
    assert_eq!(host.client().ldt.count(), 3);
    assert_eq!(shape(&mut host, selector), (0x3_0000, 0x2_000F));
    // Shrinking past 64 KiB frees descriptors, and what holds them becomes null.
    let (done, regs) = change(&mut host, 0x0800, &mut gives(0));
    assert_eq!((done, regs.fs), (true, 0));
    assert_eq!(host.client().ldt.count(), 1);
    assert_eq!(shape(&mut host, selector), (0x3_0000, 0x7FFF));
}

#[test]
fn a_block_cannot_grow_over_a_descriptor_in_use() {
    let mut host = host(Width::Bits16);
    let selector = block(&mut host, 0x1000, 0x3000);
    block(&mut host, 1, 0x5000);
    let grow = |host: &mut Host<Mock>, dos: &mut Dos| {
        let mut regs = registers();
        regs.set_bx(0x1001);
        regs.set_dx(selector);
        assert!(!call(host, resize, dos, &mut regs));
        assert_eq!(shape(host, selector), (0x3_0000, 0xFFFF));
        (regs.ax(), regs.bx())
    };
    // DOS would have the memory: it gets it back.
    let mut dos = gives(0);
    assert_eq!(grow(&mut host, &mut dos), (0x8011, 0x1001));
    assert_eq!(dos.asked, [(0x4A, 0x1001, 0x3000), (0x4A, 0x1000, 0x3000)]);
    // DOS has not: its answer counts.
    assert_eq!(grow(&mut host, &mut refuses(8, 0x1000)), (8, 0x1000));
}

#[test]
fn an_interrupt_may_allocate_between_question_and_answer() {
    let mut host = host(Width::Bits32);
    let mut regs = registers();
    regs.set_bx(0x20);
    let mut inner = 0;
    let next = run_with(&mut host, allocate, &mut regs, |host, _, real| {
        inner = block(host, 0x20, 0x4000);
        real.set_ax(0x5000);
        real.set_carry(false);
    });
    assert_eq!(next, Next::Resume);
    assert_ne!(inner, regs.dx());
    assert_eq!(shape(&mut host, inner).0, 0x4_0000);
    assert_eq!(shape(&mut host, regs.dx()).0, 0x5_0000);
    assert_eq!(host.machine.descriptors[&CLIENT].len(), 18);
}
