//! One program on one machine: what `cargo x run` does.

use std::path::Path;

use anyhow::{bail, Context, Result};

use crate::api::{Places, RunReport, RunRequest};
use crate::batch::{self, Job};
use crate::host::dos_name;
use crate::machine::GuestFile;

/// More than this is not copied onto a drive C: by mistake.
const DIRECTORY_LIMIT: usize = 512 << 20;

/// Runs one program and returns what it printed and how it ended.
///
/// # Errors
/// When a file cannot be read or has no DOS name, or the machine cannot be set up.
pub fn run_program(request: &RunRequest, places: &Places) -> Result<RunReport> {
    let name = dos_name(&request.program);
    let content = std::fs::read(&request.program)
        .with_context(|| format!("cannot read {}", request.program.display()))?;
    let mut machine = request.machine.clone();
    if let Some(directory) = &request.directory {
        let mut total = 0;
        read_tree(directory, "", &mut total, &mut machine.files)?;
        machine.files.retain(|file| file.path != name);
    }
    let mut job = Job::new(&name, GuestFile::new(&name, content));
    job.directory = "C:\\".to_string();
    job.arguments.clone_from(&request.arguments);
    job.limit = request.limit;
    let mut results = batch::run(&machine, &request.host, &[job], places, 1, &|_| ())?;
    results.pop().context("the program has no result")
}

/// Reads the files below `directory`; those whose names DOS cannot hold are left out, since the
/// program could not open them anyway.
fn read_tree(directory: &Path, prefix: &str, total: &mut usize, files: &mut Vec<GuestFile>) -> Result<()> {
    for entry in std::fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_uppercase();
        if !crate::disk::is_dos_name(&name) || name == "HARNESS" {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            read_tree(&entry.path(), &format!("{path}/"), total, files)?;
        } else {
            let content = std::fs::read(entry.path())?;
            *total += content.len();
            if *total > DIRECTORY_LIMIT {
                bail!("{} holds more than {} MiB", directory.display(), DIRECTORY_LIMIT >> 20);
            }
            files.push(GuestFile::new(path, content));
        }
    }
    Ok(())
}
