//! What the CPU reads, as values that compile and are tested anywhere.

pub mod descriptor;
pub mod entry;
