//! The data that a person enters in a step.
//!
//! The object belongs to the client. Fields that the template knows are checked where they are given, and other
//! fields are kept without a check. So a page can ask for more without a new template, and other parts of the service
//! find well-formed values in the fields that they read.

use serde_json::{Map, Value};

use super::step::StepStatus;
use super::template::{Answers, Field, FieldKind, FieldRef, StepTemplate};

/// The size limit of a step's data, in bytes of compact JSON.
pub const MAX_DATA_BYTES: usize = 16 * 1024;

/// The errors of a step's data: pairs of a field and a reason. An empty field stands for the whole object.
pub type DataErrors = Vec<(String, String)>;

/// Checks that the data is within [`MAX_DATA_BYTES`].
pub(super) fn check_size(data: &Map<String, Value>) -> Result<(), DataErrors> {
    let size = serde_json::to_vec(data).map_or(usize::MAX, |json| json.len());
    if size > MAX_DATA_BYTES {
        return Err(vec![(String::new(), format!("must be at most {MAX_DATA_BYTES} bytes of JSON"))]);
    }
    Ok(())
}

/// Checks the given fields of a step that is to have `status`, and tells all errors.
pub(super) fn check_fields(
    step: &StepTemplate,
    data: &Map<String, Value>,
    status: StepStatus,
) -> Result<(), DataErrors> {
    check_size(data)?;
    let wrong = |(field, value): (&String, &Value)| {
        let reason = step.field(field)?.kind.check(value, status).err()?;
        Some((field.clone(), reason))
    };
    let errors: DataErrors = data.iter().filter_map(wrong).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The visible required fields without an answer and the consents that are refused, for which `step` cannot be
/// completed.
pub(super) fn wanting(answers: Answers<'_>, step: &StepTemplate) -> DataErrors {
    if !answers.applies(step) {
        return DataErrors::new();
    }
    let reason = |field: &Field| {
        let at = FieldRef { step: step.key.clone(), field: field.key.clone() };
        match answers.of(&at) {
            None => Some("is required"),
            Some(Value::Bool(false)) if field.kind == FieldKind::Consent => Some("must be accepted"),
            Some(_) => None,
        }
    };
    let fields = step.fields.iter().filter(|field| field.required && answers.is_visible(field));
    fields.filter_map(|field| Some((field.key.clone(), reason(field)?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::onboarding::StepKey;
    use crate::domain::onboarding::template::Catalogue;
    use serde_json::json;

    fn fields_in_error(step: &str, data: &Value, status: StepStatus) -> Vec<String> {
        let catalogue = Catalogue::built_in().unwrap();
        let key: StepKey = step.parse().unwrap();
        let step = catalogue.current().step(&key).unwrap();
        match check_fields(step, data.as_object().unwrap(), status) {
            Ok(()) => Vec::new(),
            Err(errors) => errors.into_iter().map(|(field, _)| field).collect(),
        }
    }

    #[test]
    fn known_fields_are_checked_and_others_kept() {
        let table = [
            ("profile", json!({}), vec![]),
            ("profile", json!({"anything": [1, {"a": null}]}), vec![]),
            ("profile", json!({"country": "DE", "time_zone": "Europe/Berlin", "bio": "a\nb"}), vec![]),
            ("profile", json!({"country": "", "time_zone": null}), vec![]),
            (
                "profile",
                json!({"country": "XX", "job_title": 7, "time_zone": "Mars/Olympus"}),
                vec!["country", "job_title", "time_zone"],
            ),
            ("organization", json!({"name": "x".repeat(201)}), vec!["name"]),
            ("organization", json!({"size": "x".repeat(101), "role": "anything"}), vec!["size"]),
            ("organization", json!({"website": "javascript:alert(1)"}), vec!["website"]),
            ("organization", json!({"website": "https://example.com"}), vec![]),
            ("preferences", json!({"newsletter": "yes", "theme": "pink"}), vec!["newsletter", "theme"]),
            ("preferences", json!({"locale": "de", "theme": "dark", "product_updates": true}), vec![]),
            ("review", json!({"accepted_terms": false}), vec!["accepted_terms"]),
            ("review", json!({"accepted_terms": true}), vec![]),
        ];
        for (step, data, expected) in table {
            assert_eq!(fields_in_error(step, &data, StepStatus::Completed), expected, "{step} {data}");
        }
    }

    #[test]
    fn consent_may_be_open_while_the_step_is() {
        let open = json!({"accepted_terms": false});
        assert!(fields_in_error("review", &open, StepStatus::InProgress).is_empty());
    }

    #[test]
    fn large_objects_are_refused() {
        let large = json!({"notes": "x".repeat(MAX_DATA_BYTES)});
        assert_eq!(fields_in_error("profile", &large, StepStatus::Completed), [""]);
    }
}
