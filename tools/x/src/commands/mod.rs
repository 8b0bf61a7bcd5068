//! The commands that boot machines: they bring in what is needed, build, hand over to the harness, and say what
//! came out.

pub mod bench;
pub mod fuzz;
mod progress;
pub mod run;
pub mod test;

use anyhow::Result;
use ferrite_harness::api::Places;
use ferrite_harness::find;
use ferrite_harness::machine::Engine;

use crate::console;
use crate::project::Project;
use crate::provision;

/// The harness's folders for this project.
fn places(project: &Project) -> Places {
    Places::of(&project.root)
}

/// The machine to use where the user names none: QEMU, which boots FreeDOS, or DOSBox-X, which needs none.
fn usual_machine(places: &Places, window: bool) -> Result<Engine> {
    let engine = match find::freedos_image(places) {
        Ok(_) => Engine::Qemu,
        Err(_) => {
            console::step(
                "machine",
                "no FreeDOS here (FERRITE_FREEDOS can name a boot floppy image), so DOSBox-X with its own DOS",
            );
            Engine::DosboxX
        }
    };
    provision::machine(engine, places, window)?;
    Ok(engine)
}
