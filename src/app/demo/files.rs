//! The shipped flags and rollouts, laid out as files: the demo's server loads them as any other does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What is shipped, by file name.
const SHIPPED: [(&str, &str); 3] = [
    ("demo.flags.yaml", include_str!("../../../flags/demo.flags.yaml")),
    ("batch-patches-v1.rollout.yaml", include_str!("../../../flags/batch-patches-v1.rollout.yaml")),
    ("checkout-v2.rollout.yaml", include_str!("../../../flags/checkout-v2.rollout.yaml")),
];

/// A folder that goes away with this value.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Writes the shipped files into a new folder of this process's own.
    pub(super) fn create() -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("tidegate-demo-{}", std::process::id()));
        fs::create_dir(&folder)?;
        let folder = Self(folder);
        for (name, content) in SHIPPED {
            fs::write(folder.path().join(name), content)?;
        }
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is a few kilobytes in a temporary folder.
        drop(fs::remove_dir_all(&self.0));
    }
}
