//! `cargo x layers`: which module of the library may use which.
//!
//! The compiler keeps the library from naming the machine half; within the library every module could name
//! every other. [`RULE`] says which may: a module uses its own layer and lower ones, and the three that answer
//! guests (`dpmi`, `xms`, `vm86`) never each other, since what they share belongs one layer down.

use std::path::Path;

use anyhow::{bail, Context, Result};

use super::source::{code_only, files_below, without_tests};
use super::Finding;
use crate::project::Project;

/// The rule. Names are paths below the crate's root and cover what is below them; the longest name that covers
/// a path is the one that counts for it.
struct Rule {
    /// The modules of each layer, lowest first.
    layers: &'static [&'static [&'static str]],
    /// Modules of one layer that do not use each other.
    apart: &'static [&'static str],
    /// What a module may name above itself, and nothing beside it.
    exceptions: &'static [(&'static str, &'static str)],
}

/// What holds here.
const RULE: Rule = Rule {
    layers: &[
        // Values, and what logic may ask of the machine.
        &["layout", "landing", "regs", "x86", "machine", "service", "structure", "audit"],
        // Memory; reading instructions and executable formats; the pages a person reads.
        &["paging", "heap", "image", "vm86::decode", "report"],
        // The life of a client, and the state that services work on.
        &["client", "vpic", "host"],
        // What guests ask for; `dos` is the pointer-passing DOS services of protected mode.
        &["dpmi", "dos", "xms", "vm86"],
        // Events, from their arrival to the guest that is resumed.
        &["monitor"],
    ],
    apart: &["dpmi", "xms", "vm86"],
    exceptions: &[
        // A handler's signature names the state it works on.
        ("service", "host"),
        // The state holds, by value, the tables of single services.
        ("client", "dpmi::dosmem::DosBlocks"),
        ("client", "dpmi::ldt::Allocated"),
        ("client", "dpmi::watch::Watches"),
        ("host", "xms::Xms"),
        ("client", "dos::Holdings"),
        ("host", "dos::Calls"),
        ("host", "dos::transfer::Step"),
        ("host", "dos::swapfile::SwapFile"),
    ],
};

impl Rule {
    /// The layer's number and the module of the table that a path belongs to.
    fn find(&self, path: &str) -> Option<(usize, &'static str)> {
        let numbered = self.layers.iter().enumerate();
        let modules = numbered.flat_map(|(layer, names)| names.iter().map(move |name| (layer, *name)));
        modules.filter(|(_, name)| covers(name, path)).max_by_key(|(_, name)| name.len())
    }

    /// Whether code in `user`, in its layer, may name the path `used`.
    fn allows(&self, (layer, user): (usize, &str), used: &str) -> bool {
        let excepted = self.exceptions.iter().any(|(from, to)| *from == user && covers(to, used));
        let Some((used_layer, used_module)) = self.find(used) else { return false };
        let are_apart = |one: &str| self.apart.iter().any(|name| covers(name, one));
        let forbidden =
            user != used_module && layer == used_layer && are_apart(user) && are_apart(used_module);
        excepted || (used_layer <= layer && !forbidden)
    }
}

/// Checks every file of the library.
pub fn check(project: &Project) -> Result<Finding> {
    let root = project.path("src");
    let mut breaches = Vec::new();
    let mut files = 0;
    for path in files_below(&root)? {
        let relative = path.strip_prefix(&root)?;
        if is_machine_half(relative) || is_for_tests(&root, relative)? {
            continue;
        }
        files += 1;
        let module = module_of(relative);
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let code = code_only(&text);
        let named = breaches_in(&module, without_tests(&code));
        breaches.extend(
            named.into_iter().map(|(line, what)| format!("src/{}:{line}: {what}", relative.display())),
        );
    }
    if breaches.is_empty() {
        return Ok(Finding::Good(format!("{files} files of the library use lower layers only")));
    }
    bail!("the layer rule (tools/x/src/check/layers.rs) is broken:\n  {}", breaches.join("\n  "));
}

/// The library's own root and the other crate: both may name everything.
fn is_machine_half(relative: &Path) -> bool {
    relative.starts_with("hw") || relative == Path::new("main.rs") || relative == Path::new("lib.rs")
}

/// Whether a module's parent declares it for tests only: such a module may use what it tests.
fn is_for_tests(root: &Path, relative: &Path) -> Result<bool> {
    let module = relative.with_extension("");
    let (Some(folder), Some(name)) = (module.parent(), module.file_name()) else { return Ok(false) };
    let folder = root.join(folder);
    let parents = [folder.join("mod.rs"), folder.with_extension("rs"), folder.join("lib.rs")];
    let declaration = format!("mod {};", name.to_string_lossy());
    for parent in parents.iter().filter(|path| path.is_file()) {
        let text = std::fs::read_to_string(parent)?;
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        if lines.windows(2).any(|pair| pair[0] == "#[cfg(test)]" && pair[1].ends_with(&declaration)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `dpmi/ldt.rs` is `dpmi::ldt`, `dpmi/mod.rs` is `dpmi`.
fn module_of(relative: &Path) -> String {
    let path = relative.with_extension("");
    let mut parts: Vec<_> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts.join("::")
}

/// Line and explanation of each use that the table does not allow.
fn breaches_in(module: &str, code: &str) -> Vec<(usize, String)> {
    let line_of = |at: usize| code[..at].matches('\n').count() + 1;
    let Some(own) = RULE.find(module) else {
        return vec![(1, format!("module {module} is in no layer"))];
    };
    let mut breaches = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        for used in paths_at(&code[at + "crate::".len()..]) {
            // A macro of the crate's own has no module in its path.
            if !used.ends_with('!') && !RULE.allows(own, &used) {
                breaches.push((line_of(at), format!("{} may not use {used}", own.1)));
            }
        }
    }
    let relative = code.match_indices("super::super::");
    breaches
        .extend(relative.map(|(at, _)| (line_of(at), "write crate:: instead of super::super::".to_string())));
    breaches
}

/// Whether `path` is `name` or lies below it.
fn covers(name: &str, path: &str) -> bool {
    path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The paths that begin here, a brace list multiplied out.
fn paths_at(text: &str) -> Vec<String> {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | ':' | '!');
    let end = text.find(|character| !is_part(character)).unwrap_or(text.len());
    let stem = &text[..end];
    if !text[end..].starts_with('{') {
        return vec![stem.trim_end_matches(':').to_string()];
    }
    let items = split_list(&text[end + 1..]);
    items.iter().flat_map(|item| paths_at(item)).map(|path| format!("{stem}{path}")).collect()
}

/// The items of a brace list whose opening brace has just been read.
fn split_list(text: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' => {
                items.push(text[start..at].trim());
                break;
            }
            ',' if depth == 0 => {
                items.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    items.retain(|item| !item.is_empty());
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_may_use_lower_layers_and_its_own_neighbours() {
        let code =
            "use crate::paging::space::Space;\nuse crate::dpmi::ldt;\nuse crate::regs::{Registers, Width};";
        assert!(breaches_in("dpmi::memory", code).is_empty());
    }

    #[test]
    fn services_do_not_use_each_other() {
        assert_eq!(breaches_in("dpmi::memory", "\nuse crate::xms::Xms;")[0].0, 2);
        assert_eq!(breaches_in("xms", "use crate::{regs::Pair, dpmi::{ldt, memory}};").len(), 2);
        assert!(!breaches_in("vm86::monitor", "crate::dpmi::dispatch()").is_empty());
    }

    #[test]
    fn the_longest_name_counts_and_exceptions_are_narrow() {
        assert!(breaches_in("vm86", "use crate::host::Host;").is_empty());
        assert_eq!(breaches_in("vm86::decode::fetch", "use crate::host::Host;").len(), 1);
        assert!(breaches_in("client", "use crate::dpmi::ldt::Allocated;").is_empty());
        assert_eq!(breaches_in("client", "use crate::dpmi::ldt::allocate;").len(), 1);
    }

    #[test]
    fn a_module_without_a_layer_and_a_way_round_are_found() {
        assert_eq!(breaches_in("novelty", "").len(), 1);
        assert_eq!(breaches_in("dpmi::ldt", "use super::super::xms::Xms;").len(), 1);
    }

    #[test]
    fn modules_are_named_by_their_files() {
        assert_eq!(module_of(Path::new("dpmi/ldt.rs")), "dpmi::ldt");
        assert_eq!(module_of(Path::new("dpmi/mod.rs")), "dpmi");
        assert_eq!(module_of(Path::new("regs.rs")), "regs");
    }
}
