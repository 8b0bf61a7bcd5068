//! INT 31h 0Bxxh: watchpoints in the debug registers.

/// A client's watchpoints.
#[derive(Clone, Copy, Default, Debug)]
pub struct Watches {
    /// Linear addresses for DR0 to DR3.
    pub(super) addresses: [u32; 4],
    /// DR7 as this client wants it; zero when no watchpoint is set.
    pub(super) control: u32,
    /// Bit n: watchpoint n was reached since it was set or reset (0B02h).
    pub(super) hit: u8,
}

impl Watches {
    /// None set.
    pub const fn new() -> Self {
        Watches { addresses: [0; 4], control: 0, hit: 0 }
    }
}
