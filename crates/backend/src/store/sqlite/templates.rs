//! The texts of onboarding templates.

use rusqlite::{Connection, params};

use super::connection::store_error;
use super::read::{self, millis};
use crate::domain::Timestamp;
use crate::domain::onboarding::template::TemplateId;
use crate::store::{StoreError, StoredTemplate};

pub(super) fn all(connection: &Connection) -> Result<Vec<StoredTemplate>, StoreError> {
    let sql = "SELECT template, version, source FROM onboarding_templates";
    read::all(connection, "read templates", sql, [], |row| {
        let id = TemplateId { key: row.get(0)?, version: row.get(1)? };
        Ok(StoredTemplate { id, source: row.get(2)? })
    })
}

pub(super) fn keep(
    connection: &Connection,
    template: &StoredTemplate,
    at: Timestamp,
) -> Result<(), StoreError> {
    let StoredTemplate { id, source } = template;
    let kept = connection
        .prepare_cached(
            "INSERT INTO onboarding_templates (template, version, source, first_seen_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (template, version) DO NOTHING",
        )
        .and_then(|mut insert| insert.execute(params![id.key, id.version, source, millis(at)]));
    kept.map(drop).map_err(|error| store_error("keep a template", error))
}
