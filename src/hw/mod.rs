//! The machine: the only place that touches it, and the only one that may say `unsafe`.

pub mod boot;
pub mod console;
pub mod copy;
pub mod cpu;
pub mod entry;
pub mod fast;
pub mod heap;
pub mod host;
pub mod memory;
pub mod panic;
pub mod screen;
pub mod tables;
