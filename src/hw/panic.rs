//! The core's own end: a defect of ours. File and line go to port E9h and the screen, and the machine stops.

use core::fmt::Write;
use core::panic::PanicInfo;

use super::console::DebugPort;
use super::cpu;
use super::screen::TextPage;

/// Says it everywhere and stops.
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    let _ = writeln!(DebugPort, "\nFERRITE PANIC: {info}");
    let _ = writeln!(TextPage::new(), "\nFerrite has a defect and stops the machine: {info}");
    cpu::halt()
}

/// A fault in ring 0. `words` are the registers as PUSHAD left them (EDI first), the error code, EIP, CS, EFLAGS.
pub fn fault(vector: u32, words: &[u32; 12]) -> ! {
    panic!(
        "exception {vector:02X} in the core at {:08X}, error {:X}, CR2 {:08X}, EAX {:08X} EBX {:08X} ECX {:08X} \
         EDX {:08X} ESI {:08X} EDI {:08X} EBP {:08X}",
        words[9],
        words[8],
        cpu::fault_address(),
        words[7],
        words[4],
        words[6],
        words[5],
        words[1],
        words[0],
        words[2]
    )
}
