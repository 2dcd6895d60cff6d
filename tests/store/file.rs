//! The contract over a database file, and what only a file can promise.

use crate::samples::{change, name};
use tempfile::TempDir;
use tidegate::store::sqlite::{self, SqliteStore};
use tidegate::store::{LedgerCheck, Store};

async fn empty() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (sqlite::open(&folder.path().join("data")).await.unwrap(), folder)
}

crate::contract!(empty);

#[tokio::test]
async fn all_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    for closed_first in [true, false] {
        let store = sqlite::open(folder.path()).await.unwrap();
        let version = store.rollout(&name("a")).await.unwrap().map(|record| record.version);
        store.commit(&change("a", version)).await.unwrap();
        if closed_first {
            store.close().await;
        }
    }
    let store = sqlite::open(folder.path()).await.unwrap();
    assert_eq!(store.rollout(&name("a")).await.unwrap().unwrap().version, 2);
    assert_eq!(store.history(None, 0, 10).await.unwrap().len(), 2);
    assert_eq!(store.undelivered(10).await.unwrap().len(), 2);
    // The chain goes on where it was.
    store.commit(&change("a", Some(2))).await.unwrap();
    assert_eq!(store.verify().await.unwrap(), LedgerCheck::Sound { rows: 3 });
}
