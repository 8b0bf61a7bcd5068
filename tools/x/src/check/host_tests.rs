//! The host's tests: `cargo test` of each package, its numbers read back.

use anyhow::{bail, ensure, Context, Result};

use super::format::cargo;
use super::Tally;
use crate::console;
use crate::project::Project;

/// A package with host tests.
pub struct Part {
    manifest: &'static str,
    what: &'static str,
}

/// All of them.
pub const PARTS: &[Part] = &[
    Part { manifest: "Cargo.toml", what: "library" },
    Part { manifest: "tools/x/Cargo.toml", what: "tools" },
    Part { manifest: "tests/harness/Cargo.toml", what: "harness" },
];

/// Runs one package's tests. Failures are printed and counted; an error means that they could not be built.
pub fn run(project: &Project, part: &Part) -> Result<Tally> {
    if !project.has(part.manifest) {
        return Ok(Tally::default());
    }
    let mut command = cargo();
    command.current_dir(&project.root).args(["test", "--no-fail-fast", "--manifest-path", part.manifest]);
    let bar = console::spinner("tests", format!("{} tests on this machine", part.what));
    let output = console::capture(&mut command);
    bar.finish_and_clear();
    let output = output?;
    let text = String::from_utf8_lossy(&output.stdout);
    let tally = read(&text).with_context(|| format!("the {} tests printed no result", part.what));
    if !output.status.success() {
        eprint!("{text}{}", String::from_utf8_lossy(&output.stderr));
        let tally = tally?;
        if tally.failed == 0 {
            bail!("the {} tests ended with {}", part.what, output.status);
        }
        return Ok(tally);
    }
    let tally = tally?;
    console::step("tests", format!("{}: {} passed, {} skipped", part.what, tally.passed, tally.skipped));
    Ok(tally)
}

/// Has the library's tests write docs/coverage.md anew from the services' tables, for review as a diff. (The
/// tests know the tables; this program does not link the library.)
pub fn render_coverage(project: &Project) -> Result<()> {
    let mut command = cargo();
    command.current_dir(&project.root).args(["test", "--quiet", "coverage"]).env("ACCEPT", "1");
    let output = console::run_quietly("coverage", "rendering docs/coverage.md", &mut command)?;
    let tally = read(&String::from_utf8_lossy(&output.stdout)).unwrap_or_default();
    ensure!(tally.passed > 0, "no test of the library renders docs/coverage.md");
    console::step("coverage", "docs/coverage.md is current");
    Ok(())
}

/// The sum of the test runner's closing lines, or nothing if there is none.
fn read(text: &str) -> Option<Tally> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("test result: "));
    let mut found = false;
    let mut tally = Tally::default();
    for line in lines {
        let number = |unit: &str| {
            let words: Vec<&str> = line.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect();
            words.windows(2).find(|pair| pair[1] == unit).and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
        };
        found = true;
        tally.add(Tally { passed: number("passed"), failed: number("failed"), skipped: number("ignored") });
    }
    found.then_some(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_summed() {
        let text =
            "test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                    test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(read(text), Some(Tally { passed: 9, failed: 3, skipped: 1 }));
        assert_eq!(read("error: could not compile"), None);
    }
}
