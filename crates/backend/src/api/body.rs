//! Reads bodies, within bounds of size and time.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, EXPECT};
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use super::error::ApiError;

/// The largest body of any request.
pub(super) const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long a body may take in all.
const READ_TIMEOUT: Duration = Duration::from_secs(15);

/// How much of a body that is too large is read and thrown away. A client that still sends while
/// the connection is closed would see a reset instead of the answer.
const MAX_DISCARDED_BYTES: usize = 16 * 1024 * 1024;

/// Takes the whole body out of `request`.
pub(super) async fn read(request: &mut Request<Body>) -> Result<Bytes, ApiError> {
    let body = std::mem::take(request.body_mut());
    if declared_length(request.headers()).is_some_and(|length| length > MAX_BODY_BYTES as u64) {
        // Who waits for "100 Continue" has sent nothing yet and is best refused before it does.
        if !request.headers().contains_key(EXPECT) {
            drop(timeout(READ_TIMEOUT, discard(body, 0)).await);
        }
        return Err(ApiError::BodyTooLarge { limit: MAX_BODY_BYTES });
    }
    timeout(READ_TIMEOUT, collect(body)).await.map_err(|_| ApiError::BodyTimeout)?
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn collect(mut body: Body) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::BodyBroken)?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > MAX_BODY_BYTES {
            discard(body, bytes.len() + data.len()).await;
            return Err(ApiError::BodyTooLarge { limit: MAX_BODY_BYTES });
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

async fn discard(mut body: Body, mut read: usize) {
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > MAX_DISCARDED_BYTES {
            return;
        }
    }
}
