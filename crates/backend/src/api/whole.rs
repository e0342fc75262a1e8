//! A whole answer with its content, to be kept.

use axum::response::Response;
use http_body_util::BodyExt as _;

use crate::idempotency::Answer;

/// The whole of a response; an error where its content cannot be had.
pub(super) async fn whole(response: Response) -> Result<Answer, axum::Error> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    let headers = parts.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    Ok(Answer { status: parts.status, headers, body, tells: None })
}
