//! Guest tests: NASM sources whose leading comment says what is expected of them.
//!
//! A header line is `; key: value` in the comment that opens the file. The keys are listed in
//! tests/README.md; an unknown one is an error, so that a typing mistake does not switch a test off.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{bail, Context, Result};

use crate::find;
use crate::host::Presence;
use crate::machine::{Floppy, GuestFile, Machine};
use crate::verdict::{Ending, Expectation};

/// Which builds of a test take long, and are run only when everything is.
#[derive(Clone, Default, Debug)]
pub struct Whole {
    /// All of them.
    all: bool,
    /// Those of one width, where the width matters little.
    widths: Vec<u32>,
    /// Those on some machines, where the machine matters little.
    machines: Vec<String>,
}

impl Whole {
    fn parse(value: &str) -> Result<Self> {
        let mut whole = Whole::default();
        for word in value.split_whitespace() {
            match word {
                "no" => {}
                "yes" => whole.all = true,
                "16" | "32" => whole.widths.push(word.parse()?),
                _ if Machine::named(word).is_ok() => whole.machines.push(word.to_string()),
                _ => bail!("expected yes, no, 16, 32 or the names of machines"),
            }
        }
        Ok(whole)
    }

    /// Is the build for `width` on the machine of this name one of them?
    pub fn has(&self, width: Option<u32>, machine: &str) -> bool {
        self.all
            || width.is_some_and(|width| self.widths.contains(&width))
            || self.machines.iter().any(|name| name == machine)
    }
}

/// What the header of a guest test says.
#[derive(Clone, Debug)]
pub struct Header {
    /// Names of the machines it runs on.
    pub machines: Vec<String>,
    /// Widths it is assembled for; `None` stands for one build without `WIDTH`.
    pub widths: Vec<Option<u32>>,
    /// How the host is to be present.
    pub presences: Vec<Presence>,
    /// Switches for the host.
    pub host_arguments: String,
    /// Does it use the host's debug calls?
    pub debug_calls: bool,
    /// How it is to end.
    pub ending: Ending,
    /// The errorlevel.
    pub code: Option<u8>,
    /// The number of verdicts, one for all widths or one for each.
    pub plan: Vec<usize>,
    /// Texts that must appear.
    pub contains: Vec<String>,
    /// Command line.
    pub arguments: String,
    /// Does each build get a machine that has run nothing else?
    pub own_boot: bool,
    /// How long it may run.
    pub limit: Duration,
    /// Memory sizes in MiB; one run for each.
    pub memory: Vec<u32>,
    /// Size of drive C: in MiB, where the usual one does not do.
    pub disk: Option<u32>,
    /// Which of its builds are run only when everything is.
    pub whole: Whole,
    /// CPU model, in the words of the (single) machine.
    pub cpu: Option<String>,
    /// What is in drive A:.
    pub floppy: Option<Floppy>,
    /// CONFIG.SYS lines.
    pub config_sys: Vec<String>,
    /// AUTOEXEC lines.
    pub autoexec: Vec<String>,
    /// Further files: path beside the test (assembled, when it ends in .asm), name on C:.
    pub files: Vec<(String, String)>,
}

impl Default for Header {
    fn default() -> Self {
        Header {
            machines: ["qemu", "bochs", "dosbox-x"].map(String::from).to_vec(),
            widths: vec![None],
            presences: vec![Presence::Resident],
            host_arguments: String::new(),
            debug_calls: false,
            ending: Ending::Pass,
            code: Some(0),
            plan: Vec::new(),
            contains: Vec::new(),
            arguments: String::new(),
            own_boot: false,
            limit: Duration::from_secs(20),
            memory: Vec::new(),
            disk: None,
            floppy: None,
            whole: Whole::default(),
            cpu: None,
            config_sys: Vec::new(),
            autoexec: Vec::new(),
            files: Vec::new(),
        }
    }
}

impl Header {
    /// Reads the comment that opens `source`.
    pub fn parse(source: &str) -> Result<Self> {
        let mut header = Header::default();
        for line in source.lines().map_while(|line| line.strip_prefix(';')) {
            let Some((key, value)) = line.trim().split_once(':') else { continue };
            // Prose has colons too; keys are single lower-case words.
            if key.is_empty() || !key.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
                continue;
            }
            header.take(key, value.trim()).with_context(|| format!("header line `{}`", line.trim()))?;
        }
        if header.plan.len() > 1 && header.plan.len() != header.widths.len() {
            bail!("`plan` has neither one number nor one for each width");
        }
        Ok(header)
    }

    fn take(&mut self, key: &str, value: &str) -> Result<()> {
        let words = || value.split_whitespace().map(String::from).collect::<Vec<_>>();
        match key {
            "expect" => {
                self.ending = match value {
                    "pass" => Ending::Pass,
                    "cut" => Ending::Cut,
                    "code" => Ending::Code,
                    "reset" => Ending::Reset,
                    _ => bail!("expected pass, cut, code or reset"),
                }
            }
            "machines" => {
                self.machines = words();
                for name in &self.machines {
                    Machine::named(name)?;
                }
            }
            "width" => {
                self.widths =
                    value.split_whitespace().map(|word| Ok(Some(word.parse()?))).collect::<Result<_>>()?;
            }
            "host" => {
                let presence = |word| match word {
                    "none" => Ok(Presence::Absent),
                    "resident" => Ok(Presence::Resident),
                    "launcher" => Ok(Presence::Launcher),
                    "device" => Ok(Presence::Device),
                    _ => bail!("expected none, resident or launcher"),
                };
                self.presences = value.split_whitespace().map(presence).collect::<Result<_>>()?;
            }
            "image" => {
                self.debug_calls = match value {
                    "plain" => false,
                    "debug-calls" => true,
                    _ => bail!("expected plain or debug-calls"),
                }
            }
            "host-args" => self.host_arguments = value.to_string(),
            "exit" => self.code = if value == "any" { None } else { Some(value.parse()?) },
            "plan" => self.plan = value.split_whitespace().map(str::parse).collect::<Result<_, _>>()?,
            "contains" => self.contains.push(value.to_string()),
            "args" => self.arguments = value.to_string(),
            "boot" => {
                self.own_boot = match value {
                    "shared" => false,
                    "own" => true,
                    _ => bail!("expected shared or own"),
                }
            }
            "timeout" => self.limit = Duration::from_secs(value.parse()?),
            "memory" => self.memory = value.split_whitespace().map(str::parse).collect::<Result<_, _>>()?,
            "disk" => self.disk = Some(value.parse()?),
            "floppy" => {
                self.floppy = match value {
                    "blank" => Some(Floppy::Blank),
                    "read-only" => Some(Floppy::ReadOnly),
                    _ => bail!("expected blank or read-only"),
                }
            }
            "whole" => self.whole = Whole::parse(value)?,
            "cpu" => self.cpu = Some(value.to_string()),
            "config" => self.config_sys.push(value.to_string()),
            "autoexec" => self.autoexec.push(value.to_string()),
            "file" => {
                let (path, name) = value.split_once('=').context("expected path=NAME.EXT")?;
                self.files.push((path.trim().to_string(), name.trim().to_string()));
            }
            "service" => {} // read by the check that each service has a test
            _ => bail!("unknown key"),
        }
        Ok(())
    }

    /// What is expected of the build number `width` (an index into `widths`).
    pub fn expectation(&self, width: usize) -> Expectation {
        let plan = if self.plan.len() > 1 { self.plan.get(width) } else { self.plan.first() };
        Expectation {
            ending: self.ending,
            code: self.code,
            plan: plan.copied(),
            contains: self.contains.clone(),
        }
    }
}

/// A guest test's source.
#[derive(Clone, Debug)]
pub struct GuestTest {
    /// Path below tests/guest, without `.asm`, with slashes.
    pub name: String,
    /// The source.
    pub path: PathBuf,
    /// Its header.
    pub header: Header,
}

/// All guest tests below `root`/tests/guest, sorted by name; `bench` is not among them.
pub fn collect(root: &Path) -> Result<Vec<GuestTest>> {
    let top = root.join("tests/guest");
    let mut tests = Vec::new();
    let mut directories = vec![top.clone()];
    while let Some(directory) = directories.pop() {
        let entries = match std::fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(_) if directory == top => continue,
            Err(error) => return Err(error).context(directory.display().to_string()),
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "asm") {
                tests.push(read(&top, path)?);
            }
        }
    }
    // Benchmarks have a command of their own; children are built by the tests that name them.
    tests.retain(|test| !test.name.starts_with("bench/") && !test.name.contains("/child/"));
    tests.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tests)
}

fn read(top: &Path, path: PathBuf) -> Result<GuestTest> {
    let source = std::fs::read_to_string(&path)?;
    let header = Header::parse(&source).with_context(|| path.display().to_string())?;
    let name = path.strip_prefix(top).unwrap_or(&path).with_extension("");
    Ok(GuestTest { name: name.to_string_lossy().replace('\\', "/"), path, header })
}

/// Assembles `source` for `width`. It may include what lies beside it, in tests/guest and in realmode.
pub fn assemble(root: &Path, source: &Path, width: Option<u32>) -> Result<Vec<u8>> {
    let defines: Vec<String> = width.map(|width| format!("WIDTH={width}")).into_iter().collect();
    assemble_with(root, source, &defines)
}

/// Assembles `source` as [`assemble`] does, with `defines` (`NAME=value`).
pub fn assemble_with(root: &Path, source: &Path, defines: &[String]) -> Result<Vec<u8>> {
    let beside = source.parent().unwrap_or(root);
    let includes = [beside, &root.join("tests/guest"), &root.join("realmode")];
    find::assemble(source, &includes, defines)
}

/// A program's file on C:, in the directory T: an .EXE when it has an MZ header, else a .COM.
pub fn program_file(name: &str, content: Vec<u8>) -> GuestFile {
    let extension = if content.starts_with(b"MZ") { "EXE" } else { "COM" };
    GuestFile::new(format!("T/{}.{extension}", dos_stem(name)), content)
}

/// A name of at most 8 characters for `name`: itself where it fits, else its start and a hash.
pub fn dos_stem(name: &str) -> String {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    if plain.len() <= 8 && !plain.is_empty() && plain.len() == name.len() {
        return plain;
    }
    let hash = fnv(name.as_bytes()) as u32;
    format!("{}{:05X}", &plain[..plain.len().min(3)], hash & 0xF_FFFF)
}

/// The 64-bit FNV-1a hash.
pub fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_and_prose_is_left_alone() {
        let source =
            "; INT 31h 0501h: memory.\n; Note: prose.\n; expect: pass\n; width: 16 32\n; plan: 3 4\n\
                      ; machines: qemu dosbox-x/dynamic\n; timeout: 5\n\n; later: ignored\n";
        let header = Header::parse(source).unwrap();
        assert_eq!(header.widths, [Some(16), Some(32)]);
        assert_eq!(header.expectation(1).plan, Some(4));
        assert_eq!(header.limit, Duration::from_secs(5));
        assert_eq!(header.machines, ["qemu", "dosbox-x/dynamic"]);
    }

    #[test]
    fn builds_that_take_long_are_told() {
        let wholes = |value: &str| {
            let whole = Header::parse(&format!("; width: 16 32\n; whole: {value}\n")).unwrap().whole;
            [(Some(16), "qemu"), (Some(32), "qemu"), (None, "qemu"), (Some(32), "bochs")]
                .map(|(width, machine)| whole.has(width, machine))
        };
        assert_eq!(wholes("no"), [false, false, false, false]);
        assert_eq!(wholes("16"), [true, false, false, false]);
        assert_eq!(wholes("32"), [false, true, false, true]);
        assert_eq!(wholes("16 bochs"), [true, false, false, true]);
        assert_eq!(wholes("yes"), [true, true, true, true]);
        assert!(Header::parse("; whole: sometimes\n").is_err());
    }

    #[test]
    fn a_misspelt_key_or_machine_is_an_error() {
        assert!(Header::parse("; exepct: pass\n").is_err());
        assert!(Header::parse("; machines: qemo\n").is_err());
        assert!(Header::parse("; plan: 1 2\n").is_err());
    }

    #[test]
    fn names_for_dos_are_short_and_keep_apart() {
        assert_eq!(dos_stem("prime"), "PRIME");
        assert_eq!(dos_stem("0000-allocate-16").len(), 8);
        assert_ne!(dos_stem("0000-allocate-16"), dos_stem("0000-allocate-32"));
    }
}
