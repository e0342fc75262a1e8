//! Backups: taking, checking and restoring them, of both stores.
//!
//! A backup is whole or it is not there: it is made under another name, flushed, checked, and
//! then given its name. Restoring never takes the place of what is there without keeping that
//! aside, and never goes on beneath instances that run.
//!
//! SQLite is copied by this process into a folder of this machine. SQL Server writes to its own
//! disk, so that every path is one of the server.

use super::{sql_server, sqlite};
use crate::config::DatabaseConfig;
use crate::domain::Timestamp;

pub use super::archive::{BackupError, Manifest, Report, Source, Wanted};

/// Backs the database up, as of `at`.
pub async fn take(config: &DatabaseConfig, wanted: Wanted, at: Timestamp) -> Result<Report, BackupError> {
    match config {
        DatabaseConfig::Sqlite { path, .. } => {
            let path = path.clone();
            blocking(move || sqlite::backup::take(&path, &wanted, at)).await
        }
        DatabaseConfig::SqlServer(config) => sql_server::backup::take(config, &wanted, at).await,
    }
}

/// When the last backup of this kind ended; none where that is not known.
pub async fn last(config: &DatabaseConfig, log: bool) -> Option<Timestamp> {
    match config {
        DatabaseConfig::Sqlite { path, .. } => sqlite::backup::last(path),
        DatabaseConfig::SqlServer(config) => sql_server::backup::last(config, log).await,
    }
}

/// Checks a backup, or all in a folder (SQLite), as far as that can be done without restoring it.
pub async fn verify(config: &DatabaseConfig, from: String) -> Result<Report, BackupError> {
    match config {
        DatabaseConfig::Sqlite { .. } => blocking(move || sqlite::backup::verify(&from)).await,
        DatabaseConfig::SqlServer(config) => sql_server::backup::verify(config, &from).await,
    }
}

/// Puts a backup in the place of the database, which is kept aside as it was `at` that time.
pub async fn restore(config: &DatabaseConfig, source: Source, at: Timestamp) -> Result<Report, BackupError> {
    match config {
        DatabaseConfig::Sqlite { path, .. } => {
            let path = path.clone();
            blocking(move || sqlite::restore::restore(&path, &source, at)).await
        }
        // Boxed, since its future is large.
        DatabaseConfig::SqlServer(config) => {
            Box::pin(sql_server::restore::restore(config, &source, at)).await
        }
    }
}

async fn blocking(
    work: impl FnOnce() -> Result<Report, BackupError> + Send + 'static,
) -> Result<Report, BackupError> {
    let panicked = |source: tokio::task::JoinError| BackupError::Database {
        action: "back up or restore",
        database: "file".into(),
        source: source.into(),
    };
    tokio::task::spawn_blocking(work).await.map_err(panicked)?
}
