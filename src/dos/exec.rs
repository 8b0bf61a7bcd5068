//! EXEC (4B00h, 4B01h, 4B03h) with a parameter block in the client's memory.
//!
//! A 16-bit client's block is DOS's own with selectors: environment, command tail, two FCBs. A 32-bit client's has no
//! environment, and each pointer takes 8 bytes: offset, selector, padding. A null pointer means an empty tail or FCB, and so does
//! an FCB's that leads nowhere (Microsoft's DOSX32 gives FFFF:FFFFFFFF, in 6 bytes each); without an environment the client's
//! own is given, which PSP:2Ch cannot tell to DOS since it holds a selector.

use super::row::Segment;
use super::span::{self, Span, Trouble, NO_MEMORY, PATH_NOT_FOUND};
use super::{merge_ax, merge_flags, process, real_registers, transfer, Step};
use crate::host::{Host, RealTarget};
use crate::machine::Machine;
use crate::regs::{Registers, Width, CARRY};

/// Where things lie in the transfer buffer.
const FCBS: u32 = 0x20;
const TAIL: u32 = 0x40;
const PATH: u32 = 0xD0;
const ENVIRONMENT: u32 = 0x1E0;
/// Longest path, with its zero.
const PATH_BYTES: u32 = ENVIRONMENT - PATH - 1;
/// Longest command tail, without length byte and carriage return.
const TAIL_BYTES: u32 = 126;
/// Bytes of an FCB that EXEC copies.
const FCB_BYTES: u32 = 16;
/// The end of DOS's block for 4B01h: SS:SP and CS:IP of the loaded program.
const LOADED: (u32, u32) = (0x0E, 8);
/// Offset of the environment in a PSP.
const PSP_ENVIRONMENT: u32 = 0x2C;

/// An EXEC. Nothing is remembered: all it needs is in the registers.
#[derive(Clone, Copy)]
pub struct Execute;

impl Execute {
    /// Translates the parameters and asks for the call.
    pub fn start<M: Machine>(&mut self, host: &mut Host<M>, regs: &Registers) -> Result<Step, Trouble> {
        if host.facts.transfer.1 < ENVIRONMENT {
            return Err(Trouble::Fail(NO_MEMORY));
        }
        let block = parameters(host, regs)?;
        let path = path(host, regs)?;
        let buffer = transfer(host);
        host.machine.copy(path.linear, buffer + PATH, path.room);
        match regs.al() {
            3 => overlay(host, block),
            _ => program(host, block)?,
        }

        let mut real = real_registers(host, regs);
        real.set_dx(PATH as u16);
        real.set_bx(0);
        // By the time the child runs, DOS has copied all of it: a program that is started may use the whole buffer.
        let used = if regs.al() == 0 { 0 } else { ENVIRONMENT };
        Ok(Step::Ask(RealTarget::Interrupt(0x21), real, used))
    }

    /// Back from the child, or loaded. All registers but AX are the client's.
    pub fn returned<M: Machine>(
        &mut self,
        host: &mut Host<M>,
        regs: &mut Registers,
        real: &Registers,
    ) -> Result<Step, Trouble> {
        if regs.al() == 1 && real.eflags & CARRY == 0 && host.width() == Width::Bits16 {
            let at = span::span(host, Segment::Es.of(regs), regs.bx() as u32)?;
            span::writable(host, at, LOADED.0 + LOADED.1)?;
            let from = transfer(host) + LOADED.0;
            host.machine.copy(from, at.linear + LOADED.0, LOADED.1);
        }
        merge_ax(host, regs, real.ax() as u32);
        merge_flags(regs, real);
        Ok(Step::Finished)
    }
}

/// The program's path; the span is cut to it.
fn path<M: Machine>(host: &mut Host<M>, regs: &Registers) -> Result<Span, Trouble> {
    let offset = host.width().offset(regs.edx);
    let at = span::span(host, Segment::Ds.of(regs), offset)?;
    let length = span::text(host, at, PATH_BYTES, 0)?.ok_or(Trouble::Fail(PATH_NOT_FOUND))?;
    Ok(Span { linear: at.linear, room: length })
}

/// The client's parameter block, all of it in reach.
fn parameters<M: Machine>(host: &mut Host<M>, regs: &Registers) -> Result<Span, Trouble> {
    let offset = host.width().offset(regs.ebx);
    let at = span::span(host, Segment::Es.of(regs), offset)?;
    let bytes = match (regs.al(), host.width()) {
        (3, _) => 4,
        (_, Width::Bits16) => 14,
        (_, Width::Bits32) => 24,
    };
    span::readable(host, at, bytes)?;
    Ok(at)
}

/// 4B03h: the segment to load to, and the relocation factor.
fn overlay<M: Machine>(host: &mut Host<M>, block: Span) {
    let load = host.machine.read_u16(block.linear);
    let factor = host.machine.read_u16(block.linear + 2);
    let paragraph = process::paragraph(host, load);
    let buffer = transfer(host);
    host.machine.write_u16(buffer, paragraph);
    host.machine.write_u16(buffer + 2, factor);
}

/// 4B00h and 4B01h: environment, tail, FCBs.
fn program<M: Machine>(host: &mut Host<M>, block: Span) -> Result<(), Trouble> {
    let (mut pointers, step, given) = match host.width() {
        Width::Bits16 => (block.linear + 2, 4, host.machine.read_u16(block.linear)),
        Width::Bits32 => (block.linear, 8, 0),
    };
    let mut spans = [None; 3];
    for (number, found) in spans.iter_mut().enumerate() {
        *found = match number {
            0 => span::far_pointer(host, pointers)?,
            _ => fcb(host, pointers)?,
        };
        pointers += step;
    }
    let [tail, first, second] = spans;
    let environment = environment(host, given)?;
    put_tail(host, tail)?;
    put_fcb(host, FCBS, first)?;
    put_fcb(host, FCBS + FCB_BYTES, second)?;

    let (buffer, paragraph) = (transfer(host), host.facts.transfer.0);
    host.machine.write_u16(buffer, environment);
    for (number, offset) in [TAIL, FCBS, FCBS + FCB_BYTES].into_iter().enumerate() {
        host.machine.write_u16(buffer + 2 + number as u32 * 4, offset as u16);
        host.machine.write_u16(buffer + 4 + number as u32 * 4, paragraph);
    }
    Ok(())
}

/// The FCB to which the far pointer at `pointer` leads, if there is one.
fn fcb<M: Machine>(host: &mut Host<M>, pointer: u32) -> Result<Option<Span>, Trouble> {
    let found = span::far_pointer(host, pointer).and_then(|at| match at {
        Some(at) => span::readable(host, at, FCB_BYTES).map(|()| Some(at)),
        None => Ok(None),
    });
    match found {
        Err(Trouble::Fail(_)) => Ok(None),
        found => found,
    }
}

fn put_tail<M: Machine>(host: &mut Host<M>, tail: Option<Span>) -> Result<(), Trouble> {
    let to = transfer(host) + TAIL;
    let mut length = 0;
    if let Some(at) = tail {
        span::readable(host, at, 1)?;
        length = (host.machine.read_u8(at.linear) as u32).min(TAIL_BYTES);
        span::readable(host, at, length + 1)?;
        host.machine.copy(at.linear, to, length + 1);
    }
    host.machine.write_u8(to, length as u8);
    host.machine.write_u8(to + length + 1, b'\r');
    Ok(())
}

fn put_fcb<M: Machine>(host: &mut Host<M>, offset: u32, fcb: Option<Span>) -> Result<(), Trouble> {
    let to = transfer(host) + offset;
    match fcb {
        Some(at) => host.machine.copy(at.linear, to, FCB_BYTES),
        None => host.machine.write_bytes(to, b"\0           \0\0\0\0"),
    }
    Ok(())
}

/// The paragraph of the child's environment: the one given, copied to the transfer buffer when it is not in conventional
/// memory; the client's own when none is given.
fn environment<M: Machine>(host: &mut Host<M>, given: u16) -> Result<u16, Trouble> {
    let selector = match given {
        0 => {
            let psp = (host.client().psp as u32) << 4;
            host.machine.read_u16(psp + PSP_ENVIRONMENT)
        }
        given => given,
    };
    if let Some(paragraph) = process::conventional(host, selector) {
        return Ok(paragraph);
    }
    if given == 0 {
        return Ok(host.client().environment);
    }
    let at = span::span(host, given, 0)?;
    let most = host.facts.transfer.1 - ENVIRONMENT;
    let mut length = 0;
    // Strings, each with its zero; an empty one ends them.
    loop {
        if length >= most || length >= at.room {
            return Err(Trouble::Fail(NO_MEMORY));
        }
        let string = span::text(host, at.after(length), most - length, 0)?.ok_or(Trouble::Fail(NO_MEMORY))?;
        length += string;
        if string == 1 {
            break;
        }
    }
    let to = transfer(host) + ENVIRONMENT;
    host.machine.copy(at.linear, to, length);
    Ok(host.facts.transfer.0 + (ENVIRONMENT >> 4) as u16)
}
