//! Every instruction of the finished core against the 486.
//!
//! The compiler is told the baseline, but its library's assembly, a crate's, or a changed target description
//! could bring in more, and it would show only on the old machine that nobody tests on. So the image itself is
//! decoded. What lies beyond the 486, or beyond a 486 without coprocessor, is allowed in named functions only:
//! the places where the code has tested that the processor has it.

use anyhow::{bail, Result};
use iced_x86::{CpuidFeature, Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter, Register};

use super::core_binary::{Core, Symbol};

/// What every processor that Ferrite starts on has.
const BASELINE: &[CpuidFeature] = &[
    CpuidFeature::INTEL8086,
    CpuidFeature::INTEL186,
    CpuidFeature::INTEL286,
    CpuidFeature::INTEL386,
    CpuidFeature::INTEL486,
];

/// Something beyond the baseline that an instruction needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// A feature by the decoder's reckoning.
    Feature(CpuidFeature),
    /// Control register 4, which came with the Pentium; the decoder files it under the 386's MOV.
    Cr4,
}

/// One permission: what functions whose name contains `place` may need.
struct Exception {
    place: &'static str,
    needs: &'static [Need],
}

/// The coprocessor's instructions.
const FPU: &[Need] = &[
    Need::Feature(CpuidFeature::FPU),
    Need::Feature(CpuidFeature::FPU287),
    Need::Feature(CpuidFeature::FPU387),
];

/// Where the code has made sure that the processor can. A function named here must not be inlined.
const EXCEPTIONS: &[Exception] = &[
    Exception { place: "hw::cpu::cpuid", needs: &[Need::Feature(CpuidFeature::CPUID)] },
    Exception { place: "hw::cpu::read_timestamp", needs: &[Need::Feature(CpuidFeature::TSC)] },
    Exception { place: "hw::cpu::read_cr4", needs: &[Need::Cr4] },
    Exception { place: "hw::cpu::write_cr4", needs: &[Need::Cr4] },
    Exception { place: "hw::cpu::save_fpu", needs: FPU },
    Exception { place: "hw::cpu::load_fpu", needs: FPU },
];

/// Most offending instructions that are listed.
const LISTED: usize = 20;

/// Decodes the whole code section and returns the number of instructions. Fails with a list of those beyond
/// the baseline.
pub fn judge(core: &Core) -> Result<usize> {
    let mut offences = Vec::new();
    let mut count = 0;
    for piece in pieces(core) {
        // REP BSF is TZCNT on processors that have it and BSF on the 486: the compiler writes it only where both
        // agree. PAUSE is REP NOP. LZCNT gets no such pardon, since REP BSR answers differently.
        let options = DecoderOptions::NO_MPFX_0FBC | DecoderOptions::NO_PAUSE;
        let mut decoder = Decoder::with_ip(32, piece.bytes, u64::from(piece.address), options);
        let mut instruction = Instruction::default();
        while decoder.can_decode() {
            decoder.decode_out(&mut instruction);
            count += 1;
            if let Some(reason) = offence(&instruction, piece.name) {
                offences.push(describe(&instruction, piece.name, &reason));
            }
        }
    }
    if offences.is_empty() {
        return Ok(count);
    }
    let listed = offences.iter().take(LISTED).cloned().collect::<Vec<_>>().join("\n");
    bail!("{} instructions beyond the 486:\n{listed}", offences.len());
}

/// A stretch of code from one name to the next. Decoding starts afresh at each, so that data in between, or a
/// gap, does not throw it out of step for long.
struct Piece<'a> {
    name: &'a str,
    address: u32,
    bytes: &'a [u8],
}

fn pieces(core: &Core) -> Vec<Piece<'_>> {
    let end = core.code_address + core.code.len() as u32;
    let mut starts: Vec<(u32, &str)> = vec![(core.code_address, "(start of the code)")];
    for Symbol { name, address } in &core.symbols {
        match starts.last_mut() {
            Some(last) if last.0 == *address => last.1 = name,
            _ => starts.push((*address, name)),
        }
    }
    let ends = starts.iter().skip(1).map(|start| start.0).chain([end]);
    let bytes = |from: u32, to: u32| {
        &core.code[(from - core.code_address) as usize..(to - core.code_address) as usize]
    };
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| Piece { name: start.1, address: start.0, bytes: bytes(start.0, end) })
        .collect()
}

/// What is wrong with an instruction, if anything.
fn offence(instruction: &Instruction, function: &str) -> Option<String> {
    if instruction.is_invalid() {
        return Some("not an instruction".to_string());
    }
    let features = instruction.cpuid_features().iter().filter(|feature| !BASELINE.contains(feature));
    let uses_cr4 = (0..instruction.op_count()).any(|at| instruction.op_register(at) == Register::CR4);
    let mut needs = features.map(|feature| Need::Feature(*feature)).chain(uses_cr4.then_some(Need::Cr4));
    let excepted =
        |need: &Need| EXCEPTIONS.iter().any(|one| function.contains(one.place) && one.needs.contains(need));
    needs.find(|need| !excepted(need)).map(|need| match need {
        Need::Feature(feature) => format!("{feature:?}"),
        Need::Cr4 => "CR4".to_string(),
    })
}

fn describe(instruction: &Instruction, function: &str, reason: &str) -> String {
    let mut text = String::new();
    IntelFormatter::new().format(instruction, &mut text);
    format!("  {:08X}  {text:<40} {reason} in {function}", instruction.ip32())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(bytes: &[u8], name: &str) -> Result<usize> {
        let symbols = vec![Symbol { name: name.to_string(), address: 0x1000 }];
        judge(&Core {
            bytes: Vec::new(),
            memory_bytes: 0,
            code: bytes.to_vec(),
            code_address: 0x1000,
            symbols,
        })
    }

    #[test]
    fn the_486_s_own_instructions_pass() {
        // BSWAP EAX; CMPXCHG [EBX], ECX; XADD; INVLPG [EAX]; WBINVD; INVD; UD2; REP BSF EAX, EAX; PAUSE
        let code = [0x0F, 0xC8, 0x0F, 0xB1, 0x0B, 0x0F, 0xC1, 0x0B, 0x0F, 0x01, 0x38, 0x0F, 0x09, 0x0F, 0x08];
        assert_eq!(judged(&code, "f").unwrap(), 6);
        assert_eq!(judged(&[0x0F, 0x0B, 0xF3, 0x0F, 0xBC, 0xC0, 0xF3, 0x90], "f").unwrap(), 3);
    }

    #[test]
    fn what_came_later_is_refused() {
        let later: [&[u8]; 8] = [
            &[0x0F, 0x44, 0xC1],       // CMOVE EAX, ECX
            &[0x0F, 0xC7, 0x0B],       // CMPXCHG8B [EBX]
            &[0x0F, 0x1F, 0x00],       // multi-byte NOP
            &[0x0F, 0xA2],             // CPUID
            &[0x0F, 0x22, 0xE0],       // MOV CR4, EAX
            &[0x0F, 0x57, 0xC0],       // XORPS
            &[0xF3, 0x0F, 0xBD, 0xC0], // LZCNT
            &[0xD9, 0xE8],             // FLD1
        ];
        for code in later {
            assert!(judged(code, "f").is_err(), "{code:02X?}");
        }
    }

    #[test]
    fn a_named_place_may_use_what_it_tested_for_and_no_more() {
        assert!(judged(&[0x0F, 0xA2], "core::hw::cpu::cpuid").is_ok());
        assert!(judged(&[0x0F, 0x44, 0xC1], "core::hw::cpu::cpuid").is_err());
        assert!(judged(&[0xDB, 0xE3], "core::hw::cpu::save_fpu").is_ok());
    }
}
