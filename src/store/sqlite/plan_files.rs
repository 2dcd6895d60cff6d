//! The files that plans name.

use super::commit::DOING;
use crate::rollout::Attachments;
use crate::store::{Change, StoreError};
use crate::units::RolloutName;
use sqlx::{Row, SqliteConnection};
use std::collections::BTreeMap;

/// Writes those that are others than the ones that are kept: they may be megabytes, and there is a commit at each
/// check of each rollout. Within the caller's transaction.
pub(super) async fn put<S>(connection: &mut SqliteConnection, change: &Change<S>) -> Result<(), StoreError> {
    let kept = digests(connection, change.rollout.as_str()).await?;
    let wanted: BTreeMap<&str, Vec<u8>> =
        change.plan.attachments.iter().map(|(name, file)| (name, file.digest().to_be_bytes().to_vec())).collect();
    for name in kept.keys().filter(|name| !wanted.contains_key(name.as_str())) {
        sqlx::query("DELETE FROM plan_files WHERE rollout = ? AND name = ?")
            .bind(change.rollout.as_str())
            .bind(name)
            .execute(&mut *connection)
            .await
            .map_err(|error| StoreError::unavailable(DOING, error))?;
    }
    for (name, file) in change.plan.attachments.iter() {
        if kept.get(name) == wanted.get(name) {
            continue;
        }
        sqlx::query("INSERT OR REPLACE INTO plan_files (rollout, name, text, digest) VALUES (?, ?, ?, ?)")
            .bind(change.rollout.as_str())
            .bind(name)
            .bind(&**file.text())
            .bind(wanted.get(name))
            .execute(&mut *connection)
            .await
            .map_err(|error| StoreError::unavailable(DOING, error))?;
    }
    Ok(())
}

async fn digests(connection: &mut SqliteConnection, rollout: &str) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
    let rows: Vec<(String, Vec<u8>)> = sqlx::query_as("SELECT name, digest FROM plan_files WHERE rollout = ?")
        .bind(rollout)
        .fetch_all(connection)
        .await
        .map_err(|error| StoreError::unavailable(DOING, error))?;
    Ok(rows.into_iter().collect())
}

/// Those of one rollout, or of all, by rollout.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    rollout: Option<&RolloutName>,
) -> Result<BTreeMap<String, Attachments>, StoreError> {
    let rows = sqlx::query("SELECT rollout, name, text FROM plan_files WHERE ?1 IS NULL OR rollout = ?1")
        .bind(rollout.map(RolloutName::as_str))
        .fetch_all(connection)
        .await
        .map_err(|error| StoreError::unavailable("read the files of plans", error))?;
    let mut files: BTreeMap<String, Attachments> = BTreeMap::new();
    for row in rows {
        let rollout: String = row.try_get("rollout").map_err(|error| StoreError::unreadable("?", error))?;
        let unreadable = |error: sqlx::Error| StoreError::unreadable(&rollout, error);
        let (name, text): (String, String) =
            (row.try_get("name").map_err(unreadable)?, row.try_get("text").map_err(unreadable)?);
        files.entry(rollout).or_default().add(&name, text);
    }
    Ok(files)
}
