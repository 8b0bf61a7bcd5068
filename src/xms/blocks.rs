//! 08h to 0Ah, 0Eh, 0Fh, their 32-bit forms 88h, 89h, 8Eh, 8Fh, and C8h, C9h: blocks come and go.

use super::{Answer, Code, XmsContext, XmsOutcome};
use crate::machine::Machine;
use crate::regs::Registers;

/// A number of KiB, or of handles, as a 16-bit function reports it.
#[inline(always)]
fn word(value: u32) -> u16 {
    value.min(0xFFFF) as u16
}

/// AH=08h. Out: AX largest free block, DX all free memory, in KiB, at most FFFFh each; BL=0. Refused: A0h with both 0.
pub fn query_free<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    let memory = &mut *context.memory;
    let all = memory.heap.available(&memory.frames);
    regs.set_dx(word(all));
    if all == 0 {
        return Err(Code::AllMemoryAllocated.into());
    }
    let largest = memory.heap.largest(&memory.frames);
    regs.set_ax(word(largest));
    regs.ebx &= !0xFF;
    Ok(Answer::Reported)
}

/// AH=88h. Out: EAX largest free block, EDX all free memory, in KiB; ECX the highest address of extended memory; BL=0.
/// Refused: A0h, with EAX and EDX 0.
pub fn query_any_free<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    let memory = &mut *context.memory;
    let all = memory.heap.available(&memory.frames);
    regs.edx = all;
    regs.ecx = context.xms.config.highest;
    if all == 0 {
        regs.eax = 0;
        return Err(Code::AllMemoryAllocated.into());
    }
    regs.eax = memory.heap.largest(&memory.frames);
    regs.ebx &= !0xFF;
    Ok(Answer::Reported)
}

/// AH=C8h. Out: EAX and EDX, which would be KiB beyond 4 GiB, 0. Refused: A0h, always.
pub fn query_super<M: Machine>(_context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    regs.eax = 0;
    regs.edx = 0;
    Err(Code::AllMemoryAllocated.into())
}

/// AH=09h. In: DX KiB. Out: DX handle. Refused: A0h, A1h.
pub fn allocate<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    allocate_kib(context, regs, regs.dx() as u32)
}

/// AH=89h. In: EDX KiB. Out: DX handle. Refused: A0h, A1h.
pub fn allocate_any<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    allocate_kib(context, regs, regs.edx)
}

/// AH=C9h. In: EDX KiB, beyond 4 GiB: only 0 can be had. Out: DX handle. Refused: A0h, A1h.
pub fn allocate_super<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    if regs.edx != 0 {
        return Err(Code::AllMemoryAllocated.into());
    }
    allocate_kib(context, regs, 0)
}

#[inline]
fn allocate_kib<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers, kib: u32) -> XmsOutcome {
    context.make_room();
    let memory = &mut *context.memory;
    let handle = memory.heap.allocate(kib, &mut memory.frames)?;
    context.xms.handles += 1;
    regs.set_dx(handle);
    Ok(Answer::Success)
}

/// AH=0Ah. In: DX handle. Refused: A2h, ABh.
pub fn free<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    let index = context.block(regs.dx())?;
    let memory = &mut *context.memory;
    memory.heap.free(index, &mut memory.frames)?;
    context.xms.handles -= 1;
    Ok(Answer::Success)
}

/// AH=0Eh. In: DX handle. Out: BH lock count, BL free handles (at most 255), DX KiB (at most FFFFh). Refused: A2h.
pub fn information<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    let index = context.block(regs.dx())?;
    let info = context.memory.heap.info(index);
    let handles = context.memory.heap.vacancies().min(0xFF);
    regs.set_bx((info.locks as u16) << 8 | handles);
    regs.set_dx(word(info.kib));
    Ok(Answer::SuccessWithBx)
}

/// AH=8Eh. In: DX handle. Out: BH lock count, CX free handles, EDX KiB; BL stays. Refused: A2h.
pub fn extended_information<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    let index = context.block(regs.dx())?;
    let info = context.memory.heap.info(index);
    regs.set_bx((info.locks as u16) << 8 | regs.bx() & 0xFF);
    regs.set_cx(context.memory.heap.vacancies());
    regs.edx = info.kib;
    Ok(Answer::SuccessWithBx)
}

/// AH=0Fh. In: DX handle, BX new KiB. Refused: A0h, A1h, A2h, ABh.
pub fn reallocate<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    reallocate_kib(context, regs, regs.bx() as u32)
}

/// AH=8Fh. In: DX handle, EBX new KiB. Refused: A0h, A1h, A2h, ABh.
pub fn reallocate_any<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    reallocate_kib(context, regs, regs.ebx)
}

fn reallocate_kib<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers, kib: u32) -> XmsOutcome {
    let index = context.block(regs.dx())?;
    context.make_room();
    let memory = &mut *context.memory;
    if memory.heap.is_public() {
        memory.heap.resize_public(index, kib, &mut memory.frames, context.machine)?;
    } else {
        memory.heap.resize(index, kib, &mut memory.frames)?;
    }
    Ok(Answer::Success)
}
