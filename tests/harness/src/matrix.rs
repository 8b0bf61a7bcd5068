//! `tests/matrix.toml`: what is known to fail, and what a machine cannot do at all.
//!
//! An entry is a debt with a reason. A known failure that passes is itself a failure, so that
//! the entry goes when its reason does.

use std::path::Path;

use anyhow::{bail, Context, Result};
use serde::Deserialize;

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Failures that are known.
    #[serde(default)]
    pub known: Vec<Entry>,
    /// What cannot work on a machine, for the machine's sake: skipped.
    #[serde(default)]
    pub unsupported: Vec<Entry>,
}

/// One line of the matrix. A pattern that is left out, or `*`, holds for all.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The test's path below tests/guest without `.asm`, or a corpus program's name; a `*` at its
    /// end stands for anything.
    pub program: String,
    /// The machine's name, e.g. `bochs` or `dosbox-x/dynamic`.
    #[serde(default)]
    pub machine: Option<String>,
    /// The label of the host, e.g. `FERRITE` or `HDPMI32`.
    #[serde(default)]
    pub host: Option<String>,
    /// 16 or 32.
    #[serde(default)]
    pub width: Option<u32>,
    /// Why.
    pub reason: String,
}

/// One test on one machine, as entries see it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Path or name.
    pub program: &'a str,
    /// The machine's name.
    pub machine: &'a str,
    /// The host's label.
    pub host: &'a str,
    /// The width it was assembled for.
    pub width: Option<u32>,
}

impl Entry {
    fn holds_for(&self, subject: Subject<'_>) -> bool {
        let matches = |pattern: &str, text: &str| match pattern.strip_suffix('*') {
            Some(start) => text.starts_with(start),
            None => pattern == text,
        };
        matches(&self.program, subject.program)
            && self.machine.as_deref().is_none_or(|pattern| matches(pattern, subject.machine))
            && self
                .host
                .as_deref()
                .unwrap_or("FERRITE*")
                .split(' ')
                .any(|pattern| matches(pattern, subject.host))
            && self.width.is_none_or(|width| Some(width) == subject.width)
    }
}

impl Matrix {
    /// Reads the file; a file that is not there is an empty matrix.
    pub fn read(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Ok(Matrix::default());
        }
        Matrix::parse(&std::fs::read_to_string(path)?).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> Result<Self> {
        let matrix: Matrix = toml::from_str(text)?;
        for entry in matrix.known.iter().chain(&matrix.unsupported) {
            if entry.reason.trim().is_empty() {
                bail!("{} has no reason", entry.program);
            }
        }
        Ok(matrix)
    }

    /// Why the subject is known to fail. Entries that name no host hold for Ferrite alone.
    pub fn known_failure(&self, subject: Subject<'_>) -> Option<&str> {
        self.known.iter().find(|entry| entry.holds_for(subject)).map(|entry| entry.reason.as_str())
    }

    /// Why the subject cannot be run on its machine.
    pub fn unsupported(&self, subject: Subject<'_>) -> Option<&str> {
        self.unsupported.iter().find(|entry| entry.holds_for(subject)).map(|entry| entry.reason.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_hold_for_what_they_name_and_no_more() {
        let text = "[[known]]\nprogram = 'dpmi/03*'\nmachine = 'bochs'\nwidth = 16\nreason = 'issue 9'\n";
        let matrix = Matrix::parse(text).unwrap();
        let subject = Subject { program: "dpmi/0300-x", machine: "bochs", host: "FERRITE", width: Some(16) };
        assert_eq!(matrix.known_failure(subject), Some("issue 9"));
        assert_eq!(matrix.known_failure(Subject { machine: "qemu", ..subject }), None);
        assert_eq!(matrix.known_failure(Subject { width: Some(32), ..subject }), None);
        assert_eq!(matrix.known_failure(Subject { host: "HDPMI32", ..subject }), None);
        assert_eq!(matrix.known_failure(Subject { program: "dpmi/0400-x", ..subject }), None);
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        assert!(Matrix::parse("[[known]]\nprogram = 'a'\nreason = ' '\n").is_err());
        assert!(Matrix::parse("[[known]]\nprogram = 'a'\n").is_err());
    }
}
