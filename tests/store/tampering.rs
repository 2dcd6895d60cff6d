//! A ledger or a state changed behind the store's back.

use crate::samples::{change, entry};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tempfile::TempDir;
use tidegate::store::sqlite::{self, DATABASE, SqliteStore};
use tidegate::store::{Flaw, LedgerCheck, Store};

/// A store whose ledger has five rows.
async fn five_rows() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite::open(folder.path()).await.unwrap();
    for rollout in ["a", "b"] {
        let mut next = change(rollout, None);
        next.entries = vec![entry("one"), entry("two")];
        store.commit(&next).await.unwrap();
    }
    store.commit(&change("a", Some(1))).await.unwrap();
    assert_eq!(store.verify().await.unwrap(), LedgerCheck::Sound { rows: 5 });
    (store, folder)
}

async fn raw(folder: &TempDir) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.path().join(DATABASE)).foreign_keys(false);
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn run(folder: &TempDir, statement: &str) -> Result<u64, sqlx::Error> {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut raw(folder).await).await?;
    Ok(done.rows_affected())
}

const UNLOCK: &str = "DROP TRIGGER ledger_rows_stay; DROP TRIGGER ledger_rows_stay_as_they_are;";

#[tokio::test]
async fn a_ledger_row_cannot_be_changed_by_mistake() {
    let (_store, folder) = five_rows().await;
    for statement in ["UPDATE ledger SET actor = 'nobody' WHERE sequence = 3", "DELETE FROM ledger WHERE sequence = 5"]
    {
        let error = run(&folder, statement).await.unwrap_err().to_string();
        assert!(error.contains("append-only"), "{error}");
    }
}

#[tokio::test]
async fn every_column_of_a_row_is_under_the_hash() {
    let changes = [
        "at = at + 1",
        "rollout = 'b'",
        "version = version + 1",
        "version = -1",
        "kind = 'closed'",
        "actor = 'nobody'",
        "actor = CAST(x'ff' AS TEXT)",
        "sentence = sentence || ' '",
        "detail = replace(detail, ',', ', ')",
        "hash = zeroblob(32)",
    ];
    for what in changes {
        let (store, folder) = five_rows().await;
        let statement = format!("{UNLOCK} UPDATE ledger SET {what} WHERE sequence = 2");
        assert!(run(&folder, &statement).await.unwrap() > 0);
        let found = store.verify().await.unwrap();
        assert_eq!(found, LedgerCheck::Broken { sequence: 2, flaw: Flaw::Altered }, "{what}");
    }
}

#[tokio::test]
async fn removed_added_and_moved_rows_are_found() {
    let missing = |sequence| LedgerCheck::Broken { sequence, flaw: Flaw::Missing };
    let altered = |sequence| LedgerCheck::Broken { sequence, flaw: Flaw::Altered };
    let cases = [
        ("DELETE FROM ledger WHERE sequence = 1", missing(1)),
        ("DELETE FROM ledger WHERE sequence = 3", missing(3)),
        ("DELETE FROM ledger WHERE sequence >= 4", missing(4)),
        ("DELETE FROM ledger", missing(1)),
        (
            "INSERT INTO ledger SELECT 6, at, rollout, version, kind, actor, sentence, detail, hash FROM ledger WHERE sequence = 5",
            altered(6),
        ),
        (
            "DELETE FROM ledger WHERE sequence = 3; UPDATE ledger SET sequence = sequence - 1 WHERE sequence > 3",
            altered(3),
        ),
    ];
    for (statement, expected) in cases {
        let (store, folder) = five_rows().await;
        run(&folder, &format!("{UNLOCK} {statement}")).await.unwrap();
        assert_eq!(store.verify().await.unwrap(), expected, "{statement}");
    }
}

#[tokio::test]
async fn an_unreadable_row_is_named_and_not_guessed() {
    let (store, folder) = five_rows().await;
    let cases = [
        "UPDATE rollouts SET state = 'half a st' WHERE name = 'b'",
        "UPDATE rollouts SET state = '{\"state\":\"launched\"}' WHERE name = 'b'",
        "UPDATE rollouts SET state = good.state FROM rollouts AS good WHERE good.name = 'a';
         UPDATE plans SET text = CAST(x'ff' AS TEXT) WHERE rollout = 'b'",
        "DELETE FROM plans WHERE rollout = 'b'",
    ];
    for what in cases {
        run(&folder, what).await.unwrap();
        for error in [store.rollouts().await.unwrap_err(), store.rollout(&crate::samples::name("b")).await.unwrap_err()]
        {
            let text = error.to_string();
            assert!(text.contains("rollout `b`"), "{what}: {text}");
        }
        assert!(store.rollout(&crate::samples::name("a")).await.unwrap().is_some(), "the others are readable");
    }
}
