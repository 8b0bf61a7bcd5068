//! `cargo fmt --check` over every package.

use std::process::Command;

use anyhow::{bail, Result};

use super::Finding;
use crate::console;
use crate::project::Project;
use crate::provision::apt;

/// The packages, by their manifests.
pub const MANIFESTS: &[&str] = &["Cargo.toml", "tools/x/Cargo.toml", "tests/harness/Cargo.toml"];

/// The cargo that runs this program.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Whether this cargo has a sub-command; Debian's gets it from a package.
pub fn has_subcommand(name: &str, package: &str, purpose: &str) -> bool {
    let answers =
        || console::capture(cargo().args([name, "--version"])).is_ok_and(|output| output.status.success());
    let is_debian = apt::find("rustup").is_none() && apt::is_available();
    answers() || (is_debian && apt::install(&[package], purpose).is_ok() && answers())
}

/// Checks the format of every package.
pub fn check(project: &Project) -> Result<Finding> {
    if !has_subcommand("fmt", "rustfmt-web", "the formatter") {
        return Ok(Finding::Skipped("this cargo has no fmt (`rustup component add rustfmt`)".to_string()));
    }
    let mut differing = Vec::new();
    for manifest in MANIFESTS.iter().filter(|manifest| project.has(manifest)) {
        let mut command = cargo();
        command.current_dir(&project.root).args(["fmt", "--manifest-path", manifest, "--", "--check", "-l"]);
        let output = console::capture(&mut command)?;
        if !output.status.success() {
            differing.push(String::from_utf8_lossy(&output.stdout).trim().to_string());
            differing.push(String::from_utf8_lossy(&output.stderr).trim().to_string());
        }
    }
    differing.retain(|text| !text.is_empty());
    if !differing.is_empty() {
        bail!("not formatted:\n{}", differing.join("\n"));
    }
    Ok(Finding::Good(format!("{} packages are as rustfmt has them", MANIFESTS.len())))
}
