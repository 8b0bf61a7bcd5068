//! `cargo x unsafe`: how many unsafe blocks each file has, held against `docs/unsafe.md`.
//!
//! The page has a table of file, number and reason. The numbers change only together with the page:
//! `cargo x unsafe --accept` writes them, and the reasons are a person's. That each block has its `// SAFETY:`
//! is checked here too, without a compiler.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{bail, ensure, Context, Result};

use super::source::{code_only, files_below};
use super::Finding;
use crate::project::Project;

/// The page, by its place in the repository.
const PAGE: &str = "docs/unsafe.md";
/// How many lines above a block its argument may end: a statement may be broken over a few.
const REACH: usize = 3;
/// Stands for a reason that nobody has written yet.
const UNREASONED: &str = "(say why)";

/// The page's head when it is written for the first time.
const HEAD: &str = "# Unsafe blocks, by file\n\n\
    The library forbids `unsafe`; the machine half needs it and argues each block beside the code. \
    `cargo x unsafe`\ncompares these numbers with the sources, so they change only together with this page \
    (`cargo x unsafe --accept`).\n\n";

/// Blocks and `unsafe impl`s, by file.
type Counts = BTreeMap<String, usize>;

/// Compares the sources with the page and looks for the arguments.
pub fn check(project: &Project) -> Result<Finding> {
    let (counts, unargued) = count(project)?;
    ensure!(unargued.is_empty(), "unsafe without `// SAFETY:` above it:\n  {}", unargued.join("\n  "));
    let page = read_page(project)?;
    let stated: Counts = rows(&page).into_iter().map(|row| (row.file, row.blocks)).collect();
    let files: std::collections::BTreeSet<&String> = counts.keys().chain(stated.keys()).collect();
    let differing = files.into_iter().filter(|file| counts.get(*file) != stated.get(*file));
    let lines: Vec<String> = differing
        .map(|file| {
            let number = |counts: &Counts| counts.get(file).copied().unwrap_or(0);
            format!("{file}: {} blocks, the page says {}", number(&counts), number(&stated))
        })
        .collect();
    if !lines.is_empty() {
        bail!("{PAGE} is not current (`cargo x unsafe --accept` writes it):\n  {}", lines.join("\n  "));
    }
    if page.contains(UNREASONED) {
        bail!("{PAGE} has a file without a reason");
    }
    Ok(Finding::Good(format!(
        "{} blocks in {} files, as {PAGE} says",
        counts.values().sum::<usize>(),
        counts.len()
    )))
}

/// Writes the numbers into the page, keeping the reasons.
pub fn accept(project: &Project) -> Result<()> {
    let (counts, _) = count(project)?;
    let page = read_page(project)?;
    let reasons: BTreeMap<String, String> =
        rows(&page).into_iter().map(|row| (row.file, row.reason)).collect();
    let head = page.find("| file").map_or(HEAD, |at| &page[..at]);
    let mut text = format!("{head}| file | blocks | why |\n|---|---:|---|\n");
    for (file, blocks) in &counts {
        let reason = reasons.get(file).map_or(UNREASONED, String::as_str);
        text.push_str(&format!("| {file} | {blocks} | {reason} |\n"));
    }
    std::fs::write(project.path(PAGE), text).with_context(|| format!("writing {PAGE}"))
}

/// Counts blocks, and lists the places of those without an argument.
fn count(project: &Project) -> Result<(Counts, Vec<String>)> {
    let mut counts = Counts::new();
    let mut unargued = Vec::new();
    for path in files_below(&project.path("src"))? {
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let name = relative_name(project, &path);
        let lines = unsafe_lines(&text);
        if !lines.is_empty() {
            counts.insert(name.clone(), lines.len());
        }
        let without = lines.into_iter().filter(|line| !is_argued(&text, *line));
        unargued.extend(without.map(|line| format!("{name}:{}", line + 1)));
    }
    Ok((counts, unargued))
}

fn relative_name(project: &Project, path: &Path) -> String {
    path.strip_prefix(&project.root).unwrap_or(path).display().to_string()
}

/// Line numbers, from 0, of `unsafe {` and `unsafe impl`.
fn unsafe_lines(text: &str) -> Vec<usize> {
    let code = code_only(text);
    let is_block = |at: usize| {
        let rest = code[at + "unsafe".len()..].trim_start();
        let before = code[..at].chars().next_back().unwrap_or(' ');
        !before.is_alphanumeric() && before != '_' && (rest.starts_with('{') || rest.starts_with("impl"))
    };
    let places = code.match_indices("unsafe").map(|(at, _)| at).filter(|at| is_block(*at));
    places.map(|at| code[..at].matches('\n').count()).collect()
}

/// Whether the comment above a line, or on it, holds `SAFETY:`.
fn is_argued(text: &str, line: usize) -> bool {
    let lines: Vec<&str> = text.lines().collect();
    if lines[line].contains("SAFETY:") {
        return true;
    }
    let is_comment = |at: usize| lines[at].trim_start().starts_with("//");
    let nearest = (line.saturating_sub(REACH)..line).rev().find(|at| is_comment(*at));
    let Some(last) = nearest else { return false };
    let comment = (0..=last).rev().take_while(|at| is_comment(*at));
    comment.into_iter().any(|at| lines[at].contains("SAFETY:"))
}

/// One line of the page's table.
struct Row {
    file: String,
    blocks: usize,
    reason: String,
}

fn read_page(project: &Project) -> Result<String> {
    let path = project.path(PAGE);
    if !path.exists() {
        return Ok(String::new());
    }
    std::fs::read_to_string(&path).with_context(|| format!("reading {PAGE}"))
}

/// The table's rows; the two lines of its head have no number and drop out.
fn rows(page: &str) -> Vec<Row> {
    let row = |line: &str| {
        let mut cells =
            line.strip_prefix('|')?.trim_end().trim_end_matches('|').splitn(3, '|').map(str::trim);
        let file = cells.next()?.to_string();
        let blocks = cells.next()?.parse().ok()?;
        Some(Row { file, blocks, reason: cells.next()?.to_string() })
    };
    page.lines().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_impls_count_and_functions_words_and_attributes_do_not() {
        let text = "unsafe fn f() {}\n// unsafe {\nlet a = unsafe { f() };\nunsafe impl Send for A {}\n#[unsafe(naked)]\nnot_unsafe {}";
        assert_eq!(unsafe_lines(text), [2, 3]);
    }

    #[test]
    fn an_argument_stands_above_the_statement() {
        assert!(is_argued("// SAFETY: 1. so\n// 2. and so\nlet a = unsafe { f() };", 2));
        assert!(is_argued("// SAFETY: so\nlet a =\n    unsafe { f() };", 2));
        assert!(!is_argued("// SAFETY: so\n\n\n\nlet a = unsafe { f() };", 4));
        assert!(!is_argued("// because\nlet a = unsafe { f() };", 1));
    }

    #[test]
    fn rows_are_read_back() {
        let page =
            format!("{HEAD}| file | blocks | why |\n|---|---:|---|\n| src/hw/cpu.rs | 12 | loads tables |\n");
        let rows = rows(&page);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].file.as_str(), rows[0].blocks), ("src/hw/cpu.rs", 12));
        assert_eq!(rows[0].reason, "loads tables");
    }
}
