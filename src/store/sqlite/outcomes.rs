//! What is kept of outcomes.

use super::commit::{begin, kept as number};
use crate::measure::{Kept, KeptBatch, KeptBefore, KeptPart, KeptRing, Recorded};
use crate::store::{ServedBefore, StoreError};
use crate::units::{FlagKey, UnixMillis, VariantName};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, SqlitePool, Transaction};

/// A transaction takes no more bytes than this: a closing waits for the one that is under way.
const MOST_AT_ONCE: usize = 1 << 20;

/// How many batches are kept, the newest ones, and how many exports: as many as are remembered while the process runs.
const MOST_BATCHES: i64 = 65_536;

/// About so many bytes a batch takes.
const BATCH: usize = 128;

const KEEP: &str = "keep outcomes";
const READ: &str = "read outcomes";

/// What counts once has two tables: batches with a name of their own, and exports of telemetry.
struct CountedOnce {
    put: &'static str,
    drop_old: &'static str,
    drop_over: &'static str,
    read: &'static str,
}

const BATCHES: CountedOnce = CountedOnce {
    put: "INSERT OR REPLACE INTO outcome_batches VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    drop_old: "DELETE FROM outcome_batches WHERE at < ?",
    // Row numbers rise in the order of keeping.
    drop_over: "DELETE FROM outcome_batches WHERE rowid <= (SELECT max(rowid) FROM outcome_batches) - ?",
    read: "SELECT * FROM (SELECT rowid AS number, * FROM outcome_batches ORDER BY rowid DESC LIMIT ?) ORDER BY number",
};

const EXPORTS: CountedOnce = CountedOnce {
    put: "INSERT OR REPLACE INTO telemetry_exports VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    drop_old: "DELETE FROM telemetry_exports WHERE at < ?",
    drop_over: "DELETE FROM telemetry_exports WHERE rowid <= (SELECT max(rowid) FROM telemetry_exports) - ?",
    read: "SELECT * FROM (SELECT rowid AS number, * FROM telemetry_exports ORDER BY rowid DESC LIMIT ?) \
           ORDER BY number",
};

pub(super) async fn keep(pool: &SqlitePool, kept: &Kept) -> Result<(), StoreError> {
    let (mut transaction, mut taken) = (begin(pool, KEEP).await?, 0_usize);
    for (table, counted) in [(&BATCHES, &kept.batches), (&EXPORTS, &kept.exports)] {
        for batch in counted {
            transaction = with_room(pool, transaction, &mut taken, BATCH).await?;
            put_batch(&mut transaction, table, batch).await?;
        }
        let old = sqlx::query(table.drop_old).bind(kept.batches_from.get());
        old.execute(&mut *transaction).await.map_err(cannot_keep)?;
        if !counted.is_empty() {
            let over = sqlx::query(table.drop_over).bind(MOST_BATCHES);
            over.execute(&mut *transaction).await.map_err(cannot_keep)?;
        }
    }
    for part in &kept.parts {
        transaction = with_room(pool, transaction, &mut taken, part.data.len()).await?;
        put_part(&mut transaction, part).await?;
    }
    for ring in &kept.left {
        drop_others(&mut transaction, ring).await?;
    }
    for (flag, variant) in &kept.gone {
        let gone = sqlx::query("DELETE FROM outcome_parts WHERE flag = ? AND variant = ?");
        let gone = gone.bind(flag.as_str()).bind(variant.as_str());
        gone.execute(&mut *transaction).await.map_err(cannot_keep)?;
    }
    transaction.commit().await.map_err(cannot_keep)
}

/// The transaction to write so many more bytes in: this one, or the next one when this is full, so that whoever waits
/// for the writer has a turn in between.
async fn with_room(
    pool: &SqlitePool,
    transaction: Transaction<'static, Sqlite>,
    taken: &mut usize,
    bytes: usize,
) -> Result<Transaction<'static, Sqlite>, StoreError> {
    *taken = taken.saturating_add(bytes);
    if *taken <= MOST_AT_ONCE {
        return Ok(transaction);
    }
    *taken = bytes;
    transaction.commit().await.map_err(cannot_keep)?;
    begin(pool, KEEP).await
}

async fn put_batch(
    transaction: &mut Transaction<'static, Sqlite>,
    table: &CountedOnce,
    batch: &KeptBatch,
) -> Result<(), StoreError> {
    let KeptBatch { id, content, at, recorded } = batch;
    let Recorded { kept, late, future, dropped, unattributed } = *recorded;
    let mut put = sqlx::query(table.put).bind(id.as_slice()).bind(content.as_slice()).bind(at.get());
    for count in [kept, late, future, dropped, unattributed] {
        put = put.bind(number(count));
    }
    put.execute(&mut **transaction).await.map(drop).map_err(cannot_keep)
}

async fn put_part(transaction: &mut Transaction<'static, Sqlite>, part: &KeptPart) -> Result<(), StoreError> {
    let KeptPart { flag, variant, ring, slot, data } = part;
    let put = sqlx::query(
        "INSERT INTO outcome_parts VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (flag, variant, ring, slot) DO UPDATE SET data = excluded.data",
    );
    let put = put.bind(flag.as_str()).bind(variant.as_str()).bind(*ring).bind(*slot).bind(data.as_slice());
    put.execute(&mut **transaction).await.map(drop).map_err(cannot_keep)
}

async fn drop_others(transaction: &mut Transaction<'static, Sqlite>, left: &KeptRing) -> Result<(), StoreError> {
    let KeptRing { flag, variant, ring, oldest, newest } = left;
    let others =
        sqlx::query("DELETE FROM outcome_parts WHERE flag = ? AND variant = ? AND ring = ? AND (slot < ? OR slot > ?)");
    let others = others.bind(flag.as_str()).bind(variant.as_str()).bind(*ring).bind(*oldest).bind(*newest);
    others.execute(&mut **transaction).await.map(drop).map_err(cannot_keep)
}

pub(super) async fn kept(pool: &SqlitePool) -> Result<KeptBefore, StoreError> {
    let parts = sqlx::query("SELECT * FROM outcome_parts ORDER BY flag, variant, ring, slot").fetch_all(pool);
    let parts = parts.await.map_err(cannot_read)?.iter().filter_map(part).collect();
    let (batches, exports) = (counted_once(pool, &BATCHES).await?, counted_once(pool, &EXPORTS).await?);
    Ok(KeptBefore { parts, batches, exports })
}

async fn counted_once(pool: &SqlitePool, table: &CountedOnce) -> Result<Vec<KeptBatch>, StoreError> {
    let rows = sqlx::query(table.read).bind(MOST_BATCHES).fetch_all(pool).await.map_err(cannot_read)?;
    Ok(rows.iter().filter_map(batch).collect())
}

fn part(row: &SqliteRow) -> Option<KeptPart> {
    Some(KeptPart {
        flag: FlagKey::new(row.try_get("flag").ok()?).ok()?,
        variant: VariantName::new(row.try_get("variant").ok()?).ok()?,
        ring: row.try_get("ring").ok()?,
        slot: row.try_get("slot").ok()?,
        data: row.try_get("data").ok()?,
    })
}

fn batch(row: &SqliteRow) -> Option<KeptBatch> {
    let count = |column: &str| u64::try_from(row.try_get::<i64, _>(column).ok()?).ok();
    let hash = |column: &str| row.try_get::<&[u8], _>(column).ok()?.try_into().ok();
    Some(KeptBatch {
        id: hash("id")?,
        content: hash("content")?,
        at: UnixMillis::new(row.try_get("at").ok()?),
        recorded: Recorded {
            kept: count("kept")?,
            late: count("late")?,
            future: count("future")?,
            dropped: count("dropped")?,
            unattributed: count("unattributed")?,
        },
    })
}

pub(super) async fn keep_served(
    pool: &SqlitePool,
    served: Option<&[ServedBefore]>,
    up_to: UnixMillis,
) -> Result<(), StoreError> {
    let mut transaction = begin(pool, KEEP).await?;
    if served.is_some() {
        sqlx::query("DELETE FROM served_before").execute(&mut *transaction).await.map_err(cannot_keep)?;
    }
    for ServedBefore { flag, eras } in served.unwrap_or_default() {
        let put = sqlx::query("INSERT INTO served_before VALUES (?, ?)").bind(flag.as_str()).bind(eras.as_str());
        put.execute(&mut *transaction).await.map_err(cannot_keep)?;
    }
    let mark = sqlx::query("INSERT OR REPLACE INTO served_up_to VALUES (1, ?)").bind(up_to.get());
    mark.execute(&mut *transaction).await.map_err(cannot_keep)?;
    transaction.commit().await.map_err(cannot_keep)
}

pub(super) async fn kept_served(pool: &SqlitePool) -> Result<Option<(Vec<ServedBefore>, UnixMillis)>, StoreError> {
    let mark: Option<(i64,)> =
        sqlx::query_as("SELECT at FROM served_up_to").fetch_optional(pool).await.map_err(cannot_read)?;
    let Some((up_to,)) = mark else { return Ok(None) };
    let rows: Vec<(String, String)> = sqlx::query_as("SELECT flag, eras FROM served_before ORDER BY flag")
        .fetch_all(pool)
        .await
        .map_err(cannot_read)?;
    let served = |(flag, eras): (String, String)| Some(ServedBefore { flag: FlagKey::new(&flag).ok()?, eras });
    Ok(Some((rows.into_iter().filter_map(served).collect(), UnixMillis::new(up_to))))
}

fn cannot_keep(error: sqlx::Error) -> StoreError {
    StoreError::unavailable(KEEP, error)
}

fn cannot_read(error: sqlx::Error) -> StoreError {
    StoreError::unavailable(READ, error)
}
