//! The machines a guest program can be run on, as plain data.
//!
//! A [`Machine`] says *what* to boot; how each emulator is started lives in
//! `qemu.rs`, `bochs.rs` and `dosbox.rs`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{bail, Result};

/// An emulator the harness knows how to drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Engine {
    /// QEMU (TCG) booting FreeDOS: screenshots, instruction counts.
    Qemu,
    /// Bochs booting FreeDOS: the strict judge of segment limits and debug registers.
    Bochs,
    /// DOSBox-X with its own DOS: where the users are.
    DosboxX,
    /// DOSBox 0.74 with its own DOS; it has no port E9h, the verdict comes from standard output.
    Dosbox,
}

impl Engine {
    /// Every engine, in the order in which suites run them.
    pub const ALL: [Engine; 4] = [Engine::Qemu, Engine::Bochs, Engine::DosboxX, Engine::Dosbox];

    /// The name used on command lines, in `; machines:` headers and in `matrix.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Qemu => "qemu",
            Engine::Bochs => "bochs",
            Engine::DosboxX => "dosbox-x",
            Engine::Dosbox => "dosbox",
        }
    }

    /// Whether the engine boots a disk image of ours (and so needs FreeDOS), rather than
    /// bringing a DOS of its own that mounts a host directory.
    pub fn boots_freedos(self) -> bool {
        matches!(self, Engine::Qemu | Engine::Bochs)
    }

    /// Whether bytes that the guest writes to port E9h reach the harness.
    pub fn has_debug_port(self) -> bool {
        self != Engine::Dosbox
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Engine {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Engine::ALL
            .into_iter()
            .find(|engine| engine.name() == text)
            .ok_or_else(|| anyhow::anyhow!("unknown machine `{text}` (qemu, bochs, dosbox-x, dosbox)"))
    }
}

/// The CPU core of DOSBox and DOSBox-X.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Core {
    /// The interpreter, which checks segment limits.
    #[default]
    Normal,
    /// The recompiler, which does not.
    Dynamic,
}

/// A formatted floppy disk of 2.88 MB in drive A:.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floppy {
    /// It can be written.
    Blank,
    /// It is write-protected.
    ReadOnly,
}

/// A file placed on the guest's drive C:.
#[derive(Clone, Debug)]
pub struct GuestFile {
    /// Where it goes, relative to `C:\`, with backslashes or slashes and 8.3 components.
    pub path: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl GuestFile {
    /// A file at `path` on C: holding `content`.
    pub fn new(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        GuestFile { path: path.into(), content: content.into() }
    }
}

/// One machine to boot. [`Machine::new`] gives the defaults a test runs with.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The emulator.
    pub engine: Engine,
    /// Memory in MiB. DOSBox 0.74 takes at most 63.
    pub memory_mib: u32,
    /// The emulator's own name of a CPU model; `None` is its default here (a Pentium or
    /// Pentium III class CPU).
    pub cpu: Option<String>,
    /// Smallest size of drive C: in MiB; it grows to hold the files. FreeDOS machines only.
    pub disk_mib: u32,
    /// What is in drive A:. QEMU and Bochs only.
    pub floppy: Option<Floppy>,
    /// Extra CONFIG.SYS lines, before SHELL=. FreeDOS machines only.
    pub config_sys: Vec<String>,
    /// Extra AUTOEXEC.BAT lines (or `[autoexec]` lines), before the host under test is loaded.
    pub autoexec: Vec<String>,
    /// Files on C: beside the programs.
    pub files: Vec<GuestFile>,
    /// `-icount shift=N` in QEMU: the guest's clock counts instructions, exactly and repeatably.
    pub icount: Option<u8>,
    /// Whether QEMU has `isa-debug-exit` at port F4h. Off, the guest leaves by ACPI.
    pub debug_exit: bool,
    /// The CPU core of DOSBox and DOSBox-X.
    pub core: Core,
    /// Whether DOSBox and DOSBox-X keep their own XMS, EMS, UMB and HMA (what users have).
    /// Off, Ferrite is the only memory manager.
    pub dos_memory_managers: bool,
    /// Further DOSBox configuration lines, as (section, line).
    pub dosbox_lines: Vec<(String, String)>,
    /// Further arguments for the emulator's command line.
    pub emulator_arguments: Vec<String>,
    /// Show the machine in a window instead of running it headless.
    pub window: bool,
    /// Leave images, logs and configuration here instead of in a temporary directory.
    pub keep: Option<PathBuf>,
    /// How long a boot may take until AUTOEXEC runs.
    pub boot_limit: Duration,
}

impl Machine {
    /// The default machine of an engine: 64 MiB (DOSBox 0.74: 32), headless, no XMS driver.
    pub fn new(engine: Engine) -> Self {
        Machine {
            engine,
            memory_mib: if engine == Engine::Dosbox { 32 } else { 64 },
            cpu: None,
            disk_mib: 64,
            floppy: None,
            config_sys: Vec::new(),
            autoexec: Vec::new(),
            files: Vec::new(),
            icount: None,
            debug_exit: true,
            core: Core::Normal,
            dos_memory_managers: false,
            dosbox_lines: Vec::new(),
            emulator_arguments: Vec::new(),
            window: false,
            keep: None,
            boot_limit: Duration::from_secs(15),
        }
    }

    /// The machine of a name: the engine's, then `/dynamic` for the recompiling core and
    /// `/defaults` for DOSBox's own memory managers, e.g. `dosbox-x/dynamic`.
    ///
    /// # Errors
    /// An unknown engine or an unknown word behind it.
    pub fn named(name: &str) -> Result<Self> {
        let mut parts = name.split('/');
        let engine: Engine = parts.next().unwrap_or_default().parse()?;
        let mut machine = Machine::new(engine);
        for part in parts {
            match part {
                "dynamic" if !engine.boots_freedos() => machine.core = Core::Dynamic,
                "defaults" if !engine.boots_freedos() => machine.dos_memory_managers = true,
                _ => bail!("unknown machine `{name}`"),
            }
        }
        Ok(machine)
    }

    /// The name by which [`Machine::named`], `matrix.toml` and reports know the machine.
    pub fn name(&self) -> String {
        let core = if self.core == Core::Dynamic { "/dynamic" } else { "" };
        let managers = if self.dos_memory_managers { "/defaults" } else { "" };
        format!("{}{core}{managers}", self.engine)
    }
}
