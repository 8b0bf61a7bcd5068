//! A Free Pascal cross compiler for go32v2 (32-bit DPMI clients in DJGPP's format), made from
//! Debian's packages and Debian's source package, in a cache folder.
//!
//! What is in the folder when it is ready: `ppcross386`, `go32v2/` (the run-time library's units),
//! `root/` (the packages), `src/` (the sources: demos, test suite, compiler) and `PPC386.EXE`, the
//! compiler itself as a DOS program. The stamp is written last, so a half-made folder is redone.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{bail, Context, Result};

use crate::apt::{self, PrivateApt};
use crate::guest::fnv;
use crate::report::Progress;

pub(crate) const VERSION: &str = "3.2.2";
const STAMP: &str = "ready";

/// Where the run-time library's own includes are, seen from `rtl/go32v2`.
const RTL_INCLUDES: [&str; 7] =
    ["go32v2", "inc", "i386", "objpas", "objpas/sysutils", "objpas/classes", "charmaps"];
const RTL_UNITS: [&str; 5] = ["inc", "i386", "objpas", "common", "charmaps"];

/// The units after `system`, below `fpcsrc`, in an order in which each finds what it uses.
const UNITS: &str = "rtl/objpas/objpas rtl/inc/uuchar rtl/inc/strings rtl/go32v2/go32 rtl/go32v2/dpmiexcp \
    rtl/go32v2/ports rtl/go32v2/initc rtl/go32v2/profile rtl/go32v2/dos rtl/objpas/sysconst rtl/objpas/math \
    rtl/go32v2/sysutils rtl/objpas/types rtl/objpas/typinfo rtl/inc/heaptrc rtl/go32v2/msmouse \
    rtl/go32v2/emu387 rtl/objpas/rtlconst rtl/objpas/rtlconsts rtl/go32v2/classes rtl/inc/getopts rtl/i386/cpu \
    rtl/i386/mmx rtl/inc/charset rtl/inc/lineinfo rtl/inc/lnfodwrf rtl/inc/exeinfo rtl/inc/ctypes rtl/inc/cmem \
    rtl/inc/macpas rtl/inc/iso7185 rtl/inc/extpas rtl/charmaps/cpall rtl/objpas/fpwidestring rtl/objpas/fgl \
    rtl/objpas/character packages/rtl-console/src/go32v2/crt packages/rtl-console/src/go32v2/mouse \
    packages/rtl-console/src/go32v2/keyboard packages/rtl-console/src/go32v2/video \
    packages/rtl-extra/src/inc/objects packages/rtl-extra/src/inc/matrix packages/rtl-extra/src/inc/ucomplex \
    packages/rtl-objpas/src/common/varutils packages/rtl-objpas/src/inc/variants \
    packages/rtl-objpas/src/inc/strutils packages/rtl-objpas/src/inc/dateutils \
    packages/rtl-objpas/src/inc/convutils packages/rtl-objpas/src/inc/widestrutils \
    packages/rtl-objpas/src/inc/fmtbcd packages/rtl-unicode/src/inc/unicodeducet";

/// Includes of the packages among them, below `fpcsrc/packages`.
const PACKAGE_INCLUDES: [&str; 4] =
    ["rtl-console/src/inc", "rtl-extra/src/inc", "rtl-objpas/src/inc", "rtl-unicode/src/inc"];

/// The ready tool chain.
#[derive(Clone, Debug)]
pub struct FreePascal {
    folder: PathBuf,
}

impl FreePascal {
    /// The tool chain in `cache`/fpc, made if it is not there (half a minute, 250 MB).
    ///
    /// # Errors
    /// When this is no Debian system, the mirror cannot be reached or a step fails.
    pub fn provide(cache: &Path, progress: &dyn Progress) -> Result<Self> {
        let tools = FreePascal { folder: cache.join("fpc") };
        // A changed list of units is another tool chain.
        let stamp = format!("{VERSION} {:016x}", fnv(UNITS.as_bytes()));
        if std::fs::read_to_string(tools.folder.join(STAMP)).is_ok_and(|made| made == stamp) {
            return Ok(tools);
        }
        if tools.folder.exists() {
            std::fs::remove_dir_all(&tools.folder)?;
        }
        std::fs::create_dir_all(&tools.folder)?;
        let folder = tools.folder.canonicalize()?;
        let tools = FreePascal { folder };
        progress.note("fetching Free Pascal's packages and sources (apt-get download, nothing is installed)");
        tools.fetch()?;
        progress.note("compiling the cross compiler");
        tools.build_cross_compiler()?;
        progress.note("compiling the run-time library for go32v2");
        tools.build_library()?;
        progress.note("compiling the compiler as a DOS program");
        tools.build_dos_compiler()?;
        std::fs::write(tools.folder.join(STAMP), stamp)?;
        Ok(tools)
    }

    /// The compiler as a DOS program.
    pub fn dos_compiler(&self) -> PathBuf {
        self.folder.join("PPC386.EXE")
    }

    /// The compiled units of the run-time library.
    pub fn units(&self) -> PathBuf {
        self.folder.join("go32v2")
    }

    /// The root of the sources: `demo/`, `fpcsrc/`.
    pub fn sources(&self) -> Result<PathBuf> {
        let entries = std::fs::read_dir(self.folder.join("src"))?;
        let mut folders = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir());
        folders.next().context("Free Pascal's sources are not unpacked")
    }

    /// Compiles `source` with further `options`; object files and program go to `output`. Returns
    /// the program's path, or nothing for a unit.
    ///
    /// # Errors
    /// The compiler's last lines.
    pub fn compile(&self, source: &Path, options: &[String], output: &Path) -> Result<Option<PathBuf>> {
        std::fs::create_dir_all(output)?;
        let stem = source.file_stem().context("a source has a name")?;
        let program = output.join(stem).with_extension("exe");
        let mut command = self.compiler();
        command.arg(format!("-FE{}", output.display())).arg(format!("-FU{}", output.display()));
        command.arg(format!("-o{}", program.display())).args(options).arg(source);
        if let Some(directory) = source.parent() {
            command.current_dir(directory);
        }
        apt::run(&mut command)?;
        Ok(program.is_file().then_some(program))
    }

    fn binaries(&self) -> PathBuf {
        self.folder.join("root/usr/bin")
    }

    /// The cross compiler with the settings every compilation needs.
    fn compiler(&self) -> Command {
        let mut command = Command::new(self.folder.join("ppcross386"));
        command.args(["-n", "-vew0", "-Tgo32v2", "-XPi586-pc-msdosdjgpp-"]);
        command.arg(format!("-FD{}", self.binaries().display()));
        command.arg(format!("-Fu{}", self.units().display()));
        command
    }

    fn fetch(&self) -> Result<()> {
        // binutils for DJGPP are in bullseye, the compiler that builds the cross compiler in bookworm.
        let apt = PrivateApt::new(&self.folder.join("apt"), &["bookworm", "bullseye"])?;
        let compiler = format!("fp-compiler-{VERSION}/bookworm");
        let units = format!("fp-units-rtl-{VERSION}/bookworm");
        apt.unpack(&["binutils-djgpp", &compiler, &units], &self.folder.join("root"))?;
        let source = apt.upstream_source("fpc/bookworm", &self.folder.join("src"))?;
        apt::run(Command::new("tar").arg("xf").arg(&source).arg("-C").arg(self.folder.join("src")))
    }

    /// Debian's compiler builds a compiler that runs here and makes i386 code.
    fn build_cross_compiler(&self) -> Result<()> {
        self.build_compiler_for("i386", &self.folder.join("ppcross386"))
    }

    /// The same for another processor of the family; the compiler's path is `target`.
    pub(crate) fn build_compiler_for(&self, processor: &str, target: &Path) -> Result<()> {
        let units =
            self.folder.join("root/usr/lib/x86_64-linux-gnu/fpc").join(VERSION).join("units/x86_64-linux");
        let mut command = Command::new(self.binaries().join(format!("ppcx64-{VERSION}")));
        command.args(["-n", "-vew0"]).arg(format!("-Fu{}/*", units.display()));
        self.compile_the_compiler(command, processor, &format!("cc-{processor}"), target)
    }

    /// The cross compiler builds the compiler for DOS.
    fn build_dos_compiler(&self) -> Result<()> {
        let mut command = self.compiler();
        for include in RTL_INCLUDES {
            command.arg(format!("-Fi../rtl/{include}"));
        }
        for unit in ["go32v2", "objpas", "inc", "common"] {
            command.arg(format!("-Fu../rtl/{unit}"));
        }
        self.compile_the_compiler(command, "i386", "self", &self.folder.join("PPC386.EXE"))
    }

    fn compile_the_compiler(
        &self,
        mut command: Command,
        processor: &str,
        objects: &str,
        target: &Path,
    ) -> Result<()> {
        let objects = self.folder.join(objects);
        std::fs::create_dir_all(&objects)?;
        command.arg(format!("-Fu{processor}")).args(["-Fux86", "-Fusystems"]);
        command.arg(format!("-Fi{processor}")).args(["-Fix86", "-Fi."]);
        command.arg(format!("-d{processor}")).args(["-dGDB", "-dBROWSERLOG", "-O2"]);
        command.arg(format!("-FU{}", objects.display()));
        command.arg(format!("-o{}", target.display())).arg("pp.pas");
        apt::run(command.current_dir(self.sources()?.join("fpcsrc/compiler")))
    }

    fn build_library(&self) -> Result<()> {
        let units = self.units();
        std::fs::create_dir_all(&units)?;
        let top = self.sources()?.join("fpcsrc");
        let here = top.join("rtl/go32v2");
        for (source, object) in [("v2prt0", "prt0"), ("exceptn", "exceptn"), ("fpu", "fpu")] {
            let mut command = Command::new(self.binaries().join("i586-pc-msdosdjgpp-as"));
            command.arg(format!("{source}.as")).arg("-o").arg(units.join(object).with_extension("o"));
            apt::run(command.current_dir(&here))?;
        }
        self.library_unit(&here, &here.join("system.pp"), &["-Us", "-Sg"])?;
        let mut failures = Vec::new();
        for unit in UNITS.split_whitespace() {
            let source = ["pp", "pas"].map(|extension| top.join(format!("{unit}.{extension}")));
            match source.iter().find(|path| path.is_file()) {
                Some(source) => failures.extend(self.library_unit(&here, source, &[]).err()),
                None => bail!("the run-time library has no {unit}"),
            }
        }
        match failures.as_slice() {
            [] => Ok(()),
            [first, ..] => bail!("{} units did not compile: {first:#}", failures.len()),
        }
    }

    fn library_unit(&self, here: &Path, source: &Path, options: &[&str]) -> Result<()> {
        let mut command = self.compiler();
        command.arg(format!("-FE{0}", self.units().display())).arg(format!("-FU{}", self.units().display()));
        for include in RTL_INCLUDES {
            command.arg(format!("-Fi../{include}"));
        }
        for include in PACKAGE_INCLUDES {
            command.arg(format!("-Fi../../packages/{include}"));
        }
        for unit in RTL_UNITS {
            command.arg(format!("-Fu../{unit}"));
        }
        apt::run(command.args(options).arg(source).current_dir(here).stdin(Stdio::null()))
    }
}
