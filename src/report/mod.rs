//! The page that a person gets when a client dies of a fault that nobody handles.
//!
//! [`Crash`] is a plain value: the machine half fills it in at the moment of the fault, and its `Display` form is the
//! report, at most [`COLUMNS`] wide and short enough for one 25-line text screen, in ASCII, lines ended by `\n`
//! (whoever writes to a DOS screen or file adds the carriage returns). The same text goes to the screen, the debug
//! port and a file.
//!
//! The only heap use is iced-x86's. Measured on the machine's target: at the first report it makes tables of 79,728
//! bytes in 2,308 blocks, which stay (90,200 bytes at the peak; 100,600 for an allocator that never takes anything
//! back); each further report takes one block of 315 bytes for a line of text and returns it.

use core::fmt;

use crate::regs::{Registers, Width};
use crate::x86::descriptor::Descriptor;
pub use code::CodeWindow;
pub use memory::{PageState, StackWindow};

use columns::Columns;

mod code;
mod columns;
mod memory;
mod names;
#[cfg(test)]
mod tests;

/// Widest line of a report, in characters: one less than a text screen has, so that no line wraps.
pub const COLUMNS: usize = 79;
/// A [`Crash`]'s vector where no exception ended the client but the hot key.
pub const ENDED_BY_KEY: u8 = 0xFF;
/// How many service calls a report shows.
pub const CALLS: usize = 8;

/// Segment registers in the order in which the CPU numbers them, which is that of [`Crash::segments`].
const SEGMENT_NAMES: [&str; 6] = ["ES", "CS", "SS", "DS", "FS", "GS"];
/// Places in that order.
const CS: usize = 1;
const SS: usize = 2;
/// The order in which the report shows them, two to a line.
const SEGMENTS_SHOWN: [[usize; 2]; 3] = [[CS, SS], [3, 0], [4, 5]];

/// All that a report tells.
#[derive(Clone, Copy, Debug)]
pub struct Crash<'a> {
    /// The image's version, as `/S` prints it.
    pub version: &'a str,
    /// Exception vector, 00h-1Fh.
    pub vector: u8,
    /// The client's number.
    pub client: u8,
    /// It was not the client that faulted and ends, but a real-mode program that it had started.
    pub child: bool,
    /// The client's width, which need not be that of its code segment.
    pub width: Width,
    /// Why the client had to end when the exception alone does not say it (one short sentence), or empty.
    pub note: &'a str,
    /// Registers at the fault. `error` counts only for the exceptions that have an error code; with VM set in
    /// `eflags` the segment registers are those of V86 mode.
    pub registers: Registers,
    /// Descriptors of ES, CS, SS, DS, FS, GS; `None` for a null selector or one that names no descriptor. Not looked
    /// at in V86 mode.
    pub segments: [Option<Descriptor>; 6],
    /// The CR2 register.
    pub cr2: u32,
    /// State of the page that CR2 names.
    pub page: PageState,
    /// Code around CS:EIP.
    pub code: CodeWindow,
    /// Stack from [`Crash::stack_offset`] up.
    pub stack: StackWindow,
    /// Last service calls, oldest first: INT number in the high half, AX in the low; 0 for none.
    pub calls: [u32; CALLS],
}

impl Crash<'_> {
    /// Size of the code at CS:EIP: the D bit of its descriptor, 16 in V86 mode, the client's width when CS is bad.
    pub fn code_width(&self) -> Width {
        self.segment_width(CS)
    }

    /// Offset of the stack's top: ESP or SP, by the B bit of SS.
    pub fn stack_offset(&self) -> u32 {
        match self.segment_width(SS) {
            Width::Bits16 => self.registers.esp & 0xFFFF,
            Width::Bits32 => self.registers.esp,
        }
    }

    fn segment_width(&self, segment: usize) -> Width {
        match self.segments[segment] {
            _ if self.registers.is_v86() => Width::Bits16,
            None => self.width,
            Some(descriptor) if descriptor.is_big() => Width::Bits32,
            Some(_) => Width::Bits16,
        }
    }

    /// What the segment registers hold, in the order of [`Crash::segments`].
    fn selectors(&self) -> [u16; 6] {
        let r = &self.registers;
        let (es, ds, fs, gs) =
            if self.registers.is_v86() { (r.v_es, r.v_ds, r.v_fs, r.v_gs) } else { (r.es, r.ds, r.fs, r.gs) };
        [es, r.cs, r.ss, ds, fs, gs].map(|selector| selector as u16)
    }

    /// Who died of what, where: the first lines.
    fn write_headline(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let name = names::exception(self.vector);
        let who = if self.child { "a program of client" } else { "client" };
        write!(out, "Ferrite {}: {who} {} ({}-bit) ended by ", self.version, self.client, bits(self.width))?;
        match self.vector {
            ENDED_BY_KEY => writeln!(out, "Ctrl-Alt-End")?,
            vector => writeln!(out, "exception {vector:02X}h, {name}")?,
        }
        let eip = Offset(self.registers.eip, self.code_width());
        let mode = if self.registers.is_v86() { " in V86 mode" } else { "" };
        write!(out, "at {:04X}:{eip}{mode}", self.selectors()[CS])?;
        if names::has_error_code(self.vector) {
            let error = self.registers.error;
            write!(out, ", error code {:04X}h{}", error & 0xFFFF, names::ErrorCode(self.vector, error))?;
        }
        if !self.note.is_empty() {
            write!(out, "\n{}", self.note)?;
        }
        writeln!(out, "\nCR2 {:08X}{}", self.cr2, self.page)
    }

    fn write_registers(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let r = &self.registers;
        writeln!(out, "EAX {:08X}  EBX {:08X}  ECX {:08X}  EDX {:08X}", r.eax, r.ebx, r.ecx, r.edx)?;
        writeln!(out, "ESI {:08X}  EDI {:08X}  EBP {:08X}  ESP {:08X}", r.esi, r.edi, r.ebp, r.esp)?;
        writeln!(out, "EIP {:08X}  EFLAGS {:08X}{}", r.eip, r.eflags, names::Flags(r.eflags))
    }

    fn write_segments(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let heading = "   sel  base     limit";
        writeln!(out, "{heading:<40}{heading}")?;
        for [left, right] in SEGMENTS_SHOWN {
            self.write_segment(left, out)?;
            out.write_str("  ")?;
            self.write_segment(right, out)?;
            out.write_char('\n')?;
        }
        Ok(())
    }

    /// One segment register in 38 characters.
    fn write_segment(&self, segment: usize, out: &mut dyn fmt::Write) -> fmt::Result {
        let selector = self.selectors()[segment];
        write!(out, "{} {selector:04X} ", SEGMENT_NAMES[segment])?;
        match self.segments[segment] {
            _ if self.registers.is_v86() => {
                write!(out, "{:08X} 0000FFFF {:<12}", u32::from(selector) << 4, "V86")
            }
            None if selector & 0xFFFC == 0 => write!(out, "{:<30}", "null"),
            None => write!(out, "{:<30}", "no descriptor"),
            Some(descriptor) => {
                let kind = names::segment_kind(descriptor);
                write!(out, "{:08X} {:08X} {kind:<12}", descriptor.base(), descriptor.limit())
            }
        }
    }

    fn write_calls(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        out.write_str("calls")?;
        for call in self.calls.iter().filter(|&&call| call != 0) {
            write!(out, " {:02X}:{:04X}", call >> 16, call & 0xFFFF)?;
        }
        if self.calls == [0; CALLS] {
            out.write_str(" none")?;
        }
        out.write_char('\n')
    }
}

impl fmt::Display for Crash<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let out = &mut Columns::new(formatter);
        let selectors = self.selectors();
        self.write_headline(out)?;
        code::write(&self.code, selectors[CS], self.registers.eip, self.code_width(), out)?;
        self.write_registers(out)?;
        self.write_segments(out)?;
        let top = Offset(self.stack_offset(), self.segment_width(SS));
        self.stack.write(selectors[SS], top, self.code_width(), out)?;
        self.write_calls(out)
    }
}

/// A ring of service calls as [`crate::client::Client`] keeps it, put in the order of [`Crash::calls`]. `next` is the
/// place where the next call will be noted, modulo the ring's size.
pub fn oldest_first(mut ring: [u32; CALLS], next: u8) -> [u32; CALLS] {
    ring.rotate_left(usize::from(next) % CALLS);
    ring
}

/// An offset, as wide as its segment makes it.
#[derive(Clone, Copy)]
struct Offset(u32, Width);

impl Offset {
    /// The offset that many bytes on, which wraps where the segment's addresses do.
    fn plus(self, bytes: i32) -> Self {
        let Offset(value, width) = self;
        let sum = value.wrapping_add(bytes as u32);
        match width {
            // An offset beyond 64 KiB in 16-bit code is a fault's cause: it must stay to be seen.
            Width::Bits16 if value <= 0xFFFF => Offset(sum & 0xFFFF, width),
            _ => Offset(sum, width),
        }
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Offset(value, Width::Bits16) if value <= 0xFFFF => write!(formatter, "{value:04X}"),
            Offset(value, _) => write!(formatter, "{value:08X}"),
        }
    }
}

/// A width as a number.
fn bits(width: Width) -> u32 {
    match width {
        Width::Bits16 => 16,
        Width::Bits32 => 32,
    }
}
