//! Which software interrupts of a client's the entry code may reflect to real mode by itself.

use crate::landing::LANDING_VECTOR;
use crate::layout::TRAP_VECTOR;

/// Vectors that a service of the core's or a row of the DOS extension ([`crate::dos`]) waits for.
const SEEN_BY_RUST: [u8; 12] = [0x10, 0x13, 0x15, 0x20, 0x21, 0x25, 0x26, 0x27, 0x2F, 0x31, 0x33, 0x41];

/// One bit for each vector whose INT by a client, where the client has no handler for it, is only ever reflected: all but
/// those that share their number with an exception (00h to 07h), what `default_interrupt` or the DOS extension looks at, and
/// the trap vectors. INT 21h has a finer table beside this one, [`crate::dos::rows::PLAIN`].
pub const DIRECT_VECTORS: [u32; 8] = {
    let mut direct = [u32::MAX; 8];
    direct[0] &= !0xFF;
    let mut at = 0;
    while at < SEEN_BY_RUST.len() {
        let vector = SEEN_BY_RUST[at];
        direct[vector as usize >> 5] &= !(1 << (vector & 31));
        at += 1;
    }
    direct[TRAP_VECTOR as usize >> 5] &= !(1 << (TRAP_VECTOR & 31));
    direct[LANDING_VECTOR as usize >> 5] &= !(1 << (LANDING_VECTOR & 31));
    direct
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regs::Registers;

    fn is_direct(vector: u8) -> bool {
        DIRECT_VECTORS[vector as usize >> 5] >> (vector & 31) & 1 != 0
    }

    #[test]
    fn no_vector_with_rows_of_the_dos_extension_is_direct() {
        for vector in (0..=255).filter(|&vector| is_direct(vector)) {
            let mut regs = Registers::default();
            for ax in 0..=0xFFFF {
                regs.set_ax(ax);
                assert!(crate::dos::rows::find(vector, &regs).is_none(), "INT {vector:02X}h AX={ax:04X}h");
            }
        }
    }

    #[test]
    fn timer_keyboard_and_printer_calls_are_direct() {
        for vector in [0x08, 0x0F, 0x11, 0x12, 0x14, 0x16, 0x17, 0x1A, 0x1C, 0x23, 0x28, 0x67, 0xFF] {
            assert!(is_direct(vector), "INT {vector:02X}h");
        }
    }
}
