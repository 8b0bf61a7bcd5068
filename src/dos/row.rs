//! The words in which the tables of translated calls are written.

use crate::regs::{Registers, Width};

/// A register that holds an offset or a segment value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Register {
    /// BX or EBX.
    Bx,
    /// DX or EDX.
    Dx,
    /// SI or ESI.
    Si,
    /// DI or EDI.
    Di,
    /// BP or EBP.
    Bp,
}

impl Register {
    /// Its value, 32 bits wide.
    pub fn of(self, regs: &Registers) -> u32 {
        match self {
            Register::Bx => regs.ebx,
            Register::Dx => regs.edx,
            Register::Si => regs.esi,
            Register::Di => regs.edi,
            Register::Bp => regs.ebp,
        }
    }

    /// Changes all of it.
    pub fn put(self, regs: &mut Registers, value: u32) {
        *match self {
            Register::Bx => &mut regs.ebx,
            Register::Dx => &mut regs.edx,
            Register::Si => &mut regs.esi,
            Register::Di => &mut regs.edi,
            Register::Bp => &mut regs.ebp,
        } = value;
    }

    /// Changes its low half.
    pub fn put_low(self, regs: &mut Registers, value: u16) {
        self.put(regs, self.of(regs) & 0xFFFF_0000 | value as u32);
    }

    /// Gives a client an offset: a 32-bit client gets the upper half cleared.
    pub fn put_offset(self, width: Width, regs: &mut Registers, offset: u16) {
        match width {
            Width::Bits16 => self.put_low(regs, offset),
            Width::Bits32 => self.put(regs, offset as u32),
        }
    }
}

/// A segment register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Segment {
    /// DS.
    Ds,
    /// ES.
    Es,
}

impl Segment {
    /// The client's selector.
    pub fn of(self, regs: &Registers) -> u16 {
        match self {
            Segment::Ds => regs.ds as u16,
            Segment::Es => regs.es as u16,
        }
    }

    /// Changes the client's selector.
    pub fn put(self, regs: &mut Registers, selector: u16) {
        match self {
            Segment::Ds => regs.ds = selector as u32,
            Segment::Es => regs.es = selector as u32,
        }
    }

    /// The paragraph that real-mode code left.
    pub fn paragraph_of(self, real: &Registers) -> u16 {
        match self {
            Segment::Ds => real.v_ds as u16,
            Segment::Es => real.v_es as u16,
        }
    }

    /// Sets the paragraph for real-mode code.
    pub fn put_paragraph(self, real: &mut Registers, paragraph: u16) {
        match self {
            Segment::Ds => real.v_ds = paragraph as u32,
            Segment::Es => real.v_es = paragraph as u32,
        }
    }
}

/// How many bytes go in, or come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Size {
    /// None.
    Nothing,
    /// A structure: as many as this, all of them inside the segment.
    Bytes(u16),
    /// A structure that may be shorter: at most this, as far as the segment and its memory go.
    AtMost(u16),
    /// ASCIZ, at most this with the zero.
    Text(u16),
    /// Two ASCIZ strings, one behind the other.
    TwoTexts(u16),
    /// As many as CX says.
    Cx,
    /// Three for each of CX.
    ThreeCx,
    /// Four for each of CX.
    FourCx,
    /// As many as AX says on return; CX said how many may come.
    Ax,
    /// CX times BH.
    CxTimesBh,
    /// CX characters, with attributes if AL bit 1 is set.
    Cells,
    /// As many as BX says.
    BxBytes,
    /// Two masks of BH words in each of CH rows.
    Masks,
    /// 512 for each of AL.
    Sectors,
    /// 2048 for each of DX.
    Frames,
    /// A buffered-input line: its first byte and two more.
    Line,
    /// A file control block, extended or not.
    Fcb,
    /// Records of an opened FCB at DS:DX: one, or CX.
    Record,
    /// See `Record`.
    Records,
}

/// What becomes of the offset register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum After {
    /// It is as the client had it.
    Kept,
    /// It has moved on as far as in real mode.
    Advanced,
    /// The service returned a value in it, unless it failed.
    Returned,
}

/// A pointer among the arguments.
#[derive(Clone, Copy, Debug)]
pub struct Pointer {
    /// Its segment.
    pub segment: Segment,
    /// Its offset.
    pub offset: Register,
    /// What the service reads.
    pub input: Size,
    /// What it writes.
    pub output: Size,
    /// The register afterwards.
    pub after: After,
}

impl Pointer {
    /// Data that the service reads.
    pub const fn input(segment: Segment, offset: Register, input: Size) -> Self {
        Pointer { segment, offset, input, output: Size::Nothing, after: After::Kept }
    }

    /// Data that the service writes.
    pub const fn output(segment: Segment, offset: Register, output: Size) -> Self {
        Pointer { segment, offset, input: Size::Nothing, output, after: After::Kept }
    }

    /// Data that it reads and changes.
    pub const fn both(segment: Segment, offset: Register, size: Size) -> Self {
        Pointer { segment, offset, input: size, output: size, after: After::Kept }
    }

    /// The same with another fate of the register.
    pub const fn then(self, after: After) -> Self {
        Pointer { after, ..self }
    }

    /// The same with another output.
    pub const fn gives(self, output: Size) -> Self {
        Pointer { output, ..self }
    }
}

/// When a returned pointer is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum If {
    /// Always, or when carry is clear where the service reports by carry.
    Success,
    /// AL is this.
    Al(u8),
    /// AL is not this.
    AlNot(u8),
}

/// What a service takes or returns beside data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// Returns a real-mode pointer: the segment becomes a selector.
    Pointer(Segment, Register, If),
    /// Returns a segment in a segment register only.
    Segment(Segment),
    /// Returns the paragraph of a PSP in BX.
    Psp,
    /// Takes a selector of conventional memory in this register, where DOS wants its paragraph.
    Paragraph(Register),
    /// The same, of a service that takes its caller's CS for the PSP.
    ParagraphFromPsp(Register),
}

/// A call that is translated by description alone.
#[derive(Debug)]
pub struct Shape {
    /// Pointers among the arguments, at most three.
    pub pointers: &'static [Pointer],
    /// What goes into and comes out of the disk transfer area.
    pub dta: Option<(Size, Size)>,
    /// What else there is.
    pub beside: Beside,
}

/// A call with only pointers.
pub const fn with(pointers: &'static [Pointer]) -> Shape {
    Shape { pointers, dta: None, beside: Beside::Nothing }
}

/// A call with something beside.
pub const fn beside(beside: Beside) -> Shape {
    Shape { pointers: &[], dta: None, beside }
}

/// A call that uses the disk transfer area.
pub const fn with_dta(pointers: &'static [Pointer], input: Size, output: Size) -> Shape {
    Shape { pointers, dta: Some((input, output)), beside: Beside::Nothing }
}

/// A call that needs code of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Special {
    /// 00h.
    End,
    /// 4Ch.
    Exit,
    /// 31h.
    StayResident,
    /// 09h.
    Print,
    /// 1Ah.
    SetDta,
    /// 2Fh.
    GetDta,
    /// 25h.
    SetVector,
    /// 35h.
    GetVector,
    /// 3Fh.
    Read,
    /// 40h.
    Write,
    /// 48h.
    Allocate,
    /// 49h.
    Free,
    /// 4Ah.
    Resize,
    /// 4B00h, 4B01h, 4B03h.
    Execute,
    /// INT 25h, and 7305h with SI bit 0 clear.
    ReadSectors,
    /// INT 26h, and 7305h with SI bit 0 set.
    WriteSectors,
    /// 440Dh, CL=61h.
    ReadTrack,
    /// 440Dh, CL=41h.
    WriteTrack,
    /// INT 33h 0Ch, 14h and 18h, INT 15h C207h.
    Event,
}

/// What a row does.
#[derive(Debug)]
pub enum Does {
    /// By description.
    Call(Shape),
    /// By code.
    Special(Special),
}

/// A condition beside AX.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// None.
    Always,
    /// BL is this.
    Bl(u8),
    /// BH is this.
    Bh(u8),
    /// CL is this.
    Cl(u8),
    /// DL is this.
    Dl(u8),
    /// DX is not this.
    DxNot(u16),
    /// This bit of BX is set.
    BxBit(u8),
    /// SI bit 0 is this.
    SiBit(bool),
}

impl When {
    /// Does it hold?
    pub fn holds(self, regs: &Registers) -> bool {
        match self {
            When::Always => true,
            When::Bl(value) => regs.bl() == value,
            When::Bh(value) => (regs.ebx >> 8) as u8 == value,
            When::Cl(value) => regs.ecx as u8 == value,
            When::Dl(value) => regs.edx as u8 == value,
            When::BxBit(bit) => regs.bx() >> bit & 1 != 0,
            When::DxNot(value) => regs.dx() != value,
            When::SiBit(set) => (regs.esi & 1 != 0) == set,
        }
    }
}

/// A row.
#[derive(Debug)]
pub struct Row {
    /// First AX that it is for.
    pub first: u16,
    /// Last AX.
    pub last: u16,
    /// What else must hold.
    pub when: When,
    /// What is done.
    pub does: Does,
}

/// A function by AH, whatever AL.
pub const fn ah(ah: u8, does: Does) -> Row {
    Row { first: (ah as u16) << 8, last: (ah as u16) << 8 | 0xFF, when: When::Always, does }
}

/// A function by AX.
pub const fn ax(ax: u16, does: Does) -> Row {
    Row { first: ax, last: ax, when: When::Always, does }
}

/// Functions from one AX to another.
pub const fn range(first: u16, last: u16, does: Does) -> Row {
    Row { first, last, when: When::Always, does }
}

impl Row {
    /// The same under a condition.
    pub const fn when(self, when: When) -> Self {
        Row { first: self.first, last: self.last, when, does: self.does }
    }
}
