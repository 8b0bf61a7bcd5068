//! Page-directory and page-table entries (SDM vol. 3, 32-bit paging).

/// Present.
pub const PRESENT: u32 = 1;
/// Writable.
pub const WRITABLE: u32 = 2;
/// Reachable from ring 3.
pub const USER: u32 = 4;
/// Write-through.
pub const WRITE_THROUGH: u32 = 8;
/// Cache disabled.
pub const UNCACHED: u32 = 16;
/// Accessed, set by the CPU.
pub const ACCESSED: u32 = 32;
/// Dirty, set by the CPU.
pub const DIRTY: u32 = 64;
/// The three bits that software may use.
pub const AVAILABLE: u32 = 7 << 9;
/// The physical address bits.
pub const FRAME: u32 = 0xFFFF_F000;
/// Bytes in a page.
pub const PAGE: u32 = 4096;
