//! `tests/corpus/programs.txt`: names, errorlevels and outputs that the oracles agreed on; and
//! `excluded.txt`: what was tried and left out, with the reason.

use std::fmt;
use std::path::Path;

use anyhow::{bail, Context, Result};

use crate::guest::fnv;

/// What stands for an output that differs from run to run (addresses, times, free memory).
const ANY_OUTPUT: &str = "-";

/// One program and what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `own/...` (tests/corpus), `demo/...`, `test/...` or `tbs/...` (Free Pascal's sources).
    pub name: String,
    /// The errorlevel.
    pub code: u8,
    /// The hash of its output; `None` where the output cannot be compared.
    pub output: Option<u64>,
    /// The hosts whose run this is.
    pub oracles: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let output = self.output.map_or(ANY_OUTPUT.to_string(), |hash| format!("{hash:016x}"));
        write!(formatter, "{} {} {output} {}", self.name, self.code, self.oracles)
    }
}

impl Entry {
    fn parse(line: &str) -> Result<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, code, output, oracles] = words.as_slice() else {
            bail!("expected name, errorlevel, output and oracles: `{line}`");
        };
        let output = match *output {
            ANY_OUTPUT => None,
            hash => Some(u64::from_str_radix(hash, 16).context("the output is no hash")?),
        };
        Ok(Entry { name: name.to_string(), code: code.parse()?, output, oracles: oracles.to_string() })
    }
}

/// Reads a list; blank lines and lines that begin with `#` are left alone.
///
/// # Errors
/// When the file is missing or a line is not an entry.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(Entry::parse).collect::<Result<_>>().with_context(|| path.display().to_string())
}

/// The hash that stands for an output: carriage returns and trailing blanks do not count.
pub fn output_hash(text: &str) -> u64 {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    fnv(lines.join("\n").trim_end().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_being_written_and_read() {
        for line in ["test/tarray1 0 00000000deadbeef HDPMI32+CWSDPMI", "own/files 3 - CWSDPMI"] {
            assert_eq!(Entry::parse(line).unwrap().to_string(), line);
        }
        assert!(Entry::parse("test/x 0").is_err());
        assert!(Entry::parse("test/x 256 - a").is_err());
    }

    #[test]
    fn line_ends_do_not_change_an_output() {
        assert_eq!(output_hash("a \nb\n"), output_hash("a\r\nb"));
        assert_ne!(output_hash("a\nb"), output_hash("ab"));
    }
}
