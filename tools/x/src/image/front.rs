//! The front: `stub/ferrite.asm`, a whole MZ file, and how much of it stays in conventional memory.

use std::path::Path;
use std::process::Command;

use anyhow::{ensure, Context, Result};

use crate::console;
use crate::project::Project;
use crate::provision::{apt, ASSEMBLER};

/// The most that may stay resident below 1 MiB while no client lives, bytes: what is kept of the PSP and the
/// memory control block included (the environment is given back at start).
pub const RESIDENT_MAX: u32 = 4096;
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
    // The map tells the sizes, so the sources need not print them.
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

/// What a resident FERRITE.EXE takes, by the sources' own numbers: the resident part lies over the end of the
/// PSP, of which the first bytes are kept.
fn resident_bytes(map: &Path) -> Result<u32> {
    let text = std::fs::read_to_string(map).with_context(|| format!("reading {}", map.display()))?;
    let block = number(&text, "PSP_KEPT")? + number(&text, "resident_blob_bytes")?;
    Ok(MCB_BYTES + block.next_multiple_of(16))
}

/// A number that the sources define, from NASM's map: lines of value and name, in hexadecimal.
fn number(map: &str, name: &str) -> Result<u32> {
    let mut pairs = map.lines().filter_map(|line| line.split_once(char::is_whitespace));
    let (value, _) = pairs
        .find(|(_, found)| found.trim() == name)
        .with_context(|| format!("the sources of the front do not define {name}"))?;
    Ok(u32::from_str_radix(value, 16)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_the_map() {
        let map = "Value     Name\n00000060  PSP_KEPT\n00000A05  resident_blob_bytes\n";
        assert_eq!(number(map, "PSP_KEPT").unwrap(), 0x60);
        assert_eq!(number(map, "resident_blob_bytes").unwrap(), 0xA05);
        assert!(number(map, "resident").is_err());
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
