//! A client's memory as translated calls see it: where a pointer leads, how far, and how long the text there is.

use crate::host::{Host, Refused};
use crate::machine::Machine;
use crate::regs::Width;
use crate::x86::entry::PAGE;

/// DOS: path not found.
pub const PATH_NOT_FOUND: u16 = 3;
/// DOS: not enough memory.
pub const NO_MEMORY: u16 = 8;
/// DOS: memory block address invalid. What a pointer gets that leads nowhere: real mode has no error for it.
pub const BAD_POINTER: u16 = 9;

/// Why a call does not go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// The page at this linear address has to come in first.
    Page(u32),
    /// It fails with this DOS error.
    Fail(u16),
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::PageIn(page) => Trouble::Page(page),
            Refused::Bad => Trouble::Fail(BAD_POINTER),
        }
    }
}

/// The memory from a pointer to the end of its segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    /// Linear address.
    pub linear: u32,
    /// Bytes to the end of the segment, 1 and more.
    pub room: u32,
}

impl Span {
    /// The same less its first `bytes`, which are fewer than its room.
    pub fn after(self, bytes: u32) -> Span {
        Span { linear: self.linear.wrapping_add(bytes), room: self.room - bytes }
    }
}

/// Where `selector:offset` leads.
pub fn span<M: Machine>(host: &mut Host<M>, selector: u16, offset: u32) -> Result<Span, Trouble> {
    let descriptor = host.descriptor_of(selector).map_err(|_| Trouble::Fail(BAD_POINTER))?;
    let (first, last) = descriptor.extent();
    if offset < first || offset > last {
        return Err(Trouble::Fail(BAD_POINTER));
    }
    let room = (last - offset).saturating_add(1);
    Ok(Span { linear: descriptor.base().wrapping_add(offset), room })
}

/// May these bytes be read?
pub fn readable<M: Machine>(host: &mut Host<M>, at: Span, bytes: u32) -> Result<(), Trouble> {
    if bytes > at.room {
        return Err(Trouble::Fail(BAD_POINTER));
    }
    if bytes != 0 {
        host.readable(at.linear, bytes)?;
    }
    Ok(())
}

/// May these bytes be written?
pub fn writable<M: Machine>(host: &mut Host<M>, at: Span, bytes: u32) -> Result<(), Trouble> {
    if bytes > at.room {
        return Err(Trouble::Fail(BAD_POINTER));
    }
    if bytes != 0 {
        host.writable(at.linear, bytes)?;
    }
    Ok(())
}

/// Bytes from an address to the end of its page.
const fn page_rest(linear: u32) -> u32 {
    PAGE - linear % PAGE
}

/// How many of `most` bytes can be read (or written, if `write`), as far as the segment and the client's memory go; at least
/// one, or it fails.
pub fn reach<M: Machine>(host: &mut Host<M>, at: Span, most: u32, write: bool) -> Result<u32, Trouble> {
    let most = most.min(at.room);
    let mut reached = 0;
    while reached < most {
        let linear = at.linear.wrapping_add(reached);
        let piece = page_rest(linear).min(most - reached);
        match if write { host.writable(linear, piece) } else { host.readable(linear, piece) } {
            Ok(()) => reached += piece,
            Err(Refused::Bad) if reached != 0 => break,
            Err(refused) => return Err(refused.into()),
        }
    }
    Ok(reached)
}

/// Bytes of the text at `at` with the `end` byte, looking at no more than `most` bytes. None when there is no end in them.
pub fn text<M: Machine>(host: &mut Host<M>, at: Span, most: u32, end: u8) -> Result<Option<u32>, Trouble> {
    let most = most.min(at.room);
    let mut length = 0;
    while length < most {
        let linear = at.linear.wrapping_add(length);
        let piece = page_rest(linear).min(most - length);
        host.readable(linear, piece)?;
        if let Some(found) = (0..piece).find(|&byte| host.machine.read_u8(linear + byte) == end) {
            return Ok(Some(length + found + 1));
        }
        length += piece;
    }
    Ok(None)
}

/// Where a far pointer in memory leads: offset, then selector; 4 bytes for a 16-bit client, 6 for a 32-bit one. None for a
/// null selector.
pub fn far_pointer<M: Machine>(host: &mut Host<M>, linear: u32) -> Result<Option<Span>, Trouble> {
    let (offset, selector) = match host.width() {
        Width::Bits16 => {
            (host.machine.read_u16(linear) as u32, host.machine.read_u16(linear.wrapping_add(2)))
        }
        Width::Bits32 => (host.machine.read_u32(linear), host.machine.read_u16(linear.wrapping_add(4))),
    };
    if selector & !3 == 0 {
        return Ok(None);
    }
    span(host, selector, offset).map(Some)
}
