//! The API's own description.

use axum::Extension;
use axum::response::{Html, IntoResponse};
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};

/// The document, as the router has made it.
#[derive(Debug, Clone)]
pub(in crate::api) struct Document(pub(in crate::api) Bytes);

/// The page loads nothing from anywhere but this API.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
);

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
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(include_str!("docs.html")))
}
