//! INT 31h 09xxh: the client's virtual interrupt state.
//!
//! The state is IF in the image of the client's flags: at IOPL 3 the two are the same, at IOPL 0 the monitor keeps the image.
//! AH keeps its value, so that a client restores the earlier state by INT 31h with AX as it came back.
//!
//! Specification: DPMI 0.9, functions 0900h to 0902h.

use crate::host::Host;
use crate::machine::Machine;
use crate::regs::{Registers, INTERRUPT};
use crate::service::{Next, Outcome};

fn report(regs: &mut Registers) {
    let enabled = regs.eflags & INTERRUPT != 0;
    regs.set_ax(0x0900 | enabled as u16);
}

/// AX=0900h. Interrupts off. Out: AL=1 if they were on.
#[inline]
pub fn disable<M: Machine>(_: &mut Host<M>, regs: &mut Registers) -> Outcome {
    report(regs);
    regs.eflags &= !INTERRUPT;
    Ok(Next::Resume)
}

/// AX=0901h. Interrupts on. Out: AL=1 if they were on.
#[inline]
pub fn enable<M: Machine>(_: &mut Host<M>, regs: &mut Registers) -> Outcome {
    report(regs);
    regs.eflags |= INTERRUPT;
    Ok(Next::Resume)
}

/// AX=0902h. Out: AL=1 if interrupts are on.
#[inline]
pub fn get<M: Machine>(_: &mut Host<M>, regs: &mut Registers) -> Outcome {
    report(regs);
    Ok(Next::Resume)
}
