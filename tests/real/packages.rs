//! Packages of other languages that tests drive. `tests/run` installs them outside of this repository;
//! a test for which they are missing fails and says so, for what is skipped in silence is soon broken.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder in which `tests/run` installs, if it is another than usual.
const VARIABLE: &str = "TIDEGATE_TEST_PACKAGES";

/// Where the packages that `manifest` asks for are installed: `tests/real/clients/node/package.json`.
pub(crate) fn installed(manifest: &str) -> PathBuf {
    let wanted = Path::new(env!("CARGO_MANIFEST_DIR")).join(manifest);
    let wanted = fs::read_to_string(&wanted).unwrap_or_else(|error| panic!("{}: {error}", wanted.display()));
    let copy = root().join(manifest);
    let folder = copy.parent().expect("a manifest lies in a folder").to_owned();
    let advice = format!("run `tests/run`, or `tests/run packages` for this alone; {VARIABLE} names another folder");
    match fs::read_to_string(&copy) {
        Ok(installed) if installed == wanted => folder,
        Ok(_) => panic!("what is installed in {} is not what {manifest} asks for now: {advice}", folder.display()),
        Err(_) => panic!("the packages of {manifest} are not installed in {}: {advice}", folder.display()),
    }
}

fn root() -> PathBuf {
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    let in_cache = || Some(PathBuf::from(std::env::var_os("XDG_CACHE_HOME")?).join("tidegate/packages"));
    let in_home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/tidegate/packages"));
    named.or_else(in_cache).or_else(in_home).unwrap_or_else(|| panic!("set HOME or {VARIABLE}"))
}
