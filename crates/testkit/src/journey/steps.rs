//! The onboarding steps as a page sends them.

use serde_json::{Value, json};

/// A step, as the server has acknowledged it.
#[derive(Debug, Clone, PartialEq)]
pub struct StepAck {
    /// The key.
    pub key: &'static str,
    /// The status.
    pub status: &'static str,
    /// The data; none where the server keeps the stored data.
    pub data: Value,
}

/// The steps of person `n`, in order. Some people come back to a step, and some skip the one that may be skipped.
pub(super) fn entries(n: usize) -> Vec<StepAck> {
    let ack = |key, status, data| StepAck { key, status, data };
    let countries = ["DE", "FR", "JP", "BR"];
    let zones = ["Europe/Berlin", "Europe/Paris", "Asia/Tokyo", "America/Sao_Paulo"];
    let profile = json!({
        "job_title": format!("Engineer {n}"),
        "phone": format!("+49 30 {n:07}"),
        "country": countries[n % countries.len()],
        "time_zone": zones[n % zones.len()],
        "bio": "Ships things; sleeps well. Ünïcode, 日本語, \"quotes\" and\nlines.",
    });
    let organization = json!({
        "name": format!("Organization {n} & Söhne"),
        "size": "11-50",
        "role": "engineering",
        "website": format!("https://organization-{n}.example"),
    });
    let preferences =
        json!({"newsletter": n.is_multiple_of(2), "product_updates": true, "theme": "dark", "locale": "en"});
    let preferences = match n % 3 {
        0 => ack("preferences", "skipped", json!({})),
        _ => ack("preferences", "completed", preferences),
    };
    vec![
        ack("profile", "in_progress", json!({"job_title": format!("Engineer {n}")})),
        ack("profile", "completed", profile),
        ack("organization", "completed", organization),
        preferences,
        ack("review", "completed", json!({"accepted_terms": true})),
    ]
}
