//! The outbox's rows.

use super::commit::{begin, kept};
use crate::store::{Change, Message, OutboxRow, StoreError};
use crate::units::{RolloutName, UnixMillis};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};

/// Within the caller's transaction.
pub(super) async fn append<S>(connection: &mut SqliteConnection, change: &Change<S>) -> Result<(), StoreError> {
    for message in &change.messages {
        sqlx::query("INSERT INTO outbox (at, rollout, topic, body) VALUES (?, ?, ?, ?)")
            .bind(change.at.get())
            .bind(change.rollout.as_str())
            .bind(message.topic.as_str())
            .bind(message.body.to_string())
            .execute(&mut *connection)
            .await
            .map_err(|error| StoreError::unavailable("write a message", error))?;
    }
    Ok(())
}

pub(super) async fn undelivered(pool: &SqlitePool, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT sequence, at, rollout, topic, body FROM outbox WHERE delivered IS NULL ORDER BY sequence LIMIT ?",
    )
    .bind(limit.clamp(1, 1_000))
    .fetch_all(pool)
    .await
    .map_err(|error| StoreError::unavailable("read messages", error))?;
    rows.iter().map(outbox_row).collect()
}

pub(super) async fn mark_delivered(pool: &SqlitePool, sequences: &[u64], at: UnixMillis) -> Result<(), StoreError> {
    let doing = "mark messages as delivered";
    let mut transaction = begin(pool, doing).await?;
    for sequence in sequences {
        sqlx::query("UPDATE outbox SET delivered = ? WHERE sequence = ? AND delivered IS NULL")
            .bind(at.get())
            .bind(kept(*sequence))
            .execute(&mut *transaction)
            .await
            .map_err(|error| StoreError::unavailable(doing, error))?;
    }
    transaction.commit().await.map_err(|error| StoreError::unavailable(doing, error))
}

fn outbox_row(row: &SqliteRow) -> Result<OutboxRow, StoreError> {
    let rollout: String = row.try_get("rollout").map_err(|error| StoreError::unreadable("?", error))?;
    let unreadable = |error: sqlx::Error| StoreError::unreadable(&rollout, error);
    let sequence: i64 = row.try_get("sequence").map_err(unreadable)?;
    let body: String = row.try_get("body").map_err(unreadable)?;
    Ok(OutboxRow {
        sequence: u64::try_from(sequence).map_err(|error| StoreError::unreadable(&rollout, error))?,
        at: UnixMillis::new(row.try_get("at").map_err(unreadable)?),
        rollout: RolloutName::new(&rollout).map_err(|error| StoreError::unreadable(&rollout, error))?,
        message: Message {
            topic: row.try_get("topic").map_err(unreadable)?,
            body: serde_json::from_str(&body).map_err(|error| StoreError::unreadable(&rollout, error))?,
        },
    })
}
