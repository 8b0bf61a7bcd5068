//! `cargo x bench`: what a crossing costs, in instructions and cycles, side by side with other hosts.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use ferrite_harness::api::BenchRequest;
use ferrite_harness::bench;
use ferrite_harness::machine::{Engine, Machine};

use super::progress::Counting;
use crate::image;
use crate::project::Project;
use crate::provision;

/// What to measure beside Ferrite.
#[derive(Args)]
pub struct Arguments {
    /// Another DPMI host to measure in the same run; can be given several times
    #[arg(long, value_name = "HOST.EXE")]
    host: Vec<PathBuf>,
    /// The machine: qemu, or any other, where time is measured instead of instructions; for example
    /// dosbox-x, dosbox-x/dynamic, dosbox-x/defaults
    #[arg(long, value_name = "MACHINE", default_value = "qemu")]
    on: String,
}

/// Measures and prints the table. Fails where a crossing exceeds its budget.
pub fn execute(project: &Project, arguments: Arguments) -> Result<ExitCode> {
    let places = super::places(project);
    let engine = Machine::named(&arguments.on)?.engine;
    provision::machine(engine, &places, false)?;
    let mut hosts = vec![image::build(project)?.path];
    hosts.extend(arguments.host);
    let progress = Counting::new("bench", "measuring");
    let report = bench::run_bench(
        &BenchRequest { hosts, budgets: engine == Engine::Qemu, machine: arguments.on },
        &places,
        &progress,
    );
    progress.finish();
    let report = report?;
    println!("{report}");
    Ok(if report.over_budget.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
