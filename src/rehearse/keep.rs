//! A folder in which answers are kept, each in a file of its own.

use crate::units::UnixMillis;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

/// What a file says that is of this form.
const FORM: u32 = 1;

/// The longest file that is read: many times what one answer needs.
const LONGEST: u64 = 4 << 20;

/// A folder of answers.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    form: u32,
    /// Milliseconds since 1970, and the value in the metric's base unit.
    values: Vec<(i64, f64)>,
}

impl Folder {
    /// A folder, made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        Ok(Self(path.to_owned()))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// An answer that was kept. What cannot be read was not kept: it is asked for again.
    #[must_use]
    pub fn get(&self, question: &str) -> Option<Vec<(UnixMillis, f64)>> {
        let file = self.file(question);
        if std::fs::metadata(&file).ok()?.len() > LONGEST {
            return None;
        }
        let kept: Kept = serde_json::from_slice(&std::fs::read(&file).ok()?).ok()?;
        let values: Vec<_> = kept.values.into_iter().map(|(at, value)| (UnixMillis::new(at), value)).collect();
        let sound = kept.form == FORM
            && values.is_sorted_by(|(one, _), (next, _)| one < next)
            && values.iter().all(|(_, value)| value.is_finite());
        sound.then_some(values)
    }

    /// Keeps an answer: whole, or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(&self, question: &str, values: &[(UnixMillis, f64)]) -> io::Result<()> {
        let kept = Kept { form: FORM, values: values.iter().map(|(at, value)| (at.get(), *value)).collect() };
        let text = serde_json::to_vec(&kept).map_err(io::Error::other)?;
        let file = self.file(question);
        let beside = file.with_extension(format!("{}.new", std::process::id()));
        std::fs::write(&beside, text)?;
        std::fs::rename(&beside, &file)
    }

    /// A question may be long and name what is nobody's business: its digest names the file.
    fn file(&self, question: &str) -> PathBuf {
        let digest = Sha256::digest(question).iter().take(16).fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        self.0.join(format!("{digest}.json"))
    }
}
