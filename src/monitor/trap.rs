//! The places from which guests trap into the core on purpose: the resident part's sites and the landing page.

use super::slots::Slots;
use super::{Monitor, Reporter, Resume};
use crate::landing;
use crate::layout::{event, TRAP_STRIDE};
use crate::machine::Machine;

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// V86 code has executed the trap INT: at a site of ours? `None`: an ordinary INT F8h.
    pub(super) fn trap_site(&mut self, slots: &mut Slots) -> Option<Resume> {
        let regs = slots.regs();
        let segment = regs.cs & 0xFFFF;
        let facts = &self.host.facts;
        let offset =
            (segment << 4).wrapping_add((regs.eip & 0xFFFF).wrapping_sub(2)).wrapping_sub(facts.resident);
        // CS is the resident segment, or an alias below it whose distance is a number.
        let number = (facts.resident >> 4).wrapping_sub(segment);
        if offset == facts.callback_trap as u32 {
            return Some(self.callback(slots, number as usize));
        }
        let relative = offset.wrapping_sub(facts.trap_base as u32);
        if relative >= event::COUNT * TRAP_STRIDE || !relative.is_multiple_of(TRAP_STRIDE) {
            return None;
        }
        Some(self.site(slots, relative / TRAP_STRIDE, number))
    }

    fn site(&mut self, slots: &mut Slots, site: u32, number: u32) -> Resume {
        match site {
            event::RETURN => {
                let resume = self.land_from_real(slots);
                self.and_deliver(slots, resume)
            }
            event::END_KEY => self.end_key(slots),
            event::DPMI_ENTRY => self.dpmi_entry(slots),
            event::PROCESS_END => self.process_end(slots, number as u8),
            event::RAW_SWITCH => self.raw_to_protected(slots, number as u8),
            // Nothing is saved; the RETF behind the site returns.
            event::SAVE_STATE => Resume::Guest,
            event::REBOOT => self.reporter.reboot(),
            // A critical error in a call of the core's own fails; Ctrl-C goes on.
            event::CRITICAL => {
                if number == 1 {
                    let failed = slots.regs().eax & 0xFFFF_FF00 | 3;
                    slots.regs().eax = failed;
                }
                Resume::Guest
            }
            event::XMS | event::XMS_AGAIN => {
                match self.xms_event(slots.regs(), true, site == event::XMS_AGAIN) {
                    Some(vector) => self.irq_from_v86(slots, vector),
                    None => Resume::Guest,
                }
            }
            _ => {
                let mut regs = *slots.regs();
                self.hook_event(&mut regs, site);
                *slots.regs() = regs;
                Resume::Guest
            }
        }
    }

    /// A client has executed the trap INT on the landing page, at offset `site`.
    pub(super) fn landing_point(&mut self, slots: &mut Slots, site: u32) -> Resume {
        match site {
            landing::VECTORS..landing::EXCEPTIONS => self.chained_interrupt(slots, (site / 2) as u8),
            landing::EXCEPTIONS..landing::RAW_SWITCH => {
                self.chained_exception(slots, ((site - landing::EXCEPTIONS) / 2) as u8)
            }
            landing::RAW_SWITCH => self.raw_to_real(slots),
            landing::SAVE_STATE => self.return_to_client(slots),
            landing::VENDOR => self.vendor_call(slots),
            landing::XMS => self.xms_from_client(slots, false),
            landing::XMS_AGAIN => self.xms_from_client(slots, true),
            landing::EXCEPTION_RETURN => {
                let resume = self.land_from_exception(slots);
                self.and_deliver(slots, resume)
            }
            landing::INTERRUPT_RETURN => {
                let resume = self.land_from_handler(slots);
                let resume = self.and_deliver(slots, resume);
                self.deliver_tick(slots, resume)
            }
            landing::CALLBACK_RETURN => self.land_from_callback(slots),
            landing::EVENT_RETURN => self.land_from_event(slots),
            _ => self.exception_here(slots, 0x0D, 0),
        }
    }

    /// A far call of the DOS extension's entry point.
    fn vendor_call(&mut self, slots: &mut Slots) -> Resume {
        let resume = self.return_to_client(slots);
        if resume != Resume::Guest {
            return resume;
        }
        let outcome = crate::dpmi::vendor::call_entry(&mut self.host, slots.regs());
        self.finish(slots, outcome)
    }
}
