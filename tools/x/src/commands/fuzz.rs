//! `cargo x fuzz`: random calls of INT 31h, of DOS and of the XMS driver, and random instructions, with seeds of one's own: the
//! long runs that `test` has a short one of.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::{Args, ValueEnum};
use ferrite_harness::api::FuzzRequest;
use ferrite_harness::machine::Machine;
use ferrite_harness::suite;

use super::progress::Counting;
use crate::check::Tally;
use crate::console::step;
use crate::image;
use crate::project::Project;
use crate::provision;

/// What is called, or executed, at random.
#[derive(Clone, Copy, ValueEnum)]
enum Target {
    /// INT 31h, and DOS calls with pointers
    Dpmi,
    /// The XMS driver's entry
    Xms,
    /// Instructions in a client's ring 3
    Code,
}

impl Target {
    /// The guest test.
    fn test(self) -> String {
        match self {
            Target::Dpmi => "fuzz/fuzz",
            Target::Xms => "xms/fuzz",
            Target::Code => "fuzz/code",
        }
        .to_string()
    }
}

/// The width of a client.
#[derive(Clone, Copy, ValueEnum)]
enum Width {
    #[value(name = "16")]
    Bits16 = 16,
    #[value(name = "32")]
    Bits32 = 32,
}

/// Which calls, how many, and where.
#[derive(Args)]
pub struct Arguments {
    /// What to call or to execute
    #[arg(value_enum, default_values_t = [Target::Dpmi])]
    targets: Vec<Target>,
    /// A run for each seed, which is printed; the same seed makes the same calls. Without any, one of the clock's
    #[arg(long, value_name = "N", value_delimiter = ',')]
    seed: Vec<u32>,
    /// Calls, or steps of instructions, in each run
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(100..))]
    calls: u32,
    /// Widths of the clients that call
    #[arg(long, value_enum, value_name = "BITS", value_delimiter = ',', default_values_t = [Width::Bits16, Width::Bits32])]
    width: Vec<Width>,
    /// Machines: qemu, bochs, dosbox-x, dosbox-x/dynamic
    #[arg(long, value_name = "MACHINE", value_delimiter = ',', default_values_t = ["qemu".to_string()])]
    on: Vec<String>,
    /// The machines' memory
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,
    /// Switches for the host, such as "/NOSWAP"
    #[arg(long, value_name = "SWITCHES", default_value = "", allow_hyphen_values = true)]
    host_args: String,
    /// Another host instead of Ferrite, to compare with
    #[arg(long, value_name = "HOST.EXE")]
    host: Option<PathBuf>,
    /// Ferrite as users get it, without the debug call by which its tables are looked at now and then
    #[arg(long, conflicts_with = "host")]
    plain: bool,
}

/// Runs them; the last line is `N passed, N failed, N skipped`.
pub fn execute(project: &Project, arguments: Arguments) -> Result<ExitCode> {
    let places = super::places(project);
    for name in &arguments.on {
        let engine = Machine::named(name)?.engine;
        provision::machine(engine, &places, false)?;
    }
    let host = match arguments.host {
        Some(path) => path,
        None if arguments.plain => image::build(project)?.path,
        None => image::build_with_debug_calls(project)?.path,
    };
    let seeds = if arguments.seed.is_empty() { vec![clock_seed()] } else { arguments.seed };
    let list = seeds.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    step("fuzz", format!("{} calls each, seeds {list}", arguments.calls));
    let request = FuzzRequest {
        host,
        host_arguments: arguments.host_args,
        machines: arguments.on,
        memory_mib: arguments.memory,
        tests: arguments.targets.into_iter().map(Target::test).collect(),
        widths: arguments.width.into_iter().map(|width| width as u32).collect(),
        seeds,
        calls: arguments.calls,
    };
    let progress = Counting::new("fuzz", "booting the machines");
    let totals = suite::run_fuzzers(&request, &places, &progress);
    progress.finish();
    let (passed, failed, skipped) = totals?.counts();
    let tally = Tally { passed, failed, skipped };
    println!("{tally}");
    Ok(tally.exit_code())
}

/// A seed that differs from run to run, and is short enough to be typed.
fn clock_seed() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_secs() % 1_000_000) as u32
}
