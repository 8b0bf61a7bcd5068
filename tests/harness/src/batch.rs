//! Many programs in one boot: what to run, and what became of each.

use std::path::PathBuf;
use std::time::Duration;

use crate::machine::GuestFile;

/// One program to run in a guest.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name in reports.
    pub name: String,
    /// Its file on C: (8.3 name, no directory); it is put into `C:\`.
    pub program: GuestFile,
    /// Its command line.
    pub arguments: String,
    /// How long it may run.
    pub limit: Duration,
    /// Text that is typed to the program: its standard input. Empty: NUL.
    pub input: Vec<u8>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It came back to DOS.
    Exited {
        /// The errorlevel.
        code: u8,
        /// How DOS ended it: 0 normally, 1 by ^C, 2 critical error, 3 it stayed resident.
        kind: u8,
    },
    /// DOS could not start it; the DOS error number.
    NotStarted(u8),
    /// It ran past its limit; the machine's clock went on ticking.
    TimedOut,
    /// It ran past its limit and the machine stood still (the BIOS tick did not move).
    Hung,
    /// The machine was reset, or met a triple fault, while it ran.
    Reset,
    /// The emulator itself gave up; its last words.
    EmulatorDied(String),
    /// The machine never reached AUTOEXEC, three times.
    BootFailed(String),
    /// The host under test did not load: why.
    HostFailed(String),
}

/// Everything that is known about one program's run.
#[derive(Clone, Debug)]
pub struct JobResult {
    /// The job's name.
    pub name: String,
    /// How it ended.
    pub end: End,
    /// What it wrote to standard output and standard error.
    pub output: Vec<u8>,
    /// The lines it (or the host) wrote to port E9h while it ran.
    pub channel: Vec<String>,
    /// Wall-clock time of the run, as far as it could be seen.
    pub elapsed: Duration,
    /// The screen when it was stopped: text, and a PNG in the report directory (QEMU only).
    pub screen: Option<Screen>,
}

/// What the screen showed at a failure.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    /// The text page, trailing blanks removed.
    pub text: String,
    /// The picture.
    pub picture: Option<PathBuf>,
}
