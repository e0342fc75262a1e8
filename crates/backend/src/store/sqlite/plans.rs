//! A migrated database whose plans tests look at.

use rusqlite::Connection;
use tempfile::TempDir;

/// A migrated database in a folder of its own.
pub(super) struct Migrated {
    connection: Connection,
    _folder: TempDir,
}

impl Migrated {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.db");
        super::migrate(&path).unwrap();
        Self { connection: super::connection::open(&path).unwrap(), _folder: folder }
    }

    /// The steps of SQLite's plan for `statement`, such as `SEARCH sessions USING INDEX …`.
    pub(super) fn plan(&self, statement: &str) -> Vec<String> {
        let mut explain = self.connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
        for index in 1..=explain.parameter_count() {
            explain.raw_bind_parameter(index, 1).unwrap();
        }
        explain.raw_query().mapped(|row| row.get("detail")).collect::<Result<_, _>>().unwrap()
    }
}
