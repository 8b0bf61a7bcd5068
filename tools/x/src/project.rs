//! Where things lie in the repository and in the build directory.

use std::path::{Path, PathBuf};

/// The repository's folders, found once.
#[derive(Clone, Debug)]
pub struct Project {
    /// The repository's top folder.
    pub root: PathBuf,
    /// Where everything that is built goes: `CARGO_TARGET_DIR`, else `target` in the root.
    pub target: PathBuf,
}

impl Project {
    /// The project this program was built from. `cargo run` says where that is now, so that a moved clone and
    /// a shared build directory both work; run by hand, the place it was compiled at has to do.
    pub fn find() -> Project {
        let manifest =
            std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let manifest = PathBuf::from(manifest);
        let root =
            manifest.ancestors().nth(2).expect("tools/x lies two folders below the root").to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        Project { root, target }
    }

    /// A path below the root.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// A path below the build directory.
    pub fn built(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.target.join(relative)
    }

    /// Whether a file of the repository is there.
    pub fn has(&self, relative: impl AsRef<Path>) -> bool {
        self.path(relative).exists()
    }
}
