//! DOSBox-X: from the distribution where it is packaged, else as a private tree.
//!
//! Debian 12 has no dosbox-x. Its successor's package runs there all the same, with its own C library and
//! loader beside it, so program and libraries are taken from there into the cache: about 25 MB, a few seconds.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{ensure, Context, Result};
use ferrite_harness::apt::PrivateApt;

use super::apt;
use crate::console;

/// The first Debian release that has the package.
const RELEASE: &str = "trixie";
/// Dependencies that a program without 3D output, sound fonts or video capture is never linked to: fetching
/// them would be three quarters of the download.
const NOT_NEEDED: &[&str] = &[
    "llvm",
    "mesa",
    "gallium",
    "vulkan",
    "pciaccess",
    "sensors",
    "edit2",
    "udev",
    "selinux",
    "mount1",
    "blkid",
    "openssl",
    "ssl3",
    "soundfont",
    "modules",
    "webrtc",
    "xshmfence",
    "xxf86",
    "absl",
    "fftw",
    "ebur",
    "lilv",
    "serd",
    "sord",
    "sratom",
    "zix",
    "mysofa",
    "ffi-",
    "xml2",
    "bsd0",
    "libmd0",
    "lzma",
];
/// The same, by how names begin and end.
const NOT_NEEDED_BEGIN: &[&str] = &["libz3", "libdrm-", "libelf", "libxcb-"];
const NOT_NEEDED_END: &[&str] = &["data", "common", "base"];

/// Brings DOSBox-X to this machine.
pub fn provide(cache: &Path) -> Result<()> {
    if apt::has_candidate("dosbox-x") {
        return apt::install(&["dosbox-x"], "the emulator DOSBox-X");
    }
    let tree = cache.join("dosbox-x");
    console::step("dosbox-x", format!("taking {RELEASE}'s DOSBox-X into {}", tree.display()));
    let scratch = cache.join("dosbox-x.fetching");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    std::fs::create_dir_all(&scratch)?;
    let bar = console::spinner("dosbox-x", "fetching its packages");
    let unpacked = fetch(&scratch);
    bar.finish_and_clear();
    let unpacked = unpacked?;
    let finished = scratch.join("tree");
    gather(&unpacked, &finished)?;
    // Moved into place whole, so that a broken-off run leaves no half tree behind.
    if tree.exists() {
        std::fs::remove_dir_all(&tree)?;
    }
    std::fs::rename(&finished, &tree)?;
    std::fs::remove_dir_all(&scratch)?;
    Ok(())
}

/// Unpacks the program and what it is linked to below a scratch folder.
fn fetch(scratch: &Path) -> Result<PathBuf> {
    let apt = PrivateApt::new(scratch, &[RELEASE])?;
    let packages = apt.closure("dosbox-x")?;
    let needed: Vec<&str> = packages.iter().map(String::as_str).filter(|name| is_needed(name)).collect();
    let unpacked = scratch.join("root");
    apt.unpack(&needed, &unpacked)?;
    Ok(unpacked)
}

fn is_needed(package: &str) -> bool {
    let contains = NOT_NEEDED.iter().any(|part| package.contains(part));
    let begins = NOT_NEEDED_BEGIN.iter().any(|part| package.starts_with(part));
    let ends = NOT_NEEDED_END.iter().any(|part| package.ends_with(part));
    !contains && !begins && !ends
}

/// Copies the program, its loader and the libraries that the loader finds, and writes the script that starts
/// the program with them.
fn gather(unpacked: &Path, tree: &Path) -> Result<()> {
    let libraries = tree.join("lib");
    std::fs::create_dir_all(&libraries)?;
    std::fs::create_dir_all(tree.join("bin"))?;
    let program = unpacked.join("usr/bin/dosbox-x");
    let folder = unpacked.join("usr/lib/x86_64-linux-gnu");
    let loader = folder.join("ld-linux-x86-64.so.2");
    ensure!(program.is_file() && loader.is_file(), "the packages do not hold what was expected of them");

    let path = format!("{}:{}", folder.display(), folder.join("pulseaudio").display());
    let mut command = Command::new(&loader);
    command.args(["--library-path", &path, "--list"]).arg(&program);
    let output = console::run_quietly("dosbox-x", "finding its libraries", &mut command)?;
    // Lines: name => /path (address).
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Some((name, rest)) = line.trim().split_once(" => ") else { continue };
        let Some(found) = rest.split_whitespace().next().filter(|path| path.starts_with('/')) else {
            continue;
        };
        if !name.starts_with('/') {
            copy(Path::new(found), &libraries.join(name))?;
        }
    }
    copy(&loader, &libraries.join("ld.so"))?;
    copy(&program, &tree.join("bin/dosbox-x"))?;
    let script = tree.join("dosbox-x");
    std::fs::write(
        &script,
        "#!/bin/sh\nd=$(dirname \"$(readlink -f \"$0\")\")\n\
         exec \"$d/lib/ld.so\" --library-path \"$d/lib\" \"$d/bin/dosbox-x\" \"$@\"\n",
    )?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn copy(from: &Path, to: &PathBuf) -> Result<()> {
    std::fs::copy(from, to).map(drop).with_context(|| format!("copying {}", from.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_is_linked_to_is_kept() {
        for kept in ["dosbox-x", "libc6", "libsdl2-2.0-0", "libxcb1", "libstdc++6", "libz1g"] {
            assert!(is_needed(kept), "{kept}");
        }
        for dropped in ["libllvm19", "libxcb-glx0", "libelf1t64", "libx11-data", "libdrm-amdgpu1"] {
            assert!(!is_needed(dropped), "{dropped}");
        }
    }
}
