//! The Free Pascal compiler as a DOS program: a client of 3.6 MB compiles a demo in the guest,
//! and the object file has to be that of the cross compiler, byte for byte.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::api::Places;
use crate::batch::{self, End, Job};
use crate::fpc::FreePascal;
use crate::host::HostUnderTest;
use crate::machine::{GuestFile, Machine};
use crate::report::Record;
use crate::suite::standing;

const DEMO: &str = "eratos";

/// Runs the compiler under `host` and compares what it makes.
///
/// # Errors
/// When the machine cannot be set up or the cross compiler fails on the demo.
pub(super) fn run(
    machine: &Machine,
    host: &HostUnderTest,
    tools: &FreePascal,
    places: &Places,
) -> Result<Record> {
    let source = tools.sources()?.join("demo/text").join(DEMO).with_extension("pp");
    let expected = reference(&source, tools)?;

    let mut machine = machine.clone();
    let upper = DEMO.to_uppercase();
    machine.files.push(GuestFile::new(format!("FPC/{upper}.PP"), std::fs::read(&source)?));
    for unit in ["system.ppu", "system.o", "prt0.o"] {
        machine.files.push(GuestFile::new(format!("FPC/{unit}"), std::fs::read(tools.units().join(unit))?));
    }
    let compiler = GuestFile::new("FPC/PPC386.EXE", std::fs::read(tools.dos_compiler())?);
    let mut job = Job::new("compiler", compiler);
    job.directory = "C:\\FPC".to_string();
    // No linker in the guest: -Cn stops before it.
    job.arguments = format!("-n -Cn -FuC:\\FPC {upper}.PP");
    job.limit = Duration::from_secs(120);
    job.collect = vec![format!("FPC\\{upper}.O")];
    let mut results = batch::run(&machine, host, &[job], places, 1, &|_| ())?;
    let result = results.pop().context("the compiler has no result")?;

    let made = result.files.first().map(|file| file.content.as_slice());
    let defect = match (&result.end, made) {
        (End::Exited { code: 0, kind: 0 }, Some(object)) if object == expected => None,
        (End::Exited { code: 0, kind: 0 }, Some(object)) => Some(format!(
            "{} bytes of object file, not the cross compiler's {}",
            object.len(),
            expected.len()
        )),
        (End::Exited { code: 0, kind: 0 }, None) => Some("it made no object file".to_string()),
        (end, _) => Some(end.to_string()),
    };
    let title = format!("corpus compiler (PPC386.EXE) on {} under {}", machine.name(), host.label());
    Ok(standing(&title, defect, None, &result))
}

/// The object file that the cross compiler makes of the same source, called in the same way: the
/// source's name is part of it.
fn reference(source: &std::path::Path, tools: &FreePascal) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let here = folder.path().join(format!("{DEMO}.pp"));
    std::fs::copy(source, &here)?;
    let options = ["-Cn".to_string()];
    tools.compile(&here, &options, folder.path())?;
    std::fs::read(folder.path().join(format!("{DEMO}.o"))).context("the cross compiler left no object file")
}
