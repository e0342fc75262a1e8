//! The body of a delivery.

use serde::Serialize;
use serde_json::{Map, Value};
use time::format_description::well_known::Rfc3339;

use crate::domain::Timestamp;

/// The body of an event, in the form of Standard Webhooks.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: String,
    data: Map<String, Value>,
}

/// The body of an event of the kind `kind` at the time `at`. `sequence` is the event's number among those of its
/// person, from 1 on and without gaps. The body depends on nothing else.
pub fn body(
    kind: &str,
    at: Timestamp,
    sequence: Option<i64>,
    mut data: Map<String, Value>,
) -> Result<Vec<u8>, serde_json::Error> {
    if let Some(sequence) = sequence {
        data.insert("sequence".to_owned(), sequence.into());
    }
    // A time of the calendar can always be written so.
    let timestamp = at.format(&Rfc3339).unwrap_or_default();
    serde_json::to_vec(&Body { kind, timestamp, data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    #[test]
    fn a_body_names_its_kind_its_time_and_its_number() {
        let Value::Object(data) = json!({"user_id": "x", "step": "profile"}) else { unreachable!() };
        let body = body("onboarding.step_completed", datetime!(2026-03-01 12:00:00.5 UTC), Some(7), data);
        let told: Value = serde_json::from_slice(&body.unwrap()).unwrap();
        let expected = json!({
            "type": "onboarding.step_completed",
            "timestamp": "2026-03-01T12:00:00.5Z",
            "data": {"user_id": "x", "step": "profile", "sequence": 7},
        });
        assert_eq!(told, expected);
    }
}
