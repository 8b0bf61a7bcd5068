//! The extension against a stand-in for DOS.

mod calls;
mod exec;
mod memory;
mod random;
mod streams;

use super::*;
use crate::dpmi::fixture::{self, CLIENT};
use crate::dpmi::ldt::{self, selector_of, with_table};
use crate::mock::{Mock, KERNEL_DIRECTORY};
use crate::paging::frames::{Frames, Run};
use crate::paging::space::Space;
use crate::paging::Memory;
use crate::service::settle;
use crate::x86::descriptor::{Descriptor, BIG, DATA3};

/// Linear address of the transfer buffer.
const BUFFER: u32 = 0x3_0000;
/// Its size.
const BUFFER_BYTES: u32 = 0x2000;
/// Linear address of the client's PSP.
const PSP: u32 = 0x1_2340;

/// A host with a client that has extended memory.
fn host(width: Width) -> Host<Mock> {
    let mut host = fixture::host(width);
    let mut memory = Memory::new(Frames::new(vec![0; 512].leak(), 0x200));
    memory.frames.add(Run { first: 0x200, count: 512 });
    let space = Space::create(&mut host.machine, &mut memory, KERNEL_DIRECTORY).unwrap();
    host.machine.load_space(space.directory());
    host.memory = memory;
    host.facts.transfer = ((BUFFER >> 4) as u16, BUFFER_BYTES);
    let client = host.clients[CLIENT as usize].as_mut().unwrap();
    client.space = space;
    client.environment = 0x0777;
    let psp = segment(&mut host, PSP, 0xFF);
    host.client().psp_selector = psp;
    host
}

/// A data selector.
fn segment(host: &mut Host<Mock>, base: u32, limit: u32) -> u16 {
    let index = with_table(host, |machine, id, table| ldt::allocate(machine, id, table, 1)).unwrap();
    host.machine.set_descriptor(CLIENT, index, Descriptor::new(base, limit, DATA3, BIG).0);
    selector_of(index)
}

/// Extended memory of the client's: its linear address and a selector for just that.
fn block(host: &mut Host<Mock>, bytes: u32) -> (u32, u16) {
    let mut regs = fixture::registers();
    regs.set_bx_cx(bytes);
    let after = fixture::success(host, crate::dpmi::memory::allocate, &regs);
    (after.bx_cx(), segment(host, after.bx_cx(), bytes - 1))
}

/// Writes into the client's memory, as the client would.
fn put(host: &mut Host<Mock>, linear: u32, bytes: &[u8]) {
    host.writable(linear, bytes.len() as u32).unwrap();
    host.machine.write_bytes(linear, bytes);
}

fn get(host: &mut Host<Mock>, linear: u32, bytes: u32) -> Vec<u8> {
    host.readable(linear, bytes).unwrap();
    let mut content = vec![0; bytes as usize];
    host.machine.read_bytes(linear, &mut content);
    content
}

/// Registers for a call.
fn call(ax: u16, change: impl FnOnce(&mut Registers)) -> Registers {
    let mut regs = fixture::registers();
    regs.set_carry(false);
    regs.set_ax(ax);
    regs.esp = 0x1000;
    regs.ss = 0x17;
    change(&mut regs);
    regs
}

/// Issues an interrupt and plays DOS until it is finished. None when it is to be reflected.
fn issue(
    host: &mut Host<Mock>,
    vector: u8,
    regs: &mut Registers,
    mut dos: impl FnMut(&mut Host<Mock>, RealTarget, &mut Registers),
) -> Option<Next> {
    let Translation::Done(outcome) = translate(host, regs, vector) else { return None };
    let mut next = settle(outcome, regs);
    while next == Next::RealCall {
        let mut asked = host.call.take().expect("a real-mode call is described");
        dos(host, asked.target, &mut asked.regs);
        let Finish::Then(then) = asked.finish else { panic!("the call goes on itself") };
        next = settle(then(host, regs, &asked.regs), regs);
    }
    Some(next)
}

/// Issues INT 21h, which has to be translated and finished, and gives the registers after it.
fn dos_call(
    host: &mut Host<Mock>,
    regs: &Registers,
    mut dos: impl FnMut(&mut Host<Mock>, &mut Registers),
) -> Registers {
    let mut after = *regs;
    let next = issue(host, 0x21, &mut after, |host, target, real| {
        assert_eq!(target, RealTarget::Interrupt(0x21));
        dos(host, real);
    });
    assert!(matches!(next, Some(Next::AsIs | Next::Resume)), "{next:?}");
    assert_eq!(host.dos.count(), 0, "nothing waits any more");
    after
}

/// DOS that must not be called.
fn nobody(_: &mut Host<Mock>, real: &mut Registers) {
    panic!("DOS was called with AX={:04X}h", real.ax());
}

/// The error that a call gives without DOS being asked; nothing else may have changed.
fn error(host: &mut Host<Mock>, regs: &Registers) -> u16 {
    let mut after = dos_call(host, regs, nobody);
    assert_eq!(after.eflags & CARRY, CARRY, "the call should fail");
    let code = after.ax();
    after.set_ax(regs.ax());
    after.set_carry(false);
    assert_eq!(&after, regs, "a failure left a trace");
    code
}

/// Linear address of a real-mode pointer.
fn real_address(segment: u32, offset: u16) -> u32 {
    ((segment & 0xFFFF) << 4) + offset as u32
}
