//! What a guest test said, and whether that is what was expected of it.
//!
//! The channel's lines: `ok <n> <text>`, `not ok <n> <text>`, `done <count> <failed>`, `# comment`.
//! Silence is a failure, and each way of failing has its own words.

use std::fmt;

use crate::batch::{End, JobResult};

/// What a program is expected to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// How it is to end.
    pub ending: Ending,
    /// The errorlevel; `None` accepts any.
    pub code: Option<u8>,
    /// How many verdicts it gives, where its header says.
    pub plan: Option<usize>,
    /// Texts that must appear on the channel or in the output.
    pub contains: Vec<String>,
}

/// How a program is expected to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It gives verdicts, all `ok`, and a closing `done`.
    Pass,
    /// It is ended by the host (or ends early): verdicts so far are `ok`, no `done` is asked for.
    Cut,
    /// It ends with the expected errorlevel; it gives no verdicts (programs written elsewhere).
    Code,
    /// It resets the machine.
    Reset,
}

/// Why a program did not do what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The machine or the program ended in another way.
    Ended(End),
    /// The machine broke after the program had come back.
    Aftermath(End),
    /// Verdicts that are `not ok`, as printed.
    NotOk(Vec<String>),
    /// Nothing was said.
    Silent,
    /// There were verdicts, but no `done`.
    NoDone,
    /// (said or planned, counted) do not agree.
    WrongCount(usize, usize),
    /// Verdicts are not numbered 1, 2, 3, ...
    OutOfOrder(String),
    /// The errorlevel is another one: (wanted, got).
    WrongCode(u8, u8),
    /// A text is missing.
    Missing(String),
}

impl fmt::Display for Defect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Defect::Ended(end) => write!(formatter, "{end}"),
            Defect::Aftermath(end) => write!(formatter, "after it had come back to DOS: {end}"),
            Defect::NotOk(lines) => {
                write!(formatter, "{}", lines[0])?;
                if lines.len() > 1 {
                    write!(formatter, " (and {} more)", lines.len() - 1)?;
                }
                Ok(())
            }
            Defect::Silent => formatter.write_str("it said nothing"),
            Defect::NoDone => formatter.write_str("no `done` line"),
            Defect::WrongCount(said, counted) => {
                write!(formatter, "{said} verdicts announced, {counted} seen")
            }
            Defect::OutOfOrder(line) => write!(formatter, "verdicts are not in sequence at `{line}`"),
            Defect::WrongCode(wanted, got) => write!(formatter, "exit code {got} instead of {wanted}"),
            Defect::Missing(text) => write!(formatter, "`{text}` does not appear"),
        }
    }
}

/// The verdict lines of one program.
#[derive(Debug, Default)]
struct Verdicts {
    count: usize,
    failures: Vec<String>,
    done: Option<(usize, usize)>,
    out_of_order: Option<String>,
}

impl Verdicts {
    fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut verdicts = Verdicts::default();
        for line in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["ok", number, ..] => verdicts.take(number, line, true),
                ["not", "ok", number, ..] => verdicts.take(number, line, false),
                ["done", count, failed] => {
                    verdicts.done = count.parse().ok().zip(failed.parse().ok());
                }
                _ => {}
            }
        }
        verdicts
    }

    fn take(&mut self, number: &str, line: &str, is_ok: bool) {
        let Ok(number) = number.parse::<usize>() else { return };
        self.count += 1;
        if number != self.count && self.out_of_order.is_none() {
            self.out_of_order = Some(line.to_string());
        }
        if !is_ok {
            self.failures.push(line.to_string());
        }
    }

    fn defect(&self, expectation: &Expectation) -> Option<Defect> {
        if !self.failures.is_empty() {
            return Some(Defect::NotOk(self.failures.clone()));
        }
        if let Some(line) = &self.out_of_order {
            return Some(Defect::OutOfOrder(line.clone()));
        }
        if expectation.ending == Ending::Pass {
            let Some((count, failed)) = self.done else {
                return Some(if self.count == 0 { Defect::Silent } else { Defect::NoDone });
            };
            if count != self.count || failed != 0 {
                return Some(Defect::WrongCount(count, self.count));
            }
        }
        match expectation.plan {
            Some(plan) if plan != self.count => Some(Defect::WrongCount(plan, self.count)),
            _ => None,
        }
    }
}

/// What is wrong with `result`; nothing when it is as expected.
pub fn judge(expectation: &Expectation, result: &JobResult) -> Option<Defect> {
    let output = result.text();
    // The one machine without port E9h: the same lines are on standard output.
    let is_on_channel = result.channel.iter().any(|line| is_verdict(line));
    let verdicts = if is_on_channel {
        Verdicts::read(result.channel.iter().map(String::as_str))
    } else {
        Verdicts::read(output.lines())
    };
    let code = match result.end {
        End::Exited { code, kind: 0 | 3 } if expectation.ending != Ending::Reset => code,
        End::Reset if expectation.ending == Ending::Reset => {
            return verdicts.defect(expectation).or_else(|| missing(expectation, result, &output));
        }
        // A verdict that failed before the end says more than the end.
        ref end => return Some(not_ok(&verdicts).unwrap_or_else(|| Defect::Ended(end.clone()))),
    };
    if expectation.ending != Ending::Code {
        if let Some(defect) = verdicts.defect(expectation) {
            return Some(defect);
        }
    }
    if let Some(end) = &result.aftermath {
        return Some(Defect::Aftermath(end.clone()));
    }
    if let Some(wanted) = expectation.code.filter(|wanted| *wanted != code) {
        return Some(Defect::WrongCode(wanted, code));
    }
    missing(expectation, result, &output)
}

fn not_ok(verdicts: &Verdicts) -> Option<Defect> {
    (!verdicts.failures.is_empty()).then(|| Defect::NotOk(verdicts.failures.clone()))
}

fn is_verdict(line: &str) -> bool {
    ["ok ", "not ok ", "done "].iter().any(|start| line.starts_with(start))
}

fn missing(expectation: &Expectation, result: &JobResult, output: &str) -> Option<Defect> {
    let has = |text: &str| output.contains(text) || result.channel.iter().any(|line| line.contains(text));
    expectation.contains.iter().find(|text| !has(text)).cloned().map(Defect::Missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const PASS: Expectation =
        Expectation { ending: Ending::Pass, code: Some(0), plan: None, contains: Vec::new() };

    fn said(lines: &[&str]) -> JobResult {
        JobResult {
            name: "test".to_string(),
            end: End::Exited { code: 0, kind: 0 },
            aftermath: None,
            output: Vec::new(),
            files: Vec::new(),
            channel: lines.iter().map(|line| line.to_string()).collect(),
            elapsed: Duration::ZERO,
            screen: None,
        }
    }

    #[test]
    fn each_way_of_failing_is_reported_as_itself() {
        assert_eq!(judge(&PASS, &said(&["ok 1 a", "# note", "ok 2 b", "done 2 0"])), None);
        assert_eq!(judge(&PASS, &said(&[])), Some(Defect::Silent));
        assert_eq!(judge(&PASS, &said(&["ok 1 a"])), Some(Defect::NoDone));
        assert_eq!(judge(&PASS, &said(&["ok 1 a", "done 2 0"])), Some(Defect::WrongCount(2, 1)));
        assert_eq!(judge(&PASS, &said(&["done 0 0"])), None);
        let failed = judge(&PASS, &said(&["ok 1 a", "not ok 2 b", "done 2 1"]));
        assert_eq!(failed, Some(Defect::NotOk(vec!["not ok 2 b".to_string()])));
        let gap = judge(&PASS, &said(&["ok 1 a", "ok 3 b", "done 2 0"]));
        assert_eq!(gap, Some(Defect::OutOfOrder("ok 3 b".to_string())));
    }

    #[test]
    fn the_plan_is_held_against_what_was_seen() {
        let planned = Expectation { plan: Some(3), ..PASS };
        assert_eq!(judge(&planned, &said(&["ok 1 a", "done 1 0"])), Some(Defect::WrongCount(3, 1)));
    }

    #[test]
    fn the_end_and_the_errorlevel_count() {
        let mut result = said(&["ok 1 a", "done 1 0"]);
        result.end = End::Exited { code: 4, kind: 0 };
        assert_eq!(judge(&PASS, &result), Some(Defect::WrongCode(0, 4)));
        result.end = End::Reset;
        assert_eq!(judge(&PASS, &result), Some(Defect::Ended(End::Reset)));
        let reset = Expectation { ending: Ending::Reset, ..PASS };
        assert_eq!(judge(&reset, &result), None);
    }

    #[test]
    fn a_machine_without_port_e9_speaks_through_standard_output() {
        let mut result = said(&[]);
        result.output = b"ok 1 a\r\ndone 1 0\r\n".to_vec();
        assert_eq!(judge(&PASS, &result), None);
    }

    #[test]
    fn a_machine_that_breaks_afterwards_is_a_failure() {
        let mut result = said(&["ok 1 a", "done 1 0"]);
        result.aftermath = Some(End::Hung);
        assert_eq!(judge(&PASS, &result), Some(Defect::Aftermath(End::Hung)));
    }
}
