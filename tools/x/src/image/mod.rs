//! `cargo x image`: from sources to `target/FERRITE.EXE`.
//!
//! The core is a 32-bit ELF file, linked where it will run and flattened to the bytes that memory shall hold;
//! the front is an MZ file from NASM; the two are joined. Then the finished parts are judged: the core by
//! every instruction in it, the front by what stays in conventional memory.

pub mod baseline;
pub mod core_binary;
pub mod front;
pub mod layout;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::console::step;
use crate::project::Project;
use crate::toolchain::Toolchain;

/// Features of the core that users get.
pub const PLAIN_FEATURES: &str = "machine";

/// A finished program file.
pub struct Image {
    /// FERRITE.EXE.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: usize,
}

impl Image {
    /// One line about it.
    pub fn summary(&self) -> String {
        format!("{}, {} bytes", self.path.display(), self.bytes)
    }
}

/// Builds and judges the program file.
pub fn build(project: &Project) -> Result<Image> {
    build_as(project, PLAIN_FEATURES, "FERRITE.EXE")
}

/// The same with the debug calls, which guest tests of the core's inside use: FERRITED.EXE.
pub fn build_with_debug_calls(project: &Project) -> Result<Image> {
    build_as(project, "machine,debug-calls", "FERRITED.EXE")
}

fn build_as(project: &Project, features: &str, name: &str) -> Result<Image> {
    let toolchain = Toolchain::find()?;
    step("compiler", &toolchain.description);
    std::fs::create_dir_all(&project.target)?;
    let layout = layout::Layout::read(project)?;

    let core = core_binary::build(project, &toolchain, &layout, features)?;
    step(
        "core",
        format!(
            "{} bytes in the file, {} in memory, {} of code",
            core.bytes.len(),
            core.memory_bytes,
            core.code.len()
        ),
    );
    let judged = baseline::judge(&core)?;
    step("baseline", format!("{judged} instructions, none beyond the 486 but where it was tested for"));

    let front = front::build(project)?;
    step(
        "front",
        format!(
            "{} bytes; {} stay resident of at most {}",
            front.bytes.len(),
            front.resident,
            front::RESIDENT_MAX
        ),
    );

    let path = project.built(name);
    let mut file = front.bytes;
    file.extend_from_slice(&core.bytes);
    std::fs::write(&path, &file).with_context(|| format!("writing {}", path.display()))?;
    Ok(Image { path, bytes: file.len() })
}
