//! Finding a compiler that can build `core` and `alloc` from source.
//!
//! Two worlds, one command: a rustup nightly with `rust-src` where there is one, else Debian's own compiler
//! with its sources, else any rustup toolchain with `rust-src`. The last two take nightly flags only with
//! `RUSTC_BOOTSTRAP=1`, which is set for that one child. rustup is only asked, never changed, and no
//! toolchain file is used (it would make rustup reach for downloads).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{bail, Context, Result};

use crate::console;
use crate::provision::apt;

/// The oldest compiler that knows the target description's fields (a numeric pointer width, `rustc-abi`).
const OLDEST: Version = Version { major: 1, minor: 95 };
/// Where Debian puts the sources of its compiler's library, below the compiler's own root.
const LIBRARY: &str = "lib/rustlib/src/rust/library/Cargo.lock";

/// A compiler's version as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    major: u32,
    minor: u32,
}

/// A compiler, the cargo that drives it, and what they need.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// One line for the user.
    pub description: String,
    cargo: PathBuf,
    rustc: PathBuf,
    /// Nightly flags are accepted only with RUSTC_BOOTSTRAP=1.
    bootstrap: bool,
    /// `cargo-clippy` of the same version, with `clippy-driver` beside it.
    clippy: Option<PathBuf>,
    /// Whether this cargo asks for `-Zjson-target-spec`.
    wants_target_flag: bool,
}

impl Toolchain {
    /// The first suitable compiler; Debian's is installed if there is none.
    pub fn find() -> Result<Toolchain> {
        if let Some(found) = Self::search() {
            return Ok(found);
        }
        apt::install(&["rustc-web", "rust-web-src"], "a compiler with its library's sources")?;
        match Self::search() {
            Some(found) => Ok(found),
            None => bail!(
                "no compiler of version 1.{} or later with its library's sources was found. Either of these helps: \
                 `rustup toolchain install nightly --component rust-src`, or on Debian the packages rustc-web and \
                 rust-web-src with a cargo of the same age",
                OLDEST.minor
            ),
        }
    }

    fn search() -> Option<Toolchain> {
        let named = rustup_toolchains();
        let (nightly, other): (Vec<_>, Vec<_>) =
            named.into_iter().partition(|name| name.starts_with("nightly"));
        let nightly = nightly.iter().filter_map(|name| Self::from_rustup(name, false));
        let debian = std::iter::once_with(Self::from_debian).flatten();
        let other = other.iter().filter_map(|name| Self::from_rustup(name, true));
        nightly.chain(debian).chain(other).next()
    }

    fn from_rustup(name: &str, bootstrap: bool) -> Option<Toolchain> {
        let output = Command::new("rustup").args(["which", "--toolchain", name, "rustc"]).output().ok()?;
        if !output.status.success() {
            return None;
        }
        let rustc = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
        let programs = rustc.parent()?.to_path_buf();
        let cargo = Some(programs.join("cargo")).filter(|path| path.is_file())?;
        Self::checked(rustc, cargo, bootstrap, programs.join("cargo-clippy"))
    }

    fn from_debian() -> Option<Toolchain> {
        let cargo = std::env::var_os("CARGO").map(PathBuf::from).or_else(|| apt::find("cargo"))?;
        Self::checked("/usr/bin/rustc".into(), cargo, true, "/usr/bin/cargo-clippy".into())
    }

    /// A toolchain out of its parts, if the compiler is new enough and has its sources.
    fn checked(rustc: PathBuf, cargo: PathBuf, bootstrap: bool, clippy: PathBuf) -> Option<Toolchain> {
        let text = first_line(Command::new(&rustc).arg("--version"))?;
        let sysroot = PathBuf::from(first_line(Command::new(&rustc).args(["--print", "sysroot"]))?);
        if version(&text)? < OLDEST || !sysroot.join(LIBRARY).is_file() {
            return None;
        }
        let cargo_text = first_line(Command::new(&cargo).arg("--version"))?;
        let mut flags = Command::new(&cargo);
        flags.arg("-Zhelp");
        if bootstrap {
            flags.env("RUSTC_BOOTSTRAP", "1");
        }
        let flags = flags.output().ok()?;
        let wants_target_flag = String::from_utf8_lossy(&flags.stdout).contains("json-target-spec");
        let clippy = Some(clippy).filter(|path| is_same_version(path, &text));
        let description = format!("{} at {}, driven by {cargo_text}", text.trim(), rustc.display());
        Some(Toolchain { description, cargo, rustc, bootstrap, clippy, wants_target_flag })
    }

    /// `cargo VERB` for the bare target: compiler, standard library and target set, nothing inherited that
    /// could change the code (the user's own RUSTFLAGS, say).
    pub fn cargo_for_target(&self, verb: &str, target_description: &Path) -> Command {
        let mut command = Command::new(&self.cargo);
        command.arg(verb);
        self.configure(&mut command, target_description);
        command
    }

    /// `cargo clippy` for the bare target, or nothing where this compiler has no clippy of its version.
    pub fn clippy_for_target(&self, target_description: &Path) -> Option<Command> {
        let mut command = Command::new(self.clippy.as_ref()?);
        command.arg("clippy").env("CARGO", &self.cargo);
        self.configure(&mut command, target_description);
        Some(command)
    }

    /// Brings in the clippy of Debian's compiler where that is the compiler in use and it is missing.
    pub fn with_clippy(self) -> Result<Toolchain> {
        if self.clippy.is_some() || self.rustc != Path::new("/usr/bin/rustc") || !apt::is_available() {
            return Ok(self);
        }
        apt::install(&["rust-web-clippy"], "lints for the i386 target")?;
        Self::from_debian().context("Debian's compiler is gone after an installation")
    }

    fn configure(&self, command: &mut Command, target_description: &Path) {
        for inherited in
            ["RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_BUILD_RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER"]
        {
            command.env_remove(inherited);
        }
        command.env("RUSTC", &self.rustc).env("CARGO_ENCODED_RUSTFLAGS", self.path_flags());
        if self.bootstrap {
            command.env("RUSTC_BOOTSTRAP", "1");
        }
        command
            .args(["-Zbuild-std=core,alloc,compiler_builtins", "-Zbuild-std-features=compiler-builtins-mem"]);
        if self.wants_target_flag {
            command.arg("-Zjson-target-spec");
        }
        command.arg("--target").arg(target_description);
    }

    /// Panic messages name source files; without this they would name this machine's folders, and two machines
    /// would build two different images.
    fn path_flags(&self) -> String {
        let home = std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
        let mut flags = Vec::new();
        if let Some(home) = home {
            flags.push(format!("--remap-path-prefix={}=crates", home.join("registry/src").display()));
        }
        if let Some(root) = self.rustc.parent().and_then(Path::parent) {
            let library = root.join("lib/rustlib/src/rust");
            let real = library.canonicalize().unwrap_or(library.clone());
            flags.push(format!("--remap-path-prefix={}=rust", library.display()));
            flags.push(format!("--remap-path-prefix={}=rust", real.display()));
        }
        flags.join("\u{1f}")
    }
}

/// The names that rustup knows, without its remarks; none where there is no rustup.
fn rustup_toolchains() -> Vec<String> {
    let Ok(output) = Command::new("rustup").args(["toolchain", "list"]).output() else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_string).collect()
}

fn first_line(command: &mut Command) -> Option<String> {
    let output = console::capture(command).ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.lines().next()?.to_string())
}

/// The version in "rustc 1.96.0 (…)".
fn version(text: &str) -> Option<Version> {
    let mut numbers = text.split_whitespace().nth(1)?.split('.').map(|part| part.parse().ok());
    Some(Version { major: numbers.next()??, minor: numbers.next()?? })
}

/// clippy reads the libraries that the compiler wrote, so both must be one version. Its own version is its
/// compiler's with a zero in front ("clippy 0.1.96").
fn is_same_version(clippy: &Path, rustc_text: &str) -> bool {
    let Some(driver) = clippy.parent().map(|folder| folder.join("clippy-driver")) else { return false };
    let Some(text) = first_line(Command::new(driver).args(["--rustc", "--version"])) else { return false };
    version(&text).is_some() && version(&text) == version(rustc_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_stable_nightly_and_debian() {
        for text in
            ["rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)", "rustc 1.96.2-nightly"]
        {
            assert_eq!(version(text), Some(Version { major: 1, minor: 96 }));
        }
        assert_eq!(version("rustc unknown"), None);
        assert!(version("rustc 1.94.9 (x)").unwrap() < OLDEST);
    }
}
