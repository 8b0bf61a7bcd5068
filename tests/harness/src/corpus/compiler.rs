//! The Free Pascal compiler as a DOS program: a client of 3.6 MB compiles in the guest, and the object file has to be that of
//! the cross compiler, byte for byte. A demo always; with `--whole` a large unit too, on a machine with much less
//! memory than the compiler wants.

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
/// MiB of the small machine: the compiler takes some 25 for the unit.
const LITTLE_MEMORY: u32 = 8;
/// Functions of the large unit.
const FUNCTIONS: u32 = 2000;

/// What to compile, and what has to come of it.
pub(super) struct Compilation {
    /// In the record's title.
    title: String,
    /// Beside the compiler in C:\FPC.
    files: Vec<GuestFile>,
    /// Of the compiler.
    arguments: String,
    /// Name of the object file, below C:\FPC.
    object: String,
    expected: Vec<u8>,
    /// MiB of the machine, where that is not the usual.
    memory_mib: Option<u32>,
    limit: Duration,
}

impl Compilation {
    /// A small program.
    ///
    /// # Errors
    /// When the cross compiler fails on it.
    pub(super) fn demo(tools: &FreePascal) -> Result<Self> {
        let source = tools.sources()?.join("demo/text").join(DEMO).with_extension("pp");
        Compilation::new(DEMO, &std::fs::read(&source)?, tools)
    }

    /// A unit of some thousand functions, on a machine of [`LITTLE_MEMORY`].
    ///
    /// # Errors
    /// When the cross compiler fails on it.
    pub(super) fn large_unit(tools: &FreePascal) -> Result<Self> {
        let name = "large";
        let heading = |number| format!("function item{number}(a, b: longint): longint;\n");
        let body = |number| {
            format!(
                "var i: longint;\nbegin\n  item{number} := a + {number};\n  for i := {} to b do\n    \
                 item{number} := item{number} xor (a * i + {});\nend;\n",
                number % 7,
                number * 37 % 1009
            )
        };
        let headings: String = (0..FUNCTIONS).map(heading).collect();
        let functions: String = (0..FUNCTIONS).map(|number| heading(number) + &body(number)).collect();
        let source = format!("unit {name};\ninterface\n{headings}implementation\n{functions}end.\n");
        Ok(Compilation {
            title: format!(" with a large unit on {LITTLE_MEMORY} MiB"),
            memory_mib: Some(LITTLE_MEMORY),
            limit: Duration::from_secs(3000),
            ..Compilation::new(name, source.as_bytes(), tools)?
        })
    }

    fn new(stem: &str, source: &[u8], tools: &FreePascal) -> Result<Self> {
        let upper = stem.to_uppercase();
        let mut files = vec![GuestFile::new(format!("FPC/{upper}.PP"), source.to_vec())];
        for unit in ["system.ppu", "system.o", "prt0.o"] {
            files.push(GuestFile::new(format!("FPC/{unit}"), std::fs::read(tools.units().join(unit))?));
        }
        Ok(Compilation {
            title: String::new(),
            files,
            // No linker in the guest: -Cn stops before it.
            arguments: format!("-n -Cn -FuC:\\FPC {upper}.PP"),
            object: format!("{upper}.O"),
            expected: reference(stem, source, tools)?,
            memory_mib: None,
            limit: Duration::from_secs(120),
        })
    }
}

/// Runs the compiler under `host` and compares what it makes.
///
/// # Errors
/// When the machine cannot be set up.
pub(super) fn run(
    machine: &Machine,
    host: &HostUnderTest,
    tools: &FreePascal,
    compilation: Compilation,
    places: &Places,
) -> Result<Record> {
    let expected = compilation.expected;
    let mut machine = machine.clone();
    machine.files.extend(compilation.files);
    machine.memory_mib = compilation.memory_mib.unwrap_or(machine.memory_mib);
    let compiler = GuestFile::new("FPC/PPC386.EXE", std::fs::read(tools.dos_compiler())?);
    let mut job = Job::new("compiler", compiler);
    job.directory = "C:\\FPC".to_string();
    job.arguments = compilation.arguments;
    job.limit = compilation.limit;
    job.collect = vec![format!("FPC\\{}", compilation.object)];
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
    let title = format!(
        "corpus compiler (PPC386.EXE){} on {} under {}",
        compilation.title,
        machine.name(),
        host.label()
    );
    Ok(standing(&title, defect, None, &result))
}

/// The object file that the cross compiler makes of the same source, called in the same way: the
/// source's name is part of it.
fn reference(stem: &str, source: &[u8], tools: &FreePascal) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let here = folder.path().join(format!("{stem}.pp"));
    std::fs::write(&here, source)?;
    let options = ["-Cn".to_string()];
    tools.compile(&here, &options, folder.path())?;
    std::fs::read(folder.path().join(format!("{stem}.o"))).context("the cross compiler left no object file")
}
