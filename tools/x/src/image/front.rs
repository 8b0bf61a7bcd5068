//! The front: `stub/ferrite.asm`, a whole MZ file, and how much of it stays in conventional memory.

use std::path::Path;
use std::process::Command;

use anyhow::{ensure, Context, Result};

use crate::console;
use crate::project::Project;
use crate::provision::{apt, ASSEMBLER};

/// The most that may stay resident below 1 MiB while no client lives, bytes: PSP and memory control block
/// included (the environment is given back at start).
pub const RESIDENT_MAX: u32 = 4096;
/// A program segment prefix.
const PSP_BYTES: u32 = 256;
/// The block header that DOS keeps in front.
const MCB_BYTES: u32 = 16;

/// The assembled front.
pub struct Front {
    /// The MZ file.
    pub bytes: Vec<u8>,
    /// Bytes that stay in conventional memory.
    pub resident: u32,
}

/// Assembles the front; leaves `stub.bin` and `stub.map` in the build directory.
pub fn build(project: &Project) -> Result<Front> {
    let map = project.built("stub.map");
    let binary = project.built("stub.bin");
    let mut command = Command::new(apt::require(&ASSEMBLER)?);
    command.current_dir(&project.root);
    command.args(["-f", "bin", "-w+error", "-I", "realmode/", "-I", "stub/"]);
    // The map tells where the labels went, so no number has to be exported by the sources.
    command.arg("--before").arg(format!("[map symbols {}]", map.display()));
    command.arg("stub/ferrite.asm").arg("-o").arg(&binary);
    console::run_quietly("front", "assembling", &mut command)?;

    let bytes = std::fs::read(&binary)?;
    verify_mz(&bytes)?;
    let resident = resident_bytes(&map)?;
    ensure!(
        resident <= RESIDENT_MAX,
        "{resident} bytes would stay in conventional memory; at most {RESIDENT_MAX} may"
    );
    Ok(Front { bytes, resident })
}

/// DOS loads what the head says and no more; the core follows right behind, as an overlay the front reads.
fn verify_mz(bytes: &[u8]) -> Result<()> {
    ensure!(bytes.len() >= 32 && bytes.starts_with(b"MZ"), "the front does not begin with an MZ head");
    let word = |at: usize| u32::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let (last, pages) = (word(2), word(4));
    let declared = if last == 0 { pages * 512 } else { pages.wrapping_sub(1) * 512 + last };
    ensure!(
        declared as usize == bytes.len(),
        "the MZ head declares {declared} bytes, the front has {}: the core would not be found",
        bytes.len()
    );
    Ok(())
}

/// From `resident_start` to `resident_end`, and what DOS adds in front.
fn resident_bytes(map: &Path) -> Result<u32> {
    let text = std::fs::read_to_string(map).with_context(|| format!("reading {}", map.display()))?;
    let start = virtual_address(&text, "resident_start")?;
    let end = virtual_address(&text, "resident_end")?;
    Ok(end - start + PSP_BYTES + MCB_BYTES)
}

/// A label's address in NASM's map: lines of file offset, address, name, all in hexadecimal.
fn virtual_address(map: &str, label: &str) -> Result<u32> {
    let line = map.lines().find(|line| line.split_whitespace().nth(2) == Some(label));
    let address = line.and_then(|line| line.split_whitespace().nth(1));
    let address = address.with_context(|| format!("the sources have no label {label}"))?;
    Ok(u32::from_str_radix(address, 16)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "Real              Virtual           Name\n\
                       \x20              0                10  resident_start\n\
                       \x20              4               A10  resident_end\n";

    #[test]
    fn labels_are_read_from_the_map() {
        assert_eq!(virtual_address(MAP, "resident_start").unwrap(), 0x10);
        assert_eq!(virtual_address(MAP, "resident_end").unwrap(), 0xA10);
        assert!(virtual_address(MAP, "resident").is_err());
    }

    #[test]
    fn a_front_whose_head_declares_another_length_is_refused() {
        let mut mz = vec![0; 600];
        mz[..6].copy_from_slice(&[b'M', b'Z', 88, 0, 2, 0]);
        assert!(verify_mz(&mz).is_ok());
        mz.push(0);
        assert!(verify_mz(&mz).is_err());
    }
}
