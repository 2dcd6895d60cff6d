//! When a plan is written to the disk.

use crate::samples::{change, name};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use std::fs;
use std::path::Path;
use tidegate::rollout::State;
use tidegate::store::sqlite::{self, DATABASE};
use tidegate::store::{CommitError, LedgerCheck, Store};

const LARGE: usize = 1 << 20;

/// How large the log of what was written has become, in bytes. It grows until some MB are in it.
fn written(directory: &Path) -> usize {
    let log = directory.join(format!("{DATABASE}-wal"));
    usize::try_from(fs::metadata(log).unwrap().len()).unwrap()
}

async fn raw(directory: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(directory.join(DATABASE));
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// A server with a hundred rollouts commits some times in each second, for months.
#[tokio::test]
async fn a_plan_that_stays_the_same_is_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite::open(folder.path()).await.unwrap();
    let mut next = change("a", None);
    next.plan.text.push_str(&"#".repeat(LARGE));
    next.expected = Some(store.commit(&next).await.unwrap());
    let before = written(folder.path());
    assert!(before > LARGE, "the first time it is written");
    for round in 0..10 {
        // SQLite itself leaves out what stays the same as long as the whole row keeps its length.
        next.state = State::Pending { attempts: 10_u32.pow(round % 3) };
        next.expected = Some(store.commit(&next).await.unwrap());
    }
    let grown = written(folder.path()) - before;
    assert!((1..LARGE / 2).contains(&grown), "{grown} bytes");
    next.plan.text.push('#');
    store.commit(&next).await.unwrap();
    assert!(written(folder.path()) - before > LARGE, "another one is written");
    assert_eq!(store.rollout(&name("a")).await.unwrap().unwrap().plan, next.plan);
}

/// A list of users is as long, and is kept beside the plan.
#[tokio::test]
async fn a_file_that_stays_the_same_is_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite::open(folder.path()).await.unwrap();
    let mut next = change("a", None);
    next.plan.attachments.add("beta.txt", "u\n".repeat(LARGE));
    next.expected = Some(store.commit(&next).await.unwrap());
    let before = written(folder.path());
    assert!(before > LARGE, "the first time it is written");
    for round in 0..10 {
        next.state = State::Pending { attempts: 10_u32.pow(round % 3) };
        next.expected = Some(store.commit(&next).await.unwrap());
    }
    let grown = written(folder.path()) - before;
    assert!((1..LARGE / 2).contains(&grown), "{grown} bytes");
    assert_eq!(store.rollouts().await.unwrap()[0].plan, next.plan);
}

/// The same without a look at the disk: not even the attempt is made.
#[tokio::test]
async fn only_another_plan_is_an_update_of_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite::open(folder.path()).await.unwrap();
    store.commit(&change("a", None)).await.unwrap();
    let fixed = "CREATE TRIGGER fixed BEFORE UPDATE ON plans BEGIN SELECT RAISE(ABORT, 'no'); END";
    sqlx::query(fixed).execute(&mut raw(folder.path()).await).await.unwrap();
    assert_eq!(store.commit(&change("a", Some(1))).await.unwrap(), 2);
    let mut next = change("a", Some(2));
    next.plan.text.push('#');
    assert!(matches!(store.commit(&next).await, Err(CommitError::Unavailable(_))));
}

/// A plan without the state that was decided on it would be followed from a wave that it does not have.
#[tokio::test]
async fn a_plan_is_changed_with_all_of_its_change_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite::open(folder.path()).await.unwrap();
    store.commit(&change("a", None)).await.unwrap();
    let mut raw = raw(folder.path()).await;
    let broken = "CREATE TRIGGER broken BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END";
    sqlx::query(broken).execute(&mut raw).await.unwrap();

    let before = store.rollout(&name("a")).await.unwrap();
    let mut next = change("a", Some(1));
    next.plan.text.push_str("flag: another\n");
    assert!(matches!(store.commit(&next).await, Err(CommitError::Unavailable(_))));
    assert_eq!(store.rollout(&name("a")).await.unwrap(), before);

    sqlx::query("DROP TRIGGER broken").execute(&mut raw).await.unwrap();
    assert_eq!(store.commit(&next).await.unwrap(), 2);
    assert_eq!(store.rollout(&name("a")).await.unwrap().unwrap().plan, next.plan);
    assert_eq!(store.verify().await.unwrap(), LedgerCheck::Sound { rows: 2 });
}
