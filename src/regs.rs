//! A guest's registers as the CPU and the entry code push them, and the pairs that services take and return.
//!
//! [`Registers`] is the upper part of a frame on the stack of pending crossings: what an interrupt pushes *is* the saved
//! state, so nothing is copied on a crossing. Services work on it in place under one rule: check everything first,
//! then act, and write result registers last. A refusal then leaves no trace but CF and AX, which only the one
//! exit sets.

/// The carry flag in EFLAGS.
pub const CARRY: u32 = 1;
/// The trap flag.
pub const TRAP: u32 = 1 << 8;
/// The interrupt flag.
pub const INTERRUPT: u32 = 1 << 9;
/// The direction flag.
pub const DIRECTION: u32 = 1 << 10;
/// Nested task.
pub const NESTED: u32 = 1 << 14;
/// Resume flag.
pub const RESUME: u32 = 1 << 16;
/// Virtual-8086 mode.
pub const VIRTUAL: u32 = 1 << 17;
/// Bit 1 of EFLAGS, always one.
pub const ALWAYS: u32 = 2;
/// The two bits of the I/O privilege level.
pub const IOPL: u32 = 3 << 12;
/// Flags that a guest may give for itself: arithmetic, TF, IF, DF, OF, AC and ID.
pub const GUEST_FLAGS: u32 = 0x0024_0FD5;
/// The arithmetic flags, which a reflected interrupt hands back.
pub const ARITHMETIC: u32 = 0x0000_08D5;

/// Registers of a guest: a client in ring 3, or virtual-8086 code.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Registers {
    /// Segment registers of a protected-mode guest, as pushed (upper halves undefined).
    pub gs: u32,
    /// See `gs`.
    pub fs: u32,
    /// See `gs`.
    pub es: u32,
    /// See `gs`.
    pub ds: u32,
    /// General registers in PUSHAD order.
    pub edi: u32,
    /// See `edi`.
    pub esi: u32,
    /// See `edi`.
    pub ebp: u32,
    /// PUSHAD's ESP: never read.
    pub esp_unused: u32,
    /// See `edi`.
    pub ebx: u32,
    /// See `edi`.
    pub edx: u32,
    /// See `edi`.
    pub ecx: u32,
    /// See `edi`.
    pub eax: u32,
    /// Error code of an exception, else the vector.
    pub error: u32,
    /// Instruction pointer.
    pub eip: u32,
    /// Code segment: a selector, or a paragraph in V86 mode.
    pub cs: u32,
    /// Flags.
    pub eflags: u32,
    /// Stack pointer.
    pub esp: u32,
    /// Stack segment.
    pub ss: u32,
    /// V86 segment registers, pushed by the CPU only when it leaves V86 mode.
    pub v_es: u32,
    /// See `v_es`.
    pub v_ds: u32,
    /// See `v_es`.
    pub v_fs: u32,
    /// See `v_es`.
    pub v_gs: u32,
}

/// The general registers alone, as PUSHAD leaves them, at any address.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
#[repr(C, packed)]
pub struct General {
    /// EDI.
    pub edi: u32,
    /// ESI.
    pub esi: u32,
    /// EBP.
    pub ebp: u32,
    /// PUSHAD's ESP: never read.
    pub esp_unused: u32,
    /// EBX.
    pub ebx: u32,
    /// EDX.
    pub edx: u32,
    /// ECX.
    pub ecx: u32,
    /// EAX.
    pub eax: u32,
}

impl General {
    /// High byte of AX.
    #[inline(always)]
    pub const fn ah(&self) -> u8 {
        (self.eax >> 8) as u8
    }

    /// Changes AX and leaves the upper half of EAX alone.
    #[inline(always)]
    pub fn set_ax(&mut self, value: u16) {
        self.eax = self.eax & 0xFFFF_0000 | value as u32;
    }

    /// Changes DX and leaves the upper half of EDX alone.
    #[inline(always)]
    pub fn set_dx(&mut self, value: u16) {
        self.edx = self.edx & 0xFFFF_0000 | value as u32;
    }

    /// AX=1, BL=0: an XMS function's success.
    #[inline(always)]
    pub fn succeed(&mut self) {
        self.set_ax(1);
        self.ebx &= !0xFF;
    }
}

macro_rules! halves {
    ($($name:ident, $set:ident, $field:ident;)+) => {
        $(
            #[doc = concat!("Low half of ", stringify!($field), ".")]
            #[inline(always)]
            pub const fn $name(&self) -> u16 {
                self.$field as u16
            }
            #[doc = concat!("Changes the low half of ", stringify!($field), " and leaves the upper alone.")]
            #[inline(always)]
            pub fn $set(&mut self, value: u16) {
                self.$field = self.$field & 0xFFFF_0000 | value as u32;
            }
        )+
    };
}

impl Registers {
    halves! {
        ax, set_ax, eax; bx, set_bx, ebx; cx, set_cx, ecx; dx, set_dx, edx;
        si, set_si, esi; di, set_di, edi; bp, set_bp, ebp; sp, set_sp, esp;
    }

    /// High byte of AX.
    #[inline(always)]
    pub const fn ah(&self) -> u8 {
        (self.eax >> 8) as u8
    }

    /// Low byte of AX.
    #[inline(always)]
    pub const fn al(&self) -> u8 {
        self.eax as u8
    }

    /// Low byte of BX.
    #[inline(always)]
    pub const fn bl(&self) -> u8 {
        self.ebx as u8
    }

    /// The 32-bit value in BX:CX, BX the high half, as DPMI passes addresses and sizes.
    #[inline(always)]
    pub const fn bx_cx(&self) -> u32 {
        self.ebx << 16 | self.ecx & 0xFFFF
    }

    /// Returns a 32-bit value in BX:CX.
    #[inline(always)]
    pub fn set_bx_cx(&mut self, value: u32) {
        self.set_bx((value >> 16) as u16);
        self.set_cx(value as u16);
    }

    /// The 32-bit value in CX:DX.
    #[inline(always)]
    pub const fn cx_dx(&self) -> u32 {
        self.ecx << 16 | self.edx & 0xFFFF
    }

    /// Returns a 32-bit value in CX:DX.
    #[inline(always)]
    pub fn set_cx_dx(&mut self, value: u32) {
        self.set_cx((value >> 16) as u16);
        self.set_dx(value as u16);
    }

    /// The 32-bit value in SI:DI.
    #[inline(always)]
    pub const fn si_di(&self) -> u32 {
        self.esi << 16 | self.edi & 0xFFFF
    }

    /// Returns a 32-bit value in SI:DI.
    #[inline(always)]
    pub fn set_si_di(&mut self, value: u32) {
        self.set_si((value >> 16) as u16);
        self.set_di(value as u16);
    }

    /// Sets or clears CF. Only the exits of the service tables call this.
    #[inline(always)]
    pub fn set_carry(&mut self, carry: bool) {
        self.eflags = self.eflags & !CARRY | carry as u32;
    }

    /// Was virtual-8086 code interrupted?
    #[inline(always)]
    pub const fn is_v86(&self) -> bool {
        self.eflags & VIRTUAL != 0
    }

    /// Flags of a guest, made safe: only what a guest may choose is taken from `wanted`; IOPL is `iopl` (0 to 3), NT
    /// and RF are clear, VM as asked. At IOPL 0 a client has IF set, whatever it wanted: `Slot::interrupts_off` says what it sees.
    pub const fn sanitised_flags(wanted: u32, iopl: u32, v86: bool) -> u32 {
        let forced = match (v86, iopl & 3) {
            (true, _) => VIRTUAL,
            (false, 0) => INTERRUPT,
            (false, _) => 0,
        };
        wanted & GUEST_FLAGS | ALWAYS | (iopl & 3) << 12 | forced
    }
}

/// Width of a client: it says how offsets are passed and how wide frames are, whatever code segment runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// Entered with AX bit 0 clear.
    Bits16,
    /// Entered with AX bit 0 set.
    Bits32,
}

impl Width {
    /// An offset register as this client passes it: all of it, or its low half.
    #[inline(always)]
    pub const fn offset(self, register: u32) -> u32 {
        match self {
            Width::Bits16 => register & 0xFFFF,
            Width::Bits32 => register,
        }
    }

    /// The selector of the landing page for a client of this width.
    pub const fn landing_selector(self) -> u32 {
        match self {
            Width::Bits16 => crate::layout::SEL_LANDING16,
            Width::Bits32 => crate::layout::SEL_LANDING32,
        }
    }
}

/// The linear address of a real-mode far pointer, segment in the high half.
#[inline(always)]
pub const fn far_linear(pointer: u32) -> u32 {
    (pointer >> 16 << 4) + (pointer & 0xFFFF)
}

/// A protected-mode far pointer, as vectors and handlers are given: an allegation until it is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct FarPointer {
    /// Offset in the segment.
    pub offset: u32,
    /// Selector.
    pub selector: u16,
    /// Zero.
    pub reserved: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_read_as_they_were_set() {
        let mut regs = Registers { ebx: 0xAAAA_0000, ..Default::default() };
        regs.set_bx_cx(0x1234_5678);
        assert_eq!((regs.ebx, regs.ecx, regs.bx_cx()), (0xAAAA_1234, 0x5678, 0x1234_5678));
        regs.set_cx_dx(0x8765_4321);
        assert_eq!(regs.cx_dx(), 0x8765_4321);
        regs.set_si_di(0xDEAD_BEEF);
        assert_eq!(regs.si_di(), 0xDEAD_BEEF);
    }

    #[test]
    fn no_flag_that_a_guest_gives_can_raise_its_privilege() {
        for bit in 0..32 {
            let flags = Registers::sanitised_flags(1 << bit, 3, false);
            assert_eq!(flags & (VIRTUAL | NESTED | RESUME), 0);
            assert_eq!(flags & IOPL, IOPL);
            assert_eq!(flags & ALWAYS, ALWAYS);
        }
        assert_eq!(Registers::sanitised_flags(!0, 0, true) & (VIRTUAL | IOPL), VIRTUAL);
    }
}
