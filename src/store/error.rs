//! Why the store did not do what was asked.

use std::error::Error;
use std::path::PathBuf;

/// Why something could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer, or answered with an error of its own. It may work later.
    #[error("the store cannot {doing}: {source}")]
    Unavailable {
        /// What was asked of it, as the rest of "the store cannot ...".
        doing: &'static str,
        /// What the database said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A row is there and cannot be understood: damaged, or written by something else.
    #[error("what is stored of rollout `{rollout}` cannot be read: {what}")]
    Unreadable {
        /// Whose row it is.
        rollout: String,
        /// What is wrong with it.
        what: String,
    },
    /// A file or folder of the store cannot be used at all.
    #[error("{} cannot be used: {source}", place.display())]
    Unusable {
        /// Which.
        place: PathBuf,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Another process holds the data directory.
    #[error("the data directory {} is in use by another Tidegate{}; stop it, or give this one a directory of its own",
        directory.display(), process.map(|id| format!(" (process {id})")).unwrap_or_default())]
    InUse {
        /// The directory.
        directory: PathBuf,
        /// The other process, as far as it can be known.
        process: Option<u32>,
    },
    /// The database has a schema that this program does not know yet.
    #[error("{} was written by a newer Tidegate (schema {found}, this one knows up to {known}); use that version, or restore a backup",
        place.display())]
    Newer {
        /// The database.
        place: PathBuf,
        /// The schema it has.
        found: i64,
        /// The newest schema known here.
        known: i64,
    },
}

impl StoreError {
    /// The database did not do it; `doing` reads on from "the store cannot".
    pub fn unavailable(doing: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable { doing, source: source.into() }
    }

    pub(super) fn unreadable(rollout: &str, what: impl ToString) -> Self {
        Self::Unreadable { rollout: rollout.to_owned(), what: what.to_string() }
    }

    pub(super) fn unusable(place: impl Into<PathBuf>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unusable { place: place.into(), source: source.into() }
    }
}

/// Why a change was not committed. Nothing of it is in the store then, except after
/// [`CommitError::Unavailable`], which can also mean that the answer was lost: a repeated attempt then
/// meets its own work as a conflict.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The rollout is not at the expected version: somebody else was first. Read it again and decide anew.
    #[error("the rollout has changed meanwhile: {}", match current {
        Some(version) => format!("it is at version {version}"),
        None => "it does not exist".to_owned(),
    })]
    Conflict {
        /// The version it is at; `None` when it does not exist.
        current: Option<u64>,
    },
    /// The store could not do it.
    #[error(transparent)]
    Unavailable(#[from] StoreError),
}
