//! The ledger's rows: appended in a change's transaction, read in pages, verified as a stream.

use super::commit::kept;
use crate::store::ledger::{Chain, Flaw, Link};
use crate::store::{Change, Entry, LedgerCheck, LedgerRow, StoreError};
use crate::units::{RolloutName, UnixMillis};
use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};

const VERIFYING: &str = "verify the ledger";

/// Within the caller's transaction.
pub(super) async fn append<S>(
    connection: &mut SqliteConnection,
    change: &Change<S>,
    version: u64,
) -> Result<(), StoreError> {
    let unavailable = |error: sqlx::Error| StoreError::unavailable("write to the ledger", error);
    let mut chain = head(connection).await.map_err(unavailable)?;
    for entry in &change.entries {
        let detail = entry.detail.to_string();
        chain.append(&Link {
            at: change.at,
            version,
            rollout: change.rollout.as_str(),
            kind: &entry.kind,
            actor: &entry.actor,
            sentence: &entry.sentence,
            detail: &detail,
        });
        sqlx::query(
            "INSERT INTO ledger (sequence, at, rollout, version, kind, actor, sentence, detail, hash) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(kept(chain.sequence))
        .bind(change.at.get())
        .bind(change.rollout.as_str())
        .bind(kept(version))
        .bind(entry.kind.as_str())
        .bind(entry.actor.as_str())
        .bind(entry.sentence.as_str())
        .bind(detail)
        .bind(chain.hash.to_vec())
        .execute(&mut *connection)
        .await
        .map_err(unavailable)?;
    }
    sqlx::query("UPDATE ledger_head SET sequence = ?, hash = ?")
        .bind(kept(chain.sequence))
        .bind(chain.hash.to_vec())
        .execute(connection)
        .await
        .map_err(unavailable)?;
    Ok(())
}

pub(super) async fn page(
    pool: &SqlitePool,
    rollout: Option<&RolloutName>,
    after: u64,
    limit: u32,
) -> Result<Vec<LedgerRow>, StoreError> {
    let (after, limit) = (kept(after), limit.clamp(1, 1_000));
    let query = match rollout {
        Some(name) => sqlx::query("SELECT * FROM ledger WHERE rollout = ? AND sequence > ? ORDER BY sequence LIMIT ?")
            .bind(name.as_str()),
        None => sqlx::query("SELECT * FROM ledger WHERE sequence > ? ORDER BY sequence LIMIT ?"),
    };
    let rows = query.bind(after).bind(limit).fetch_all(pool).await;
    rows.map_err(|error| StoreError::unavailable("read the ledger", error))?.iter().map(ledger_row).collect()
}

pub(super) async fn verify(pool: &SqlitePool) -> Result<LedgerCheck, StoreError> {
    let unavailable = |error: sqlx::Error| StoreError::unavailable(VERIFYING, error);
    // One transaction: the head and the rows are of the same moment, whatever is committed meanwhile.
    let mut transaction = pool.begin().await.map_err(unavailable)?;
    let head = head(&mut transaction).await.map_err(unavailable)?;
    let mut chain = Chain::START;
    let mut rows = sqlx::query("SELECT * FROM ledger ORDER BY sequence").fetch(&mut *transaction);
    while let Some(row) = rows.try_next().await.map_err(unavailable)? {
        if let Err(broken) = check(&mut chain, &row) {
            return Ok(broken);
        }
    }
    Ok(chain.end(&head))
}

fn check(chain: &mut Chain, row: &SqliteRow) -> Result<(), LedgerCheck> {
    // A row that cannot even be read was not written like that.
    let next = LedgerCheck::Broken { sequence: chain.sequence.saturating_add(1), flaw: Flaw::Altered };
    let text = |column: &str| row.try_get::<&str, _>(column).map_err(|_| next);
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(|_| next);
    let count = |column: &str| u64::try_from(number(column)?).map_err(|_| next);
    let link = Link {
        at: UnixMillis::new(number("at")?),
        version: count("version")?,
        rollout: text("rollout")?,
        kind: text("kind")?,
        actor: text("actor")?,
        sentence: text("sentence")?,
        detail: text("detail")?,
    };
    chain.check(count("sequence")?, &link, row.try_get("hash").map_err(|_| next)?)
}

async fn head(connection: &mut SqliteConnection) -> Result<Chain, sqlx::Error> {
    let row = sqlx::query("SELECT sequence, hash FROM ledger_head").fetch_one(connection).await?;
    let hash: &[u8] = row.try_get("hash")?;
    let sequence: i64 = row.try_get("sequence")?;
    Ok(Chain {
        sequence: u64::try_from(sequence).map_err(|error| sqlx::Error::Decode(error.into()))?,
        hash: hash.try_into().map_err(|error: std::array::TryFromSliceError| sqlx::Error::Decode(error.into()))?,
    })
}

fn ledger_row(row: &SqliteRow) -> Result<LedgerRow, StoreError> {
    let rollout: String = row.try_get("rollout").map_err(|error| StoreError::unreadable("?", error))?;
    let unreadable = |error: sqlx::Error| StoreError::unreadable(&rollout, error);
    let count = |column: &str| {
        let number: i64 = row.try_get(column).map_err(unreadable)?;
        u64::try_from(number).map_err(|error| StoreError::unreadable(&rollout, error))
    };
    let detail: String = row.try_get("detail").map_err(unreadable)?;
    Ok(LedgerRow {
        sequence: count("sequence")?,
        at: UnixMillis::new(row.try_get("at").map_err(unreadable)?),
        rollout: RolloutName::new(&rollout).map_err(|error| StoreError::unreadable(&rollout, error))?,
        version: count("version")?,
        entry: Entry {
            kind: row.try_get("kind").map_err(unreadable)?,
            actor: row.try_get("actor").map_err(unreadable)?,
            sentence: row.try_get("sentence").map_err(unreadable)?,
            detail: serde_json::from_str(&detail).map_err(|error| StoreError::unreadable(&rollout, error))?,
        },
        hash: <[u8; 32]>::try_from(row.try_get::<&[u8], _>("hash").map_err(unreadable)?)
            .map_err(|error| StoreError::unreadable(&rollout, error))?,
    })
}
