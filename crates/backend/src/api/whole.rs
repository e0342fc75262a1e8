//! A whole answer with its content, to be stored.

use axum::response::Response;
use http_body_util::BodyExt as _;

use crate::idempotency::Answer;

/// The response as an answer. An error where the content cannot be read.
pub(super) async fn whole(response: Response) -> Result<Answer, axum::Error> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    let headers = parts.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    Ok(Answer { status: parts.status, headers, body, tells: None })
}
