//! Keys and tokens of other systems, from files.

use crate::units::Credential;
use std::path::Path;

/// The largest file that one is read from.
const LARGEST_FILE: u64 = 8_192;

/// Reads a credential from a file.
///
/// # Errors
/// With what is wrong with the file, never with what it says.
pub(super) fn from_file(path: &Path) -> Result<Credential, String> {
    let shown = path.display();
    let cannot = |error| format!("cannot read {shown}: {error}");
    if std::fs::metadata(path).map_err(cannot)?.len() > LARGEST_FILE {
        return Err(format!("{shown} is larger than {LARGEST_FILE} bytes"));
    }
    Credential::new(&std::fs::read_to_string(path).map_err(cannot)?).map_err(|why| format!("{shown}: {why}"))
}
