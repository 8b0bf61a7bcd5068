//! What `FERRITE /S` prints.

use core::mem::size_of;

/// What `FERRITE /S` prints: the answer to [`super::control::STATUS`].
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

/// What `FERRITE /S` prints of one client: the answer to [`super::control::CLIENT`].
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

const _: () = assert!(size_of::<StatusInfo>() == 56);
const _: () = assert!(size_of::<ClientInfo>() == 32);
