//! The driver's error codes, XMS 3.0's names for them.

use crate::heap::Refusal;

/// XMS error codes, as they go to BL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Code {
    /// The function is not implemented.
    NotImplemented = 0x80,
    /// A VDISK device is detected. Never given: there is no reason to look.
    Vdisk = 0x81,
    /// An A20 error occurs.
    A20Error = 0x82,
    /// A general driver error.
    DriverError = 0x8E,
    /// An unrecoverable driver error.
    Unrecoverable = 0x8F,
    /// The HMA does not exist.
    NoHma = 0x90,
    /// The HMA is already in use.
    HmaInUse = 0x91,
    /// DX is less than the /HMAMIN= parameter.
    HmaMinimum = 0x92,
    /// The HMA is not allocated.
    HmaNotAllocated = 0x93,
    /// The A20 line is still enabled.
    A20StillEnabled = 0x94,
    /// All extended memory is allocated.
    AllMemoryAllocated = 0xA0,
    /// All available extended memory handles are in use.
    NoHandles = 0xA1,
    /// The handle is invalid.
    InvalidHandle = 0xA2,
    /// The source handle is invalid.
    InvalidSourceHandle = 0xA3,
    /// The source offset is invalid.
    InvalidSourceOffset = 0xA4,
    /// The destination handle is invalid.
    InvalidTargetHandle = 0xA5,
    /// The destination offset is invalid.
    InvalidTargetOffset = 0xA6,
    /// The length is invalid.
    InvalidLength = 0xA7,
    /// The move has an invalid overlap. Never given: every overlap is copied rightly.
    InvalidOverlap = 0xA8,
    /// A parity error occurs. Never given.
    ParityError = 0xA9,
    /// The block is not locked.
    NotLocked = 0xAA,
    /// The block is locked.
    Locked = 0xAB,
    /// The block's lock count overflowed.
    LockOverflow = 0xAC,
    /// The lock failed.
    LockFailed = 0xAD,
    /// Only a smaller UMB is available. The older driver's, as are the next two.
    SmallerUmb = 0xB0,
    /// No UMBs are available.
    NoUmb = 0xB1,
    /// The UMB segment number is invalid.
    InvalidUmb = 0xB2,
}

impl From<Refusal> for Code {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoMemory => Code::AllMemoryAllocated,
            Refusal::NoHandle => Code::NoHandles,
            Refusal::Locked | Refusal::Busy => Code::Locked,
            Refusal::NotLocked => Code::NotLocked,
            Refusal::LockOverflow => Code::LockOverflow,
            Refusal::LockFailed => Code::LockFailed,
        }
    }
}
