//! One boot: lays out drive C: with the list of programs, starts the machine, and reads the
//! results back when it is over.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::api::Places;
use crate::batch::Job;
use crate::disk;
use crate::emulators::{Boot, FLOPPY};
use crate::find;
use crate::helpers::helpers;
use crate::host::HostUnderTest;
use crate::machine::{GuestFile, Machine};
use crate::process::Process;

/// A machine that has been started.
pub(crate) struct Booted {
    /// The emulator.
    pub process: Process,
    drive: PathBuf,
    is_image: bool,
    // Removed with everything in it when the run is over, unless the machine says keep.
    _directory: Option<TempDir>,
}

/// Drive C: after a run.
pub(crate) enum Drive {
    Image(disk::Results),
    Directory(PathBuf),
}

impl Drive {
    /// A file of C:, `None` when it is missing.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        match self {
            Drive::Image(results) => results.read(path),
            Drive::Directory(root) => std::fs::read(root.join(path.replace('\\', "/"))).ok(),
        }
    }
}

/// Starts `machine` with `host`, to run `jobs`; job numbers are indices into `jobs`.
pub(crate) fn start(
    machine: &Machine,
    host: &HostUnderTest,
    jobs: &[&Job],
    places: &Places,
) -> Result<Booted> {
    let directory = tempfile::Builder::new().prefix("ferrite-").tempdir()?;
    let work = machine.keep.clone().unwrap_or_else(|| directory.path().to_path_buf());
    std::fs::create_dir_all(&work)?;
    let work = work.canonicalize()?;
    let autoexec = autoexec(machine, host);
    let mut files = files(host, jobs)?;
    let is_image = machine.engine.boots_freedos();
    let (drive, cylinders) = if is_image {
        files.extend(machine.files.iter().cloned());
        files.push(GuestFile::new("CONFIG.SYS", dos_text(&config_sys(machine, host))));
        files.push(GuestFile::new("AUTOEXEC.BAT", dos_text(&freedos_autoexec(&autoexec))));
        let drive = work.join("c.img");
        let cylinders = disk::build(&drive, machine.disk_mib, &find::freedos_image(places)?, &files)?;
        (drive, cylinders)
    } else {
        files.extend(machine.files.iter().cloned());
        let drive = work.join("c");
        lay_out(&drive, &files)?;
        (drive, 0)
    };
    if machine.floppy.is_some() {
        disk::build_floppy(&work.join(FLOPPY))?;
    }
    let boot = Boot { machine, places, work: &work, drive: &drive, cylinders, autoexec: &autoexec };
    let process = boot.start()?;
    Ok(Booted { process, drive, is_image, _directory: machine.keep.is_none().then_some(directory) })
}

impl Booted {
    /// Ends the machine and opens drive C: as it left it. What a mounted directory holds is gone
    /// when `self` is.
    pub fn results(&mut self) -> Result<Drive> {
        self.process.kill();
        if self.is_image {
            Ok(Drive::Image(disk::Results::open(&self.drive)?))
        } else {
            Ok(Drive::Directory(self.drive.clone()))
        }
    }
}

/// CONFIG.SYS: the host if it is a device driver, the caller's lines, the shell.
fn config_sys(machine: &Machine, host: &HostUnderTest) -> Vec<String> {
    let mut lines: Vec<String> = ["SWITCHES=/N /F", "DOS=HIGH,UMB", "FILES=60", "BUFFERS=20", "LASTDRIVE=Z"]
        .map(String::from)
        .to_vec();
    lines.extend(host.device_line());
    lines.extend(machine.config_sys.iter().cloned());
    lines.push("SHELL=C:\\COMMAND.COM C:\\ /E:1024 /P".to_string());
    lines
}

/// What is done after the shell has come up, in every engine.
fn autoexec(machine: &Machine, host: &HostUnderTest) -> Vec<String> {
    let mark = "C:\\HARNESS\\MARK.COM";
    let mut lines = vec![format!("{mark} boot"), "SET TEMP=C:\\WORK".to_string()];
    lines.extend(machine.autoexec.iter().cloned());
    if let Some(load) = host.load_line() {
        lines.push(format!("{mark} host"));
        lines.push(load);
        // Digits are tried from above, since ERRORLEVEL n means n or more.
        for level in (1..=9).rev().filter(|_| host.errorlevel_counts) {
            lines.push(format!("IF ERRORLEVEL {level} {mark} refused {level}"));
        }
    }
    lines.push("C:\\HARNESS\\DRIVER.COM".to_string());
    lines
}

fn freedos_autoexec(lines: &[String]) -> Vec<String> {
    let mut all = vec!["@ECHO OFF".to_string(), "C:".to_string(), "SET PATH=C:\\".to_string()];
    all.extend(lines.iter().cloned());
    all.push("C:\\HARNESS\\QUIT.COM".to_string());
    all
}

fn dos_text(lines: &[String]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_bytes(), b"\r\n"].concat()).collect()
}

/// Helpers, host, programs, inputs and the list.
fn files(host: &HostUnderTest, jobs: &[&Job]) -> Result<Vec<GuestFile>> {
    let helpers = helpers()?;
    let mut files = vec![
        GuestFile::new("HARNESS/MARK.COM", helpers.mark.clone()),
        GuestFile::new("HARNESS/DRIVER.COM", helpers.driver.clone()),
        GuestFile::new("HARNESS/QUIT.COM", helpers.quit.clone()),
    ];
    files.extend(host.file()?);
    let mut list = Vec::new();
    for (number, job) in jobs.iter().enumerate() {
        let program = format!("C:\\{}", job.program.path.replace('/', "\\").to_uppercase());
        let (program, tail) = host.command(&program, &job.arguments);
        let line = format!("{number:04} {} {program} {tail}", job.directory);
        list.push(line.trim_end().to_string());
        files.push(job.program.clone());
        if !job.input.is_empty() {
            files.push(GuestFile::new(format!("HARNESS/IN/{number:04}.TXT"), job.input.clone()));
        }
    }
    files.push(GuestFile::new("HARNESS/LIST.TXT", dos_text(&list)));
    Ok(files)
}

/// Writes `files` below `root`, in upper case as DOS would.
fn lay_out(root: &Path, files: &[GuestFile]) -> Result<()> {
    for directory in ["HARNESS/IN", "HARNESS/OUT", "WORK"] {
        std::fs::create_dir_all(root.join(directory))?;
    }
    for file in files {
        let path = root.join(file.path.replace('\\', "/").to_uppercase());
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, &file.content).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
