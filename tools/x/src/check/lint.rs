//! clippy, with warnings as errors: the library and the tools for this machine, the core for its own target.

use std::process::Command;

use anyhow::Result;

use super::format::{cargo, has_subcommand};
use super::Finding;
use crate::console;
use crate::image::{self, core_binary};
use crate::project::Project;
use crate::toolchain::Toolchain;

/// The library and its tests, on this machine.
pub fn library(project: &Project) -> Result<Finding> {
    host(project, &["Cargo.toml"], "the library")
}

/// The tools and the harness.
pub fn tools(project: &Project) -> Result<Finding> {
    host(project, &["tools/x/Cargo.toml", "tests/harness/Cargo.toml"], "tools and harness")
}

fn host(project: &Project, manifests: &[&str], what: &str) -> Result<Finding> {
    if !has_subcommand("clippy", "rust-web-clippy", "the linter") {
        return Ok(Finding::Skipped(format!(
            "{what}: this cargo has no clippy (`rustup component add clippy`)"
        )));
    }
    for manifest in manifests.iter().filter(|manifest| project.has(manifest)) {
        let mut command = cargo();
        command.current_dir(&project.root).args([
            "clippy",
            "--quiet",
            "--all-targets",
            "--manifest-path",
            manifest,
        ]);
        lint(&mut command, what)?;
    }
    Ok(Finding::Good(format!("clippy is content with {what}")))
}

/// The core, for the machine it runs on. clippy has to be of the compiler's own version, since it reads the
/// standard library that this compiler has built.
pub fn machine(project: &Project) -> Result<Finding> {
    let toolchain = Toolchain::find()?.with_clippy()?;
    let Some(mut command) = toolchain.clippy_for_target(&project.path(core_binary::TARGET)) else {
        let reason = format!("the core for i386: no clippy of the version of {}", toolchain.description);
        return Ok(Finding::Skipped(reason));
    };
    command.current_dir(&project.root).args(core_binary::machine_arguments(project, image::PLAIN_FEATURES));
    lint(&mut command, "the core for i386")?;
    Ok(Finding::Good("clippy is content with the core for i386".to_string()))
}

fn lint(command: &mut Command, what: &str) -> Result<()> {
    command.args(["--", "-D", "warnings"]);
    console::run_quietly("lint", &format!("clippy over {what}"), command).map(drop)
}
