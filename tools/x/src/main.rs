//! `cargo x`: the one command of the project.

mod console;
mod image;
mod project;
mod provision;
mod toolchain;

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
    /// Build target/FERRITE.EXE and judge it: instructions, sizes
    Image,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let project = Project::find();
    match arguments.command {
        Verb::Image => image::build(&project).map(drop),
    }
}
