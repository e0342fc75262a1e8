//! Reads the server's answers about backups, column by column.

use tiberius::Row;

use super::backup::Server;
use super::row;
use crate::store::StoreError;
use crate::store::archive::BackupError;

pub(super) fn column<'r, T: tiberius::FromSql<'r>>(
    server: &Server<'_>,
    row: &'r Row,
    name: &'static str,
) -> Result<T, BackupError> {
    row::required(row, name).map_err(|error| bad_answer(server, error))
}

pub(super) fn missing_answer(server: &Server<'_>) -> BackupError {
    bad_answer(server, StoreError::exhausted("an answer"))
}

fn bad_answer(server: &Server<'_>, source: StoreError) -> BackupError {
    BackupError::Database {
        action: "understand the server of",
        database: server.config.to_string(),
        source: source.into(),
    }
}
