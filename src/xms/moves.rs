//! 0Bh, CBh: copying between blocks and conventional memory.
//!
//! Everything is checked before the first byte moves. Ranges may overlap either way: what is copied is what stood there
//! before. A conventional address is a paragraph and an offset, up to FFFF:FFFF, with A20 on whatever its state; below
//! 110000h linear addresses are physical ones, so both ends are copied by physical addresses.

use super::work::{self, Caller, Kind};
use super::{Answer, Code, Quick, Stop, Xms, XmsContext, XmsOutcome};
use crate::heap::Heap;
use crate::layout::LOW_END;
use crate::machine::Machine;
use crate::regs::{far_linear, Registers, INTERRUPT};

/// Bytes of CBh's structure.
const SUPER_BYTES: u32 = 18;
/// Bytes that are copied before interrupts get in.
pub const PIECE: u32 = 16 << 10;
/// End of what a paragraph and an offset can address.
const CONVENTIONAL_END: u32 = 0x10_FFF0;
/// Stands for a block's index where an end is in conventional memory.
const CONVENTIONAL: u16 = u16::MAX;

/// One end of a move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    /// The block, or [`CONVENTIONAL`].
    index: u16,
    /// Offset of the next byte in the block, or its physical address.
    at: u32,
}

impl End {
    /// The block at this end.
    pub(super) fn block(&self) -> Option<u16> {
        (self.index != CONVENTIONAL).then_some(self.index)
    }
}

/// A move, as far as it has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moving {
    /// Where the rest comes from.
    pub(super) from: End,
    /// Where it goes.
    pub(super) to: End,
    /// Bytes to go.
    left: u32,
    /// The ranges overlap so that the end must be copied first.
    backward: bool,
}

/// AH=0Bh. In: DS:SI length (4), source handle (2), source offset (4), destination handle (2), destination offset (4); handle
/// 0 makes the offset a far pointer. Refused: A3h to A7h.
pub fn move_block<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    let at = structure(context, regs);
    start(context, regs, at)
}

/// AH=CBh. In: as 0Bh, and two bytes more: bits 32 to 39 of source and destination offset. Refused: A3h to A7h.
pub fn move_super<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers) -> XmsOutcome {
    let at = structure(context, regs);
    // The last bytes that a paragraph and an offset reach leave no room for it.
    if context.structure.is_none() && at > LOW_END - SUPER_BYTES {
        return Err(Code::DriverError.into());
    }
    // No block is 4 GiB long.
    if context.machine.read_u8(at + 16) != 0 {
        return Err(Code::InvalidSourceOffset.into());
    }
    if context.machine.read_u8(at + 17) != 0 {
        return Err(Code::InvalidTargetOffset.into());
    }
    start(context, regs, at)
}

/// The usual case of [`move_block`]: between ends that lie in one piece each. `at` is the structure's linear address.
#[inline(always)]
pub(super) fn quick<M: Machine>(
    xms: &mut Xms,
    heap: &mut Heap,
    machine: &mut M,
    at: u32,
    caller: impl Fn() -> Caller,
) -> Quick {
    // Above 1 MiB the A20 line counts.
    if at > 0x10_0000 - 16 {
        return Quick::NotDone;
    }
    let length = machine.read_u32(at);
    if length & 1 != 0 || length == 0 {
        return Quick::NotDone;
    }
    let (from_handle, from_offset) = (machine.read_u16(at + 4), machine.read_u32(at + 6));
    let (to_handle, to_offset) = (machine.read_u16(at + 10), machine.read_u32(at + 12));
    let find = |handle| heap.find_directly(handle);
    let Ok(from) = end(heap, find, from_handle, from_offset, length, FROM) else { return Quick::NotDone };
    let Some(source) = address(heap, from) else { return Quick::NotDone };
    let Ok(to) = end(heap, find, to_handle, to_offset, length, TO) else { return Quick::NotDone };
    let Some(target) = address(heap, to) else { return Quick::NotDone };
    if length <= PIECE {
        machine.copy_physical(source, target, length);
        return Quick::Done;
    }
    if xms.works.is_full() {
        return Quick::NotDone;
    }
    quick_long(xms, heap, machine, [from, to], [source, target], length, caller)
}

/// The same for more than one piece.
fn quick_long<M: Machine>(
    xms: &mut Xms,
    heap: &mut Heap,
    machine: &mut M,
    [from, to]: [End; 2],
    [source, target]: [u32; 2],
    length: u32,
    caller: impl Fn() -> Caller,
) -> Quick {
    let may_wait = caller().eflags & INTERRUPT != 0;
    let backward = source < target && target - source < length;
    let mut left = length;
    let mut done = 0;
    loop {
        let bytes = left.min(PIECE);
        left -= bytes;
        let at = if backward { left } else { done };
        machine.copy_physical(source.wrapping_add(at), target.wrapping_add(at), bytes);
        done += bytes;
        if left == 0 {
            return Quick::Done;
        }
        if !may_wait {
            continue;
        }
        if let Some(vector) = machine.take_interrupt() {
            let at = if backward { 0 } else { done };
            let [from, to] = [from, to].map(|end| End { at: end.at + at, ..end });
            work::keep(xms, heap, machine, caller(), Kind::Move(Moving { from, to, left, backward }));
            return Quick::Interrupted(vector);
        }
    }
}

/// Linear address of the structure at DS:SI, as the caller's A20 line has it.
#[inline(always)]
fn structure<M: Machine>(context: &XmsContext<M>, regs: &Registers) -> u32 {
    match context.structure {
        Some(at) => at,
        None => {
            let at = ((regs.v_ds & 0xFFFF) << 4) + (regs.esi & 0xFFFF);
            if context.a20 {
                at
            } else {
                at & 0xF_FFFF
            }
        }
    }
}

#[inline(always)]
fn start<M: Machine>(context: &mut XmsContext<M>, regs: &mut Registers, at: u32) -> XmsOutcome {
    let machine = &*context.machine;
    let length = machine.read_u32(at);
    let (from_handle, from_offset) = (machine.read_u16(at + 4), machine.read_u32(at + 6));
    let (to_handle, to_offset) = (machine.read_u16(at + 10), machine.read_u32(at + 12));
    if length & 1 != 0 {
        return Err(Code::InvalidLength.into());
    }
    let heap = &context.memory.heap;
    let find = |handle| heap.find(handle);
    let from = end(heap, find, from_handle, from_offset, length, FROM);
    let to = end(heap, find, to_handle, to_offset, length, TO);
    let (from, to) = match (from, to) {
        (Ok(from), Ok(to)) => (from, to),
        (from, to) => return Err(refusal(context, [from_handle, to_handle], [from, to])),
    };
    if length == 0 {
        return Ok(Answer::SuccessWithBx);
    }
    let backward = from.index == to.index && from.at < to.at && to.at - from.at < length;
    let mut moving = Moving { from, to, left: length, backward };
    copy_piece(context, &mut moving);
    if moving.left == 0 {
        return Ok(Answer::SuccessWithBx);
    }
    move_on(context, regs, moving)
}

/// Copies piece after piece until it is done, or until an interrupt comes.
pub(super) fn move_on<M: Machine>(
    context: &mut XmsContext<M>,
    regs: &mut Registers,
    mut moving: Moving,
) -> XmsOutcome {
    while moving.left > 0 {
        if let Some(vector) = work::put_off(context, regs, Kind::Move(moving)) {
            return Ok(Answer::Again(vector));
        }
        copy_piece(context, &mut moving);
    }
    Ok(Answer::SuccessWithBx)
}

/// The next piece after interrupts have been let in, and what follows it.
pub(super) fn resumed<M: Machine>(
    context: &mut XmsContext<M>,
    regs: &mut Registers,
    mut moving: Moving,
) -> XmsOutcome {
    copy_piece(context, &mut moving);
    move_on(context, regs, moving)
}

/// What is wrong with an end, by its place in the structure: handle, offset.
type Wrong = (Code, Code);
const FROM: Wrong = (Code::InvalidSourceHandle, Code::InvalidSourceOffset);
const TO: Wrong = (Code::InvalidTargetHandle, Code::InvalidTargetOffset);

#[inline(always)]
fn end(
    heap: &Heap,
    find: impl Fn(u16) -> Option<u16>,
    handle: u16,
    offset: u32,
    length: u32,
    wrong: Wrong,
) -> Result<End, Code> {
    if handle == 0 {
        let at = far_linear(offset);
        if length > CONVENTIONAL_END - at.min(CONVENTIONAL_END) {
            return Err(Code::InvalidLength);
        }
        return Ok(End { index: CONVENTIONAL, at });
    }
    let Some(index) = find(handle) else { return Err(wrong.0) };
    if heap.is_busy(index) {
        return Err(wrong.0);
    }
    let kib = heap.info(index).kib;
    // In bytes a block is below 4 GiB, as physical memory is.
    let bytes = kib << 10;
    if offset > bytes || (offset == bytes && length > 0) {
        return Err(wrong.1);
    }
    if length > bytes - offset {
        return Err(Code::InvalidLength);
    }
    Ok(End { index, at: offset })
}

/// Which of two ends is refused, the source first; or the call is passed on: dormant, when no end is one of our blocks and
/// one is not conventional memory.
#[cold]
fn refusal<M: Machine>(context: &XmsContext<M>, handles: [u16; 2], ends: [Result<End, Code>; 2]) -> Stop {
    let is_foreign = |handle: u16| handle != 0 && context.memory.heap.find(handle).is_none();
    let foreign = handles.iter().any(|handle| is_foreign(*handle));
    let ours = handles.iter().any(|handle| *handle != 0 && !is_foreign(*handle));
    let passed = handles.iter().all(|handle| *handle == 0 || context.xms.passes_on(*handle));
    if passed && !context.active && foreign && !ours {
        return Stop::PassOn;
    }
    match ends {
        [Err(code), _] | [_, Err(code)] => Stop::Refused(code),
        _ => Stop::Refused(Code::DriverError),
    }
}

/// Copies at most [`PIECE`] bytes.
#[inline(never)]
fn copy_piece<M: Machine>(context: &mut XmsContext<M>, moving: &mut Moving) {
    let mut budget = PIECE.min(moving.left);
    let heap = &mut context.memory.heap;
    while budget > 0 {
        let bytes;
        if moving.backward {
            let (from, before) = ending(heap, moving.from, moving.left);
            let (to, room) = ending(heap, moving.to, moving.left);
            bytes = budget.min(before).min(room);
            context.machine.copy_physical(from.wrapping_sub(bytes), to.wrapping_sub(bytes), bytes);
        } else {
            let (from, after) = beginning(heap, moving.from);
            let (to, room) = beginning(heap, moving.to);
            bytes = budget.min(after).min(room);
            context.machine.copy_physical(from, to, bytes);
            moving.from.at += bytes;
            moving.to.at += bytes;
        }
        moving.left -= bytes;
        budget -= bytes;
    }
}

/// Physical address of an end in conventional memory or in a block that lies in one piece.
#[inline(always)]
fn address(heap: &Heap, end: End) -> Option<u32> {
    if end.index == CONVENTIONAL {
        return Some(end.at);
    }
    heap.address(end.index, end.at)
}

/// Physical address of an end's next byte, and how many bytes are contiguous from there.
#[inline(always)]
fn beginning(heap: &mut Heap, end: End) -> (u32, u32) {
    if end.index == CONVENTIONAL {
        return (end.at, u32::MAX);
    }
    let piece = heap.piece(end.index, end.at >> 10);
    let inside = end.at - (piece.at << 10);
    ((piece.start << 10) + inside, (piece.length << 10) - inside)
}

/// Physical address of the byte after the last of `left` bytes, modulo 4 GiB, and how many bytes are contiguous before it.
#[inline(always)]
fn ending(heap: &mut Heap, end: End, left: u32) -> (u32, u32) {
    let after = end.at + left;
    if end.index == CONVENTIONAL {
        return (after, u32::MAX);
    }
    let piece = heap.piece(end.index, (after - 1) >> 10);
    let inside = after - (piece.at << 10);
    ((piece.start << 10).wrapping_add(inside), inside)
}
