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
