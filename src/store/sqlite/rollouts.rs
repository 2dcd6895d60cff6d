//! Reading rollouts, and trains.

use super::{commit, plan_files};
use crate::rollout::Attachments;
use crate::source::Format;
use crate::store::encoding::Stored;
use crate::store::{Origin, PlanSource, Record, StoreError};
use crate::units::{RolloutName, UnixMillis};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use std::collections::BTreeMap;

const DOING: &str = "read rollouts";

pub(super) async fn all<S: Stored>(pool: &SqlitePool) -> Result<Vec<Record<S>>, StoreError> {
    // One transaction, so that a plan and its files are of the same commit.
    let mut transaction = pool.begin().await.map_err(unavailable)?;
    let rows = sqlx::query("SELECT * FROM rollouts_with_plans WHERE kind = ? ORDER BY name")
        .bind(S::KIND)
        .fetch_all(&mut *transaction)
        .await
        .map_err(unavailable)?;
    let mut files = plan_files::read(&mut transaction, None).await?;
    transaction.rollback().await.map_err(unavailable)?;
    rows.iter().map(|row| record(row, &mut files)).collect()
}

/// Reads in the writer's place: a commit that nobody waits for any more may still be on its way to the disk, and who
/// asks what became of it must not be told what was before.
pub(super) async fn one<S: Stored>(writer: &SqlitePool, name: &RolloutName) -> Result<Option<Record<S>>, StoreError> {
    let mut transaction = commit::begin(writer, DOING).await?;
    let row = sqlx::query("SELECT * FROM rollouts_with_plans WHERE name = ? AND kind = ?")
        .bind(name.as_str())
        .bind(S::KIND)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(unavailable)?;
    let mut files = plan_files::read(&mut transaction, Some(name)).await?;
    transaction.rollback().await.map_err(unavailable)?;
    row.as_ref().map(|row| record(row, &mut files)).transpose()
}

fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::unavailable(DOING, error)
}

fn record<S: Stored>(row: &SqliteRow, files: &mut BTreeMap<String, Attachments>) -> Result<Record<S>, StoreError> {
    let name: String = row.try_get("name").map_err(|error| StoreError::unreadable("?", error))?;
    let unreadable = |error: sqlx::Error| StoreError::unreadable(&name, error);
    let version: i64 = row.try_get("version").map_err(unreadable)?;
    let state: String = row.try_get("state").map_err(unreadable)?;
    Ok(Record {
        name: RolloutName::new(&name).map_err(|error| StoreError::unreadable(&name, error))?,
        plan: plan(row, &name, files.remove(&name).unwrap_or_default())?,
        version: u64::try_from(version).map_err(|error| StoreError::unreadable(&name, error))?,
        state: S::decode(&state).map_err(|error| StoreError::unreadable(&name, error))?,
        updated: UnixMillis::new(row.try_get("updated").map_err(unreadable)?),
    })
}

fn plan(row: &SqliteRow, name: &str, attachments: Attachments) -> Result<PlanSource, StoreError> {
    let unreadable = |error: sqlx::Error| StoreError::unreadable(name, error);
    let format: String = row.try_get("format").map_err(unreadable)?;
    let file: Option<String> = row.try_get("file").map_err(unreadable)?;
    Ok(PlanSource {
        text: row.try_get("text").map_err(unreadable)?,
        format: match format.as_str() {
            "json" => Format::Json,
            "yaml" => Format::Yaml,
            other => return Err(StoreError::unreadable(name, format!("its plan's format is `{other}`"))),
        },
        origin: file.map_or(Origin::Api, Origin::File),
        attachments,
        revision: row.try_get("revision").map_err(unreadable)?,
    })
}
