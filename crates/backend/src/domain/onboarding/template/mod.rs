//! Templates: versioned descriptions of the steps and fields of an onboarding. A person's onboarding is an instance
//! of one version.
//!
//! A template is a TOML file ([`parse`]). The `key` names the template. The `version` grows with each change of the
//! questions. A version that people have met keeps its questions; only its texts may change.

mod answers;
mod catalogue;
mod condition;
mod differences;
mod field;
mod id;
mod lineage;
mod parse;
mod succession;
mod values;

use std::collections::BTreeMap;

use super::step::StepKey;

pub use answers::Answers;
pub use catalogue::{Catalogue, Entry, Source};
pub use condition::{Condition, FieldRef};
pub use differences::{Difference, differences};
pub use field::{Choices, Field, FieldKind, Listed, ReferenceList};
pub use id::TemplateId;
pub use lineage::{Located, locate_field, locate_step};
pub use parse::parse;
pub use succession::{Succession, check_succession};

/// The translations of one text, by language.
pub type Texts = BTreeMap<String, String>;

/// One version of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Key and version.
    pub id: TemplateId,
    /// The languages that every text is in. The first one is for people who speak none of them.
    pub languages: Vec<String>,
    /// The succession: what happens to people on earlier versions.
    pub succession: Succession,
    /// The steps in the order in which a person meets them; the first one is `account`.
    pub steps: Vec<StepTemplate>,
}

/// One step of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct StepTemplate {
    /// The key of the step.
    pub key: StepKey,
    /// The name of the step for people.
    pub title: Texts,
    /// The explanation of the step for people.
    pub help: Option<Texts>,
    /// Whether the onboarding can only be completed with this step completed. Other steps may be skipped.
    pub required: bool,
    /// The condition for asking the step; none for a step that is always asked.
    pub applies_when: Option<Condition>,
    /// The fields in order.
    pub fields: Vec<Field>,
}

impl Template {
    /// The step with the key `key`.
    pub fn step(&self, key: &StepKey) -> Option<&StepTemplate> {
        self.steps.iter().find(|step| step.key == *key)
    }

    /// The field at the place `at`.
    pub fn field(&self, at: &FieldRef) -> Option<&Field> {
        self.step(&at.step)?.field(&at.field)
    }

    /// The language for people who speak none of the template's languages.
    pub fn first_language(&self) -> &str {
        self.languages.first().map_or("", String::as_str)
    }

    /// A text in the first language.
    pub fn first<'a>(&self, texts: &'a Texts) -> &'a str {
        texts.get(self.first_language()).map_or("", String::as_str)
    }
}

impl StepTemplate {
    /// The field with the key `key`.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// Whether the service completes the step. People cannot change such a step.
    pub fn is_automatic(&self) -> bool {
        self.key == StepKey::ACCOUNT
    }
}
