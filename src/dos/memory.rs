//! 48h, 49h and 4Ah: memory by selector. What is allocated comes from DPMI, as extenders have it; a block of conventional
//! memory is DOS's to free and to resize.
//!
//! Sizes are paragraphs in BX for a 16-bit client, in EBX for a 32-bit one. A 16-bit client's block has a descriptor for
//! each 64 KiB, in a row.

use alloc::vec::Vec;

use super::row::{Register, Segment};
use super::span::{Trouble, BAD_POINTER, NO_MEMORY};
use super::{begin, merge_ax, merge_flags, process, real_registers, Step, Translation, Work};
use crate::audit::{Audit, Broken, Rule};
use crate::dpmi::{dosmem, ldt, memory};
use crate::host::{Host, RealTarget};
use crate::machine::Machine;
use crate::regs::{FarPointer, Registers, Width, CARRY};
use crate::service::{Next, Outcome, Refusal};

/// Most paragraphs that are an address space.
const PARAGRAPHS_MAX: u32 = 0x0FFF_FFFF;
/// Most paragraphs that a 16-bit client is told.
const PARAGRAPHS_TOLD: u32 = 0xFFFE;

/// What a client has from the DOS extension.
#[derive(Default)]
pub struct Holdings {
    /// The disk transfer area; a null selector for the one in the PSP.
    pub dta: FarPointer,
    /// What drivers call.
    pub events: super::events::Events,
    blocks: Vec<Block>,
}

/// A block of 48h.
#[derive(Clone, Copy)]
struct Block {
    index: u16,
    count: u16,
    handle: u32,
}

impl Holdings {
    /// The client has freed a descriptor by 0001h: as [`dosmem::DosBlocks::forget_descriptor`].
    pub fn forget_descriptor(&mut self, index: u16) {
        self.blocks.retain_mut(|block| ldt::keep_before(index, block.index, &mut block.count));
    }

    /// Sees whether each block has its descriptors.
    pub fn audit(&self, ldt: &ldt::Allocated) -> Audit {
        self.blocks.iter().try_for_each(|block| {
            ldt.audit_run(block.index, block.count, Broken { rule: Rule::Selectors, at: block.handle })
        })
    }

    fn find(&self, selector: u16) -> Option<usize> {
        self.blocks.iter().position(|block| ldt::same_descriptor(ldt::selector_of(block.index), selector))
    }
}

fn wanted(width: Width, regs: &Registers) -> u32 {
    match width {
        Width::Bits16 => regs.bx() as u32,
        Width::Bits32 => regs.ebx,
    }
}

/// Descriptors for a block of this size.
fn descriptors_for(width: Width, bytes: u32) -> u16 {
    match width {
        Width::Bits16 => bytes.div_ceil(0x1_0000).max(1) as u16,
        Width::Bits32 => 1,
    }
}

/// AH=48h. In: (E)BX paragraphs. Out: AX first selector. Refused: 8, with (E)BX the largest size.
pub fn allocate<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let width = host.width();
    let paragraphs = wanted(width, regs);
    if paragraphs > PARAGRAPHS_MAX || width == Width::Bits16 && paragraphs == 0xFFFF {
        return no_memory(host, regs);
    }
    let bytes = (paragraphs << 4).max(1);
    let count = descriptors_for(width, bytes);
    host.client().dos.blocks.try_reserve(1).map_err(|_| Refusal { code: NO_MEMORY, bx: None })?;
    let Ok(index) = ldt::with_table(host, |machine, id, table| ldt::allocate(machine, id, table, count))
    else {
        return no_memory(host, regs);
    };
    let mut request = *regs;
    request.set_bx_cx(bytes);
    if memory::allocate(host, &mut request).is_err() {
        release(host, regs, index, count);
        return no_memory(host, regs);
    }

    ldt::tile(&mut host.machine, host.current, (index, count), request.bx_cx(), bytes);
    host.client().dos.blocks.push(Block { index, count, handle: request.si_di() });
    regs.set_ax(ldt::selector_of(index));
    done(regs)
}

/// AH=49h. In: ES first selector. Refused: 9.
pub fn free<M: Machine + 'static>(host: &mut Host<M>, regs: &mut Registers) -> Translation {
    let selector = Segment::Es.of(regs);
    let Some(at) = host.client().dos.find(selector) else {
        return conventional(host, regs, false);
    };
    let block = host.client().dos.blocks.swap_remove(at);
    let mut request = *regs;
    request.set_si_di(block.handle);
    let _ = memory::free(host, &mut request);
    release(host, regs, block.index, block.count);
    Translation::Done(done(regs))
}

/// AH=4Ah. In: ES first selector, (E)BX paragraphs. Refused: 8 with (E)BX the largest size, 9.
pub fn resize<M: Machine + 'static>(host: &mut Host<M>, regs: &mut Registers) -> Translation {
    let selector = Segment::Es.of(regs);
    match host.client().dos.find(selector) {
        Some(at) => Translation::Done(resize_block(host, regs, at)),
        None => conventional(host, regs, true),
    }
}

fn resize_block<M: Machine>(host: &mut Host<M>, regs: &mut Registers, at: usize) -> Outcome {
    let width = host.width();
    let block = host.client().dos.blocks[at];
    let paragraphs = wanted(width, regs);
    if paragraphs > PARAGRAPHS_MAX {
        return no_memory(host, regs);
    }
    let bytes = (paragraphs << 4).max(1);
    let count = descriptors_for(width, bytes);
    let more = count.saturating_sub(block.count);
    let first_new = block.index + block.count;
    if ldt::with_table(host, |machine, id, table| ldt::allocate_at(machine, id, table, first_new, more))
        .is_err()
    {
        return no_memory(host, regs);
    }
    let mut request = *regs;
    request.set_bx_cx(bytes);
    request.set_si_di(block.handle);
    if memory::resize(host, &mut request).is_err() {
        release(host, regs, first_new, more);
        return no_memory(host, regs);
    }

    host.client().dos.blocks[at] = Block { count, handle: request.si_di(), ..block };
    release(host, regs, block.index + count, block.count.saturating_sub(count));
    ldt::tile(&mut host.machine, host.current, (block.index, count), request.bx_cx(), bytes);
    done(regs)
}

fn release<M: Machine>(host: &mut Host<M>, regs: &mut Registers, first: u16, count: u16) {
    for index in first..first + count {
        ldt::with_table(host, |machine, id, table| ldt::release(machine, id, table, index, regs));
    }
}

fn done(regs: &mut Registers) -> Outcome {
    regs.set_carry(false);
    Ok(Next::AsIs)
}

/// Says how much there is: what a block could have that is allocated next.
fn no_memory<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (space, _, memory) = memory::parts(host);
    let largest = space.totals(memory).largest.min(PARAGRAPHS_MAX >> 8) << 8;
    match host.width() {
        Width::Bits16 => regs.set_bx(largest.min(PARAGRAPHS_TOLD) as u16),
        Width::Bits32 => regs.ebx = largest,
    }
    Err(Refusal { code: NO_MEMORY, bx: None })
}

/// A block of conventional memory: of 0100h, or one that DOS has given otherwise.
fn conventional<M: Machine + 'static>(host: &mut Host<M>, regs: &mut Registers, resize: bool) -> Translation {
    Translation::Done(begin(host, regs, Work::Conventional(Conventional { resize, known: false })))
}

/// DOS frees or resizes a block.
#[derive(Clone, Copy)]
pub struct Conventional {
    resize: bool,
    /// Is it a block of 0100h, with descriptors that follow it?
    known: bool,
}

impl Conventional {
    /// Asks DOS.
    pub fn start<M: Machine>(&mut self, host: &mut Host<M>, regs: &Registers) -> Result<Step, Trouble> {
        let selector = Segment::Es.of(regs);
        let paragraph = process::conventional(host, selector).ok_or(Trouble::Fail(BAD_POINTER))?;
        let paragraphs = wanted(host.width(), regs);
        self.known = host.client().dos_blocks.find(selector).is_some();
        if self.resize {
            if paragraphs > 0xFFFF {
                return Err(Trouble::Fail(NO_MEMORY));
            }
            if self.known {
                dosmem::prepare_resize(host, selector, paragraphs as u16)
                    .map_err(|_| Trouble::Fail(NO_MEMORY))?;
            }
        }
        let mut real = real_registers(host, regs);
        real.v_es = paragraph as u32;
        Ok(Step::Ask(RealTarget::Interrupt(0x21), real, 0))
    }

    /// DOS has answered.
    pub fn returned<M: Machine>(
        &mut self,
        host: &mut Host<M>,
        regs: &mut Registers,
        real: &Registers,
    ) -> Result<Step, Trouble> {
        let selector = Segment::Es.of(regs);
        let paragraphs = regs.bx();
        let refused = real.eflags & CARRY != 0;
        if self.resize {
            if self.known {
                dosmem::settle_resize(host, regs, selector, paragraphs, refused);
            }
            if refused {
                Register::Bx.put_offset(host.width(), regs, real.bx());
            }
        } else if !refused {
            if self.known {
                dosmem::settle_free(host, regs, selector);
            }
            regs.es = 0;
        }
        merge_ax(host, regs, regs.eax & 0xFFFF_0000 | real.ax() as u32);
        merge_flags(regs, real);
        Ok(Step::Finished)
    }
}
