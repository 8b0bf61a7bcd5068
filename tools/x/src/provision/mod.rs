//! Bringing in what a machine lacks. Every step says what it installs and asks nothing.

pub mod apt;
