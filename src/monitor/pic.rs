//! The interrupt controllers, as far as the core itself reads and commands them.

use crate::machine::Machine;

/// Command ports of the two, the first one's mask, and commands: "end of interrupt" in general and for the line in the low
/// bits, and which register is read next.
pub(super) const COMMAND: [u16; 2] = [0x20, 0xA0];
pub(super) const MASK: u16 = 0x21;
/// The second one's.
const MASK_SECOND: u16 = 0xA1;
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

/// Masks lines, so that what they request waits at the controllers. Those of them that were not masked, for [`release`].
pub(super) fn hold<M: Machine>(machine: &mut M, lines: u16) -> u16 {
    let now = machine.input(MASK) as u16 | (machine.input(MASK_SECOND) as u16) << 8;
    let held = lines & !now;
    set_masks(machine, held, now | held);
    held
}

/// Unmasks lines.
pub(super) fn release<M: Machine>(machine: &mut M, lines: u16) {
    let now = machine.input(MASK) as u16 | (machine.input(MASK_SECOND) as u16) << 8;
    set_masks(machine, lines, now & !lines);
}

/// Writes the masks of those controllers that `changed` lines belong to.
fn set_masks<M: Machine>(machine: &mut M, changed: u16, masks: u16) {
    if changed & 0xFF != 0 {
        machine.output(MASK, masks as u8);
    }
    if changed >> 8 != 0 {
        machine.output(MASK_SECOND, (masks >> 8) as u8);
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
