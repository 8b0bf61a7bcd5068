//! Which programs of Free Pascal's test suite can be run here, by the directives at their top:
//! `{ %NAME=value }`, as tests/readme.txt of its sources describes them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::fpc::FreePascal;

/// Directives that rule a program out: it must not compile or run, needs a person, a library,
/// a graphics screen, several compilations or files prepared by others.
const UNSUITABLE: [&str; 12] = [
    "FAIL",
    "NORUN",
    "INTERACTIVE",
    "GRAPH",
    "NEEDLIBRARY",
    "WPOPARAS",
    "WPOPASSES",
    "KNOWNRUNERROR",
    "KNOWNCOMPILEERROR",
    "FILES",
    "CONFIGFILE",
    "RECOMPILE",
];

/// A Pascal source and how to build and judge it.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name in the list.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Compiler options it asks for.
    pub options: Vec<String>,
    /// The errorlevel it is to end with.
    pub code: u8,
}

/// Finds the source of a name in the list.
///
/// # Errors
/// When the name has an unknown beginning or the file is missing.
pub fn locate(name: &str, root: &Path, tools: &FreePascal) -> Result<Source> {
    let (kind, rest) = name.split_once('/').with_context(|| format!("`{name}` has no kind"))?;
    let top = tools.sources()?;
    let base = match kind {
        "own" => root.join("tests/corpus"),
        "demo" => top.join("demo/text"),
        _ => top.join("fpcsrc/tests").join(kind),
    };
    let path = base.join(rest).with_extension("pp");
    let text = read(&path)?;
    let mut options = vec!["-Xs".to_string()];
    if !matches!(kind, "own" | "demo") {
        options.push(format!("-Fu{}", top.join("fpcsrc/tests/tstunits").display()));
    }
    let directives = directives(&text);
    let value =
        |wanted: &str| directives.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    options.extend(value("OPT").unwrap_or_default().split_whitespace().map(String::from));
    let code = value("RESULT").and_then(|value| value.parse().ok()).unwrap_or(0);
    Ok(Source { name: name.to_string(), path, options, code })
}

/// The names of all programs that can be tried, sorted.
///
/// # Errors
/// When a folder of the sources cannot be read.
pub fn candidates(root: &Path, tools: &FreePascal) -> Result<Vec<String>> {
    let top = tools.sources()?;
    let tests = top.join("fpcsrc/tests");
    let mut names = Vec::new();
    let folders = [
        ("own", root.join("tests/corpus")),
        ("demo", top.join("demo/text")),
        ("test", tests.join("test")),
        ("test/cg", tests.join("test/cg")),
        ("test/opt", tests.join("test/opt")),
        ("test/units/system", tests.join("test/units/system")),
        ("test/units/sysutils", tests.join("test/units/sysutils")),
        ("test/units/dos", tests.join("test/units/dos")),
        ("test/units/strings", tests.join("test/units/strings")),
        ("test/units/math", tests.join("test/units/math")),
        ("tbs", tests.join("tbs")),
    ];
    for (kind, folder) in folders {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let Some(stem) = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()) else {
                continue;
            };
            if path.extension().is_some_and(|extension| extension == "pp") && is_program(&path)? {
                names.push(format!("{kind}/{stem}"));
            }
        }
    }
    names.sort();
    Ok(names)
}

fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether a source is a program that this target and compiler can build and run alone.
fn is_program(path: &Path) -> Result<bool> {
    let text = read(path)?;
    let is_unit = text
        .lines()
        .map(|line| line.trim_start().to_lowercase())
        .any(|line| ["unit ", "library "].iter().any(|word| line.starts_with(word)));
    Ok(!is_unit && directives(&text).iter().all(|(name, value)| suits(name, value)))
}

fn suits(name: &str, value: &str) -> bool {
    let lists = |wanted: &str| value.to_lowercase().split([',', ' ']).any(|word| word.trim() == wanted);
    match name {
        "CPU" => lists("i386"),
        "SKIPCPU" => !lists("i386"),
        "TARGET" => lists("go32v2"),
        "SKIPTARGET" => !lists("go32v2"),
        "VERSION" => value.trim() <= "3.2.2",
        "MAXVERSION" => value.trim() >= "3.2.2",
        _ => !UNSUITABLE.contains(&name),
    }
}

/// The directives of a source, names in upper case. They stand in comments at its top.
fn directives(text: &str) -> Vec<(String, String)> {
    let comment = |line: &str| {
        let inner = line.trim().strip_prefix('{')?.trim_start().strip_prefix('%')?;
        let inner = inner.split('}').next()?.trim();
        let (name, value) = inner.split_once('=').unwrap_or((inner, ""));
        let name = name.split_whitespace().next()?;
        Some((name.to_uppercase(), value.trim().to_string()))
    };
    text.lines().take(30).filter_map(comment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read_as_the_test_suite_writes_them() {
        let found = directives("{ %OPT=-O2 -Sc }\n{%fail}\n{ %cpu=i386,x86_64 } { more }\nprogram x;\n");
        let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
        assert_eq!(found, [pair("OPT", "-O2 -Sc"), pair("FAIL", ""), pair("CPU", "i386,x86_64")]);
    }

    #[test]
    fn what_cannot_run_here_is_ruled_out() {
        assert!(suits("CPU", "i386,x86_64"));
        assert!(!suits("CPU", "m68k"));
        assert!(!suits("TARGET", "linux,win32"));
        assert!(!suits("SKIPTARGET", "go32v2"));
        assert!(!suits("INTERACTIVE", ""));
        assert!(suits("RESULT", "201"));
    }
}
