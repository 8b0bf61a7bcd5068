//! `cargo x test`: all tests, on all machines that are to be had.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use ferrite_harness::api::SuiteRequest;
use ferrite_harness::bench;
use ferrite_harness::corpus;
use ferrite_harness::machine::Engine;
use ferrite_harness::report::{Standing, Totals};
use ferrite_harness::suite;

use super::progress::Counting;
use crate::check::{self, Tally};
use crate::console::step;
use crate::image;
use crate::project::Project;
use crate::provision;

/// Which tests, and where.
#[derive(Args)]
pub struct Arguments {
    /// Only guest tests whose path contains one of these; without any, everything that `check` does comes first
    patterns: Vec<String>,
    /// Only these machines: qemu, dosbox-x, dosbox, bochs
    #[arg(long, value_name = "MACHINE", value_delimiter = ',')]
    on: Vec<Engine>,
    /// Another DPMI host instead of Ferrite, to compare with
    #[arg(long, value_name = "HOST.EXE")]
    host: Option<std::path::PathBuf>,
    /// Leave out the corpus of real programs
    #[arg(long)]
    no_corpus: bool,
    /// Also the tests that take long, and all 1,400 programs of the corpus, not the sample of a third
    #[arg(long, conflicts_with = "no_corpus")]
    whole: bool,
}

/// Runs the tests; the last line is `N passed, N failed, N skipped`.
pub fn execute(project: &Project, arguments: Arguments) -> Result<ExitCode> {
    let mut tally = Tally::default();
    let is_about = |subject: &str| {
        arguments.patterns.is_empty() || arguments.patterns.iter().any(|pattern| subject.contains(pattern))
    };
    let engines = if arguments.on.is_empty() { Engine::ALL.to_vec() } else { arguments.on };
    // Budgets are Ferrite's, and counted by QEMU.
    let has_budgets = arguments.host.is_none() && engines.contains(&Engine::Qemu) && is_about("budget");
    let is_ferrite = arguments.host.is_none();
    let host = match arguments.host {
        Some(path) => path,
        None if arguments.patterns.is_empty() => {
            tally = check::run_all(project);
            project.built("FERRITE.EXE")
        }
        None => image::build(project)?.path,
    };
    let mut request = SuiteRequest {
        host,
        debug_host: None,
        engines,
        patterns: arguments.patterns,
        guest: true,
        corpus: !arguments.no_corpus,
        whole: arguments.whole,
    };
    if is_ferrite && suite::wants_debug_calls(&request, &super::places(project))? {
        request.debug_host = Some(image::build_with_debug_calls(project)?.path);
    }
    for outcome in run_suites(project, &request, has_budgets) {
        match outcome {
            Ok(totals) => tally.add(sum(&totals)),
            Err(error) => {
                step("tests", format!("FAILED: {error:#}"));
                tally.failed += 1;
            }
        }
    }
    if tally == Tally::default() {
        step("tests", "nothing matches, so nothing was tested");
        tally.failed += 1;
    }
    println!("{tally}");
    Ok(tally.exit_code())
}

/// Brings in the machines and runs each suite on them.
fn run_suites(project: &Project, request: &SuiteRequest, has_budgets: bool) -> Vec<Result<Totals>> {
    let places = super::places(project);
    for engine in &request.engines {
        // A machine that is not to be had is no error: the harness counts its tests as skipped.
        if let Err(error) = provision::machine(*engine, &places, false) {
            step("machine", format!("no {engine}: {error:#}"));
        }
    }
    if request.corpus {
        provision::free_pascal().unwrap_or_else(|error| step("corpus", format!("{error:#}")));
    }
    let progress = Counting::new("tests", "booting the machines");
    let mut outcomes = Vec::new();
    if request.guest {
        outcomes.push(suite::run_guest_tests(request, &places, &progress));
    }
    if request.corpus {
        outcomes.push(corpus::run_corpus(request, &places, &progress));
    }
    if has_budgets {
        outcomes.push(bench::check_budgets(&request.host, &places, &progress));
    }
    progress.finish();
    outcomes
}

/// The numbers of a suite; what was skipped is told by reason, since one missing machine skips many tests.
fn sum(totals: &Totals) -> Tally {
    let mut reasons = BTreeMap::<&str, usize>::new();
    for record in &totals.records {
        if let Standing::Skipped(reason) = &record.standing {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    reasons.iter().for_each(|(reason, count)| step("skipped", format!("{count} tests: {reason}")));
    let (passed, failed, skipped) = totals.counts();
    Tally { passed, failed, skipped }
}
