//! The decoder against iced-x86, which answers for every instruction there is: wherever iced names one of ours,
//! so must [`decode`], with the same operands; everywhere else it must answer `None`.

use super::*;
use iced_x86::{Code, Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};
use proptest::prelude::*;

/// What [`decode`] should answer, as iced-x86 sees it.
fn oracle(bytes: &[u8], default32: bool) -> Option<Decoded> {
    let bitness = if default32 { 32 } else { 16 };
    let bytes = &bytes[..bytes.len().min(LONGEST)];
    let instruction = Decoder::new(bitness, bytes, DecoderOptions::NONE).decode();
    if instruction.is_invalid() {
        return None;
    }
    let operation = plain(&instruction).or_else(|| with_operands(&instruction))?;
    Some(Decoded { length: instruction.len() as u8, operation })
}

/// The instructions whose code says everything.
fn plain(instruction: &Instruction) -> Option<Operation> {
    Some(match instruction.code() {
        Code::Hlt => Operation::Halt,
        Code::Cli => Operation::ClearInterrupts,
        Code::Sti => Operation::SetInterrupts,
        Code::Pushfw => Operation::PushFlags(Width::Word),
        Code::Pushfd => Operation::PushFlags(Width::Dword),
        Code::Popfw => Operation::PopFlags(Width::Word),
        Code::Popfd => Operation::PopFlags(Width::Dword),
        Code::Iretw => Operation::InterruptReturn(Width::Word),
        Code::Iretd => Operation::InterruptReturn(Width::Dword),
        Code::Int3 => Operation::Breakpoint,
        Code::Into => Operation::Overflow,
        Code::Int_imm8 => Operation::Interrupt(instruction.immediate8()),
        Code::Clts => Operation::ClearTaskSwitched,
        Code::Invd => Operation::InvalidateCaches,
        Code::Wbinvd | Code::Wbnoinvd => Operation::WriteBackCaches,
        Code::Rdmsr => Operation::ReadModelSpecific,
        Code::Wrmsr => Operation::WriteModelSpecific,
        Code::Rdtsc => Operation::ReadTimestamp,
        _ => return None,
    })
}

/// The others, by mnemonic.
fn with_operands(instruction: &Instruction) -> Option<Operation> {
    let is_repeated = instruction.has_rep_prefix() || instruction.has_repne_prefix();
    Some(match instruction.mnemonic() {
        Mnemonic::Bound => Operation::Bound {
            register: number(instruction.op0_register()),
            width: size(instruction.op0_register()),
            bounds: memory(instruction),
        },
        Mnemonic::In => Operation::In { port: port(instruction, 1), width: size(instruction.op0_register()) },
        Mnemonic::Out => {
            Operation::Out { port: port(instruction, 0), width: size(instruction.op1_register()) }
        }
        Mnemonic::Insb | Mnemonic::Insw | Mnemonic::Insd => Operation::InString {
            width: element(instruction.mnemonic()),
            address_width: match instruction.op0_kind() {
                OpKind::MemoryESDI => Width::Word,
                _ => Width::Dword,
            },
            is_repeated,
        },
        Mnemonic::Outsb | Mnemonic::Outsw | Mnemonic::Outsd => Operation::OutString {
            width: element(instruction.mnemonic()),
            address_width: match instruction.op1_kind() {
                OpKind::MemorySegSI => Width::Word,
                _ => Width::Dword,
            },
            is_repeated,
            segment: segment(instruction.memory_segment()),
        },
        Mnemonic::Mov => return special(instruction),
        Mnemonic::Lmsw => Operation::LoadMachineStatus { source: operand(instruction) },
        Mnemonic::Smsw => {
            Operation::StoreMachineStatus { target: operand(instruction), width: stored(instruction) }
        }
        Mnemonic::Lgdt | Mnemonic::Lidt => Operation::LoadTable {
            table: table(instruction.mnemonic()),
            address: memory(instruction),
            width: match instruction.code() {
                Code::Lgdt_m1632_16 | Code::Lidt_m1632_16 => Width::Word,
                _ => Width::Dword,
            },
        },
        Mnemonic::Sgdt | Mnemonic::Sidt => {
            Operation::StoreTable { table: table(instruction.mnemonic()), address: memory(instruction) }
        }
        Mnemonic::Lldt | Mnemonic::Ltr => {
            Operation::LoadSelector { register: selector(instruction), source: operand(instruction) }
        }
        Mnemonic::Sldt | Mnemonic::Str => Operation::StoreSelector {
            register: selector(instruction),
            target: operand(instruction),
            width: stored(instruction),
        },
        Mnemonic::Invlpg => Operation::InvalidatePage(memory(instruction)),
        _ => return None,
    })
}

/// MOV, if one side is a control or debug register.
fn special(instruction: &Instruction) -> Option<Operation> {
    let (target, source) = (instruction.op0_register(), instruction.op1_register());
    Some(match instruction.code() {
        Code::Mov_r32_cr => Operation::ReadControl { control: number(source), register: number(target) },
        Code::Mov_cr_r32 => Operation::WriteControl { control: number(target), register: number(source) },
        Code::Mov_r32_dr => Operation::ReadDebug { debug: number(source), register: number(target) },
        Code::Mov_dr_r32 => Operation::WriteDebug { debug: number(target), register: number(source) },
        _ => return None,
    })
}

/// The runs of registers that iced numbers consecutively, eight at a time, in the CPU's order.
const RUNS: [(Register, Width); 5] = [
    (Register::AL, Width::Byte),
    (Register::AX, Width::Word),
    (Register::EAX, Width::Dword),
    (Register::CR0, Width::Dword),
    (Register::DR0, Width::Dword),
];

/// A register's place in its run, and the width of that run.
fn place(register: Register) -> (u8, Width) {
    RUNS.iter()
        .filter_map(|&(first, width)| Some(((register as usize).checked_sub(first as usize)?, width)))
        .find(|&(place, _)| place < 8)
        .map(|(place, width)| (place as u8, width))
        .unwrap_or_else(|| panic!("{register:?} has no number"))
}

fn number(register: Register) -> u8 {
    place(register).0
}

fn size(register: Register) -> Width {
    place(register).1
}

fn element(mnemonic: Mnemonic) -> Width {
    match mnemonic {
        Mnemonic::Insb | Mnemonic::Outsb => Width::Byte,
        Mnemonic::Insw | Mnemonic::Outsw => Width::Word,
        _ => Width::Dword,
    }
}

fn port(instruction: &Instruction, operand: u32) -> Port {
    match instruction.op_kind(operand) {
        OpKind::Immediate8 => Port::Immediate(instruction.immediate8()),
        _ => Port::Dx,
    }
}

fn table(mnemonic: Mnemonic) -> Table {
    match mnemonic {
        Mnemonic::Lgdt | Mnemonic::Sgdt => Table::Global,
        _ => Table::Interrupt,
    }
}

fn selector(instruction: &Instruction) -> SystemSelector {
    match instruction.mnemonic() {
        Mnemonic::Lldt | Mnemonic::Sldt => SystemSelector::LocalTable,
        _ => SystemSelector::Task,
    }
}

fn operand(instruction: &Instruction) -> Operand {
    match instruction.op0_kind() {
        OpKind::Register => Operand::Register(number(instruction.op0_register())),
        _ => Operand::Memory(memory(instruction)),
    }
}

fn stored(instruction: &Instruction) -> Width {
    match instruction.op0_kind() {
        OpKind::Register => size(instruction.op0_register()),
        _ => Width::Word,
    }
}

fn segment(register: Register) -> Segment {
    match register {
        Register::ES => Segment::Es,
        Register::CS => Segment::Cs,
        Register::SS => Segment::Ss,
        Register::DS => Segment::Ds,
        Register::FS => Segment::Fs,
        Register::GS => Segment::Gs,
        other => panic!("{other:?} is no segment register"),
    }
}

fn memory(instruction: &Instruction) -> Address {
    let named = |register: Register| (register != Register::None).then(|| number(register));
    let (base, index) = (instruction.memory_base(), instruction.memory_index());
    let is_word = match (base, index) {
        (Register::None, Register::None) => instruction.memory_displ_size() == 2,
        (Register::None, index) => size(index) == Width::Word,
        (base, _) => size(base) == Width::Word,
    };
    let displacement = instruction.memory_displacement32();
    Address {
        segment: segment(instruction.memory_segment()),
        base: named(base),
        index: named(index),
        // Without an index iced keeps the scale that the SIB byte has all the same.
        scale: if index == Register::None { 1 } else { instruction.memory_index_scale() as u8 },
        // iced gives 16-bit displacements modulo 64 KiB; ours are signed.
        displacement: if is_word { displacement as i16 as u32 } else { displacement },
        width: if is_word { Width::Word } else { Width::Dword },
    }
}

fn agrees(bytes: &[u8], default32: bool) {
    let (ours, theirs) = (decode(bytes, default32), oracle(bytes, default32));
    assert!(ours == theirs, "{bytes:02X?}, default32 {default32}:\n ours {ours:?}\n iced {theirs:?}");
}

/// Every choice of size, segment, repeat and lock prefixes, in one order.
fn prefix_sets() -> Vec<Vec<u8>> {
    let mut sets = vec![vec![]];
    for group in [&[0x66][..], &[0x67], &[0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65], &[0xF2, 0xF3], &[0xF0]] {
        for set in sets.clone() {
            sets.extend(group.iter().map(|&prefix| [&set[..], &[prefix]].concat()));
        }
    }
    sets
}

/// All opcodes of one and two bytes. (0Fh alone is the way to the second kind.)
fn opcodes() -> impl Iterator<Item = Vec<u8>> {
    (0..=0xFF)
        .filter(|&opcode| opcode != 0x0F)
        .map(|opcode| vec![opcode])
        .chain((0..=0xFF).map(|opcode| vec![0x0F, opcode]))
}

#[test]
fn every_prefix_opcode_and_modrm_agrees_with_iced() {
    for prefixes in prefix_sets() {
        for opcode in opcodes() {
            let mut bytes = [&prefixes[..], &opcode[..], &[0, 0x8D, 0x80, 0x71, 0xFE, 0x95]].concat();
            let at = prefixes.len() + opcode.len();
            // Where ModRM cannot make it one of ours, a few values will do.
            let step = match opcode[..] {
                [0x62] | [0x0F, 0x00 | 0x01 | 0x20..=0x23] => 1,
                _ => 37,
            };
            for modrm in (0..=0xFF).step_by(step) {
                bytes[at] = modrm;
                agrees(&bytes, false);
                agrees(&bytes, true);
            }
        }
    }
}

#[test]
fn every_sib_byte_agrees_with_iced() {
    for opcode in [&[0x62][..], &[0x0F, 0x00], &[0x0F, 0x01]] {
        for modrm in (0..=0xBF).filter(|modrm| modrm & 7 == 4) {
            for sib in 0..=0xFF {
                let bytes = [opcode, &[modrm, sib, 0x81, 0x00, 0x00, 0x80]].concat();
                agrees(&bytes, true);
                agrees(&[&[0x67], &bytes[..]].concat(), false);
            }
        }
    }
}

#[test]
fn an_instruction_that_ends_early_is_refused() {
    let whole = [0x66, 0x2E, 0x0F, 0x01, 0x94, 0x8D, 1, 2, 3, 4];
    for count in 0..whole.len() {
        assert_eq!(decode(&whole[..count], true), None, "{count} bytes");
    }
    assert_eq!(decode(&whole, true).map(|decoded| decoded.length), Some(10));
}

#[test]
fn fifteen_bytes_are_an_instruction_and_sixteen_are_not() {
    let mut bytes = [0x66; 16];
    bytes[14] = 0xF4;
    assert_eq!(decode(&bytes, false), Some(Decoded { length: 15, operation: Operation::Halt }));
    bytes[14] = 0x66;
    bytes[15] = 0xF4;
    assert_eq!(decode(&bytes, false), None);
}

#[test]
fn an_offset_wraps_at_the_width_of_its_address() {
    let registers = [0, 0, 0, 0x1234_FFF0, 0, 0, 0x5678_0020, 0];
    let lgdt_bx_si_4 = decode(&[0x0F, 0x01, 0x50, 0x04], false).unwrap().operation;
    let Operation::LoadTable { address, .. } = lgdt_bx_si_4 else { panic!("{lgdt_bx_si_4:?}") };
    assert_eq!(address.offset(&registers), 0x0014);
    let lgdt_ebx_esi8_4 = decode(&[0x67, 0x0F, 0x01, 0x54, 0xF3, 0x04], false).unwrap().operation;
    let Operation::LoadTable { address, .. } = lgdt_ebx_esi8_4 else { panic!("{lgdt_ebx_esi8_4:?}") };
    assert_eq!(
        address.offset(&registers),
        0x1234_FFF0_u32.wrapping_add(0x5678_0020_u32.wrapping_mul(8)).wrapping_add(4)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// Prefixes in any order and number, any opcode, cut off anywhere.
    #[test]
    fn any_bytes_agree_with_iced(
        prefixes in prop::collection::vec(
            prop::sample::select(&[0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF2, 0xF3, 0xF0][..]), 0..15),
        escape in any::<bool>(),
        rest in prop::collection::vec(any::<u8>(), 0..8),
        default32 in any::<bool>(),
    ) {
        let escape = if escape { &[0x0F][..] } else { &[] };
        agrees(&[&prefixes[..], escape, &rest[..]].concat(), default32);
    }

    /// Whatever the bytes are, nothing panics, and an answer fits the bytes.
    #[test]
    fn a_length_never_exceeds_the_bytes(bytes in prop::collection::vec(any::<u8>(), 0..20), default32 in any::<bool>()) {
        if let Some(decoded) = decode(&bytes, default32) {
            prop_assert!(usize::from(decoded.length) <= bytes.len().min(LONGEST));
        }
    }
}
