//! Whole reports against accepted renderings (`ACCEPT=1 cargo test report` writes them anew, for review as a diff), and
//! what holds for every report, however odd the crash.

use super::*;
use crate::x86::descriptor::{BIG, CODE3, DATA3};
use proptest::prelude::*;

/// A go32v2 program that wrote through a null pointer a little beyond its block.
fn page_fault32() -> Crash<'static> {
    let flat = |access| Some(Descriptor::new(0x0040_0000, 0x000F_FFFF, access, BIG));
    Crash {
        version: "0.1.0",
        vector: 0x0E,
        client: 1,
        width: Width::Bits32,
        child: false,
        note: "",
        registers: Registers {
            eax: 0x0000_0041,
            ebx: 0x0001_2340,
            ecx: 0x10,
            edx: 0x00BA_DBAD,
            esi: 0x1,
            edi: 0x2,
            ebp: 0x000F_FF80,
            esp: 0x000F_FF68,
            eip: 0x1F,
            eflags: 0x0001_3246,
            error: 6,
            cs: 0xA7,
            ss: 0xAF,
            ds: 0xAF,
            es: 0xAF,
            fs: 0xBF,
            ..Default::default()
        },
        segments: [
            flat(DATA3),
            flat(CODE3),
            flat(DATA3),
            flat(DATA3),
            Some(Descriptor::new(0, 0x0010_FFFF, DATA3, BIG)),
            None,
        ],
        cr2: 0x00FA_DBAD,
        page: PageState::Outside,
        code: CodeWindow::new(
            &[
                0x55, 0x89, 0xE5, 0x83, 0xEC, 0x18, 0x8B, 0x45, 0x08, 0x89, 0x45, 0xF4, 0xC7, 0x45, 0xF0, 0,
                0, 0, 0, 0xEB, 0x10, 0x8B, 0x55, 0xF4, 0x8B, 0x45, 0xF0, 0x01, 0xD0, 0x31, 0xC9,
            ],
            &[
                0x88, 0x02, 0x83, 0x45, 0xF0, 0x01, 0x83, 0x7D, 0xF0, 0x0F, 0x7E, 0xEA, 0xC7, 0x84, 0x8B,
                0x78, 0x56, 0x34, 0x12, 0xEF, 0xCD, 0xAB, 0x89, 0xC9, 0xC3,
            ],
        ),
        stack: StackWindow::new(b"\x01\0\0\0\x40\x23\x01\0\x00\x00\x00\x00Hello, stack.\0\x80\xFF\x0F\0"),
        calls: [0x31_0006, 0x31_0501, 0x31_0008, 0x21_3D00, 0x21_3F00, 0x21_3F00, 0x21_3E03, 0x21_4000],
    }
}

/// A 16-bit program that loaded a selector which does not exist.
fn general_protection16() -> Crash<'static> {
    let code = Descriptor::new(0x0001_2340, 0xFFFF, CODE3, 0);
    let data = Descriptor::new(0x0002_0000, 0x7FFF, DATA3, 0);
    Crash {
        version: "0.1.0",
        vector: 0x0D,
        client: 31,
        width: Width::Bits16,
        child: false,
        note: "its handler was on this stack",
        registers: Registers {
            eax: 0x1234,
            esp: 0xDEAD_0FF6,
            eip: 0x0003,
            eflags: 0x0000_3A97,
            error: 0x1234,
            cs: 0x87,
            ss: 0x8F,
            ds: 0x8F,
            es: 0x97,
            fs: 0x9F,
            ..Default::default()
        },
        segments: [
            Some(Descriptor::new(0, 0x0FFF, DATA3 | 4, 0)),
            Some(code),
            Some(data),
            Some(data),
            Some(Descriptor::new(0, 0, DATA3 & 0x7F, 0)),
            None,
        ],
        cr2: 0,
        page: PageState::Unknown,
        code: CodeWindow::new(&[0xB8, 0x34, 0x12], &[0x8E, 0xC0, 0x26, 0xA1, 0x00, 0x01, 0xCD, 0x21, 0xC3]),
        stack: StackWindow::new(&[0x34, 0x12, 0x00, 0x01, 0x8F, 0x00, 0x41, 0x42, 0x43]),
        calls: oldest_first([0x2F_1687, 0x31_0000, 0, 0, 0, 0, 0, 0], 2),
    }
}

/// V86 code that ran into bytes that are no instruction.
fn invalid_opcode_in_v86() -> Crash<'static> {
    Crash {
        version: "0.1.0",
        vector: 0x06,
        client: 2,
        width: Width::Bits32,
        child: false,
        note: "",
        registers: Registers {
            eip: 0x0100,
            esp: 0xFFFE,
            eflags: 0x0002_3202,
            cs: 0x1234,
            ss: 0x1234,
            v_ds: 0x1234,
            v_es: 0xB800,
            ..Default::default()
        },
        segments: [None; 6],
        cr2: 0x0012_3456,
        page: PageState::Resident { physical: 0x0203_4000, is_writable: true, is_user: true },
        code: CodeWindow::new(&[], &[0x0F, 0xFF, 0xFF, 0xFF, 0xB4, 0x4C, 0xCD, 0x21]),
        stack: StackWindow::new(&[0, 0]),
        calls: [0; CALLS],
    }
}

/// A jump into the void: nothing at CS:EIP, no stack, no valid code selector.
fn nothing_readable() -> Crash<'static> {
    Crash {
        registers: Registers { eip: 0xFFFF_FFFE, error: 4, ss: 3, cs: 0x07, ..Default::default() },
        segments: [None; 6],
        cr2: 0xFFFF_FFFE,
        page: PageState::Core,
        code: CodeWindow::new(&[], &[]),
        stack: StackWindow::new(&[]),
        calls: [0; CALLS],
        ..page_fault32()
    }
}

/// The instruction at EIP crosses into a page that is in the swap file, and so cannot be read to its end.
fn cut_off_at_the_end() -> Crash<'static> {
    Crash {
        cr2: 0x0040_1000,
        page: PageState::Swapped { slot: 4711 },
        registers: Registers { error: 4, eip: 0x0FFC, ..page_fault32().registers },
        code: CodeWindow::new(&[0x90; 40], &[0xC7, 0x05, 0x78, 0x56]),
        ..page_fault32()
    }
}

/// Compares a report with its accepted rendering, or accepts it.
fn check(name: &str, crash: &Crash) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/golden").join(name);
    let text = crash.to_string();
    if std::env::var_os("ACCEPT").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let accepted = std::fs::read_to_string(&path).unwrap();
    assert!(text == accepted, "{name} differs:\n{text}\naccepted was:\n{accepted}");
    assert!(text.lines().count() <= 25, "{name} does not fit a text screen");
    assert!(text.lines().all(|line| line.len() <= COLUMNS), "{name} is too wide");
}

#[test]
fn a_page_fault_of_a_32_bit_client_reads_as_accepted() {
    check("page-fault-32.txt", &page_fault32());
}

#[test]
fn a_protection_fault_of_a_16_bit_client_reads_as_accepted() {
    check("general-protection-16.txt", &general_protection16());
}

#[test]
fn an_invalid_opcode_in_v86_mode_reads_as_accepted() {
    check("invalid-opcode-v86.txt", &invalid_opcode_in_v86());
}

#[test]
fn a_jump_into_the_void_reads_as_accepted() {
    check("nothing-readable.txt", &nothing_readable());
}

#[test]
fn an_instruction_cut_off_by_its_page_reads_as_accepted() {
    check("cut-off.txt", &cut_off_at_the_end());
}

#[test]
fn a_ring_of_calls_is_put_in_order() {
    assert_eq!(oldest_first([8, 9, 2, 3, 4, 5, 6, 7], 2), [2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(oldest_first([1, 2, 3, 0, 0, 0, 0, 0], 3), [0, 0, 0, 0, 0, 1, 2, 3]);
    assert_eq!(oldest_first([1, 2, 3, 4, 5, 6, 7, 8], 248), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn a_line_is_cut_and_odd_characters_are_replaced() {
    use core::fmt::Write;
    let mut text = String::new();
    let long = "x".repeat(COLUMNS);
    writeln!(Columns::new(&mut text), "{long}yz\ntab\tand \u{e4}  ").unwrap();
    assert_eq!(text, format!("{long}\ntab?and ?\n"));
}

proptest! {
    /// Any bytes, any vector, any registers: the report comes, in shape.
    #[test]
    fn no_crash_is_too_odd_to_report(
        vector: u8, error: u32, eip: u32, esp: u32, eflags: u32, selectors: [u32; 3], is_32_bit: bool,
        descriptors: [Option<u64>; 6],
        before in prop::collection::vec(any::<u8>(), 0..40),
        from in prop::collection::vec(any::<u8>(), 0..40),
        stack in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let [cs, ss, ds] = selectors;
        let crash = Crash {
            vector,
            width: if is_32_bit { Width::Bits32 } else { Width::Bits16 },
            registers: Registers { error, eip, esp, eflags, cs, ss, ds, v_ds: ds, ..Default::default() },
            segments: descriptors.map(|descriptor| descriptor.map(Descriptor)),
            code: CodeWindow::new(&before, &from),
            stack: StackWindow::new(&stack),
            ..general_protection16()
        };
        let text = crash.to_string();
        prop_assert!(text.lines().count() <= 25, "{}", text);
        prop_assert!(text.lines().all(|line| line.len() <= COLUMNS), "{}", text);
        prop_assert_eq!(text.lines().filter(|line| line.starts_with('>')).count(), 1, "{}", text);
        prop_assert!(text.is_ascii());
    }
}
