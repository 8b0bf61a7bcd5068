//! The shared numbers as NASM sees them: `realmode/layout.inc`, rendered from `src/layout.rs`.

use std::collections::HashMap;

use anyhow::{Context, Result};

use crate::project::Project;

/// Names and values of `realmode/layout.inc`.
pub struct Layout(HashMap<String, u32>);

impl Layout {
    /// Reads the rendering. Whether it is current is asked by a test of the library.
    pub fn read(project: &Project) -> Result<Layout> {
        let path = project.path("realmode/layout.inc");
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        Ok(Layout::parse(&text))
    }

    fn parse(text: &str) -> Layout {
        let define = |line: &str| {
            let mut words = line.strip_prefix("%define ")?.split_whitespace();
            let name = words.next()?.to_string();
            let digits = words.next()?.strip_prefix("0x")?;
            Some((name, u32::from_str_radix(digits, 16).ok()?))
        };
        Layout(text.lines().filter_map(define).collect())
    }

    /// A number by its name.
    pub fn get(&self, name: &str) -> Result<u32> {
        self.0.get(name).copied().with_context(|| format!("realmode/layout.inc does not define {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defines_are_read_and_comments_are_not() {
        let layout = Layout::parse("; rendered\n%define CORE_BASE 0xC0000000\n");
        assert_eq!(layout.get("CORE_BASE").unwrap(), 0xC000_0000);
        assert!(layout.get("NOTHING").is_err());
    }
}
