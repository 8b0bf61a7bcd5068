//! Segment descriptors and selectors as values (SDM vol. 3, "Segment Descriptors").

/// An eight-byte descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Descriptor(pub u64);

/// Access byte: present.
pub const PRESENT: u8 = 0x80;
/// Access byte: DPL 3.
pub const RING3: u8 = 0x60;
/// Access byte: code or data, not a system descriptor.
pub const MEMORY: u8 = 0x10;
/// Access byte: executable.
pub const CODE: u8 = 0x08;
/// Access byte: code conforming, or data expand-down.
pub const DIRECTION: u8 = 0x04;
/// Access byte: code readable, or data writable.
pub const ACCESS: u8 = 0x02;
/// Access byte: accessed. Set in every descriptor that we make, so that the CPU need not write it.
pub const ACCESSED: u8 = 0x01;
/// Flags nibble: limit in pages.
pub const PAGES: u8 = 0x8;
/// Flags nibble: 32-bit segment.
pub const BIG: u8 = 0x4;

/// Access byte of a ring-3 data segment, writable: what 0000h hands out.
pub const DATA3: u8 = PRESENT | RING3 | MEMORY | ACCESS | ACCESSED;
/// Access byte of a ring-3 code segment, readable.
pub const CODE3: u8 = DATA3 | CODE;

impl Descriptor {
    /// Builds a descriptor. A `limit` of 1 MiB and more is rounded up to whole pages and G is set; `flags` is the nibble
    /// with BIG (G is computed).
    pub const fn new(base: u32, limit: u32, access: u8, flags: u8) -> Self {
        let (limit, flags) =
            if limit > 0xF_FFFF { (limit >> 12, flags & !PAGES | PAGES) } else { (limit, flags & !PAGES) };
        let low = (limit & 0xFFFF) as u64 | ((base & 0xFFFF) as u64) << 16;
        let high = (base >> 16 & 0xFF)
            | (access as u32) << 8
            | limit & 0xF_0000
            | ((flags & 0xF) as u32) << 20
            | base & 0xFF00_0000;
        Descriptor(low | (high as u64) << 32)
    }

    /// Linear base.
    pub const fn base(self) -> u32 {
        (self.0 >> 16) as u32 & 0xFF_FFFF | (self.0 >> 32) as u32 & 0xFF00_0000
    }

    /// Last valid offset of an expand-up segment, G applied.
    pub const fn limit(self) -> u32 {
        let raw = self.0 as u32 & 0xFFFF | (self.0 >> 32) as u32 & 0xF_0000;
        if self.flags() & PAGES != 0 {
            raw << 12 | 0xFFF
        } else {
            raw
        }
    }

    /// First and last valid offset, of an expand-down segment as well.
    pub const fn extent(self) -> (u32, u32) {
        if self.access() & (CODE | DIRECTION) == DIRECTION {
            let last = if self.is_big() { u32::MAX } else { 0xFFFF };
            return (self.limit().saturating_add(1), last);
        }
        (0, self.limit())
    }

    /// The access byte.
    pub const fn access(self) -> u8 {
        (self.0 >> 40) as u8
    }

    /// The flags nibble: G, D/B, L, AVL from the top.
    pub const fn flags(self) -> u8 {
        (self.0 >> 52) as u8 & 0xF
    }

    /// The same with another base.
    pub const fn with_base(self, base: u32) -> Self {
        let kept = self.0 & 0x00FF_FF00_0000_FFFF;
        Descriptor(kept | ((base & 0xFF_FFFF) as u64) << 16 | ((base >> 24) as u64) << 56)
    }

    /// The same with another limit in bytes; G as needed.
    pub const fn with_limit(self, limit: u32) -> Self {
        Descriptor::new(self.base(), limit, self.access(), self.flags())
    }

    /// The same with another access byte and flags nibble; the limit field's digits stay.
    pub const fn with_access(self, access: u8, flags: u8) -> Self {
        let kept = self.0 & 0xFF0F_00FF_FFFF_FFFF;
        Descriptor(kept | (access as u64) << 40 | ((flags & 0xF) as u64) << 52)
    }

    /// Is it a present code segment?
    pub const fn is_code(self) -> bool {
        self.access() & (PRESENT | MEMORY | CODE) == PRESENT | MEMORY | CODE
    }

    /// Is it a present data segment that may be written, fit for SS?
    pub const fn is_stack(self) -> bool {
        self.access() & (PRESENT | MEMORY | CODE | ACCESS) == PRESENT | MEMORY | ACCESS
    }

    /// Is it a 32-bit segment (D or B set)?
    pub const fn is_big(self) -> bool {
        self.flags() & BIG != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_descriptors_encode_as_other_systems_have_them() {
        // Linux's __USER_DS and __USER_CS, 32 bits (arch/x86 GDT dumps), accessed bit set.
        assert_eq!(Descriptor::new(0, 0xFFFF_FFFF, 0xF3, BIG).0, 0x00CF_F300_0000_FFFF);
        assert_eq!(Descriptor::new(0, 0xFFFF_FFFF, 0xFB, BIG).0, 0x00CF_FB00_0000_FFFF);
        // A real-mode style 64 KiB segment at B8000h.
        assert_eq!(Descriptor::new(0xB_8000, 0xFFFF, 0xF3, 0).0, 0x0000_F30B_8000_FFFF);
    }

    proptest! {
        #[test]
        fn fields_come_back(base: u32, limit: u32, access: u8, big: bool) {
            let flags = if big { BIG } else { 0 };
            let made = Descriptor::new(base, limit, access, flags);
            let want = if limit > 0xF_FFFF { limit | 0xFFF } else { limit };
            prop_assert_eq!((made.base(), made.limit(), made.access()), (base, want, access));
            prop_assert_eq!(made.with_base(!base).base(), !base);
            prop_assert_eq!(made.with_base(!base).with_base(base), made);
            prop_assert_eq!(made.with_access(!access, made.flags()).limit(), want);
        }
    }
}
