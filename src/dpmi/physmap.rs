//! INT 31h AH=08h: physical address mapping (DPMI 0.9 and 1.0).
//!
//! We differ from 1.0 on purpose below 110000h: the identity address is returned instead of a refusal, as 0.9 hosts do
//! and programs expect. Memory that is ours is refused unless it is a locked extended memory block, whose lock
//! gave a physical address.

use super::memory::{parts, stopped};
use crate::host::Host;
use crate::machine::Machine;
use crate::regs::Registers;
use crate::service::{Next, Outcome};

/// AX=0800h. In: BX:CX physical address, SI:DI bytes, neither page-aligned of need. Out: BX:CX linear address.
/// Refused: 8003h, 8012h, 8013h, 8016h, 8021h.
pub fn map<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (physical, bytes) = (regs.bx_cx(), regs.si_di());
    let (space, machine, memory) = parts(host);
    match space.map_physical(machine, memory, physical, bytes) {
        Ok(linear) => {
            regs.set_bx_cx(linear);
            Ok(Next::Resume)
        }
        Err(stop) => stopped(host, stop),
    }
}

/// AX=0801h. In: BX:CX linear address that 0800h returned. Refused: 8025h.
pub fn unmap<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let linear = regs.bx_cx();
    let (space, machine, memory) = parts(host);
    space.unmap_physical(machine, memory, linear)?;
    Ok(Next::Resume)
}

#[cfg(test)]
mod tests {
    use super::super::memory::tests::host_with_memory;
    use super::*;
    use crate::dpmi::fixture::{refusal, registers, success};
    use crate::service::Code;

    fn request(physical: u32, bytes: u32) -> Registers {
        let mut regs = registers();
        regs.set_bx_cx(physical);
        regs.set_si_di(bytes);
        regs
    }

    #[test]
    fn a_frame_buffer_keeps_its_offset_and_is_mapped_once() {
        let mut host = host_with_memory(64);
        let free = host.memory.frames.available();
        let regs = request(0xE000_0123, 0x8001);
        let first = success(&mut host, map, &regs).bx_cx();
        assert_eq!(first & 0xFFF, 0x123);
        assert_eq!(success(&mut host, map, &regs).bx_cx(), first);
        host.writable(first, 0x8001).unwrap();
        host.machine.write_u8(first + 0x8000, 0x5A);
        assert_eq!(host.machine.physical_u8(0xE000_8123), 0x5A);
        for _ in 0..2 {
            let mut regs = registers();
            regs.set_bx_cx(first);
            success(&mut host, unmap, &regs);
        }
        assert!(host.readable(first, 1).is_err());
        assert_eq!(host.memory.frames.available(), free);
        let mut regs = registers();
        regs.set_bx_cx(first);
        assert_eq!(refusal(&mut host, unmap, &regs), Code::InvalidLinear as u16);
    }

    #[test]
    fn low_addresses_are_the_same_and_our_memory_is_refused() {
        let mut host = host_with_memory(64);
        assert_eq!(success(&mut host, map, &request(0xA_0000, 0x1_0000)).bx_cx(), 0xA_0000);
        assert_eq!(success(&mut host, map, &request(0x10_FFFF, 1)).bx_cx(), 0x10_FFFF);
        let frame = host.memory.frames.covered().start << 12;
        for (physical, bytes, code) in [
            (frame, 1, Code::SystemIntegrity),
            (0, 0x1000_0000, Code::SystemIntegrity),
            (0xE000_0000, 0, Code::InvalidValue),
            (0xFFFF_F000, 0x1001, Code::InvalidValue),
        ] {
            assert_eq!(refusal(&mut host, map, &request(physical, bytes)), code as u16);
        }
    }
}
