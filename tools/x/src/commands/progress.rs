//! What a long run shows: on a terminal one line that counts, with the failures above it; elsewhere a line for
//! each test, so that a log tells how far a run got.

use std::sync::Mutex;

use ferrite_harness::report::{Progress, Record, Standing};
use indicatif::ProgressBar;

use crate::check::Tally;
use crate::console;

/// A count that grows, fed from several threads.
pub struct Counting {
    bar: ProgressBar,
    tally: Mutex<Tally>,
}

impl Counting {
    /// Starts at nothing.
    pub fn new(subject: &str, text: &str) -> Counting {
        Counting { bar: console::spinner(subject, text), tally: Mutex::new(Tally::default()) }
    }

    /// Takes the line away.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }

    fn print(&self, subject: &str, text: &str) {
        self.bar.suspend(|| console::step(subject, text));
    }
}

impl Progress for Counting {
    fn note(&self, line: &str) {
        if self.bar.is_hidden() {
            console::step("", line);
        } else {
            self.bar.set_message(line.to_string());
        }
    }

    fn counted(&self, record: &Record) {
        let mut tally = self.tally.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match &record.standing {
            Standing::Passed => {
                tally.passed += 1;
                if self.bar.is_hidden() {
                    console::step("ok", record.timed_name());
                }
            }
            Standing::Failed(why) => {
                tally.failed += 1;
                self.print("FAILED", &format!("{}: {why}", record.name));
                record.detail.lines().for_each(|line| self.print("|", line));
            }
            // Told at the end, by reason.
            Standing::Skipped(_) => tally.skipped += 1,
        }
        self.bar.set_message(format!("{tally}; {}", record.name));
    }
}
