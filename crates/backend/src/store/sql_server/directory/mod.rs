//! Queries about all accounts. An index gives the rows of each query in their order; `docs/database.md` says which.

mod accounts;
mod audit_log;

use async_trait::async_trait;
use uuid::Uuid;

use super::SqlServerStore;
use super::batch::{Batch, Value, values};
use super::read;
use crate::store::StoreError;
use crate::store::directory::{
    AccountFilter, AccountPage, AuditFilter, AuditPage, AuditPosition, Directory, Position,
};

#[async_trait]
impl Directory for SqlServerStore {
    async fn accounts(
        &self,
        filter: AccountFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<AccountPage, StoreError> {
        accounts::page(&self.pool, &filter, after, limit).await
    }

    async fn audit_log(
        &self,
        filter: AuditFilter,
        after: Option<AuditPosition>,
        limit: u32,
    ) -> Result<AuditPage, StoreError> {
        audit_log::page(&self.pool, &filter, after, limit).await
    }

    async fn has_other_admin(&self, id: Uuid) -> Result<bool, StoreError> {
        let found = read::rows(&self.pool, "look for another admin", Batch::of(OTHER_ADMIN, values![id]));
        Ok(!found.await?.is_empty())
    }
}

/// A subquery for an account other than one that can act as an admin.
pub(super) const OTHER_ADMIN: &str =
    "SELECT TOP (1) id FROM dbo.users WHERE role = N'admin' AND suspended_at IS NULL AND id <> ?";

/// A query that grows by conditions.
struct Query {
    sql: String,
    values: Vec<Value>,
    /// The word before the next condition.
    next: &'static str,
}

impl Query {
    /// A query for `columns` of `from`, with one row more than `limit`, which shows whether there is a next page.
    fn new(columns: &str, from: &str, limit: u32) -> Self {
        let sql = format!("SELECT TOP (CAST(? AS BIGINT)) {columns} FROM {from}");
        Self { sql, values: values![i64::from(limit) + 1], next: " WHERE " }
    }

    /// Adds a condition, whose question marks stand for `values` in order.
    fn and(&mut self, condition: &str, values: Vec<Value>) {
        self.sql.push_str(self.next);
        self.sql.push_str(condition);
        self.values.extend(values);
        self.next = " AND ";
    }

    fn ordered(mut self, order: &str) -> Batch {
        self.sql.push_str(" ORDER BY ");
        self.sql.push_str(order);
        Batch::of(&self.sql, self.values)
    }
}
