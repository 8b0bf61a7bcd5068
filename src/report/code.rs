//! The instructions around the fault, disassembled.
//!
//! x86 code cannot be read backwards, so what lies before EIP is a guess: decode from every byte of the window,
//! drop the starts that do not meet EIP, and believe the boundaries that most of the others pass through. Wrong starts
//! fall into step with the right one after an instruction or two, which is why this works. Instructions that programs
//! hardly ever contain, but that stray bytes often look like, are believed last.

use alloc::string::String;
use core::fmt;

use iced_x86::{
    Decoder, DecoderError, DecoderOptions, Instruction, SpecializedFormatter,
    SpecializedFormatterTraitOptions,
};

use super::{bits, Offset};
use crate::regs::Width;

/// Instructions shown before the one at EIP.
const SHOWN_BEFORE: usize = 3;
/// Instructions shown after it.
const SHOWN_AFTER: usize = 4;
/// Bytes of an instruction that are shown; a `+` stands for the rest.
const BYTES_SHOWN: usize = 8;

/// Stands where an instruction would.
const UNREADABLE: &str = "(cannot be read)";

/// The bytes around CS:EIP, as far as they can be read.
#[derive(Clone, Copy, Debug)]
pub struct CodeWindow {
    bytes: [u8; CodeWindow::BEFORE + CodeWindow::FROM],
    /// How many of `bytes` lie before EIP.
    before: u8,
    /// How many of `bytes` there are.
    count: u8,
}

impl CodeWindow {
    /// How many bytes before EIP are of use. Measured over 63,000 instructions of the Free Pascal compiler, the three
    /// shown before EIP are then right in 99, 97 and 96 cases of 100; with 16 bytes in 97, 92 and 82.
    pub const BEFORE: usize = 32;
    /// How many bytes from EIP on are of use.
    pub const FROM: usize = 32;

    /// Keeps the last [`CodeWindow::BEFORE`] of the readable bytes that end just before EIP, and the first
    /// [`CodeWindow::FROM`] of the readable ones that begin at EIP. Either may be empty.
    pub fn new(before: &[u8], from: &[u8]) -> Self {
        let before = &before[before.len().saturating_sub(Self::BEFORE)..];
        let from = &from[..from.len().min(Self::FROM)];
        let count = before.len() + from.len();
        let mut bytes = [0; Self::BEFORE + Self::FROM];
        bytes[..before.len()].copy_from_slice(before);
        bytes[before.len()..count].copy_from_slice(from);
        CodeWindow { bytes, before: before.len() as u8, count: count as u8 }
    }

    fn before(&self) -> &[u8] {
        &self.bytes[..usize::from(self.before)]
    }

    fn from(&self) -> &[u8] {
        &self.bytes[usize::from(self.before)..usize::from(self.count)]
    }
}

/// How instructions are spelt. Everything is fixed, so that the formatter is no larger than it must be.
struct Spelling;

impl SpecializedFormatterTraitOptions for Spelling {
    fn space_after_operand_separator(_: &iced_x86::FastFormatterOptions) -> bool {
        false
    }
    fn rip_relative_addresses(_: &iced_x86::FastFormatterOptions) -> bool {
        false
    }
    fn use_pseudo_ops(_: &iced_x86::FastFormatterOptions) -> bool {
        false
    }
    fn show_symbol_address(_: &iced_x86::FastFormatterOptions) -> bool {
        false
    }
    fn always_show_segment_register(_: &iced_x86::FastFormatterOptions) -> bool {
        false
    }
    fn always_show_memory_size(_: &iced_x86::FastFormatterOptions) -> bool {
        false
    }
    fn uppercase_hex(_: &iced_x86::FastFormatterOptions) -> bool {
        true
    }
    fn use_hex_prefix(_: &iced_x86::FastFormatterOptions) -> bool {
        false
    }
}

/// Writes a line for each instruction around `eip`, that at `eip` marked. Nothing is allocated where there are no bytes.
pub(super) fn write(
    window: &CodeWindow,
    selector: u16,
    eip: u32,
    width: Width,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    if window.count == 0 {
        return writeln!(out, ">{selector:04X}:{}{:20}{UNREADABLE}", Offset(eip, width), "");
    }
    let mut lines = Lines {
        selector,
        width,
        formatter: SpecializedFormatter::new(),
        text: String::new(),
        instruction: Instruction::default(),
    };
    let eip = Offset(eip, width);

    let before = window.before();
    let (starts, count) = boundaries(before, width);
    for &start in starts[..count].iter().rev() {
        let start = usize::from(start);
        let at = eip.plus(start as i32 - before.len() as i32);
        lines.write(' ', at, &before[start..], out)?;
    }

    let mut rest = window.from();
    let mut at = eip;
    let mut marker = '>';
    for _ in 0..=SHOWN_AFTER {
        let length = match lines.write(marker, at, rest, out)? {
            Some(length) if length < rest.len() => length,
            _ => break,
        };
        rest = &rest[length..];
        at = at.plus(length as i32);
        marker = ' ';
    }
    Ok(())
}

/// A decoder that knows what programs of the time may contain.
fn decoder(bytes: &[u8], at: u32, width: Width) -> Decoder<'_> {
    let options = DecoderOptions::MOV_TR | DecoderOptions::OLD_FPU;
    Decoder::with_ip(bits(width), bytes, u64::from(at), options)
}

/// The likely starts of the last instructions in `before`, which ends at EIP: nearest first, and how many.
fn boundaries(before: &[u8], width: Width) -> ([u8; SHOWN_BEFORE], usize) {
    let end = before.len();
    let mut lengths = [0; CodeWindow::BEFORE];
    let mut meets_eip = [false; CodeWindow::BEFORE + 1];
    let mut votes = [0_u8; CodeWindow::BEFORE + 1];
    meets_eip[end] = true;
    for start in (0..end).rev() {
        let instruction = decoder(&before[start..], 0, width).decode();
        if !instruction.is_invalid() && meets_eip[start + instruction.len()] {
            lengths[start] = instruction.len();
            meets_eip[start] = true;
            votes[start] = u8::from(!is_rare(&instruction));
        }
    }

    // A start votes for itself and for every boundary on its way, unless it meets a rare instruction.
    for start in (0..end).filter(|&start| meets_eip[start]) {
        let next = start + lengths[start];
        if next < end && votes[next] > 0 {
            votes[next] += votes[start];
        }
    }

    let mut starts = [0; SHOWN_BEFORE];
    let mut count = 0;
    let mut next = end;
    while count < SHOWN_BEFORE {
        let candidates = (0..next).filter(|&start| meets_eip[start] && start + lengths[start] == next);
        // Among equals the first, that is the longest instruction.
        let Some(best) = candidates.rev().max_by_key(|&start| votes[start]) else { break };
        starts[count] = best as u8;
        count += 1;
        next = best;
    }
    (starts, count)
}

/// Is it an instruction that programs hardly ever contain?
fn is_rare(instruction: &Instruction) -> bool {
    use iced_x86::Mnemonic::*;
    let is_odd = matches!(
        instruction.mnemonic(),
        Hlt | Into
            | Int1
            | Int3
            | Arpl
            | Bound
            | Salc
            | Aaa
            | Aas
            | Aam
            | Aad
            | Daa
            | Das
            | Iret
            | Iretd
            | Retf
            | Lds
    );
    // Zeros, of which displacements and immediates are full, read as ADD of AL to memory.
    let is_zeros = instruction.code() == iced_x86::Code::Add_rm8_r8
        && instruction.len() == 2
        && instruction.op1_register() == iced_x86::Register::AL;
    is_odd || is_zeros
}

/// Writes instructions, one to a line.
struct Lines {
    selector: u16,
    width: Width,
    formatter: SpecializedFormatter<Spelling>,
    /// The text of an instruction; one buffer for all of them.
    text: String,
    instruction: Instruction,
}

impl Lines {
    /// Writes the instruction at the start of `bytes` and tells its length. `None` when there is nothing more to show:
    /// the bytes end early, which is worth a line only for the instruction at EIP.
    fn write(
        &mut self,
        marker: char,
        at: Offset,
        bytes: &[u8],
        out: &mut dyn fmt::Write,
    ) -> Result<Option<usize>, fmt::Error> {
        let mut decoder = decoder(bytes, at.0, self.width);
        decoder.decode_out(&mut self.instruction);
        let is_cut_off = decoder.last_error() == DecoderError::NoMoreBytes;
        if is_cut_off && marker == ' ' {
            return Ok(None);
        }

        let length = if is_cut_off { bytes.len() } else { self.instruction.len() };
        write!(out, "{marker}{:04X}:{at}  ", self.selector)?;
        for byte in bytes[..length].iter().take(BYTES_SHOWN) {
            write!(out, "{byte:02X}")?;
        }
        let shown = length.min(BYTES_SHOWN);
        write!(out, "{:<1$} ", if length > shown { "+" } else { "" }, 2 * (BYTES_SHOWN - shown) + 1)?;

        self.text.clear();
        if is_cut_off {
            self.text.push_str(if bytes.is_empty() { UNREADABLE } else { "(the rest cannot be read)" });
        } else {
            self.formatter.format(&self.instruction, &mut self.text);
        }
        writeln!(out, "{}", self.text)?;
        Ok(Some(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginning of a C function as compilers write it, and where its instructions start.
    const FUNCTION: &[u8] = &[
        0x55, 0x89, 0xE5, 0x83, 0xEC, 0x18, 0x8B, 0x45, 0x08, 0x89, 0x45, 0xF4, 0xC7, 0x45, 0xF0, 0x00, 0x00,
        0x00, 0x00, 0xEB, 0x10, 0x8B, 0x55, 0xF4, 0x8B, 0x45, 0xF0, 0x01, 0xD0, 0x0F, 0xB6, 0x00, 0x88, 0x02,
        0x83, 0x45, 0xF0, 0x01, 0x83, 0x7D, 0xF0, 0x0F, 0x7E, 0xEA, 0xC9, 0xC3,
    ];

    #[test]
    fn boundaries_before_eip_are_those_of_the_function() {
        let mut starts = vec![];
        let mut at = 0;
        while at < FUNCTION.len() {
            starts.push(at);
            at += decoder(&FUNCTION[at..], 0, Width::Bits32).decode().len();
        }
        for (number, &eip) in starts.iter().enumerate().skip(SHOWN_BEFORE) {
            let first = eip.saturating_sub(CodeWindow::BEFORE);
            let (found, count) = boundaries(&FUNCTION[first..eip], Width::Bits32);
            for (back, &start) in found[..count].iter().enumerate() {
                let expected = starts[number - 1 - back];
                assert_eq!(first + usize::from(start), expected, "{} back from {eip:02X}h", back + 1);
            }
            assert_eq!(count, SHOWN_BEFORE);
        }
    }

    #[test]
    fn every_window_is_taken_and_cut_to_size() {
        let (most_before, most_from) = (CodeWindow::BEFORE, CodeWindow::FROM);
        let sizes =
            [(0, 0), (1, 0), (0, 1), (most_before, most_from), (most_before + 1, most_from + 1), (100, 100)];
        for (before, from) in sizes {
            let bytes: Vec<u8> = (0..200).collect();
            let window = CodeWindow::new(&bytes[100 - before..100], &bytes[100..100 + from]);
            assert_eq!(window.before(), &bytes[100 - before.min(most_before)..100]);
            assert_eq!(window.from(), &bytes[100..100 + from.min(most_from)]);
        }
    }
}
