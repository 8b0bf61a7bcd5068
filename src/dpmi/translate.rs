//! 0300h to 0306h: calls from protected mode into real-mode code and the ways back.

use crate::client::CALLBACKS_MAX;
use crate::host::{Callback, CallbackKind, Finish, Host, RealCall, RealTarget, NOBODY};
use crate::landing;
use crate::layout::event;
use crate::machine::Machine;
use crate::regs::{FarPointer, Registers, Width};
use crate::service::{Code, Next, Outcome};
use crate::structure;

/// Words that fit on the host's real-mode stack beside what a handler needs.
const WORDS_MAX: u16 = 200;

/// AX=0300h. In: BL vector, BH flags (bit 0 is ignored: there is no A20 or PIC to reset), CX words to copy, ES:(E)DI
/// structure. Refused: 8021h, 8022h.
pub fn simulate_interrupt<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let vector = regs.bl();
    call(host, regs, |_| RealTarget::Interrupt(vector))
}

/// AX=0301h. In: BH flags, CX words to copy, ES:(E)DI structure whose CS:IP is called and returns by RETF. Refused:
/// 8021h, 8022h.
pub fn call_far<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    call(host, regs, |pointer| RealTarget::Far { cs: (pointer >> 16) as u16, ip: pointer as u16 })
}

/// AX=0302h. As 0301h for a procedure that returns by IRET.
pub fn call_iret<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    call(host, regs, |pointer| RealTarget::FarIret { cs: (pointer >> 16) as u16, ip: pointer as u16 })
}

fn call<M: Machine>(host: &mut Host<M>, regs: &Registers, target: impl Fn(u32) -> RealTarget) -> Outcome {
    let width = host.width();
    let at = host.linear_of(regs.es as u16, width.offset(regs.edi), structure::SIZE)?;
    if let Err(refused) = host.writable(at, structure::SIZE) {
        return host.refuse(refused, Code::InvalidLinear);
    }
    let words = regs.cx();
    let mut from = 0;
    if words != 0 {
        let offset = if host.descriptor_of(regs.ss as u16)?.is_big() { regs.esp } else { regs.esp & 0xFFFF };
        from = host.linear_of(regs.ss as u16, offset, words as u32 * 2)?;
        if let Err(refused) = host.readable(from, words as u32 * 2) {
            return host.refuse(refused, Code::InvalidLinear);
        }
    }
    let stack = host.machine.read_u32(at + structure::SP);
    // SS:SP of 0:0 asks for the host's stack.
    if stack == 0 && words > WORDS_MAX {
        return Err(Code::InvalidValue.into());
    }
    let wanted = structure::load(&host.machine, at);
    let target = target(wanted.cs << 16 | wanted.eip);
    host.call =
        Some(RealCall { target, regs: wanted, stack, words: (words, from), finish: Finish::Structure(at) });
    Ok(Next::RealCall)
}

/// AX=0303h. In: DS:(E)SI procedure, ES:(E)DI structure. Out: CX:DX real-mode address. Refused: 8015h, 8021h, 8022h.
pub fn allocate_callback<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let width = host.width();
    let procedure = FarPointer { offset: width.offset(regs.esi), selector: regs.ds as u16, reserved: 0 };
    let structure = FarPointer { offset: width.offset(regs.edi), selector: regs.es as u16, reserved: 0 };
    host.linear_of(structure.selector, structure.offset, structure::SIZE)?;
    if !host.descriptor_of(procedure.selector)?.is_code() {
        return Err(Code::InvalidSelector.into());
    }
    let client = host.current;
    let kind = CallbackKind::Structure;
    let mine = host.callbacks.iter().filter(|entry| entry.kind == kind && entry.client == client).count();
    if mine >= CALLBACKS_MAX {
        return Err(Code::CallbackUnavailable.into());
    }
    let number = free_entry(host)?;
    host.callbacks[number] = Callback { kind, client, procedure, structure, ..Default::default() };
    host.keep_resident(procedure);
    host.keep_resident(structure);
    let (segment, offset) = callback_address(host, number);
    regs.set_cx(segment);
    regs.set_dx(offset);
    Ok(Next::Callbacks)
}

/// A free entry of the callback table.
fn free_entry<M: Machine>(host: &mut Host<M>) -> Result<usize, Code> {
    if let Some(number) = host.callbacks.iter().position(|entry| entry.kind == CallbackKind::Free) {
        return Ok(number);
    }
    let number = host.callbacks.len();
    if number >= callbacks_possible(host) {
        return Err(Code::CallbackUnavailable);
    }
    host.callbacks.try_reserve(1).map_err(|_| Code::CallbackUnavailable)?;
    host.callbacks.push(Callback::default());
    Ok(number)
}

/// A real-mode address for an event procedure of the current client's, a driver's to call. `key` tells procedures of one
/// kind apart: of each a client, and a driver, has one only, so that the entry of a client that has ended can be taken
/// over. Refused: 8015h, 8022h.
pub fn event_address<M: Machine>(
    host: &mut Host<M>,
    kind: CallbackKind,
    key: u32,
    procedure: FarPointer,
) -> Result<(u16, u16), Code> {
    if !host.descriptor_of(procedure.selector)?.is_code() {
        return Err(Code::InvalidSelector);
    }
    let client = host.current;
    let same = |entry: &Callback, whose: u8| {
        entry.kind == kind && entry.client == whose && entry.structure.offset == key
    };
    let known = [client, NOBODY]
        .into_iter()
        .find_map(|whose| host.callbacks.iter().position(|entry| same(entry, whose)));
    let number = match known {
        Some(number) => number,
        None => free_entry(host)?,
    };
    let structure = FarPointer { offset: key, ..Default::default() };
    host.callbacks[number] = Callback { kind, client, procedure, structure, ..Default::default() };
    host.keep_resident(procedure);
    Ok(callback_address(host, number))
}

/// AX=0304h. In: CX:DX real-mode address. Refused: 8024h.
pub fn free_callback<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let number = ((host.facts.resident >> 4) as u16).wrapping_sub(regs.cx()) as usize;
    let client = host.current;
    let kind = CallbackKind::Structure;
    let known = host.callbacks.get(number).is_some_and(|entry| entry.kind == kind && entry.client == client);
    if !known || callback_address(host, number) != (regs.cx(), regs.dx()) {
        return Err(Code::InvalidCallback.into());
    }
    host.callbacks[number].kind = CallbackKind::Free;
    Ok(Next::Callbacks)
}

/// A callback's number is the distance of its CS below the resident segment; its IP makes up for it.
fn callback_address<M: Machine>(host: &Host<M>, number: usize) -> (u16, u16) {
    let segment = (host.facts.resident >> 4) as u16;
    (segment - number as u16, host.facts.callback_trap + (number as u16) * 16)
}

/// How many aliases of the callback trap there are: CS may not fall below 0, nor IP pass 64 KiB.
fn callbacks_possible<M: Machine>(host: &Host<M>) -> usize {
    let below = host.facts.resident as usize >> 4;
    let above = (0xFFF0 - host.facts.callback_trap as usize) / 16;
    below.min(above)
}

/// Returns SI:(E)DI.
fn give(width: Width, regs: &mut Registers, offset: u32) {
    regs.set_si(width.landing_selector() as u16);
    match width {
        Width::Bits32 => regs.edi = offset,
        Width::Bits16 => regs.set_di(offset as u16),
    }
}

/// Real-mode address of a trap site, BX:CX.
fn give_site<M: Machine>(host: &Host<M>, regs: &mut Registers, site: u32) {
    regs.set_bx((host.facts.resident >> 4) as u16);
    regs.set_cx(host.facts.trap_base + (site * crate::layout::TRAP_STRIDE) as u16);
}

/// AX=0305h. Out: AX bytes of the buffer (0: raw switches keep no state here), BX:CX real-mode routine, SI:(E)DI
/// protected-mode routine.
pub fn state_addresses<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let width = host.width();
    give_site(host, regs, event::SAVE_STATE);
    give(width, regs, landing::SAVE_STATE);
    regs.set_ax(0);
    Ok(Next::Resume)
}

/// AX=0306h. Out: BX:CX real-mode address to jump to, SI:(E)DI protected-mode address. The real-mode address tells whose
/// protected mode it leads to: a client that stayed resident is entered from other programs.
pub fn raw_addresses<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let width = host.width();
    let (segment, offset) = host.facts.alias_address(event::RAW_SWITCH, host.current);
    regs.set_bx(segment);
    regs.set_cx(offset);
    give(width, regs, landing::RAW_SWITCH);
    Ok(Next::Resume)
}

#[cfg(test)]
mod tests;
