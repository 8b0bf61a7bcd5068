//! A Free Pascal cross compiler for msdos (8086 programs in real mode), made with the tool chain for go32v2: same packages,
//! same sources, the small memory model.
//!
//! What is in the folder when it is ready: `ppcross8086`, `msdos/` (the run-time library's units). The stamp is written last.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{bail, Context, Result};

use crate::apt;
use crate::fpc::{self, FreePascal};
use crate::guest::fnv;
use crate::report::Progress;

const STAMP: &str = "ready";
/// The units after `system`, below `fpcsrc/rtl`, in an order in which each finds what it uses.
const UNITS: &str = "objpas/objpas inc/uuchar inc/strings msdos/dos msdos/ports";
/// Code that no program uses is left out: the whole library is larger than a segment.
const OPTIONS: &str = "-n -vew0 -Tmsdos -WmSmall -CX -XX";

/// The ready tool chain.
#[derive(Clone, Debug)]
pub struct RealModePascal {
    folder: PathBuf,
}

impl RealModePascal {
    /// The tool chain in `cache`/fpc8086, made if it is not there (a quarter of a minute, beside that for go32v2).
    ///
    /// # Errors
    /// When this is no Debian system, the mirror cannot be reached or a step fails.
    pub fn provide(cache: &Path, progress: &dyn Progress) -> Result<Self> {
        let tools = RealModePascal { folder: cache.join("fpc8086") };
        let stamp = format!("{} {:016x}", fpc::VERSION, fnv(format!("{UNITS} {OPTIONS}").as_bytes()));
        if std::fs::read_to_string(tools.folder.join(STAMP)).is_ok_and(|made| made == stamp) {
            return Ok(tools);
        }
        let maker = FreePascal::provide(cache, progress)?;
        if tools.folder.exists() {
            std::fs::remove_dir_all(&tools.folder)?;
        }
        std::fs::create_dir_all(tools.folder.join("msdos"))?;
        let tools = RealModePascal { folder: tools.folder.canonicalize()? };
        progress.note("compiling the cross compiler for 8086 programs and its run-time library");
        maker.build_compiler_for("i8086", &tools.folder.join("ppcross8086"))?;
        tools.build_library(&maker.sources()?.join("fpcsrc/rtl"))?;
        std::fs::write(tools.folder.join(STAMP), stamp)?;
        Ok(tools)
    }

    /// Compiles `source`; returns the program.
    ///
    /// # Errors
    /// The compiler's last lines.
    pub fn compile(&self, source: &Path) -> Result<Vec<u8>> {
        let text = std::fs::read(source).with_context(|| source.display().to_string())?;
        let folder = self.folder.join(format!("programs/{:016x}", fnv(&text)));
        let program = folder.join("program.exe");
        if !program.is_file() {
            std::fs::create_dir_all(&folder)?;
            let made = folder.join("made.exe");
            let mut command = self.compiler();
            command.arg("-Xs").arg(format!("-FU{}", folder.display())).arg(format!("-o{}", made.display()));
            apt::run(command.arg(source))?;
            std::fs::rename(made, &program)?;
        }
        Ok(std::fs::read(program)?)
    }

    fn units(&self) -> PathBuf {
        self.folder.join("msdos")
    }

    fn compiler(&self) -> Command {
        let mut command = Command::new(self.folder.join("ppcross8086"));
        command.args(OPTIONS.split_whitespace()).arg(format!("-Fu{}", self.units().display()));
        command
    }

    fn build_library(&self, rtl: &Path) -> Result<()> {
        let here = rtl.join("msdos");
        let mut command = Command::new("nasm");
        command.args(["-f", "obj", "-o"]).arg(self.units().join("prt0s.o")).arg("prt0s.asm");
        apt::run(command.current_dir(&here))?;
        self.library_unit(&here, &here.join("system.pp"), &["-Us", "-Sg"])?;
        for unit in UNITS.split_whitespace() {
            let source = ["pp", "pas"].map(|extension| rtl.join(format!("{unit}.{extension}")));
            match source.iter().find(|path| path.is_file()) {
                Some(source) => self.library_unit(&here, source, &[])?,
                None => bail!("the run-time library has no {unit}"),
            }
        }
        Ok(())
    }

    fn library_unit(&self, here: &Path, source: &Path, options: &[&str]) -> Result<()> {
        let mut command = self.compiler();
        command.arg(format!("-FE{0}", self.units().display())).arg(format!("-FU{}", self.units().display()));
        for include in ["msdos", "inc", "i8086", "objpas", "objpas/sysutils", "objpas/classes"] {
            command.arg(format!("-Fi../{include}"));
        }
        for units in ["inc", "i8086", "objpas", "common"] {
            command.arg(format!("-Fu../{units}"));
        }
        apt::run(command.args(options).arg(source).current_dir(here).stdin(Stdio::null()))
    }
}
