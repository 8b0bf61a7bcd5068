//! Benchmarks: the guest programs of tests/guest/bench, under one host or several.
//!
//! In QEMU each program runs twice: with `-icount shift=0`, where its units are instructions, exact and
//! repeatable, and without, where they are cycles of the time-stamp counter, comparable only
//! within one run. On any other machine it runs once, by the time-stamp counter; the DOSBoxes derive it from
//! the time that has passed, so long rounds there tell what a user feels. Lines: `bench-scale <units per 1000 instructions>`, `bench <name> <units>`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{bail, Context, Result};
use serde::Deserialize;

use crate::api::{BenchRequest, Places};
use crate::batch::{self, End, Job, JobResult};
use crate::find;
use crate::guest;
use crate::host::HostUnderTest;
use crate::machine::{Engine, Machine};
use crate::report::{Progress, Standing, Totals};

/// How long all measurements of one program may take.
const LIMIT: Duration = Duration::from_secs(180);
/// Benchmarks are 32-bit clients where they can be either.
const WIDTH: u32 = 32;
/// Operations in a round where the time-stamp counter is a clock.
const LONG_ROUND: u32 = 20_000;
/// The program that knows long rounds; a million bytes moved 20,000 times would be too long a one.
const LONG_PROGRAM: &str = "bench";

/// What one operation costs under one host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Instructions, exact.
    pub instructions: Option<u64>,
    /// Cycles of the time-stamp counter.
    pub cycles: Option<u64>,
}

/// Everything that was measured.
#[derive(Clone, Debug, Default)]
pub struct BenchReport {
    /// The hosts' labels, in the order of the request.
    pub hosts: Vec<String>,
    /// Operations in the order in which they were measured, with a cost for each host.
    pub rows: Vec<(String, Vec<Cost>)>,
    /// Budgets that the first host exceeds or does not measure, one sentence each.
    pub over_budget: Vec<String>,
}

/// tests/budgets.toml.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budgets {
    #[serde(default)]
    instructions: BTreeMap<String, u64>,
}

/// Measures every host of `request`.
///
/// # Errors
/// When a machine or a program cannot be had, or a host's run ends in another way than it should.
pub fn run_bench(request: &BenchRequest, places: &Places, progress: &dyn Progress) -> Result<BenchReport> {
    let mut report = BenchReport::default();
    let machine = Machine::named(&request.machine)?;
    let kinds: &[bool] = if machine.engine == Engine::Qemu { &[true, false] } else { &[false] };
    for path in &request.hosts {
        let host = HostUnderTest::resident(path);
        let column = report.hosts.len();
        report.hosts.push(host.label());
        for &is_counting in kinds {
            progress.note(&format!(
                "measuring {} under {}",
                if is_counting { "instructions" } else { "cycles" },
                host.label()
            ));
            for (name, value) in measure(&host, &machine, is_counting, places, progress)? {
                report.enter(&name, column, value, is_counting);
            }
        }
    }
    if request.budgets {
        let budgets = read_budgets(&places.root)?;
        report.over_budget = excesses(&budgets, &report);
    }
    Ok(report)
}

/// The budgets as tests: one for each line of tests/budgets.toml, held against `host`.
///
/// # Errors
/// When the budgets cannot be read.
pub fn check_budgets(host: &Path, places: &Places, progress: &dyn Progress) -> Result<Totals> {
    let budgets = read_budgets(&places.root)?;
    let mut totals = Totals::default();
    let title = |name: &str| format!("budget {name}");
    if let Some(reason) = find::missing(Engine::Qemu, places) {
        for name in budgets.instructions.keys() {
            totals.push(title(name), Standing::Skipped(reason.clone()), "");
        }
        return Ok(totals);
    }
    let host = HostUnderTest::resident(host);
    progress.note(&format!("measuring instructions under {}", host.label()));
    let measured = measure(&host, &Machine::new(Engine::Qemu), true, places, progress);
    for (name, budget) in &budgets.instructions {
        let standing = match &measured {
            Err(error) => Standing::Failed(format!("{error:#}")),
            Ok(values) => {
                let value = values.iter().find(|(measured, _)| measured == name).map(|(_, value)| *value);
                excess(name, *budget, value).map_or(Standing::Passed, Standing::Failed)
            }
        };
        totals.push(title(name), standing, "");
    }
    totals.records.iter().for_each(|record| progress.counted(record));
    Ok(totals)
}

fn read_budgets(root: &Path) -> Result<Budgets> {
    let path = root.join("tests/budgets.toml");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    toml::from_str(&text).with_context(|| path.display().to_string())
}

fn excesses(budgets: &Budgets, report: &BenchReport) -> Vec<String> {
    let instructions = |name: &str| {
        let row = report.rows.iter().find(|(measured, _)| measured == name)?;
        row.1.first()?.instructions
    };
    budgets
        .instructions
        .iter()
        .filter_map(|(name, budget)| excess(name, *budget, instructions(name)))
        .collect()
}

fn excess(name: &str, budget: u64, value: Option<u64>) -> Option<String> {
    match value {
        None => Some(format!("{name} was not measured")),
        Some(value) if value > budget => {
            Some(format!("{name} takes {value} instructions, its budget is {budget}"))
        }
        Some(_) => None,
    }
}

/// Runs all benchmark programs under `host` and reads their values.
fn measure(
    host: &HostUnderTest,
    machine: &Machine,
    is_counting: bool,
    places: &Places,
    progress: &dyn Progress,
) -> Result<Vec<(String, u64)>> {
    let mut machine = machine.clone();
    machine.icount = is_counting.then_some(0);
    // The clock of a counting guest runs slower than ours.
    machine.boot_limit *= 2;
    let mut paths = programs(&places.root)?;
    let mut defines = vec![format!("WIDTH={WIDTH}")];
    if machine.engine != Engine::Qemu {
        paths.retain(|path| path.file_stem().is_some_and(|stem| stem == LONG_PROGRAM));
        defines.push(format!("REPEATS={LONG_ROUND}"));
    }
    let mut jobs = Vec::new();
    for path in paths {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let mut job =
            Job::new(&name, guest::program_file(&name, guest::assemble_with(&places.root, &path, &defines)?));
        job.limit = LIMIT;
        jobs.push(job);
    }
    let results = batch::run(&machine, host, &jobs, places, 1, &|_| ())?;
    let mut values = Vec::new();
    for result in &results {
        let part = read_values(result, is_counting)?;
        if part.is_empty() {
            // It may ask for what this host does not have, e.g. XMS; a budget on it will tell.
            progress.note(&format!("{} measured nothing under {}", result.name, host.label()));
        }
        values.extend(part);
    }
    if values.is_empty() {
        let details: Vec<String> = results.iter().map(JobResult::detail).collect();
        bail!("nothing was measured\n{}", details.join("\n"));
    }
    Ok(values)
}

fn programs(root: &Path) -> Result<Vec<PathBuf>> {
    let folder = root.join("tests/guest/bench");
    let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "asm"));
    paths.sort();
    Ok(paths)
}

/// The values in a program's lines; in a counting run units are scaled to instructions.
fn read_values(result: &JobResult, is_counting: bool) -> Result<Vec<(String, u64)>> {
    if !matches!(result.end, End::Exited { kind: 0, .. }) {
        bail!("{}: {}\n{}", result.name, result.end, result.detail());
    }
    let mut scale = 1000;
    let mut values = Vec::new();
    for line in &result.channel {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["bench-scale", value] => scale = value.parse::<u64>()?.max(1),
            ["bench", name, value] => {
                let value: u64 = value.parse().with_context(|| line.clone())?;
                let value = if is_counting { (value * 1000 + scale / 2) / scale } else { value };
                values.push((name.to_string(), value));
            }
            _ => {}
        }
    }
    Ok(values)
}

impl BenchReport {
    fn enter(&mut self, name: &str, column: usize, value: u64, is_counting: bool) {
        let index = self.rows.iter().position(|(row, _)| row == name).unwrap_or_else(|| {
            self.rows.push((name.to_string(), Vec::new()));
            self.rows.len() - 1
        });
        let costs = &mut self.rows[index].1;
        if costs.len() <= column {
            costs.resize(column + 1, Cost::default());
        }
        if is_counting {
            costs[column].instructions = Some(value);
        } else {
            costs[column].cycles = Some(value);
        }
    }
}

impl fmt::Display for BenchReport {
    /// A Markdown table: for each host instructions and cycles; then what is over budget.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "| operation |")?;
        for host in &self.hosts {
            write!(formatter, " {host}: instructions | {host}: cycles |")?;
        }
        writeln!(formatter)?;
        writeln!(formatter, "|---|{}", "---:|---:|".repeat(self.hosts.len()))?;
        let number = |value: Option<u64>| value.map_or("-".to_string(), grouped);
        for (name, costs) in &self.rows {
            write!(formatter, "| {name} |")?;
            for column in 0..self.hosts.len() {
                let cost = costs.get(column).copied().unwrap_or_default();
                write!(formatter, " {} | {} |", number(cost.instructions), number(cost.cycles))?;
            }
            writeln!(formatter)?;
        }
        for sentence in &self.over_budget {
            writeln!(formatter, "over budget: {sentence}")?;
        }
        Ok(())
    }
}

/// A number with commas between thousands.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_kept_apart() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1234), "1,234");
        assert_eq!(grouped(1234567), "1,234,567");
    }

    #[test]
    fn a_budget_that_is_exceeded_or_not_measured_is_told() {
        assert_eq!(excess("a", 10, Some(10)), None);
        assert!(excess("a", 10, Some(11)).is_some());
        assert!(excess("a", 10, None).is_some());
    }

    #[test]
    fn two_hosts_stand_side_by_side() {
        let mut report = BenchReport { hosts: vec!["A".into(), "B".into()], ..BenchReport::default() };
        report.enter("x", 0, 5, true);
        report.enter("x", 1, 6000, false);
        assert!(report.to_string().contains("| x | 5 | - | - | 6,000 |"));
    }
}
