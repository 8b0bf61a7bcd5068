//! INT 31h 09xxh: the client's virtual interrupt state.
//!
//! At IOPL 3 the state is IF in the client's flags; at IOPL 0 the monitor keeps it ([`Next::InterruptState`]).
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
pub fn get_and_disable<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    if host.facts.client_iopl == 0 {
        return Ok(Next::InterruptState);
    }
    report(regs);
    regs.eflags &= !INTERRUPT;
    Ok(Next::Resume)
}

/// AX=0901h. Interrupts on. Out: AL=1 if they were on.
#[inline]
pub fn get_and_enable<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    if host.facts.client_iopl == 0 {
        return Ok(Next::InterruptState);
    }
    report(regs);
    regs.eflags |= INTERRUPT;
    Ok(Next::Resume)
}

/// AX=0902h. Out: AL=1 if interrupts are on.
#[inline]
pub fn get<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    if host.facts.client_iopl == 0 {
        return Ok(Next::InterruptState);
    }
    report(regs);
    Ok(Next::Resume)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dpmi::fixture::{host, registers, success};
    use crate::regs::Width;

    #[test]
    fn the_state_before_comes_back_in_a_form_that_restores_it() {
        let mut host = host(Width::Bits32);
        let mut regs = registers();
        regs.set_ax(0x0900);
        let off = success(&mut host, get_and_disable, &regs);
        assert_eq!((off.eax, off.eflags & INTERRUPT), (0xA0A0_0901, 0));
        let again = success(&mut host, get_and_disable, &off);
        assert_eq!((again.ax(), again.eflags & INTERRUPT), (0x0900, 0));
        assert_eq!(success(&mut host, get, &again).ax(), 0x0900);
        let on = success(&mut host, get_and_enable, &again);
        assert_eq!((on.ax(), on.eflags & INTERRUPT), (0x0900, INTERRUPT));
        assert_eq!(success(&mut host, get, &on).ax(), 0x0901);
        assert_eq!(success(&mut host, get_and_enable, &on).ax(), 0x0901);
    }
}
