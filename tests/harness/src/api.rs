//! The entry points for `tools/x`: one request type and one function for each command.

use std::path::{Path, PathBuf};

use crate::batch::JobResult;
use crate::host::HostUnderTest;
use crate::machine::{Engine, Machine};

/// Where things are.
#[derive(Clone, Debug)]
pub struct Places {
    /// The repository's root.
    pub root: PathBuf,
    /// What is fetched or built once: FreeDOS, DOSBox-X, the Free Pascal tool chain.
    pub cache: PathBuf,
    /// Where assembled tests, screenshots and logs of failures go.
    pub out: PathBuf,
}

impl Places {
    /// The default places: `target/cache` and `target/tests` below the repository's root.
    pub fn of(root: impl AsRef<Path>) -> Self {
        let root = root.as_ref().to_path_buf();
        Places { cache: root.join("target/cache"), out: root.join("target/tests"), root }
    }
}

/// `cargo x run`: one program, on one machine, under one host.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// The machine to run on.
    pub machine: Machine,
    /// The host.
    pub host: HostUnderTest,
    /// The program on this machine.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: String,
    /// A directory whose contents (copied, subdirectories included) become C:; usually the program's.
    pub directory: Option<PathBuf>,
    /// How long it may run.
    pub limit: std::time::Duration,
}

/// `cargo x test`: which of the guest tests and corpus programs to run, and where.
#[derive(Clone, Debug)]
pub struct SuiteRequest {
    /// FERRITE.EXE, or the host it is to be compared with.
    pub host: PathBuf,
    /// The same host with debug calls, for the tests that need them; where it is missing they are skipped.
    pub debug_host: Option<PathBuf>,
    /// The machines. Those that are not to be had are counted as skipped.
    pub engines: Vec<Engine>,
    /// Only tests whose path contains one of these; empty means all.
    pub patterns: Vec<String>,
    /// Run the guest tests of `tests/guest`.
    pub guest: bool,
    /// Run the Free Pascal corpus of `tests/corpus`.
    pub corpus: bool,
    /// All of the corpus, not the sample that a normal run takes, and the tests that take long.
    pub whole: bool,
}

/// `cargo x fuzz`: the fuzzers among the guest tests, with seeds and numbers of calls of one's own.
#[derive(Clone, Debug)]
pub struct FuzzRequest {
    /// FERRITE.EXE, or the host it is to be compared with.
    pub host: PathBuf,
    /// Switches for the host.
    pub host_arguments: String,
    /// The machines, by name (`Machine::named`).
    pub machines: Vec<String>,
    /// Their memory in MiB; `None` is the usual one.
    pub memory_mib: Option<u32>,
    /// The tests, by their whole names.
    pub tests: Vec<String>,
    /// Widths of clients; a test without widths runs all the same.
    pub widths: Vec<u32>,
    /// One run of each test for each.
    pub seeds: Vec<u32>,
    /// Calls in each run.
    pub calls: u32,
}

/// What `cargo x run` prints: the program's output and how it ended.
pub type RunReport = JobResult;

/// `cargo x bench`.
#[derive(Clone, Debug)]
pub struct BenchRequest {
    /// The hosts to measure, side by side; the first is held against the budgets.
    pub hosts: Vec<PathBuf>,
    /// Check `tests/budgets.toml`.
    pub budgets: bool,
    /// The machine to measure on, by name (`Machine::named`). Only QEMU counts instructions.
    pub machine: String,
}
