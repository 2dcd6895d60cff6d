//! The contract over a database file, and what only a file can promise.

use crate::samples::{change, name};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use std::path::Path;
use tempfile::TempDir;
use tidegate::store::sqlite::{self, DATABASE, SqliteStore};
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

/// A database as the first version made it, with a rollout in it.
async fn of_the_first_version(folder: &Path) {
    let migrations = tempfile::tempdir().unwrap();
    let first = concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/sqlite/migrations/0001_first.sql");
    std::fs::copy(first, migrations.path().join("0001_first.sql")).unwrap();
    let options = SqliteConnectOptions::new().filename(folder.join(DATABASE)).create_if_missing(true);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    Migrator::new(migrations.path()).await.unwrap().run(&mut raw).await.unwrap();
    let kept = "INSERT INTO rollouts VALUES ('a', 1, '{\"state\":\"pending\",\"attempts\":0}', 7);
        INSERT INTO plans VALUES ('a', 'kind: Rollout', 'yaml', NULL)";
    sqlx::raw_sql(kept).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
}

#[tokio::test]
async fn a_database_of_the_first_version_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    of_the_first_version(folder.path()).await;
    let store = sqlite::open(folder.path()).await.unwrap();
    let record = store.rollout(&name("a")).await.unwrap().unwrap();
    assert_eq!((record.version, record.plan.text.as_str()), (1, "kind: Rollout"));
    assert!(record.plan.attachments.is_empty());
    let mut next = change("a", Some(1));
    next.plan.attachments.add("beta.txt", "ann");
    store.commit(&next).await.unwrap();
    assert_eq!(store.rollouts().await.unwrap()[0].plan, next.plan);
}
