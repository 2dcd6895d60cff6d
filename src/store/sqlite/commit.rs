//! Committing a change: the rollout by compare-and-set, its plan, its ledger rows and its messages, in one
//! transaction.

use super::{ledger, outbox, plan_files};
use crate::source::Format;
use crate::store::encoding::Stored;
use crate::store::{Change, CommitError, Origin, StoreError};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};

pub(super) const DOING: &str = "commit a change";

pub(super) async fn commit<S: Stored>(pool: &SqlitePool, change: &Change<S>) -> Result<u64, CommitError> {
    let mut transaction = begin(pool, DOING).await?;
    let (current, kind) = current(&mut transaction, change).await?.unzip();
    if current != change.expected || kind.is_some_and(|kind| kind != S::KIND) {
        transaction.rollback().await.map_err(unavailable)?;
        return Err(CommitError::Conflict { current });
    }
    let next = current.unwrap_or(0).saturating_add(1);
    put(&mut transaction, change, next).await?;
    put_plan(&mut transaction, change).await?;
    plan_files::put(&mut transaction, change).await?;
    ledger::append(&mut transaction, change, next).await?;
    outbox::append(&mut transaction, change).await?;
    transaction.commit().await.map_err(unavailable)?;
    Ok(next)
}

/// Takes the writer's place and leaves it again: refused when the file became read-only, is locked by
/// something else, or cannot be read any more.
pub(super) async fn ping(pool: &SqlitePool) -> Result<(), StoreError> {
    let doing = "begin a change";
    let transaction = begin(pool, doing).await?;
    transaction.rollback().await.map_err(|error| StoreError::unavailable(doing, error))
}

/// Begins as a writer: what is read first cannot be changed by another before it is written.
pub(super) async fn begin(pool: &SqlitePool, doing: &'static str) -> Result<Transaction<'static, Sqlite>, StoreError> {
    pool.begin_with("BEGIN IMMEDIATE").await.map_err(|error| StoreError::unavailable(doing, error))
}

/// A count as SQLite keeps it. Counts here begin at 1 and grow by 1, so the largest is never reached.
pub(super) fn kept(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The version that is kept under the name, and of what.
async fn current<S>(
    connection: &mut SqliteConnection,
    change: &Change<S>,
) -> Result<Option<(u64, String)>, StoreError> {
    let name = change.rollout.as_str();
    let found: Option<(i64, String)> = sqlx::query_as("SELECT version, kind FROM rollouts WHERE name = ?")
        .bind(name)
        .fetch_optional(connection)
        .await
        .map_err(unavailable)?;
    let Some((version, kind)) = found else { return Ok(None) };
    let version = u64::try_from(version).map_err(|error| StoreError::unreadable(name, error))?;
    Ok(Some((version, kind)))
}

async fn put<S: Stored>(connection: &mut SqliteConnection, change: &Change<S>, version: u64) -> Result<(), StoreError> {
    let state = change.state.encode().map_err(|error| StoreError::unavailable(DOING, error))?;
    sqlx::query(
        "INSERT INTO rollouts (name, kind, version, state, updated) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (name) DO UPDATE SET version = excluded.version, state = excluded.state, \
         updated = excluded.updated",
    )
    .bind(change.rollout.as_str())
    .bind(S::KIND)
    .bind(kept(version))
    .bind(state)
    .bind(change.at.get())
    .execute(connection)
    .await
    .map_err(unavailable)?;
    Ok(())
}

/// Writes the plan only when it is another than the one that is kept: its text may be a megabyte, and
/// there is a commit at each check of each rollout.
async fn put_plan<S>(connection: &mut SqliteConnection, change: &Change<S>) -> Result<(), StoreError> {
    let format = match change.plan.format {
        Format::Json => "json",
        Format::Yaml => "yaml",
    };
    let file = match &change.plan.origin {
        Origin::File(path) => Some(path.as_str()),
        Origin::Api => None,
    };
    sqlx::query(
        "INSERT INTO plans (rollout, text, format, file, revision) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (rollout) DO UPDATE SET text = excluded.text, format = excluded.format, file = excluded.file, \
         revision = excluded.revision \
         WHERE text IS NOT excluded.text OR format IS NOT excluded.format OR file IS NOT excluded.file \
         OR revision IS NOT excluded.revision",
    )
    .bind(change.rollout.as_str())
    .bind(change.plan.text.as_str())
    .bind(format)
    .bind(file)
    .bind(change.plan.revision)
    .execute(connection)
    .await
    .map_err(unavailable)?;
    Ok(())
}

fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::unavailable(DOING, error)
}
