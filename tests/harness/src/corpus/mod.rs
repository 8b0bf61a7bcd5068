//! The Free Pascal corpus: real 32-bit DPMI clients, which nobody here wrote, under the host.
//!
//! In QEMU a third of the list is run (all of it with `whole`); on the other machines those of our own and the
//! demos. The last test is the Free Pascal compiler itself, compiling in the guest.

mod build;
mod compiler;
pub mod list;
pub mod record;
pub mod select;

use std::time::Duration;

use anyhow::Result;

use self::compiler::Compilation;
use crate::api::{Places, SuiteRequest};
use crate::batch::{self, End, Job, JobResult};
use crate::find;
use crate::fpc::FreePascal;
use crate::host::HostUnderTest;
use crate::machine::{Engine, GuestFile, Machine};
use crate::matrix::{Matrix, Subject};
use crate::report::{Progress, Record, Standing, Totals};
use crate::suite::{lanes, standing};

use list::Entry;

/// How long one program may take in QEMU; the slowest need 6 s under the slowest host.
const LIMIT: Duration = Duration::from_secs(30);
/// How much slower the interpreting machines are.
const SLOWER: u32 = 3;

/// Without `whole`, one of so many of Free Pascal's own tests is run; the demos and our programs always are.
const SAMPLE: usize = 3;

/// Runs the corpus on the machines of `request`.
///
/// # Errors
/// When the list cannot be read. What is missing to build the programs is a skip.
pub fn run_corpus(request: &SuiteRequest, places: &Places, progress: &dyn Progress) -> Result<Totals> {
    let entries = list::read(&places.root.join("tests/corpus/programs.txt"))?;
    let matrix = Matrix::read(&places.root.join("tests/matrix.toml"))?;
    let wanted = |name: &str| {
        request.patterns.is_empty() || request.patterns.iter().any(|pattern| name.contains(pattern.as_str()))
    };
    let sampled = |index: usize, name: &str| {
        request.whole
            || !request.patterns.is_empty()
            || index.is_multiple_of(SAMPLE)
            || !name.starts_with('t')
    };
    let entries: Vec<Entry> = entries
        .into_iter()
        .enumerate()
        .filter(|(index, entry)| wanted(&entry.name) && sampled(*index, &entry.name))
        .map(|(_, entry)| entry)
        .collect();
    let mut totals = Totals::default();
    let tools = match FreePascal::provide(&places.cache, progress) {
        Ok(tools) => tools,
        Err(error) => {
            let reason = format!("the Free Pascal cross compiler is missing: {error:#}");
            for entry in &entries {
                totals.push(&entry.name, Standing::Skipped(reason.clone()), "");
            }
            return Ok(totals);
        }
    };
    let programs = build(&entries, &tools, places, progress)?;
    let host = HostUnderTest::resident(&request.host);
    for engine in &request.engines {
        let part: Vec<usize> =
            (0..entries.len()).filter(|index| suits(*engine, &entries[*index].name)).collect();
        let machine = Machine::new(*engine);
        let mut cases = Vec::new();
        for index in part {
            match case(&entries[index], &programs[index], &machine, &host, &matrix, places) {
                Ok(program) => cases.push((&entries[index], program)),
                Err(standing) => totals.push(title(&entries[index].name, *engine, &host), standing, ""),
            }
        }
        totals.add(run_entries(&cases, &machine, &host, &matrix, places, progress)?);
        if *engine == Engine::Qemu && wanted("compiler") && find::missing(*engine, places).is_none() {
            let mut compilations = vec![Compilation::demo(&tools)?];
            if request.whole {
                compilations.push(Compilation::large_unit(&tools)?);
            }
            for compilation in compilations {
                let record = compiler::run(&machine, &host, &tools, compilation, places)?;
                progress.counted(&record);
                totals.records.push(record);
            }
        }
    }
    Ok(totals)
}

/// The program to run for an entry, or how it is counted without a run.
fn case(
    entry: &Entry,
    program: &Result<GuestFile, String>,
    machine: &Machine,
    host: &HostUnderTest,
    matrix: &Matrix,
    places: &Places,
) -> Result<GuestFile, Standing> {
    if let Some(reason) = find::missing(machine.engine, places) {
        return Err(Standing::Skipped(reason));
    }
    let (machine, host) = (machine.name(), host.label());
    let subject = Subject { program: &entry.name, machine: &machine, host: &host, width: None };
    if let Some(reason) = matrix.unsupported(subject) {
        return Err(Standing::Skipped(reason.to_string()));
    }
    program.clone().map_err(|error| Standing::Failed(format!("it does not compile: {error}")))
}

/// The rest of the list would take too long elsewhere and tell little more.
fn suits(engine: Engine, name: &str) -> bool {
    engine == Engine::Qemu || name.starts_with("own/") || name.starts_with("demo/")
}

fn title(name: &str, engine: Engine, host: &HostUnderTest) -> String {
    format!("corpus {name} on {engine} under {}", host.label())
}

fn build(
    entries: &[Entry],
    tools: &FreePascal,
    places: &Places,
    progress: &dyn Progress,
) -> Result<Vec<Result<GuestFile, String>>> {
    let sources: Vec<_> = entries
        .iter()
        .map(|entry| select::locate(&entry.name, &places.root, tools))
        .collect::<Result<_>>()?;
    progress.note(&format!("compiling {} programs of the corpus", sources.len()));
    Ok(build::build_all(&sources, tools, &places.cache, progress))
}

/// Jobs for programs, in the order given.
fn jobs<'a>(programs: impl Iterator<Item = (&'a str, &'a GuestFile)>) -> Vec<Job> {
    let job = |(name, program): (&str, &GuestFile)| {
        let mut job = Job::new(name, program.clone());
        job.limit = LIMIT;
        job
    };
    programs.map(job).collect()
}

fn run_entries(
    cases: &[(&Entry, GuestFile)],
    machine: &Machine,
    host: &HostUnderTest,
    matrix: &Matrix,
    places: &Places,
    progress: &dyn Progress,
) -> Result<Totals> {
    let mut jobs = jobs(cases.iter().map(|(entry, program)| (entry.name.as_str(), program)));
    if machine.engine != Engine::Qemu {
        jobs.iter_mut().for_each(|job| job.limit *= SLOWER);
    }
    progress.note(&format!("{} corpus programs on {} under {}", jobs.len(), machine.name(), host.label()));
    let judged = |entry: &Entry, result: &JobResult| {
        let machine_name = machine.name();
        let label = host.label();
        let subject = Subject { program: &entry.name, machine: &machine_name, host: &label, width: None };
        let known = matrix.known_failure(subject);
        standing(&title(&entry.name, machine.engine, host), defect(entry, result), known, result)
    };
    let tell = |result: &JobResult| {
        if let Some((entry, _)) = cases.iter().find(|(entry, _)| entry.name == result.name) {
            progress.counted(&judged(entry, result));
        }
    };
    let results = batch::run(machine, host, &jobs, places, lanes(), &tell)?;
    let records: Vec<Record> =
        cases.iter().zip(&results).map(|((entry, _), result)| judged(entry, result)).collect();
    Ok(Totals { records })
}

/// What is wrong with a run, compared with the oracles'.
fn defect(entry: &Entry, result: &JobResult) -> Option<String> {
    match result.end {
        End::Exited { code, kind: 0 } if code == entry.code => {}
        End::Exited { code, kind: 0 } => return Some(format!("exit code {code} instead of {}", entry.code)),
        ref end => return Some(end.to_string()),
    }
    if let Some(end) = &result.aftermath {
        return Some(format!("after it had come back to DOS: {end}"));
    }
    let is_same = entry.output.is_none_or(|hash| hash == list::output_hash(&result.text()));
    (!is_same).then(|| format!("its output is not that of {}", entry.oracles))
}
