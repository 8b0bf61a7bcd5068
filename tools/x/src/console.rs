//! What the commands say while they work: one line a step, a spinner where there is a terminal to turn it on.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{bail, Context, Result};
use indicatif::{ProgressBar, ProgressStyle};

/// Prints one step: a short subject and what is done or was found.
pub fn step(subject: &str, text: impl AsRef<str>) {
    eprintln!("{subject:>10}  {}", text.as_ref());
}

/// A spinner for work of unknown length. Where standard error is no terminal it stays invisible, so it is
/// announced by a plain line there.
pub fn spinner(subject: &str, text: impl Into<String>) -> ProgressBar {
    let text = text.into();
    let bar = ProgressBar::new_spinner();
    if bar.is_hidden() {
        step(subject, &text);
    }
    let style = ProgressStyle::with_template("{prefix:>10}  {spinner} {msg} ({elapsed})");
    bar.set_style(style.expect("the template is a constant"));
    bar.set_prefix(subject.to_string());
    bar.set_message(text);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Runs a command to its end behind a spinner. Its output is kept back and only shown if it fails.
pub fn run_quietly(subject: &str, text: &str, command: &mut Command) -> Result<Output> {
    let bar = spinner(subject, text);
    let output = capture(command);
    bar.finish_and_clear();
    let output = output?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        bail!("{} failed ({})", describe(command), output.status);
    }
    Ok(output)
}

/// Runs a command with nothing on its standard input and returns all it printed, whatever its status.
pub fn capture(command: &mut Command) -> Result<Output> {
    command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{} could not be started", describe(command)))
}

/// The program's file name and its first argument: enough to tell which command it was.
fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    match command.get_args().next() {
        Some(first) => format!("`{name} {}`", first.to_string_lossy()),
        None => format!("`{name}`"),
    }
}
