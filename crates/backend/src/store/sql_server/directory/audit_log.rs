//! The audit log, the newest row first.

use tiberius::Row;

use super::super::batch::{Batch, values};
use super::super::pool::Pool;
use super::super::{read, row};
use super::Query;
use crate::store::directory::{self, AuditFilter, AuditPage, AuditPosition, AuditRecord};
use crate::store::{Actor, StoreError};

const COLUMNS: &str =
    "a.id, a.at, a.action, a.user_id, u.email AS user_email, a.actor_id, b.email AS actor_email,
    a.subject, a.reason, a.address, a.request_id, a.instance_id";
const FROM: &str = "dbo.audit_log a
    LEFT JOIN dbo.users u ON u.id = a.user_id
    LEFT JOIN dbo.users b ON b.id = a.actor_id";

pub(super) async fn page(
    pool: &Pool,
    filter: &AuditFilter,
    after: Option<AuditPosition>,
    limit: u32,
) -> Result<AuditPage, StoreError> {
    let found = read::rows(pool, "read the audit log", batch(filter, after, limit)).await?;
    let records = found.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    let (items, next) = directory::page(records, limit, |last| AuditPosition { at: last.at, id: last.id });
    Ok(AuditPage { items, next })
}

fn batch(filter: &AuditFilter, after: Option<AuditPosition>, limit: u32) -> Batch {
    let mut query = Query::new(COLUMNS, FROM, limit);
    if let Some(id) = filter.user_id {
        query.and("a.user_id = ?", values![id]);
    }
    if let Some(id) = filter.actor_id {
        query.and("a.actor_id = ?", values![id]);
    }
    if let Some(action) = &filter.action {
        query.and("a.action = ?", values![action.as_str()]);
    }
    if let Some(from) = filter.from {
        query.and("a.at >= ?", values![from]);
    }
    if let Some(before) = filter.before {
        query.and("a.at < ?", values![before]);
    }
    if let Some(AuditPosition { at, id }) = after {
        // The first says where to begin in the index, which the second alone would not.
        query.and("a.at <= ? AND (a.at < ? OR a.id < ?)", values![at, at, id]);
    }
    query.ordered("a.at DESC, a.id DESC")
}

fn record(row: &Row) -> Result<AuditRecord, StoreError> {
    let text = |column| Ok::<_, StoreError>(row::optional::<&str>(row, column)?.map(str::to_owned));
    let address: Option<&str> = row::optional(row, "address")?;
    Ok(AuditRecord {
        id: row::required(row, "id")?,
        at: row::moment(row, "at")?,
        action: row::required::<&str>(row, "action")?.to_owned(),
        user_id: row::required(row, "user_id")?,
        user_email: text("user_email")?,
        actor: Actor::from_stored(row::optional(row, "actor_id")?),
        actor_email: text("actor_email")?,
        subject: text("subject")?,
        reason: text("reason")?,
        address: address
            .map(str::parse)
            .transpose()
            .map_err(|error| StoreError::corrupt("address", error))?,
        request_id: row::required::<&str>(row, "request_id")?.to_owned(),
        instance_id: row::required::<&str>(row, "instance_id")?.to_owned(),
    })
}
