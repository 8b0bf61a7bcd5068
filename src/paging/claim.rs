//! How much physical memory to claim of what the machine offers.
//!
//! Five values, applied in this order: a fraction of the whole; not less than a lower limit; not more than an upper limit;
//! an amount is left free for others; an amount is kept by others whatever happens. They are guidelines: what the
//! machine has overrides them, and nothing here fails.

/// The values. Amounts are KiB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Share of the logical size, in 256ths; 256 is all of it.
    pub fraction: u32,
    /// At least so much.
    pub lower: u32,
    /// At most so much; 0 means no limit.
    pub upper: u32,
    /// So much is left unclaimed, as far as the lower limit allows.
    pub leave_free: u32,
    /// So much stays with whoever has it (an older XMS driver, programs started without us), before everything else.
    pub keep: u32,
}

/// All of it.
impl Default for Claim {
    fn default() -> Self {
        Claim { fraction: 256, lower: 0, upper: 0, leave_free: 0, keep: 0 }
    }
}

impl Claim {
    /// KiB to claim of `available` KiB.
    pub fn amount(&self, available: u32) -> u32 {
        let whole = available / 256;
        let rest = available % 256;
        let fraction = self.fraction.min(256);
        // Exact without 64 bits: 256 * whole + rest, times fraction, over 256.
        let mut amount = whole * fraction + rest * fraction / 256;
        amount = amount.max(self.lower);
        if self.upper != 0 {
            amount = amount.min(self.upper);
        }
        let left = available.saturating_sub(self.leave_free);
        amount = amount.min(left.max(self.lower.min(amount)));
        amount.min(available.saturating_sub(self.keep))
    }

    /// The same in whole page frames.
    pub fn frames(&self, available: u32) -> u32 {
        self.amount(available) / 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NONE: Claim = Claim { fraction: 256, lower: 0, upper: 0, leave_free: 0, keep: 0 };

    #[test]
    fn the_values_apply_in_their_order() {
        let table = [
            (NONE, 16384, 16384),
            (Claim { fraction: 128, ..NONE }, 16384, 8192),
            (Claim { fraction: 128, lower: 10000, ..NONE }, 16384, 10000),
            (Claim { upper: 4096, lower: 10000, ..NONE }, 16384, 4096),
            (Claim { leave_free: 1000, ..NONE }, 16384, 15384),
            (Claim { leave_free: 16000, lower: 2048, ..NONE }, 16384, 2048),
            (Claim { keep: 16000, lower: 2048, ..NONE }, 16384, 384),
            (Claim { keep: 20000, ..NONE }, 16384, 0),
            (Claim { lower: 20000, ..NONE }, 16384, 16384),
            (Claim { fraction: 9999, ..NONE }, u32::MAX, u32::MAX),
        ];
        for (claim, available, want) in table {
            assert_eq!(claim.amount(available), want, "{claim:?} of {available}");
        }
    }

    /// The stub has the same formula; the guest test paging/claim-formula holds it to the same table.
    #[test]
    fn it_is_the_formula_of_the_stub() {
        let text = include_str!("../../tests/guest/paging/claim-cases.inc");
        let cases = text.lines().filter_map(|line| line.trim().strip_prefix("claim_case "));
        let mut count = 0;
        for case in cases {
            let values: Vec<u32> = case.split(", ").map(|value| value.parse().unwrap()).collect();
            let [fraction, lower, upper, leave_free, keep, available, want] = values[..] else {
                panic!("{case}")
            };
            let claim = Claim { fraction, lower, upper, leave_free, keep };
            assert_eq!(claim.frames(available) * 4, want, "{case}");
            count += 1;
        }
        assert!(count > 50);
    }

    proptest! {
        #[test]
        fn never_more_than_there_is(fraction in 0u32..300, lower: u32, upper: u32, leave_free: u32, keep: u32, available: u32) {
            let amount = Claim { fraction, lower, upper, leave_free, keep }.amount(available);
            prop_assert!(amount <= available.saturating_sub(keep));
            prop_assert!(upper == 0 || amount <= upper);
        }
    }
}
