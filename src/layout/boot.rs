//! From the stub to the core, once: the head of the image that the stub reads, and what it has found out.

use core::mem::size_of;

/// Head of the core image, at [`super::CORE_BASE`]. The stub reads it from the file.
#[repr(C)]
pub struct CoreHeader {
    /// [`super::CORE_MAGIC`].
    pub magic: u32,
    /// [`super::FINGERPRINT`] at the time the core was compiled.
    pub fingerprint: u32,
    /// Bytes in the file.
    pub file_bytes: u32,
    /// Bytes in memory, zeroed data included; a multiple of 4096.
    pub memory_bytes: u32,
    /// Linear address of the entry for every crossing from real mode but the next.
    pub entry: u32,
    /// Linear address of the entry for calls of the XMS driver.
    pub xms_entry: u32,
    /// Limit of the GDT.
    pub gdt_limit: u16,
    /// Linear base of the GDT, low half.
    pub gdt_base_low: u16,
    /// Linear base of the GDT, high half.
    pub gdt_base_high: u16,
    /// Limit of the IDT.
    pub idt_limit: u16,
    /// Linear base of the IDT, low half.
    pub idt_base_low: u16,
    /// Linear base of the IDT, high half.
    pub idt_base_high: u16,
    /// Zero.
    pub reserved: [u32; 7],
}

/// A run of physical memory.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Extent {
    /// First byte.
    pub base: u32,
    /// Length in bytes.
    pub bytes: u32,
}

/// Most extents that start-up hands over.
pub const EXTENTS_MAX: usize = 16;

/// What the stub found out, handed to the core once ([`super::event::INIT`]). Lives in the stub, not in the resident
/// part.
#[repr(C)]
pub struct BootInfo {
    /// Bytes of this structure.
    pub bytes: u32,
    /// Paragraph of the resident part.
    pub resident_segment: u16,
    /// Paragraph of our PSP.
    pub psp: u16,
    /// Physical address of the core image; the tables follow it.
    pub core_physical: u32,
    /// Bytes from there that belong to the core: image and the three boot tables.
    pub core_bytes: u32,
    /// Physical address of the page directory.
    pub directory_physical: u32,
    /// Entries used in `extents`.
    pub extent_count: u32,
    /// Physical memory that is ours, the core's own included; page-aligned.
    pub extents: [Extent; EXTENTS_MAX],
    /// CPUID 1 EAX, or 0400h for a 486 without CPUID.
    pub cpu_signature: u32,
    /// CPUID 1 EDX, or 0.
    pub cpu_features: u32,
    /// 1 if there is an x87.
    pub has_fpu: u8,
    /// Log level: 0 off, 1 error, 2 warn, 3 info, 4 debug, 5 trace.
    pub log_level: u8,
    /// Log targets: bit 0 port E9h, bit 1 COM1.
    pub log_targets: u8,
    /// I/O privilege level of clients: 3 or 0.
    pub client_iopl: u8,
    /// Bits of [`super::boot_flag`].
    pub flags: u32,
    /// DOS version, major in the low byte.
    pub dos_version: u16,
    /// XMS handles.
    pub xms_handles: u16,
    /// /HMAMIN in bytes.
    pub hma_minimum: u16,
    /// Transfer buffer in KiB.
    pub transfer_kib: u16,
    /// Extended memory that could have been claimed, KiB.
    pub physical_kib: u32,
    /// How much was to be claimed ([`crate::paging::claim::Claim`]): the share in 256ths,
    pub claim_fraction: u32,
    /// the lower limit, KiB,
    pub claim_lower_kib: u32,
    /// the upper limit, KiB; 0 means none,
    pub memory_limit_kib: u32,
    /// what to leave free, KiB,
    pub claim_leave_kib: u32,
    /// and what to keep for others before everything else, KiB.
    pub claim_keep_kib: u32,
    /// Swap file limit, KiB; 0 means the default.
    pub swap_limit_kib: u32,
    /// Handles of the older XMS driver's blocks that hold our memory, for freeing them at unload; 0 ends them.
    pub xms_blocks: [u16; EXTENTS_MAX],
    /// Directory of the swap file, zero-terminated; empty means the default.
    pub swap_path: [u8; 80],
}

const _: () = assert!(size_of::<CoreHeader>() == 64);
const _: () = assert!(size_of::<BootInfo>() == 316);
