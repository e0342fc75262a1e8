//! Checks that a file is a sound database of this service, and counts its rows.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, Error, OpenFlags};

use super::migrate::read_applied;
use crate::store::archive::BackupError;
use crate::store::migration;

/// The content of a sound database.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) schema_version: i64,
    pub(super) rows: BTreeMap<String, i64>,
}

/// Opens a backup as a file that nobody changes.
pub(super) fn open_backup(path: &Path) -> Result<Connection, Error> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// Reads every page of `connection`, the database of the backup `path`, and counts its rows.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<Content, BackupError> {
    let path = path.display().to_string();
    let damaged = |what: String| BackupError::Damaged { path: path.clone(), what };
    let problems = problems(connection).map_err(|error| damaged(error.to_string()))?;
    if let Some(first) = problems.first() {
        return Err(damaged(first.clone()));
    }
    let applied = read_applied(connection).map_err(|error| damaged(error.to_string()))?;
    let newest = applied.iter().map(|row| row.version).max();
    let schema_version = newest.ok_or_else(|| damaged("it has no schema".into()))?;
    let embedded = migration::for_sqlite();
    let fits = embedded.and_then(|embedded| migration::plan(&embedded, &applied).map(drop));
    fits.map_err(|source| BackupError::Schema { path: path.clone(), source })?;
    let rows = count_rows(connection).map_err(|error| damaged(error.to_string()))?;
    Ok(Content { schema_version, rows })
}

/// The problems that SQLite finds in pages, indexes and references.
fn problems(connection: &Connection) -> Result<Vec<String>, Error> {
    let mut statement = connection.prepare("PRAGMA integrity_check(10)")?;
    let found = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let mut found: Vec<String> = found.into_iter().filter(|line| line != "ok").collect();
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let orphans = statement.query_map([], |row| row.get::<_, String>(0))?;
    for table in orphans {
        found.push(format!("a row of {} refers to one that is missing", table?));
    }
    Ok(found)
}

fn count_rows(connection: &Connection) -> Result<BTreeMap<String, i64>, Error> {
    let names =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'";
    let mut statement = connection.prepare(names)?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let count = |name: String| {
        let count = format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\""));
        Ok((name, connection.query_row(&count, [], |row| row.get::<_, i64>(0))?))
    };
    names.into_iter().map(count).collect()
}
