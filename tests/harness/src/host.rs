//! The host under test: which DPMI host or driver is present while a program runs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::machine::GuestFile;

/// How a host gets between DOS and the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nothing is loaded: real-mode tests.
    Absent,
    /// Loaded once, stays resident, programs follow.
    Resident,
    /// Loaded by a DEVICE line of CONFIG.SYS, before the caller's own lines.
    Device,
    /// The host's EXE is started for each program, with the program on its command line.
    Launcher,
}

/// A host executable and the way it is used.
#[derive(Clone, Debug)]
pub struct HostUnderTest {
    /// Path of the executable on this machine; `None` only when absent.
    pub path: Option<PathBuf>,
    /// How it is used.
    pub presence: Presence,
    /// Arguments: those that make it resident, or those before the program's name.
    pub arguments: String,
    /// Whether an errorlevel from 1 on means that it did not become resident. HDPMI and CWSDPMI
    /// return 1 when all is well.
    pub errorlevel_counts: bool,
}

impl HostUnderTest {
    /// No host at all.
    pub fn absent() -> Self {
        HostUnderTest {
            path: None,
            presence: Presence::Absent,
            arguments: String::new(),
            errorlevel_counts: true,
        }
    }

    /// `path` made resident before the programs run, with the arguments its kind needs:
    /// HDPMI takes `-r`, CWSDPMI `-p`, every other host none.
    pub fn resident(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = dos_name(&path);
        let arguments = if name.starts_with("HDPMI") {
            "-r"
        } else if name.starts_with("CWSDPMI") {
            "-p"
        } else {
            ""
        };
        HostUnderTest {
            path: Some(path),
            presence: Presence::Resident,
            arguments: arguments.to_string(),
            errorlevel_counts: arguments.is_empty(),
        }
    }

    /// `path` started as `HOST [arguments] PROGRAM tail` for each program (Ferrite's run mode).
    pub fn launcher(path: impl Into<PathBuf>) -> Self {
        HostUnderTest {
            path: Some(path.into()),
            presence: Presence::Launcher,
            arguments: String::new(),
            errorlevel_counts: true,
        }
    }

    /// `path` loaded by CONFIG.SYS.
    pub fn device(path: impl Into<PathBuf>) -> Self {
        HostUnderTest { presence: Presence::Device, ..HostUnderTest::launcher(path) }
    }

    /// The same host with other arguments.
    pub fn with_arguments(mut self, arguments: impl Into<String>) -> Self {
        self.arguments = arguments.into();
        self
    }

    /// A short name for reports: `none`, `HDPMI32`, `FERRITE`, `FERRITE run`, `FERRITE device`.
    pub fn label(&self) -> String {
        let Some(path) = &self.path else {
            return "none".to_string();
        };
        let stem = dos_name(path);
        let stem = stem.trim_end_matches(".EXE").trim_end_matches(".COM");
        match self.presence {
            Presence::Launcher => format!("{stem} run"),
            Presence::Device => format!("{stem} device"),
            _ => stem.to_string(),
        }
    }

    /// The executable as a file for C:, if there is one.
    pub(crate) fn file(&self) -> Result<Option<GuestFile>> {
        let Some(path) = &self.path else {
            return Ok(None);
        };
        let content = std::fs::read(path).with_context(|| format!("host {}", path.display()))?;
        Ok(Some(GuestFile::new(dos_name(path), content)))
    }

    /// The AUTOEXEC line that makes the host resident.
    pub(crate) fn load_line(&self) -> Option<String> {
        let path = self.path.as_ref()?;
        (self.presence == Presence::Resident)
            .then(|| format!("C:\\{} {}", dos_name(path), self.arguments).trim_end().to_string())
    }

    /// The line of CONFIG.SYS that loads the host.
    pub(crate) fn device_line(&self) -> Option<String> {
        let path = self.path.as_ref()?;
        (self.presence == Presence::Device)
            .then(|| format!("DEVICE=C:\\{} {}", dos_name(path), self.arguments).trim_end().to_string())
    }

    /// Program and arguments as the driver has to start them.
    pub(crate) fn command(&self, program: &str, arguments: &str) -> (String, String) {
        match (&self.path, &self.presence) {
            (Some(path), Presence::Launcher) => {
                let words = [self.arguments.as_str(), program, arguments];
                let tail: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
                (format!("C:\\{}", dos_name(path)), tail.join(" "))
            }
            _ => (program.to_string(), arguments.to_string()),
        }
    }
}

/// The file name of `path` in upper case, as DOS will see it.
pub(crate) fn dos_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().to_uppercase()).unwrap_or_default()
}
