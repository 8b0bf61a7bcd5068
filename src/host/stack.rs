//! What a client's locked stack looks like: a segment of its own, or, for flat programs, a part of a flat one.

use super::Host;
use crate::machine::Machine;
use crate::regs::{FarPointer, Width};
use crate::x86::descriptor::{Descriptor, BIG, DATA3};

impl<M: Machine> Host<M> {
    /// The current client registers a handler that runs on the locked stack: of an exception, or of an interrupt that is not
    /// the client's own.
    ///
    /// The first one decides. In a flat 32-bit code segment it belongs to a program that takes SS for flat as well, and
    /// addresses its data by it (`[ebp + table]`), as PMODE/W's own way with interrupts lets it do. 16-bit code, which the
    /// kernels of other extenders are, cannot have a flat one: it addresses what it has pushed by BP. Never the other way
    /// round, and not later: slots keep positions on that stack.
    pub fn decide_locked_stack(&mut self, handler: FarPointer) {
        if handler.selector == 0 || core::mem::replace(&mut self.client().stack_decided, true) {
            return;
        }
        let flat = self.descriptor_of(handler.selector).is_ok_and(|code| {
            code.is_code() && code.flags() & BIG != 0 && code.base() == 0 && code.limit() == u32::MAX
        });
        let (id, client) = (self.current, self.client());
        if !flat || client.width != Width::Bits32 || client.hot.locked_depth != 0 {
            return;
        }
        let hot = &mut client.hot;
        let stack = core::mem::replace(&mut hot.locked_base, 0);
        hot.locked_esp += stack;
        hot.locked_floor += stack;
        hot.locked_low = hot.locked_low.saturating_add(stack);
        hot.locked_high += stack;
        let index = hot.locked_selector as u16 >> 3;
        self.machine.set_descriptor(id, index, Descriptor::new(0, u32::MAX, DATA3, BIG).0);
    }
}
