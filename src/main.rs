//! Ferrite's core: the machine half, linked at C000_0000h. Start in `hw/real.S` (`real_entry`), then `hw::host::real_event`.
#![no_std]
#![no_main]
#![deny(unsafe_code, unsafe_op_in_unsafe_fn)]
#![deny(clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block)]
#![warn(missing_docs)]

extern crate alloc;

#[allow(unsafe_code)]
mod hw;
