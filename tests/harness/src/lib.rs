//! Boots DOS machines unattended, runs guest programs in them and judges what they say.
//!
//! The layers, lowest first:
//!
//! * [`machine`], [`host`], [`batch`]: plain data - what to boot, which DPMI host is present,
//!   what to run and what became of it.
//!
//! Nothing here is specific to Ferrite: the host under test is a path, so the same programs
//! are put to other hosts, which serve as oracles.

pub mod api;
pub mod apt;
pub mod batch;
pub mod bench;
mod boot;
pub mod corpus;
pub mod disk;
mod emulators;
pub mod find;
pub mod fpc;
pub mod fpc8086;
pub mod guest;
mod helpers;
pub mod host;
pub mod machine;
pub mod matrix;
mod process;
mod qmp;
pub mod report;
pub mod run;
mod session;
pub mod suite;
pub mod verdict;
