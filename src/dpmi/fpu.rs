//! INT 31h 0Exxh: the numeric coprocessor.
//!
//! Specification: DPMI 1.0, functions 0E00h and 0E01h; DJGPP programs rely on both.

use crate::host::Host;
use crate::machine::Machine;
use crate::regs::Registers;
use crate::service::{Next, Outcome};

/// The client has the coprocessor enabled.
pub const CLIENT_MONITOR: u8 = 1;
/// The client emulates the coprocessor.
pub const CLIENT_EMULATES: u8 = 2;
/// There is a coprocessor.
const PRESENT: u16 = 4;
/// Coprocessor of a 486 or later, in bits 4 to 7. The oldest that can be here, as there is no host for less than a 486.
const TYPE_486: u16 = 4 << 4;

/// AX=0E00h. Out: AX bit 0 enabled for this client, 1 emulated by it, 2 present, 3 emulated by the host, 4 to 7 type.
pub fn get_status<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let real = if host.facts.has_fpu { PRESENT | TYPE_486 } else { 0 };
    let client = host.client().coprocessor & (CLIENT_MONITOR | CLIENT_EMULATES);
    regs.set_ax(real | client as u16);
    Ok(Next::Resume)
}

/// AX=0E01h. In: BX bit 0 enable for this client, bit 1 the client emulates: its coprocessor instructions then raise
/// exception 7. Bits beyond these are ignored.
pub fn set_emulation<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    host.client().coprocessor = regs.bl() & (CLIENT_MONITOR | CLIENT_EMULATES);
    load(host);
    Ok(Next::Resume)
}

/// Puts the current client's choice into CR0; also when another client becomes the current one. Without a coprocessor
/// its instructions always raise exception 7, since nothing else would answer them.
pub fn load<M: Machine>(host: &mut Host<M>) {
    let choice = host.client().coprocessor;
    let emulate = choice & CLIENT_EMULATES != 0 || !host.facts.has_fpu;
    host.machine.set_coprocessor(choice & CLIENT_MONITOR != 0, emulate);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dpmi::fixture::{host, registers, success};
    use crate::regs::Width;

    #[test]
    fn the_clients_choice_reaches_cr0_and_the_status() {
        let mut host = host(Width::Bits32);
        assert_eq!(success(&mut host, get_status, &registers()).eax, 0xA0A0_0045);
        for (bx, status, control) in [
            (0xFF00, 0x44, (false, false)),
            (2, 0x46, (false, true)),
            (3, 0x47, (true, true)),
            (1, 0x45, (true, false)),
        ] {
            let mut regs = registers();
            regs.set_bx(bx);
            success(&mut host, set_emulation, &regs);
            assert_eq!(host.machine.coprocessor, control);
            assert_eq!(success(&mut host, get_status, &registers()).ax(), status);
        }
    }

    #[test]
    fn without_a_coprocessor_its_instructions_always_fault() {
        let mut host = host(Width::Bits32);
        host.facts.has_fpu = false;
        let mut regs = registers();
        regs.set_bx(1);
        success(&mut host, set_emulation, &regs);
        assert_eq!(host.machine.coprocessor, (true, true));
        assert_eq!(success(&mut host, get_status, &registers()).ax(), 1);
    }
}
