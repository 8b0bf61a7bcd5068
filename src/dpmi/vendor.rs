//! INT 31h 0Axxh: extensions by name.
//!
//! The name of the DOS extension, "MS-DOS", is known here and to INT 2Fh 168Ah, which programs use instead of 0A00h.
//!
//! Specification: DPMI 0.9, function 0A00h (reserved in 1.0 in favour of 168Ah).

use crate::host::{Host, Refused};
use crate::machine::Machine;
use crate::regs::Registers;
use crate::service::{Code, Outcome};

/// An extension that can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extension {
    /// INT 21h and other interrupts with protected-mode pointers.
    MsDos,
}

/// The names, with their ending zeros; case counts.
const NAMES: &[(&[u8], Extension)] = &[(b"MS-DOS\0", Extension::MsDos)];

/// The extension whose ASCIZ name is at `selector:offset`. `Ok(None)` for any other name, and for what is not a name that can
/// be read.
pub fn named<M: Machine>(
    host: &mut Host<M>,
    selector: u16,
    offset: u32,
) -> Result<Option<Extension>, Refused> {
    for &(name, extension) in NAMES {
        let Ok(linear) = host.linear_of(selector, offset, name.len() as u32) else {
            continue;
        };
        match host.readable(linear, name.len() as u32) {
            Ok(()) => {}
            Err(Refused::Bad) => continue,
            Err(page) => return Err(page),
        }
        if name.iter().enumerate().all(|(at, byte)| host.machine.read_u8(linear + at as u32) == *byte) {
            return Ok(Some(extension));
        }
    }
    Ok(None)
}

/// AX=0A00h. In: DS:(E)SI ASCIZ name. Out: ES:(E)DI entry point of that extension. Refused: 8001h.
pub fn get_entry<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let offset = host.width().offset(regs.esi);
    if let Err(refused) = named(host, regs.ds as u16, offset) {
        return host.refuse(refused, Code::Unsupported);
    }
    Err(Code::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dpmi::fixture::{host, refusal, registers, CLIENT};
    use crate::regs::Width;
    use crate::x86::descriptor::{Descriptor, DATA3};

    #[test]
    fn a_name_counts_when_it_is_there_to_its_zero() {
        let mut host = host(Width::Bits32);
        let index = crate::dpmi::ldt::with_table(&mut host, |machine, id, table| {
            crate::dpmi::ldt::allocate(machine, id, table, 1).unwrap()
        });
        let selector = index << 3 | 7;
        host.machine.set_descriptor(CLIENT, index, Descriptor::new(0x5000, 0x0F, DATA3, 0).0);
        host.machine.write_bytes(0x5000, b"MS-DOS\0MS-DOSX.");
        assert_eq!(named(&mut host, selector, 0), Ok(Some(Extension::MsDos)));
        assert_eq!(named(&mut host, selector, 7), Ok(None));
        assert_eq!(named(&mut host, selector, 0xA), Ok(None));
        assert_eq!(named(&mut host, 0, 0), Ok(None));
        host.machine.set_descriptor(CLIENT, index, Descriptor::new(0xC000_0000, 0xFFFF, DATA3, 0).0);
        assert_eq!(named(&mut host, selector, 0), Ok(None));
        let mut regs = registers();
        regs.ds = selector as u32;
        regs.esi = 0;
        assert_eq!(refusal(&mut host, get_entry, &regs), 0x8001);
    }
}
