//! Refuses paths whose bytes are no text.

use axum::body::Body;
use axum::middleware::Next;
use axum::response::Response;
use http::Request;

use super::error::ApiError;
use crate::percent;

/// Refuses a path whose percent-encoding cannot be undone, or gives bytes that are no UTF-8.
pub(super) async fn readable_path(request: Request<Body>, next: Next) -> Result<Response, ApiError> {
    percent::decode(request.uri().path()).map_err(|reason| ApiError::MalformedPath { reason })?;
    Ok(next.run(request).await)
}
