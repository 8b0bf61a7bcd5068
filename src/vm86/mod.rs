//! Virtual-8086 mode and the privileged instructions of ring 3: what a faulting instruction is, and what is
//! done about it.

pub mod decode;
