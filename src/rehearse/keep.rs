//! A folder in which answers are kept, each in a file of its own.

use crate::units::UnixMillis;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a file says that is of this form.
const FORM: u32 = 1;

/// The longest file that is read: many times what one answer needs.
const LONGEST: u64 = 4 << 20;

/// Answers that nobody has asked for again for so long are deleted: the next rehearsal is of another time.
const KEPT_FOR: Duration = Duration::from_secs(60 * 86_400);

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
    /// A folder, made if it is not there: for its owner alone, for figures of a business are nobody else's. Of what is
    /// in it, answers that are two months old are deleted; a file that is no answer is left alone.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut folder = std::fs::DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.create(path)?;
        let folder = Self(path.to_owned());
        folder.delete_old();
        Ok(folder)
    }

    /// What cannot be deleted stays: it does no harm.
    fn delete_old(&self) {
        let Ok(files) = std::fs::read_dir(&self.0) else { return };
        for file in files.flatten().filter(|file| is_answer(&file.file_name().to_string_lossy())) {
            let modified = file.metadata().and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|modified| modified.elapsed().ok());
            if age.is_some_and(|age| age > KEPT_FOR) {
                let _ = std::fs::remove_file(file.path());
            }
        }
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
        let written = write_private(&beside, &text).and_then(|()| std::fs::rename(&beside, &file));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        written
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

/// Whether a name is one that [`Folder::file`] gives, or that of a file on its way there.
fn is_answer(name: &str) -> bool {
    let (digest, ending) = name.split_once('.').unwrap_or((name, ""));
    let is_digest = digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest && (ending == "json" || ending.ends_with(".new"))
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}
