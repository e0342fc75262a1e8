//! Reads bodies within limits of size and time.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, EXPECT};
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use super::error::ApiError;

/// The largest body of a request, in bytes.
pub(super) const MAX_BODY_BYTES: usize = 64 * 1024;

/// The longest wait for the next piece of a body. The balancer, which knows the client, waits less. A client may be
/// slow as a whole.
const IDLE_TIMEOUT: Duration = Duration::from_secs(40);

/// The longest time in which a body that is too large is read and discarded.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(15);

/// The largest part of a body that is read and discarded. A client that still sends while the connection closes would
/// see a reset instead of the answer.
const MAX_DISCARDED_BYTES: usize = 16 * 1024 * 1024;

/// Takes the whole body out of `request`.
///
/// # Errors
///
/// An [`ApiError`] for a body that is too large, too slow or broken off.
pub(super) async fn read(request: &mut Request<Body>) -> Result<Bytes, ApiError> {
    let body = std::mem::take(request.body_mut());
    if declared_length(request.headers()).is_some_and(|length| length > MAX_BODY_BYTES as u64) {
        // Who waits for "100 Continue" has sent nothing yet and is best refused before it does.
        if !request.headers().contains_key(EXPECT) {
            discard(body, 0).await;
        }
        return Err(ApiError::BodyTooLarge { limit: MAX_BODY_BYTES });
    }
    collect(body).await
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn collect(mut body: Body) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = timeout(IDLE_TIMEOUT, body.frame()).await.map_err(|_| ApiError::BodyTimeout)? {
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

/// Reads the rest of a body and discards it, within limits of size and time.
async fn discard(mut body: Body, mut read: usize) {
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > MAX_DISCARDED_BYTES {
                return;
            }
        }
    };
    // Whatever is left after that is cut off.
    drop(timeout(DISCARD_TIMEOUT, reading).await);
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::{StreamExt as _, stream};
    use tokio::time::{Instant, sleep};

    use super::*;

    const PIECE: &[u8] = &[b'x'; 1024];

    /// A body of so many pieces with such a pause before each.
    fn paced(pieces: usize, pause: Duration) -> Request<Body> {
        let pieces = stream::repeat(Bytes::from_static(PIECE)).take(pieces).then(move |piece| async move {
            sleep(pause).await;
            Ok::<_, Infallible>(piece)
        });
        Request::new(Body::from_stream(pieces))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_take_long_but_not_pause_long() {
        let slow = read(&mut paced(10, Duration::from_secs(35))).await;
        assert_eq!(slow.unwrap().len(), 10 * PIECE.len());
        let began = Instant::now();
        let silent = read(&mut paced(2, Duration::from_secs(45))).await;
        assert!(matches!(silent, Err(ApiError::BodyTimeout)));
        assert_eq!(began.elapsed().as_secs(), IDLE_TIMEOUT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_large_is_not_read_for_ever() {
        let (began, pause) = (Instant::now(), Duration::from_secs(1));
        let most = u32::try_from(MAX_BODY_BYTES / PIECE.len()).unwrap();
        let read = read(&mut paced(1_000_000, pause)).await;
        assert!(matches!(read, Err(ApiError::BodyTooLarge { .. })));
        assert!(began.elapsed() <= pause * (most + 1) + DISCARD_TIMEOUT, "{:?}", began.elapsed());
    }
}
