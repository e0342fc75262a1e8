//! The fields of a step, and their valid answers.

use std::fmt;
use std::ops::RangeInclusive;

use serde_json::Value;
use time::Date;
use time::macros::format_description;
use url::Url;

use super::Texts;
use super::condition::Condition;
use crate::domain::onboarding::step::StepStatus;
use crate::domain::{Email, reference};

/// One question of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The key of the field in the step's data.
    pub key: String,
    /// The name of the field for people.
    pub label: Texts,
    /// The explanation of the field for people.
    pub help: Option<Texts>,
    /// The type of the field, which says what answers are valid.
    pub kind: FieldKind,
    /// Whether the step can only be completed with an answer to the field. The rule holds where the field is visible.
    pub required: bool,
    /// The condition for showing the field; none for a field that is always shown.
    pub visible_when: Option<Condition>,
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// A string.
    Text {
        /// The range of the text's length, in characters.
        length: RangeInclusive<usize>,
        /// Whether the page offers several lines. Line breaks are valid in any case.
        multiline: bool,
        /// The list of suggestions. Other texts are valid, too.
        suggest: Option<ReferenceList>,
    },
    /// A whole number within a range.
    Integer(RangeInclusive<i64>),
    /// `true` or `false`.
    Boolean,
    /// A consent. The step cannot be completed without `true`.
    Consent,
    /// One value of a list.
    Choice(Choices),
    /// An array of different values of a list. The range is that of the array's length.
    Several(Choices, RangeInclusive<usize>),
    /// A day such as `2026-11-28` (RFC 3339 full-date), not before the first bound and not after the second one.
    Date(Option<Date>, Option<Date>),
    /// An http or https URL of at most 2048 bytes.
    Url,
    /// An e-mail address.
    Email,
}

/// The list of valid values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choices {
    /// The template's own list.
    Listed(Vec<Listed>),
    /// A list that `GET /api/static-data` gives.
    Reference(ReferenceList),
}

/// A value of a template's own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The stored value.
    pub value: String,
    /// The text for people.
    pub label: Texts,
}

/// A list that `GET /api/static-data` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceList {
    /// Countries (ISO 3166-1 alpha-2 codes).
    Countries,
    /// Time zones (names of the IANA Time Zone Database).
    TimeZones,
    /// Sizes of organizations.
    OrganizationSizes,
    /// Roles of people in their organization.
    OrganizationRoles,
}

impl ReferenceList {
    /// All lists.
    pub const ALL: [Self; 4] =
        [Self::Countries, Self::TimeZones, Self::OrganizationSizes, Self::OrganizationRoles];

    /// The list's name in templates and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Countries => "countries",
            Self::TimeZones => "time_zones",
            Self::OrganizationSizes => "organization_sizes",
            Self::OrganizationRoles => "organization_roles",
        }
    }

    fn contains(self, value: &str) -> bool {
        let is_one = |choices: &[reference::Choice]| choices.iter().any(|choice| choice.value == value);
        match self {
            Self::Countries => reference::is_country(value),
            Self::TimeZones => reference::is_time_zone(value),
            Self::OrganizationSizes => is_one(&reference::ORGANIZATION_SIZES),
            Self::OrganizationRoles => is_one(&reference::ORGANIZATION_ROLES),
        }
    }

    fn expected(self) -> String {
        let list = |choices: &[reference::Choice]| {
            let values: Vec<_> = choices.iter().map(|choice| choice.value).collect();
            format!("must be one of {}", values.join(", "))
        };
        match self {
            Self::Countries => "must be an ISO 3166-1 alpha-2 code like DE".to_owned(),
            Self::TimeZones => "must be an IANA time zone like Europe/Berlin".to_owned(),
            Self::OrganizationSizes => list(&reference::ORGANIZATION_SIZES),
            Self::OrganizationRoles => list(&reference::ORGANIZATION_ROLES),
        }
    }
}

impl Choices {
    /// Whether the list has `value`.
    pub fn contains(&self, value: &str) -> bool {
        match self {
            Self::Listed(listed) => listed.iter().any(|choice| choice.value == value),
            Self::Reference(list) => list.contains(value),
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::Listed(listed) => {
                let values: Vec<_> = listed.iter().map(|choice| choice.value.as_str()).collect();
                format!("must be one of {}", values.join(", "))
            }
            Self::Reference(list) => list.expected(),
        }
    }
}

/// Whether the value is that of a blank field: `null`, an empty text or an empty array.
pub(super) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(array) => array.is_empty(),
        _ => false,
    }
}

impl FieldKind {
    /// The type's name in templates and answers.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Integer(_) => "integer",
            Self::Boolean => "boolean",
            Self::Consent => "consent",
            Self::Choice(_) => "choice",
            Self::Several(..) => "choices",
            Self::Date(..) => "date",
            Self::Url => "url",
            Self::Email => "email",
        }
    }

    /// Checks an answer of a step that is to have `status`. A blank answer is always valid here.
    ///
    /// # Errors
    ///
    /// The reason why the answer is not valid, for people.
    pub fn check(&self, value: &Value, status: StepStatus) -> Result<(), String> {
        if value.is_null() || value.as_str() == Some("") {
            return Ok(());
        }
        match self {
            Self::Boolean => value.as_bool().map(|_| ()).ok_or_else(|| "must be true or false".into()),
            Self::Consent => check_consent(value, status),
            Self::Text { length, .. } => check_text(text(value)?, length),
            Self::Integer(limits) => check_integer(value, limits),
            Self::Choice(choices) => member(text(value)?, choices),
            Self::Several(..) if is_blank(value) => Ok(()),
            Self::Several(choices, count) => check_several(value, choices, count),
            Self::Date(from, to) => check_date(text(value)?, *from, *to),
            Self::Url => check_url(text(value)?),
            Self::Email => text(value)?.parse::<Email>().map(|_| ()).map_err(|error| error.to_string()),
        }
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "must be a string".into())
}

fn check_text(text: &str, length: &RangeInclusive<usize>) -> Result<(), String> {
    let characters = text.chars().count();
    if characters > *length.end() {
        return Err(format!("must be at most {} characters long", length.end()));
    }
    if characters < *length.start() {
        return Err(format!("must be at least {} characters long", length.start()));
    }
    if text.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)) {
        return Err("must not contain control characters".into());
    }
    Ok(())
}

fn check_integer(value: &Value, limits: &RangeInclusive<i64>) -> Result<(), String> {
    let number = value.as_i64().ok_or("must be a whole number")?;
    if limits.contains(&number) {
        Ok(())
    } else {
        Err(format!("must be from {} to {}", limits.start(), limits.end()))
    }
}

fn member(text: &str, choices: &Choices) -> Result<(), String> {
    if choices.contains(text) { Ok(()) } else { Err(choices.expected()) }
}

fn check_several(value: &Value, choices: &Choices, count: &RangeInclusive<usize>) -> Result<(), String> {
    let chosen = value.as_array().ok_or("must be an array")?;
    for (index, one) in chosen.iter().enumerate() {
        member(text(one)?, choices)?;
        if chosen[..index].contains(one) {
            return Err("must not have a value twice".into());
        }
    }
    let (least, most) = (count.start(), count.end());
    if count.contains(&chosen.len()) { Ok(()) } else { Err(format!("must have {least} to {most} values")) }
}

/// A day of a template or an answer, such as `2026-11-28`; none for any other text.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

fn check_date(text: &str, from: Option<Date>, to: Option<Date>) -> Result<(), String> {
    let date = parse_date(text).ok_or("must be a day like 2026-11-28")?;
    match (from, to) {
        (Some(from), _) if date < from => Err(format!("must not be before {from}")),
        (_, Some(to)) if date > to => Err(format!("must not be after {to}")),
        _ => Ok(()),
    }
}

fn check_consent(value: &Value, status: StepStatus) -> Result<(), String> {
    match value.as_bool() {
        None => Err("must be true or false".into()),
        Some(false) if status == StepStatus::Completed => Err("must be accepted".into()),
        Some(_) => Ok(()),
    }
}

fn check_url(text: &str) -> Result<(), String> {
    let web = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if web && text.len() <= 2048 {
        Ok(())
    } else {
        Err("must be an address like https://example.com of at most 2048 bytes".into())
    }
}

impl fmt::Display for FieldKind {
    /// Writes the type with its limits for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        let list = |choices: &Choices| match choices {
            Choices::Listed(listed) => {
                listed.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>().join(" | ")
            }
            Choices::Reference(list) => format!("list {}", list.as_str()),
        };
        match self {
            Self::Text { length, multiline, suggest } => {
                write!(f, " of {} to {} characters", length.start(), length.end())?;
                if *multiline {
                    f.write_str(" in lines")?;
                }
                suggest.map_or(Ok(()), |list| write!(f, ", suggestions {}", list.as_str()))
            }
            Self::Integer(limits) if *limits != (i64::MIN..=i64::MAX) => {
                write!(f, " from {} to {}", limits.start(), limits.end())
            }
            Self::Choice(choices) => write!(f, " of {}", list(choices)),
            Self::Several(choices, count) => {
                write!(f, ", {} to {} of {}", count.start(), count.end(), list(choices))
            }
            Self::Date(from, to) => {
                from.map_or(Ok(()), |from| write!(f, " from {from}"))?;
                to.map_or(Ok(()), |to| write!(f, " to {to}"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
