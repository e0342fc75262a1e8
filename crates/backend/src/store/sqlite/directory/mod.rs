//! Queries about all accounts. Every plan begins at an index, and none sorts more than a few rows. The tests check
//! SQLite's plans.

mod accounts;
mod audit_log;
#[cfg(test)]
mod plans;

use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use super::SqliteStore;
use super::connection::store_error;
use super::job::Job;
use super::read::all;
use crate::store::StoreError;
use crate::store::directory::{
    AccountFilter, AccountPage, AuditFilter, AuditPage, AuditPosition, Directory, Position,
};

#[async_trait]
impl Directory for SqliteStore {
    async fn accounts(
        &self,
        filter: AccountFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<AccountPage, StoreError> {
        let work = move |connection: &Connection| accounts::page(connection, &filter, after, limit);
        self.readers.submit(Job::new(work)).await
    }

    async fn audit_log(
        &self,
        filter: AuditFilter,
        after: Option<AuditPosition>,
        limit: u32,
    ) -> Result<AuditPage, StoreError> {
        let work = move |connection: &Connection| audit_log::page(connection, &filter, after, limit);
        self.readers.submit(Job::new(work)).await
    }

    async fn has_other_admin(&self, id: Uuid) -> Result<bool, StoreError> {
        self.readers.submit(Job::new(move |connection| has_other_admin(connection, id))).await
    }
}

/// A query that grows by conditions.
struct Query {
    sql: String,
    values: Vec<Value>,
}

impl Query {
    fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), values: Vec::new() }
    }

    /// Appends a piece, whose question marks stand for `values` in order.
    fn add<const N: usize>(&mut self, piece: &str, values: [Value; N]) {
        debug_assert_eq!(piece.matches('?').count(), N, "{piece}");
        self.sql.push(' ');
        self.sql.push_str(piece);
        self.values.extend(values);
    }
}

/// A query for an account other than one that can act as an admin.
pub(super) const OTHER_ADMIN: &str =
    "SELECT 1 FROM users WHERE role = 'admin' AND +suspended_at IS NULL AND +id <> ? LIMIT 1";

fn has_other_admin(connection: &Connection, id: Uuid) -> Result<bool, StoreError> {
    let found = connection
        .prepare_cached(OTHER_ADMIN)
        .and_then(|mut query| query.query_row([id.to_string()], |_| Ok(())).optional());
    Ok(found.map_err(|error| store_error("look for another admin", error))?.is_some())
}

/// Runs `query` and reads each of its rows.
fn rows<T>(
    connection: &Connection,
    action: &'static str,
    query: Query,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let Query { sql, values } = query;
    all(connection, action, &sql, rusqlite::params_from_iter(values), read)
}
