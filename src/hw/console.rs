//! Where words go: port E9h, COM1 and the text screen; and the logger behind the `log` crate.
//!
//! Facts relied on: ring 0 may use any port; the BIOS data area and the text page are mapped.

use core::fmt::{self, Write};

use log::{LevelFilter, Log, Metadata, Record};

use super::cpu;

/// Bochs's, QEMU's and DOSBox-X's debug port.
const DEBUG_PORT: u16 = 0xE9;
/// COM1: data, line status (bit 5: room for a byte).
const SERIAL: u16 = 0x3F8;
const SERIAL_STATUS: u16 = 0x3FD;
/// How often to look for room before a byte is given up: no UART, no wait without end.
const SERIAL_PATIENCE: u32 = 100_000;

/// Target bits of the boot information.
const TO_DEBUG_PORT: u8 = 1;
const TO_SERIAL: u8 = 2;

fn output(port: u16, value: u8) {
    // SAFETY: writing to the debug or serial port harms nobody.
    unsafe { cpu::output(port, value) };
}

/// Writes to the debug port.
pub struct DebugPort;

impl Write for DebugPort {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| output(DEBUG_PORT, byte));
        Ok(())
    }
}

/// Writes to COM1 as it is set up.
pub struct Serial;

impl Write for Serial {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            for _ in 0..SERIAL_PATIENCE {
                // SAFETY: reading the line status has no side effect that anyone relies on.
                if unsafe { cpu::input(SERIAL_STATUS) } & 0x20 != 0 {
                    break;
                }
            }
            if byte == b'\n' {
                output(SERIAL, b'\r');
            }
            output(SERIAL, byte);
        }
        Ok(())
    }
}

/// The logger: bits of the targets.
struct Logger;

static mut TARGETS: u8 = 0;
static LOGGER: Logger = Logger;

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record) {
        // SAFETY: written once, at start.
        let targets = unsafe { TARGETS };
        if targets & TO_DEBUG_PORT != 0 {
            let _ = writeln!(DebugPort, "[{} {}] {}", record.level(), record.target(), record.args());
        }
        if targets & TO_SERIAL != 0 {
            let _ = writeln!(Serial, "[{} {}] {}", record.level(), record.target(), record.args());
        }
    }

    fn flush(&self) {}
}

/// Sets level (0 off to 5 trace) and targets of the log.
pub fn start_logging(level: u8, targets: u8) {
    // SAFETY: once, at start, before anything is logged.
    unsafe { TARGETS = targets };
    let level = match level {
        0 => LevelFilter::Off,
        1 => LevelFilter::Error,
        2 => LevelFilter::Warn,
        3 => LevelFilter::Info,
        4 => LevelFilter::Debug,
        _ => LevelFilter::Trace,
    };
    // SAFETY: no other thread exists that could set a logger.
    let _ = unsafe { log::set_logger_racy(&LOGGER) };
    // SAFETY: as above.
    unsafe { log::set_max_level_racy(level) };
}
