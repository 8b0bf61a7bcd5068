//! The stack of pending crossings.
//!
//! A slot is one guest context. The guest that runs is the current slot's; ESP0 in the TSS points to the end of its
//! register frame, so what the CPU and the entry code push on an interrupt *is* the slot's saved state. To call from one
//! guest into another (a client's INT into DOS, an IRQ into a client's handler, a callback) the next slot is filled and made current;
//! `landing` in that slot says what to do when the called guest comes back to a trap.
//!
//! Nothing says that the stack is popped in order: a landing drops down to the slot it belongs to, a process's end to
//! its client's base.
//!
//! # Layout
//! A slot is 256 bytes and aligned to 256. EIP stands at offset 80h: an interrupt without error code leaves ESP at a
//! multiple of 128, one with an error code 4 below; this tells IRQs from exceptions on vectors 08h to 0Fh. The space
//! below the registers takes what a fault inside the exit code pushes.

use core::mem::{offset_of, size_of};

use crate::regs::Registers;

/// Slots: the depth of nested crossings. Running out is an ordinary refusal, or ends the client that caused it.
pub const SLOTS: usize = 128;

/// What to do when the guest in a slot comes back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum Landing {
    /// Nothing called this guest: the root, or raw-switched code.
    #[default]
    Root,
    /// Real-mode code reached by an interrupt that a client issued: registers and arithmetic flags go to it.
    Reflected,
    /// Real-mode code called by 0300h to 0302h: registers go to the structure at `data`.
    Structure,
    /// Real-mode code that a service called: its continuation goes on.
    Continue,
    /// A hardware interrupt handler, real or protected: the interrupted guest goes on unchanged.
    Interrupt,
    /// A protected-mode handler of a real-mode software interrupt (1Ch, 23h, 24h): registers go back.
    Hooked,
    /// A client's exception handler: the frame on its stack says how to go on.
    Exception,
    /// A callback's protected-mode procedure: the structure at ES:(E)DI says how to go on.
    Callback,
    /// A client's event procedure, ended by RETF: the driver that called it goes on with its own registers.
    Event,
    /// A real-mode hardware interrupt handler that has seen the hot key: the interrupted client ends.
    EndKey,
    /// A client's base: the real-mode program below called the DPMI entry point.
    Client,
}

/// Bit of [`Slot::locked`]: the slot entered the locked stack.
pub const ENTERED: u8 = 1;
/// The entry code made it, so that the slot below has its segment registers in the CPU still.
pub const QUICK: u8 = 2;
/// Its landing is Rust's, whatever it is.
pub const SEEN: u8 = 4;
/// A handler of the clock that is not waited for.
pub const GONE: u8 = 8;

/// One guest context.
#[repr(C, align(256))]
#[derive(Clone, Copy, Default)]
pub struct Slot {
    /// Takes what the exit code's own faults push.
    pub scratch: [u32; 19],
    /// The guest's registers.
    pub regs: Registers,
    /// What to do when it comes back.
    pub landing: Landing,
    /// Bits [`ENTERED`], [`QUICK`], [`SEEN`] and [`GONE`].
    pub locked: u8,
    /// The vector that led here.
    pub vector: u8,
    /// The client on whose behalf the slot below ran; becomes current again at the landing.
    pub outer_client: u8,
    /// Depends on `landing`: linear address of the register structure.
    pub data: u32,
    /// The next real-mode call's SS:SP as it was before (SS in the high half).
    pub real_stack: u32,
    /// The client's next locked ESP as it was before.
    pub locked_esp: u32,
    /// SS and SP that a landing from real mode must have (SS in the high half).
    pub expected: u32,
    /// Old base of the callback's stack selector.
    pub alias_base: u32,
    /// How often Rust code had run when the slot was entered (the entry code's).
    pub generation: u32,
    /// The register structure that a callback's procedure was given: selector and offset (the entry code's).
    pub given_selector: u32,
    /// See `given_selector`.
    pub given_offset: u32,
    /// At IOPL 0, 1 while a client has its interrupts off; its EFLAGS never say so.
    pub interrupts_off: u32,
    /// Fills up to 256 bytes.
    pub reserved: [u32; 13],
}

const _: () = assert!(size_of::<Slot>() == 256);
const _: () = assert!(offset_of!(Slot, regs) + offset_of!(Registers, eip) == 0x80);
const _: () = assert!(offset_of!(Slot, landing) == 0xA4);

/// The stack.
#[repr(C, align(256))]
pub struct Slots {
    /// The slots, the root first.
    pub slot: [Slot; SLOTS],
    /// Byte offset of the current slot in `slot`: index times 256, which is what the entry code wants.
    pub current_offset: u32,
}

impl Slots {
    /// An empty stack whose root is current.
    pub const fn new() -> Self {
        const EMPTY: Slot = Slot {
            scratch: [0; 19],
            regs: Registers {
                gs: 0,
                fs: 0,
                es: 0,
                ds: 0,
                edi: 0,
                esi: 0,
                ebp: 0,
                esp_unused: 0,
                ebx: 0,
                edx: 0,
                ecx: 0,
                eax: 0,
                error: 0,
                eip: 0,
                cs: 0,
                eflags: 0,
                esp: 0,
                ss: 0,
                v_es: 0,
                v_ds: 0,
                v_fs: 0,
                v_gs: 0,
            },
            landing: Landing::Root,
            locked: 0,
            vector: 0,
            outer_client: 0,
            data: 0,
            real_stack: 0,
            locked_esp: 0,
            expected: 0,
            alias_base: 0,
            generation: 0,
            given_selector: 0,
            given_offset: 0,
            interrupts_off: 0,
            reserved: [0; 13],
        };
        Slots { slot: [EMPTY; SLOTS], current_offset: 0 }
    }

    /// Index of the current slot.
    #[inline(always)]
    pub fn index(&self) -> usize {
        (self.current_offset as usize >> 8) & (SLOTS - 1)
    }

    /// The running guest's slot.
    #[inline(always)]
    pub fn current(&mut self) -> &mut Slot {
        let index = self.index();
        &mut self.slot[index]
    }

    /// The running guest's registers.
    #[inline(always)]
    pub fn regs(&mut self) -> &mut Registers {
        &mut self.current().regs
    }

    /// Is there room for `count` more crossings?
    pub fn has_room(&self, count: usize) -> bool {
        self.index() + count < SLOTS
    }

    /// Makes the next slot current and returns it, or `None` when the stack is full. Its contents are stale.
    pub fn push(&mut self) -> Option<&mut Slot> {
        if !self.has_room(1) {
            return None;
        }
        self.current_offset += 256;
        Some(self.current())
    }

    /// Makes slot `index` current; what lies above is forgotten.
    pub fn drop_to(&mut self, index: usize) {
        debug_assert!(index < SLOTS);
        self.current_offset = (index as u32) << 8;
    }
}

impl Default for Slots {
    fn default() -> Self {
        Self::new()
    }
}
