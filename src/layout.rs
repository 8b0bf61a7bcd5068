//! The numbers that Rust and NASM share. This file and those below it are their only author.
//!
//! A test renders [`ITEMS`] to `realmode/layout.inc`, which is checked in so that a change is seen in review
//! (`ACCEPT=1 cargo test layout` writes it anew). `stub/` and `realmode/` include that file.
//!
//! Shared structures hold `u8`, `u16`, `u32` and arrays of them only, so that the laptop's layout and the
//! machine's agree; their sizes are asserted beside them.
//!
//! [`FINGERPRINT`] is a hash of the list. The stub carries the one it was assembled with, the core the one it
//! was compiled with; they are compared at start, so an old stub with a new core stops with a message.

mod boot;
mod items;
mod resident;
mod status;

use core::mem::offset_of;

pub use boot::{BootInfo, CoreHeader, Extent, EXTENTS_MAX};
pub use items::{FINGERPRINT, ITEMS};
pub use resident::{RealFrame, ResidentInfo, XmsCall};
pub use status::{ClientInfo, StatusInfo};

/// Most clients alive at a time: nested programs, and those that stayed resident.
pub const CLIENTS_MAX: usize = 32;
/// Linear address at which the core is linked and mapped.
pub const CORE_BASE: u32 = 0xC000_0000;
/// Paragraphs of host data that a client hands over at its entry: its real-mode stack, 1 KiB.
pub const HOST_PARAGRAPHS: u32 = 64;
/// Offset of [`ResidentInfo::client_psp`].
pub const CLIENT_PSP: u32 = offset_of!(ResidentInfo, client_psp) as u32;
/// "FERC", the first word of the core image.
pub const CORE_MAGIC: u32 = 0x4352_4546;
/// Largest core image with its zeroed data, bytes: one page table's worth less the tables built beside it.
pub const CORE_BYTES_MAX: u32 = 0x0010_0000;
/// Page-directory slot that maps the directory onto itself.
pub const RECURSIVE_SLOT: u32 = 1023;
/// Pages that the stub adds behind the core image: directory, low table, core table.
pub const BOOT_TABLE_PAGES: u32 = 3;
/// First linear address that is not identity-mapped conventional memory, ROM or HMA.
pub const LOW_END: u32 = 0x0011_0000;

/// Ring-0 flat code, 32 bits.
pub const SEL_CORE_CODE: u32 = 0x08;
/// Ring-0 flat data.
pub const SEL_CORE_DATA: u32 = 0x10;
/// Ring-0 16-bit code over the resident segment: the way out to real mode.
pub const SEL_RESIDENT_CODE: u32 = 0x18;
/// Ring-0 64 KiB data over the resident segment: it sets the limits that real mode expects.
pub const SEL_RESIDENT_DATA: u32 = 0x20;
/// The task state segment.
pub const SEL_TSS: u32 = 0x28;
/// The current client's local descriptor table.
pub const SEL_LDT: u32 = 0x30;
/// Ring-3 code over the landing page, 32 bits.
pub const SEL_LANDING32: u32 = 0x3B;
/// Ring-3 code over the landing page, 16 bits.
pub const SEL_LANDING16: u32 = 0x4B;
/// Ring-3 data over the BIOS data area, base 400h (some clients expect selector 40h to work).
pub const SEL_BIOS_DATA: u32 = 0x43;

/// The vector whose INT instruction, at known places only, is a trap into the core while it is active.
/// Anywhere else INT F8h is an ordinary software interrupt.
pub const TRAP_VECTOR: u32 = 0xF8;
/// Bytes from one trap site in the resident code to the next.
pub const TRAP_STRIDE: u32 = 8;
/// Offset, in the XMS site, of a far return: behind the INT and a near jump.
pub const XMS_RETURN: u32 = 5;

/// Bytes of the public handle table's head (INT 2Fh 4309h): 1, the bytes of a record, the number of records (a word), the
/// records' far address.
pub const TABLE_HEAD: u32 = 8;
/// Bytes of a record.
pub const TABLE_RECORD: u32 = 10;

/// What the resident code tells the core: the reason of a crossing, which is also the trap site's number.
pub mod event {
    /// Start-up: EBX holds the linear address of [`super::BootInfo`].
    pub const INIT: u32 = 0;
    /// A simulated interrupt or far call has come back (active only).
    pub const RETURN: u32 = 1;
    /// A far call to the DPMI entry point.
    pub const DPMI_ENTRY: u32 = 2;
    /// A far call to the XMS entry.
    pub const XMS: u32 = 3;
    /// INT 15h with a function that the core answers.
    pub const INT15: u32 = 4;
    /// A client's process has ended; DOS jumps to its INT 22h address (active only).
    pub const PROCESS_END: u32 = 5;
    /// Raw switch to protected mode, a far jump (active only).
    pub const RAW_SWITCH: u32 = 6;
    /// Far call to save or restore the protected-mode state (active only).
    pub const SAVE_STATE: u32 = 7;
    /// Ctrl-Alt-Del seen at INT 15h 4Fh (active only).
    pub const REBOOT: u32 = 8;
    /// INT 2Fh with a function that the core answers (active: 1680h, 4310h from a client's side and so on).
    pub const INT2F: u32 = 9;
    /// A question of the stub's: /S, /U, run-time settings. AL says which.
    pub const CONTROL: u32 = 10;
    /// Unload: the core gives back what it holds and never runs again (dormant only).
    pub const SHUTDOWN: u32 = 11;
    /// The INT 23h and 24h handlers of the core's own DOS calls (active only).
    pub const CRITICAL: u32 = 12;
    /// An XMS call that has let interrupts in goes on.
    pub const XMS_AGAIN: u32 = 13;
    /// Ctrl-Alt-End seen at INT 15h 4Fh (active only).
    pub const END_KEY: u32 = 14;
    /// Number of events.
    pub const COUNT: u32 = 15;
}

/// Questions behind [`event::CONTROL`], in AL. The answer's AX is 0 when the question was understood.
pub mod control {
    /// ES:DI points to a [`super::StatusInfo`] for the core to fill.
    pub const STATUS: u32 = 1;
    /// CX is a client's number, 0 to 31; ES:DI points to a [`super::ClientInfo`] for the core to fill. AX is 2 when there is
    /// no such client.
    pub const CLIENT: u32 = 2;
}

/// Bits of [`ResidentInfo::features`]: what the resident part offers to programs.
pub mod feature {
    /// INT 2Fh 1687h is answered. The stub sets it.
    pub const DPMI: u32 = 1;
    /// INT 2Fh 4300h and 4310h are answered. The core sets it while it serves XMS.
    pub const XMS: u32 = 2;
    /// INT 15h 88h, E801h and E820h hide extended memory. The stub sets it unless an older XMS driver does so.
    pub const INT15: u32 = 4;
}

/// How the A20 line is switched: [`ResidentInfo::a20_method`].
pub mod a20_method {
    /// Not at all: it is always on.
    pub const ALWAYS: u32 = 0;
    /// By port 92h.
    pub const PORT92: u32 = 1;
    /// By the keyboard controller.
    pub const KEYBOARD: u32 = 2;
    /// By INT 15h 24xxh.
    pub const BIOS: u32 = 3;
    /// By the older XMS driver's local enable and disable, where none of the others does anything.
    pub const DRIVER: u32 = 4;
}

/// Why the core stays at [`event::SHUTDOWN`]: AX.
pub mod stay {
    /// A client lives.
    pub const CLIENT: u32 = 1;
    /// XMS handles are allocated.
    pub const HANDLES: u32 = 2;
    /// Somebody has the HMA from us.
    pub const HMA: u32 = 3;
}

/// Bits of [`BootInfo::flags`].
pub mod boot_flag {
    /// An XMS driver was present.
    pub const XMS_DRIVER: u32 = 1 << 0;
    /// Loaded by a DEVICE= line.
    pub const DEVICE: u32 = 1 << 1;
    /// Unloads at the end of the program that is run.
    pub const RUN: u32 = 1 << 2;
    /// An emulator with a recursive fault core (DOSBox 0.74): commit eagerly.
    pub const EAGER: u32 = 1 << 3;
    /// /NOSWAP.
    pub const NO_SWAP: u32 = 1 << 4;
    /// /DMA: small XMS blocks below 16 MiB.
    pub const ISA_DMA: u32 = 1 << 6;
    /// /GUARD: an unmapped page after each memory block of a client.
    pub const GUARD: u32 = 1 << 7;
    /// /PAGE0: clients cannot touch the first page.
    pub const PAGE0: u32 = 1 << 8;
    /// The swap file's directory is FERRITE.EXE's, for want of a switch and of an environment that names another.
    pub const OWN_DIRECTORY: u32 = 1 << 9;
}

/// Version, as `/S` and the start-up line print it.
pub const VERSION_MAJOR: u32 = 0;
/// See [`VERSION_MAJOR`].
pub const VERSION_MINOR: u32 = 1;
