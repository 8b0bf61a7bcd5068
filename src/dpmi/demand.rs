//! INT 31h AH=07h: demand paging performance tuning (DPMI 0.9 and 1.0).
//!
//! Advice counts for pages that lie wholly inside the range. 0700h and 0701h are the same with page numbers; 0.9 lists
//! them for old clients' sake only.

use super::memory::parts;
use crate::host::Host;
use crate::machine::Machine;
use crate::regs::Registers;
use crate::service::{Code, Next, Outcome};

/// The byte range that 0700h and 0701h mean: BX:CX first page, SI:DI pages.
fn in_pages(regs: &Registers) -> Result<(u32, u32), Code> {
    let (first, count) = (regs.bx_cx(), regs.si_di());
    if first.checked_add(count).is_none_or(|end| end > 0xF_FFFF) {
        return Err(Code::InvalidLinear);
    }
    Ok((first << 12, count << 12))
}

fn candidates<M: Machine>(host: &mut Host<M>, linear: u32, bytes: u32) -> Outcome {
    let (space, machine, _) = parts(host);
    space.mark_candidates(machine, linear, bytes)?;
    Ok(Next::Resume)
}

fn discards<M: Machine>(host: &mut Host<M>, linear: u32, bytes: u32) -> Outcome {
    let (space, machine, memory) = parts(host);
    space.discard(machine, memory, linear, bytes)?;
    Ok(Next::Resume)
}

/// AX=0700h. In: BX:CX first page, SI:DI pages. Refused: 8025h.
pub fn mark_candidate_pages<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (linear, bytes) = in_pages(regs)?;
    candidates(host, linear, bytes)
}

/// AX=0701h. In: BX:CX first page, SI:DI pages. Refused: 8025h.
pub fn discard_pages<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (linear, bytes) = in_pages(regs)?;
    discards(host, linear, bytes)
}

/// AX=0702h. In: BX:CX linear address, SI:DI bytes. Refused: 8025h.
pub fn mark_candidate<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    candidates(host, regs.bx_cx(), regs.si_di())
}

/// AX=0703h. In: BX:CX linear address, SI:DI bytes. Refused: 8025h.
pub fn discard<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    discards(host, regs.bx_cx(), regs.si_di())
}

#[cfg(test)]
mod tests {
    use super::super::memory::tests::{allocated, host_with_memory};
    use super::*;
    use crate::dpmi::fixture::{refusal, registers, success};

    #[test]
    fn only_whole_pages_are_discarded() {
        let mut host = host_with_memory(64);
        let (base, _) = allocated(&mut host, 0x4000);
        host.writable(base, 0x4000).unwrap();
        for page in 0..4 {
            host.machine.write_u32(base + page * 0x1000, 7);
        }
        let free = host.memory.frames.free_count();
        let mut regs = registers();
        regs.set_bx_cx(base + 1);
        regs.set_si_di(0x2FFF);
        success(&mut host, mark_candidate, &regs);
        success(&mut host, discard, &regs);
        assert_eq!(host.memory.frames.free_count(), free + 2);
        host.readable(base, 0x4000).unwrap();
        let words: Vec<u32> = (0..4).map(|page| host.machine.read_u32(base + page * 0x1000)).collect();
        assert_eq!(words, [7, 0, 0, 7]);
    }

    #[test]
    fn advice_on_foreign_addresses_is_refused() {
        let mut host = host_with_memory(16);
        let mut regs = registers();
        regs.set_bx_cx(0x1000_0000);
        regs.set_si_di(0x1000);
        for service in [mark_candidate, discard] {
            assert_eq!(refusal(&mut host, service, &regs), Code::InvalidLinear as u16);
        }
        regs.set_bx_cx(0xFFFF_FFFF);
        for service in [mark_candidate_pages, discard_pages, mark_candidate, discard] {
            assert_eq!(refusal(&mut host, service, &regs), Code::InvalidLinear as u16);
        }
    }
}
