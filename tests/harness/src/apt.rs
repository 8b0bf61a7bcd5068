//! apt-get with a state of its own: fetches Debian packages and sources into a private folder.
//! Nothing is installed, nothing of the system's package state is read or changed beyond the
//! mirror that the machine already uses.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{bail, Context, Result};

/// The key ring of Debian's archive, part of every Debian system.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// A private package state in a folder.
pub struct PrivateApt {
    options: Vec<String>,
}

impl PrivateApt {
    /// Sets up `folder` for the given releases (`bookworm`, ...) and reads their package lists,
    /// those of the sources included.
    ///
    /// # Errors
    /// When this is no Debian system, or the mirror cannot be reached.
    pub fn new(folder: &Path, releases: &[&str]) -> Result<Self> {
        let folder = folder.to_path_buf();
        for part in ["lists/partial", "cache/archives/partial", "state"] {
            std::fs::create_dir_all(folder.join(part))?;
        }
        std::fs::write(folder.join("state/status"), "")?;
        let mirror = mirror()?;
        let line = |release: &&str| {
            let place = format!("[signed-by={KEYRING}] {mirror} {release} main");
            format!("deb {place}\ndeb-src {place}\n")
        };
        let list = folder.join("sources.list");
        std::fs::write(&list, releases.iter().map(line).collect::<String>())?;
        let path = |part: &str| folder.join(part).display().to_string();
        let settings = [
            format!("Dir::Etc::sourcelist={}", list.display()),
            "Dir::Etc::sourceparts=/dev/null".to_string(),
            "Dir::Etc::preferencesparts=/dev/null".to_string(),
            format!("Dir::State={}", path("state")),
            format!("Dir::State::Lists={}", path("lists")),
            format!("Dir::State::status={}", path("state/status")),
            format!("Dir::Cache={}", path("cache")),
            "Acquire::Languages=none".to_string(),
            "APT::Sandbox::User=root".to_string(),
        ];
        let apt = PrivateApt { options: settings.into_iter().flat_map(|s| ["-o".to_string(), s]).collect() };
        apt.run(&folder, &["update"])?;
        Ok(apt)
    }

    /// The names of `package` and of everything it depends on, recommendations left out.
    ///
    /// # Errors
    /// When the releases do not have it.
    pub fn closure(&self, package: &str) -> Result<Vec<String>> {
        let mut command = Command::new("apt-get");
        command.arg("-qq").args(&self.options).args(["-o", "APT::Install-Recommends=0"]);
        let output = command.args(["--print-uris", "install", package]).stdin(Stdio::null()).output()?;
        if !output.status.success() {
            bail!("no {package}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        // Lines: 'address' name_version_architecture.deb size hash.
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let name = |line: &str| Some(line.split_whitespace().nth(1)?.split('_').next()?.to_string());
        Ok(text.lines().filter(|line| line.starts_with('\'')).filter_map(name).collect())
    }

    /// Fetches `packages` (`name` or `name/release`) and unpacks them into `root`.
    ///
    /// # Errors
    /// When one cannot be fetched or unpacked.
    pub fn unpack(&self, packages: &[&str], root: &Path) -> Result<()> {
        let downloads = tempfile::tempdir()?;
        self.run(downloads.path(), &[&["download"], packages].concat())?;
        std::fs::create_dir_all(root)?;
        for entry in std::fs::read_dir(downloads.path())? {
            let package = entry?.path();
            let mut command = Command::new("dpkg-deb");
            run(command.arg("-x").arg(&package).arg(root))?;
        }
        Ok(())
    }

    /// Fetches the upstream archive of a source package into `folder` and returns its path.
    ///
    /// # Errors
    /// When the source package cannot be fetched.
    pub fn upstream_source(&self, package: &str, folder: &Path) -> Result<PathBuf> {
        std::fs::create_dir_all(folder)?;
        self.run(folder, &["source", "--download-only", package])?;
        let entries = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
        entries
            .into_iter()
            .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(".orig.tar.")))
            .with_context(|| format!("the source package {package} has no upstream archive"))
    }

    fn run(&self, folder: &Path, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("apt-get");
        run(command.arg("-qq").args(&self.options).args(arguments).current_dir(folder))
    }
}

/// The Debian mirror in the machine's own configuration.
fn mirror() -> Result<String> {
    let output = Command::new("apt-get")
        .args(["indextargets", "--format", "$(REPO_URI)"])
        .stdin(Stdio::null())
        .output()
        .context("apt-get is not here (Debian only)")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mirror = text.lines().find(|line| line.trim_end_matches('/').ends_with("/debian"));
    mirror.map(String::from).context("apt knows no Debian mirror")
}

/// Runs a command to its end; its complaints are the error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {name}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(5)..].join("\n");
    bail!("{name} failed ({}): {last}", output.status)
}
