//! The id of a template: key and version.

use std::fmt;

/// A template's key and version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateId {
    /// The key, which names the template.
    pub key: String,
    /// The version, from 1 on.
    pub version: u32,
}

impl TemplateId {
    /// The id that the onboardings from before templates belong to.
    pub fn original() -> Self {
        Self { key: "default".to_owned(), version: 1 }
    }

    /// The id of the version before; none for version 1.
    pub fn before(&self) -> Option<Self> {
        let version = self.version.checked_sub(1).filter(|version| *version > 0)?;
        Some(Self { key: self.key.clone(), version })
    }
}

impl fmt::Display for TemplateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.v{}", self.key, self.version)
    }
}
