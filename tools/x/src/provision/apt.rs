//! Debian's package manager, used the way a script must: no questions, and only for what is missing.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{bail, Result};

use crate::console;

/// A program that comes in a Debian package.
pub struct Tool {
    /// The program, looked for on the search path and in the system's folders.
    pub program: &'static str,
    /// The packages that bring it.
    pub packages: &'static [&'static str],
    /// What it is needed for, to be said when it is installed.
    pub purpose: &'static str,
}

/// The package lists are fetched at most once in a run.
static LISTS_FRESH: AtomicBool = AtomicBool::new(false);

/// Finds a program on the search path, then in the folders where Debian puts programs.
pub fn find(program: &str) -> Option<PathBuf> {
    let search = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/games"].map(PathBuf::from);
    std::env::split_paths(&search)
        .chain(system)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// Finds a program, installing its packages first if it is not there.
pub fn require(tool: &Tool) -> Result<PathBuf> {
    if let Some(path) = find(tool.program) {
        return Ok(path);
    }
    install(tool.packages, tool.purpose)?;
    match find(tool.program) {
        Some(path) => Ok(path),
        None => bail!("{} was installed but `{}` is not to be found", tool.packages.join(" "), tool.program),
    }
}

/// Installs packages, without recommended ones. Refuses with a sentence where there is no apt-get, or where
/// neither root nor sudo is to be had.
pub fn install(packages: &[&str], purpose: &str) -> Result<()> {
    let list = packages.join(" ");
    if find("apt-get").is_none() {
        bail!("{list} ({purpose}) is missing and this machine has no apt-get: please install it");
    }
    if !LISTS_FRESH.swap(true, Ordering::Relaxed) {
        console::run_quietly("apt", "updating the package lists", privileged()?.arg("update"))?;
    }
    let mut command = privileged()?;
    command.args(["install", "-y", "--no-install-recommends"]).args(packages);
    console::step("apt", format!("installing {list} ({purpose})"));
    console::run_quietly("apt", "working", &mut command)?;
    Ok(())
}

/// Whether this machine's releases have a package.
pub fn has_candidate(package: &str) -> bool {
    let policy = console::capture(Command::new("apt-cache").args(["policy", package]));
    let text = policy.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().any(|line| line.trim().starts_with("Candidate: ") && !line.contains("(none)"))
}

/// Whether a package is installed.
pub fn is_installed(package: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    let answer = console::capture(query.args(["--show", "--showformat=${db:Status-Status}", package]));
    answer.is_ok_and(|output| output.stdout == b"installed")
}

/// Whether packages could be installed here at all.
pub fn is_available() -> bool {
    find("apt-get").is_some() && privileged().is_ok()
}

/// apt-get with root's rights and no questions.
fn privileged() -> Result<Command> {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else if let Some(sudo) = find("sudo") {
        let mut command = Command::new(sudo);
        // -n: a password prompt would be a question, and in CI a hang.
        command.args(["-n", "--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
        command
    } else {
        bail!("packages are missing, and this user is not root and has no sudo");
    };
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["-q", "-o", "Dpkg::Use-Pty=0"]);
    Ok(command)
}

/// Whether this process may write where only root may. Asked of the file system, so no C call is needed.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(Path::new("/proc/self")).is_ok_and(|meta| meta.uid() == 0)
}
