//! Reading and writing of any size, and text to a `$`: a piece after the other through the transfer buffer.
//!
//! Memory below 1 MiB needs no copying: DOS gets its address. Counts are in CX for a 16-bit client, in ECX for a 32-bit
//! one, and so is what comes back in (E)AX.

use super::row::Segment;
use super::span::{self, Span, Trouble, BAD_POINTER};
use super::{merge_ax, merge_flags, real_registers, transfer, Step};
use crate::host::{Host, RealTarget};
use crate::machine::Machine;
use crate::regs::{Registers, CARRY};

/// End of the memory that real-mode code reaches without copying.
const DIRECT_END: u32 = 0x0010_0000;
/// Most bytes of a piece that is not copied: whole sectors, and no wrap at the end of a segment.
const DIRECT_MOST: u32 = 0xFE00;
/// Pieces are whole sectors where they can be.
const SECTOR: u32 = 512;

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
    Print,
}

/// A stream and how far it has come.
#[derive(Clone, Copy)]
pub struct Stream {
    kind: Kind,
    /// The client's buffer from its start.
    at: Span,
    /// Bytes that are asked for.
    total: u32,
    /// Bytes that are done.
    done: u32,
    /// Bytes of the piece that DOS has now.
    piece: u32,
    /// Does DOS have the client's own memory?
    direct: bool,
    /// Has the piece been counted, so that only the next one is missing?
    counted: bool,
    /// Is it the last piece of a text?
    last: bool,
}

impl Stream {
    const fn new(kind: Kind) -> Self {
        let at = Span { linear: 0, room: 0 };
        Stream { kind, at, total: 0, done: 0, piece: 0, direct: false, counted: false, last: false }
    }

    /// 3Fh.
    pub const fn read() -> Self {
        Stream::new(Kind::Read)
    }

    /// 40h.
    pub const fn write() -> Self {
        Stream::new(Kind::Write)
    }

    /// 09h.
    pub const fn print() -> Self {
        Stream::new(Kind::Print)
    }

    /// Asks for the first piece. A count of zero is a call as well: it cuts a file off.
    pub fn start<M: Machine>(&mut self, host: &mut Host<M>, regs: &Registers) -> Result<Step, Trouble> {
        self.total = match self.kind {
            Kind::Print => u32::MAX,
            _ => host.width().offset(regs.ecx),
        };
        if self.total != 0 {
            let offset = host.width().offset(regs.edx);
            self.at = span::span(host, Segment::Ds.of(regs), offset)?;
        }
        self.ask(host, regs)
    }

    /// Asks for the next piece.
    fn ask<M: Machine>(&mut self, host: &mut Host<M>, regs: &Registers) -> Result<Step, Trouble> {
        let left = (self.total - self.done).min(self.at.room - self.done);
        let at = if left == 0 { self.at } else { self.at.after(self.done) };
        let buffer = host.facts.transfer.1.min(0x1_0000 - SECTOR);
        self.direct = self.kind != Kind::Print && left != 0 && at.linear < DIRECT_END;
        let most = match self.direct {
            true => DIRECT_MOST.min(DIRECT_END - at.linear),
            false if buffer >= SECTOR => buffer & !(SECTOR - 1),
            false => buffer,
        };
        self.piece = self.next_piece(host, at, left, most)?;

        let mut real = real_registers(host, regs);
        real.set_dx(0);
        if self.direct {
            real.v_ds = at.linear >> 4;
            real.set_dx((at.linear & 0xF) as u16);
        } else if self.kind != Kind::Read && self.piece != 0 {
            let to = transfer(host);
            host.machine.copy(at.linear, to, self.piece);
        }
        match self.kind {
            Kind::Print => {
                real.set_carry(false);
                if !self.last {
                    let end = transfer(host) + self.piece;
                    host.machine.write_u8(end, b'$');
                }
            }
            _ => real.set_cx(self.piece as u16),
        }
        self.counted = false;
        let used = if self.direct { 0 } else { (self.piece + 1).min(host.facts.transfer.1) };
        Ok(Step::Ask(RealTarget::Interrupt(0x21), real, used))
    }

    /// How many bytes the next piece has, all of them in reach.
    fn next_piece<M: Machine>(
        &mut self,
        host: &mut Host<M>,
        at: Span,
        left: u32,
        most: u32,
    ) -> Result<u32, Trouble> {
        if self.kind == Kind::Print {
            let most = most - 1;
            let found = span::text(host, at, most, b'$')?;
            self.last = found.is_some();
            if found.is_none() && left <= most {
                return Err(Trouble::Fail(BAD_POINTER));
            }
            return Ok(found.unwrap_or(most));
        }
        if left == 0 {
            return Ok(0);
        }
        span::reach(host, at, left.min(most), self.kind == Kind::Read)
    }

    /// DOS has done a piece.
    pub fn returned<M: Machine>(
        &mut self,
        host: &mut Host<M>,
        regs: &mut Registers,
        real: &Registers,
    ) -> Result<Step, Trouble> {
        if self.kind == Kind::Print {
            return self.printed(host, regs, real);
        }
        if real.eflags & CARRY != 0 {
            merge_ax(host, regs, real.ax() as u32);
            merge_flags(regs, real);
            return Ok(Step::Finished);
        }
        let done = (real.ax() as u32).min(self.piece);
        if !self.counted {
            if self.kind == Kind::Read && !self.direct && done != 0 {
                let at = self.at.after(self.done);
                span::writable(host, at, done)?;
                let from = transfer(host);
                host.machine.copy(from, at.linear, done);
            }
            self.done += done;
            self.counted = true;
        }
        if done < self.piece || self.done == self.total || self.done == self.at.room {
            merge_ax(host, regs, self.done);
            merge_flags(regs, real);
            return Ok(Step::Finished);
        }
        self.ask(host, regs)
    }

    fn printed<M: Machine>(
        &mut self,
        host: &mut Host<M>,
        regs: &mut Registers,
        real: &Registers,
    ) -> Result<Step, Trouble> {
        if !self.counted {
            self.done += self.piece;
            self.counted = true;
        }
        if self.last {
            regs.set_ax(real.ax());
            return Ok(Step::Finished);
        }
        self.ask(host, regs)
    }
}
