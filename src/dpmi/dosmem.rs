//! INT 31h 01xxh: memory below 1 MiB, from DOS, with descriptors.
//!
//! What can fail here comes before DOS is asked: descriptors are taken first and given back when DOS refuses. So an
//! interrupt handler that allocates meanwhile changes nothing, and no block has to be handed back to DOS. The one
//! exception is growth for which descriptors lack: programs ask for FFFFh paragraphs to hear the largest size, which only
//! DOS knows, so it is asked all the same, and what it gave goes back.
//!
//! A 16-bit client gets one descriptor for each 64 KiB, in a row; the first has the limit of the whole block, as the 0.9 text
//! asks of 32-bit hosts, the others 64 KiB and the rest. A 32-bit client gets one descriptor.
//!
//! Specification: DPMI 0.9 and 1.0, functions 0100h to 0102h.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use super::ldt::{self, selector_of, with_table};
use crate::audit::{Audit, Broken, Rule};
use crate::host::{Finish, Host, RealCall, RealTarget};
use crate::machine::Machine;
use crate::regs::{Registers, Width, ALWAYS, CARRY, INTERRUPT};
use crate::service::{Code, Next, Outcome, Refusal, Then};

/// Paragraphs in 64 KiB.
const WINDOW: u16 = 0x1000;

/// A block that 0100h got from DOS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DosBlock {
    /// Its paragraph, as DOS knows it. Zero while DOS has not answered.
    pub segment: u16,
    /// Index of its first descriptor.
    pub index: u16,
    /// How many descriptors it has, one after the other.
    pub count: u16,
    /// Its size.
    pub paragraphs: u16,
}

/// A client's DOS memory blocks.
#[derive(Default)]
pub struct DosBlocks {
    blocks: Vec<DosBlock>,
}

impl DosBlocks {
    /// No block.
    pub const fn new() -> Self {
        DosBlocks { blocks: Vec::new() }
    }

    /// The blocks, in no particular order. At the client's end DOS frees them itself with the process that owns them.
    pub fn all(&self) -> impl Iterator<Item = &DosBlock> {
        self.blocks.iter().filter(|block| block.segment != 0)
    }

    /// Sees whether each block has its descriptors.
    pub fn audit(&self, ldt: &ldt::Allocated) -> Audit {
        self.blocks.iter().try_for_each(|block| {
            let broken = Broken { rule: Rule::Selectors, at: block.segment as u32 };
            ldt.audit_run(block.index, block.count, broken)
        })
    }

    /// The client has freed a descriptor by 0001h: if a block has it, that block has only those before. Without its first one nothing
    /// names the block, and DOS keeps it until the process ends; 0101h then finds an invalid selector, as with HDPMI.
    pub fn forget_descriptor(&mut self, index: u16) {
        self.blocks.retain_mut(|block| ldt::keep_before(index, block.index, &mut block.count));
    }

    /// The block whose first selector this is.
    pub fn find(&self, selector: u16) -> Option<usize> {
        let wanted = selector & !3;
        self.blocks.iter().position(|block| block.segment != 0 && block.index << 3 | 4 == wanted)
    }
}

/// How many descriptors a block needs.
const fn descriptors_for(width: Width, paragraphs: u16) -> u16 {
    match width {
        Width::Bits16 if paragraphs > WINDOW => paragraphs.div_ceil(WINDOW),
        _ => 1,
    }
}

/// AX=0100h. In: BX paragraphs. Out: AX paragraph, DX first selector. Refused: DOS's code (7, 8) or 8011h, with BX the largest
/// block that there is.
pub fn allocate<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let paragraphs = regs.bx();
    let count = descriptors_for(host.width(), paragraphs);
    host.client().dos_blocks.blocks.try_reserve(1).map_err(|_| Code::DescriptorUnavailable)?;
    let index = with_table(host, |machine, id, table| ldt::allocate(machine, id, table, count))?;
    host.client().dos_blocks.blocks.push(DosBlock { segment: 0, index, count, paragraphs });

    ask_dos(host, regs, 0x48, paragraphs, 0, allocated)
}

fn allocated<M: Machine>(host: &mut Host<M>, regs: &mut Registers, real: &Registers) -> Outcome {
    let paragraphs = regs.bx();
    // Of two requests under way with the same size either will do: neither has told its selector to anybody yet.
    let waiting = |block: &DosBlock| block.segment == 0 && block.paragraphs == paragraphs;
    let blocks = &mut host.client().dos_blocks.blocks;
    let Some(at) = blocks.iter().position(waiting) else {
        return Err(Code::InvalidState.into());
    };
    if real.eflags & CARRY != 0 {
        let block = blocks.swap_remove(at);
        release_run(host, block.index, block.count, regs);
        return Err(refused_by_dos(real));
    }

    blocks[at].segment = real.ax();
    let block = blocks[at];
    describe(host, &block);
    regs.set_ax(block.segment);
    regs.set_dx(selector_of(block.index));
    Ok(Next::Resume)
}

/// AX=0101h. In: DX first selector of a block. Its selectors are freed; segment registers that hold one become null. Refused:
/// DOS's code (7, 9), 8022h.
pub fn free<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let blocks = &host.client().dos_blocks;
    let at = blocks.find(regs.dx()).ok_or(Code::InvalidSelector)?;
    let segment = blocks.blocks[at].segment;
    ask_dos(host, regs, 0x49, 0, segment, freed)
}

fn freed<M: Machine>(host: &mut Host<M>, regs: &mut Registers, real: &Registers) -> Outcome {
    if real.eflags & CARRY != 0 {
        return Err(Refusal { code: real.ax(), bx: None });
    }
    settle_free(host, regs, regs.dx());
    Ok(Next::Resume)
}

/// DOS has freed the block with this first selector: its descriptors go as well.
pub fn settle_free<M: Machine>(host: &mut Host<M>, regs: &mut Registers, selector: u16) {
    let blocks = &mut host.client().dos_blocks;
    if let Some(at) = blocks.find(selector) {
        let block = blocks.blocks.swap_remove(at);
        release_run(host, block.index, block.count, regs);
    }
}

/// AX=0102h. In: BX paragraphs, DX first selector of a block. Refused: DOS's code (7, 8, 9) with BX the largest size, 8011h when
/// DOS has the memory but the descriptors behind the block's own are taken, 8022h.
pub fn resize<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    match prepare_resize(host, regs.dx(), regs.bx()) {
        Ok(segment) => ask_dos(host, regs, 0x4A, regs.bx(), segment, resized),
        Err(Code::DescriptorUnavailable) => {
            let segment = known_block(host, regs.dx())?.segment;
            ask_dos(host, regs, 0x4A, regs.bx(), segment, grown_in_vain)
        }
        Err(code) => Err(code.into()),
    }
}

/// DOS was asked for growth that no descriptors can cover: its refusal counts, its consent is given back.
fn grown_in_vain<M: Machine>(host: &mut Host<M>, regs: &mut Registers, real: &Registers) -> Outcome {
    if real.eflags & CARRY != 0 {
        return Err(refused_by_dos(real));
    }
    let block = known_block(host, regs.dx())?;
    ask_dos(host, regs, 0x4A, block.paragraphs, block.segment, |_, _, _| {
        Err(Code::DescriptorUnavailable.into())
    })
}

fn known_block<M: Machine>(host: &mut Host<M>, selector: u16) -> Result<DosBlock, Code> {
    let blocks = &host.client().dos_blocks;
    blocks.find(selector).map(|at| blocks.blocks[at]).ok_or(Code::InvalidSelector)
}

fn resized<M: Machine>(host: &mut Host<M>, regs: &mut Registers, real: &Registers) -> Outcome {
    let refused = real.eflags & CARRY != 0;
    settle_resize(host, regs, regs.dx(), regs.bx(), refused);
    if refused {
        return Err(refused_by_dos(real));
    }
    Ok(Next::Resume)
}

/// Takes the descriptors that a block needs for its new size, and gives its paragraph for DOS. 8011h, 8022h.
pub fn prepare_resize<M: Machine>(host: &mut Host<M>, selector: u16, paragraphs: u16) -> Result<u16, Code> {
    let width = host.width();
    let blocks = &mut host.client().dos_blocks;
    let at = blocks.find(selector).ok_or(Code::InvalidSelector)?;
    let block = blocks.blocks[at];
    let count = descriptors_for(width, paragraphs);
    if count > block.count {
        let (first, more) = (block.index + block.count, count - block.count);
        with_table(host, |machine, id, table| ldt::allocate_at(machine, id, table, first, more))?;
        // The block owns them from here on, whatever DOS says: `settle_resize` gives back what is too many.
        host.client().dos_blocks.blocks[at].count = count;
    }
    Ok(block.segment)
}

/// DOS has answered: the block has its new size, or, if `refused`, the old one.
pub fn settle_resize<M: Machine>(
    host: &mut Host<M>,
    regs: &mut Registers,
    selector: u16,
    paragraphs: u16,
    refused: bool,
) {
    let width = host.width();
    let blocks = &mut host.client().dos_blocks;
    let Some(at) = blocks.find(selector) else { return };
    let block = &mut blocks.blocks[at];
    if !refused {
        block.paragraphs = paragraphs;
    }
    let owned = block.count;
    block.count = descriptors_for(width, block.paragraphs);
    let block = *block;

    release_run(host, block.index + block.count, owned.saturating_sub(block.count), regs);
    describe(host, &block);
}

fn refused_by_dos(real: &Registers) -> Refusal {
    Refusal { code: real.ax(), bx: Some(real.bx()) }
}

/// Calls DOS with the three registers that its memory functions take.
fn ask_dos<M: Machine>(
    host: &mut Host<M>,
    client: &Registers,
    function: u8,
    bx: u16,
    es: u16,
    then: Then<M>,
) -> Outcome {
    let regs = Registers {
        eax: (function as u32) << 8,
        ebx: bx as u32,
        v_es: es as u32,
        eflags: client.eflags & INTERRUPT | ALWAYS,
        ..Registers::default()
    };
    host.call = Some(RealCall {
        target: RealTarget::Interrupt(0x21),
        regs,
        stack: 0,
        words: (0, 0),
        finish: Finish::Then(then),
    });
    Ok(Next::RealCall)
}

/// Writes a block's descriptors.
fn describe<M: Machine>(host: &mut Host<M>, block: &DosBlock) {
    let (base, bytes) = ((block.segment as u32) << 4, (block.paragraphs as u32) << 4);
    ldt::tile(&mut host.machine, host.current, (block.index, block.count), base, bytes);
}

fn release_run<M: Machine>(host: &mut Host<M>, first: u16, count: u16, regs: &mut Registers) {
    for index in first..first + count {
        with_table(host, |machine, id, table| ldt::release(machine, id, table, index, regs));
    }
}
