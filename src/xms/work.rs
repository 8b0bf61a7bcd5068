//! Long work that lets interrupts in: what is left of it, until the caller resumes.
//!
//! A piece of work belongs to the call whose stack it was left with: SS:ESP finds it again. Interrupt handlers may call the
//! driver meanwhile, and their work nests, deeper on the stack or on another one. A call that comes from a place of the same
//! stack at or above a piece of work, or a resumption of something beneath it, shows that the owner of that work
//! is gone for good, and it is dropped. So is work of a process whose memory DOS has freed: an interrupt's handler may
//! have ended its program.
//!
//! While a block is being worked on, re-entrant calls that would free, resize, lock, or copy from or to it are refused.

use core::mem::offset_of;

use super::lock::gather_on;
use super::moves::{resumed, Moving};
use super::{Xms, XmsContext, XmsOutcome};
use crate::heap::{Freezing, Heap};
use crate::layout::ResidentInfo;
use crate::machine::{owner_of_block, Machine};
use crate::regs::{far_linear, Registers, INTERRUPT};

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

/// What work is known by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caller {
    /// SS at the call.
    pub ss: u16,
    /// ESP at the call.
    pub esp: u32,
    /// Its flags. IF: it takes interrupts.
    pub eflags: u32,
}

impl From<&Registers> for Caller {
    fn from(regs: &Registers) -> Self {
        Caller { ss: regs.ss as u16, esp: regs.esp, eflags: regs.eflags }
    }
}

/// Work that waits for its caller.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    ss: u16,
    esp: u32,
    /// The process that ran, a paragraph; 0 if DOS does not tell.
    psp: u16,
    kind: Kind,
}

impl Work {
    fn is_of(&self, regs: &Registers) -> bool {
        self.ss == regs.ss as u16 && self.esp == regs.esp
    }
}

/// Remembers work of `caller`; there is room for it.
pub(super) fn keep<M: Machine>(xms: &mut Xms, heap: &mut Heap, machine: &M, caller: Caller, kind: Kind) {
    for index in kind.blocks().into_iter().flatten() {
        heap.enter(index);
    }
    let psp = running(machine, xms.config.resident);
    xms.works.push(Work { ss: caller.ss, esp: caller.esp, psp, kind });
    xms.careful = true;
}

/// The process that runs: DOS keeps its PSP 15 bytes behind the InDOS flag (the swappable data area of DOS 3.1 and later,
/// INT 21h 5D06h). 0 while the flag's place is not known.
fn running<M: Machine>(machine: &M, resident: u32) -> u16 {
    const BEHIND_FLAG: u32 = 15;
    if resident == 0 {
        return 0;
    }
    let flag = machine.read_u32(resident + offset_of!(ResidentInfo, indos) as u32);
    if flag == 0 {
        return 0;
    }
    machine.read_u16(far_linear(flag) + BEHIND_FLAG)
}

/// Has DOS freed the memory that a process's PSP is in? The memory control block before it says so.
fn is_gone<M: Machine>(machine: &M, psp: u16) -> bool {
    psp != 0 && owner_of_block(machine, psp) == Some(0)
}

/// Between two pieces of work: if an interrupt waits that the caller would take, leaves the rest for later and returns the
/// interrupt's vector. None: go on.
#[inline(always)]
pub(super) fn put_off<M: Machine>(context: &mut XmsContext<M>, regs: &Registers, kind: Kind) -> Option<u8> {
    if regs.eflags & INTERRUPT == 0 || context.xms.works.is_full() {
        return None;
    }
    let vector = context.machine.take_interrupt()?;
    keep(context.xms, &mut context.memory.heap, context.machine, regs.into(), kind);
    Some(vector)
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
    let mut at = 0;
    while let Some(work) = context.xms.works.get(at) {
        if is_gone(context.machine, work.psp) {
            drop_at(context, at);
        } else {
            at += 1;
        }
    }
}

fn drop_last<M: Machine>(context: &mut XmsContext<M>) -> Option<Kind> {
    let last = context.xms.works.len().checked_sub(1)?;
    Some(drop_at(context, last))
}

fn drop_at<M: Machine>(context: &mut XmsContext<M>, at: usize) -> Kind {
    let work = context.xms.works.remove(at);
    context.xms.careful = context.xms.config.has_table || !context.xms.works.is_empty();
    for index in work.kind.blocks().into_iter().flatten() {
        context.memory.heap.leave(index);
    }
    work.kind
}
