//! Takes, checks and restores backups of both stores.
//!
//! A backup is either whole or not there. It is made under another name, flushed, checked, and then renamed. A
//! restore keeps the present database aside, and refuses to go on while instances use it.
//!
//! This process copies SQLite into a folder of this machine. SQL Server writes to its own disk, so every path is one
//! of the server's.

use super::{sql_server, sqlite};
use crate::config::DatabaseConfig;
use crate::domain::Timestamp;

pub use super::archive::{BackupError, Manifest, Report, Source, Wanted};

/// Backs up the database as of `at`.
///
/// # Errors
///
/// A [`BackupError`] by cause.
pub async fn take(config: &DatabaseConfig, wanted: Wanted, at: Timestamp) -> Result<Report, BackupError> {
    match config {
        DatabaseConfig::Sqlite { path, .. } => {
            let path = path.clone();
            blocking(move || sqlite::backup::take(&path, &wanted, at)).await
        }
        DatabaseConfig::SqlServer(config) => sql_server::backup::take(config, &wanted, at).await,
    }
}

/// The end of the last backup of this kind; none where it is not known.
pub async fn last(config: &DatabaseConfig, log: bool) -> Option<Timestamp> {
    match config {
        DatabaseConfig::Sqlite { path, .. } => sqlite::backup::last(path),
        DatabaseConfig::SqlServer(config) => sql_server::backup::last(config, log).await,
    }
}

/// Checks a backup, or all backups of a folder (SQLite), without restoring them.
///
/// # Errors
///
/// A [`BackupError`] by cause.
pub async fn verify(config: &DatabaseConfig, from: String) -> Result<Report, BackupError> {
    match config {
        DatabaseConfig::Sqlite { .. } => blocking(move || sqlite::backup::verify(&from)).await,
        DatabaseConfig::SqlServer(config) => sql_server::backup::verify(config, &from).await,
    }
}

/// Replaces the database by a backup. The present database is kept aside under a name with the time `at`.
///
/// # Errors
///
/// A [`BackupError`] by cause.
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
