//! Fills in whatever steps a template asks for, as a page does that has never seen them.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};

/// Gives answers. Each text is unique and names its question, so that it can be found again.
#[derive(Debug, Default)]
pub struct Form {
    numbers: AtomicU64,
}

impl Form {
    /// A number that was not given before.
    pub fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// The answers to all fields of a step of `GET /api/onboarding`'s `template`.
    pub fn fill_in(&self, step: &Value) -> Map<String, Value> {
        let fields = step["fields"].as_array().unwrap().iter();
        fields.map(|field| (field["key"].as_str().unwrap().to_owned(), self.answer(field))).collect()
    }

    fn answer(&self, field: &Value) -> Value {
        let number = self.number();
        // The same question, whatever it is called by now.
        let question = match field["key"].as_str().unwrap() {
            "nickname" | "call_name" => "called",
            other => other,
        };
        match field["type"].as_str().unwrap() {
            "text" => format!("{question}:{number}").into(),
            "url" => format!("https://example.com/{question}:{number}").into(),
            "email" => format!("{question}.{number}@example.com").into(),
            "integer" => 7.into(),
            "boolean" | "consent" => true.into(),
            "date" => "2000-01-01".into(),
            "choice" if field["list"] == "countries" => "DE".into(),
            "choice" if field["list"] == "organization_sizes" => "2-10".into(),
            "choice" => field["choices"][0]["value"].clone(),
            "choices" => json!([field["choices"][0]["value"]]),
            other => panic!("{other}"),
        }
    }
}

/// The texts among answers that can be told from all others.
pub fn texts(answers: &Map<String, Value>) -> Vec<String> {
    let texts = answers.values().filter_map(Value::as_str);
    texts.filter(|text| text.contains(':') && !text.contains('@')).map(str::to_owned).collect()
}

/// The question of a text of [`texts`].
pub fn question(text: &str) -> &str {
    text.rsplit_once(':').unwrap().0
}
