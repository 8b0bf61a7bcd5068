//! `cargo x check`: everything that needs no emulator.
//!
//! The steps run to the end even when one fails, so that one run shows all there is to mend.

pub mod format;
pub mod host_tests;
pub mod layers;
pub mod lint;
pub mod source;
pub mod unsafety;

use std::fmt;
use std::process::ExitCode;

use anyhow::Result;

use crate::console::step;
use crate::image;
use crate::project::Project;

/// What a step came to.
pub enum Finding {
    /// All is well; what was looked at.
    Good(String),
    /// It could not be done here, and why.
    Skipped(String),
}

/// Numbers of a whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Steps and tests that came out as expected.
    pub passed: usize,
    /// Those that did not.
    pub failed: usize,
    /// Those that could not be run.
    pub skipped: usize,
}

impl Tally {
    /// Takes over the numbers of another run.
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Success if nothing failed.
    pub fn exit_code(self) -> ExitCode {
        if self.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// Runs every step and counts them, each host test by itself.
pub fn run_all(project: &Project) -> Tally {
    let mut tally = Tally::default();
    record(&mut tally, "format", format::check(project));
    record(&mut tally, "layers", layers::check(project));
    record(&mut tally, "unsafe", unsafety::check(project));
    record(&mut tally, "lint", lint::library(project));
    record(&mut tally, "lint", lint::tools(project));
    record(&mut tally, "image", image::build(project).map(|image| Finding::Good(image.summary())));
    record(&mut tally, "lint", lint::machine(project));
    for part in host_tests::PARTS {
        match host_tests::run(project, part) {
            Ok(found) => tally.add(found),
            Err(error) => record(&mut tally, "tests", Err(error)),
        }
    }
    tally
}

/// The command: every step, the sum on the last line, and a failure if one failed.
pub fn run(project: &Project) -> ExitCode {
    let tally = run_all(project);
    println!("{tally}");
    tally.exit_code()
}

/// Prints a single rule's finding.
pub fn report(subject: &str, finding: Finding) {
    match finding {
        Finding::Good(text) | Finding::Skipped(text) => step(subject, text),
    }
}

fn record(tally: &mut Tally, subject: &str, finding: Result<Finding>) {
    match finding {
        Ok(Finding::Good(text)) => {
            tally.passed += 1;
            step(subject, text);
        }
        Ok(Finding::Skipped(reason)) => {
            tally.skipped += 1;
            step(subject, format!("skipped: {reason}"));
        }
        Err(error) => {
            tally.failed += 1;
            step(subject, format!("FAILED: {error:#}"));
        }
    }
}
