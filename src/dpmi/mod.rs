//! INT 31h: one row per service, in numeric order, and the dense index that finds a row.
//!
//! DPMI 0.9 and 1.0. Every row has one file per AH beside this one.

pub mod demand;
pub mod dosmem;
pub mod ldt;
pub mod lock;
pub mod memory;
pub mod physmap;
pub mod watch;
