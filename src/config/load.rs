//! From the three places to the settings.

use super::fault::{Fault, Origin};
use super::key::Key;
use super::raw::Raw;
use super::settings::Settings;
use super::{environment, file};
use std::path::{Path, PathBuf};

/// The variable that names the settings file.
const CONFIG: &str = "TIDEGATE_CONFIG";

/// Lays the command line over the environment over the settings file and validates the whole.
///
/// # Errors
/// With everything that is wrong at once, each naming where it was written.
pub fn load(flags: Raw, config: Option<&Path>, variables: &[(String, String)]) -> Result<Settings, Vec<Fault>> {
    let (environment, remarks) = environment::read(variables);
    let above = flags.over(environment);
    let (raw, mut faults, whole) =
        match settings_file(config, variables).map(|(path, by)| file::read(&path, &by, variables)) {
            None => (above, Vec::new(), true),
            Some(Ok(written)) => (above.over(written), Vec::new(), true),
            Some(Err(faults)) => (above, faults, false),
        };
    // What a broken file would have said cannot be called missing.
    if whole && raw.get(Key::Paths).is_none_or(|written| written.values.is_empty()) {
        let hint = "say where they are, such as `tidegate serve flags/`";
        faults.push(Fault::missing(Key::Paths, "no files and folders with flags and rollouts are named").hint(hint));
    }
    let remarks = [remarks, raw.remarks.clone()].concat();
    let settings = Settings::build(&raw, remarks, &mut faults);
    settings.filter(|_| faults.is_empty()).ok_or(faults)
}

fn settings_file(config: Option<&Path>, variables: &[(String, String)]) -> Option<(PathBuf, Origin)> {
    if let Some(path) = config {
        return Some((path.to_path_buf(), Origin::Flag("--config")));
    }
    let (_, path) = variables.iter().find(|(name, value)| name == CONFIG && !value.is_empty())?;
    Some((PathBuf::from(path), Origin::Variable(CONFIG)))
}
