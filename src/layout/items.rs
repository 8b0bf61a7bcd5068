//! The list of shared numbers: rendered for NASM, and hashed.

use core::mem::{offset_of, size_of};

use super::*;

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
        ("A20_ALWAYS", a20_method::ALWAYS),
        ("A20_PORT92", a20_method::PORT92),
        ("A20_KEYBOARD", a20_method::KEYBOARD),
        ("A20_BIOS", a20_method::BIOS),
        ("A20_DRIVER", a20_method::DRIVER),
        ("STAY_CLIENT", stay::CLIENT),
        ("STAY_HANDLES", stay::HANDLES),
        ("STAY_HMA", stay::HMA),
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
