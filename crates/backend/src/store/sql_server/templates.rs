//! The texts of onboarding templates.

use std::sync::Arc;

use tiberius::Row;
use tokio::time::sleep;

use super::batch::{Batch, values};
use super::failure::Failure;
use super::pool::Pool;
use super::retry::Tries;
use super::{read, row};
use crate::domain::Timestamp;
use crate::domain::onboarding::template::TemplateId;
use crate::store::{StoreError, StoredTemplate};

pub(super) async fn all(pool: &Pool) -> Result<Vec<StoredTemplate>, StoreError> {
    let batch = Batch::of("SELECT template, version, source FROM dbo.onboarding_templates", values![]);
    read::rows(pool, "read templates", batch).await?.iter().map(stored).collect()
}

fn stored(row: &Row) -> Result<StoredTemplate, StoreError> {
    let (key, version): (&str, i32) = (row::required(row, "template")?, row::required(row, "version")?);
    let version = u32::try_from(version).map_err(|error| StoreError::corrupt("version", error))?;
    let id = TemplateId { key: key.to_owned(), version };
    Ok(StoredTemplate { id, source: row::required::<&str>(row, "source")?.to_owned() })
}

/// Stores a text. The change may be repeated, because the second time nothing is left to do.
pub(super) async fn keep(pool: &Pool, template: &StoredTemplate, at: Timestamp) -> Result<(), StoreError> {
    let StoredTemplate { id, source } = template;
    let (key, version) = (id.key.as_str(), i64::from(id.version));
    let batch = Arc::new(Batch::of(
        "INSERT INTO dbo.onboarding_templates (template, version, source, first_seen_at)
         SELECT CAST(? AS NVARCHAR(32)), CAST(? AS INT), CAST(? AS NVARCHAR(MAX)), CAST(? AS DATETIME2(3))
         WHERE NOT EXISTS (SELECT 1 FROM dbo.onboarding_templates WHERE template = ? AND version = ?)",
        values![key, version, source.as_str(), at, key, version],
    ));
    let mut tries = Tries::new(true);
    loop {
        let failure = match pool.run(&batch, tries.left()).await {
            // Another instance was faster.
            Ok(_) | Err(Failure::Duplicate(_)) => return Ok(()),
            Err(failure) => failure,
        };
        match tries.pause_after(&failure) {
            Some(pause) => sleep(pause).await,
            None => return Err(failure.of_change("keep a template")),
        }
    }
}
