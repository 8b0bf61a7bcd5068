//! Which descriptors of an LDT are taken, and the ways to take and return them.

use alloc::vec::Vec;

use crate::machine::Machine;
use crate::regs::Registers;
use crate::service::Code;
use crate::x86::descriptor::{Descriptor, DATA3};

/// Descriptors in an LDT.
pub const DESCRIPTORS: u16 = 8192;
/// Descriptors at the bottom that 000Dh serves; 0000h takes them last.
pub const RESERVED: u16 = 16;
/// Low bits of the selectors we hand out: ring 3, LDT.
const LDT_RING3: u16 = 7;
const WORDS: usize = DESCRIPTORS as usize / 32;

/// The selector of a descriptor.
#[inline]
pub const fn selector_of(index: u16) -> u16 {
    index << 3 | LDT_RING3
}

/// Do two selectors name the same descriptor, whatever their RPL?
#[inline]
pub const fn same_descriptor(one: u16, other: u16) -> bool {
    (one ^ other) & !3 == 0
}

/// Descriptor `freed` is gone: of the `count` from `first` on, which belong together, those before it are left if it was one of
/// them. False if none is.
pub fn keep_before(freed: u16, first: u16, count: &mut u16) -> bool {
    if (first..first + *count).contains(&freed) {
        *count = freed - first;
    }
    *count > 0
}

/// Which of a client's descriptors are taken, and by whom.
pub struct Allocated {
    /// One bit per descriptor: taken.
    used: [u32; WORDS],
    /// One bit per descriptor: the client may not free it, nor change it unless it is of 0002h.
    fixed: [u32; WORDS],
    /// Selectors of 0002h: paragraph and descriptor.
    segments: Vec<(u16, u16)>,
    /// Every word of `used` below this one is full, apart from the reserved descriptors.
    open: usize,
}

impl Allocated {
    /// Nothing allocated.
    pub const fn new() -> Self {
        Allocated { used: [0; WORDS], fixed: [0; WORDS], segments: Vec::new(), open: 0 }
    }

    /// Is descriptor `index` (0 to 8191) the client's?
    #[inline]
    pub const fn is_allocated(&self, index: u16) -> bool {
        self.used[(index >> 5) as usize % WORDS] >> (index & 31) & 1 != 0
    }

    /// Is it out of the client's reach for freeing: a selector of 0002h, or one that the host depends on?
    #[inline]
    pub const fn is_fixed(&self, index: u16) -> bool {
        self.fixed[(index >> 5) as usize % WORDS] >> (index & 31) & 1 != 0
    }

    /// Keeps an allocated descriptor from being changed or freed by the client; one of 0002h may be changed.
    pub fn fix(&mut self, index: u16) {
        self.fixed[(index >> 5) as usize % WORDS] |= 1 << (index & 31);
    }

    /// How many descriptors are taken.
    pub fn count(&self) -> u32 {
        self.used.iter().map(|word| word.count_ones()).sum()
    }

    /// Index of an LDT selector's descriptor when it is allocated.
    pub fn index_of(&self, selector: u16) -> Result<u16, Code> {
        let index = selector >> 3;
        if selector & 4 == 0 || !self.is_allocated(index) {
            return Err(Code::InvalidSelector);
        }
        Ok(index)
    }

    /// The same when the client may free it.
    pub fn freeable(&self, selector: u16) -> Result<u16, Code> {
        let index = self.index_of(selector)?;
        if self.is_fixed(index) {
            return Err(Code::InvalidSelector);
        }
        Ok(index)
    }

    /// The same when the client may change it. One of 0002h is the client's own from then on: see [`Self::change`].
    pub fn changeable(&self, selector: u16) -> Result<u16, Code> {
        let index = self.index_of(selector)?;
        if self.is_fixed(index) && !self.segments.iter().any(|entry| entry.1 == index) {
            return Err(Code::InvalidSelector);
        }
        Ok(index)
    }

    /// Descriptor `index` changes: if 0002h made it, that gives another one for the paragraph next time.
    pub fn change(&mut self, index: u16) {
        if self.is_fixed(index) {
            self.segments.retain(|entry| entry.1 != index);
            self.fixed[(index >> 5) as usize % WORDS] &= !(1 << (index & 31));
        }
    }

    /// The lowest `count` free descriptors in a row, from `RESERVED` up; a single one may come from below in the end, but
    /// never descriptor 0.
    pub fn find(&self, count: u16) -> Option<u16> {
        let mut index = RESERVED.max((self.open * 32) as u16);
        let mut run = 0;
        while index < DESCRIPTORS {
            let word = self.used[(index >> 5) as usize % WORDS];
            if index & 31 == 0 && word == !0 {
                run = 0;
                index += 32;
                continue;
            }
            run = if word >> (index & 31) & 1 == 0 { run + 1 } else { 0 };
            index += 1;
            if run == count {
                return Some(index - count);
            }
        }
        if count == 1 {
            return (1..RESERVED).rev().find(|&low| !self.is_allocated(low));
        }
        None
    }

    fn take(&mut self, first: u16, count: u16) {
        for index in first..first + count {
            self.used[(index >> 5) as usize % WORDS] |= 1 << (index & 31);
        }
        // Word 0 counts as full when its upper half is: the search begins at RESERVED.
        while self.open < WORDS && self.used[self.open] | (if self.open == 0 { 0xFFFF } else { 0 }) == !0 {
            self.open += 1;
        }
    }

    fn give_back(&mut self, index: u16) {
        let word = (index >> 5) as usize % WORDS;
        self.used[word] &= !(1 << (index & 31));
        self.fixed[word] &= !(1 << (index & 31));
        if index >= RESERVED {
            self.open = self.open.min(word);
        }
    }
}

impl Default for Allocated {
    fn default() -> Self {
        Self::new()
    }
}

/// Allocates `count` (1 and more) descriptors in a row, lowest first: present writable data, base 0, limit 0. 8011h when there
/// is no such row, or no memory for the table.
pub fn allocate<M: Machine>(
    machine: &mut M,
    client: u8,
    ldt: &mut Allocated,
    count: u16,
) -> Result<u16, Code> {
    let first = ldt.find(count).ok_or(Code::DescriptorUnavailable)?;
    allocate_at(machine, client, ldt, first, count)?;
    Ok(first)
}

/// Allocates the `count` descriptors from `first` on; 8011h when one of them is taken or beyond the table.
pub fn allocate_at<M: Machine>(
    machine: &mut M,
    client: u8,
    ldt: &mut Allocated,
    first: u16,
    count: u16,
) -> Result<(), Code> {
    if first >= DESCRIPTORS || count > DESCRIPTORS - first {
        return Err(Code::DescriptorUnavailable);
    }
    if (first..first + count).any(|index| ldt.is_allocated(index)) {
        return Err(Code::DescriptorUnavailable);
    }
    if count != 0 && !machine.grow_descriptors(client, first + count - 1) {
        return Err(Code::DescriptorUnavailable);
    }
    ldt.take(first, count);
    for index in first..first + count {
        machine.set_descriptor(client, index, Descriptor::new(0, 0, DATA3, 0).0);
    }
    Ok(())
}

/// Returns an allocated descriptor and makes segment registers that hold its selector null. The registers of outer frames
/// are dealt with when they are loaded.
pub fn release<M: Machine>(
    machine: &mut M,
    client: u8,
    ldt: &mut Allocated,
    index: u16,
    regs: &mut Registers,
) {
    ldt.give_back(index);
    machine.set_descriptor(client, index, 0);
    for register in [&mut regs.ds, &mut regs.es, &mut regs.fs, &mut regs.gs] {
        if same_descriptor(*register as u16, selector_of(index)) {
            *register = 0;
        }
    }
}

/// A 64 KiB data selector for a paragraph, the same one each time (0002h). 8011h when no descriptor or no memory is left.
pub fn segment_to_selector<M: Machine>(
    machine: &mut M,
    client: u8,
    ldt: &mut Allocated,
    paragraph: u16,
) -> Result<u16, Code> {
    if let Some(&(_, index)) = ldt.segments.iter().find(|entry| entry.0 == paragraph) {
        return Ok(selector_of(index));
    }
    ldt.segments.try_reserve(1).map_err(|_| Code::DescriptorUnavailable)?;
    let index = allocate(machine, client, ldt, 1)?;
    machine.set_descriptor(client, index, Descriptor::new((paragraph as u32) << 4, 0xFFFF, DATA3, 0).0);
    ldt.fix(index);
    ldt.segments.push((paragraph, index));
    Ok(selector_of(index))
}

/// Describes `bytes` bytes at `base` with the `count` (1 and more) descriptors from `first` on, one for each 64 KiB: the first has
/// the limit of all of it, as DPMI 0.9 asks of 32-bit hosts, the others 64 KiB and the rest.
pub fn tile<M: Machine>(machine: &mut M, client: u8, (first, count): (u16, u16), base: u32, bytes: u32) {
    for number in 0..count {
        let skipped = (number as u32) << 16;
        let left = bytes.saturating_sub(skipped);
        let covered = if number == 0 { left } else { left.min(0x1_0000) };
        let descriptor = Descriptor::new(base + skipped, covered.saturating_sub(1), DATA3, 0);
        machine.set_descriptor(client, first + number, descriptor.0);
    }
}
