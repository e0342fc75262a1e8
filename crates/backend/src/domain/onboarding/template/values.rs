//! Single values of a template.

use serde_json::Value as Json;
use service_kit::toml_file::{Value, text, type_of};
use time::Date;
use toml::de::DeValue;

use super::Texts;
use super::field::{ReferenceList, parse_date};
use crate::domain::Language;
use crate::domain::onboarding::step::{MAX_KEY_LENGTH, is_key};

/// The longest text for people, in characters.
const MAX_TEXT_CHARS: usize = 2000;

/// The key of a template, a step or a field, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key(pub(super) String);

impl Value for Key {
    const EXPECTED: &'static str =
        "write a key of at most 32 small letters, digits and _, such as \"team_size\"";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        const { assert!(MAX_KEY_LENGTH == 32) };
        text(value, Self::EXPECTED, |text| is_key(text).then(|| Self(text.to_owned())))
    }
}

/// The place of a field as it is written: `profile.country`, or `country` within the same step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) step: Option<String>,
    pub(super) field: String,
}

impl Value for Path {
    const EXPECTED: &'static str = "write a step and a field, such as \"profile.country\"";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| match text.split_once('.') {
            Some((step, field)) if is_key(step) && is_key(field) => {
                Some(Self { step: Some(step.to_owned()), field: field.to_owned() })
            }
            None if is_key(text) => Some(Self { step: None, field: text.to_owned() }),
            _ => None,
        })
    }
}

impl Value for Language {
    const EXPECTED: &'static str = "write a language tag, such as \"en\" or \"pt-BR\"";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| text.parse().ok())
    }
}

/// A text for people.
pub(super) struct Words(pub(super) String);

impl Value for Words {
    const EXPECTED: &'static str = "write a text of at most 2000 characters";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| {
            let good = !text.trim().is_empty() && text.chars().count() <= MAX_TEXT_CHARS;
            good.then(|| Self(text.to_owned()))
        })
    }
}

/// A value that an answer may have: a string, a whole number, `true` or `false`.
pub(super) struct Scalar(pub(super) Json);

impl Value for Scalar {
    const EXPECTED: &'static str = "write a string, a whole number, true or false";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::String(text) => Ok(Self(Json::String(text.to_string()))),
            DeValue::Boolean(value) => Ok(Self(Json::Bool(*value))),
            DeValue::Integer(_) => i64::read(value).map(|number| Self(Json::from(number))),
            other => Err(format!("must not be {}; {}", type_of(other), Self::EXPECTED)),
        }
    }
}

/// A day, written as a string.
pub(super) struct Day(pub(super) Date);

impl Value for Day {
    const EXPECTED: &'static str = "write a day, such as \"2026-11-28\"";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, parse_date).map(Self)
    }
}

impl Value for ReferenceList {
    const EXPECTED: &'static str =
        "write \"countries\", \"time_zones\", \"organization_sizes\" or \"organization_roles\"";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| Self::ALL.into_iter().find(|list| list.as_str() == text))
    }
}

/// The word `keep` or `move`.
pub(super) struct Migrate {
    pub(super) moves_people: bool,
}

impl Value for Migrate {
    const EXPECTED: &'static str = "write \"keep\", which leaves people under way on their version, or \"move\", which brings them to this one";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| match text {
            "keep" => Some(Self { moves_people: false }),
            "move" => Some(Self { moves_people: true }),
            _ => None,
        })
    }
}

/// The translations of a table, by language.
pub(super) fn by_language(entries: Vec<(String, Words)>) -> Texts {
    entries.into_iter().map(|(language, Words(words))| (language, words)).collect()
}
