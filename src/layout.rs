//! The numbers that Rust and NASM share. This file is their only author.
//!
//! A test renders [`ITEMS`] to `realmode/layout.inc`, which is checked in so that a change is seen in review
//! (`ACCEPT=1 cargo test layout` writes it anew). `stub/` and `realmode/` include that file.
//!
//! Shared structures hold `u8`, `u16`, `u32` and arrays of them only, so that the laptop's layout and the
//! machine's agree; their sizes are asserted below.
//!
//! [`FINGERPRINT`] is a hash of the list. The stub carries the one it was assembled with, the core the one it
//! was compiled with; they are compared at start, so an old stub with a new core stops with a message.

use core::mem::{offset_of, size_of};

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

/// What `FERRITE /S` prints: the answer to [`control::STATUS`].
#[derive(Clone, Copy, Default, Debug)]
#[repr(C)]
pub struct StatusInfo {
    /// Bytes of this structure, as the core knows it.
    pub bytes: u32,
    /// Minor version in the low byte, major in the high one.
    pub version: u16,
    /// Clients that live.
    pub clients: u16,
    /// Physical memory that is ours, KiB.
    pub physical_total_kib: u32,
    /// Of that, free; what the XMS heap keeps at hand is.
    pub physical_free_kib: u32,
    /// Of that, the core's own image, tables and heap.
    pub core_kib: u32,
    /// Swap file, KiB; 0 while there is none.
    pub swap_total_kib: u32,
    /// Of that, in use.
    pub swap_used_kib: u32,
    /// XMS handles in use.
    pub handles_used: u16,
    /// XMS handles that there are.
    pub handles_total: u16,
    /// Page faults served since start.
    pub faults: u32,
    /// Pages read from the swap file.
    pub page_ins: u32,
    /// Pages written to it.
    pub page_outs: u32,
    /// Transfers that wrote them.
    pub clusters: u32,
    /// Extended memory that start-up found, claimed or not, KiB.
    pub found_kib: u32,
    /// Clients' locked memory, KiB.
    pub locked_kib: u32,
}

/// What `FERRITE /S` prints of one client: the answer to [`control::CLIENT`].
#[derive(Clone, Copy, Default, Debug)]
#[repr(C)]
pub struct ClientInfo {
    /// The PSP of its process, a paragraph.
    pub psp: u16,
    /// 16 or 32.
    pub bits: u16,
    /// Its memory blocks.
    pub blocks: u32,
    /// Memory that it has or was promised, KiB.
    pub committed_kib: u32,
    /// Of that, in memory now, KiB.
    pub resident_kib: u32,
    /// Of that, locked, KiB.
    pub locked_kib: u32,
    /// Its page faults.
    pub faults: u32,
    /// Its pages read from the swap file.
    pub page_ins: u32,
    /// Its pages written to it.
    pub page_outs: u32,
}

/// Head of the core image, at [`CORE_BASE`]. The stub reads it from the file.
#[repr(C)]
pub struct CoreHeader {
    /// [`CORE_MAGIC`].
    pub magic: u32,
    /// [`FINGERPRINT`] at the time the core was compiled.
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

/// The caller's real-mode state at a dormant crossing, in the resident segment. The core changes it and the
/// resident code resumes from it, all registers, whatever the event was. `ip` is the trap site's continuation:
/// resuming there unchanged means "not answered, chain".
#[derive(Clone, Copy, Default, Debug)]
#[repr(C)]
pub struct RealFrame {
    /// General registers in the order PUSHAD leaves them.
    pub edi: u32,
    /// See `edi`.
    pub esi: u32,
    /// See `edi`.
    pub ebp: u32,
    /// Not used (PUSHAD's ESP).
    pub esp_unused: u32,
    /// See `edi`.
    pub ebx: u32,
    /// See `edi`.
    pub edx: u32,
    /// See `edi`.
    pub ecx: u32,
    /// See `edi`.
    pub eax: u32,
    /// Segment registers.
    pub gs: u16,
    /// See `gs`.
    pub fs: u16,
    /// See `gs`.
    pub es: u16,
    /// See `gs`.
    pub ds: u16,
    /// Where to go on.
    pub ip: u16,
    /// See `ip`.
    pub cs: u16,
    /// Flags on resuming.
    pub eflags: u32,
    /// Stack on resuming, before anything is popped by the core's simulated RETF or IRET.
    pub sp: u16,
    /// See `sp`.
    pub ss: u16,
    /// One of [`event`].
    pub event: u8,
    /// 1 when the A20 line was on as the crossing began.
    pub a20_found: u8,
    /// The A20 state to leave behind: the resident code copies `a20_found` here, the core may change it.
    pub a20_wanted: u8,
    /// Zero.
    pub reserved: u8,
}

/// Fixed head of the resident part, at offset 0 of the resident segment.
#[repr(C)]
pub struct ResidentInfo {
    /// [`CORE_MAGIC`], for finding the resident part.
    pub magic: u32,
    /// [`FINGERPRINT`] of the stub.
    pub fingerprint: u32,
    /// 1 while the core owns the machine.
    pub active: u8,
    /// How A20 is switched: 0 always on, 1 port 92h, 2 keyboard controller, 3 INT 15h 24xxh, 4 the older XMS
    /// driver's local enable and disable (where 1 to 3 do nothing).
    pub a20_method: u8,
    /// Depth of INT 13h calls under way, counted by the hook.
    pub disk_depth: u8,
    /// Hooks installed, one bit each: 0 INT 2Fh, 1 INT 15h, 2 INT 13h, 3 INT F8h ([`TRAP_VECTOR`]).
    pub hooks: u8,
    /// Offset of trap site 0; site n is `TRAP_STRIDE * n` further.
    pub trap_base: u16,
    /// Offset of the callback trap (one INT instruction that every callback address aliases).
    pub callback_trap: u16,
    /// Offset of the 16-bit protected-mode code that leaves for real mode.
    pub leave: u16,
    /// First and last+1 offset of the code that is written anew before each return to dormant. The stub puts the last
    /// routine, the way to switch A20, in its place.
    pub code_start: u16,
    /// See `code_start`.
    pub code_end: u16,
    /// Offset of the DPMI entry point.
    pub dpmi_entry: u16,
    /// Offset of the XMS entry.
    pub xms_entry: u16,
    /// Offset of the public handle table (2Fh 4309h), behind the code; 0 without `/TABLE`. The core fills it.
    pub xms_table: u16,
    /// Physical address of the page directory to load on a dormant crossing.
    pub cr3: u32,
    /// Paragraph of our PSP.
    pub psp: u16,
    /// Paragraphs that a client must give as host data (1687h SI).
    pub host_paragraphs: u16,
    /// The older XMS driver's entry, offset and segment, or what lies behind its hook header; 0:0 if there was none.
    pub old_xms: u32,
    /// The DOS InDOS flag, offset and segment.
    pub indos: u32,
    /// Previous INT 2Fh handler.
    pub old_2f: u32,
    /// Previous INT 15h handler.
    pub old_15: u32,
    /// Previous INT 13h handler.
    pub old_13: u32,
    /// Previous handler of [`TRAP_VECTOR`].
    pub old_trap: u32,
    /// Bits of [`feature`].
    pub features: u8,
    /// Processor as 1687h reports it in CL: 4, 5, 6.
    pub cpu: u8,
    /// The caller's PSP (INT 21h 62h), which the DPMI entry stores before it traps.
    pub client_psp: u16,
    /// Offset of the far-called entry for [`event::CONTROL`].
    pub control_entry: u16,
    /// Offset of the far-called entry for [`event::SHUTDOWN`]. AX on return: 0 when the core is gone, else the
    /// reason why it must stay: 1 a client lives, 2 foreign XMS handles are allocated, 3 the HMA is in use. When it is gone,
    /// [`BootInfo::xms_blocks`] stand at ES:DI.
    pub shutdown_entry: u16,
    /// The older XMS driver's hook header, offset and segment, where a jump to our entry stands; 0:0 if there is none.
    pub hooked_xms: u32,
    /// ESP and, behind it, SS of a dormant XMS call: [`XmsCall`] is there.
    pub xms_stack: u32,
    /// See `xms_stack`.
    pub xms_stack_segment: u16,
    /// Offset of the 16-bit protected-mode code that leaves an XMS call for real mode.
    pub xms_leave: u16,
    /// The caller's state at a dormant crossing.
    pub frame: RealFrame,
}

/// What a dormant XMS call has pushed, its caller's far return address included.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed)]
pub struct XmsCall {
    /// PUSHAD.
    pub general: crate::regs::General,
    /// ES.
    pub es: u16,
    /// DS.
    pub ds: u16,
    /// EFLAGS.
    pub eflags: u32,
    /// Where the caller goes on, offset and segment.
    pub back: u32,
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

/// What the stub found out, handed to the core once ([`event::INIT`]). Lives in the stub, not in the resident
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
    /// Bits of [`boot_flag`].
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
const _: () = assert!(size_of::<RealFrame>() == 56);
const _: () = assert!(size_of::<ResidentInfo>() == 136);
const _: () = assert!(size_of::<BootInfo>() == 316);
const _: () = assert!(size_of::<StatusInfo>() == 56);
const _: () = assert!(size_of::<ClientInfo>() == 32);

macro_rules! offsets {
    ($prefix:literal, $type:ty, $($field:ident),+ $(,)?) => {
        &[ $( (concat!($prefix, "_", stringify!($field)), offset_of!($type, $field) as u32) ),+ ]
    };
}

/// Every shared number: name, value.
pub const ITEMS: &[&[(&str, u32)]] = &[
    &[
        ("CORE_BASE", CORE_BASE),
        ("HOST_PARAGRAPHS", HOST_PARAGRAPHS),
        ("CORE_MAGIC", CORE_MAGIC),
        ("CORE_BYTES_MAX", CORE_BYTES_MAX),
        ("RECURSIVE_SLOT", RECURSIVE_SLOT),
        ("BOOT_TABLE_PAGES", BOOT_TABLE_PAGES),
        ("LOW_END", LOW_END),
        ("SEL_CORE_CODE", SEL_CORE_CODE),
        ("SEL_CORE_DATA", SEL_CORE_DATA),
        ("SEL_RESIDENT_CODE", SEL_RESIDENT_CODE),
        ("SEL_RESIDENT_DATA", SEL_RESIDENT_DATA),
        ("SEL_TSS", SEL_TSS),
        ("SEL_LDT", SEL_LDT),
        ("SEL_LANDING32", SEL_LANDING32),
        ("SEL_LANDING16", SEL_LANDING16),
        ("SEL_BIOS_DATA", SEL_BIOS_DATA),
        ("TRAP_VECTOR", TRAP_VECTOR),
        ("TRAP_STRIDE", TRAP_STRIDE),
        ("XMS_RETURN", XMS_RETURN),
        ("TABLE_HEAD", TABLE_HEAD),
        ("TABLE_RECORD", TABLE_RECORD),
        ("EVENT_INIT", event::INIT),
        ("EVENT_RETURN", event::RETURN),
        ("EVENT_DPMI_ENTRY", event::DPMI_ENTRY),
        ("EVENT_XMS", event::XMS),
        ("EVENT_INT15", event::INT15),
        ("EVENT_PROCESS_END", event::PROCESS_END),
        ("EVENT_RAW_SWITCH", event::RAW_SWITCH),
        ("EVENT_SAVE_STATE", event::SAVE_STATE),
        ("EVENT_REBOOT", event::REBOOT),
        ("EVENT_INT2F", event::INT2F),
        ("EVENT_CONTROL", event::CONTROL),
        ("EVENT_SHUTDOWN", event::SHUTDOWN),
        ("EVENT_CRITICAL", event::CRITICAL),
        ("EVENT_XMS_AGAIN", event::XMS_AGAIN),
        ("EVENT_END_KEY", event::END_KEY),
        ("EVENT_COUNT", event::COUNT),
        ("EXTENTS_MAX", EXTENTS_MAX as u32),
        ("EXTENT_SIZE", size_of::<Extent>() as u32),
        ("CORE_HEADER_SIZE", size_of::<CoreHeader>() as u32),
        ("FRAME_SIZE", size_of::<RealFrame>() as u32),
        ("RESIDENT_SIZE", size_of::<ResidentInfo>() as u32),
        ("BOOT_SIZE", size_of::<BootInfo>() as u32),
        ("STATUS_SIZE", size_of::<StatusInfo>() as u32),
        ("CONTROL_STATUS", control::STATUS),
        ("CONTROL_CLIENT", control::CLIENT),
        ("CLIENT_SIZE", size_of::<ClientInfo>() as u32),
        ("CLIENTS_MAX", CLIENTS_MAX as u32),
        ("FLAG_XMS_DRIVER", boot_flag::XMS_DRIVER),
        ("FLAG_DEVICE", boot_flag::DEVICE),
        ("FLAG_RUN", boot_flag::RUN),
        ("FLAG_EAGER", boot_flag::EAGER),
        ("FLAG_NO_SWAP", boot_flag::NO_SWAP),
        ("FLAG_ISA_DMA", boot_flag::ISA_DMA),
        ("FLAG_GUARD", boot_flag::GUARD),
        ("FLAG_PAGE0", boot_flag::PAGE0),
        ("FLAG_OWN_DIRECTORY", boot_flag::OWN_DIRECTORY),
        ("FEATURE_DPMI", feature::DPMI),
        ("FEATURE_XMS", feature::XMS),
        ("FEATURE_INT15", feature::INT15),
        ("VERSION_MAJOR", VERSION_MAJOR),
        ("VERSION_MINOR", VERSION_MINOR),
    ],
    offsets!(
        "HEADER",
        CoreHeader,
        magic,
        fingerprint,
        file_bytes,
        memory_bytes,
        entry,
        xms_entry,
        gdt_limit,
        idt_limit
    ),
    offsets!(
        "FRAME", RealFrame, edi, esi, ebp, ebx, edx, ecx, eax, gs, fs, es, ds, ip, cs, eflags, sp, ss, event,
        a20_found, a20_wanted
    ),
    offsets!(
        "RESIDENT",
        ResidentInfo,
        magic,
        fingerprint,
        active,
        a20_method,
        disk_depth,
        hooks,
        trap_base,
        callback_trap,
        leave,
        code_start,
        code_end,
        dpmi_entry,
        xms_entry,
        xms_table,
        cr3,
        psp,
        host_paragraphs,
        old_xms,
        indos,
        old_2f,
        old_15,
        old_13,
        old_trap,
        features,
        cpu,
        client_psp,
        control_entry,
        shutdown_entry,
        hooked_xms,
        xms_leave,
        xms_stack,
        frame
    ),
    offsets!("EXTENT", Extent, base, bytes),
    offsets!(
        "BOOT",
        BootInfo,
        bytes,
        resident_segment,
        psp,
        core_physical,
        core_bytes,
        directory_physical,
        extent_count,
        extents,
        cpu_signature,
        cpu_features,
        has_fpu,
        log_level,
        log_targets,
        client_iopl,
        flags,
        dos_version,
        xms_handles,
        hma_minimum,
        transfer_kib,
        physical_kib,
        claim_fraction,
        claim_lower_kib,
        memory_limit_kib,
        claim_leave_kib,
        claim_keep_kib,
        swap_limit_kib,
        xms_blocks,
        swap_path
    ),
    offsets!(
        "STATUS",
        StatusInfo,
        bytes,
        version,
        clients,
        physical_total_kib,
        physical_free_kib,
        core_kib,
        swap_total_kib,
        swap_used_kib,
        handles_used,
        handles_total,
        faults,
        page_ins,
        page_outs,
        clusters,
        found_kib,
        locked_kib
    ),
    offsets!(
        "CLIENT",
        ClientInfo,
        psp,
        bits,
        blocks,
        committed_kib,
        resident_kib,
        locked_kib,
        faults,
        page_ins,
        page_outs
    ),
];

/// FNV-1a over names and values.
pub const FINGERPRINT: u32 = fingerprint();

const fn fingerprint() -> u32 {
    let mut hash = 0x811C_9DC5_u32;
    let mut group = 0;
    while group < ITEMS.len() {
        let mut item = 0;
        while item < ITEMS[group].len() {
            let (name, value) = ITEMS[group][item];
            let bytes = name.as_bytes();
            let mut at = 0;
            while at < bytes.len() {
                hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
                at += 1;
            }
            hash = (hash ^ value).wrapping_mul(0x0100_0193);
            item += 1;
        }
        group += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_layout_file_for_nasm_is_current() {
        let mut text =
            String::from("; Rendered from src/layout.rs by `ACCEPT=1 cargo test layout`. Do not edit.\n");
        for (name, value) in ITEMS.iter().flat_map(|group| group.iter()) {
            writeln!(text, "%define {name} 0x{value:X}").unwrap();
        }
        writeln!(text, "%define LAYOUT_FINGERPRINT 0x{FINGERPRINT:X}").unwrap();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/realmode/layout.inc");
        if std::env::var_os("ACCEPT").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found == text, "realmode/layout.inc is stale: ACCEPT=1 cargo test layout");
    }
}
