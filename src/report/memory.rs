//! What a report says about memory: the stack's words, and the page that CR2 names.

use core::fmt;

use super::Offset;
use crate::regs::Width;

/// Bytes of stack in one line.
const LINE: usize = 16;

/// The bytes at the top of the stack, as far as they can be read.
#[derive(Clone, Copy, Debug)]
pub struct StackWindow {
    bytes: [u8; StackWindow::BYTES],
    count: u8,
}

impl StackWindow {
    /// How many bytes a report shows.
    pub const BYTES: usize = 64;

    /// Keeps the first [`StackWindow::BYTES`] of what could be read from SS:(E)SP up; none at all is fine.
    pub fn new(readable: &[u8]) -> Self {
        let count = readable.len().min(Self::BYTES);
        let mut bytes = [0; Self::BYTES];
        bytes[..count].copy_from_slice(&readable[..count]);
        StackWindow { bytes, count: count as u8 }
    }

    /// The words as the code would pop them, four dwords or eight words to a line, and the same bytes as text.
    pub(super) fn write(
        &self,
        selector: u16,
        top: Offset,
        word: Width,
        out: &mut dyn fmt::Write,
    ) -> fmt::Result {
        let bytes = &self.bytes[..usize::from(self.count)];
        if bytes.is_empty() {
            return writeln!(out, " {selector:04X}:{top}  (stack cannot be read)");
        }
        for (index, line) in bytes.chunks(LINE).enumerate() {
            write!(out, " {selector:04X}:{} ", top.plus((index * LINE) as i32))?;
            let columns = write_words(line, word, out)?;
            let whole = match word {
                Width::Bits16 => 5 * LINE / 2,
                Width::Bits32 => 9 * LINE / 4,
            };
            write!(out, "{:1$}", "", whole - columns + 2)?;
            for &byte in line {
                let is_plain = byte.is_ascii_graphic() || byte == b' ';
                out.write_char(if is_plain { char::from(byte) } else { '.' })?;
            }
            out.write_char('\n')?;
        }
        Ok(())
    }
}

/// Writes a line's bytes as words (a last, incomplete one byte by byte) and tells how many columns that took.
fn write_words(line: &[u8], word: Width, out: &mut dyn fmt::Write) -> Result<usize, fmt::Error> {
    let size = match word {
        Width::Bits16 => 2,
        Width::Bits32 => 4,
    };
    let mut columns = 0;
    for bytes in line.chunks(size) {
        out.write_char(' ')?;
        for _ in bytes.len()..size {
            out.write_str("--")?; // the upper bytes, which cannot be read
        }
        for byte in bytes.iter().rev() {
            write!(out, "{byte:02X}")?;
        }
        columns += 1 + 2 * size;
    }
    Ok(columns)
}

/// What the core knows of a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PageState {
    /// Nobody asked: the exception has nothing to do with paging.
    Unknown,
    /// It belongs to no block of the client.
    Outside,
    /// It belongs to the core.
    Core,
    /// Part of a block, not committed (or decommitted, or a guard page).
    Uncommitted,
    /// Committed and never touched: it becomes a page of zeros at the first access.
    Untouched,
    /// In the swap file.
    Swapped {
        /// Page number in the file.
        slot: u32,
    },
    /// In memory.
    Resident {
        /// Physical address of its frame.
        physical: u32,
        /// May ring 3 write to it?
        is_writable: bool,
        /// May ring 3 reach it at all?
        is_user: bool,
    },
}

/// The state as the end of the line that begins with CR2 and its value.
impl fmt::Display for PageState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            PageState::Unknown => Ok(()),
            PageState::Outside => out.write_str(": not in any block of the client"),
            PageState::Core => out.write_str(": the core's own memory"),
            PageState::Uncommitted => out.write_str(": in a block, but not committed"),
            PageState::Untouched => out.write_str(": committed, never touched"),
            PageState::Swapped { slot } => write!(out, ": in the swap file, page {slot}"),
            PageState::Resident { physical, is_writable, is_user } => {
                write!(out, ": resident at physical {physical:08X}")?;
                out.write_str(if is_writable { ", writable" } else { ", read-only" })?;
                out.write_str(if is_user { "" } else { ", ring 0 only" })
            }
        }
    }
}
