//! `cargo run --example record_corpus -- ORACLE.EXE ... [name pattern ...]`: makes the lists in
//! tests/corpus anew, from what all candidates do under the given hosts.

use std::path::PathBuf;

use anyhow::Result;
use ferrite_harness::api::Places;
use ferrite_harness::corpus::record;
use ferrite_harness::report::ConsoleProgress;

fn main() -> Result<()> {
    let is_host = |argument: &String| argument.to_uppercase().ends_with(".EXE");
    let (oracles, patterns): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(is_host);
    let oracles: Vec<PathBuf> = oracles.into_iter().map(PathBuf::from).collect();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    record::record(&oracles, &patterns, &Places::of(root), &ConsoleProgress)
}
