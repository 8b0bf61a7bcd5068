//! INT 31h 0000h to 000Fh, one handler per function.

use super::table::{allocate, allocate_at, release, segment_to_selector, selector_of, DESCRIPTORS};
use crate::host::Host;
use crate::machine::Machine;
use crate::regs::{Registers, Width};
use crate::service::{Code, Next, Outcome};
use crate::x86::descriptor::{Descriptor, ACCESS, CODE, DIRECTION, MEMORY, PRESENT, RING3};

/// Bit 5 of a descriptor's sixth byte, "must be zero": code of 64 bits to later processors, nothing to those of the time, so
/// that programs leave it set (an extender of 1995 writes FFh there). It is dropped.
const LONG: u64 = 1 << 53;

/// AX=0000h. In: CX count, not zero. Out: AX first selector; the others follow at 0003h's distance.
/// Refused: 8011h, 8021h.
pub fn allocate_descriptors<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let count = regs.cx();
    if count == 0 {
        return Err(Code::InvalidValue.into());
    }
    if count > DESCRIPTORS {
        return Err(Code::DescriptorUnavailable.into());
    }
    let first = with_table(host, |machine, id, ldt| allocate(machine, id, ldt, count))?;
    regs.set_ax(selector_of(first));
    Ok(Next::Resume)
}

/// AX=0001h. In: BX selector. Segment registers that hold it become null. Refused: 8022h.
pub fn free_descriptor<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let index = host.client().ldt.freeable(regs.bx())?;
    with_table(host, |machine, id, ldt| release(machine, id, ldt, index, regs));
    let client = host.client();
    client.dos_blocks.forget_descriptor(index);
    client.dos.forget_descriptor(index);
    Ok(Next::Resume)
}

/// AX=0002h. In: BX paragraph. Out: AX a selector for it, the same one each time, limit 64 KiB; it cannot be freed. The
/// specification says that it should not be changed either; Windows' kernel does, and the next call gives another one.
/// Refused: 8011h.
pub fn segment_to_descriptor<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let paragraph = regs.bx();
    let selector = with_table(host, |machine, id, ldt| segment_to_selector(machine, id, ldt, paragraph))?;
    regs.set_ax(selector);
    Ok(Next::Resume)
}

/// AX=0003h. Out: AX distance between the selectors of neighbouring descriptors.
pub fn selector_increment<M: Machine>(_: &mut Host<M>, regs: &mut Registers) -> Outcome {
    regs.set_ax(8);
    Ok(Next::Resume)
}

/// AX=0004h and 0005h, lock and unlock a selector. In: BX selector. Reserved by the specification; the table never
/// leaves memory, so there is nothing to do. Refused: 8022h.
pub fn lock_selector<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    host.client().ldt.index_of(regs.bx())?;
    Ok(Next::Resume)
}

/// AX=0006h. In: BX selector. Out: CX:DX linear base. Refused: 8022h.
pub fn get_base<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let base = host.descriptor_of(regs.bx())?.base();
    regs.set_cx_dx(base);
    Ok(Next::Resume)
}

/// AX=0007h. In: BX selector, CX:DX linear base. Refused: 8022h.
pub fn set_base<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (index, descriptor) = changeable(host, regs.bx())?;
    store(host, index, descriptor.with_base(regs.cx_dx()));
    Ok(Next::Resume)
}

/// AX=0008h. In: BX selector, CX:DX limit; from 1 MiB on its low 12 bits must be ones. Refused: 8021h, 8022h.
pub fn set_limit<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (index, descriptor) = changeable(host, regs.bx())?;
    let limit = regs.cx_dx();
    if limit > 0xF_FFFF && limit & 0xFFF != 0xFFF {
        return Err(Code::InvalidValue.into());
    }
    store(host, index, descriptor.with_limit(limit));
    Ok(Next::Resume)
}

/// AX=0009h. In: BX selector, CL access byte, CH upper flags (G, D/B, AVL in the upper half), which a 16-bit client does not
/// give. Refused: 8021h, 8022h.
pub fn set_access<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (index, descriptor) = changeable(host, regs.bx())?;
    let flags = match host.width() {
        Width::Bits32 => (regs.cx() >> 12) as u8,
        Width::Bits16 => descriptor.flags(),
    };
    let changed = descriptor.with_access(regs.cx() as u8, flags);
    check_rights(changed)?;
    store(host, index, changed);
    Ok(Next::Resume)
}

/// AX=000Ah. In: BX selector. Out: AX a new selector of a writable data segment with the same base and limit, which does not
/// follow later changes of the first. Refused: 8011h, 8022h.
pub fn create_alias<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let source = host.descriptor_of(regs.bx())?;
    let index = with_table(host, |machine, id, ldt| allocate(machine, id, ldt, 1))?;

    // An expand-down source keeps its direction, or the alias would cover other bytes.
    let kept = if source.access() & CODE != 0 { !(CODE | DIRECTION) } else { !CODE };
    store(host, index, source.with_access(source.access() & kept | ACCESS, source.flags()));
    regs.set_ax(selector_of(index));
    Ok(Next::Resume)
}

/// AX=000Bh. In: BX selector, ES:(E)DI eight bytes, which receive the descriptor. Refused: 8021h, 8022h, 8025h.
pub fn get_descriptor<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let descriptor = host.descriptor_of(regs.bx())?;
    let offset = host.width().offset(regs.edi);
    let linear = host.linear_of(regs.es as u16, offset, 8)?;
    if let Err(refused) = host.writable(linear, 8) {
        return host.refuse(refused, Code::InvalidLinear);
    }
    write_descriptor(host, linear, descriptor);
    Ok(Next::Resume)
}

/// AX=000Ch. In: BX selector, ES:(E)DI the eight bytes of a descriptor. Refused: 8021h, 8022h, 8025h.
pub fn set_descriptor<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let index = host.client().ldt.changeable(regs.bx())?;
    let offset = host.width().offset(regs.edi);
    let linear = host.linear_of(regs.es as u16, offset, 8)?;
    if let Err(refused) = host.readable(linear, 8) {
        return host.refuse(refused, Code::InvalidLinear);
    }
    let descriptor = read_descriptor(host, linear);
    check_rights(descriptor)?;
    store(host, index, descriptor);
    Ok(Next::Resume)
}

/// AX=000Dh. In: BX selector, of a descriptor that is free. Refused: 8011h (taken), 8022h (not an LDT selector).
pub fn allocate_specific<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let selector = regs.bx();
    if selector & 4 == 0 {
        return Err(Code::InvalidSelector.into());
    }
    with_table(host, |machine, id, ldt| allocate_at(machine, id, ldt, selector >> 3, 1))?;
    Ok(Next::Resume)
}

/// AX=000Eh. In: CX count, ES:(E)DI entries of a selector (2 bytes) and a descriptor (8 bytes), which is filled in. Refused:
/// 8021h, 8022h, 8025h, with CX the entries that were done.
pub fn get_multiple<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    each_entry(host, regs, true, |host, selector, linear| {
        let descriptor = host.descriptor_of(selector)?;
        write_descriptor(host, linear, descriptor);
        Ok(())
    })
}

/// AX=000Fh. In: CX count, ES:(E)DI entries of a selector (2 bytes) and a descriptor (8 bytes). Refused: 8021h, 8022h, 8025h,
/// with CX the entries that were done.
pub fn set_multiple<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    each_entry(host, regs, false, |host, selector, linear| {
        let index = host.client().ldt.changeable(selector)?;
        let descriptor = read_descriptor(host, linear);
        check_rights(descriptor)?;
        store(host, index, descriptor);
        Ok(())
    })
}

/// Bytes of an entry of 000Eh and 000Fh.
const ENTRY: u32 = 10;

/// Runs `act` with each entry's selector and the linear address of its descriptor. Being asked again after a page has come
/// in does no harm: an entry done twice is the same as done once.
fn each_entry<M: Machine>(
    host: &mut Host<M>,
    regs: &mut Registers,
    write: bool,
    act: impl Fn(&mut Host<M>, u16, u32) -> Result<(), Code>,
) -> Outcome {
    let start = host.width().offset(regs.edi);
    for done in 0..regs.cx() {
        let offset = start.wrapping_add(done as u32 * ENTRY);
        let linear = match host.linear_of(regs.es as u16, offset, ENTRY) {
            Ok(linear) => linear,
            Err(code) => return stopped(regs, done, code),
        };
        let reached = if write { host.writable(linear, ENTRY) } else { host.readable(linear, ENTRY) };
        if let Err(refused) = reached {
            let answer = host.refuse(refused, Code::InvalidLinear);
            if answer.is_err() {
                regs.set_cx(done);
            }
            return answer;
        }
        let selector = host.machine.read_u16(linear);
        if let Err(code) = act(host, selector, linear.wrapping_add(2)) {
            return stopped(regs, done, code);
        }
    }
    Ok(Next::Resume)
}

fn stopped(regs: &mut Registers, done: u16, code: Code) -> Outcome {
    regs.set_cx(done);
    Err(code.into())
}

/// May a client have this descriptor? Ring 3, memory, and no conforming code while it is present.
fn check_rights(descriptor: Descriptor) -> Result<(), Code> {
    let access = descriptor.access();
    let conforming = PRESENT | CODE | DIRECTION;
    if access & (RING3 | MEMORY) != RING3 | MEMORY || access & conforming == conforming {
        return Err(Code::InvalidValue);
    }
    Ok(())
}

/// A descriptor that the client may change, and its index.
fn changeable<M: Machine>(host: &mut Host<M>, selector: u16) -> Result<(u16, Descriptor), Code> {
    let index = host.client().ldt.changeable(selector)?;
    Ok((index, Descriptor(host.machine.descriptor(host.current, index))))
}

fn store<M: Machine>(host: &mut Host<M>, index: u16, descriptor: Descriptor) {
    with_table(host, |machine, id, ldt| {
        ldt.change(index);
        machine.set_descriptor(id, index, descriptor.0 & !LONG);
    });
}

fn read_descriptor<M: Machine>(host: &Host<M>, linear: u32) -> Descriptor {
    let low = host.machine.read_u32(linear) as u64;
    Descriptor(low | (host.machine.read_u32(linear.wrapping_add(4)) as u64) << 32)
}

fn write_descriptor<M: Machine>(host: &mut Host<M>, linear: u32, descriptor: Descriptor) {
    host.machine.write_u32(linear, descriptor.0 as u32);
    host.machine.write_u32(linear.wrapping_add(4), (descriptor.0 >> 32) as u32);
}

/// Runs `act` with the machine, the current client's number and its table.
pub fn with_table<M: Machine, R>(
    host: &mut Host<M>,
    act: impl FnOnce(&mut M, u8, &mut super::Allocated) -> R,
) -> R {
    let client = host.clients[host.current as usize].as_mut().expect("a service runs for a client");
    act(&mut host.machine, client.id, &mut client.ldt)
}
