//! Totals and progress: how a run tells what it does and what came out.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How one test is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It did what was expected, a known failure that failed as known included.
    Passed,
    /// It did not; why, in one line.
    Failed(String),
    /// It could not be run; which tool or machine is missing, or why it does not apply.
    Skipped(String),
}

/// One counted test.
#[derive(Clone, Debug)]
pub struct Record {
    /// `machine: host: program`, with the width where there are two.
    pub name: String,
    /// What came out.
    pub standing: Standing,
    /// Everything a person needs who looks into a failure: channel, output, screen.
    pub detail: String,
    /// How long it ran.
    pub elapsed: Duration,
}

impl Record {
    /// The name, and how long it ran, where somebody may want to know why a run takes so long.
    pub fn timed_name(&self) -> String {
        const WORTH_TELLING: u64 = 5;
        match self.elapsed.as_secs() {
            0..WORTH_TELLING => self.name.clone(),
            seconds => format!("{} ({seconds} s)", self.name),
        }
    }
}

/// The sum of a run. Sums of several runs are added with [`Totals::add`].
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Every record, in the order in which the tests ended.
    pub records: Vec<Record>,
}

impl Totals {
    /// Takes over the records of another run.
    pub fn add(&mut self, other: Totals) {
        self.records.extend(other.records);
    }

    /// Counts one test.
    pub fn push(&mut self, name: impl Into<String>, standing: Standing, detail: impl Into<String>) {
        self.records.push(Record {
            name: name.into(),
            standing,
            detail: detail.into(),
            elapsed: Duration::ZERO,
        });
    }

    /// (passed, failed, skipped).
    pub fn counts(&self) -> (usize, usize, usize) {
        self.records.iter().fold((0, 0, 0), |(passed, failed, skipped), record| match record.standing {
            Standing::Passed => (passed + 1, failed, skipped),
            Standing::Failed(_) => (passed, failed + 1, skipped),
            Standing::Skipped(_) => (passed, failed, skipped + 1),
        })
    }

    /// Whether nothing failed.
    pub fn is_good(&self) -> bool {
        self.counts().1 == 0
    }
}

impl fmt::Display for Totals {
    /// Failures and skips with their reasons, then `N passed, N failed, N skipped`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut skips: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for record in &self.records {
            match &record.standing {
                Standing::Passed => {}
                Standing::Failed(why) => writeln!(formatter, "FAILED  {}: {why}", record.name)?,
                Standing::Skipped(why) => skips.entry(why.as_str()).or_default().push(&record.name),
            }
        }
        for (why, names) in skips {
            match names.as_slice() {
                [name] => writeln!(formatter, "skipped {name}: {why}")?,
                names => writeln!(formatter, "skipped {} tests ({}, ...): {why}", names.len(), names[0])?,
            }
        }
        let (passed, failed, skipped) = self.counts();
        write!(formatter, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

/// Where progress goes. Calls may come from several threads, one per machine.
pub trait Progress: Sync {
    /// A line about what is being done (building, booting, retrying).
    fn note(&self, line: &str);
    /// One test has been counted.
    fn counted(&self, record: &Record);
}

/// Progress on standard error: a line for each note and failure, and a running count.
pub struct ConsoleProgress;

impl Progress for ConsoleProgress {
    fn note(&self, line: &str) {
        eprintln!("  {line}");
    }

    fn counted(&self, record: &Record) {
        match &record.standing {
            Standing::Passed => eprintln!("  ok      {}", record.timed_name()),
            Standing::Failed(why) => {
                eprintln!("  FAILED  {}: {why}", record.name);
                for line in record.detail.lines() {
                    eprintln!("          | {line}");
                }
            }
            Standing::Skipped(why) => eprintln!("  skipped {}: {why}", record.name),
        }
    }
}

/// Progress that nobody sees.
pub struct Quiet;

impl Progress for Quiet {
    fn note(&self, _line: &str) {}
    fn counted(&self, _record: &Record) {}
}
