//! INT 31h AH=FEh: what the core can do and no standard call asks for, for tests.
//!
//! The calls are there only in an image that was built with the feature `debug-calls` (`cargo x image --debug-calls`);
//! in any other AH=FEh is refused with 8001h as all unknown services are ([decision 0018](../../docs/decisions/0018-debug-calls.md)).
//! They take and give 32-bit registers whatever the client's width.

use super::memory::{parts, stopped};
use crate::host::Host;
use crate::machine::Machine;
use crate::paging::blocks::Section;
use crate::paging::claim::Claim;
use crate::paging::frames::Owner;
use crate::paging::page::{Kind, Page, Resident};
use crate::paging::space::{Clear, Sharing, Stop};
use crate::regs::Registers;
use crate::service::{Code, Handler, Next, Outcome};

/// AH of these calls.
const GROUP: u16 = 0xFE;
/// In EDX of [`map_again`], bits 8 to 15: the client's own pages.
const OWN: u32 = 0xFF;

// The word of a page that `page` gives.
const PRESENT: u32 = 1 << 0;
const WRITABLE: u32 = 1 << 1;
const ACCESSED: u32 = 1 << 2;
const DIRTY: u32 = 1 << 3;
const KEPT: u32 = 1 << 4;
const COPIED: u32 = 1 << 5;
const SHARED: u32 = 1 << 6;
const MAPPED: u32 = 1 << 7;
const SWAPPED: u32 = 1 << 8;
const UNTOUCHED: u32 = 1 << 9;

/// The handler of AX, if it is one of these calls.
pub fn find<M: Machine>(ax: u16) -> Option<Handler<M>> {
    if ax >> 8 != GROUP {
        return None;
    }
    let handlers: [Handler<M>; 18] = [
        counts,
        page,
        marks,
        map_again,
        allocate_contiguous,
        physical_of_block,
        end_virtual,
        start_virtual,
        keep,
        let_go,
        protect,
        set_section,
        set_claim,
        get_claim,
        nth_page,
        client_number,
        transfers,
        audit,
    ];
    handlers.get(ax as usize & 0xFF).copied()
}

/// AX=FE00h. Out: EBX free frames, ECX promised ones, EDX locked ones, ESI page faults so far, EDI pages copied on a write.
fn counts<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let memory = &host.memory;
    regs.ebx = memory.frames.free_count();
    regs.ecx = memory.frames.promised();
    regs.edx = memory.locked_pages();
    regs.esi = memory.counts.faults;
    regs.edi = memory.counts.copied;
    Ok(Next::Resume)
}

/// AX=FE01h. In: EBX linear address. Out: ECX what the page is (bits as above), EDX its physical address or FFFFFFFFh, ESI the
/// section's number, EDI the lock count.
fn page<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let linear = regs.ebx;
    let (space, machine, memory) = parts(host);
    let flag = |set: bool, bit: u32| if set { bit } else { 0 };
    let state = space.describe(machine, linear);
    (regs.ecx, regs.edi) = match state {
        Page::Absent | Page::Uncommitted | Page::Guard => (0, 0),
        Page::Untouched { writable } => (UNTOUCHED | flag(writable, WRITABLE), 0),
        Page::Swapped { writable, .. } => (SWAPPED | flag(writable, WRITABLE), 0),
        Page::Resident(Resident { frame, kind, writable, pinned, accessed, dirty, .. }) => {
            let kind_bit = match kind {
                Kind::Private => 0,
                Kind::Copied => COPIED,
                Kind::Mapped => MAPPED,
                Kind::Shared => SHARED,
            };
            let flags = [(writable, WRITABLE), (accessed, ACCESSED), (dirty, DIRTY), (pinned, KEPT)];
            let flags = flags.map(|(set, bit)| flag(set, bit)).iter().sum::<u32>();
            let locks = match memory.frames.owner(frame) {
                Owner::Page { .. } => memory.frames.locks(frame),
                _ => 0,
            };
            (PRESENT | kind_bit | flags, locks)
        }
    };
    regs.esi = space.section(linear) as u32;
    regs.edx = space.physical(machine, linear).unwrap_or(u32::MAX);
    Ok(Next::Resume)
}

/// AX=FE02h. In: EBX linear address, ECX pages, EDX bit 0 clears accessed bits, bit 1 dirty bits. Out: ESI pages in memory,
/// ECX accessed, EDX dirty. Refused: 8025h.
fn marks<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let clear = Clear { accessed: regs.edx & 1 != 0, dirty: regs.edx & 2 != 0 };
    let (space, machine, memory) = parts(host);
    let marks = space.read_marks(machine, memory, (regs.ebx, regs.ecx), clear)?;
    (regs.esi, regs.ecx, regs.edx) = (marks.resident, marks.accessed, marks.dirty);
    Ok(Next::Resume)
}

/// AX=FE03h. In: EBX linear address, ECX pages, EDX bit 0 clear for a copy on write, set for pages that both write, bit 1 set
/// for a place of the caller's choice, EDI; bits 8 to 15 the client whose pages they are, or FFh. Out: EBX linear address, ESI
/// handle. Refused: 8002h also where a page of the other's cannot come in from the swap file, 8010h, 8012h, 8013h, 8016h, 8021h
/// for the client, 8025h.
fn map_again<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let sharing = if regs.edx & 1 != 0 { Sharing::Shared } else { Sharing::CopyOnWrite };
    let from = regs.edx >> 8 & 0xFF;
    let at = if regs.edx & 2 != 0 { regs.edi } else { 0 };
    let range = (regs.ebx, regs.ecx);
    let block = if from == OWN || from == host.current as u32 {
        let (space, machine, memory) = parts(host);
        space.map_again(machine, memory, range, at, sharing)
    } else {
        let slot = host.clients.get_mut(from as usize).ok_or(Code::InvalidValue)?;
        let mut other = slot.take().ok_or(Code::InvalidValue)?;
        let (space, machine, memory) = parts(host);
        let block = space.map_from(machine, memory, &mut other.space, range, at, sharing);
        host.clients[from as usize] = Some(other);
        if let Err(Stop::PageIn(_)) = block {
            host.wanted_of = Some(from as u8);
        }
        block
    };
    match block {
        Ok(block) => {
            (regs.ebx, regs.esi) = (block.base, block.handle);
            Ok(Next::Resume)
        }
        Err(stop) => stopped(host, stop),
    }
}

/// AX=FE04h. In: ECX bytes, EBX physical address below which to stay (0: anywhere), EDX alignment in pages. Out: EBX
/// linear address, ESI handle, EDX physical address. Refused: 8012h, 8013h, 8016h, 8021h.
fn allocate_contiguous<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let below = if regs.ebx == 0 { u32::MAX } else { regs.ebx >> 12 };
    let (space, machine, memory) = parts(host);
    match space.allocate_contiguous(machine, memory, regs.ecx, below, regs.edx) {
        Ok((block, physical)) => {
            (regs.ebx, regs.esi, regs.edx) = (block.base, block.handle, physical);
            Ok(Next::Resume)
        }
        Err(stop) => stopped(host, stop),
    }
}

/// AX=FE05h. In: ESI handle. Out: EDX physical address. Refused: 8002h, 8023h.
fn physical_of_block<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (space, machine, _) = parts(host);
    regs.edx = space.physical_of_block(machine, regs.esi)?;
    Ok(Next::Resume)
}

/// AX=FE06h. In: ESI handle. Refused: 8002h, 8013h, 8023h.
fn end_virtual<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (space, machine, memory) = parts(host);
    match space.end_virtual(machine, memory, regs.esi) {
        Ok(()) => Ok(Next::Resume),
        Err(stop) => stopped(host, stop),
    }
}

/// AX=FE07h. In: ESI handle. Refused: 8002h, 8023h.
fn start_virtual<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (space, machine, memory) = parts(host);
    space.start_virtual(machine, memory, regs.esi)?;
    Ok(Next::Resume)
}

/// AX=FE08h. In: EBX linear address, ECX pages: they stay in memory. Refused: 8013h, 8025h.
fn keep<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (space, machine, memory) = parts(host);
    match space.keep(machine, memory, (regs.ebx, regs.ecx)) {
        Ok(()) => Ok(Next::Resume),
        Err(stop) => stopped(host, stop),
    }
}

/// AX=FE09h. In: EBX linear address, ECX pages: they may leave again. Refused: 8025h.
fn let_go<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (space, machine, _) = parts(host);
    space.let_go(machine, (regs.ebx, regs.ecx))?;
    Ok(Next::Resume)
}

/// AX=FE0Ah. In: EBX linear address, ECX pages, EDX bit 0 writable. Refused: 8013h, 8025h.
fn protect<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (space, machine, memory) = parts(host);
    match space.protect(machine, memory, (regs.ebx, regs.ecx), regs.edx & 1 != 0) {
        Ok(()) => Ok(Next::Resume),
        Err(stop) => stopped(host, stop),
    }
}

/// AX=FE0Bh. In: ESI handle, EDX section: 0 heap, 1 stack, 2 code, 3 data. Refused: 8021h, 8023h.
fn set_section<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let section = Section::from_number(regs.edx).ok_or(Code::InvalidValue)?;
    parts(host).0.set_section(regs.esi, section)?;
    Ok(Next::Resume)
}

/// AX=FE0Ch. In: EBX the share to claim in 256ths, ECX lower limit, EDX upper limit (0: none), ESI to leave free, EDI to keep, all
/// in KiB. What is in use stays so.
fn set_claim<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    host.memory.set_claim(Claim {
        fraction: regs.ebx,
        lower: regs.ecx,
        upper: regs.edx,
        leave_free: regs.esi,
        keep: regs.edi,
    });
    Ok(Next::Resume)
}

/// AX=FE0Dh. Out: the registers of FE0Ch.
fn get_claim<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let claim = host.memory.claim();
    (regs.ebx, regs.ecx, regs.edx) = (claim.fraction, claim.lower, claim.upper);
    (regs.esi, regs.edi) = (claim.leave_free, claim.keep);
    Ok(Next::Resume)
}

/// AX=FE0Eh. In: DX handle of an extended memory block, ECX page. Out: EDX physical address of that page now. Refused:
/// 8023h, 8021h.
fn nth_page<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let heap = &mut host.memory.heap;
    let index = heap.find(regs.dx()).ok_or(Code::InvalidHandle)?;
    let at = regs.ecx.checked_mul(4).filter(|at| *at < heap.info(index).kib).ok_or(Code::InvalidValue)?;
    let piece = heap.piece(index, at);
    regs.edx = (piece.start + (at - piece.at)) << 10;
    Ok(Next::Resume)
}

/// AX=FE0Fh. Out: EBX the client's number.
fn client_number<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    regs.ebx = host.current as u32;
    Ok(Next::Resume)
}

/// AX=FE10h. Out: EBX pages read from the swap file so far, ECX pages written, EDX transfers that wrote them, ESI slots that are
/// marked as bad.
fn transfers<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let counts = &host.memory.counts;
    (regs.ebx, regs.ecx, regs.edx) = (counts.read, counts.written, counts.clusters);
    regs.esi = host.memory.swap.as_ref().map_or(0, |swap| swap.slots.pages() - swap.slots.usable());
    Ok(Next::Resume)
}

/// AX=FE11h. Sees whether what must always be true of the core's tables is. Out: EBX 0, or the number of a
/// [`Rule`](crate::audit::Rule) that is broken and ECX where, as it says. Refused: 8010h when there is no memory for it.
fn audit<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    match host.audit() {
        Ok(true) => regs.ebx = 0,
        Ok(false) => return Err(Code::ResourceUnavailable.into()),
        Err(broken) => {
            log::error!(target: "audit", "{broken:?}");
            (regs.ebx, regs.ecx) = (broken.rule as u32, broken.at);
        }
    }
    Ok(Next::Resume)
}
