//! The document that clients are generated from.

const STORED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../frontend/openapi.json");

#[test]
fn the_stored_document_is_that_of_the_code() {
    let stored = std::fs::read_to_string(STORED).unwrap();
    assert!(
        stored.trim_end() == backend::api::document(),
        "frontend/openapi.json has drifted; write it anew with: cargo run -p backend -- openapi > frontend/openapi.json"
    );
}

#[test]
fn each_call_that_takes_an_idempotency_key_says_that_a_bad_one_is_refused() {
    let document: serde_json::Value = serde_json::from_str(&backend::api::document()).unwrap();
    let mut with_key = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            let parameters = call["parameters"].as_array().into_iter().flatten();
            if !parameters.clone().any(|parameter| parameter["name"] == "Idempotency-Key") {
                continue;
            }
            with_key += 1;
            let refused = call["responses"]["400"]["description"].as_str().unwrap_or_default();
            assert!(refused.contains("`invalid_idempotency_key`"), "{method} {path}: {refused:?}");
        }
    }
    assert!(with_key > 30, "{with_key}");
}
