//! The first page, which clients cannot touch if /PAGE0 says so: a wild pointer near zero is then a page fault.
//!
//! V86 code needs the page, for the vectors and the BIOS's data. So it is open while V86 code runs, and closed while a client
//! does. It is opened late, by the fault of the first touch, as the core itself reads vectors from ring 0 at any time. It is
//! closed on each way from V86 code to a client, all of which are Rust's with this switch; that is what makes crossings
//! slower.

use super::slots::Slots;
use super::{Monitor, Reporter, Resume};
use crate::machine::Machine;
use crate::x86::entry::{PAGE, USER};

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// A page fault by V86 code: was it the first touch of the closed page?
    #[cold]
    pub(super) fn open_page0(&mut self, slots: &mut Slots) -> bool {
        if !self.host.facts.protect_page0
            || self.page0_open
            || self.fault_address >= PAGE
            || !slots.regs().is_v86()
        {
            return false;
        }
        self.set_page0(true);
        true
    }

    /// A guest is about to be resumed: a client must not find the page open.
    pub(super) fn close_page0(&mut self, slots: &mut Slots, resume: Resume) {
        if self.page0_open && resume == Resume::Guest && !slots.regs().is_v86() {
            self.set_page0(false);
        }
    }

    #[cold]
    fn set_page0(&mut self, open: bool) {
        let machine = &mut self.host.machine;
        let entry = machine.table_entry(0);
        machine.set_table_entry(0, if open { entry | USER } else { entry & !USER });
        machine.flush_page(0);
        self.page0_open = open;
        self.note_attention();
    }
}
