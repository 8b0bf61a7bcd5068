//! A package manager of one's own: other releases' packages in a private folder, with the system's lists,
//! settings and installed packages untouched. Needs no root.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{bail, ensure, Context, Result};

use crate::console;

/// The keys that Debian's own releases are signed with; part of every Debian system.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// apt-get over one release, with all its state below a scratch folder.
pub struct PrivateApt {
    folder: PathBuf,
    options: Vec<String>,
}

impl PrivateApt {
    /// Prepares the folder and fetches the release's package lists from the mirror this machine uses already.
    pub fn new(folder: &Path, release: &str) -> Result<PrivateApt> {
        for name in ["lists/partial", "cache/archives/partial", "state"] {
            std::fs::create_dir_all(folder.join(name))?;
        }
        std::fs::write(folder.join("state/status"), "")?;
        let sources = folder.join("sources.list");
        let line = format!("deb [signed-by={KEYRING}] {} {release} main\n", mirror()?);
        std::fs::write(&sources, line)?;
        let place = |name: &str| folder.join(name).display().to_string();
        let options = [
            format!("Dir::Etc::sourcelist={}", sources.display()),
            "Dir::Etc::sourceparts=/dev/null".to_string(),
            "Dir::Etc::preferencesparts=/dev/null".to_string(),
            format!("Dir::State={}", place("state")),
            format!("Dir::State::Lists={}", place("lists")),
            // No package counts as installed, so that a list of dependencies is complete.
            format!("Dir::State::status={}", place("state/status")),
            format!("Dir::Cache={}", place("cache")),
            "Acquire::Languages=none".to_string(),
            "APT::Install-Recommends=0".to_string(),
            "APT::Sandbox::User=root".to_string(),
        ];
        let apt = PrivateApt { folder: folder.to_path_buf(), options: options.into() };
        console::run_quietly(
            "apt",
            &format!("reading {release}'s package list"),
            apt.command().arg("update"),
        )?;
        Ok(apt)
    }

    /// The names of a package and of all it depends on.
    pub fn closure(&self, package: &str) -> Result<Vec<String>> {
        let output = console::capture(self.command().args(["--print-uris", "install", package]))?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
        // Lines: 'address' name_version_architecture.deb size hash.
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let name = |line: &str| Some(line.split_whitespace().nth(1)?.split('_').next()?.to_string());
        Ok(text.lines().filter(|line| line.starts_with('\'')).filter_map(name).collect())
    }

    /// Downloads packages and unpacks them into a folder.
    pub fn unpack(&self, packages: &[String], into: &Path) -> Result<()> {
        let mut command = self.command();
        command.current_dir(&self.folder).arg("download").args(packages);
        console::run_quietly("apt", &format!("fetching {} packages", packages.len()), &mut command)?;
        std::fs::create_dir_all(into)?;
        let bar = console::spinner("apt", "unpacking");
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "deb") {
                let output = console::capture(Command::new("dpkg-deb").arg("-x").arg(&path).arg(into))?;
                ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn command(&self) -> Command {
        let mut command = Command::new("apt-get");
        command.arg("-qq").args(self.options.iter().flat_map(|option| ["-o", option]));
        command
    }
}

/// The Debian mirror this machine is set up with.
fn mirror() -> Result<String> {
    let output = console::capture(Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI)"]))
        .context("this needs a Debian system")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match text.lines().find(|line| line.trim_end_matches('/').ends_with("/debian")) {
        Some(line) => Ok(line.to_string()),
        None => bail!("this machine is not set up with a Debian mirror"),
    }
}
