//! The XMS entry, a far call: by V86 code at its trap site, or from real mode by a crossing.
//!
//! A long move or lock lets interrupts in between its pieces where its caller had them enabled: the caller is left
//! standing, with its own registers and stack, before a trap site of its own ([`event::XMS_AGAIN`]), and an interrupt is
//! taken there as anywhere else.

use super::{Monitor, Reporter};
use crate::layout::{event, TRAP_STRIDE};
use crate::machine::Machine;
use crate::regs::{Registers, INTERRUPT};
use crate::xms::{self, XmsContext, XmsNext};

/// Bytes of a trap site's INT, behind which its continuation lies.
const TRAP_BYTES: u32 = 2;

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// A call from V86 code or real mode, whose far return frame is on its stack; `again` when it has let interrupts in.
    #[inline]
    pub(super) fn xms_event(&mut self, regs: &mut Registers, active: bool, again: bool) {
        match self.xms_call(regs, active, None, again) {
            XmsNext::Done => self.far_return(regs),
            XmsNext::PassOn => self.stand_at(regs, event::XMS, TRAP_BYTES),
            // Dormant there is no trap, only the crossing that the continuation leads to.
            XmsNext::Again => self.stand_at(regs, event::XMS_AGAIN, if active { 0 } else { TRAP_BYTES }),
        }
    }

    /// Calls the driver; `structure` as in [`XmsContext::structure`]. Does not come back with [`XmsNext::Again`] when
    /// the caller has interrupts off.
    #[inline]
    pub(super) fn xms_call(
        &mut self,
        regs: &mut Registers,
        active: bool,
        structure: Option<u32>,
        again: bool,
    ) -> XmsNext {
        let host = &mut self.host;
        let mut context = XmsContext {
            machine: &mut host.machine,
            xms: &mut host.xms,
            memory: &mut host.memory,
            a20: self.a20,
            active,
            structure,
        };
        let mut next = if again { xms::resume(&mut context, regs) } else { xms::call(&mut context, regs) };
        while next == XmsNext::Again && regs.eflags & INTERRUPT == 0 {
            next = xms::resume(&mut context, regs);
        }
        let a20 = context.a20;
        if a20 != self.a20 {
            self.a20 = a20;
            if active {
                self.set_virtual_a20(a20);
            }
        }
        next
    }

    /// Lets V86 or real-mode code go on at a trap site, or `behind` it.
    fn stand_at(&self, regs: &mut Registers, site: u32, behind: u32) {
        let facts = &self.host.facts;
        regs.cs = facts.resident >> 4;
        regs.eip = facts.trap_base as u32 + site * TRAP_STRIDE + behind;
    }
}
