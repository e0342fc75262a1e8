//! The audit log as SQL.

use super::batch::{Batch, values};
use crate::domain::Timestamp;
use crate::store::AuditEntry;

pub(super) fn add(batch: &mut Batch, entry: &AuditEntry, at: Timestamp) {
    batch.add(
        "INSERT INTO dbo.audit_log
             (at, action, user_id, actor_id, subject, reason, address, request_id, instance_id)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values![
            at,
            entry.action.as_str(),
            entry.user_id,
            entry.actor.stored(),
            entry.subject.as_deref(),
            entry.reason.as_deref(),
            entry.address.map(|address| address.to_string()),
            entry.request_id.as_str(),
            entry.instance_id.as_str(),
        ],
    );
}
