//! The XMS driver (XMS 3.0, and HIMEMSX's 64-bit functions).

/// The XMS driver's state.
#[derive(Default)]
pub struct Xms {}
