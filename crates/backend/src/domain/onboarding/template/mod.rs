//! What an onboarding asks: a versioned description of its steps and fields, which a person's onboarding is an instance of.
//!
//! A template is a file in TOML ([`parse`]). Its `key` names it, and its `version` grows with each change of what it asks;
//! a version that people have met stays as it is, but for its texts.

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

/// A text in each language of its template, by language.
pub type Texts = BTreeMap<String, String>;

/// What an onboarding asks, in one version.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Which.
    pub id: TemplateId,
    /// The languages that every text is in; the first one is for whoever has none of them.
    pub languages: Vec<String>,
    /// What becomes of people on earlier versions.
    pub succession: Succession,
    /// The steps in the order in which a person meets them; the first one is `account`.
    pub steps: Vec<StepTemplate>,
}

/// One step of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct StepTemplate {
    /// Its name.
    pub key: StepKey,
    /// Its name for people.
    pub title: Texts,
    /// What it is about.
    pub help: Option<Texts>,
    /// Whether the onboarding can only be completed with this step completed; else it may be skipped.
    pub required: bool,
    /// When it is asked; always where there is none.
    pub applies_when: Option<Condition>,
    /// What it asks, in order.
    pub fields: Vec<Field>,
}

impl Template {
    /// The step of that name.
    pub fn step(&self, key: &StepKey) -> Option<&StepTemplate> {
        self.steps.iter().find(|step| step.key == *key)
    }

    /// The field of that name.
    pub fn field(&self, at: &FieldRef) -> Option<&Field> {
        self.step(&at.step)?.field(&at.field)
    }

    /// The language for whoever has none of the template's.
    pub fn first_language(&self) -> &str {
        self.languages.first().map_or("", String::as_str)
    }

    /// A text in the first language.
    pub fn first<'a>(&self, texts: &'a Texts) -> &'a str {
        texts.get(self.first_language()).map_or("", String::as_str)
    }
}

impl StepTemplate {
    /// The field of that name.
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// Whether the service completes it, and nobody else.
    pub fn is_automatic(&self) -> bool {
        self.key == StepKey::ACCOUNT
    }
}
