//! What an instruction's ModRM byte can name: a register, or memory at an address.

/// Size of a datum or of an address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Width {
    /// 8 bits.
    Byte,
    /// 16 bits.
    Word,
    /// 32 bits.
    Dword,
}

impl Width {
    /// The size in bytes: 1, 2 or 4.
    pub const fn bytes(self) -> u32 {
        match self {
            Width::Byte => 1,
            Width::Word => 2,
            Width::Dword => 4,
        }
    }

    /// The bits of a 32-bit register that a datum of this size occupies.
    pub const fn mask(self) -> u32 {
        match self {
            Width::Byte => 0xFF,
            Width::Word => 0xFFFF,
            Width::Dword => 0xFFFF_FFFF,
        }
    }
}

/// A segment register, numbered as the CPU does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
#[allow(missing_docs)] // the names say it all
pub enum Segment {
    Es = 0,
    Cs = 1,
    Ss = 2,
    Ds = 3,
    Fs = 4,
    Gs = 5,
}

/// A memory operand, before its registers are read. The numbers are those of general registers (0 EAX … 7 EDI).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Address {
    /// The segment it is in, overrides and the default for BP and SP considered.
    pub segment: Segment,
    /// Base register.
    pub base: Option<u8>,
    /// Index register, never ESP.
    pub index: Option<u8>,
    /// What the index is multiplied by: 1, 2, 4 or 8; 1 without an index.
    pub scale: u8,
    /// Displacement, sign-extended to 32 bits.
    pub displacement: u32,
    /// [`Width::Word`] when the offset wraps at 64 KiB, else [`Width::Dword`].
    pub width: Width,
}

impl Address {
    /// The offset within the segment, given the general registers in the CPU's order.
    pub fn offset(&self, registers: &[u32; 8]) -> u32 {
        let value = |register: Option<u8>| register.map_or(0, |number| registers[usize::from(number & 7)]);
        let index = value(self.index).wrapping_mul(u32::from(self.scale));
        value(self.base).wrapping_add(index).wrapping_add(self.displacement) & self.width.mask()
    }
}

/// A register or memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operand {
    /// A general register (0 EAX … 7 EDI).
    Register(u8),
    /// Memory.
    Memory(Address),
}

impl Operand {
    /// The address, where a register is not allowed.
    pub(super) fn memory(self) -> Option<Address> {
        match self {
            Operand::Register(_) => None,
            Operand::Memory(address) => Some(address),
        }
    }

    /// How much SMSW, SLDT and STR store: a register as wide as the operand size, memory always one word.
    pub(super) fn stored_width(self, operand_width: Width) -> Width {
        match self {
            Operand::Register(_) => operand_width,
            Operand::Memory(_) => Width::Word,
        }
    }
}
