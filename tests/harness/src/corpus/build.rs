//! Compiles corpus programs on all cores; a program whose source and options are unchanged is
//! taken from the cache.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use anyhow::{Context, Result};

use crate::corpus::select::Source;
use crate::fpc::FreePascal;
use crate::guest::{dos_stem, fnv};
use crate::machine::GuestFile;
use crate::report::Progress;

/// How often the count of compiled programs is shown.
const PROGRESS_STEP: usize = 100;

/// The program of each source on C:, or why it could not be compiled; in the order of `sources`.
pub fn build_all(
    sources: &[Source],
    tools: &FreePascal,
    cache: &Path,
    progress: &dyn Progress,
) -> Vec<Result<GuestFile, String>> {
    let next = AtomicUsize::new(0);
    let built = Mutex::new(vec![None; sources.len()]);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(source) = sources.get(index) else { break };
                let program = build(source, tools, cache).map_err(|error| format!("{error:#}"));
                built.lock().expect("no worker panics with the list")[index] = Some(program);
                if (index + 1).is_multiple_of(PROGRESS_STEP) {
                    progress.note(&format!("compiled {} of {} programs", index + 1, sources.len()));
                }
            });
        }
    });
    let built = built.into_inner().expect("all workers have ended");
    built.into_iter().map(|program| program.expect("each source was taken")).collect()
}

fn build(source: &Source, tools: &FreePascal, cache: &Path) -> Result<GuestFile> {
    let folder = cache.join("corpus").join(&source.name);
    let text = std::fs::read(&source.path)?;
    let key = format!("{:016x} {}", fnv(&text), source.options.join(" "));
    let stamp = folder.join("key");
    let stem = source.path.file_stem().context("a source has a name")?;
    let program = folder.join(stem).with_extension("exe");
    let is_fresh = std::fs::read_to_string(&stamp).is_ok_and(|old| old == key) && program.is_file();
    if !is_fresh {
        std::fs::create_dir_all(&folder)?;
        let folder = folder.canonicalize()?;
        tools.compile(&source.path, &source.options, &folder)?.context("it is no program")?;
        std::fs::write(&stamp, key)?;
    }
    let content = std::fs::read(&program)?;
    Ok(GuestFile::new(format!("T/{}.EXE", dos_stem(&source.name)), content))
}
