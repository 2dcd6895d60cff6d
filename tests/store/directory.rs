//! The data directory: private, held by one process, and refused with the reason when it cannot be used.

use crate::samples::{change, name};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tidegate::store::sqlite::{self, DATABASE};
use tidegate::store::{Store, StoreError};

fn mode(place: &Path) -> u32 {
    fs::metadata(place).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_its_owner_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("var/lib/tidegate");
    let store = sqlite::open(&directory).await.unwrap();
    store.commit(&change("a", None)).await.unwrap();
    assert_eq!(mode(&directory), 0o700);
    let files: Vec<_> = fs::read_dir(&directory).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 3, "database, log and lock: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_directory_in_use_is_refused_until_it_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite::open(folder.path()).await.unwrap();
    let error = sqlite::open(folder.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }));
    let text = error.to_string();
    assert!(text.contains(&folder.path().display().to_string()), "{text}");
    assert!(text.contains(&std::process::id().to_string()), "{text}");
    store.commit(&change("a", None)).await.unwrap();
    drop(store);
    assert!(sqlite::open(folder.path()).await.unwrap().rollout(&name("a")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    sqlite::open(folder.path()).await.unwrap().close().await;
    let place = folder.path().join(DATABASE);
    let mut raw = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(&place)).await.unwrap();
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)")
        .execute(&mut raw)
        .await
        .unwrap();
    raw.close().await.unwrap();
    let before = fs::read(&place).unwrap();
    let error = sqlite::open(folder.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 9999, .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("newer Tidegate") && text.contains(DATABASE), "{text}");
    assert_eq!(fs::read(&place).unwrap(), before);
}

#[tokio::test]
async fn what_is_no_database_or_no_directory_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join(DATABASE);
    fs::write(&place, "this is a text about databases, long enough to be taken for one by mistake ".repeat(20))
        .unwrap();
    let text = sqlite::open(folder.path()).await.unwrap_err().to_string();
    assert!(text.contains(&place.display().to_string()) && text.contains("not a database"), "{text}");

    let text = sqlite::open(&place).await.unwrap_err().to_string();
    assert!(text.contains(&place.display().to_string()), "{text}");
}
