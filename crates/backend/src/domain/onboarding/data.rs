//! What a person enters in a step.
//!
//! The object belongs to the client: fields that this table knows are checked where they are
//! given, others are kept as they come, and none is demanded. So a page can ask for more
//! without a new backend, while what other parts of the system read is well-formed.

use serde_json::{Map, Value};
use url::Url;

use super::{Step, StepStatus};
use crate::domain::reference;

/// The largest object that is kept for a step, as compact JSON.
pub const MAX_DATA_BYTES: usize = 16 * 1024;

/// Checked data of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepData(Map<String, Value>);

/// What is wrong with the data: pairs of a field (empty for the whole object) and a reason.
pub type DataErrors = Vec<(String, String)>;

enum Rule {
    /// At most so many characters, no control characters but line breaks and tabs.
    Text(usize),
    Flag,
    /// `true`, or the step cannot be completed.
    Consent,
    OneOf(&'static [&'static str]),
    Country,
    TimeZone,
    Website,
}

fn rule(step: Step, field: &str) -> Option<Rule> {
    Some(match (step, field) {
        (Step::Profile, "phone") => Rule::Text(40),
        (Step::Profile, "bio") => Rule::Text(2000),
        (Step::Profile, "country") => Rule::Country,
        (Step::Profile, "time_zone") => Rule::TimeZone,
        (Step::Profile, "job_title") | (Step::Organization, "name") => Rule::Text(200),
        (Step::Organization, "size" | "role") | (Step::Preferences, "locale") => Rule::Text(100),
        (Step::Organization, "website") => Rule::Website,
        (Step::Preferences, "newsletter" | "product_updates") => Rule::Flag,
        (Step::Preferences, "theme") => Rule::OneOf(&["light", "dark", "system"]),
        (Step::Review, "accepted_terms") => Rule::Consent,
        _ => return None,
    })
}

impl StepData {
    /// Checks what a client gave for `step` that is to have `status`. All errors are told.
    pub fn check(step: Step, object: Map<String, Value>, status: StepStatus) -> Result<Self, DataErrors> {
        let size = serde_json::to_vec(&object).map_or(usize::MAX, |json| json.len());
        if size > MAX_DATA_BYTES {
            return Err(vec![(String::new(), format!("must be at most {MAX_DATA_BYTES} bytes of JSON"))]);
        }
        let errors: DataErrors = object
            .iter()
            .filter_map(|(field, value)| {
                let reason = check_value(&rule(step, field)?, value, status).err()?;
                Some((field.clone(), reason))
            })
            .collect();
        if errors.is_empty() { Ok(Self(object)) } else { Err(errors) }
    }

    /// The object.
    pub fn into_object(self) -> Map<String, Value> {
        self.0
    }

    /// Whether nothing was entered.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// An empty text or `null` is a field that was left blank, which is never wrong.
fn check_value(rule: &Rule, value: &Value, status: StepStatus) -> Result<(), String> {
    if value.is_null() || value.as_str() == Some("") {
        return Ok(());
    }
    match rule {
        Rule::Flag => value.as_bool().map(|_| ()).ok_or_else(|| "must be true or false".into()),
        Rule::Consent => check_consent(value, status),
        Rule::Text(max) => check_text(text(value)?, *max),
        Rule::OneOf(values) => member(text(value)?, values),
        Rule::Country if reference::is_country(text(value)?) => Ok(()),
        Rule::Country => Err("must be an ISO 3166-1 alpha-2 code like DE".into()),
        Rule::TimeZone if reference::is_time_zone(text(value)?) => Ok(()),
        Rule::TimeZone => Err("must be an IANA time zone like Europe/Berlin".into()),
        Rule::Website => check_website(text(value)?),
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "must be a string".into())
}

fn check_text(text: &str, max: usize) -> Result<(), String> {
    if text.chars().count() > max {
        return Err(format!("must be at most {max} characters long"));
    }
    if text.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)) {
        return Err("must not contain control characters".into());
    }
    Ok(())
}

fn member(text: &str, values: &[&str]) -> Result<(), String> {
    if values.contains(&text) { Ok(()) } else { Err(format!("must be one of {}", values.join(", "))) }
}

fn check_consent(value: &Value, status: StepStatus) -> Result<(), String> {
    match value.as_bool() {
        None => Err("must be true or false".into()),
        Some(false) if status == StepStatus::Completed => Err("must be accepted".into()),
        Some(_) => Ok(()),
    }
}

fn check_website(text: &str) -> Result<(), String> {
    let web = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if web && text.len() <= 2048 {
        Ok(())
    } else {
        Err("must be an address like https://example.com of at most 2048 bytes".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields_in_error(step: Step, data: &Value) -> Vec<String> {
        let object = data.as_object().unwrap().clone();
        match StepData::check(step, object, StepStatus::Completed) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.into_iter().map(|(field, _)| field).collect(),
        }
    }

    #[test]
    fn known_fields_are_checked_and_others_kept() {
        let table = [
            (Step::Profile, json!({}), vec![]),
            (Step::Profile, json!({"anything": [1, {"a": null}]}), vec![]),
            (Step::Profile, json!({"country": "DE", "time_zone": "Europe/Berlin", "bio": "a\nb"}), vec![]),
            (Step::Profile, json!({"country": "", "time_zone": null}), vec![]),
            (
                Step::Profile,
                json!({"country": "XX", "job_title": 7, "time_zone": "Mars/Olympus"}),
                vec!["country", "job_title", "time_zone"],
            ),
            (Step::Organization, json!({"name": "x".repeat(201)}), vec!["name"]),
            (Step::Organization, json!({"website": "javascript:alert(1)"}), vec!["website"]),
            (Step::Organization, json!({"website": "https://example.com"}), vec![]),
            (Step::Preferences, json!({"newsletter": "yes", "theme": "pink"}), vec!["newsletter", "theme"]),
            (Step::Review, json!({"accepted_terms": false}), vec!["accepted_terms"]),
            (Step::Review, json!({"accepted_terms": true}), vec![]),
        ];
        for (step, data, expected) in table {
            assert_eq!(fields_in_error(step, &data), expected, "{step:?} {data}");
        }
    }

    #[test]
    fn consent_may_be_open_while_the_step_is() {
        let object = json!({"accepted_terms": false}).as_object().unwrap().clone();
        assert!(StepData::check(Step::Review, object, StepStatus::InProgress).is_ok());
    }

    #[test]
    fn large_objects_are_refused() {
        assert_eq!(fields_in_error(Step::Profile, &json!({"notes": "x".repeat(MAX_DATA_BYTES)})), [""]);
    }
}
