//! Long work that lets interrupts in: what is left of it, until the caller resumes.
//!
//! A piece of work belongs to the call whose stack it was left with: SS:ESP finds it again. Interrupt handlers may call the
//! driver meanwhile, and their work nests, deeper on the stack or on another one. A call that comes from a place of the same
//! stack at or above a piece of work, or a resumption of something beneath it, shows that the owner of that work
//! is gone for good, and it is dropped.
//!
//! While a block is being worked on, re-entrant calls that would free, resize, lock, or copy from or to it are refused.

use super::lock::gather_on;
use super::moves::{resumed, Moving};
use super::{XmsContext, XmsOutcome};
use crate::heap::Freezing;
use crate::machine::Machine;
use crate::regs::Registers;

/// Most pieces of work that wait at a time. Beyond that, work goes on without letting interrupts in.
pub const WORKS_MAX: usize = 8;

/// How a lock's address is returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reply {
    /// DX:BX.
    Narrow,
    /// EDX:EBX.
    Wide,
}

/// What is left to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A move.
    Move(Moving),
    /// Bringing a block into one piece, to lock it.
    Gather(Freezing, Reply),
}

impl Kind {
    /// The blocks that are worked on.
    fn blocks(&self) -> [Option<u16>; 2] {
        match self {
            Kind::Move(moving) => [moving.from.block(), moving.to.block()],
            Kind::Gather(freezing, _) => [Some(freezing.index), None],
        }
    }
}

/// Work that waits for its caller.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    ss: u16,
    esp: u32,
    kind: Kind,
}

impl Work {
    fn is_of(&self, regs: &Registers) -> bool {
        self.ss == regs.ss as u16 && self.esp == regs.esp
    }
}

/// Leaves work for later; false when it has to go on now.
pub(super) fn put_off<M: Machine>(context: &mut XmsContext<M>, regs: &Registers, kind: Kind) -> bool {
    if context.xms.works.is_full() {
        return false;
    }
    let heap = &mut context.memory.heap;
    let [one, other] = kind.blocks();
    if one.is_some_and(|index| !heap.enter(index)) {
        return false;
    }
    if other.is_some_and(|index| !heap.enter(index)) {
        one.into_iter().for_each(|index| heap.leave(index));
        return false;
    }
    context.xms.works.push(Work { ss: regs.ss as u16, esp: regs.esp, kind });
    true
}

/// Goes on with the work of the caller that `regs` belong to; None when there is none.
pub(super) fn resume<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> Option<XmsOutcome> {
    let position = context.xms.works.iter().rposition(|work| work.is_of(regs))?;
    while context.xms.works.len() > position + 1 {
        drop_last(context);
    }
    Some(match drop_last(context)? {
        Kind::Move(moving) => resumed(context, regs, moving),
        Kind::Gather(freezing, reply) => gather_on(context, regs, freezing, reply),
    })
}

/// Before a new call: drops work whose owner cannot come back, as its stack has been used from above it.
#[cold]
pub(super) fn drop_stale<M: Machine>(context: &mut XmsContext<M>, regs: &Registers) {
    while let Some(work) = context.xms.works.last() {
        if work.ss != regs.ss as u16 || regs.esp < work.esp {
            break;
        }
        drop_last(context);
    }
}

/// Forgets all work that waits: its owners are gone, as when a program was ended in the middle of a call.
pub fn forget<M: Machine>(context: &mut XmsContext<M>) {
    while drop_last(context).is_some() {}
}

fn drop_last<M: Machine>(context: &mut XmsContext<M>) -> Option<Kind> {
    let work = context.xms.works.pop()?;
    for index in work.kind.blocks().into_iter().flatten() {
        context.memory.heap.leave(index);
    }
    Some(work.kind)
}
