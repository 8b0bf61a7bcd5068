//! Many programs in one boot: what to run, and what became of each.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

use crate::api::Places;
use crate::host::HostUnderTest;
use crate::machine::{GuestFile, Machine};
use crate::qmp::code_page_437;
use crate::session;

/// One program to run in a guest.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name in reports.
    pub name: String,
    /// Its file on C:.
    pub program: GuestFile,
    /// The current directory it finds, e.g. `C:\WORK` (which always exists).
    pub directory: String,
    /// Its command line.
    pub arguments: String,
    /// How long it may run.
    pub limit: Duration,
    /// Its standard input. Empty: NUL, which is at its end at once.
    pub input: Vec<u8>,
    /// Files of C: to bring back from the machine when it is over.
    pub collect: Vec<String>,
}

impl Job {
    /// A job in `C:\WORK` without arguments or input, with 30 s to run.
    pub fn new(name: impl Into<String>, program: GuestFile) -> Self {
        Job {
            name: name.into(),
            program,
            directory: "C:\\WORK".to_string(),
            arguments: String::new(),
            limit: Duration::from_secs(30),
            input: Vec::new(),
            collect: Vec::new(),
        }
    }
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
    /// It ran past its limit. In QEMU: while the machine's clock went on ticking.
    TimedOut,
    /// It ran past its limit and the machine stood still: the BIOS tick did not move. Only QEMU
    /// lets that be seen.
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
    /// What befell the machine after the program had come back to DOS and before the next one
    /// started; nothing, when all went on well.
    pub aftermath: Option<End>,
    /// What it wrote to standard output and standard error.
    pub output: Vec<u8>,
    /// The files that were to be brought back, as far as they are there.
    pub files: Vec<GuestFile>,
    /// The lines it (or the host) wrote to port E9h while it ran.
    pub channel: Vec<String>,
    /// Wall-clock time of the run, as far as it could be seen.
    pub elapsed: Duration,
    /// The machine when it was stopped, with a picture in [`crate::api::Places::out`] (QEMU only).
    pub screen: Option<Screen>,
}

/// What could be seen of the machine at a failure.
#[derive(Clone, Debug, Default)]
pub struct Screen {
    /// The text page, trailing blanks removed.
    pub text: String,
    /// The CPU's registers, in the emulator's words.
    pub registers: String,
    /// The picture.
    pub picture: Option<PathBuf>,
}

impl JobResult {
    /// The result of a job whose program was never started.
    pub(crate) fn without_run(name: &str, end: End, screen: Option<Screen>) -> Self {
        JobResult {
            name: name.to_string(),
            end,
            aftermath: None,
            output: Vec::new(),
            files: Vec::new(),
            channel: Vec::new(),
            elapsed: Duration::ZERO,
            screen,
        }
    }

    /// The program's output as text: code page 437, lines ended by LF alone.
    pub fn text(&self) -> String {
        let bytes = self.output.iter().filter(|byte| **byte != b'\r');
        bytes
            .map(|byte| if matches!(byte, b'\n' | b'\t') { *byte as char } else { code_page_437(*byte) })
            .collect()
    }

    /// Everything that helps a person who looks into this run.
    pub fn detail(&self) -> String {
        let mut text = String::new();
        let mut part = |title: &str, body: &str| {
            if !body.trim().is_empty() {
                text += &format!("--- {title}\n{}\n", body.trim_end());
            }
        };
        part("port E9h", &self.channel.join("\n"));
        part("output", &self.text());
        if let Some(screen) = &self.screen {
            part("screen", &screen.text);
            part("registers", &screen.registers);
            part(
                "picture",
                &screen.picture.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
            );
        }
        text
    }
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Exited { code, kind: 0 } => write!(formatter, "exit code {code}"),
            End::Exited { code, kind: 1 } => write!(formatter, "ended by ^C, exit code {code}"),
            End::Exited { code, kind: 2 } => write!(formatter, "ended by a critical error, exit code {code}"),
            End::Exited { code, kind } => {
                write!(formatter, "stayed resident (type {kind}), exit code {code}")
            }
            End::NotStarted(error) => write!(formatter, "DOS could not start it (error {error})"),
            End::TimedOut => formatter.write_str("time-out"),
            End::Hung => formatter.write_str("hang: the machine stood still"),
            End::Reset => formatter.write_str("the machine was reset or met a triple fault"),
            End::EmulatorDied(words) => write!(formatter, "the emulator ended: {}", words.trim()),
            End::BootFailed(why) => write!(formatter, "never booted: {why}"),
            End::HostFailed(why) => write!(formatter, "the host did not load: {why}"),
        }
    }
}

/// Runs `jobs` on `machine` under `host`, on up to `lanes` machines at a time, and returns their
/// results in the order of the jobs. `ended` hears of each as it ends, from several threads.
///
/// # Errors
/// When a machine cannot be set up at all (a missing tool, a full disk). What happens inside the
/// machine is in the results.
pub fn run(
    machine: &Machine,
    host: &HostUnderTest,
    jobs: &[Job],
    places: &Places,
    lanes: usize,
    ended: &(dyn Fn(&JobResult) + Sync),
) -> Result<Vec<JobResult>> {
    let share = jobs.len().div_ceil(lanes.max(1)).max(1);
    let outcomes: Vec<Result<Vec<JobResult>>> = std::thread::scope(|scope| {
        let lane = |part| {
            move || {
                let mut results = Vec::new();
                let mut take = |_, result: JobResult| {
                    ended(&result);
                    results.push(result);
                };
                session::run(machine, host, part, places, &mut take).map(|()| results)
            }
        };
        let threads: Vec<_> = jobs.chunks(share).map(|part| scope.spawn(lane(part))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a lane panicked")).collect()
    });
    let mut all = Vec::new();
    for outcome in outcomes {
        all.extend(outcome?);
    }
    Ok(all)
}
