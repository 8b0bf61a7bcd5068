//! Makes the list: runs every candidate under the oracles and writes down where they agree.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;

use crate::api::Places;
use crate::batch::{self, End, JobResult};
use crate::corpus::list::{output_hash, Entry};
use crate::corpus::select::Source;
use crate::corpus::{build, jobs, list, select};
use crate::fpc::FreePascal;
use crate::host::HostUnderTest;
use crate::machine::{Engine, GuestFile, Machine};
use crate::report::Progress;
use crate::suite::lanes;

const HEADER: &str = "\
# Programs of the corpus, recorded by tests/harness/examples/record_corpus.rs.
#
# name     own/ is tests/corpus, demo/ is demo/text, test/ and tbs/ are fpcsrc/tests of Free Pascal 3.2.2
# code     the errorlevel
# output   hash of standard output and error (tests/harness/src/corpus/list.rs), - where it differs
#          from host to host, e.g. because the program prints free memory
# oracles  the hosts under which it ran like this
";

const EXCLUDED: &str = "\
# Candidates that are not in programs.txt, and why. Recorded together with it.
";

/// Runs all candidates (or those whose name contains one of `patterns`) under each oracle in QEMU
/// and writes `programs.txt` and `excluded.txt` in tests/corpus. What does not match is kept as it is.
///
/// # Errors
/// When the tool chain, a machine or a file cannot be had.
pub fn record(
    oracles: &[PathBuf],
    patterns: &[String],
    places: &Places,
    progress: &dyn Progress,
) -> Result<()> {
    let is_wanted =
        |name: &str| patterns.is_empty() || patterns.iter().any(|pattern| name.contains(pattern.as_str()));
    let (mut entries, mut excluded) = kept(places, &is_wanted)?;
    let tools = FreePascal::provide(&places.cache, progress)?;
    let mut names = select::candidates(&places.root, &tools)?;
    names.retain(|name| is_wanted(name));
    let sources: Vec<Source> =
        names.iter().map(|name| select::locate(name, &places.root, &tools)).collect::<Result<_>>()?;
    progress.note(&format!("compiling {} candidates", sources.len()));
    let mut programs = Vec::new();
    for (source, program) in sources.iter().zip(build::build_all(&sources, &tools, &places.cache, progress)) {
        match program {
            Ok(program) => programs.push((source, program)),
            Err(error) => {
                excluded.insert(source.name.clone(), format!("does not compile: {}", one_line(&error)));
            }
        }
    }
    let runs = run_under(oracles, &programs, places, progress)?;
    for (index, (source, _)) in programs.iter().enumerate() {
        let results: Vec<(&str, &JobResult)> =
            runs.iter().map(|(label, results)| (label.as_str(), &results[index])).collect();
        match agree(source, &results) {
            Ok(entry) => entries.push(entry),
            Err(reason) => {
                excluded.insert(source.name.clone(), reason);
            }
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    write(places, &entries, &excluded)
}

/// The results under each oracle, in the order of the programs.
fn run_under(
    oracles: &[PathBuf],
    programs: &[(&Source, GuestFile)],
    places: &Places,
    progress: &dyn Progress,
) -> Result<Vec<(String, Vec<JobResult>)>> {
    let run = |oracle: &PathBuf| {
        let host = HostUnderTest::resident(oracle);
        progress.note(&format!("{} programs under {}", programs.len(), host.label()));
        let jobs = jobs(programs.iter().map(|(source, program)| (source.name.as_str(), program)));
        let results = batch::run(&Machine::new(Engine::Qemu), &host, &jobs, places, lanes(), &|_| ())?;
        Ok((host.label(), results))
    };
    oracles.iter().map(run).collect()
}

type Lists = (Vec<Entry>, BTreeMap<String, String>);

/// What the lists say already of the programs that are not to be run again.
fn kept(places: &Places, is_wanted: &dyn Fn(&str) -> bool) -> Result<Lists> {
    let folder = places.root.join("tests/corpus");
    let mut entries = match folder.join("programs.txt") {
        path if path.is_file() => list::read(&path)?,
        _ => Vec::new(),
    };
    entries.retain(|entry| !is_wanted(&entry.name));
    let text = std::fs::read_to_string(folder.join("excluded.txt")).unwrap_or_default();
    let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
    let excluded =
        pairs.filter(|(name, _)| !is_wanted(name)).map(|(name, why)| (name.to_string(), why.to_string()));
    Ok((entries, excluded.collect()))
}

/// What the oracles make of a program: it belongs to the list where at least one runs it as its
/// author meant.
fn agree(source: &Source, results: &[(&str, &JobResult)]) -> Result<Entry, String> {
    let is_good = |result: &JobResult| {
        result.end == End::Exited { code: source.code, kind: 0 } && result.aftermath.is_none()
    };
    let good: Vec<_> = results.iter().filter(|(_, result)| is_good(result)).collect();
    if good.is_empty() {
        let ends: Vec<String> =
            results.iter().map(|(label, result)| format!("{label}: {}", result.end)).collect();
        let said = results.iter().find_map(|(_, result)| result.text().lines().last().map(one_line));
        return Err(format!("{} ({})", ends.join(", "), said.unwrap_or_default()));
    }
    let hashes: Vec<u64> = good.iter().map(|(_, result)| output_hash(&result.text())).collect();
    let is_stable = hashes.iter().all(|hash| *hash == hashes[0]);
    let oracles: Vec<&str> = good.iter().map(|(label, _)| *label).collect();
    Ok(Entry {
        name: source.name.clone(),
        code: source.code,
        output: is_stable.then_some(hashes[0]),
        oracles: oracles.join("+"),
    })
}

/// The line that tells most, without what stands before the message: the source's path is this
/// machine's own.
fn one_line(text: &str) -> String {
    let line =
        text.lines().find(|line| line.contains("Error:") || line.contains("Fatal:")).or(text.lines().next());
    let line = line.unwrap_or_default().trim();
    let start = ["Error:", "Fatal:"].iter().filter_map(|word| line.find(word)).min().unwrap_or(0);
    line[start..].chars().map(|c| if c.is_ascii_graphic() { c } else { ' ' }).take(100).collect()
}

fn write(places: &Places, entries: &[Entry], excluded: &BTreeMap<String, String>) -> Result<()> {
    let folder = places.root.join("tests/corpus");
    let mut text = HEADER.to_string();
    for entry in entries {
        let _ = writeln!(text, "{entry}");
    }
    std::fs::write(folder.join("programs.txt"), text)?;
    let mut text = EXCLUDED.to_string();
    for (name, reason) in excluded {
        let _ = writeln!(text, "{name}: {reason}");
    }
    Ok(std::fs::write(folder.join("excluded.txt"), text)?)
}
