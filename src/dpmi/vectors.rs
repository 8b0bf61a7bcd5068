//! 0200h to 0205h: real-mode vectors, exception handlers, protected-mode vectors.

use crate::host::Host;
use crate::landing;
use crate::layout::{SEL_LANDING16, SEL_LANDING32};
use crate::machine::Machine;
use crate::regs::{FarPointer, Registers, Width};
use crate::service::{Code, Next, Outcome};

/// AX=0200h. In: BL vector. Out: CX:DX paragraph and offset.
pub fn get_real<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let pointer = host.machine.read_u32(regs.bl() as u32 * 4);
    regs.set_cx_dx(pointer);
    Ok(Next::Resume)
}

/// AX=0201h. In: BL vector, CX:DX paragraph and offset. What the vector was comes back at the
/// client's end if it still points to a callback of the client's, or if a fault ends the client.
pub fn set_real<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let vector = regs.bl();
    let at = vector as u32 * 4;
    let old = host.machine.read_u32(at);
    let client = host.client();
    if !client.saved_vectors.iter().any(|saved| saved.0 == vector) {
        client.saved_vectors.try_reserve(1).map_err(|_| Code::ResourceUnavailable)?;
        client.saved_vectors.push((vector, old));
    }
    host.machine.write_u32(at, regs.cx_dx());
    Ok(Next::Resume)
}

/// Returns CX:(E)DX.
fn give(host_width: Width, regs: &mut Registers, pointer: FarPointer) {
    regs.set_cx(pointer.selector);
    match host_width {
        Width::Bits32 => regs.edx = pointer.offset,
        Width::Bits16 => regs.set_dx(pointer.offset as u16),
    }
}

/// Takes CX:(E)DX as a handler: the default's own address means the default, any other must be code. 8022h otherwise.
fn take<M: Machine>(host: &mut Host<M>, regs: &Registers, default: u32) -> Result<FarPointer, Code> {
    let width = host.width();
    let pointer = FarPointer { offset: width.offset(regs.edx), selector: regs.cx(), reserved: 0 };
    if matches!((pointer.selector | 3) as u32, SEL_LANDING32 | SEL_LANDING16) && pointer.offset == default {
        return Ok(FarPointer::default());
    }
    if matches!((pointer.selector | 3) as u32, SEL_LANDING32 | SEL_LANDING16) {
        return Ok(pointer);
    }
    if !host.descriptor_of(pointer.selector)?.is_code() {
        return Err(Code::InvalidSelector);
    }
    host.keep_resident(pointer);
    Ok(pointer)
}

/// AX=0202h. In: BL exception 00h to 1Fh. Out: CX:(E)DX. Refused: 8021h.
pub fn get_exception<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let vector = regs.bl();
    if vector >= 32 {
        return Err(Code::InvalidValue.into());
    }
    let width = host.width();
    let mut pointer = host.client().exceptions[vector as usize];
    if pointer.selector == 0 {
        pointer.selector = width.landing_selector() as u16;
        pointer.offset = landing::EXCEPTIONS + vector as u32 * 2;
    }
    give(width, regs, pointer);
    Ok(Next::Resume)
}

/// AX=0203h. In: BL exception 00h to 1Fh, CX:(E)DX handler. Refused: 8021h, 8022h.
pub fn set_exception<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let vector = regs.bl();
    if vector >= 32 {
        return Err(Code::InvalidValue.into());
    }
    let pointer = take(host, regs, landing::EXCEPTIONS + vector as u32 * 2)?;
    host.client().exceptions[vector as usize] = pointer;
    host.decide_locked_stack(pointer);
    Ok(Next::Resume)
}

/// AX=0204h. In: BL vector. Out: CX:(E)DX.
pub fn get_protected<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let vector = regs.bl();
    let width = host.width();
    let mut pointer = host.client().vectors[vector as usize];
    if pointer.selector == 0 {
        pointer.selector = width.landing_selector() as u16;
        pointer.offset = landing::VECTORS + vector as u32 * 2;
    }
    give(width, regs, pointer);
    Ok(Next::Resume)
}

/// AX=0205h. In: BL vector, CX:(E)DX handler. Refused: 8022h.
pub fn set_protected<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let vector = regs.bl();
    let pointer = take(host, regs, landing::VECTORS + vector as u32 * 2)?;
    host.client().vectors[vector as usize] = pointer;
    if crate::client::reaches_protected_mode(vector) {
        host.decide_locked_stack(pointer);
        host.refresh_hooks();
    }
    Ok(Next::Resume)
}

#[cfg(test)]
mod tests;
