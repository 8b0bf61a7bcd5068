//! The guest test suite: every test on every machine it names, many tests to a boot.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::api::{FuzzRequest, Places, SuiteRequest};
use crate::batch::{self, Job, JobResult};
use crate::find;
use crate::fpc8086::RealModePascal;
use crate::guest::{self, GuestTest, Header};
use crate::host::{HostUnderTest, Presence};
use crate::machine::{Engine, GuestFile, Machine};
use crate::matrix::{Matrix, Subject};
use crate::report::{Progress, Record, Standing, Totals};
use crate::verdict::{self, Expectation};

/// How the name of a Pascal source ends, which becomes an 8086 program.
const PASCAL: &str = ".pp";
/// How many tests share a boot at most; more would make a hang expensive and lanes uneven.
const TESTS_PER_BOOT: usize = 40;
/// How many calls the time limit in a fuzzer's header is made for.
const CALLS_IN_A_FUZZERS_TIME: u32 = 20_000;

/// How many machines run at a time: one more than processors, since machines often wait for their clocks or disks.
pub(crate) fn lanes() -> usize {
    const MOST: usize = 6;
    std::thread::available_parallelism().map_or(2, |processors| processors.get() + 1).min(MOST)
}

/// One test, assembled for one width, on one machine under one host.
struct Case {
    title: String,
    program: String,
    machine: String,
    host: String,
    width: Option<u32>,
    expectation: Expectation,
    own_boot: bool,
    job: Job,
}

/// Cases that can share a boot.
struct Group {
    machine: Machine,
    host: HostUnderTest,
    cases: Vec<Case>,
}

/// Assembled programs, so that each is built once for all machines.
#[derive(Default)]
struct Builds(HashMap<(String, Option<u32>), Result<Vec<u8>, String>>);

impl Builds {
    fn get(&mut self, places: &Places, test: &GuestTest, width: Option<u32>) -> Result<Vec<u8>, String> {
        let build = || guest::assemble(&places.root, &test.path, width).map_err(|error| format!("{error:#}"));
        self.0.entry((test.name.clone(), width)).or_insert_with(build).clone()
    }
}

/// Runs the guest tests that `request` selects.
///
/// # Errors
/// When the tests or the matrix cannot be read; everything else is in the totals.
pub fn run_guest_tests(request: &SuiteRequest, places: &Places, progress: &dyn Progress) -> Result<Totals> {
    let mut tests = guest::collect(&places.root)?;
    tests.retain(|test| is_wanted(test, request));
    run_tests(&tests, request, places, progress)
}

/// Runs the fuzzers that `request` names, each seed on a machine of its own.
///
/// # Errors
/// When a test of that name is not there, or does not run on such a machine; when the tests or the matrix cannot be read.
pub fn run_fuzzers(request: &FuzzRequest, places: &Places, progress: &dyn Progress) -> Result<Totals> {
    let all = guest::collect(&places.root)?;
    let mut engines = Vec::new();
    for name in &request.machines {
        engines.push(Machine::named(name)?.engine);
    }
    let mut tests = Vec::new();
    for name in &request.tests {
        let test = all.iter().find(|test| test.name == *name);
        let test = test.with_context(|| format!("there is no test {name}"))?;
        tests.extend(request.seeds.iter().map(|seed| with_seed(test, request, *seed)));
    }
    let suite = SuiteRequest {
        host: request.host.clone(),
        debug_host: None,
        engines,
        patterns: Vec::new(),
        guest: true,
        corpus: false,
        whole: true,
    };
    run_tests(&tests, &suite, places, progress)
}

/// A fuzzer that is given a seed and a number of calls. Its time grows with them.
fn with_seed(test: &GuestTest, request: &FuzzRequest, seed: u32) -> GuestTest {
    let mut test = test.clone();
    test.name = format!("{} seed {seed}", test.name);
    let header = &mut test.header;
    header.arguments = format!("{seed} {}", request.calls);
    header.limit *= request.calls.div_ceil(CALLS_IN_A_FUZZERS_TIME).max(1);
    header.machines.clone_from(&request.machines);
    header.memory = request.memory_mib.into_iter().collect();
    header.host_arguments.clone_from(&request.host_arguments);
    header.widths.retain(|width| width.is_none_or(|width| request.widths.contains(&width)));
    header.own_boot = true;
    // The caller has chosen the host.
    header.debug_calls = false;
    test
}

/// Runs tests on the machines that they name.
fn run_tests(
    tests: &[GuestTest],
    request: &SuiteRequest,
    places: &Places,
    progress: &dyn Progress,
) -> Result<Totals> {
    let matrix = Matrix::read(&places.root.join("tests/matrix.toml"))?;
    let mut totals = Totals::default();
    let mut builds = Builds::default();
    let mut groups = BTreeMap::new();
    let missing: HashMap<Engine, String> = request
        .engines
        .iter()
        .filter_map(|engine| find::missing(*engine, places).map(|reason| (*engine, reason)))
        .collect();
    let pascal = pascal_for(tests, places, progress);
    for test in tests {
        for machine in machines_of(test, request) {
            for (variant, record) in expand(test, &machine, request, places, &pascal, &mut builds) {
                if let Some(reason) = missing.get(&machine.engine) {
                    totals.push(record.name, Standing::Skipped(reason.clone()), "");
                } else if let (true, Err(reason)) = (wants_pascal(test), &pascal) {
                    totals.push(record.name, Standing::Skipped(reason.clone()), "");
                } else if test.header.debug_calls && request.debug_host.is_none() {
                    let reason = "this host has no debug calls".to_string();
                    totals.push(record.name, Standing::Skipped(reason), "");
                } else if let Some(variant) = variant {
                    gather(variant, &matrix, &mut groups, &mut totals);
                } else {
                    progress.counted(&record);
                    totals.records.push(record);
                }
            }
        }
    }
    let groups = groups.into_values().flat_map(split).collect();
    totals.add(run_groups(groups, &matrix, places, progress));
    Ok(totals)
}

/// Is a further file of the test a Pascal source?
fn wants_pascal(test: &GuestTest) -> bool {
    test.header.files.iter().any(|(path, _)| path.ends_with(PASCAL))
}

/// The compiler for 8086 programs, where a test wants one.
fn pascal_for(
    tests: &[GuestTest],
    places: &Places,
    progress: &dyn Progress,
) -> Result<RealModePascal, String> {
    if !tests.iter().any(wants_pascal) {
        return Err("no test wants it".to_string());
    }
    RealModePascal::provide(&places.cache, progress)
        .map_err(|error| format!("the Free Pascal cross compiler is missing: {error:#}"))
}

fn is_wanted(test: &GuestTest, request: &SuiteRequest) -> bool {
    let named = request.patterns.iter().any(|pattern| test.name.contains(pattern.as_str()));
    (named || request.patterns.is_empty())
        && test.header.widths.iter().any(|width| {
            test.header.machines.iter().any(|machine| is_wanted_at(test, *width, machine, request))
        })
}

/// Is the build for `width` wanted on a machine, by the name that the header has for it, if the test is?
fn is_wanted_at(test: &GuestTest, width: Option<u32>, machine: &str, request: &SuiteRequest) -> bool {
    request.whole || request.patterns.contains(&test.name) || !test.header.whole.has(width, machine)
}

/// Does any of the tests that are asked for use the host's debug calls?
///
/// # Errors
/// When the tests cannot be read.
pub fn wants_debug_calls(request: &SuiteRequest, places: &Places) -> Result<bool> {
    let tests = guest::collect(&places.root)?;
    Ok(tests.iter().any(|test| test.header.debug_calls && is_wanted(test, request)))
}

/// The machines a test names, as far as they are asked for.
fn machines_of(test: &GuestTest, request: &SuiteRequest) -> Vec<Machine> {
    let named = test.header.machines.iter().filter_map(|name| Machine::named(name).ok());
    named.filter(|machine| request.engines.contains(&machine.engine)).collect()
}

type Variant = (Machine, HostUnderTest, Case);

/// All cases of one test on one machine; those that do not assemble come without a case, with the
/// record of their failure.
fn expand(
    test: &GuestTest,
    machine: &Machine,
    request: &SuiteRequest,
    places: &Places,
    pascal: &Result<RealModePascal, String>,
    builds: &mut Builds,
) -> Vec<(Option<Variant>, Record)> {
    let header = &test.header;
    let memory = if header.memory.is_empty() { vec![machine.memory_mib] } else { header.memory.clone() };
    let mut variants = Vec::new();
    for (index, width) in header.widths.iter().enumerate() {
        if !is_wanted_at(test, *width, &machine.name(), request) {
            continue;
        }
        for presence in &header.presences {
            for memory_mib in &memory {
                let mut machine = machine.clone();
                machine.memory_mib = *memory_mib;
                machine.disk_mib = header.disk.unwrap_or(machine.disk_mib);
                machine.floppy = header.floppy;
                machine.cpu.clone_from(&header.cpu);
                machine.config_sys.extend(header.config_sys.iter().cloned());
                machine.autoexec.extend(header.autoexec.iter().cloned());
                let host = host_for(request, header, presence);
                let title = title(test, &machine, &host, *width, header.memory.len() > 1);
                let built = builds
                    .get(places, test, *width)
                    .and_then(|program| Ok((program, extra_files(test, places, *width, pascal)?)));
                let (variant, standing) = match built {
                    Ok((program, files)) => {
                        machine.files.extend(files);
                        let case = case(test, index, *width, &title, program, &machine, &host);
                        (Some((machine, host, case)), Standing::Passed)
                    }
                    Err(error) => (None, Standing::Failed(format!("it does not assemble: {error}"))),
                };
                variants.push((
                    variant,
                    Record { name: title, standing, detail: String::new(), elapsed: Duration::ZERO },
                ));
            }
        }
    }
    variants
}

fn host_for(request: &SuiteRequest, header: &Header, presence: &Presence) -> HostUnderTest {
    let path = request.debug_host.as_ref().filter(|_| header.debug_calls).unwrap_or(&request.host);
    let host = match presence {
        Presence::Absent => return HostUnderTest::absent(),
        Presence::Resident => HostUnderTest::resident(path),
        Presence::Launcher => HostUnderTest::launcher(path),
        Presence::Device => HostUnderTest::device(path),
    };
    let arguments = &header.host_arguments;
    if arguments.is_empty() {
        return host;
    }
    let all = format!("{} {arguments}", host.arguments);
    host.with_arguments(all.trim())
}

fn title(
    test: &GuestTest,
    machine: &Machine,
    host: &HostUnderTest,
    width: Option<u32>,
    has_sizes: bool,
) -> String {
    let width = width.map(|width| format!(" {width}-bit")).unwrap_or_default();
    let memory = if has_sizes { format!(" {} MiB", machine.memory_mib) } else { String::new() };
    let host = if host.path.is_some() { format!(" under {}", host.label()) } else { String::new() };
    format!("{}{width} on {}{memory}{host}", test.name, machine.name())
}

fn case(
    test: &GuestTest,
    index: usize,
    width: Option<u32>,
    title: &str,
    program: Vec<u8>,
    machine: &Machine,
    host: &HostUnderTest,
) -> Case {
    let name = format!("{}-{}", test.name, width.unwrap_or(0));
    let mut job = Job::new(title, guest::program_file(&name, program));
    job.arguments.clone_from(&test.header.arguments);
    job.limit = test.header.limit;
    Case {
        title: title.to_string(),
        program: test.name.clone(),
        machine: machine.name(),
        host: host.label(),
        width,
        expectation: test.header.expectation(index),
        own_boot: test.header.own_boot,
        job,
    }
}

/// The further files a test names, assembled or compiled where they are sources.
fn extra_files(
    test: &GuestTest,
    places: &Places,
    width: Option<u32>,
    pascal: &Result<RealModePascal, String>,
) -> Result<Vec<GuestFile>, String> {
    let beside = test.path.parent().unwrap_or(&places.root);
    let read = |(path, name): &(String, String)| {
        let source = beside.join(path);
        let content = if path.ends_with(".asm") {
            guest::assemble(&places.root, &source, width)
        } else if path.ends_with(PASCAL) {
            pascal
                .as_ref()
                .map_err(|reason| anyhow::anyhow!("{reason}"))
                .and_then(|tools| tools.compile(&source))
        } else {
            std::fs::read(&source).map_err(anyhow::Error::from)
        };
        let content = content.map_err(|error| format!("{path}: {error:#}"))?;
        Ok(GuestFile::new(name.clone(), content))
    };
    test.header.files.iter().map(read).collect()
}

/// Puts a case to those that boot the same machine, or counts it as unsupported.
fn gather(variant: Variant, matrix: &Matrix, groups: &mut BTreeMap<String, Group>, totals: &mut Totals) {
    let (machine, host, case) = variant;
    if let Some(reason) = matrix.unsupported(case.subject()) {
        totals.push(case.title, Standing::Skipped(reason.to_string()), "");
        return;
    }
    let alone = if case.own_boot { case.title.as_str() } else { "" };
    let key = format!("{machine:?} {host:?} {alone}");
    groups.entry(key).or_insert_with(|| Group { machine, host, cases: Vec::new() }).cases.push(case);
}

impl Case {
    fn subject(&self) -> Subject<'_> {
        Subject { program: &self.program, machine: &self.machine, host: &self.host, width: self.width }
    }
}

fn split(group: Group) -> Vec<Group> {
    let Group { machine, host, cases } = group;
    let parts = cases.len().div_ceil(TESTS_PER_BOOT).max(1);
    let size = cases.len().div_ceil(parts);
    let mut rest = cases.into_iter().peekable();
    let mut groups = Vec::new();
    while rest.peek().is_some() {
        let cases = rest.by_ref().take(size).collect();
        groups.push(Group { machine: machine.clone(), host: host.clone(), cases });
    }
    groups
}

/// Works through the groups on several machines at a time, those first that may take long: at the end all lanes have work.
fn run_groups(mut groups: Vec<Group>, matrix: &Matrix, places: &Places, progress: &dyn Progress) -> Totals {
    groups.sort_by_key(|group| Reverse(group.cases.iter().map(|case| case.job.limit).sum::<Duration>()));
    let queue = Mutex::new(groups.into_iter());
    let totals = Mutex::new(Totals::default());
    let next = || queue.lock().expect("no lane panics with the queue").next();
    std::thread::scope(|scope| {
        for _ in 0..lanes() {
            scope.spawn(|| {
                while let Some(group) = next() {
                    let part = run_group(&group, matrix, places, progress);
                    totals.lock().expect("no lane panics with the totals").add(part);
                }
            });
        }
    });
    totals.into_inner().expect("all lanes have ended")
}

fn run_group(group: &Group, matrix: &Matrix, places: &Places, progress: &dyn Progress) -> Totals {
    progress.note(&format!(
        "{} tests on {} under {}",
        group.cases.len(),
        group.machine.name(),
        group.host.label()
    ));
    let jobs: Vec<Job> = group.cases.iter().map(|case| case.job.clone()).collect();
    let mut totals = Totals::default();
    match batch::run(&group.machine, &group.host, &jobs, places, 1, &|_| ()) {
        Ok(results) => {
            for (case, result) in group.cases.iter().zip(&results) {
                let record = judge(case, result, matrix);
                progress.counted(&record);
                totals.records.push(record);
            }
        }
        Err(error) => {
            for case in &group.cases {
                totals.push(
                    &case.title,
                    Standing::Failed(format!("the machine was not set up: {error:#}")),
                    "",
                );
            }
        }
    }
    totals
}

/// Counts one result, known failures considered.
fn judge(case: &Case, result: &JobResult, matrix: &Matrix) -> Record {
    let defect = verdict::judge(&case.expectation, result);
    let known = matrix.known_failure(case.subject());
    standing(&case.title, defect.map(|defect| defect.to_string()), known, result)
}

/// The record of a result with an optional defect, held against a known failure.
pub(crate) fn standing(
    title: &str,
    defect: Option<String>,
    known: Option<&str>,
    result: &JobResult,
) -> Record {
    let standing = match (&defect, known) {
        (None, None) | (Some(_), Some(_)) => Standing::Passed,
        (None, Some(reason)) => {
            Standing::Failed(format!("it passed, though tests/matrix.toml knows it to fail: {reason}"))
        }
        (Some(defect), None) => Standing::Failed(defect.clone()),
    };
    let seconds = result.elapsed.max(Duration::from_millis(1)).as_secs_f32();
    let detail = format!("--- ended after {seconds:.2} s: {}\n{}", result.end, result.detail());
    Record { name: title.to_string(), standing, detail, elapsed: result.elapsed }
}
