//! The texts of onboarding templates, as all instances share them.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::Timestamp;
use crate::domain::onboarding::template::TemplateId;

/// A template's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTemplate {
    /// Which.
    pub id: TemplateId,
    /// The text that was the first to be kept for it.
    pub source: String,
}

/// What the service asks of a database about templates.
#[async_trait]
pub trait Templates {
    /// All texts that were kept.
    async fn templates(&self) -> Result<Vec<StoredTemplate>, StoreError>;

    /// Keeps a text, unless there is one for this key and version.
    async fn keep_template(&self, template: StoredTemplate, at: Timestamp) -> Result<(), StoreError>;
}
