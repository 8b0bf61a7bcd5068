//! `cargo x run`: one real program under Ferrite, on one machine.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{ensure, Context, Result};
use clap::Args;
use ferrite_harness::api::{Places, RunRequest};
use ferrite_harness::batch::{End, JobResult};
use ferrite_harness::fpc::FreePascal;
use ferrite_harness::host::HostUnderTest;
use ferrite_harness::machine::{Engine, Machine};
use ferrite_harness::run;

use super::progress::Counting;
use crate::console::step;
use crate::image;
use crate::project::Project;
use crate::provision;

/// Exit statuses for ends that are not the program's own, as the `timeout` command and its kin use them.
const TIMED_OUT: u8 = 124;
const CRASHED: u8 = 125;
const NEVER_STARTED: u8 = 126;

/// The demo that is run where no program is named, in Free Pascal's sources: it prints magic squares.
const DEMO: &str = "demo/text/magic.pp";

/// What can be said about a run.
#[derive(Args)]
pub struct Arguments {
    /// The machine: qemu, dosbox-x, dosbox or bochs
    #[arg(long, value_name = "MACHINE")]
    on: Option<Engine>,
    /// Show the machine in a window
    #[arg(long)]
    window: bool,
    /// Another DPMI host instead of Ferrite
    #[arg(long, value_name = "HOST.EXE")]
    host: Option<PathBuf>,
    /// Memory in MiB
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,
    /// Seconds that the program may take [default: 60; 3600 with --window]
    #[arg(long)]
    seconds: Option<u64>,
    /// A DOS program and its arguments; its folder becomes drive C:. Without one, a demo of Free Pascal's is
    /// built and run
    #[arg(value_names = ["PROGRAM.EXE", "ARGUMENTS"], num_args = 0.., trailing_var_arg = true)]
    command: Vec<String>,
}

/// Runs the program; its output goes to standard output, its exit code becomes this command's.
pub fn execute(project: &Project, arguments: Arguments) -> Result<ExitCode> {
    let places = super::places(project);
    let engine = match arguments.on {
        Some(engine) => provision::machine(engine, &places, arguments.window).map(|()| engine)?,
        None => super::usual_machine(&places, arguments.window)?,
    };
    let host = match arguments.host {
        Some(path) => HostUnderTest::resident(path),
        None => HostUnderTest::launcher(image::build(project)?.path),
    };
    let (program, directory) = match arguments.command.first() {
        Some(program) => {
            let program = PathBuf::from(program);
            ensure!(program.is_file(), "there is no file {}", program.display());
            let directory = program.parent().map(|folder| folder.to_path_buf());
            (program, directory.map(|folder| if folder.as_os_str().is_empty() { ".".into() } else { folder }))
        }
        None => (demo(&places)?, None),
    };

    let mut machine = Machine::new(engine);
    machine.window = arguments.window;
    machine.memory_mib = arguments.memory.unwrap_or(machine.memory_mib);
    let usual_seconds = if arguments.window { 3600 } else { 60 };
    let request = RunRequest {
        machine,
        host,
        arguments: arguments.command.get(1..).unwrap_or_default().join(" "),
        directory,
        limit: Duration::from_secs(arguments.seconds.unwrap_or(usual_seconds)),
        program,
    };
    step("run", format!("{} under {} on {engine}", request.program.display(), request.host.label()));
    let result = run::run_program(&request, &places)?;
    show(&result)
}

/// The program that is run where none is named: a demo out of Free Pascal's sources, compiled for DOS, the
/// compiler too being made on the way the first time.
fn demo(places: &Places) -> Result<PathBuf> {
    provision::free_pascal()?;
    let progress = Counting::new("demo", "making Free Pascal for DOS");
    let compiler = FreePascal::provide(&places.cache, &progress);
    progress.finish();
    let compiler = compiler?;
    let program = compiler.compile(&compiler.sources()?.join(DEMO), &[], &places.cache.join("demo"))?;
    program.context("the demo is no program")
}

/// Prints what the program wrote and how it ended.
fn show(result: &JobResult) -> Result<ExitCode> {
    print!("{}", result.text());
    std::io::stdout().flush()?;
    let status = match &result.end {
        End::Exited { code, .. } => *code,
        End::TimedOut | End::Hung => TIMED_OUT,
        End::Reset | End::EmulatorDied(_) => CRASHED,
        End::NotStarted(_) | End::BootFailed(_) | End::HostFailed(_) => NEVER_STARTED,
    };
    if !matches!(result.end, End::Exited { code: 0, .. }) {
        result.channel.iter().for_each(|line| step("E9h", line));
        if let Some(screen) = &result.screen {
            eprintln!("{}", screen.text);
        }
    }
    step("end", format!("{}, after {:.1} s", result.end, result.elapsed.as_secs_f64()));
    Ok(ExitCode::from(status))
}
