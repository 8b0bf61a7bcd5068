//! A client's descriptors, audited.

use super::{Allocated, DESCRIPTORS};
use crate::audit::{require, Audit, Broken, Rule};
use crate::machine::Machine;
use crate::x86::descriptor::{Descriptor, CODE, DIRECTION, MEMORY, PRESENT, RING3};

impl Allocated {
    /// Sees whether each descriptor of `client`'s that is taken is memory of ring 3, and each that is free is empty.
    pub fn audit<M: Machine>(&self, machine: &M, client: u8) -> Audit {
        for index in 0..DESCRIPTORS {
            let descriptor = Descriptor(machine.descriptor(client, index));
            let access = descriptor.access();
            let conforming = PRESENT | CODE | DIRECTION;
            let harmless = access & (RING3 | MEMORY) == RING3 | MEMORY && access & conforming != conforming;
            let right = match self.is_allocated(index) {
                true => harmless,
                false => descriptor.0 == 0 && !self.is_fixed(index),
            };
            require(right, Rule::Descriptor, index as u32)?;
        }
        Ok(())
    }

    /// Sees whether the `count` descriptors from `first` on, which belong together, are taken and not none: else `broken`.
    pub fn audit_run(&self, first: u16, count: u16, broken: Broken) -> Audit {
        let taken = (first..first + count).all(|index| self.is_allocated(index));
        require(taken && count > 0, broken.rule, broken.at)
    }
}
