//! 0Ch, 0Dh, CCh: a block gets an address, and may move again.

use super::work::{self, Kind, Reply};
use super::{Answer, XmsContext, XmsOutcome};
use crate::heap::{Freezing, Lock, Step};
use crate::machine::Machine;
use crate::regs::Registers;

/// AH=0Ch. In: DX handle. Out: DX:BX physical address. Refused: A2h, ACh, ADh.
pub fn lock<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    lock_for(context, regs, Reply::Narrow)
}

/// AH=CCh. In: DX handle. Out: EDX:EBX physical address, 64 bits. Refused: A2h, ACh, ADh.
pub fn lock_super<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    lock_for(context, regs, Reply::Wide)
}

/// AH=0Dh. In: DX handle. Refused: A2h, AAh.
pub fn unlock<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    let index = context.block(regs.dx())?;
    context.memory.heap.unlock(index)?;
    Ok(Answer::Success)
}

#[inline(always)]
fn lock_for<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers, reply: Reply) -> XmsOutcome {
    let index = context.block(regs.dx())?;
    match context.memory.heap.lock(index)? {
        Lock::At(start) => Ok(locked(regs, start, reply)),
        Lock::Scattered => gather(context, regs, index, reply),
    }
}

#[inline(always)]
fn locked(regs: &mut Registers, start: u32, reply: Reply) -> Answer {
    let address = start << 10;
    match reply {
        Reply::Narrow => {
            regs.set_dx((address >> 16) as u16);
            regs.set_bx(address as u16);
        }
        Reply::Wide => {
            regs.edx = 0;
            regs.ebx = address;
        }
    }
    Answer::SuccessWithBx
}

#[cold]
fn gather<M: Machine>(
    context: &mut XmsContext<M>,
    regs: &mut Registers,
    index: u16,
    reply: Reply,
) -> XmsOutcome {
    context.make_room();
    let memory = &mut *context.memory;
    let freezing = memory.heap.freeze(index, &mut memory.frames)?;
    gather_on(context, regs, freezing, reply)
}

/// Steps until the block is locked, or until an interrupt comes.
pub(super) fn gather_on<M: Machine>(
    context: &mut XmsContext<M>,
    regs: &mut Registers,
    mut freezing: Freezing,
    reply: Reply,
) -> XmsOutcome {
    loop {
        context.make_room();
        let memory = &mut *context.memory;
        match memory.heap.freeze_step(&mut freezing, context.machine, &mut memory.frames)? {
            Step::Done(start) => return Ok(locked(regs, start, reply)),
            Step::More => {
                if let Some(vector) = work::put_off(context, regs, Kind::Gather(freezing, reply)) {
                    return Ok(Answer::Again(vector));
                }
            }
        }
    }
}
