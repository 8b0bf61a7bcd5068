//! Sectors of a drive: INT 25h, INT 26h and 7305h, and of a track of it, 440Dh, a piece after the other.
//!
//! The handlers of INT 25h and 26h end with RETF and leave the flags of their caller on the stack. In real mode they are
//! therefore called like far procedures; the client, which takes the flags off its stack as it would there, finds them
//! in its own width, as under other hosts. A packet's buffer pointer is offset and selector: 4 bytes for a 16-bit client, 6
//! for a 32-bit one; a track's is 4 bytes for either, as other hosts have it.

use super::row::Segment;
use super::span::{self, Span, Trouble, BAD_POINTER, NO_MEMORY};
use super::{merge_ax, merge_flags, real_registers, transfer, Step};
use crate::host::{Host, RealTarget};
use crate::machine::Machine;
use crate::regs::{Registers, Width, CARRY};

/// Bytes of a sector.
const SECTOR: u32 = 512;
/// Where the sectors lie in the transfer buffer, behind the packet.
const DATA: u32 = 16;
/// A track's parameters: what comes before the first sector's number (special functions, head, cylinder), and all of it.
const PLACE: usize = 5;
const TRACK: u32 = 13;

/// How a client says which sectors it means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// By CX and DX.
    Registers,
    /// By a packet at DS:(E)BX.
    Packet,
    /// By a track's parameters at DS:(E)DX: what comes first there.
    Track([u8; PLACE]),
}

/// Sectors and how far they have come.
#[derive(Clone, Copy)]
pub struct Disk {
    vector: u8,
    write: bool,
    form: Form,
    at: Span,
    start: u32,
    total: u32,
    done: u32,
    piece: u32,
    /// Has the piece been counted, so that only the next one is missing?
    counted: bool,
}

impl Disk {
    /// A transfer that has not begun.
    pub const fn new(vector: u8, write: bool) -> Self {
        let at = Span { linear: 0, room: 0 };
        Disk {
            vector,
            write,
            form: Form::Registers,
            at,
            start: 0,
            total: 0,
            done: 0,
            piece: 0,
            counted: false,
        }
    }

    /// The same for a track.
    pub const fn of_track(write: bool) -> Self {
        Disk { form: Form::Track([0; PLACE]), ..Disk::new(0x21, write) }
    }

    /// Reads the packet or the registers, and asks for the first piece.
    pub fn start<M: Machine>(&mut self, host: &mut Host<M>, regs: &mut Registers) -> Result<Step, Trouble> {
        match self.prepare(host, regs) {
            Err(Trouble::Fail(code)) if self.vector != 0x21 => {
                // Refused like by a drive: the flags go on the stack all the same.
                let real = Registers { eax: code as u32, eflags: CARRY, ..*regs };
                self.finish(host, regs, &real)
            }
            step => step,
        }
    }

    fn prepare<M: Machine>(&mut self, host: &mut Host<M>, regs: &Registers) -> Result<Step, Trouble> {
        let width = host.width();
        let offset = if let Form::Track(_) = self.form { regs.edx } else { regs.ebx };
        let given = span::span(host, Segment::Ds.of(regs), width.offset(offset))?;
        if let Form::Track(place) = &mut self.form {
            span::readable(host, given, TRACK)?;
            host.machine.read_bytes(given.linear, place);
            self.start = host.machine.read_u16(given.linear + 5) as u32;
            self.total = host.machine.read_u16(given.linear + 7) as u32;
            let offset = host.machine.read_u16(given.linear + 9) as u32;
            let selector = host.machine.read_u16(given.linear + 11);
            self.at = span::span(host, selector, offset)?;
        } else if regs.cx() == 0xFFFF || self.vector == 0x21 {
            self.form = Form::Packet;
            let bytes = match host.width() {
                Width::Bits16 => 10,
                Width::Bits32 => 12,
            };
            span::readable(host, given, bytes)?;
            self.start = host.machine.read_u32(given.linear);
            self.total = host.machine.read_u16(given.linear + 4) as u32;
            self.at = span::far_pointer(host, given.linear + 6)?.ok_or(Trouble::Fail(BAD_POINTER))?;
        } else {
            self.start = regs.dx() as u32;
            self.total = regs.cx() as u32;
            self.at = given;
        }
        if self.total * SECTOR > self.at.room {
            return Err(Trouble::Fail(BAD_POINTER));
        }
        self.ask(host, regs)
    }

    fn ask<M: Machine>(&mut self, host: &mut Host<M>, regs: &Registers) -> Result<Step, Trouble> {
        let fitting = host.facts.transfer.1.min(0x1_0000).saturating_sub(DATA) / SECTOR;
        if fitting == 0 {
            return Err(Trouble::Fail(NO_MEMORY));
        }
        self.piece = fitting.min(self.total - self.done);
        let bytes = self.piece * SECTOR;
        let buffer = transfer(host);
        if bytes != 0 {
            let at = self.at.after(self.done * SECTOR);
            if self.write {
                span::readable(host, at, bytes)?;
                host.machine.copy(at.linear, buffer + DATA, bytes);
            } else {
                span::writable(host, at, bytes)?;
            }
        }

        let mut real = real_registers(host, regs);
        let start = self.start.wrapping_add(self.done);
        let pointer = (host.facts.transfer.0 as u32) << 16 | DATA;
        let machine = &mut host.machine;
        match self.form {
            Form::Track(place) => {
                machine.write_bytes(buffer, &place);
                machine.write_u16(buffer + 5, start as u16);
                machine.write_u16(buffer + 7, self.piece as u16);
                machine.write_u32(buffer + 9, pointer);
                real.set_dx(0);
            }
            Form::Packet => {
                machine.write_u32(buffer, start);
                machine.write_u16(buffer + 4, self.piece as u16);
                machine.write_u32(buffer + 6, pointer);
                real.set_bx(0);
            }
            Form::Registers => {
                real.set_bx(DATA as u16);
                real.set_cx(self.piece as u16);
                real.set_dx(start as u16);
            }
        }
        self.counted = false;
        Ok(Step::Ask(self.target(host), real, DATA + bytes))
    }

    fn target<M: Machine>(&self, host: &Host<M>) -> RealTarget {
        if self.vector == 0x21 {
            return RealTarget::Interrupt(0x21);
        }
        let handler = host.machine.read_u32(self.vector as u32 * 4);
        RealTarget::Far { cs: (handler >> 16) as u16, ip: handler as u16 }
    }

    /// A piece is done.
    pub fn returned<M: Machine>(
        &mut self,
        host: &mut Host<M>,
        regs: &mut Registers,
        real: &Registers,
    ) -> Result<Step, Trouble> {
        if real.eflags & CARRY == 0 {
            if !self.counted {
                let (at, bytes) = (self.at, self.piece * SECTOR);
                if !self.write && bytes != 0 {
                    let at = at.after(self.done * SECTOR);
                    span::writable(host, at, bytes)?;
                    let from = transfer(host) + DATA;
                    host.machine.copy(from, at.linear, bytes);
                }
                self.done += self.piece;
                self.counted = true;
            }
            if self.done < self.total {
                return self.ask(host, regs);
            }
        }
        self.finish(host, regs, real)
    }

    /// Returns AX and the flags, and leaves them on the stack where the interrupt does.
    fn finish<M: Machine>(
        &self,
        host: &mut Host<M>,
        regs: &mut Registers,
        real: &Registers,
    ) -> Result<Step, Trouble> {
        if self.vector != 0x21 {
            push_flags(host, regs)?;
        }
        merge_ax(host, regs, regs.eax & 0xFFFF_0000 | real.ax() as u32);
        merge_flags(regs, real);
        Ok(Step::Finished)
    }
}

/// Puts the flags at the interrupt on the client's stack: a word, or a double word for a 32-bit client.
fn push_flags<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Result<(), Trouble> {
    let selector = regs.ss as u16;
    let is_big = host.descriptor_of(selector).map_err(|_| Trouble::Fail(BAD_POINTER))?.is_big();
    let bytes = match host.width() {
        Width::Bits16 => 2,
        Width::Bits32 => 4,
    };
    let esp = match is_big {
        true => regs.esp.wrapping_sub(bytes),
        false => regs.esp & 0xFFFF_0000 | regs.esp.wrapping_sub(bytes) & 0xFFFF,
    };
    let at = span::span(host, selector, if is_big { esp } else { esp & 0xFFFF })?;
    span::writable(host, at, bytes)?;
    host.machine.write_u16(at.linear, regs.eflags as u16);
    if bytes == 4 {
        host.machine.write_u16(at.linear + 2, (regs.eflags >> 16) as u16);
    }
    regs.esp = esp;
    Ok(())
}
