//! Bringing in what a machine lacks. Every step says what it installs and asks nothing.

pub mod apt;
mod dosbox_x;

use anyhow::{Context, Result};
use ferrite_harness::api::Places;
use ferrite_harness::find;
use ferrite_harness::machine::Engine;

use apt::Tool;

/// The assembler, for the image and for the guest tests.
pub const ASSEMBLER: Tool = Tool { program: "nasm", packages: &["nasm"], purpose: "the assembler" };

/// What unpacks Free Pascal's sources.
const UNPACKER: Tool = Tool { program: "xz", packages: &["xz-utils"], purpose: "unpacking sources" };

/// Makes sure that the harness finds what it makes Free Pascal with.
pub fn free_pascal() -> Result<()> {
    apt::require(&UNPACKER).map(drop)
}

/// Debian's packages for an emulator, and those that show it in a window.
fn packages(engine: Engine) -> (&'static [&'static str], &'static [&'static str]) {
    match engine {
        Engine::Qemu => (&["qemu-system-x86", "seabios"], &["qemu-system-gui"]),
        Engine::Bochs => (&["bochs", "bochs-term", "bochsbios", "vgabios"], &["bochs-x"]),
        Engine::DosboxX | Engine::Dosbox => (&["dosbox"], &[]),
    }
}

/// Makes sure that an emulator is to be had, installing it if need be. FreeDOS is not among what can be
/// installed: an emulator that boots it is refused when there is none.
pub fn machine(engine: Engine, places: &Places, window: bool) -> Result<()> {
    apt::require(&ASSEMBLER)?;
    let (program, shown) = packages(engine);
    let purpose = format!("the emulator {engine}");
    match find::emulator(engine, places) {
        Err(_) if engine == Engine::DosboxX => dosbox_x::provide(&places.cache).with_context(|| purpose)?,
        Err(_) => apt::install(program, &purpose).with_context(|| purpose)?,
        // Debian's own emulator can lack a part that it only recommends: Bochs its display on a terminal.
        Ok(path) if path.starts_with("/usr") && engine != Engine::DosboxX => {
            let absent: Vec<&str> =
                program.iter().copied().filter(|package| !apt::is_installed(package)).collect();
            if !absent.is_empty() && apt::is_available() {
                apt::install(&absent, &purpose).with_context(|| purpose)?;
            }
        }
        Ok(_) => (),
    }
    let shown: Vec<&str> = shown.iter().copied().filter(|package| !apt::is_installed(package)).collect();
    if window && !shown.is_empty() && apt::is_available() {
        apt::install(&shown, "showing the machine in a window")?;
    }
    if engine.boots_freedos() {
        find::freedos_image(places)?;
    }
    Ok(())
}
