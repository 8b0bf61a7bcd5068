//! Finding what a run needs on this machine: emulators, the assembler, FreeDOS.
//!
//! Nothing is installed here (see `provide.rs`); a tool that is missing is an error whose text
//! names it, which suites turn into a skip.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{bail, Context, Result};

use crate::api::Places;
use crate::machine::Engine;

/// The FreeDOS floppy image that holds kernel and shell.
const FREEDOS_IMAGE: &str = "freedos-boot-1440.img";

/// The first executable called `name` in PATH.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(name)).find(|candidate| candidate.is_file())
}

/// The NASM assembler.
pub fn nasm() -> Result<PathBuf> {
    in_path("nasm").context("nasm is not installed")
}

/// The emulator of `engine`: the variable named for it (`FERRITE_QEMU`, `FERRITE_BOCHS`,
/// `FERRITE_DOSBOX_X`, `FERRITE_DOSBOX`), PATH, and for DOSBox-X the private copy in the cache.
pub fn emulator(engine: Engine, places: &Places) -> Result<PathBuf> {
    let (variable, program) = match engine {
        Engine::Qemu => ("FERRITE_QEMU", "qemu-system-i386"),
        Engine::Bochs => ("FERRITE_BOCHS", "bochs"),
        Engine::DosboxX => ("FERRITE_DOSBOX_X", "dosbox-x"),
        Engine::Dosbox => ("FERRITE_DOSBOX", "dosbox"),
    };
    if let Some(path) = env::var_os(variable) {
        let path = PathBuf::from(path);
        if path.is_file() {
            return Ok(path);
        }
        bail!("{variable} names {}, which is no file", path.display());
    }
    if let Some(path) = in_path(program) {
        return Ok(path);
    }
    let private = places.cache.join("dosbox-x/dosbox-x");
    if engine == Engine::DosboxX && private.is_file() {
        return Ok(private);
    }
    bail!("{program} is not installed")
}

/// Where FreeDOS is: `$FERRITE_FREEDOS` (the image or its directory), `../shared/freedos/` beside
/// the repository, then the cache.
pub fn freedos_image(places: &Places) -> Result<PathBuf> {
    let mut candidates = Vec::new();
    if let Some(path) = env::var_os("FERRITE_FREEDOS") {
        candidates.push(PathBuf::from(path));
    }
    candidates.push(places.root.join("../shared/freedos"));
    candidates.push(places.cache.join("freedos"));
    candidates
        .into_iter()
        .map(|candidate| if candidate.is_dir() { candidate.join(FREEDOS_IMAGE) } else { candidate })
        .find(|candidate| candidate.is_file())
        .with_context(|| format!("FreeDOS ({FREEDOS_IMAGE}) is not here; FERRITE_FREEDOS can name it"))
}

/// Why `engine` cannot be used on this machine, or nothing when it can.
pub fn missing(engine: Engine, places: &Places) -> Option<String> {
    let tools = emulator(engine, places).and_then(|_| nasm());
    let dos = if engine.boots_freedos() { freedos_image(places).map(drop) } else { Ok(()) };
    tools.map(drop).and(dos).err().map(|error| format!("{error:#}"))
}

/// Assembles `source` to a flat binary. `includes` are directories to search, `defines` are
/// `NAME=value` texts.
pub fn assemble(source: &Path, includes: &[&Path], defines: &[String]) -> Result<Vec<u8>> {
    let directory = tempfile::tempdir()?;
    let target = directory.path().join("out.bin");
    let mut command = Command::new(nasm()?);
    command.args(["-f", "bin", "-w+all", "-w-reloc-abs-word", "-w-reloc-abs-byte"]);
    for include in includes {
        // NASM pastes the directory in front of the file name.
        command.arg("-I").arg(format!("{}/", include.display()));
    }
    for define in defines {
        command.arg(format!("-D{define}"));
    }
    let output = command.arg("-o").arg(&target).arg(source).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("nasm {}: {}", source.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    std::fs::read(&target).with_context(|| format!("nasm left no output for {}", source.display()))
}
