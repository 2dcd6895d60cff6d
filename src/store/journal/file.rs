//! The journal's file: lines are added at its end, and it is rewritten when what they keep is done with.

use super::closing::ClosingRecord;
use super::line::{self, Kept};
use super::narrowing::NarrowingRecord;
use crate::units::RolloutName;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The journal's file name in the data directory.
pub const FILE_NAME: &str = "closings.ndjson";

/// Closings and steps back that the store has not taken yet. Its calls wait for the disk: not for an async task's thread.
#[derive(Debug)]
pub struct Journal {
    place: PathBuf,
    inner: Mutex<Inner>,
    damaged: usize,
}

#[derive(Debug)]
struct Inner {
    file: File,
    /// Where the last complete line ends. What lies behind it was never promised to anybody.
    end: u64,
    pending: Vec<Kept>,
}

impl Journal {
    /// Opens the file, made if there is none, and reads what is pending in it. A last line that a crash
    /// tore is cut off; other damaged lines are passed over and counted.
    ///
    /// # Errors
    /// When the file cannot be made (its folder must be there), read or cut.
    pub fn open(place: &Path) -> io::Result<Self> {
        let mut file = open_private(place, false)?;
        sync_folder(place)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        let complete = content.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at.saturating_add(1));
        let lines = content.get(..complete).unwrap_or_default().split(|byte| *byte == b'\n');
        let read: Vec<_> = lines.filter(|text| !text.is_empty()).map(line::read).collect();
        let damaged = read.iter().filter(|record| record.is_none()).count();
        let mut inner = Inner { file, end: complete as u64, pending: read.into_iter().flatten().collect() };
        inner.cut()?;
        Ok(Self { place: place.to_owned(), inner: Mutex::new(inner), damaged })
    }

    /// Adds a closing; when this returns it is on the disk. A closing of an attempt that is pending already
    /// is not written again, so that a storm of alerts does not fill the disk.
    ///
    /// # Errors
    /// When it could not be written: then it does not count as remembered.
    pub fn append(&self, record: &ClosingRecord) -> io::Result<()> {
        let mut inner = self.inner();
        let same = |other: &ClosingRecord| other.rollout == record.rollout && other.attempt == record.attempt;
        if inner.closings().any(same) {
            return Ok(());
        }
        inner.keep(Kept::Closing(record.clone()))
    }

    /// Adds a step back; when this returns it is on the disk.
    ///
    /// # Errors
    /// When it could not be written: then it does not count as remembered.
    pub fn append_narrowing(&self, record: &NarrowingRecord) -> io::Result<()> {
        self.inner().keep(Kept::Narrowing(record.clone()))
    }

    /// The closings not cleared yet, in the order in which they happened.
    #[must_use]
    pub fn pending(&self) -> Vec<ClosingRecord> {
        self.inner().closings().cloned().collect()
    }

    /// The steps back not cleared yet, in the order in which they happened.
    #[must_use]
    pub fn narrowings(&self) -> Vec<NarrowingRecord> {
        let narrowing = |kept: &Kept| match kept {
            Kept::Narrowing(record) => Some(record.clone()),
            Kept::Closing(_) => None,
        };
        self.inner().pending.iter().filter_map(narrowing).collect()
    }

    /// Forgets the closings of a rollout up to an attempt, and what that attempt went back before it: the store has
    /// them now.
    ///
    /// # Errors
    /// When the file could not be rewritten: after a crash they may be pending once more, and applying them
    /// again must do no harm.
    pub fn clear(&self, rollout: &RolloutName, attempt: u32) -> io::Result<()> {
        self.drop_those(|kept| match kept {
            Kept::Closing(record) => record.rollout == *rollout && record.attempt <= attempt,
            Kept::Narrowing(record) => record.rollout == *rollout && record.attempt <= attempt,
        })
    }

    /// Forgets the steps back of a rollout up to a step of an attempt: the store knows of that exposure now.
    ///
    /// # Errors
    /// As [`clear`](Self::clear).
    pub fn clear_narrowing(&self, rollout: &RolloutName, attempt: u32, step: u32) -> io::Result<()> {
        self.drop_those(|kept| match kept {
            Kept::Closing(_) => false,
            Kept::Narrowing(record) => record.rollout == *rollout && (record.attempt, record.step) <= (attempt, step),
        })
    }

    fn drop_those(&self, done: impl Fn(&Kept) -> bool) -> io::Result<()> {
        let mut inner = self.inner();
        if !inner.pending.iter().any(&done) {
            return Ok(());
        }
        let left: Vec<_> = inner.pending.iter().filter(|kept| !done(kept)).cloned().collect();
        *inner = self.rewrite(left)?;
        sync_folder(&self.place)
    }

    /// How many lines were found damaged when the journal was opened.
    #[must_use]
    pub const fn damaged(&self) -> usize {
        self.damaged
    }

    /// The whole file anew beside the old one, then in its place: a crash leaves the one or the other.
    fn rewrite(&self, pending: Vec<Kept>) -> io::Result<Inner> {
        let beside = self.place.with_extension("new");
        let mut inner = Inner { file: open_private(&beside, true)?, end: 0, pending };
        let lines: String = inner.pending.iter().map(line::write).collect::<Result<_, _>>()?;
        inner.add(lines.as_bytes())?;
        fs::rename(&beside, &self.place)?;
        Ok(inner)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here panics half-way through a change; a poisoned lock protects sound content.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn closings(&self) -> impl Iterator<Item = &ClosingRecord> {
        self.pending.iter().filter_map(|kept| match kept {
            Kept::Closing(record) => Some(record),
            Kept::Narrowing(_) => None,
        })
    }

    fn keep(&mut self, kept: Kept) -> io::Result<()> {
        let line = line::write(&kept)?;
        self.add(line.as_bytes())?;
        self.pending.push(kept);
        Ok(())
    }

    /// Writes complete lines behind the last complete one, whatever an earlier failed write left there.
    fn add(&mut self, lines: &[u8]) -> io::Result<()> {
        self.cut()?;
        self.file.write_all(lines)?;
        self.file.sync_all()?;
        self.end = self.end.saturating_add(lines.len() as u64);
        Ok(())
    }

    fn cut(&mut self) -> io::Result<()> {
        if self.file.metadata()?.len() > self.end {
            self.file.set_len(self.end)?;
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        Ok(())
    }
}

fn open_private(place: &Path, empty: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(empty).mode(0o600).open(place)
}

/// A new name in a folder is on the disk only when the folder is.
fn sync_folder(place: &Path) -> io::Result<()> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
