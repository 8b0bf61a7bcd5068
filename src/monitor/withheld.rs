//! What IOPL 0 withholds from clients: the interrupt flag, the keyboard controller, the interrupt mask's keyboard line; and
//! the hot key that ends a client.
//!
//! At IOPL 0 a client's CLI and STI trap. They change a flag in its slot; the CPU's own IF is always set while ring 3 runs. An
//! IRQ that would go to a protected-mode handler of a client which has interrupts off is taken from the controller (EOI) and
//! waits until the client has them on; every other one is served at once, so that clock, disk and keyboard go on. POPF and
//! IRET cannot change the flag (the CPU ignores IF there), as DPMI 0.9 (2.4) warns; images that the host pushes show it, and
//! those that the host pops set it.
//!
//! The core reads each scan code first, and shows it to whoever reads port 60h. Ctrl-Alt-End while client code runs ends that
//! client. At IOPL 3 the same key does it where the BIOS sees it (INT 15h 4Fh), with the client's interrupts on.
//!
//! V86 code has its own IF at either IOPL: DOS and BIOS are trusted to set it again.

use arrayvec::ArrayVec;

use super::pic::{self, COMMAND, EOI, MASK, READ_IN_SERVICE, READ_REQUESTED, SPECIFIC_EOI};
use super::slots::{Landing, Slot, Slots};
use super::{Monitor, Reporter, Resume};
use crate::client::USER_TICK;
use crate::layout::event;
use crate::machine::Machine;
use crate::regs::{Registers, CARRY, INTERRUPT};
use crate::report::ENDED_BY_KEY;
use crate::vm86::decode::Operation;

/// Vectors of the clock and the keyboard.
pub(super) const CLOCK: u8 = 0x08;
const KEYBOARD: u8 = 0x09;
/// The keyboard's line.
const KEYBOARD_LINE: u8 = 1;
/// Lines by priority: the second controller hangs on line 2 of the first.
const PRIORITY: [u8; 15] = [0, 1, 8, 9, 10, 11, 12, 13, 14, 15, 3, 4, 5, 6, 7];
/// Keyboard controller: data, status and command; status bits "a byte is there" and "from the pointing device".
const DATA: u16 = 0x60;
const STATUS: u16 = 0x64;
const FULL: u8 = 1;
const FROM_POINTER: u8 = 0x20;
const DISABLE_KEYBOARD: u8 = 0xAD;
const ENABLE_KEYBOARD: u8 = 0xAE;
/// Scan codes.
const CTRL: u8 = 0x1D;
const ALT: u8 = 0x38;
const END: u8 = 0x4F;
const RELEASED: u8 = 0x80;
/// The BIOS's shift flags: Ctrl and Alt.
const SHIFT_FLAGS: u32 = 0x417;
const CTRL_AND_ALT: u8 = 0x0C;

/// What the core keeps of what it withholds.
#[derive(Default)]
pub(super) struct Withheld {
    /// Lines taken from the controllers whose handlers wait.
    pending: u16,
    /// Those of them whose handlers run: guests see them in service until their EOI.
    serving: u16,
    /// For each controller, whether guests read what is in service, rather than what is requested.
    reads_in_service: [bool; 2],
    /// Scan codes that have been read and not been shown yet.
    codes: ArrayVec<u8, 16>,
    /// The one that is shown, and whether nobody has read it yet.
    shown: Option<(u8, bool)>,
    /// Ctrl and Alt, as the BIOS has them in its shift flags.
    held: u8,
    /// Have guests masked the keyboard's line?
    keyboard_masked: bool,
}

impl Withheld {
    /// Shows the next scan code.
    fn next_code(&mut self) {
        self.shown = (!self.codes.is_empty()).then(|| (self.codes.remove(0), true));
    }
}

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// Do clients run at IOPL 0?
    pub(super) fn withholds(&self) -> bool {
        self.host.facts.client_iopl == 0
    }

    /// A guest's flags as it is to see them.
    pub(super) fn shown_flags(&self, slot: &Slot) -> u32 {
        match self.withholds() && !slot.regs.is_v86() && slot.interrupts_off != 0 {
            true => slot.regs.eflags & !INTERRUPT,
            false => slot.regs.eflags,
        }
    }

    /// Gives the client in `slot` flags of its own choice.
    pub(super) fn give_flags(&self, slot: &mut Slot, flags: u32) {
        slot.interrupts_off = (flags & INTERRUPT == 0) as u32;
        slot.regs.eflags = Registers::sanitised_flags(flags, self.host.facts.client_iopl as u32, false);
    }

    /// CLI and STI of a client at IOPL 0; `next` is EIP behind the instruction.
    pub(super) fn interrupt_flag(
        &mut self,
        slots: &mut Slots,
        operation: Operation,
        next: u32,
    ) -> Option<Resume> {
        if !self.withholds() || !matches!(operation, Operation::ClearInterrupts | Operation::SetInterrupts) {
            return None;
        }
        slots.regs().eip = next;
        slots.current().interrupts_off = (operation == Operation::ClearInterrupts) as u32;
        Some(self.deliver_pending(slots))
    }

    /// 0900h to 0902h of a client at IOPL 0.
    pub(super) fn interrupt_state(&mut self, slots: &mut Slots) -> Resume {
        let slot = slots.current();
        let ax = slot.regs.ax();
        let was_on = slot.interrupts_off == 0;
        slot.regs.set_ax(0x0900 | was_on as u16);
        slot.regs.eflags &= !CARRY;
        match ax {
            0x0900 => slot.interrupts_off = 1,
            0x0901 => slot.interrupts_off = 0,
            _ => {}
        }
        self.deliver_pending(slots)
    }

    /// An IRQ has come. `None`: it is served now.
    pub(super) fn withhold(&mut self, slots: &mut Slots, vector: u8) -> Option<Resume> {
        if !self.withholds() {
            return None;
        }
        let line = pic::line_of(vector);
        if vector == KEYBOARD {
            if self.read_scan_code() && !slots.regs().is_v86() {
                pic::end_of_interrupt(&mut self.host.machine, line);
                return Some(self.end_by_key(slots));
            }
            if self.withheld.keyboard_masked {
                pic::end_of_interrupt(&mut self.host.machine, line);
                self.withheld.next_code();
                return Some(Resume::Guest);
            }
        }
        if self.is_off(slots) && self.goes_to_client(slots, vector) {
            pic::end_of_interrupt(&mut self.host.machine, line);
            self.withheld.pending |= 1 << line;
            return Some(Resume::Guest);
        }
        if vector == KEYBOARD {
            self.withheld.next_code();
        }
        None
    }

    /// Has the client that runs its interrupts off? V86 code has a flag of its own, but for the moment in which it returns to a
    /// client.
    pub(super) fn is_off(&self, slots: &Slots) -> bool {
        let index = slots.index();
        let slot = &slots.slot[index];
        if !slot.regs.is_v86() {
            return slot.interrupts_off != 0;
        }
        let (cs, ip) = self.site_address(event::RETURN);
        let returns = slot.regs.cs as u16 == cs && slot.regs.eip as u16 == ip;
        let below = &slots.slot[index.saturating_sub(1)];
        returns && !below.regs.is_v86() && below.interrupts_off != 0
    }

    /// Does an IRQ reach a protected-mode handler, by itself or by the tick that the BIOS makes of it?
    pub(super) fn goes_to_client(&self, slots: &Slots, vector: u8) -> bool {
        self.handler_of(slots, vector).is_some()
            || vector == CLOCK && self.handler_of(slots, USER_TICK).is_some()
    }

    /// Calls the handler of the first IRQ that waits, if the client has its interrupts on.
    pub(super) fn deliver_pending(&mut self, slots: &mut Slots) -> Resume {
        let pending = self.withheld.pending;
        if pending == 0 || slots.regs().is_v86() || slots.current().interrupts_off != 0 {
            return Resume::Guest;
        }
        let Some(&line) = PRIORITY.iter().find(|&&line| pending >> line & 1 != 0) else {
            return Resume::Guest;
        };
        if pic::vector_of(line) == CLOCK && self.ticks_pile_up(slots) {
            self.withheld.pending &= !(1 << line);
            self.ticks.wait();
            return self.deliver_pending(slots);
        }
        let mut more = false;
        if line == KEYBOARD_LINE {
            self.withheld.next_code();
            more = !self.withheld.codes.is_empty();
        }
        self.withheld.pending = pending & !(1 << line) | (more as u16) << line;
        self.show_in_service(line);
        self.serve_irq(slots, pic::vector_of(line))
    }

    /// At IOPL 0 guests see `line` in service, which the controller does not have any more, until their EOI.
    pub(super) fn show_in_service(&mut self, line: u8) {
        if self.withholds() {
            self.withheld.serving |= 1 << line;
        }
    }

    /// A guest has come back to the client below: what waited meanwhile is delivered.
    pub(super) fn and_deliver(&mut self, slots: &mut Slots, resume: Resume) -> Resume {
        match resume {
            Resume::Guest if self.withheld.pending != 0 => self.deliver_pending(slots),
            other => other,
        }
    }

    /// Takes the scan code from the controller. Is it the hot key's?
    fn read_scan_code(&mut self) -> bool {
        let machine = &mut self.host.machine;
        if machine.input(STATUS) & (FULL | FROM_POINTER) != FULL {
            return false;
        }
        let code = machine.input(DATA);
        let shift = machine.read_u8(SHIFT_FLAGS);
        let withheld = &mut self.withheld;
        // Beyond its room the oldest would be wrong as well: the newest is lost, as in the BIOS's buffer.
        let _ = withheld.codes.try_push(code);
        let bit = match code & !RELEASED {
            CTRL => 0x04,
            ALT => 0x08,
            _ => 0,
        };
        withheld.held = if code & RELEASED == 0 { withheld.held | bit } else { withheld.held & !bit };
        code == END && (withheld.held | shift) & CTRL_AND_ALT == CTRL_AND_ALT
    }

    /// Ends the client in whose code the current slot is.
    pub(super) fn end_by_key(&mut self, slots: &mut Slots) -> Resume {
        self.reset_withheld();
        self.host.machine.output(STATUS, ENABLE_KEYBOARD);
        self.end_with_report(slots, ENDED_BY_KEY, 0)
    }

    /// Forgets what the client that ends was kept from.
    pub(super) fn reset_withheld(&mut self) {
        let held = self.withheld.held;
        if self.withheld.keyboard_masked {
            let mask = self.host.machine.input(MASK);
            self.host.machine.output(MASK, mask | 1 << KEYBOARD_LINE);
        }
        self.withheld = Withheld { held, ..Default::default() };
    }

    /// The BIOS has seen the hot key (INT 15h 4Fh). If its IRQ interrupted client code, that client ends as soon as the BIOS is
    /// done: SeaBIOS runs on a stack of its own, and would be left with less of it. In DOS or a driver the key means
    /// nothing: they could not be left either.
    pub(super) fn end_key(&mut self, slots: &mut Slots) -> Resume {
        let index = slots.index();
        let interrupted = index >= 2
            && slots.slot[index].landing == Landing::Interrupt
            && !slots.slot[index - 1].regs.is_v86();
        if interrupted {
            slots.current().landing = Landing::EndKey;
        }
        Resume::Guest
    }

    /// A command for controller `number`: an EOI for an interrupt that only guests see in service is kept. True: it is not
    /// for the controller itself.
    fn pic_command(&mut self, number: usize, value: u8) -> bool {
        match value {
            READ_REQUESTED | READ_IN_SERVICE => {
                self.withheld.reads_in_service[number] = value == READ_IN_SERVICE;
                false
            }
            EOI => {
                let serving = (self.withheld.serving >> (number * 8)) as u8;
                let real = (pic::in_service(&mut self.host.machine) >> (number * 8)) as u8;
                // The highest priority is the lowest number.
                let ours = serving != 0 && (real == 0 || serving.trailing_zeros() < real.trailing_zeros());
                if ours {
                    self.withheld.serving &= !(1 << (number * 8) << serving.trailing_zeros());
                }
                ours
            }
            _ if value & 0xF8 == SPECIFIC_EOI => {
                let bit = 1 << (number * 8) << (value & 7);
                let ours = self.withheld.serving & bit != 0;
                self.withheld.serving &= !bit;
                ours
            }
            _ => false,
        }
    }

    /// What controller `number` has in service or requested, whichever guests have asked for.
    fn pic_state(&mut self, number: usize) -> u8 {
        let reads_in_service = self.withheld.reads_in_service[number];
        let machine = &mut self.host.machine;
        machine.output(COMMAND[number], if reads_in_service { READ_IN_SERVICE } else { READ_REQUESTED });
        let real = machine.input(COMMAND[number]);
        match reads_in_service {
            true => real | (self.withheld.serving >> (number * 8)) as u8,
            false => real,
        }
    }

    /// Port 60h, 64h, or one of the interrupt controllers' at IOPL 0, as guests see them; `None` for another, or at IOPL 3.
    pub(super) fn withheld_input(&mut self, port: u16) -> Option<u8> {
        if !self.withholds() {
            return None;
        }
        let machine = &mut self.host.machine;
        match port {
            DATA => match self.withheld.shown {
                // Once it has been read, a byte that has come since is the next one, unless the keyboard's handler still runs.
                Some((_, false))
                    if machine.input(STATUS) & FULL != 0
                        && pic::in_service(machine) >> KEYBOARD_LINE & 1 == 0 =>
                {
                    self.withheld.shown = None;
                    Some(machine.input(DATA))
                }
                Some((code, _)) => {
                    self.withheld.shown = Some((code, false));
                    Some(code)
                }
                None => None,
            },
            STATUS => {
                let fresh = matches!(self.withheld.shown, Some((_, true)));
                Some(machine.input(STATUS) | fresh as u8)
            }
            MASK => {
                let masked = (self.withheld.keyboard_masked as u8) << KEYBOARD_LINE;
                Some(machine.input(MASK) | masked)
            }
            port if port == COMMAND[0] => Some(self.pic_state(0)),
            port if port == COMMAND[1] => Some(self.pic_state(1)),
            _ => None,
        }
    }

    /// The same for output; true when that was all.
    pub(super) fn withheld_output(&mut self, port: u16, value: u8) -> bool {
        if !self.withholds() {
            return false;
        }
        match port {
            // The BIOS closes and opens the keyboard around its reading; other commands have answers of their own.
            STATUS if matches!(value, DISABLE_KEYBOARD | ENABLE_KEYBOARD) => {}
            DATA | STATUS => self.withheld.shown = None,
            MASK => {
                self.withheld.keyboard_masked = value >> KEYBOARD_LINE & 1 != 0;
                self.host.machine.output(MASK, value & !(1 << KEYBOARD_LINE));
                return true;
            }
            port if port == COMMAND[0] => return self.pic_command(0, value),
            port if port == COMMAND[1] => return self.pic_command(1, value),
            _ => {}
        }
        false
    }
}
