//! A host with one client over the mock machine, and a stand-in for real-mode code, for the tests of services.

use crate::client::Client;
use crate::host::{Facts, Finish, Host, RealTarget};
use crate::mock::Mock;
use crate::paging::frames::Frames;
use crate::paging::Memory;
use crate::regs::{Registers, Width, ALWAYS, CARRY, INTERRUPT};
use crate::service::{settle, Next, Outcome};

/// The client's number.
pub const CLIENT: u8 = 3;

/// A handler over the mock.
pub type MockHandler = fn(&mut Host<Mock>, &mut Registers) -> Outcome;

/// A host whose current client has the given width and an empty LDT.
pub fn host(width: Width) -> Host<Mock> {
    let memory = Memory::new(Frames::new(Box::leak(vec![0; 16].into_boxed_slice()), 0x110));
    let facts = Facts { cpu: 5, has_fpu: true, client_iopl: 3, ..Facts::default() };
    let mut host = Host::new(Mock::new(), memory, Default::default(), facts);
    host.current = CLIENT;
    host.clients[CLIENT as usize] = Some(Box::new(client(width)));
    host
}

fn client(width: Width) -> Client {
    Client::new(CLIENT, width, 0x1234, 0x2000, Default::default())
}

/// Registers with a recognisable value in each, interrupts on.
pub fn registers() -> Registers {
    Registers {
        eax: 0xA0A0_0000,
        ebx: 0xB0B0_0000,
        ecx: 0xC0C0_0000,
        edx: 0xD0D0_0000,
        esi: 0x5151_0000,
        edi: 0xD1D1_0000,
        ebp: 0xB1B1_0000,
        eflags: ALWAYS | INTERRUPT | CARRY,
        ..Registers::default()
    }
}

/// Runs a service to its end. Real-mode calls go to `dos`, with the interrupt number and the registers to change.
pub fn run_with(
    host: &mut Host<Mock>,
    handler: MockHandler,
    regs: &mut Registers,
    mut dos: impl FnMut(&mut Host<Mock>, u8, &mut Registers),
) -> Next {
    let mut next = settle(handler(host, regs), regs);
    while next == Next::RealCall {
        let mut call = host.call.take().expect("a real-mode call is described");
        let RealTarget::Interrupt(vector) = call.target else { panic!("only interrupts are called") };
        dos(host, vector, &mut call.regs);
        let Finish::Then(then) = call.finish else { panic!("the service goes on itself") };
        next = settle(then(host, regs, &call.regs), regs);
    }
    next
}

/// Runs a service that makes no real-mode call.
pub fn run(host: &mut Host<Mock>, handler: MockHandler, regs: &mut Registers) -> Next {
    run_with(host, handler, regs, |_, vector, _| panic!("INT {vector:02X}h was not expected"))
}

/// Runs a service that has to refuse, and says with what; everything but AX and CF must be as it was.
pub fn refusal(host: &mut Host<Mock>, handler: MockHandler, regs: &Registers) -> u16 {
    let mut after = *regs;
    assert_eq!(run(host, handler, &mut after), Next::Resume);
    assert_ne!(after.eflags & CARRY, 0, "the service should refuse");
    let code = after.ax();
    after.set_ax(regs.ax());
    after.eflags = regs.eflags;
    assert_eq!(&after, regs, "a refusal left a trace");
    code
}

/// Runs a service that has to succeed.
pub fn success(host: &mut Host<Mock>, handler: MockHandler, regs: &Registers) -> Registers {
    let mut after = *regs;
    assert_eq!(run(host, handler, &mut after), Next::Resume);
    assert_eq!(after.eflags & CARRY, 0, "the service refused with {:04X}h", after.ax());
    after
}
