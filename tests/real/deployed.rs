//! The configurations of `deploy/`, as shipped but for addresses and paces: what people copy from
//! there is what runs here.

use std::fs;
use std::path::Path;

/// A file of `deploy/` with some of its texts replaced. Each of them must be there, or the test would
/// go on with something that nobody ships.
pub fn adapted(file: &str, replacements: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file);
    let mut text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for (shipped, here) in replacements {
        assert!(text.contains(shipped), "deploy/{file} no longer has `{shipped}`: adapt the test");
        text = text.replace(shipped, here);
    }
    text
}
