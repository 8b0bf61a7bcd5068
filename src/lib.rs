//! Ferrite's pure half: everything that can be decided without touching the machine.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

extern crate alloc;

pub mod audit;
pub mod client;
pub mod dos;
pub mod dpmi;
pub mod heap;
pub mod host;
pub mod landing;
pub mod layout;
pub mod machine;
#[cfg(test)]
pub mod mock;
pub mod monitor;
pub mod paging;
pub mod regs;
pub mod report;
pub mod service;
pub mod structure;
pub mod vm86;
pub mod x86;
pub mod xms;
