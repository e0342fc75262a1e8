//! The audit log, the newest row first.

use rusqlite::{Connection, Row};

use super::super::read::{millis, moment, parse};
use super::{Query, rows};
use crate::store::directory::{self, AuditFilter, AuditPage, AuditPosition, AuditRecord};
use crate::store::{Actor, StoreError};

const COLUMNS: &str = "SELECT a.id, a.at, a.action, a.user_id, u.email, a.actor_id, b.email,
        a.subject, a.reason, a.address, a.request_id, a.instance_id
    FROM audit_log a
    LEFT JOIN users u ON u.id = a.user_id
    LEFT JOIN users b ON b.id = a.actor_id";

pub(super) fn page(
    connection: &Connection,
    filter: &AuditFilter,
    after: Option<AuditPosition>,
    limit: u32,
) -> Result<AuditPage, StoreError> {
    let found = rows(connection, "read the audit log", query(filter, after, limit), AuditRow::read)?;
    let records = found.into_iter().map(AuditRow::into_record).collect::<Result<Vec<_>, _>>()?;
    let (items, next) = directory::page(records, limit, |last| AuditPosition { at: last.at, id: last.id });
    Ok(AuditPage { items, next })
}

/// The query for a filter. The first given condition drives the query, within the given time. All other conditions
/// have a `+`, as in `accounts`.
pub(super) fn query(filter: &AuditFilter, after: Option<AuditPosition>, limit: u32) -> Query {
    let mut query = Query::new(COLUMNS);
    query.add("WHERE a.at >= ?", [filter.from.map_or(i64::MIN, millis).into()]);
    let before = filter.before.map_or(i64::MAX, millis);
    match after {
        None => query.add("AND a.at < ?", [before.into()]),
        Some(AuditPosition { at, id }) => {
            query.add("AND a.at <= ?", [millis(at).into()]);
            query.add(
                "AND (+a.at < ? OR +a.id < ?) AND +a.at < ?",
                [millis(at).into(), id.into(), before.into()],
            );
        }
    }
    let mut driven = false;
    let mut condition = |column: &str, value: Option<String>| {
        if let Some(value) = value {
            let no_index = if driven { "+" } else { "" };
            query.add(&format!("AND {no_index}a.{column} = ?"), [value.into()]);
            driven = true;
        }
    };
    condition("user_id", filter.user_id.map(|id| id.to_string()));
    condition("actor_id", filter.actor_id.map(|id| id.to_string()));
    condition("action", filter.action.clone());
    query.add("ORDER BY a.at DESC, a.id DESC LIMIT ?", [(i64::from(limit) + 1).into()]);
    query
}

struct AuditRow {
    id: i64,
    at: i64,
    action: String,
    user_id: String,
    user_email: Option<String>,
    actor_id: Option<String>,
    actor_email: Option<String>,
    subject: Option<String>,
    reason: Option<String>,
    address: Option<String>,
    request_id: String,
    instance_id: String,
}

impl AuditRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            action: row.get(2)?,
            user_id: row.get(3)?,
            user_email: row.get(4)?,
            actor_id: row.get(5)?,
            actor_email: row.get(6)?,
            subject: row.get(7)?,
            reason: row.get(8)?,
            address: row.get(9)?,
            request_id: row.get(10)?,
            instance_id: row.get(11)?,
        })
    }

    fn into_record(self) -> Result<AuditRecord, StoreError> {
        let actor = self.actor_id.map(|id| parse("actor id", &id)).transpose()?;
        Ok(AuditRecord {
            id: self.id,
            at: moment(self.at)?,
            action: self.action,
            user_id: parse("user id", &self.user_id)?,
            user_email: self.user_email,
            actor: Actor::from_stored(actor),
            actor_email: self.actor_email,
            subject: self.subject,
            reason: self.reason,
            address: self.address.map(|address| parse("address", &address)).transpose()?,
            request_id: self.request_id,
            instance_id: self.instance_id,
        })
    }
}
