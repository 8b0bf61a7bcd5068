//! The XMS entry, a far call: by V86 code at its trap site, from real mode by a crossing, or by a client at its landing
//! point.
//!
//! An interrupt that comes between the pieces of a long move or lock is taken as anywhere else: its caller is left
//! standing, with its own registers and stack, before a trap site of its own ([`event::XMS_AGAIN`]), and from there the
//! interrupt's handler is called.

use super::slots::{Landing, Slots};
use super::{Monitor, Reporter, Resume};
use crate::dos::swapfile::Job;
use crate::host::{Host, RealTarget, Refused};
use crate::landing;
use crate::layout::{event, RealFrame, ResidentInfo, SEL_LANDING16, SEL_LANDING32, TRAP_STRIDE, XMS_RETURN};
use crate::machine::Machine;
use crate::monitor::real::copy_general;
use crate::regs::{Registers, Width};
use crate::xms::{self, work::Caller, Quick, XmsContext, XmsNext};

/// Bytes of a trap site's INT, behind which its continuation lies.
const TRAP_BYTES: u32 = 2;

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// A call from V86 code or real mode, whose far return frame is on its stack; `again` when it has taken an interrupt. Some:
    /// the vector of the next one, which it has to take from where it stands now.
    #[must_use]
    pub fn xms_event(&mut self, regs: &mut Registers, active: bool, again: bool) -> Option<u8> {
        match self.xms_call(regs, active, None, again) {
            XmsNext::Done => self.stand_at(regs, event::XMS, XMS_RETURN),
            XmsNext::PassOn => self.stand_at(regs, event::XMS, TRAP_BYTES),
            XmsNext::Again(vector) => {
                self.xms_stand_again(regs, active);
                return Some(vector);
            }
        }
        None
    }

    /// Takes over what others have written into the public handle table, if there is one.
    pub(super) fn read_table(&mut self) {
        xms::read_table(&self.host.machine, &mut self.host.xms, &mut self.host.memory);
    }

    /// From dormant to active: the memory that the public handle table shows as free is for DPMI too.
    pub(super) fn lend_memory(&mut self) {
        self.read_table();
        let Host { machine, memory, .. } = &mut self.host;
        memory.heap.lend(&mut memory.frames);
        memory.heap.write_table(machine);
    }

    /// From active to dormant: the opposite of [`Monitor::lend_memory`].
    pub fn collect_memory(&mut self) {
        self.read_table();
        let Host { machine, memory, .. } = &mut self.host;
        memory.heap.collect(&mut memory.frames);
        memory.heap.write_table(machine);
    }

    /// The short way of a move by V86 code or real mode with DS:SI; AX=1 is left to the entry code.
    #[inline(always)]
    pub fn xms_quick_move(&mut self, ds: u32, esi: u32, caller: impl Fn() -> Caller) -> Quick {
        let host = &mut self.host;
        host.xms.quick_move(&mut host.memory, &mut host.machine, (ds << 4) + (esi & 0xFFFF), caller)
    }

    /// Leaves a caller where it goes on after an interrupt. Dormant there is no trap, only the crossing that the
    /// continuation leads to.
    pub fn xms_stand_again(&self, regs: &mut Registers, active: bool) {
        self.stand_at(regs, event::XMS_AGAIN, if active { 0 } else { TRAP_BYTES });
    }

    /// A real-mode caller whose call was interrupted takes the interrupt.
    pub fn xms_interrupted(&mut self, frame: &mut RealFrame, vector: u8) {
        let mut regs = Registers {
            ss: frame.ss as u32,
            esp: frame.sp as u32,
            eflags: frame.eflags,
            ..Default::default()
        };
        self.xms_stand_again(&mut regs, false);
        self.reflect(&mut regs, vector);
        frame.eflags = regs.eflags;
        (frame.ip, frame.cs, frame.sp) = (regs.eip as u16, regs.cs as u16, regs.esp as u16);
        frame.a20_wanted = frame.a20_found;
    }

    /// A call from real mode, by a crossing; `again` as in [`Monitor::xms_event`].
    pub fn xms_from_real(&mut self, frame: &mut RealFrame, again: bool) {
        // What the driver looks at, and after that what it may have changed.
        let mut regs = Registers {
            eax: frame.eax,
            ebx: frame.ebx,
            ecx: frame.ecx,
            edx: frame.edx,
            esi: frame.esi,
            v_ds: frame.ds as u32,
            ss: frame.ss as u32,
            esp: frame.sp as u32,
            eflags: frame.eflags,
            ..Default::default()
        };
        self.a20 = frame.a20_found != 0;
        if let Some(vector) = self.xms_event(&mut regs, false, again) {
            self.reflect(&mut regs, vector);
            frame.eflags = regs.eflags;
        }
        (frame.eax, frame.ebx, frame.ecx, frame.edx) = (regs.eax, regs.ebx, regs.ecx, regs.edx);
        (frame.ip, frame.cs, frame.sp) = (regs.eip as u16, regs.cs as u16, regs.esp as u16);
        frame.a20_wanted = self.a20 as u8;
    }

    /// Calls the driver; `structure` as in [`XmsContext::structure`].
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
        let next = if again { xms::resume(&mut context, regs) } else { xms::call(&mut context, regs) };
        let a20 = context.a20;
        if a20 != self.a20 {
            self.a20 = a20;
            if active {
                self.set_virtual_a20(a20);
            }
        }
        next
    }

    /// 2Fh 4310h from protected mode. Out: ES:(E)BX, an entry like the one in real mode, with DS:(E)SI in the client's width;
    /// where a move's structure has handle 0, its far pointer is a real-mode one.
    pub(super) fn give_xms_entry(&mut self, slots: &mut Slots) {
        let width = self.host.width();
        let regs = slots.regs();
        match width {
            Width::Bits16 => {
                regs.es = SEL_LANDING16;
                regs.set_bx(landing::XMS as u16);
            }
            Width::Bits32 => {
                regs.es = SEL_LANDING32;
                regs.ebx = landing::XMS;
            }
        }
    }

    /// A client has called the entry that 2Fh 4310h gave it.
    pub(super) fn xms_from_client(&mut self, slots: &mut Slots, again: bool) -> Resume {
        let regs = *slots.regs();
        let bytes = match regs.ah() {
            0x0B => 16,
            0xCB => 18,
            _ => 0,
        };
        let structure = match self.structure_of(&regs, bytes) {
            Ok(structure) => structure,
            Err(Refused::PageIn(page)) => {
                // The trap at the landing point runs again.
                slots.regs().eip = slots.regs().eip.wrapping_sub(2);
                return self.page_in(slots, Job::Fault, page, 0);
            }
            // The segment is wrong or too short: what any access to it would be.
            Err(Refused::Bad) => return self.exception_here(slots, 0x0D, 0),
        };
        match self.xms_call(slots.regs(), true, Some(structure), again) {
            XmsNext::Done => self.return_to_client(slots),
            XmsNext::Again(vector) => {
                slots.regs().eip = landing::XMS_AGAIN;
                self.irq_from_client(slots, vector)
            }
            XmsNext::PassOn => self.older_driver(slots),
        }
    }

    /// Linear address of `bytes` bytes at the client's DS:(E)SI, which can be read; 0 for none.
    fn structure_of(&mut self, regs: &Registers, bytes: u32) -> Result<u32, Refused> {
        if bytes == 0 {
            return Ok(0);
        }
        let offset = self.host.width().offset(regs.esi);
        let at = self.host.linear_of(regs.ds as u16, offset, bytes).map_err(|_| Refused::Bad)?;
        self.host.readable(at, bytes)?;
        Ok(at)
    }

    /// Hands a client's call to the older driver; none of what is passed on has a pointer.
    fn older_driver(&mut self, slots: &mut Slots) -> Resume {
        let at = self.host.facts.resident + core::mem::offset_of!(ResidentInfo, old_xms) as u32;
        let entry = self.host.machine.read_u32(at);
        let mut from = *slots.regs();
        let resume = self.return_to_client(slots);
        if slots.regs().eip == from.eip {
            return resume;
        }
        let target = RealTarget::Far { cs: (entry >> 16) as u16, ip: entry as u16 };
        let Some(slot) = self.push_real(slots, target, 0, (0, 0)) else {
            return self.kill_client(slots, 0x0D);
        };
        slot.landing = Landing::Reflected;
        let regs = &mut slot.regs;
        copy_general(&mut from, regs);
        let segment = regs.ss;
        (regs.v_ds, regs.v_es, regs.v_fs, regs.v_gs) = (segment, segment, 0, 0);
        Resume::Guest
    }

    /// Lets V86 or real-mode code go on at a trap site, or `behind` it.
    fn stand_at(&self, regs: &mut Registers, site: u32, behind: u32) {
        let facts = &self.host.facts;
        regs.cs = facts.resident >> 4;
        regs.eip = facts.trap_base as u32 + site * TRAP_STRIDE + behind;
    }
}
