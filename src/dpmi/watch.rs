//! INT 31h 0Bxxh: watchpoints in the debug registers.
//!
//! A handle is the number of a debug register, 0 to 3, and so the number of its bit in DR6, as the text has it. Watchpoints
//! belong to a client: [`Watches::leave`] and [`Watches::enter`] run when the current client changes. Watched addresses
//! are the client's own or conventional memory, never the core's; data that the core reads or writes for a client
//! counts all the same, and then the debug exception arrives in ring 0, where [`Watches::note`] is all there is to do.
//!
//! Specification: DPMI 0.9 and 1.0, functions 0B00h to 0B03h; SDM vol. 3, "Debug registers".

use crate::host::Host;
use crate::machine::Machine;
use crate::regs::Registers;
use crate::service::{Code, Next, Outcome};

/// How many there are.
pub const WATCHES: u16 = 4;
/// DR7 bits that are set whenever a watchpoint is: bit 10, always one, and LE, which a 386 needs for exact data breakpoints.
const CONTROL: u32 = 0x500;

/// A client's watchpoints.
#[derive(Clone, Copy, Default, Debug)]
pub struct Watches {
    /// Linear addresses for DR0 to DR3.
    addresses: [u32; WATCHES as usize],
    /// DR7 as this client wants it; zero when no watchpoint is set.
    control: u32,
    /// Bit n: watchpoint n was reached since it was set or reset (0B02h).
    reached: u8,
}

impl Watches {
    /// None set.
    pub const fn new() -> Self {
        Watches { addresses: [0; 4], control: 0, reached: 0 }
    }

    /// Is any set?
    #[inline]
    pub const fn any(&self) -> bool {
        self.control != 0
    }

    /// Is watchpoint `handle` set?
    const fn is_set(&self, handle: u16) -> bool {
        handle < WATCHES && self.control >> (handle * 2) & 1 != 0
    }

    /// Takes note of a debug exception: which of the watchpoints were reached, by the value of DR6.
    pub fn note(&mut self, dr6: u32) {
        for handle in 0..WATCHES {
            if self.is_set(handle) && dr6 >> handle & 1 != 0 {
                self.reached |= 1 << handle;
            }
        }
    }

    /// Loads them when their client becomes the current one.
    pub fn enter<M: Machine>(&self, machine: &mut M) {
        if self.any() {
            for (number, address) in self.addresses.iter().enumerate() {
                machine.set_debug_register(number as u8, *address);
            }
            machine.set_debug_register(7, self.control);
        }
    }

    /// Switches them off when their client is no longer the current one, or ends.
    pub fn leave<M: Machine>(&mut self, machine: &mut M) {
        if self.any() {
            let dr6 = machine.debug_register(6);
            self.note(dr6);
            machine.set_debug_register(6, dr6 & !0xF);
            machine.set_debug_register(7, 0);
        }
    }

    /// Forgets that `handle` was reached.
    fn forget<M: Machine>(&mut self, machine: &mut M, handle: u16) {
        self.reached &= !(1 << handle);
        let dr6 = machine.debug_register(6);
        machine.set_debug_register(6, dr6 & !(1 << handle));
    }
}

/// DR7's length field for a size in bytes.
const fn length_field(bytes: u8) -> Option<u32> {
    match bytes {
        1 => Some(0),
        2 => Some(1),
        4 => Some(3),
        _ => None,
    }
}

/// AX=0B00h. In: BX:CX linear address, DL size (1, 2, 4), DH type (0 execute, 1 write, 2 read or write). Out: BX handle.
/// Refused: 8016h, 8021h, 8025h (not the client's memory, or not aligned to the size).
pub fn set<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let (linear, size) = (regs.bx_cx(), regs.edx as u8);
    let length = length_field(size).ok_or(Code::InvalidValue)?;
    // An execution breakpoint has length 0 whatever the size: it compares the instruction's first byte.
    let condition = match (regs.edx >> 8) as u8 {
        0 => 0,
        1 => 1 | length << 2,
        2 => 3 | length << 2,
        _ => return Err(Code::InvalidValue.into()),
    };
    if linear & (size as u32 - 1) != 0 {
        return Err(Code::InvalidLinear.into());
    }
    let watches = host.client().watches;
    let handle = (0..WATCHES).find(|&handle| !watches.is_set(handle)).ok_or(Code::HandleUnavailable)?;
    if let Err(refused) = host.readable(linear, size as u32) {
        return host.refuse(refused, Code::InvalidLinear);
    }

    change(host, |watches, machine| {
        watches.addresses[handle as usize] = linear;
        watches.control &= !(0xF << (16 + handle * 4));
        watches.control |= CONTROL | 1 << (handle * 2) | condition << (16 + handle * 4);
        watches.forget(machine, handle);
        watches.enter(machine);
    });
    regs.set_bx(handle);
    Ok(Next::Resume)
}

/// AX=0B01h. In: BX handle. Refused: 8023h.
pub fn clear<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let handle = checked(host, regs)?;
    change(host, |watches, machine| {
        watches.control &= !(3 << (handle * 2) | 0xF << (16 + handle * 4));
        if watches.control & 0xFF == 0 {
            watches.control = 0;
        }
        watches.forget(machine, handle);
        machine.set_debug_register(7, watches.control);
    });
    Ok(Next::Resume)
}

/// AX=0B02h. In: BX handle. Out: AX bit 0 set if the watchpoint was reached. Refused: 8023h.
pub fn get_state<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let handle = checked(host, regs)?;
    let dr6 = host.machine.debug_register(6);
    let watches = &mut host.client().watches;
    watches.note(dr6);
    let reached = watches.reached >> handle & 1;
    regs.set_ax(reached as u16);
    Ok(Next::Resume)
}

/// AX=0B03h. In: BX handle. The watchpoint counts as not reached again. Refused: 8023h.
pub fn reset<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
    let handle = checked(host, regs)?;
    change(host, |watches, machine| watches.forget(machine, handle));
    Ok(Next::Resume)
}

fn checked<M: Machine>(host: &mut Host<M>, regs: &Registers) -> Result<u16, Code> {
    let handle = regs.bx();
    if host.client().watches.is_set(handle) {
        Ok(handle)
    } else {
        Err(Code::InvalidHandle)
    }
}

fn change<M: Machine>(host: &mut Host<M>, act: impl FnOnce(&mut Watches, &mut M)) {
    let client = host.clients[host.current as usize].as_mut().expect("a service runs for a client");
    act(&mut client.watches, &mut host.machine);
}
