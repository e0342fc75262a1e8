//! The receiver, and one attempt to send it an event.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, StatusCode};
use reqwest::redirect::Policy;
use service_kit::exit::chain;
use url::Url;
use uuid::Uuid;

use super::signature::{WebhookSecret, signatures};
use crate::domain::Timestamp;

/// The longest time of an attempt. Standard Webhooks recommends 15 to 30 s.
pub const SEND_LIMIT: Duration = Duration::from_secs(15);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// The time that idle connections are kept: longer than the pause between two looks into the outbox, and shorter than
/// receivers keep them.
const KEEP_IDLE: Duration = Duration::from_secs(10);

/// The HTTP client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the client for WEBHOOK_URL cannot be made")]
pub struct EndpointError(#[from] reqwest::Error);

/// The receiver's URL and the secrets that it shares.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    /// The URL (`WEBHOOK_URL`).
    pub url: Url,
    /// The secrets `WEBHOOK_SECRET` and `WEBHOOK_OTHER_SECRETS`, each of which signs.
    pub secrets: Vec<WebhookSecret>,
}

/// The receiver of `WEBHOOK_URL`.
#[derive(Debug)]
pub struct Endpoint {
    client: reqwest::Client,
    url: Url,
    secrets: Vec<WebhookSecret>,
}

/// The content of one attempt.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The id of the event, which is the same in all attempts.
    pub id: Uuid,
    /// The time of the attempt.
    pub at: Timestamp,
    /// The body.
    pub body: Vec<u8>,
}

/// The result of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The status 2xx: the receiver has the event.
    Delivered,
    /// The status 410: the receiver wants no events any more.
    Gone,
    /// Any other status.
    Refused {
        /// The status.
        status: StatusCode,
        /// The wait that the receiver asks for (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// There was no answer. The receiver may have the event nevertheless.
    Silence(String),
}

impl Endpoint {
    /// The receiver of the configuration. No connection is made yet. Redirects are not followed, so that events and
    /// signatures only go to the configured URL.
    ///
    /// # Errors
    ///
    /// [`EndpointError`] where the HTTP client cannot be made.
    pub fn new(EndpointConfig { url, secrets }: EndpointConfig) -> Result<Self, EndpointError> {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_LIMIT)
            .timeout(SEND_LIMIT)
            .pool_idle_timeout(KEEP_IDLE)
            .build()?;
        Ok(Self { client, url, secrets })
    }

    /// Makes one attempt.
    pub async fn send(&self, Delivery { id, at, body }: Delivery) -> Reply {
        let (id, timestamp) = (id.to_string(), at.unix_timestamp());
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("user-onboarding/", env!("CARGO_PKG_VERSION")))
            .header("webhook-signature", signatures(&self.secrets, &id, timestamp, &body))
            .header("webhook-timestamp", timestamp)
            .header("webhook-id", id)
            .body(body);
        match request.send().await {
            Ok(response) => Reply::of(response.status(), response.headers()),
            // The URL may bear a secret of the receiver's.
            Err(error) => Reply::Silence(chain(&error.without_url())),
        }
    }
}

impl Reply {
    /// The result of a status. The body is not read, because nothing in it matters.
    fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        match status {
            status if status.is_success() => Self::Delivered,
            StatusCode::GONE => Self::Gone,
            status => Self::Refused { status, retry_after: retry_after(headers, SystemTime::now()) },
        }
    }
}

/// The wait of `Retry-After` (RFC 9110 section 10.2.3): a number of seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    Some(httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        [(RETRY_AFTER, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn a_receiver_says_when_to_come_again_in_seconds_or_by_a_date() {
        let now = httpdate::parse_http_date("Sun, 01 Mar 2026 12:00:00 GMT").unwrap();
        let asked = |value: &str| retry_after(&headers(value), now);
        assert_eq!(asked("120"), Some(Duration::from_mins(2)));
        assert_eq!(asked("Sun, 01 Mar 2026 12:01:00 GMT"), Some(Duration::from_mins(1)));
        assert_eq!(asked("Sun, 01 Mar 2026 11:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!((asked("soon"), asked("-1"), retry_after(&HeaderMap::new(), now)), (None, None, None));
    }

    #[test]
    fn a_status_says_what_became_of_a_try() {
        let of = |status: u16| Reply::of(StatusCode::from_u16(status).unwrap(), &HeaderMap::new());
        assert!([200, 202, 204].map(of).iter().all(|reply| *reply == Reply::Delivered));
        assert_eq!(of(410), Reply::Gone);
        assert!(
            [301, 302, 307, 400, 404, 429, 500, 503]
                .map(of)
                .iter()
                .all(|reply| matches!(reply, Reply::Refused { retry_after: None, .. }))
        );
    }
}
