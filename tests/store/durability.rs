//! What was acknowledged outlives the process, and one directory has one process. The other process is
//! this test binary once more, told by an environment variable to play that part.

use crate::samples::{change, name};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tidegate::store::{LedgerCheck, Store, StoreError, sqlite};

const PART: &str = "TIDEGATE_TEST_COMMITS_INTO";

/// Starts the committing process.
fn committing(test: &str, directory: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(PART, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The committing process: prints each version once it is acknowledged, until it is killed.
async fn commit_forever(directory: &Path) {
    let store = sqlite::open(directory).await.unwrap();
    let mut version = store.rollout(&name("a")).await.unwrap().map(|record| record.version);
    loop {
        version = Some(store.commit(&change("a", version)).await.unwrap());
        println!("acknowledged {}", version.unwrap());
    }
}

/// The versions it acknowledges, as they come.
fn acknowledged(child: &mut Child) -> impl Iterator<Item = u64> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).filter_map(|line| line.rsplit_once("acknowledged ")?.1.parse().ok())
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    if let Some(directory) = std::env::var_os(PART) {
        return commit_forever(Path::new(&directory)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut last = 0;
    for round in 1..=3 {
        let mut child = committing("durability::what_was_acknowledged_survives_kill_9", folder.path());
        let mut versions = acknowledged(&mut child);
        let target = last + 25;
        last = versions.find(|version| *version >= target).unwrap();
        child.kill().unwrap();
        // Also what it still managed to say before the signal came.
        last = versions.last().unwrap_or(last).max(last);
        child.wait().unwrap();

        let store = sqlite::open(folder.path()).await.unwrap();
        let version = store.rollout(&name("a")).await.unwrap().unwrap().version;
        assert!(version >= last, "round {round}: {last} was acknowledged and {version} is there");
        assert_eq!(store.verify().await.unwrap(), LedgerCheck::Sound { rows: version });
        last = version;
        store.close().await;
    }
}

#[tokio::test]
async fn a_second_process_is_refused_until_the_first_is_gone() {
    if let Some(directory) = std::env::var_os(PART) {
        return commit_forever(Path::new(&directory)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let test = "durability::a_second_process_is_refused_until_the_first_is_gone";
    let mut child = committing(test, folder.path());
    assert_eq!(acknowledged(&mut child).next(), Some(1));
    let error = sqlite::open(folder.path()).await.unwrap_err();
    assert!(matches!(&error, StoreError::InUse { process, .. } if *process == Some(child.id())), "{error}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(sqlite::open(folder.path()).await.unwrap().rollout(&name("a")).await.unwrap().is_some());
}

/// Who asks what became of a commit that he does not wait for any more is not told what was before it.
#[tokio::test]
async fn a_rollout_is_read_after_what_is_on_its_way_to_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite::open(folder.path()).await.unwrap();
    let version = store.commit(&change("a", None)).await.unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join(sqlite::DATABASE));
    let other = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let mut on_its_way = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    sqlx::query("UPDATE rollouts SET version = version + 1").execute(&mut *on_its_way).await.unwrap();
    let commits = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        on_its_way.commit().await.unwrap();
    };
    let rollout = name("a");
    let (read, ()) = tokio::join!(store.rollout(&rollout), commits);
    assert_eq!(read.unwrap().unwrap().version, version + 1);
}
