//! The text screen, and the report of a client that died.
//!
//! Facts relied on: the BIOS data area says mode, columns, rows, cursor and page; conventional memory is mapped.

use core::fmt::{self, Write};

use ferrite::client::Ending;
use ferrite::host::Host;
use ferrite::machine::Machine;
use ferrite::monitor::Reporter;
use ferrite::regs::Registers;
use ferrite::report::{oldest_first, CodeWindow, Crash, PageState, StackWindow};
use ferrite::x86::descriptor::Descriptor;

use super::console::DebugPort;
use super::memory::Pc;
use super::{cpu, heap};

/// BIOS data area: video mode, columns, rows less one, page start, cursor of page 0.
mod bios {
    pub const MODE: u32 = 0x449;
    pub const COLUMNS: u32 = 0x44A;
    pub const PAGE_START: u32 = 0x44E;
    pub const CURSOR: u32 = 0x450;
    pub const ROWS: u32 = 0x484;
}

/// White on black.
const ATTRIBUTE: u16 = 0x0700;

/// The text page that is shown, written directly: DOS and the BIOS may not be called now.
pub struct TextPage {
    machine: Pc,
    columns: u32,
    rows: u32,
    base: Option<u32>,
}

impl TextPage {
    /// The current page; nothing is written in a graphics mode.
    pub fn new() -> Self {
        let machine = Pc::new();
        let base = match machine.read_u8(bios::MODE) {
            2 | 3 => Some(0xB_8000),
            7 => Some(0xB_0000),
            _ => None,
        };
        let rows = machine.read_u8(bios::ROWS) as u32;
        TextPage {
            columns: machine.read_u16(bios::COLUMNS) as u32,
            rows: if rows == 0 { 25 } else { rows + 1 },
            base: base.map(|base| base + machine.read_u16(bios::PAGE_START) as u32),
            machine,
        }
    }

    fn scroll(&mut self, base: u32) {
        let line = self.columns * 2;
        self.machine.copy(base + line, base, line * (self.rows - 1));
        for column in 0..self.columns {
            self.machine.write_u16(base + line * (self.rows - 1) + column * 2, ATTRIBUTE | b' ' as u16);
        }
    }
}

impl Write for TextPage {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let Some(base) = self.base else { return Ok(()) };
        let cursor = self.machine.read_u16(bios::CURSOR) as u32;
        let (mut column, mut row) = (cursor & 0xFF, cursor >> 8);
        for byte in text.bytes() {
            if byte != b'\n' && column < self.columns {
                let at = base + (row * self.columns + column) * 2;
                self.machine.write_u16(at, ATTRIBUTE | byte as u16);
                column += 1;
            }
            if byte == b'\n' {
                column = 0;
                row += 1;
                if row >= self.rows {
                    self.scroll(base);
                    row = self.rows - 1;
                }
            }
        }
        self.machine.write_u16(bios::CURSOR, (row << 8 | column) as u16);
        Ok(())
    }
}

/// Where reports go: the screen and the debug port.
pub struct Screen;

impl Reporter<Pc> for Screen {
    const DEBUG_CALLS: bool = cfg!(feature = "debug-calls");

    fn died(&mut self, host: &mut Host<Pc>, regs: &Registers, vector: u8, fault_address: u32, child: bool) {
        let id = host.current;
        let Some(client) = host.clients[id as usize].as_ref() else { return };
        let (width, calls) = (client.width, oldest_first(client.calls, client.call_next));
        let told = core::mem::take(&mut host.death_note);
        let note = if client.ending == Ending::Lives { told } else { "DOS was just ending this program." };
        let selectors = [regs.es, regs.cs, regs.ss, regs.ds, regs.fs, regs.gs];
        let segments = selectors.map(|selector| segment(host, selector as u16));
        let mut crash = Crash {
            version: env!("CARGO_PKG_VERSION"),
            vector,
            client: id,
            width,
            child,
            note,
            registers: *regs,
            segments,
            cr2: fault_address,
            page: page_state(host, fault_address),
            code: CodeWindow::new(&[], &[]),
            stack: StackWindow::new(&[]),
            calls,
        };
        let mut before = [0; 32];
        let mut from = [0; 32];
        let mut stack = [0; 64];
        let (code_base, stack_base) = match regs.is_v86() {
            true => ((regs.cs & 0xFFFF) << 4, (regs.ss & 0xFFFF) << 4),
            false => (segments[1].map_or(0, Descriptor::base), segments[2].map_or(0, Descriptor::base)),
        };
        let eip = code_base.wrapping_add(regs.eip);
        let behind = readable_before(host, eip, &mut before);
        let ahead = readable_from(host, eip, &mut from);
        let top = stack_base.wrapping_add(crash.stack_offset());
        let words = readable_from(host, top, &mut stack);
        crash.stack = StackWindow::new(&stack[..words]);
        crash.code = CodeWindow::new(&before[32 - behind..], &from[..ahead]);
        if !heap::on_loan(&mut host.memory, || show(&crash)) {
            // No memory to disassemble with.
            crash.code = CodeWindow::new(&[], &[]);
            show(&crash);
        }
    }

    fn reboot(&mut self) -> ! {
        let mut machine = Pc::new();
        // Warm start: no memory test.
        machine.write_u16(0x472, 0x1234);
        machine.output(0x64, 0xFE);
        machine.output(0x92, 1);
        cpu::halt()
    }

    fn tell(&mut self, text: &str) {
        let _ = writeln!(DebugPort, "{text}");
        let _ = write!(TextPage::new(), "\n{text}\n");
    }

    fn stuck(&mut self) -> ! {
        const TOLD: &str =
            "\nDOS cannot end this program any more. The machine restarts at a key, or in 20 seconds.\n";
        let _ = write!(DebugPort, "{TOLD}");
        let _ = write!(TextPage::new(), "{TOLD}");
        wait_for_key(20);
        self.reboot()
    }
}

/// Prints a report.
#[inline(never)]
fn show(crash: &Crash) {
    let _ = write!(DebugPort, "{crash}");
    let _ = write!(TextPage::new(), "\n{crash}");
}

/// Waits until a key goes down, or so many seconds have gone by on the clock.
fn wait_for_key(seconds: u32) {
    // Keyboard controller, status: a byte is there; it is the mouse's. The code of a key that comes up has bit 7.
    const FULL: u8 = 1;
    const MOUSE: u8 = 0x20;
    const RELEASED: u8 = 0x80;
    let mut machine = Pc::new();
    let (mut second, mut passed) = (None, 0);
    while passed <= seconds {
        let status = machine.input(0x64);
        if status & FULL != 0 && machine.input(0x60) & RELEASED == 0 && status & MOUSE == 0 {
            return;
        }
        // The clock's register 0.
        machine.output(0x70, 0);
        let now = machine.input(0x71);
        if second.replace(now) != Some(now) {
            passed += 1;
        }
    }
}

/// The descriptor behind a selector, for showing.
fn segment(host: &mut Host<Pc>, selector: u16) -> Option<Descriptor> {
    if selector & 4 != 0 {
        return Some(Descriptor(host.machine.descriptor(host.current, selector >> 3)));
    }
    ferrite::monitor::entry::landing_descriptor(selector)
}

/// Reads what can be read from `at` on; how many bytes.
fn readable_from(host: &mut Host<Pc>, at: u32, into: &mut [u8]) -> usize {
    let mut count = 0;
    while count < into.len() && host.readable(at.wrapping_add(count as u32), 1).is_ok() {
        into[count] = host.machine.read_u8(at.wrapping_add(count as u32));
        count += 1;
    }
    count
}

/// Reads what can be read just before `at`, to the end of `into`; how many bytes.
fn readable_before(host: &mut Host<Pc>, at: u32, into: &mut [u8]) -> usize {
    let length = into.len();
    let mut count = 0;
    while count < length && host.readable(at.wrapping_sub(count as u32 + 1), 1).is_ok() {
        count += 1;
        into[length - count] = host.machine.read_u8(at.wrapping_sub(count as u32));
    }
    count
}

/// What the page behind an address is.
fn page_state(host: &mut Host<Pc>, linear: u32) -> PageState {
    use ferrite::paging::page::Page;
    if linear >= ferrite::layout::CORE_BASE {
        return PageState::Core;
    }
    let Host { clients, machine, current, .. } = host;
    let Some(client) = clients[*current as usize].as_mut() else { return PageState::Unknown };
    match client.space.describe(machine, linear) {
        Page::Absent | Page::Guard => PageState::Outside,
        Page::Uncommitted => PageState::Uncommitted,
        Page::Untouched { .. } => PageState::Untouched,
        Page::Swapped { slot, .. } => PageState::Swapped { slot },
        Page::Resident(resident) => PageState::Resident {
            physical: resident.frame << 12,
            is_writable: resident.writable,
            is_user: true,
        },
    }
}
