//! What only the host knows of a DOS process: its end, its vectors, its disk transfer area, and the selectors of segments.

use super::span::{self, Span, Trouble, NO_MEMORY};
use crate::dpmi::{ldt, vectors};
use crate::host::{Host, RealTarget};
use crate::machine::Machine;
use crate::regs::{FarPointer, Registers, Width};
use crate::service::{Next, Outcome};

/// Offset of the disk transfer area that a process starts with, in its PSP, and its size.
const PSP_DTA: (u32, u32) = (0x80, 128);
/// Offset in a PSP of a procedure that calls DOS: INT 21h, RETF.
const PSP_CALL: u16 = 0x50;
const CALL: [u8; 3] = [0xCD, 0x21, 0xCB];

/// AH=4Ch with a code in AL; AH=00h, which has none.
pub fn exit(regs: &mut Registers) -> Outcome {
    if regs.ah() == 0 {
        regs.set_ax(0x4C00);
    }
    Ok(Next::Exit)
}

/// AH=1Ah. In: DS:(E)DX.
pub fn set_dta<M: Machine>(host: &mut Host<M>, regs: &Registers) -> Outcome {
    let offset = host.width().offset(regs.edx);
    host.client().dos.dta = FarPointer { offset, selector: regs.ds as u16, reserved: 0 };
    Ok(Next::AsIs)
}

/// AH=2Fh. Out: ES:(E)BX.
pub fn get_dta<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let client = host.client();
    let mut dta = client.dos.dta;
    if dta.selector & !3 == 0 {
        dta = FarPointer { offset: PSP_DTA.0, selector: client.psp_selector, reserved: 0 };
    }
    give(host.width(), regs, dta.selector, dta.offset);
    Ok(Next::AsIs)
}

/// The client's disk transfer area.
pub fn dta<M: Machine>(host: &mut Host<M>) -> Result<Span, Trouble> {
    let client = host.client();
    let dta = client.dos.dta;
    if dta.selector & !3 == 0 {
        let linear = ((client.psp as u32) << 4) + PSP_DTA.0;
        return Ok(Span { linear, room: PSP_DTA.1 });
    }
    span::span(host, dta.selector, dta.offset)
}

/// AH=25h. In: AL vector, DS:(E)DX handler. DOS knows no error for it: what is not code is not taken.
pub fn set_vector<M: Machine>(host: &mut Host<M>, regs: &Registers) -> Outcome {
    let mut request = *regs;
    request.ebx = regs.al() as u32;
    request.set_cx(regs.ds as u16);
    let _ = vectors::set_protected(host, &mut request);
    Ok(Next::AsIs)
}

/// AH=35h. In: AL vector. Out: ES:(E)BX handler.
pub fn get_vector<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let mut request = Registers { ebx: regs.al() as u32, ..*regs };
    let _ = vectors::get_protected(host, &mut request)?;
    give(host.width(), regs, request.cx(), request.edx);
    Ok(Next::AsIs)
}

fn give(width: Width, regs: &mut Registers, selector: u16, offset: u32) {
    regs.es = selector as u32;
    match width {
        Width::Bits16 => regs.set_bx(offset as u16),
        Width::Bits32 => regs.ebx = offset,
    }
}

/// A selector for a segment that DOS returned.
pub fn selector<M: Machine>(host: &mut Host<M>, paragraph: u16) -> Result<u16, Trouble> {
    ldt::with_table(host, |machine, id, table| ldt::segment_to_selector(machine, id, table, paragraph))
        .map_err(|_| Trouble::Fail(NO_MEMORY))
}

/// A selector for a PSP: the client's own has one from the start.
pub fn psp_selector<M: Machine>(host: &mut Host<M>, paragraph: u16) -> Result<u16, Trouble> {
    let client = host.client();
    if paragraph == client.psp && client.psp_selector != 0 {
        return Ok(client.psp_selector);
    }
    if paragraph == 0 {
        return Ok(0);
    }
    selector(host, paragraph)
}

/// DOS called from the client's PSP, if there is what DOS puts there for that.
pub fn from_psp<M: Machine>(host: &mut Host<M>) -> Option<RealTarget> {
    let cs = host.client().psp;
    let mut code = [0; CALL.len()];
    host.machine.read_bytes(((cs as u32) << 4) + PSP_CALL as u32, &mut code);
    (code == CALL).then_some(RealTarget::Far { cs, ip: PSP_CALL })
}

/// The paragraph behind a selector of conventional memory. A value that is none is taken for a paragraph already.
pub fn paragraph<M: Machine>(host: &mut Host<M>, selector: u16) -> u16 {
    conventional(host, selector).unwrap_or(selector)
}

/// The paragraph at which a selector's segment begins, if it does begin at one.
pub fn conventional<M: Machine>(host: &mut Host<M>, selector: u16) -> Option<u16> {
    let base = host.descriptor_of(selector).ok()?.base();
    (base & 0xF == 0 && base >> 4 <= 0xFFFF).then_some((base >> 4) as u16)
}
