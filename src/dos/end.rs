//! AH=00h: the end of the current process, which need not be the client's own.
//!
//! A loader gives each program that it starts a PSP (55h), makes it the current one, and ends it with 00h to have its files
//! closed. In real mode 00h does not return; here it does, as under Windows: the PSP's INT 22h address becomes the place
//! where calls to real mode come back. When the client's own process is current, it is the client's end.

use super::span::Trouble;
use super::{process, real_registers, Step};
use crate::host::{Host, RealTarget};
use crate::layout::event;
use crate::machine::Machine;
use crate::regs::{Registers, CARRY};

/// Offsets in a PSP: the INT 22h address, and the parent's PSP.
pub const PSP_TERMINATE: u32 = 0x0A;
/// See [`PSP_TERMINATE`].
pub const PSP_PARENT: u32 = 0x16;
/// INT 20h, with which a PSP begins.
pub const PSP_MARK: u16 = 0x20CD;
/// DOS copies a PSP's INT 22h address to this vector.
const TERMINATE_VECTOR: u32 = 0x22 * 4;

/// How far it has come.
#[derive(Clone, Copy)]
pub enum End {
    /// DOS is asked whose PSP is current.
    Asking,
    /// The process at another PSP is ended; the vector 22h from before.
    Ending(u32),
}

impl End {
    /// Asks for the current PSP (51h).
    pub(super) fn start<M: Machine>(
        &mut self,
        host: &mut Host<M>,
        regs: &Registers,
    ) -> Result<Step, Trouble> {
        let mut real = real_registers(host, regs);
        real.set_ax(0x5100);
        Ok(Step::Ask(RealTarget::Interrupt(0x21), real, 0))
    }

    /// The PSP is known, or its process has ended.
    pub(super) fn returned<M: Machine>(
        &mut self,
        host: &mut Host<M>,
        regs: &mut Registers,
        real: &Registers,
    ) -> Result<Step, Trouble> {
        if let End::Ending(terminate) = *self {
            host.machine.write_u32(TERMINATE_VECTOR, terminate);
            regs.eflags &= !CARRY;
            return Ok(Step::Finished);
        }
        let paragraph = real.bx();
        if paragraph == host.client().psp {
            return Ok(Step::Exit);
        }
        *self = End::Ending(host.machine.read_u32(TERMINATE_VECTOR));
        let psp = (paragraph as u32) << 4;
        let (cs, ip) = host.facts.site_address(event::RETURN);
        host.machine.write_u32(psp + PSP_TERMINATE, (cs as u32) << 16 | ip as u32);
        let parent = host.machine.read_u16(psp + PSP_PARENT);
        let parent = parent_paragraph(host, parent);
        host.machine.write_u16(psp + PSP_PARENT, parent);
        let mut real = real_registers(host, regs);
        real.set_ax(0x4C00);
        Ok(Step::Ask(RealTarget::Interrupt(0x21), real, 0))
    }
}

/// The paragraph of the parent that a PSP names. A client may have written a selector of the PSP there.
pub fn parent_paragraph<M: Machine>(host: &mut Host<M>, parent: u16) -> u16 {
    if host.machine.read_u16((parent as u32) << 4) == PSP_MARK {
        return parent;
    }
    match process::conventional(host, parent) {
        Some(paragraph) if host.machine.read_u16((paragraph as u32) << 4) == PSP_MARK => paragraph,
        _ => parent,
    }
}
