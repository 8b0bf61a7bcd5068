//! The harness's own DOS programs and boot sectors, assembled from `dos/` when first needed.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::{anyhow, Result};

use crate::find;

/// The sources, by the name under which they include each other.
const SOURCES: [(&str, &str); 5] = [
    ("boot.asm", include_str!("../dos/boot.asm")),
    ("channel.inc", include_str!("../dos/channel.inc")),
    ("driver.asm", include_str!("../dos/driver.asm")),
    ("mark.asm", include_str!("../dos/mark.asm")),
    ("quit.asm", include_str!("../dos/quit.asm")),
];

/// The assembled helpers.
pub struct Helpers {
    /// Runs the list of programs.
    pub driver: Vec<u8>,
    /// Reports a stage of the boot.
    pub mark: Vec<u8>,
    /// Ends the emulator.
    pub quit: Vec<u8>,
    /// The volume boot record; bytes 3-3Dh are the file system's.
    pub volume_boot: Vec<u8>,
}

/// Writes the sources to `directory`, so that NASM can read them.
fn unpack(directory: &Path) -> Result<()> {
    for (name, text) in SOURCES {
        std::fs::write(directory.join(name), text)?;
    }
    Ok(())
}

/// The helpers, assembled once per process.
pub fn helpers() -> Result<&'static Helpers> {
    static HELPERS: OnceLock<Result<Helpers, String>> = OnceLock::new();
    let build = || -> Result<Helpers> {
        let directory = tempfile::tempdir()?;
        unpack(directory.path())?;
        let build = |name: &str| find::assemble(&directory.path().join(name), &[directory.path()], &[]);
        Ok(Helpers {
            driver: build("driver.asm")?,
            mark: build("mark.asm")?,
            quit: build("quit.asm")?,
            volume_boot: build("boot.asm")?,
        })
    };
    HELPERS
        .get_or_init(|| build().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(|error| anyhow!(error.clone()))
}

/// The master boot record of a disk of `sectors` sectors.
pub fn master_boot_record(sectors: u32) -> Result<Vec<u8>> {
    let directory = tempfile::tempdir()?;
    unpack(directory.path())?;
    let defines = ["MASTER".to_string(), format!("SECTORS={sectors}")];
    find::assemble(&directory.path().join("boot.asm"), &[directory.path()], &defines)
}
