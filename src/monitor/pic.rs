//! The interrupt controllers, as far as the core itself reads and commands them.

use crate::machine::Machine;

/// Command ports of the two, the first one's mask, and commands: "end of interrupt" in general and for the line in the low
/// bits, and which register is read next.
pub(super) const COMMAND: [u16; 2] = [0x20, 0xA0];
pub(super) const MASK: u16 = 0x21;
pub(super) const EOI: u8 = 0x20;
pub(super) const SPECIFIC_EOI: u8 = 0x60;
pub(super) const READ_REQUESTED: u8 = 0x0A;
pub(super) const READ_IN_SERVICE: u8 = 0x0B;
/// The line of the first controller on which the second one hangs.
const CASCADE: u8 = 2;

/// The interrupts in service, one bit per line.
pub(super) fn in_service<M: Machine>(machine: &mut M) -> u16 {
    machine.output(COMMAND[0], READ_IN_SERVICE);
    let first = machine.input(COMMAND[0]) as u16;
    machine.output(COMMAND[1], READ_IN_SERVICE);
    first | (machine.input(COMMAND[1]) as u16) << 8
}

/// Ends the interrupt of one line, 0 to 15, at its own controller.
pub(super) fn end_line<M: Machine>(machine: &mut M, line: u8) {
    machine.output(COMMAND[line as usize >> 3], SPECIFIC_EOI | line & 7);
}

/// Ends an interrupt as its handler would: one of the second controller's at the first as well.
pub(super) fn end_of_interrupt<M: Machine>(machine: &mut M, line: u8) {
    end_line(machine, line);
    if line >= 8 {
        end_line(machine, CASCADE);
    }
}

/// The line behind an IRQ's vector.
pub(super) fn line_of(vector: u8) -> u8 {
    if vector >= 0x70 {
        vector - 0x70 + 8
    } else {
        vector & 7
    }
}

/// The vector of a line's IRQ.
pub(super) fn vector_of(line: u8) -> u8 {
    if line >= 8 {
        0x70 + line - 8
    } else {
        0x08 + line
    }
}
