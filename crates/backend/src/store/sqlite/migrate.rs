//! Brings a file to the schema of this binary.

use std::io::ErrorKind;
use std::path::Path;

use rusqlite::{Connection, Error, ErrorCode, Transaction, TransactionBehavior};

use super::connection;
use crate::domain::now;
use crate::store::migration::{self, Applied, Migration, MigrationError};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version    INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    checksum   TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT";

/// Applies the migrations that are due, and gives their names. Makes the file and its folder where they are missing
/// and never existed; a marker beside the file says that they did. The call blocks: it is for start-up, or for a
/// thread of its own.
///
/// # Errors
///
/// A [`MigrationError`] by cause.
pub fn migrate(path: &Path) -> Result<Vec<String>, MigrationError> {
    let embedded = migration::for_sqlite()?;
    let marker = super::beside(path, ".initialized");
    // Looked for before the file is: another process makes the file first and the marker last.
    let mut connection = if marker.exists() { open_again(path, &marker)? } else { open_first(path)? };
    let mut names = Vec::new();
    if !is_up_to_date(&connection, &embedded) {
        while let Some(name) = apply_next(&mut connection, &embedded)? {
            names.push(name);
        }
    }
    match super::create_private(&marker) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(cannot_open(path, error)),
        _ => Ok(names),
    }
}

/// Opens a database that existed before. An empty database would lose all accounts unnoticed.
fn open_again(path: &Path, marker: &Path) -> Result<Connection, MigrationError> {
    let lost = || MigrationError::Lost {
        database: path.display().to_string(),
        marker: marker.display().to_string(),
    };
    // Opened, an empty file would become an empty database.
    if !path.metadata().is_ok_and(|file| file.len() > 0) {
        return Err(lost());
    }
    let connection = connection::open(path).map_err(|source| cannot_open(path, source))?;
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0));
    let tables: i64 = tables.map_err(|source| cannot_open(path, source))?;
    if tables == 0 { Err(lost()) } else { Ok(connection) }
}

fn open_first(path: &Path) -> Result<Connection, MigrationError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|source| cannot_open(path, source))?;
    }
    match super::create_private(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(cannot_open(path, error)),
        _ => {}
    }
    connection::open(path).map_err(|source| cannot_open(path, source))
}

/// Whether waiting may mend `error`: other processes hold the file's lock for long.
pub fn may_pass(error: &MigrationError) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Error>());
    matches!(
        cause.and_then(Error::sqlite_error_code),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Whether nothing is due. The look takes no lock, so that a restart under load does not wait. A doubtful database is
/// looked at again under the lock.
fn is_up_to_date(connection: &Connection, embedded: &[Migration]) -> bool {
    let applied = read_applied(connection).unwrap_or_default();
    migration::plan(embedded, &applied).is_ok_and(|due| due.is_empty())
}

/// A [`MigrationError::Open`] for the file `path`.
pub fn cannot_open(path: &Path, source: impl Into<crate::store::BoxError>) -> MigrationError {
    MigrationError::Open { database: path.display().to_string(), source: source.into() }
}

/// Applies the next migration. Each migration takes the lock and then looks what is due. So of several instances one
/// applies it, and the others see it applied.
fn apply_next(connection: &mut Connection, embedded: &[Migration]) -> Result<Option<String>, MigrationError> {
    connection::wait_until(std::time::Instant::now() + connection::BUSY_TIMEOUT);
    let preparing = |source: Error| failed(0, "schema_migrations", source);
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(preparing)?;
    transaction.execute_batch(TABLE).map_err(preparing)?;
    let applied = read_applied(&transaction).map_err(preparing)?;
    let due = migration::plan(embedded, &applied)?;
    let Some(next) = due.first() else {
        return transaction.commit().map(|()| None).map_err(preparing);
    };
    apply(transaction, next).map_err(|source| failed(next.version, &next.name, source))?;
    Ok(Some(format!("{:04}_{}", next.version, next.name)))
}

fn failed(version: i64, name: &str, source: Error) -> MigrationError {
    MigrationError::Failed { version, name: name.to_owned(), source: source.into() }
}

pub(super) fn read_applied(connection: &Connection) -> Result<Vec<Applied>, Error> {
    let mut statement = connection.prepare("SELECT version, checksum FROM schema_migrations")?;
    let rows = statement.query_map([], |row| Ok(Applied { version: row.get(0)?, checksum: row.get(1)? }))?;
    rows.collect()
}

fn apply(transaction: Transaction<'_>, migration: &Migration) -> Result<(), Error> {
    let Migration { version, name, sql, checksum } = migration;
    transaction.execute_batch(sql)?;
    transaction.execute(
        "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
        (version, name, checksum, super::read::millis(now())),
    )?;
    transaction.commit()
}
