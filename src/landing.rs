//! The landing page: the places in ring 3 from which a client comes back to the core on purpose.
//!
//! One page, mapped read-only for every client, with a code selector of each width over it. A site is an INT of the trap
//! vector, two bytes; its offset names the event. Default interrupt and exception handlers (0202h, 0204h) are such
//! sites, so that a client can chain to them by a far jump.

/// Linear address of the page of landing points: read-only for ring 3, the last page below the core.
pub const LANDING_PAGE: u32 = 0xBFFF_F000;

/// The vector whose INT the sites execute. Elsewhere INT F9h is an ordinary software interrupt.
pub const LANDING_VECTOR: u32 = 0xF9;

/// Offset of the default handler of interrupt vector 0, ended by the host's IRET; vector n's is 2n further.
pub const VECTORS: u32 = 0;
/// The same for exceptions, 32 of them.
pub const EXCEPTIONS: u32 = 512;
/// 0306h: raw switch to real mode.
pub const RAW_SWITCH: u32 = 576;
/// 0305h: save or restore the real-mode state.
pub const SAVE_STATE: u32 = 578;
/// Return from an exception handler.
pub const EXCEPTION_RETURN: u32 = 580;
/// Return from an interrupt handler.
pub const INTERRUPT_RETURN: u32 = 582;
/// Return from a callback's procedure.
pub const CALLBACK_RETURN: u32 = 584;
/// The entry of the "MS-DOS" extension (0A00h, 2Fh 168Ah).
pub const VENDOR: u32 = 586;
/// The XMS entry for protected mode (2Fh 4310h).
pub const XMS: u32 = 588;
/// An XMS call that has let interrupts in goes on.
pub const XMS_AGAIN: u32 = 590;
/// Return from an event procedure.
pub const EVENT_RETURN: u32 = 592;
/// Bytes of the page that hold sites.
pub const END: u32 = 594;
