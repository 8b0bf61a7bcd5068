//! INT 31h 0Axxh: extensions by name.
//!
//! The names are "MS-DOS", the DOS extension's, and "VIRTUAL SUPPORT"; programs ask for them with INT 2Fh 168Ah as well. What
//! they stand for is there whether it is asked for or not.
//!
//! Specification: DPMI 0.9, function 0A00h (reserved in 1.0 in favour of 168Ah).

use crate::host::{Host, Refused};
use crate::landing;
use crate::layout::{SEL_LANDING16, SEL_LANDING32};
use crate::machine::Machine;
use crate::regs::{Registers, Width};
use crate::service::{Code, Next, Outcome};

/// An extension that can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extension {
    /// INT 21h and other interrupts with protected-mode pointers.
    MsDos,
    /// Memory without pages (0504h), and page faults in it that tell where (CR2 in the expanded frame). Borland's 32-bit
    /// extender asks for it before it starts a program; it calls nothing there.
    Uncommitted,
}

/// The names, with their ending zeros; case counts.
const NAMES: &[(&[u8], Extension)] =
    &[(b"MS-DOS\0", Extension::MsDos), (b"VIRTUAL SUPPORT\0", Extension::Uncommitted)];

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
    match named_at_si(host, regs) {
        Ok(Some(_)) => {
            give_entry(host, regs);
            Ok(Next::Resume)
        }
        Ok(None) => Err(Code::Unsupported.into()),
        Err(refused) => host.refuse(refused, Code::Unsupported),
    }
}

/// INT 2Fh AX=168Ah. In: DS:(E)SI ASCIZ name. Out: AL=0 and ES:(E)DI the entry point; for a name that is not known nothing
/// changes. Flags stay.
pub fn multiplex<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    match named_at_si(host, regs) {
        Ok(Some(_)) => {
            give_entry(host, regs);
            regs.eax &= !0xFF;
            Ok(Next::AsIs)
        }
        Err(Refused::PageIn(page)) => host.refuse(Refused::PageIn(page), Code::Unsupported),
        _ => Ok(Next::AsIs),
    }
}

/// A far call of the extension's entry point (landing point [`landing::VENDOR`]). All that is ever asked there is AX=0100h, a
/// selector over the LDT to write it without us; a client that may write descriptors is protected from nothing, so it is
/// refused, and the caller goes on with 0007h to 000Ch.
pub fn call_entry<M: Machine>(_: &mut Host<M>, _: &mut Registers) -> Outcome {
    Err(Code::Unsupported.into())
}

fn named_at_si<M: Machine>(host: &mut Host<M>, regs: &Registers) -> Result<Option<Extension>, Refused> {
    let offset = host.width().offset(regs.esi);
    named(host, regs.ds as u16, offset)
}

fn give_entry<M: Machine>(host: &Host<M>, regs: &mut Registers) {
    match host.width() {
        Width::Bits16 => {
            regs.es = SEL_LANDING16;
            regs.set_di(landing::VENDOR as u16);
        }
        Width::Bits32 => {
            regs.es = SEL_LANDING32;
            regs.edi = landing::VENDOR;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dpmi::fixture::{host, refusal, registers, run, success, CLIENT};
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
    }

    #[test]
    fn the_entry_is_given_in_the_clients_width() {
        for (width, es, edi) in [
            (Width::Bits16, SEL_LANDING16, 0xD1D1_0000 | landing::VENDOR),
            (Width::Bits32, SEL_LANDING32, landing::VENDOR),
        ] {
            let mut host = host(width);
            let selector = crate::dpmi::ldt::with_table(&mut host, |machine, id, table| {
                crate::dpmi::ldt::segment_to_selector(machine, id, table, 0x500).unwrap()
            });
            host.machine.write_bytes(0x5000, b"MS-DOS\0WHAT?\0");
            let mut regs = registers();
            (regs.ds, regs.esi) = (selector as u32, 0);
            let after = success(&mut host, get_entry, &regs);
            assert_eq!((after.es, after.edi, after.eax), (es, edi, regs.eax));
            regs.set_ax(0x168A);
            let mut after = regs;
            assert_eq!(run(&mut host, multiplex, &mut after), Next::AsIs);
            assert_eq!((after.es, after.edi, after.ax(), after.eflags), (es, edi, 0x1600, regs.eflags));
            regs.esi = 7;
            assert_eq!(refusal(&mut host, get_entry, &regs), 0x8001);
            let mut after = regs;
            assert_eq!(run(&mut host, multiplex, &mut after), Next::AsIs);
            assert_eq!(after, regs);
            assert_eq!(refusal(&mut host, call_entry, &regs), 0x8001);
        }
    }
}
