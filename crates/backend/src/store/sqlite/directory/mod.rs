//! Questions about everybody. Every plan begins at an index, and none sorts more than a few rows; the tests ask SQLite.

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
use super::read::parse;
use crate::domain::onboarding::StepStatus;
use crate::store::StoreError;
use crate::store::directory::{
    AccountFilter, AccountPage, AuditFilter, AuditPage, AuditPosition, Directory, Funnel, Position, StepCount,
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

    async fn funnel(&self) -> Result<Funnel, StoreError> {
        self.readers.submit(Job::new(funnel)).await
    }

    async fn has_other_admin(&self, id: Uuid) -> Result<bool, StoreError> {
        self.readers.submit(Job::new(move |connection| has_other_admin(connection, id))).await
    }
}

/// A statement that grows by conditions.
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

/// Counts are of an index alone, with no look at a row.
const FUNNEL: &str = "
    SELECT 'registered', NULL, count(*) FROM users
    UNION ALL SELECT 'completed', NULL, count(*) FROM onboarding WHERE completed_at IS NOT NULL
    UNION ALL SELECT step, status, count(*) FROM onboarding_steps GROUP BY step, status";

fn funnel(connection: &Connection) -> Result<Funnel, StoreError> {
    let failed = |error| store_error("count the onboardings", error);
    let mut query = connection.prepare_cached(FUNNEL).map_err(failed)?;
    let counts = query
        .query_map([], |row| {
            let (what, status): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            Ok((what, status, row.get::<_, i64>(2)?.unsigned_abs()))
        })
        .map_err(failed)?;
    let mut funnel = Funnel::default();
    for count in counts {
        let (what, status, accounts) = count.map_err(failed)?;
        match status {
            Some(status) => {
                let status: StepStatus = parse("step status", &status)?;
                funnel.steps.push(StepCount { step: what, status, accounts });
            }
            None if what == "completed" => funnel.completed = accounts,
            None => funnel.registered = accounts,
        }
    }
    Ok(funnel)
}

/// Some account other than one with which somebody can act as an admin.
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
    let found = connection.prepare_cached(&sql).and_then(|mut statement| {
        statement.query_map(rusqlite::params_from_iter(values), read)?.collect::<Result<Vec<T>, _>>()
    });
    found.map_err(|error| store_error(action, error))
}
