//! Control registers, table loads, the TLB, ports and the FPU.
//!
//! Facts relied on: CPL is 0 and interrupts are off.

use core::arch::asm;

pub use x86::io::{inb as input, outb as output};

/// CR0: monitor coprocessor, emulation, task switched, numeric error, alignment mask.
const CR0_MP: u32 = 1 << 1;
const CR0_EM: u32 = 1 << 2;
const CR0_TS: u32 = 1 << 3;
const CR0_NE: u32 = 1 << 5;
const CR0_AM: u32 = 1 << 18;

/// CR2: the address of the last page fault.
pub fn fault_address() -> u32 {
    let value: u32;
    // SAFETY: reading CR2 has no effect; CPL is 0.
    unsafe { asm!("mov {}, cr2", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// Loads CR3: another page directory, and all translations are forgotten.
pub fn load_directory(physical: u32) {
    // SAFETY: every directory that reaches this maps the core's part identically (paging::space).
    unsafe { asm!("mov cr3, {}", in(reg) physical, options(nostack, preserves_flags)) };
}

/// The page directory in CR3.
pub fn directory() -> u32 {
    let value: u32;
    // SAFETY: reading CR3 has no effect; CPL is 0.
    unsafe { asm!("mov {}, cr3", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

/// INVLPG.
pub fn flush_page(linear: u32) {
    // SAFETY: forgetting a translation is always safe; the 486 has the instruction.
    unsafe { asm!("invlpg [{}]", in(reg) linear, options(nostack, preserves_flags)) };
}

/// LLDT.
pub fn load_ldt(selector: u32) {
    // SAFETY: the selector is null or SEL_LDT, whose descriptor `tables::set_ldt` keeps valid.
    unsafe { asm!("lldt {0:x}", in(reg) selector, options(nostack, preserves_flags)) };
}

fn cr0() -> u32 {
    let value: u32;
    // SAFETY: reading CR0 has no effect; CPL is 0.
    unsafe { asm!("mov {}, cr0", out(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

fn set_cr0(value: u32) {
    // SAFETY: callers change the coprocessor and alignment bits only; PE and PG stay.
    unsafe { asm!("mov cr0, {}", in(reg) value, options(nostack, preserves_flags)) };
}

/// CR0 as clients need it: FPU errors by IRQ 13, no alignment checks, no task-switch trap.
pub fn prepare(monitor: bool, emulate: bool) {
    let value = cr0() & !(CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_AM);
    set_cr0(value | if monitor { CR0_MP } else { 0 } | if emulate { CR0_EM } else { 0 });
}

/// FNSAVE and, by it, FNINIT.
#[inline(never)]
pub fn save_fpu(to: &mut [u8; 108]) {
    // SAFETY: the image is 108 bytes in 32-bit mode; an FPU is present (the caller asked only if so).
    unsafe { asm!("fnsave [{}]", in(reg) to.as_mut_ptr(), options(nostack)) };
}

/// FRSTOR.
#[inline(never)]
pub fn load_fpu(from: &[u8; 108]) {
    // SAFETY: the image is 108 bytes in 32-bit mode; an FPU is present.
    unsafe { asm!("frstor [{}]", in(reg) from.as_ptr(), options(nostack)) };
}

macro_rules! debug_registers {
    ($($number:literal),+) => {
        /// Reads a debug register, but for 4 and 5: 0.
        pub fn debug_register(number: u8) -> u32 {
            let value: u32;
            match number {
                $(
                    // SAFETY: reading a debug register has no effect while DR7.GD is clear, which nobody sets.
                    $number => unsafe {
                        asm!(concat!("mov {}, dr", $number), out(reg) value, options(nomem, nostack))
                    },
                )+
                _ => value = 0,
            }
            value
        }

        /// Writes a debug register; the value has been checked not to name the core's addresses.
        pub fn set_debug_register(number: u8, value: u32) {
            match number {
                $(
                    // SAFETY: breakpoints lie in the clients' part (checked by the caller).
                    $number => unsafe {
                        asm!(concat!("mov dr", $number, ", {}"), in(reg) value, options(nomem, nostack))
                    },
                )+
                _ => {}
            }
        }
    };
}

debug_registers!(0, 1, 2, 3, 6, 7);

/// Stops the machine: no interrupt ends this.
pub fn halt() -> ! {
    loop {
        // SAFETY: CLI and HLT at CPL 0.
        unsafe { asm!("cli; hlt", options(nomem, nostack)) };
    }
}
