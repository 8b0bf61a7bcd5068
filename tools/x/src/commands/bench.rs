//! `cargo x bench`: what a crossing costs, in instructions and cycles, side by side with other hosts.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use ferrite_harness::api::BenchRequest;
use ferrite_harness::bench;
use ferrite_harness::machine::Engine;

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
}

/// Measures and prints the table. Fails where a crossing exceeds its budget.
pub fn execute(project: &Project, arguments: Arguments) -> Result<ExitCode> {
    let places = super::places(project);
    // Only QEMU counts instructions.
    provision::machine(Engine::Qemu, &places, false)?;
    let mut hosts = vec![image::build(project)?.path];
    hosts.extend(arguments.host);
    let progress = Counting::new("bench", "measuring");
    let report = bench::run_bench(&BenchRequest { hosts, budgets: true }, &places, &progress);
    progress.finish();
    let report = report?;
    println!("{report}");
    Ok(if report.over_budget.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
