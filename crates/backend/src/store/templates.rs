//! The texts of onboarding templates, as all instances share them.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::Timestamp;
use crate::domain::onboarding::template::TemplateId;

/// A stored text of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTemplate {
    /// Key and version.
    pub id: TemplateId,
    /// The text that was first stored for the key and version.
    pub source: String,
}

/// The queries and changes of a database about templates.
#[async_trait]
pub trait Templates {
    /// All stored texts.
    async fn templates(&self) -> Result<Vec<StoredTemplate>, StoreError>;

    /// Stores a text, unless there is one of the same key and version.
    async fn keep_template(&self, template: StoredTemplate, at: Timestamp) -> Result<(), StoreError>;
}
