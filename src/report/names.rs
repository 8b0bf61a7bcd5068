//! The words of a report: exceptions, error codes, flags, kinds of segments (SDM vol. 3, "Interrupt and Exception
//! Handling" and "Protected-Mode Memory Management").

use core::fmt;

use crate::x86::descriptor::{self, Descriptor};

/// An exception's name.
pub(super) fn exception(vector: u8) -> &'static str {
    match vector {
        0x00 => "divide error",
        0x01 => "debug",
        0x02 => "non-maskable interrupt",
        0x03 => "breakpoint",
        0x04 => "overflow",
        0x05 => "BOUND range exceeded",
        0x06 => "invalid opcode",
        0x07 => "coprocessor not available",
        0x08 => "double fault",
        0x09 => "coprocessor segment overrun",
        0x0A => "invalid TSS",
        0x0B => "segment not present",
        0x0C => "stack fault",
        0x0D => "general protection",
        0x0E => "page fault",
        0x10 => "coprocessor error",
        0x11 => "alignment check",
        0x12 => "machine check",
        0x13 => "SIMD floating-point error",
        _ => "unknown",
    }
}

/// Does the CPU push an error code for it?
pub(super) fn has_error_code(vector: u8) -> bool {
    matches!(vector, 0x08 | 0x0A..=0x0E | 0x11)
}

/// What an error code (second) of an exception (first) means, as the end of a sentence.
pub(super) struct ErrorCode(pub u8, pub u32);

impl fmt::Display for ErrorCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ErrorCode(0x0E, error) => page_fault(error, out),
            ErrorCode(0x0A..=0x0D, error) if error & 0xFFFF != 0 => selector(error, out),
            _ => Ok(()),
        }
    }
}

fn page_fault(error: u32, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    out.write_str(if error & 2 != 0 { ": write" } else { ": read" })?;
    out.write_str(if error & 4 != 0 { " from ring 3, " } else { " from ring 0, " })?;
    out.write_str(match error & 9 {
        0 => "page not present",
        1 => "access not allowed",
        _ => "reserved bit set in the tables",
    })
}

fn selector(error: u32, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let index = error >> 3 & 0x1FFF;
    match error & 6 {
        0 => write!(out, ": selector {:04X}h in the GDT", error & 0xFFF8)?,
        4 => write!(out, ": selector {:04X}h in the LDT", error & 0xFFFC)?,
        _ => write!(out, ": gate of vector {index:02X}h")?,
    }
    out.write_str(if error & 1 != 0 { ", during another event" } else { "" })
}

/// The names of the flags that are set, least significant first, and the I/O privilege level.
pub(super) struct Flags(pub u32);

/// Bit numbers and names.
const FLAGS: [(u32, &str); 14] = [
    (0, "CF"),
    (2, "PF"),
    (4, "AF"),
    (6, "ZF"),
    (7, "SF"),
    (8, "TF"),
    (9, "IF"),
    (10, "DF"),
    (11, "OF"),
    (14, "NT"),
    (16, "RF"),
    (17, "VM"),
    (18, "AC"),
    (21, "ID"),
];

impl fmt::Display for Flags {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (_, name) in FLAGS.iter().filter(|(bit, _)| self.0 >> bit & 1 != 0) {
            write!(out, " {name}")?;
        }
        write!(out, " IOPL {}", self.0 >> 12 & 3)
    }
}

/// What a descriptor describes, in at most 12 characters: kind and size, then what is allowed (data) or
/// possible beside execution (code); `dn` for expand-down, `cf` for conforming.
pub(super) fn segment_kind(descriptor: Descriptor) -> SegmentKind {
    SegmentKind(descriptor)
}

/// See [`segment_kind`].
pub(super) struct SegmentKind(Descriptor);

impl fmt::Display for SegmentKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = self.0.access();
        if access & descriptor::PRESENT == 0 {
            return out.pad("not present");
        }
        if access & descriptor::MEMORY == 0 {
            return out.pad("system");
        }
        let has = |bit: u8| access & bit != 0;
        let is_special = has(descriptor::DIRECTION);
        let text = match (has(descriptor::CODE), self.0.is_big(), has(descriptor::ACCESS)) {
            (true, true, true) => ["code32 r", "code32 r cf"],
            (true, true, false) => ["code32", "code32 cf"],
            (true, false, true) => ["code16 r", "code16 r cf"],
            (true, false, false) => ["code16", "code16 cf"],
            (false, true, true) => ["data32 rw", "data32 rw dn"],
            (false, true, false) => ["data32 r", "data32 r dn"],
            (false, false, true) => ["data16 rw", "data16 rw dn"],
            (false, false, false) => ["data16 r", "data16 r dn"],
        };
        out.pad(text[usize::from(is_special)])
    }
}
