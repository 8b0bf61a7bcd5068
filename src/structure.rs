//! The real-mode register structure of INT 31h 0300h to 0303h (DPMI 0.9, 0300h): 50 bytes of a client's.

use crate::machine::Machine;
use crate::regs::{Registers, GUEST_FLAGS};

/// EDI, and behind it ESI, EBP, a double word of no meaning, EBX, EDX, ECX, EAX: PUSHAD's order.
pub const EDI: u32 = 0;
/// Flags, a word.
pub const FLAGS: u32 = 0x20;
/// ES, and DS, FS, GS behind it.
pub const ES: u32 = 0x22;
/// IP, then CS.
pub const IP: u32 = 0x2A;
/// SP, then SS.
pub const SP: u32 = 0x2E;
/// Bytes.
pub const SIZE: u32 = 0x32;

/// The double word of no meaning.
const UNUSED: usize = 3;

/// The registers that V86 code is to have by the structure at linear address `at`, which is readable. Of its flags, those that a
/// guest may choose.
pub fn load<M: Machine>(machine: &M, at: u32) -> Registers {
    let general = |index: u32| machine.read_u32(at + EDI + index * 4);
    let word = |field: u32| machine.read_u16(at + field) as u32;
    Registers {
        edi: general(0),
        esi: general(1),
        ebp: general(2),
        ebx: general(4),
        edx: general(5),
        ecx: general(6),
        eax: general(7),
        eflags: word(FLAGS) & GUEST_FLAGS,
        v_es: word(ES),
        v_ds: word(ES + 2),
        v_fs: word(ES + 4),
        v_gs: word(ES + 6),
        eip: word(IP),
        cs: word(IP + 2),
        esp: word(SP),
        ss: word(SP + 2),
        ..Default::default()
    }
}

/// Writes what V86 code has to the structure at linear address `at`, which is writable: general registers, flags and data segments.
/// CS:IP and SS:SP stay, as 0300h to 0302h want it.
pub fn store<M: Machine>(machine: &mut M, at: u32, from: &Registers) {
    let general = [from.edi, from.esi, from.ebp, 0, from.ebx, from.edx, from.ecx, from.eax];
    for (index, value) in general.into_iter().enumerate().filter(|(index, _)| *index != UNUSED) {
        machine.write_u32(at + EDI + index as u32 * 4, value);
    }
    store_words(machine, at + FLAGS, [from.eflags, from.v_es, from.v_ds, from.v_fs, from.v_gs]);
}

/// The same, CS:IP and SS:SP too, as 0303h wants it for a callback's caller.
pub fn store_whole<M: Machine>(machine: &mut M, at: u32, from: &Registers) {
    store(machine, at, from);
    machine.write_u32(at + EDI + UNUSED as u32 * 4, 0);
    store_words(machine, at + IP, [from.eip, from.cs, from.esp, from.ss]);
}

/// The lower halves of some registers, one behind the other.
fn store_words<M: Machine, const N: usize>(machine: &mut M, at: u32, values: [u32; N]) {
    for (index, value) in values.into_iter().enumerate() {
        machine.write_u16(at + index as u32 * 2, value as u16);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::Mock;

    const AT: u32 = 0x5000;
    const BEHIND: u32 = 0x1234_5678;

    fn registers() -> Registers {
        Registers {
            edi: 0xA1A2_A3A4,
            esi: 0xB1B2_B3B4,
            ebp: 0xC1C2_C3C4,
            ebx: 0xD1D2_D3D4,
            edx: 0xE1E2_E3E4,
            ecx: 0xF1F2_F3F4,
            eax: 0x0102_0304,
            eflags: 0x0ED5 & GUEST_FLAGS,
            v_es: 0x1111,
            v_ds: 0x2222,
            v_fs: 0x3333,
            v_gs: 0x4444,
            eip: 0x5555,
            cs: 0x6666,
            esp: 0x7777,
            ss: 0x8888,
            ..Default::default()
        }
    }

    #[test]
    fn what_is_stored_whole_is_loaded_again_and_nothing_behind_it_changes() {
        let mut machine = Mock::new();
        machine.write_u32(AT + SIZE, BEHIND);
        store_whole(&mut machine, AT, &registers());
        assert_eq!(load(&machine, AT), registers());
        assert_eq!(machine.read_u32(AT + 0x1C), 0x0102_0304);
        assert_eq!(machine.read_u32(AT + SIZE), BEHIND);
    }

    #[test]
    fn addresses_and_the_unused_double_word_stay_where_not_all_is_stored() {
        let mut machine = Mock::new();
        store_whole(&mut machine, AT, &registers());
        machine.write_u32(AT + 12, BEHIND);
        store(&mut machine, AT, &Registers::default());
        assert_eq!(machine.read_u32(AT + 12), BEHIND);
        let left = Registers { eip: 0x5555, cs: 0x6666, esp: 0x7777, ss: 0x8888, ..Default::default() };
        assert_eq!(load(&machine, AT), left);
    }
}
