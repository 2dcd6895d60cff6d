//! Opening: the directory, the connections, the schema.

use super::directory::Claim;
use super::store::{Hold, SqliteStore};
use crate::store::StoreError;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{SqlitePool, migrate};
use std::path::Path;
use std::time::Duration;

static MIGRATIONS: Migrator = migrate!("src/store/sqlite/migrations");

/// How many reads go on at once; a long history read leaves room for the others.
const READERS: u32 = 4;

/// How long a call waits for a connection, or for a foreign reader of the file such as a backup, before
/// the store counts as unavailable.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the database in a data directory, which is made if there is none, and holds the directory until
/// the store is dropped.
///
/// # Errors
/// When another process holds the directory, when it or the database cannot be used, or when a newer
/// Tidegate wrote the database.
pub async fn open(directory: &Path) -> Result<SqliteStore, StoreError> {
    let claim = Claim::on(directory)?;
    let options = SqliteConnectOptions::new()
        .filename(&claim.database)
        .journal_mode(SqliteJournalMode::Wal)
        // With WAL only FULL puts each commit on the disk before it is answered.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE);
    let unusable = |error: sqlx::Error| StoreError::unusable(&claim.database, error);
    let writer = pool(1).connect_with(options.clone()).await.map_err(unusable)?;
    migrate_to_newest(&writer, &claim.database).await?;
    let readers = pool(READERS).connect_with(options.pragma("query_only", "on")).await.map_err(unusable)?;
    Ok(SqliteStore { writer, readers, _hold: Hold::Directory { _claim: claim } })
}

/// A store in memory, gone when it is dropped.
///
/// # Errors
/// When the database cannot be made.
pub async fn ephemeral() -> Result<SqliteStore, StoreError> {
    let place = Path::new("the store in memory");
    let unusable = |error: sqlx::Error| StoreError::unusable(place, error);
    let options: SqliteConnectOptions = "sqlite::memory:".parse().map_err(unusable)?;
    let options = options.foreign_keys(true).busy_timeout(PATIENCE);
    // The database lives as long as a connection to it. The pool closes one whose caller went away in the
    // middle of its work, so another one, which nobody uses, keeps the database.
    let keeper = pool(1).idle_timeout(None).max_lifetime(None).connect_with(options.clone()).await.map_err(unusable)?;
    let writer = pool(1).connect_with(options).await.map_err(unusable)?;
    migrate_to_newest(&writer, place).await?;
    Ok(SqliteStore { readers: writer.clone(), writer, _hold: Hold::Memory { _keeper: keeper } })
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(connections).acquire_timeout(PATIENCE)
}

async fn migrate_to_newest(writer: &SqlitePool, place: &Path) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    match MIGRATIONS.run(writer).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found)) if found > known => {
            Err(StoreError::Newer { place: place.to_owned(), found, known })
        }
        Err(error) => Err(StoreError::unusable(place, error)),
    }
}
