//! INT 31h AH=05h: memory management (DPMI 0.9 and 1.0, memory management services).
//!
//! Sizes go up to whole pages. Blocks lie at the lowest address where they fit, so that later ones lie above earlier
//! ones, as DJGPP's allocator wants it. Memory that was allocated is promised: touching it cannot fail.

use alloc::vec::Vec;

use crate::host::{Host, Refused};
use crate::layout::LOW_END;
use crate::machine::Machine;
use crate::paging::space::{Space, Stop};
use crate::paging::{Memory, ARENA_END};
use crate::regs::Registers;
use crate::service::{Code, Next, Outcome};
use crate::x86::entry::PAGE;

/// Highest number of pages that is reported: below 2 GiB in bytes, since extenders compute with signed numbers.
const PAGES_TOLD: u32 = 0x7_FFFF;
/// 0500h's structure.
const FREE_BYTES: u32 = 0x30;
/// 050Bh's structure.
const INFORMATION_BYTES: u32 = 0x80;
/// 0504h, 0505h EDX: pages are committed.
const COMMIT: u32 = 1;
/// 0505h EDX: segment descriptors follow the block.
const UPDATE_DESCRIPTORS: u32 = 2;

/// The current client's space and what its methods need.
pub(crate) fn parts<M: Machine>(host: &mut Host<M>) -> (&mut Space, &mut M, &mut Memory) {
    let client = host.clients[host.current as usize].as_mut().expect("a service runs for a client");
    (&mut client.space, &mut host.machine, &mut host.memory)
}

/// The answer to a service that stopped: "page in, then again", or its refusal.
pub(super) fn stopped<M: Machine>(host: &mut Host<M>, stop: Stop) -> Outcome {
    match stop {
        Stop::Refused(code) => Err(code.into()),
        Stop::PageIn(page) => {
            host.memory.wanted_frames = 0;
            host.wanted_page = page;
            Ok(Next::PageIn)
        }
        Stop::Room(frames) => {
            host.memory.wanted_frames = frames;
            host.wanted_page = 0;
            Ok(Next::PageIn)
        }
    }
}

/// Linear address of a structure of `bytes` bytes at ES:(E)DI, or at another offset register.
fn structure<M: Machine>(host: &mut Host<M>, regs: &Registers, offset: u32, bytes: u32) -> Result<u32, Code> {
    let offset = host.width().offset(offset);
    host.linear_of(regs.es as u16, offset, bytes)
}

/// AX=0500h. In: ES:(E)DI a structure of 30h bytes. Fields are in pages but for the first; what could be 2 GiB and more
/// is told as just below that.
pub fn free_information<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let at = structure(host, regs, regs.edi, FREE_BYTES)?;
    if let Err(refused) = host.writable(at, FREE_BYTES) {
        return host.refuse(refused, Code::InvalidLinear);
    }
    let (space, machine, memory) = parts(host);
    let totals = space.totals(memory);
    let told = |pages: u32| pages.min(PAGES_TOLD);
    // What lies in the swap file counts for blocks, but is no physical page.
    let free = totals.available.min(memory.frames.free_count() + memory.reserved());
    let fields = [
        told(totals.largest) << 12,
        told(totals.largest),
        told(totals.largest.min(free)),
        told(totals.linear),
        told(totals.available.min(totals.physical)),
        told(free),
        told(totals.physical),
        told(totals.linear_free),
        told(totals.swap),
        u32::MAX,
        u32::MAX,
        u32::MAX,
    ];
    for (index, field) in fields.into_iter().enumerate() {
        machine.write_u32(at + index as u32 * 4, field);
    }
    Ok(Next::Resume)
}

/// AX=0501h. In: BX:CX size in bytes, not zero. Out: BX:CX linear address, SI:DI handle.
/// Refused: 8012h, 8013h, 8016h, 8021h.
pub fn allocate<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let bytes = regs.bx_cx();
    let (space, machine, memory) = parts(host);

    let block = space.allocate(machine, memory, bytes)?;

    regs.set_bx_cx(block.base);
    regs.set_si_di(block.handle);
    Ok(Next::Resume)
}

/// AX=0502h. In: SI:DI handle. Refused: 8023h.
pub fn free<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let handle = regs.si_di();
    let (space, machine, memory) = parts(host);
    space.free(machine, memory, handle)?;
    Ok(Next::Resume)
}

/// AX=0503h. In: SI:DI handle, BX:CX new size in bytes, not zero. Out: BX:CX linear address, SI:DI handle (the same).
/// Refused: 8012h, 8013h, 8021h, 8023h; the block is then as it was.
pub fn resize<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (handle, bytes) = (regs.si_di(), regs.bx_cx());
    let (space, machine, memory) = parts(host);

    let block = match space.resize(machine, memory, handle, bytes, true) {
        Ok(block) => block,
        Err(stop) => return stopped(host, stop),
    };

    regs.set_bx_cx(block.base);
    regs.set_si_di(block.handle);
    Ok(Next::Resume)
}

/// AX=0504h. In: EBX linear address wanted (page-aligned) or 0, ECX size in bytes, EDX bit 0 committed. Out: EBX linear
/// address, ESI handle. Refused: 8012h, 8013h, 8016h, 8021h, 8025h.
pub fn allocate_linear<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (base, bytes, flags) = (regs.ebx, regs.ecx, regs.edx);
    let (space, machine, memory) = parts(host);

    let block = space.allocate_linear(machine, memory, base, bytes, flags & COMMIT != 0)?;

    regs.ebx = block.base;
    regs.esi = block.handle;
    Ok(Next::Resume)
}

/// AX=0505h. In: ESI handle, ECX new size in bytes, EDX bit 0 new pages are committed, bit 1 ES:EBX and EDI name an array
/// of selectors whose bases move with the block. Out: EBX linear address, ESI handle (the same).
/// Refused: 8012h, 8013h, 8021h, 8022h, 8023h, 8025h; nothing has changed then.
pub fn resize_linear<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (handle, bytes, flags) = (regs.esi, regs.ecx, regs.edx);
    let old = parts(host).0.block_of(handle)?;
    let mut selectors = Vec::new();
    if flags & UPDATE_DESCRIPTORS != 0 && regs.edi != 0 {
        match read_selectors(host, regs, &mut selectors) {
            Ok(()) => {}
            Err(Obstacle::Memory(refused)) => return host.refuse(refused, Code::InvalidLinear),
            Err(Obstacle::Code(code)) => return Err(code.into()),
        }
    }

    let (space, machine, memory) = parts(host);
    let block = match space.resize(machine, memory, handle, bytes, flags & COMMIT != 0) {
        Ok(block) => block,
        Err(stop) => return stopped(host, stop),
    };

    for selector in selectors {
        let descriptor = host.descriptor_of(selector)?;
        if old.contains(descriptor.base()) {
            let base = descriptor.base() - old.base + block.base;
            host.machine.set_descriptor(host.current, selector >> 3, descriptor.with_base(base).0);
        }
    }
    regs.ebx = block.base;
    regs.esi = block.handle;
    Ok(Next::Resume)
}

/// Why a client's array cannot be used.
enum Obstacle {
    Memory(Refused),
    Code(Code),
}

/// Reads the selectors of 0505h, all of them valid. They are read before the block moves: the array may lie in it.
fn read_selectors<M: Machine>(
    host: &mut Host<M>,
    regs: &Registers,
    selectors: &mut Vec<u16>,
) -> Result<(), Obstacle> {
    let count = regs.edi;
    if count > 8192 {
        return Err(Obstacle::Code(Code::InvalidValue));
    }
    let at = structure(host, regs, regs.ebx, count * 2).map_err(Obstacle::Code)?;
    host.readable(at, count * 2).map_err(Obstacle::Memory)?;
    selectors.try_reserve_exact(count as usize).map_err(|_| Obstacle::Code(Code::ResourceUnavailable))?;
    for index in 0..count {
        let selector = host.machine.read_u16(at + index * 2);
        host.descriptor_of(selector).map_err(Obstacle::Code)?;
        selectors.push(selector);
    }
    Ok(())
}

/// AX=0506h. In: ESI handle, EBX offset in the block, ECX pages, ES:EDX a word for each. Refused: 8023h, 8025h.
pub fn get_attributes<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let pages = regs.ecx;
    let base = parts(host).0.range_in_block(regs.esi, regs.ebx, pages)?;
    if pages == 0 {
        return Ok(Next::Resume);
    }
    let at = structure(host, regs, regs.edx, pages * 2)?;
    if let Err(refused) = host.writable(at, pages * 2) {
        return host.refuse(refused, Code::InvalidLinear);
    }
    for page in 0..pages {
        let (space, machine, _) = parts(host);
        let word = space.attributes(machine, base + (page << 12));
        machine.write_u16(at + page * 2, word);
    }
    Ok(Next::Resume)
}

/// AX=0507h. In: ESI handle, EBX offset in the block, ECX pages, ES:EDX a word for each. Refused: 8002h, 8013h, 8021h,
/// 8023h, 8025h, with ECX zero: no page was changed.
pub fn set_attributes<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let outcome = try_set_attributes(host, regs);
    if outcome.is_err() {
        regs.ecx = 0;
    }
    outcome
}

fn try_set_attributes<M: Machine>(host: &mut Host<M>, regs: &Registers) -> Outcome {
    let pages = regs.ecx;
    let base = parts(host).0.range_in_block(regs.esi, regs.ebx, pages)?;
    if pages == 0 {
        return Ok(Next::Resume);
    }
    let at = structure(host, regs, regs.edx, pages * 2)?;
    if let Err(refused) = host.readable(at, pages * 2) {
        return host.refuse(refused, Code::InvalidLinear);
    }
    let mut words = Vec::new();
    words.try_reserve_exact(pages as usize).map_err(|_| Code::ResourceUnavailable)?;
    words.extend((0..pages).map(|page| host.machine.read_u16(at + page * 2)));
    let (space, machine, memory) = parts(host);
    if let Err(stop) = space.check_attributes(machine, memory, base, pages, |page| words[page as usize]) {
        return stopped(host, stop);
    }

    // Pages that are given back come first, so that others can have their memory.
    for giving in [true, false] {
        for (page, word) in (0..pages).zip(&words) {
            if (word & 7 == 0) == giving {
                space.set_attributes(machine, memory, base + (page << 12), *word);
            }
        }
    }
    Ok(Next::Resume)
}

/// AX=0508h. In: ESI handle, EBX offset in the block, ECX pages, EDX physical address, page-aligned.
/// Refused: 8002h, 8003h, 8023h, 8025h.
pub fn map_device<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (handle, offset, pages, physical) = (regs.esi, regs.ebx, regs.ecx, regs.edx);
    let (space, machine, memory) = parts(host);
    match space.map_into_block(machine, memory, handle, offset, pages, physical) {
        Ok(()) => Ok(Next::Resume),
        Err(stop) => stopped(host, stop),
    }
}

/// AX=0509h. In: ESI handle, EBX offset in the block, ECX pages, EDX linear address below 110000h, page-aligned.
/// Refused: 8002h, 8003h, 8023h, 8025h.
pub fn map_conventional<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (handle, offset, pages, linear) = (regs.esi, regs.ebx, regs.ecx, regs.edx);
    if linear > LOW_END || pages > (LOW_END - linear) >> 12 {
        return Err(Code::SystemIntegrity.into());
    }
    let (space, machine, memory) = parts(host);
    match space.map_into_block(machine, memory, handle, offset, pages, linear) {
        Ok(()) => Ok(Next::Resume),
        Err(stop) => stopped(host, stop),
    }
}

/// How many pages a refused service of this group wanted beside those that it had, page tables included; `None` for services
/// that allocate nothing.
pub fn frames_wanted<M: Machine>(host: &mut Host<M>, ax: u16, regs: &Registers) -> Option<u32> {
    let (bytes, handle) = match ax {
        0x0501 => (regs.bx_cx(), None),
        0x0503 => (regs.bx_cx(), Some(regs.si_di())),
        0x0504 => (regs.ecx, None),
        0x0505 => (regs.ecx, Some(regs.esi)),
        // All of them, at most: each may be committed now.
        0x0507 if regs.ecx <= PAGES_TOLD => (regs.ecx << 12, None),
        _ => return None,
    };
    let had = match handle {
        Some(handle) => parts(host).0.block_of(handle).ok()?.pages,
        None => 0,
    };
    let pages = (bytes >> 12) + (bytes & (PAGE - 1) != 0) as u32;
    let more = pages.saturating_sub(had);
    Some(more + (more >> 10) + 3)
}

/// AX=050Ah. In: SI:DI handle. Out: SI:DI size in bytes, BX:CX linear address. Refused: 8023h.
pub fn block_information<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let block = parts(host).0.block_of(regs.si_di())?;
    regs.set_si_di(block.pages << 12);
    regs.set_bx_cx(block.base);
    Ok(Next::Resume)
}

/// AX=050Bh. In: ES:(E)DI a structure of 80h bytes. Sizes are in bytes; what is 4 GiB and more is told as less by a page.
pub fn information<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let at = structure(host, regs, regs.edi, INFORMATION_BYTES)?;
    if let Err(refused) = host.writable(at, INFORMATION_BYTES) {
        return host.refuse(refused, Code::InvalidLinear);
    }
    let (space, machine, memory) = parts(host);
    let totals = space.totals(memory);
    let bytes = |pages: u32| pages.min(0xF_FFFF) << 12;
    let taken = totals.physical - memory.frames.free_count();
    let fields = [
        bytes(taken),
        bytes(taken.saturating_add(memory.frames.promised())),
        bytes(totals.available),
        bytes(totals.committed),
        bytes(totals.available),
        bytes(totals.blocks),
        bytes(totals.available),
        bytes(totals.locked),
        bytes(totals.available),
        ARENA_END - 1,
        bytes(totals.largest),
        PAGE,
        PAGE,
    ];
    for index in 0..INFORMATION_BYTES / 4 {
        machine.write_u32(at + index * 4, fields.get(index as usize).copied().unwrap_or(0));
    }
    Ok(Next::Resume)
}

#[cfg(test)]
pub(super) mod tests;
