//! `cargo x`: the one command of the project.

mod check;
mod commands;
mod console;
mod image;
mod project;
mod provision;
mod toolchain;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use project::Project;

/// Builds, checks, runs and measures Ferrite. What a command needs and does not find, it installs.
#[derive(Parser)]
#[command(name = "cargo x", bin_name = "cargo x", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build Ferrite and run a DOS program under it, showing its output and exit code
    Run(commands::run::Arguments),
    /// Run all tests on all machines that are to be had
    Test(commands::test::Arguments),
    /// Run the fuzzers with seeds of your own, a million calls each
    Fuzz(commands::fuzz::Arguments),
    /// Measure crossings: instructions and cycles, side by side with other hosts
    Bench(commands::bench::Arguments),
    /// Build target/FERRITE.EXE and judge it: instructions, sizes
    Image {
        /// With the debug calls of the tests, as target/FERRITED.EXE
        #[arg(long)]
        debug_calls: bool,
    },
    /// Everything that needs no emulator: format, lints, rules, image, host tests
    Check,
    /// Render docs/coverage.md from the tables of services
    Coverage,
    /// Whether modules use only the modules they may
    Layers,
    /// Unsafe blocks per file against docs/unsafe.md
    Unsafe {
        /// Write the numbers into the page instead
        #[arg(long)]
        accept: bool,
    },
}

fn main() -> ExitCode {
    match execute(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            console::step("error", format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn execute(arguments: Arguments) -> Result<ExitCode> {
    let project = Project::find();
    match arguments.command {
        Verb::Run(arguments) => return commands::run::execute(&project, arguments),
        Verb::Test(arguments) => return commands::test::execute(&project, arguments),
        Verb::Fuzz(arguments) => return commands::fuzz::execute(&project, arguments),
        Verb::Bench(arguments) => return commands::bench::execute(&project, arguments),
        Verb::Image { debug_calls } => {
            let build = if debug_calls { image::build_with_debug_calls } else { image::build };
            let image = build(&project)?;
            console::step("image", image.summary());
        }
        Verb::Check => return Ok(check::run(&project)),
        Verb::Coverage => check::host_tests::render_coverage(&project)?,
        Verb::Layers => check::report("layers", check::layers::check(&project)?),
        Verb::Unsafe { accept: true } => check::unsafety::accept(&project)?,
        Verb::Unsafe { accept: false } => check::report("unsafe", check::unsafety::check(&project)?),
    }
    Ok(ExitCode::SUCCESS)
}
