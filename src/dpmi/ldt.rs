//! INT 31h 00xxh: descriptors of the client's LDT.
//!
//! [`table`] keeps what is allocated and serves the host itself; [`services`] holds one handler per function.
//!
//! Invariants: an allocated descriptor always has DPL 3 and is a memory descriptor, never a system one, so no value that a
//! client can store here names a gate, a task or ring 0. A change takes effect in guests' segment registers when they
//! are loaded again from their frames, on the way out of the core. Limits and bases are not clipped to the client's
//! memory (clients test with LSL that FFFFFFFFh stuck): paging is what protects the core.
//!
//! Specification: DPMI 0.9 and 1.0, functions 0000h to 000Fh. On purpose otherwise: 0004h and 0005h, which are reserved,
//! succeed for a valid selector and do nothing; 000Ah takes data selectors too and 0009h execute-only code, as every other
//! host does; 000Dh serves any descriptor that is free, not just the first sixteen.

mod audit;
mod services;
mod table;
#[cfg(test)]
mod tests;

pub use services::*;
pub use table::*;
