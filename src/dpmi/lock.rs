//! INT 31h AH=06h: page locking (DPMI 0.9 and 1.0, page locking services).
//!
//! Locks count per page. Conventional memory never leaves, so it needs none: 0602h and 0603h have nothing to do.

use super::memory::{parts, stopped};
use crate::host::Host;
use crate::layout::LOW_END;
use crate::machine::Machine;
use crate::paging::space::Stop;
use crate::regs::Registers;
use crate::service::{Code, Next, Outcome};
use crate::x86::entry::PAGE;

/// AX=0600h. In: BX:CX linear address, SI:DI bytes; a negative length reaches back from the address. Refused: 8013h,
/// 8017h, 8025h; no page is locked then. Nothing is locked, either, where `far_pointer` says so.
pub fn lock_region<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (linear, bytes) = (regs.bx_cx(), regs.si_di());
    let (space, machine, memory) = parts(host);
    match space.lock(machine, memory, linear, bytes) {
        Ok(()) => Ok(Next::Resume),
        Err(Stop::Refused(Code::InvalidLinear)) if far_pointer(regs) => Ok(Next::Resume),
        Err(stop) => stopped(host, stop),
    }
}

/// AX=0601h. In: BX:CX linear address, SI:DI bytes, as they were locked. Refused: 8002h, 8025h.
pub fn unlock_region<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (linear, bytes) = (regs.bx_cx(), regs.si_di());
    let (space, machine, memory) = parts(host);
    match space.unlock(machine, memory, linear, bytes) {
        Err(Code::InvalidLinear) if far_pointer(regs) => {}
        unlocked => unlocked?,
    }
    Ok(Next::Resume)
}

/// Whether BX:CX is the caller's DS and an offset rather than a linear address. Acrobat Reader for DOS locks memory so, and
/// gives up where that is refused. Other hosts accept any address, so that one has never noticed.
fn far_pointer(regs: &Registers) -> bool {
    regs.bx_cx() >> 16 == regs.ds & 0xFFFF
}

/// 8025h unless the range lies in conventional memory.
fn conventional(regs: &Registers) -> Outcome {
    let end = regs.bx_cx().checked_add(regs.si_di());
    if end.is_none_or(|end| end > LOW_END) {
        return Err(Code::InvalidLinear.into());
    }
    Ok(Next::Resume)
}

/// AX=0602h. In: BX:CX linear address, SI:DI bytes. Refused: 8025h.
pub fn mark_pageable<M: Machine>(_host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    conventional(regs)
}

/// AX=0603h. In: BX:CX linear address, SI:DI bytes. Refused: 8025h.
pub fn relock<M: Machine>(_host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    conventional(regs)
}

/// AX=0604h. Out: BX:CX bytes in a page.
pub fn page_size<M: Machine>(_host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    regs.set_bx_cx(PAGE);
    Ok(Next::Resume)
}

#[cfg(test)]
mod tests {
    use super::super::memory::tests::{allocated, host_with_memory};
    use super::*;
    use crate::dpmi::fixture::{refusal, registers, success};

    #[test]
    fn the_same_range_unlocks_and_only_once() {
        let mut host = host_with_memory(64);
        let (base, _) = allocated(&mut host, 0x5000);
        let mut regs = registers();
        regs.set_bx_cx(base + 0xFFF);
        regs.set_si_di(2);
        success(&mut host, lock_region, &regs);
        assert_eq!(host.client().space.locked_pages(), 2);
        success(&mut host, unlock_region, &regs);
        assert_eq!(refusal(&mut host, unlock_region, &regs), Code::InvalidState as u16);
        regs.set_bx_cx(base + 0x4FFF);
        assert_eq!(refusal(&mut host, lock_region, &regs), Code::InvalidLinear as u16);
        assert_eq!(host.client().space.locked_pages(), 0);
    }

    #[test]
    fn a_negative_length_goes_back_from_the_address() {
        let mut host = host_with_memory(64);
        let (base, _) = allocated(&mut host, 0x5000);
        let mut regs = registers();
        regs.set_bx_cx(base + 0x2004);
        regs.set_si_di(5u32.wrapping_neg());
        success(&mut host, lock_region, &regs);
        assert_eq!(host.client().space.locked_pages(), 2);
        success(&mut host, unlock_region, &regs);
        assert_eq!(host.client().space.locked_pages(), 0);
        // Wholly in front of the block, but for the address itself.
        regs.set_bx_cx(base);
        assert_eq!(refusal(&mut host, lock_region, &regs), Code::InvalidLinear as u16);
        regs.set_bx_cx(0xFFFF_F000);
        regs.set_si_di(0x2000);
        assert_eq!(refusal(&mut host, lock_region, &regs), Code::InvalidLinear as u16);
        assert_eq!(host.client().space.locked_pages(), 0);
    }

    #[test]
    fn a_far_pointer_is_no_address_and_is_let_pass() {
        let mut host = host_with_memory(64);
        let (base, _) = allocated(&mut host, 0x5000);
        let mut regs = registers();
        regs.ds = 0xABCD_01FF;
        regs.set_bx_cx(0x01FF_BAAE);
        regs.set_si_di(0x8000);
        success(&mut host, lock_region, &regs);
        success(&mut host, unlock_region, &regs);
        regs.ds = 0x01F7;
        assert_eq!(refusal(&mut host, lock_region, &regs), Code::InvalidLinear as u16);
        assert_eq!(refusal(&mut host, unlock_region, &regs), Code::InvalidLinear as u16);
        // What is there is locked, and counts, whatever DS holds.
        regs.set_bx_cx(base);
        regs.set_si_di(0x5000);
        regs.ds = base >> 16;
        success(&mut host, lock_region, &regs);
        assert_eq!(host.client().space.locked_pages(), 5);
        success(&mut host, unlock_region, &regs);
        assert_eq!(refusal(&mut host, unlock_region, &regs), Code::InvalidState as u16);
    }

    #[test]
    fn the_landing_page_never_leaves_and_is_locked_nowhere() {
        let mut host = host_with_memory(16);
        let mut regs = registers();
        regs.set_bx_cx(crate::paging::LANDING + 0x239);
        regs.set_si_di(0x4EE);
        success(&mut host, lock_region, &regs);
        assert_eq!((host.client().space.locked_pages(), host.memory.locked_pages()), (0, 0));
        success(&mut host, unlock_region, &regs);
    }

    #[test]
    fn conventional_memory_can_always_be_locked() {
        let mut host = host_with_memory(16);
        let mut regs = registers();
        regs.set_bx_cx(0);
        regs.set_si_di(0x11_0000);
        for service in [lock_region, unlock_region, mark_pageable, relock] {
            success(&mut host, service, &regs);
        }
        regs.set_si_di(0x11_0001);
        assert_eq!(refusal(&mut host, relock, &regs), Code::InvalidLinear as u16);
        assert_eq!(success(&mut host, page_size, &regs).bx_cx(), 4096);
    }
}
