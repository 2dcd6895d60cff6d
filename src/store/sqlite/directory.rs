//! The data directory: made private to its owner, and held by one process at a time.

use crate::store::StoreError;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The database's file name in the data directory.
pub const DATABASE: &str = "tidegate.db";

/// The file whose lock says who holds the directory; it has that process's number in it.
const LOCK: &str = "lock";

/// A data directory held by this process. The lock goes when this is dropped, and with the process
/// however that ends.
#[derive(Debug)]
pub(super) struct Claim {
    /// The database, which exists.
    pub(super) database: PathBuf,
    _lock: File,
}

impl Claim {
    /// Makes the directory if there is none, locks it, and makes the database's file if there is none.
    pub(super) fn on(directory: &Path) -> Result<Self, StoreError> {
        let unusable = |error: io::Error| StoreError::unusable(directory, error);
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(unusable)?;
        let lock = lock(directory)?;
        let database = directory.join(DATABASE);
        // Made here and not by the database, whose own files would be readable by everybody. The log
        // beside it takes over its permissions.
        private(&database).map_err(|error| StoreError::unusable(&database, error))?;
        File::open(directory).and_then(|folder| folder.sync_all()).map_err(unusable)?;
        Ok(Self { database, _lock: lock })
    }
}

fn lock(directory: &Path) -> Result<File, StoreError> {
    let place = directory.join(LOCK);
    let unusable = |error: io::Error| StoreError::unusable(&place, error);
    let mut file = private(&place).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // Only for the message; the other process may be about to write it.
            let process = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(StoreError::InUse { directory: directory.to_owned(), process });
        }
        Err(TryLockError::Error(error)) => return Err(unusable(error)),
    }
    file.set_len(0).map_err(unusable)?;
    writeln!(file, "{}", std::process::id()).map_err(unusable)?;
    Ok(file)
}

/// A file that only its owner may read, made if there is none.
fn private(place: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(place)
}
