//! The bytes of an instruction, taken one after another: prefixes, ModRM, SIB, displacement.

use super::operand::{Address, Operand, Segment, Width};

const EBP: u8 = 5;
const ESP: u8 = 4;

/// The 16-bit addressing forms, by the low three bits of ModRM: base and index.
const FORMS16: [(u8, Option<u8>); 8] = [
    (3, Some(6)), // BX+SI
    (3, Some(7)), // BX+DI
    (5, Some(6)), // BP+SI
    (5, Some(7)), // BP+DI
    (6, None),    // SI
    (7, None),    // DI
    (5, None),    // BP, or a displacement alone
    (3, None),    // BX
];

/// What the prefixes before an opcode say, the code's default size considered.
pub(super) struct Prefixes {
    /// Word or dword.
    pub operand_width: Width,
    /// Word or dword.
    pub address_width: Width,
    /// The last segment override: it is the one that counts.
    pub segment: Option<Segment>,
    /// F2h or F3h was there.
    pub has_repeat: bool,
    /// F0h was there.
    pub has_lock: bool,
}

impl Prefixes {
    /// Reads prefixes up to and including the first byte that is none, and returns that as well.
    pub fn read(bytes: &mut Bytes, default32: bool) -> Option<(Prefixes, u8)> {
        let (normal, other) =
            if default32 { (Width::Dword, Width::Word) } else { (Width::Word, Width::Dword) };
        let mut prefixes = Prefixes {
            operand_width: normal,
            address_width: normal,
            segment: None,
            has_repeat: false,
            has_lock: false,
        };
        loop {
            match bytes.byte()? {
                0x26 => prefixes.segment = Some(Segment::Es),
                0x2E => prefixes.segment = Some(Segment::Cs),
                0x36 => prefixes.segment = Some(Segment::Ss),
                0x3E => prefixes.segment = Some(Segment::Ds),
                0x64 => prefixes.segment = Some(Segment::Fs),
                0x65 => prefixes.segment = Some(Segment::Gs),
                0x66 => prefixes.operand_width = other,
                0x67 => prefixes.address_width = other,
                0xF0 => prefixes.has_lock = true,
                0xF2 | 0xF3 => prefixes.has_repeat = true,
                opcode => return Some((prefixes, opcode)),
            }
        }
    }
}

/// A cursor over an instruction. Every reader answers `None` when the bytes end.
pub(super) struct Bytes<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Bytes<'a> {
    /// Starts at the first of `bytes`, of which there are no more than an instruction can have.
    pub fn new(bytes: &'a [u8]) -> Self {
        Bytes { bytes, position: 0 }
    }

    /// How many bytes were taken.
    pub fn consumed(&self) -> u8 {
        self.position as u8 // at most LONGEST
    }

    /// The next byte.
    pub fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.position)?;
        self.position += 1;
        Some(byte)
    }

    /// A signed byte, extended.
    fn signed_byte(&mut self) -> Option<u32> {
        Some(self.byte()? as i8 as u32)
    }

    /// A signed little-endian word, extended.
    fn signed_word(&mut self) -> Option<u32> {
        let word = i16::from_le_bytes([self.byte()?, self.byte()?]);
        Some(word as u32)
    }

    /// A little-endian dword.
    fn dword(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes([self.byte()?, self.byte()?, self.byte()?, self.byte()?]))
    }

    /// ModRM and all that it calls for: its middle field (a register or an opcode extension) and the operand.
    pub fn operand(&mut self, prefixes: &Prefixes) -> Option<(u8, Operand)> {
        let modrm = self.byte()?;
        let middle = modrm >> 3 & 7;
        if modrm >> 6 == 3 {
            return Some((middle, Operand::Register(modrm & 7)));
        }
        let address = match prefixes.address_width {
            Width::Dword => self.address32(modrm, prefixes.segment)?,
            _ => self.address16(modrm, prefixes.segment)?,
        };
        Some((middle, Operand::Memory(address)))
    }

    fn address16(&mut self, modrm: u8, segment: Option<Segment>) -> Option<Address> {
        let (base, index) = match modrm & 0xC7 {
            0x06 => (None, None),
            _ => {
                let (base, index) = FORMS16[usize::from(modrm & 7)];
                (Some(base), index)
            }
        };
        let displacement = match (modrm >> 6, base) {
            (0, Some(_)) => 0,
            (1, _) => self.signed_byte()?,
            _ => self.signed_word()?,
        };
        let segment = segment.unwrap_or(default_segment(base));
        Some(Address { segment, base, index, scale: 1, displacement, width: Width::Word })
    }

    fn address32(&mut self, modrm: u8, segment: Option<Segment>) -> Option<Address> {
        let mode = modrm >> 6;
        let (base, index, scale) = match modrm & 7 {
            4 => {
                let sib = self.byte()?;
                let index = Some(sib >> 3 & 7).filter(|&number| number != ESP);
                let scale = if index.is_some() { 1 << (sib >> 6) } else { 1 };
                (sib & 7, index, scale)
            }
            base => (base, None, 1),
        };
        // Without displacement EBP cannot be a base: the encoding means a displacement alone.
        let base = Some(base).filter(|&number| mode != 0 || number != EBP);
        let displacement = match (mode, base) {
            (0, Some(_)) => 0,
            (1, _) => self.signed_byte()?,
            _ => self.dword()?,
        };
        let segment = segment.unwrap_or(default_segment(base));
        Some(Address { segment, base, index, scale, displacement, width: Width::Dword })
    }
}

/// The segment of an address that names none: the stack's for BP, EBP and ESP as base.
fn default_segment(base: Option<u8>) -> Segment {
    match base {
        Some(EBP) | Some(ESP) => Segment::Ss,
        _ => Segment::Ds,
    }
}
