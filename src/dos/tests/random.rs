//! Any call with any registers, answered by a DOS that returns anything: nothing may panic, wait for ever or touch what is
//! not the client's.

use proptest::prelude::*;

use super::*;

/// Registers with selectors that now and then are good.
fn any_registers() -> impl Strategy<Value = Registers> {
    let words = proptest::collection::vec(any::<u32>(), 7);
    let small = proptest::collection::vec(prop_oneof![0u32..0x40, 0xFF0u32..0x1010, any::<u32>()], 6);
    (words, small, 0usize..6, 0usize..6).prop_map(|(words, small, ds, es)| {
        let selectors = [0, 0x87, 0x8F, 0x97, 0x9F, words[6] & 0xFFFF];
        Registers {
            eax: words[0],
            ebx: small[0],
            ecx: small[1],
            edx: small[2],
            esi: small[3],
            edi: small[4],
            ebp: small[5],
            ds: selectors[ds],
            es: selectors[es],
            esp: words[4] & 0xFFFC,
            eflags: words[5],
            ..Registers::default()
        }
    })
}

/// An AX that is translated, most of the time.
fn any_function() -> impl Strategy<Value = (u8, u16)> {
    let rows = rows::DOS.len();
    prop_oneof![
        8 => (0..rows, any::<u8>()).prop_map(|(row, al)| {
            let row = &rows::DOS[row];
            let spread = row.last - row.first + 1;
            (0x21, row.first + al as u16 % spread)
        }),
        1 => any::<u16>().prop_map(|ax| (0x21, ax)),
        2 => (prop::sample::select(vec![0x10u8, 0x13, 0x15, 0x25, 0x26, 0x2F, 0x33]), any::<u16>()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn no_call_harms_the_host(
        wide: bool,
        buffer in prop_oneof![Just(0x2000u32), Just(0x200), Just(16)],
        calls in proptest::collection::vec((any_function(), any_registers(), any_registers()), 1..6),
    ) {
        let mut host = host(if wide { Width::Bits32 } else { Width::Bits16 });
        host.facts.transfer.1 = buffer;
        // 8Fh: extended memory; 97h: all of conventional memory; 9Fh: the core's.
        let (linear, selector) = block(&mut host, 0x2000);
        prop_assert_eq!(selector, 0x8F);
        put(&mut host, linear, &[0x41; 0x2000]);
        segment(&mut host, 0x4_0000, 0xFFFF);
        segment(&mut host, 0xC000_0000, 0xF_FFFF);
        put(&mut host, BUFFER + buffer, &[0x5A; 64]);
        for ((vector, ax), regs, answer) in calls {
            let mut regs = regs;
            regs.set_ax(ax);
            let mut steps = 0;
            let next = issue(&mut host, vector, &mut regs, |_, _, real| {
                steps += 1;
                let count = real.cx();
                *real = Registers { v_ds: answer.edi & 0xFFFF, v_es: answer.esi & 0xFFFF, ..answer };
                // A DOS that never comes to an end would be no host's fault.
                if steps > 40 || real.ax() > count {
                    real.set_ax(0);
                    real.set_carry(steps > 40);
                }
            });
            prop_assert!(!matches!(next, Some(Next::RealCall | Next::PageIn)));
            prop_assert_eq!(host.dos.count(), 0);
            prop_assert_eq!(get(&mut host, BUFFER + buffer, 64), [0x5A; 64], "beyond the buffer");
            prop_assert!(steps <= 0x2_0000);
        }
    }
}
