//! INT 31h 04xxh: what this host is.
//!
//! Specification: DPMI 0.9 function 0400h, DPMI 1.0 function 0401h.

use crate::host::Host;
use crate::layout::{VERSION_MAJOR, VERSION_MINOR};
use crate::machine::Machine;
use crate::regs::Registers;
use crate::service::{Code, Next, Outcome};

/// DPMI 0.90: major in the high byte, minor in decimal hundredths in the low one.
pub const DPMI_VERSION: u16 = 90;
/// 32-bit host.
const FLAG_32BIT: u16 = 1;
/// Virtual memory is supported. (Bit 1 is clear: interrupts are reflected to virtual-8086 mode.)
const FLAG_VIRTUAL_MEMORY: u16 = 4;
/// What 0400h returns in BX.
pub const FLAGS: u16 = FLAG_32BIT | FLAG_VIRTUAL_MEMORY;
/// Interrupts that the two controllers begin at: the PIC is left as the BIOS set it.
pub const PIC_BASES: u16 = 0x0870;

/// AX=0400h. Out: AX version, BX flags, CL processor, DH and DL interrupt bases of the controllers.
#[inline]
pub fn get_version<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    regs.set_ax(DPMI_VERSION);
    regs.set_bx(FLAGS);
    regs.set_cx(regs.cx() & 0xFF00 | host.facts.cpu as u16);
    regs.set_dx(PIC_BASES);
    Ok(Next::Resume)
}

/// Accessed and dirty bits (0506h, 0507h), device and conventional memory mapping (0508h, 0509h), demand zero fill, pages
/// that the client cannot write. Not claimed: exception restart (1), pages that the host cannot write (6).
const CAPABILITIES: u16 = 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5;
/// Size of the buffer for the host's name.
const DESCRIPTION_BYTES: u32 = 128;

/// AX=0401h. In: ES:(E)DI 128 bytes. Out: AX capabilities, CX and DX zero, the buffer filled with the host's version and
/// name. Refused: 8021h, 8022h, 8025h.
pub fn get_capabilities<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let offset = host.width().offset(regs.edi);
    let linear = host.linear_of(regs.es as u16, offset, DESCRIPTION_BYTES)?;
    if let Err(refused) = host.writable(linear, DESCRIPTION_BYTES) {
        return host.refuse(refused, Code::InvalidLinear);
    }

    let mut description = [0; DESCRIPTION_BYTES as usize];
    description[0] = VERSION_MAJOR as u8;
    description[1] = VERSION_MINOR as u8;
    description[2..9].copy_from_slice(b"FERRITE");
    host.machine.write_bytes(linear, &description);
    regs.set_ax(CAPABILITIES);
    regs.set_cx(0);
    regs.set_dx(0);
    Ok(Next::Resume)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dpmi::fixture::{host, refusal, registers, success, CLIENT};
    use crate::regs::Width;
    use crate::x86::descriptor::{Descriptor, DATA3};

    #[test]
    fn the_version_is_0_90_on_a_32_bit_host() {
        let mut host = host(Width::Bits16);
        let after = success(&mut host, get_version, &registers());
        assert_eq!((after.eax, after.ebx), (0xA0A0_005A, 0xB0B0_0005));
        assert_eq!((after.ecx, after.edx), (0xC0C0_0005, 0xD0D0_0870));
    }

    #[test]
    fn capabilities_fill_the_whole_buffer_or_nothing() {
        let mut host = host(Width::Bits32);
        assert_eq!(refusal(&mut host, get_capabilities, &registers()), 0x8022);
        let index = crate::dpmi::ldt::with_table(&mut host, |machine, id, table| {
            crate::dpmi::ldt::allocate(machine, id, table, 1).unwrap()
        });
        host.machine.set_descriptor(CLIENT, index, Descriptor::new(0x5000, 0x80, DATA3, 0).0);
        let mut regs = registers();
        regs.es = (index << 3 | 7) as u32;
        regs.edi = 2;
        assert_eq!(refusal(&mut host, get_capabilities, &regs), 0x8021);
        regs.edi = 1;
        host.machine.write_u8(0x5080, 0xEE);
        let after = success(&mut host, get_capabilities, &regs);
        assert_eq!((after.ax(), after.ecx, after.edx), (0x3D, 0xC0C0_0000, 0xD0D0_0000));
        assert_eq!(host.machine.read_u32(0x5003), u32::from_le_bytes(*b"FERR"));
        assert_eq!(host.machine.read_u8(0x5080), 0);
    }
}
