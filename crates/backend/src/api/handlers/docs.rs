//! The OpenAPI document, and the page that shows it.

use aws_lc_rs::digest::{SHA256, digest};
use axum::Extension;
use axum::response::{Html, IntoResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use std::sync::LazyLock;

/// The document, as the router has made it.
#[derive(Debug, Clone)]
pub(in crate::api) struct Document(pub(in crate::api) Bytes);

/// The page's scripts in one piece, so that they share one scope and need no further requests.
const SCRIPTS: &str = concat!(
    "\"use strict\";\n",
    include_str!("docs/words.js"),
    include_str!("docs/examples.js"),
    include_str!("docs/try.js"),
    include_str!("docs/page.js"),
);
const STYLE: &str = include_str!("docs/page.css");

/// The page and its policy. The page loads nothing but this API, and runs only its own script, which the policy names
/// by its hash (CSP 3, section 2.3.1).
static PAGE: LazyLock<(String, HeaderValue)> = LazyLock::new(|| {
    let page = include_str!("docs/page.html").replace("{{style}}", STYLE).replace("{{script}}", SCRIPTS);
    let policy = format!(
        "default-src 'none'; connect-src 'self'; img-src data:; style-src '{}'; script-src '{}'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPTS)
    );
    // Of letters, digits and signs that a header may have; else nothing would be allowed.
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    (page, policy)
});

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

/// This document
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "operations", operation_id = "openapi",
    responses((status = 200, description = "OpenAPI 3.1", body = Object))
)]
pub(in crate::api) async fn openapi(Extension(Document(document)): Extension<Document>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], document)
}

/// A page to read this document
#[utoipa::path(
    get, path = "/api/docs", tag = "operations", operation_id = "docs",
    responses((status = 200, description = "A page", body = String, content_type = "text/html"))
)]
pub(in crate::api) async fn page() -> impl IntoResponse {
    let (page, policy) = &*PAGE;
    ([(CONTENT_SECURITY_POLICY, policy.clone())], Html(page.as_str()))
}
