//! The core: compiled for the bare target, linked by `linker.ld`, flattened, its head verified.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure, Context, Result};
use object::{Object, ObjectSection, ObjectSegment, ObjectSymbol, SectionFlags, SymbolKind};

use super::layout::Layout;
use crate::console;
use crate::project::Project;
use crate::provision::apt::{self, Tool};
use crate::toolchain::Toolchain;

/// The target description, by its place in the repository.
pub const TARGET: &str = "tools/i386-none.json";
/// The sections that may take memory; anything else means that `linker.ld` no longer says where all goes.
const SECTIONS: &[&str] = &[".header", ".text", ".rodata", ".data", ".bss"];
/// A section that takes memory (ELF's SHF_ALLOC).
const ALLOCATED: u64 = 2;

const LINKER: Tool = Tool { program: "ld", packages: &["binutils"], purpose: "the linker" };

/// A named place in the code.
pub struct Symbol {
    /// The name as Rust writes it, without the hash.
    pub name: String,
    /// Linear address.
    pub address: u32,
}

/// The linked and flattened core.
pub struct Core {
    /// What the file holds: memory from the link address on, without the zeroed end.
    pub bytes: Vec<u8>,
    /// Bytes in memory.
    pub memory_bytes: u32,
    /// The code section.
    pub code: Vec<u8>,
    /// Linear address of the code section.
    pub code_address: u32,
    /// Names in the code, by ascending address.
    pub symbols: Vec<Symbol>,
}

/// Compiles, links and flattens the core; leaves `core.elf`, `core.map` and `core.bin` in the build directory.
pub fn build(project: &Project, toolchain: &Toolchain, layout: &Layout, features: &str) -> Result<Core> {
    let linker = apt::require(&LINKER)?;
    let elf = link(project, toolchain, &linker, features)?;
    let core = flatten(&elf, layout)?;
    std::fs::copy(&elf, project.built("core.elf"))?;
    std::fs::write(project.built("core.bin"), &core.bytes)?;
    Ok(core)
}

/// `cargo` with all that both building and linting the machine half needs, except the verb.
pub fn machine_arguments(project: &Project, features: &str) -> Vec<std::ffi::OsString> {
    let mut arguments: Vec<std::ffi::OsString> =
        ["--quiet", "--bin", "core", "--features", features, "--release", "--manifest-path"]
            .map(Into::into)
            .into();
    arguments.push(project.path("Cargo.toml").into());
    // A build directory of its own, since this compiler is not the one that builds the host's half.
    arguments.push("--target-dir".into());
    arguments.push(project.built("machine").into());
    arguments
}

fn link(project: &Project, toolchain: &Toolchain, linker: &Path, features: &str) -> Result<PathBuf> {
    let script = project.path("linker.ld");
    let mut command = toolchain.cargo_for_target("rustc", &project.path(TARGET));
    command.current_dir(&project.root).args(machine_arguments(project, features)).arg("--");
    command.arg(format!("-Clinker={}", linker.display()));
    let map = project.built("core.map");
    let arguments = [
        "-melf_i386".to_string(),
        "--gc-sections".to_string(),
        "--build-id=none".to_string(),
        "-zmax-page-size=4096".to_string(),
        "-znoexecstack".to_string(),
        format!("-T{}", script.display()),
        format!("-Map={}", map.display()),
        // cargo does not know the script: its hash in the arguments makes a changed one link anew.
        format!("--defsym=__linker_script_hash={:#x}", hash_of_file(&script)?),
    ];
    command.args(arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    let output =
        console::run_quietly("core", "compiling (the first time with core and alloc)", &mut command)?;
    // Only warnings are left to print.
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    Ok(project.built("machine/i386-none/release/core"))
}

/// 32 bits of a hash over a file's text.
fn hash_of_file(path: &Path) -> Result<u32> {
    let text = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    Ok(hasher.finish() as u32)
}

fn flatten(path: &Path, layout: &Layout) -> Result<Core> {
    let file = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let elf = object::read::elf::ElfFile32::<object::LittleEndian>::parse(&*file)?;
    for section in elf.sections() {
        let name = section.name()?;
        let takes_memory =
            matches!(section.flags(), SectionFlags::Elf { sh_flags } if sh_flags & ALLOCATED != 0);
        ensure!(
            !takes_memory || SECTIONS.contains(&name) || section.size() == 0,
            "the core has a section {name} that linker.ld does not place"
        );
    }

    let address = |name: &str| -> Result<u32> {
        let symbol = elf.symbols().find(|symbol| symbol.name() == Ok(name));
        Ok(symbol.with_context(|| format!("linker.ld defines no {name}"))?.address() as u32)
    };
    let start = address("__image_start")?;
    let file_bytes = address("__image_file_end")? - start;
    let memory_bytes = address("__image_end")? - start;
    let mut bytes = vec![0; file_bytes as usize];
    for segment in elf.segments() {
        let data = segment.data()?;
        let at = segment.address().wrapping_sub(u64::from(start)) as usize;
        let place = bytes.get_mut(at..at + data.len()).context("a segment lies outside the image")?;
        place.copy_from_slice(data);
    }
    verify_head(&bytes, start, memory_bytes, layout)?;

    let text = elf.section_by_name(".text").context("the core has no code")?;
    let code_address = text.address() as u32;
    let code = text.data()?.to_vec();
    let symbols = symbols_in(&elf, code_address, code.len() as u32);
    Ok(Core { bytes, memory_bytes, code, code_address, symbols })
}

/// Names of functions and of labels in assembly, sorted. Section and file names are of no use here.
fn symbols_in(
    elf: &object::read::elf::ElfFile32<object::LittleEndian>,
    from: u32,
    length: u32,
) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = elf
        .symbols()
        .filter(|symbol| !matches!(symbol.kind(), SymbolKind::Section | SymbolKind::File))
        .filter_map(|symbol| {
            let address = symbol.address() as u32;
            let name = symbol.name().ok().filter(|name| !name.is_empty())?;
            let inside = address.wrapping_sub(from) < length;
            inside.then(|| Symbol { name: format!("{:#}", rustc_demangle::demangle(name)), address })
        })
        .collect();
    symbols.sort_by_key(|symbol| symbol.address);
    symbols
}

/// The head that the stub reads must say what the linker did, and be made from the layout the stub is made
/// from.
fn verify_head(bytes: &[u8], start: u32, memory_bytes: u32, layout: &Layout) -> Result<()> {
    ensure!(start == layout.get("CORE_BASE")?, "linker.ld and src/layout.rs disagree on the core's address");
    ensure!(memory_bytes <= layout.get("CORE_BYTES_MAX")?, "the core takes {memory_bytes} bytes, too many");
    let word = |name: &str| -> Result<u32> {
        let at = layout.get(name)? as usize;
        let bytes = bytes.get(at..at + 4).with_context(|| format!("the image ends before {name}"))?;
        Ok(u32::from_le_bytes(bytes.try_into()?))
    };
    let expected = [
        ("HEADER_magic", layout.get("CORE_MAGIC")?),
        ("HEADER_fingerprint", layout.get("LAYOUT_FINGERPRINT")?),
        ("HEADER_file_bytes", bytes.len() as u32),
        ("HEADER_memory_bytes", memory_bytes),
    ];
    for (name, value) in expected {
        let found = word(name)?;
        if found != value {
            bail!("the core's head has {name} = {found:#x}, which should be {value:#x}");
        }
    }
    Ok(())
}
