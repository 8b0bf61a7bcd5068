//! INT 31h 0Bxxh: watchpoints in the debug registers.
//!
//! A handle is the number of a debug register, 0 to 3, and so the number of its bit in DR6, as the text has it. Watchpoints
//! belong to a client: [`Watches::disable`] and [`Watches::enable`] run when the current client changes. Watched addresses
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
    pub fn enable<M: Machine>(&self, machine: &mut M) {
        if self.any() {
            for (number, address) in self.addresses.iter().enumerate() {
                machine.set_debug_register(number as u8, *address);
            }
            machine.set_debug_register(7, self.control);
        }
    }

    /// Switches them off when their client is no longer the current one, or ends.
    pub fn disable<M: Machine>(&mut self, machine: &mut M) {
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
        watches.enable(machine);
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
pub fn state<M: Machine>(host: &mut Host<M>, regs: &mut Registers) -> Outcome {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dpmi::fixture::{host, refusal, registers, success};
    use crate::mock::Mock;
    use crate::regs::Width;

    fn wanted(linear: u32, size_and_type: u16) -> Registers {
        let mut regs = registers();
        regs.set_bx_cx(linear);
        regs.set_dx(size_and_type);
        regs
    }

    fn by_handle(handle: u16) -> Registers {
        let mut regs = registers();
        regs.set_bx(handle);
        regs
    }

    fn host32() -> Host<Mock> {
        host(Width::Bits32)
    }

    #[test]
    fn dr7_is_composed_by_size_and_type() {
        let mut host = host32();
        for (handle, (linear, what)) in
            [(0x1_0003, 0x0001), (0x1_0002, 0x0102), (0x1_0004, 0x0204), (0x1_0001, 0x0201)]
                .into_iter()
                .enumerate()
        {
            assert_eq!(success(&mut host, set, &wanted(linear, what)).ebx, 0xB0B0_0000 | handle as u32);
            assert_eq!(host.machine.debug[handle], linear);
        }
        assert_eq!(host.machine.debug[7], 0x3F50_0555);
        assert_eq!(refusal(&mut host, set, &wanted(0x1_0000, 1)), 0x8016);
        success(&mut host, clear, &by_handle(1));
        assert_eq!(host.machine.debug[7], 0x3F00_0551);
        assert_eq!(success(&mut host, set, &wanted(0x2_0000, 0x0101)).bx(), 1);
    }

    #[test]
    fn wrong_sizes_types_and_addresses_are_refused() {
        let mut host = host32();
        for what in [0x0100, 0x0103, 0x0105, 0x0301, 0xFF01] {
            assert_eq!(refusal(&mut host, set, &wanted(0x1_0000, what)), 0x8021);
        }
        // Not aligned, and the core's own memory.
        for (linear, what) in
            [(0x1_0001, 0x0102), (0x1_0002, 0x0104), (0xC000_0000, 0x0101), (0xFFFF_FFFC, 0x0204)]
        {
            assert_eq!(refusal(&mut host, set, &wanted(linear, what)), 0x8025);
        }
        assert_eq!(host.machine.debug, [0; 8]);
    }

    #[test]
    fn handles_that_are_not_set_are_refused() {
        let mut host = host32();
        success(&mut host, set, &wanted(0x1_0000, 1));
        for handle in [1, 3, 4, 0xFFFF] {
            for handler in [clear, state, reset] {
                assert_eq!(refusal(&mut host, handler, &by_handle(handle)), 0x8023);
            }
        }
    }

    #[test]
    fn being_reached_is_remembered_until_reset() {
        let mut host = host32();
        success(&mut host, set, &wanted(0x1_0000, 0x0101));
        success(&mut host, set, &wanted(0x1_0004, 0x0101));
        assert_eq!(success(&mut host, state, &by_handle(1)).ax(), 0);
        host.machine.debug[6] = 0xFFFF_0FF2;
        assert_eq!(success(&mut host, state, &by_handle(1)).eax, 0xA0A0_0001);
        host.machine.debug[6] = 0;
        assert_eq!(success(&mut host, state, &by_handle(1)).ax(), 1);
        assert_eq!(success(&mut host, state, &by_handle(0)).ax(), 0);
        host.machine.debug[6] = 3;
        success(&mut host, reset, &by_handle(1));
        assert_eq!(host.machine.debug[6], 1);
        assert_eq!(success(&mut host, state, &by_handle(1)).ax(), 0);
        assert_eq!(success(&mut host, state, &by_handle(0)).ax(), 1);
    }

    #[test]
    fn watchpoints_go_with_their_client() {
        let mut host = host32();
        success(&mut host, set, &wanted(0x1_0000, 0x0101));
        host.machine.debug[6] = 1;
        let mut watches = host.client().watches;
        watches.disable(&mut host.machine);
        assert_eq!((host.machine.debug[7], host.machine.debug[6]), (0, 0));
        host.machine.debug[0] = 0;
        watches.enable(&mut host.machine);
        assert_eq!((host.machine.debug[0], host.machine.debug[7]), (0x1_0000, 0x1_0501));
        host.client().watches = watches;
        assert_eq!(success(&mut host, state, &by_handle(0)).ax(), 1);
        success(&mut host, clear, &by_handle(0));
        assert_eq!(host.machine.debug[7], 0);
        assert!(!host.client().watches.any());
    }
}
