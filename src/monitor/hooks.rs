//! What programs expect of the machine below DOS: A20, INT 15h, privileged instructions, and the events that
//! the resident part's hooks hand over.

use super::exception::SINGLE_STEP;
use super::slots::Slots;
use super::{Monitor, Reporter, Resume};
use crate::layout::{event, stay, LOW_END};
use crate::machine::Machine;
use crate::regs::{Registers, CARRY, INTERRUPT};
use crate::vm86::decode::{Operand, Operation, Port};
use crate::x86::entry::{ACCESSED, DIRTY, PRESENT, USER, WRITABLE};

/// The fast A20 port; bit 1 is the line, bit 0 resets the machine.
const SYSTEM_CONTROL: u16 = 0x92;
/// The keyboard controller's data and command ports.
const KEYBOARD_DATA: u16 = 0x60;
const KEYBOARD_COMMAND: u16 = 0x64;
/// Keyboard controller: "write output port", whose data byte's bit 1 is A20.
const WRITE_OUTPUT_PORT: u8 = 0xD1;
/// Keyboard controller: "pulse output", bit 0 clear resets the machine.
const PULSE_RESET: u8 = 0xFE;
/// CR0 as ring 3 sees it: PE, MP, ET and PG set.
const SHOWN_CR0: u32 = 0x8000_0013;

impl<M: Machine + 'static, R: Reporter<M>> Monitor<M, R> {
    /// Maps the 64 KiB above 1 MiB to themselves (A20 on) or to address 0 (off), as the line would have it: the hardware
    /// line stays on while the core runs.
    pub(super) fn set_virtual_a20(&mut self, on: bool) {
        self.a20 = on;
        self.map_high_area(on);
    }

    /// Maps the 64 KiB above 1 MiB to themselves, or to address 0.
    pub fn map_high_area(&mut self, on: bool) {
        let flags = PRESENT | WRITABLE | USER | ACCESSED | DIRTY;
        for page in 0x100..LOW_END >> 12 {
            let frame = if on { page } else { page - 0x100 };
            self.host.machine.set_table_entry(page, frame << 12 | flags);
            self.host.machine.flush_page(page << 12);
        }
    }

    /// A port instruction that the I/O bitmap caught: A20 is virtual, everything else goes through.
    pub(super) fn v86_port(&mut self, regs: &mut Registers, operation: Operation) -> bool {
        match operation {
            Operation::In { port, width } => {
                let at = port_number(port, regs);
                for index in 0..width.bytes() {
                    let value = self.virtual_input(at + index as u16) as u32;
                    regs.eax = regs.eax & !(0xFF << (index * 8)) | value << (index * 8);
                }
                true
            }
            Operation::Out { port, width } => {
                let at = port_number(port, regs);
                for index in 0..width.bytes() {
                    self.virtual_output(at + index as u16, (regs.eax >> (index * 8)) as u8);
                }
                true
            }
            _ => false,
        }
    }

    fn virtual_input(&mut self, port: u16) -> u8 {
        if let Some(value) = self.withheld_input(port) {
            return value;
        }
        let value = self.host.machine.input(port);
        match port {
            SYSTEM_CONTROL => value & !2 | (self.a20 as u8) << 1,
            _ => value,
        }
    }

    fn virtual_output(&mut self, port: u16, value: u8) {
        if self.withheld_output(port, value) {
            return;
        }
        match port {
            SYSTEM_CONTROL => {
                if value & 1 != 0 {
                    self.reporter.reboot();
                }
                self.set_virtual_a20(value & 2 != 0);
                self.host.machine.output(port, value | 2);
            }
            KEYBOARD_COMMAND => {
                if value == PULSE_RESET {
                    self.reporter.reboot();
                }
                self.keyboard_command = value == WRITE_OUTPUT_PORT;
                self.host.machine.output(port, value);
            }
            KEYBOARD_DATA if self.keyboard_command => {
                self.keyboard_command = false;
                self.set_virtual_a20(value & 2 != 0);
                self.host.machine.output(port, value | 2);
            }
            _ => self.host.machine.output(port, value),
        }
    }

    /// Carries out an instruction that needs ring 0, harmlessly, as hosts do for games: reads show plausible values, writes
    /// change only what a client may choose. False: it stays a fault.
    pub(super) fn emulate(&mut self, regs: &mut Registers, operation: Operation) -> bool {
        match operation {
            // `after_instruction` waits.
            Operation::Halt => {}
            Operation::ClearTaskSwitched | Operation::InvalidateCaches | Operation::WriteBackCaches => {}
            Operation::InvalidatePage(_) | Operation::LoadMachineStatus { .. } => {}
            Operation::ReadControl { control, register } => {
                let value = match control {
                    0 => SHOWN_CR0,
                    2 => self.fault_address,
                    _ => 0,
                };
                set_register(regs, register, value);
            }
            Operation::WriteControl { .. } => {}
            Operation::ReadDebug { debug, register } => {
                let debug = aliased(debug);
                let mut value = self.host.machine.debug_register(debug);
                if debug == 6 && self.host.stepped {
                    value |= SINGLE_STEP;
                }
                set_register(regs, register, value);
            }
            Operation::WriteDebug { debug, register } => {
                let value = register_value(regs, register);
                if aliased(debug) == 6 {
                    self.host.stepped = value & SINGLE_STEP != 0;
                }
                // A breakpoint on the core's addresses would fire in ring 0.
                if debug <= 3 && value < crate::layout::CORE_BASE {
                    self.host.machine.set_debug_register(debug, value);
                }
            }
            Operation::StoreMachineStatus { target: Operand::Register(register), .. } => {
                let low = SHOWN_CR0 & 0xFFFF;
                let value = register_value(regs, register) & 0xFFFF_0000 | low;
                set_register(regs, register, value);
            }
            Operation::ReadModelSpecific => (regs.eax, regs.edx) = (0, 0),
            Operation::WriteModelSpecific => {}
            _ => return false,
        }
        true
    }

    /// How a guest goes on behind an instruction that was carried out for it: after HLT at the next hardware interrupt, unless it
    /// has them off, which no processor would come back from.
    pub(super) fn after_instruction(&self, slots: &mut Slots, operation: Operation) -> Resume {
        match operation {
            Operation::Halt if self.shown_flags(slots.current()) & INTERRUPT != 0 => Resume::Idle,
            _ => Resume::Guest,
        }
    }

    /// One of the resident part's hooks asks. `regs` is the caller's state, V86 or real-mode, at the trap site with the
    /// caller's return frame on its stack; leaving it alone means "not answered".
    pub(super) fn hook_event(&mut self, regs: &mut Registers, site: u32) {
        match site {
            event::INT15 => self.int15(regs),
            event::CONTROL => self.control(regs),
            event::SHUTDOWN => {
                let refusal = self.shutdown_refusal();
                if refusal == 0 {
                    self.hand_out_older_blocks(regs);
                }
                regs.set_ax(refusal);
                self.far_return(regs);
            }
            _ => {}
        }
    }

    /// The older XMS driver's blocks that hold our memory, to ES:DI.
    fn hand_out_older_blocks(&mut self, regs: &Registers) {
        let blocks = self.host.facts.older_blocks;
        let bytes = size_of_val(&blocks) as u32;
        let Some(at) = Self::v86_range(regs.v_es, regs.edi, bytes) else { return };
        for (index, handle) in blocks.iter().enumerate() {
            self.host.machine.write_u16(at + 2 * index as u32, *handle);
        }
    }

    /// Why the core cannot be unloaded now: one of [`stay`], or 0 when it can.
    fn shutdown_refusal(&self) -> u16 {
        let reason = if self.is_active() {
            stay::CLIENT
        } else if self.host.xms.handles_used() != 0 {
            stay::HANDLES
        } else if self.host.xms.hma_in_use() {
            stay::HMA
        } else {
            0
        };
        reason as u16
    }

    /// INT 15h while active: 87h, 89h, 24xxh. (Dormant the BIOS answers; memory sizes are the resident part's in both
    /// states.)
    fn int15(&mut self, regs: &mut Registers) {
        match (regs.ah(), regs.al()) {
            (0x24, 0) => self.set_virtual_a20(false),
            (0x24, 1) => self.set_virtual_a20(true),
            (0x24, 2) => regs.set_ax(self.a20 as u16),
            (0x24, 3) => regs.set_bx(3),
            (0x87, _) => return self.move_block(regs),
            // Switching to protected mode through the BIOS cannot be done under a monitor.
            (0x89, _) => {
                regs.set_ax(0x8600 | regs.al() as u16);
                return self.answered(regs, true);
            }
            _ => return,
        }
        regs.set_ax(regs.al() as u16);
        self.answered(regs, false);
    }

    fn answered(&mut self, regs: &mut Registers, carry: bool) {
        regs.set_carry(carry);
        self.interrupt_return(regs, CARRY);
    }

    /// INT 15h AH=87h: CX words between physical addresses given in a descriptor table at ES:SI. More than 32,768 words, the
    /// core's own memory and clients' are refused with AH=2, which from a BIOS says that an exception occurred.
    fn move_block(&mut self, regs: &mut Registers) {
        const TABLE_BYTES: u32 = 0x30;
        let Some(table) = Self::v86_range(regs.v_es, regs.esi, TABLE_BYTES) else {
            regs.set_ax(0x0200 | regs.al() as u16);
            return self.answered(regs, true);
        };
        let machine = &self.host.machine;
        let address = |at: u32| {
            let low = machine.read_u32(table + at + 2) & 0xFF_FFFF;
            low | (machine.read_u8(table + at + 7) as u32) << 24
        };
        let (from, to) = (address(0x10), address(0x18));
        let bytes = (regs.cx() as u32) * 2;
        if bytes > 0x1_0000 || !self.host.may_move(from, bytes) || !self.host.may_move(to, bytes) {
            regs.set_ax(0x0200 | regs.al() as u16);
            return self.answered(regs, true);
        }
        let mut done = 0;
        while done < bytes {
            let piece = (bytes - done).min(0x4000);
            self.host.machine.copy_physical(from + done, to + done, piece);
            done += piece;
        }
        regs.set_ax(regs.al() as u16);
        self.answered(regs, false);
    }
}

/// The debug register that 4 and 5 stand for without CR4.DE (SDM vol. 3, "Debug Registers DR4 and DR5").
const fn aliased(debug: u8) -> u8 {
    match debug {
        4 | 5 => debug + 2,
        _ => debug,
    }
}

/// The port that an instruction names.
fn port_number(port: Port, regs: &Registers) -> u16 {
    match port {
        Port::Immediate(number) => number as u16,
        Port::Dx => regs.dx(),
    }
}

fn register_mut(regs: &mut Registers, number: u8) -> &mut u32 {
    match number & 7 {
        0 => &mut regs.eax,
        1 => &mut regs.ecx,
        2 => &mut regs.edx,
        3 => &mut regs.ebx,
        4 => &mut regs.esp,
        5 => &mut regs.ebp,
        6 => &mut regs.esi,
        _ => &mut regs.edi,
    }
}

fn set_register(regs: &mut Registers, number: u8, value: u32) {
    *register_mut(regs, number) = value;
}

fn register_value(regs: &Registers, number: u8) -> u32 {
    let mut copy = *regs;
    *register_mut(&mut copy, number)
}
