//! The receiver, and one try to tell it something.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, StatusCode};
use reqwest::redirect::Policy;
use service_kit::exit::chain;
use url::Url;
use uuid::Uuid;

use super::signature::{WebhookSecret, signatures};
use crate::domain::Timestamp;

/// A try ends within this time, whatever the receiver does. Standard Webhooks recommends 15 to 30 s.
pub const SEND_LIMIT: Duration = Duration::from_secs(15);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Longer than between two looks into the outbox, shorter than receivers keep idle connections.
const KEEP_IDLE: Duration = Duration::from_secs(10);

/// Why the webhook cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the client for WEBHOOK_URL cannot be made")]
pub struct EndpointError(#[from] reqwest::Error);

/// Where the receiver is, and what proves that it is us.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    /// `WEBHOOK_URL`.
    pub url: Url,
    /// `WEBHOOK_SECRET`, then `WEBHOOK_OTHER_SECRETS`: each of them signs.
    pub secrets: Vec<WebhookSecret>,
}

/// The receiver of `WEBHOOK_URL`.
#[derive(Debug)]
pub struct Endpoint {
    client: reqwest::Client,
    url: Url,
    secrets: Vec<WebhookSecret>,
}

/// What is sent in one try.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The same for all tries.
    pub id: Uuid,
    /// The time of this try.
    pub at: Timestamp,
    /// What is told.
    pub body: Vec<u8>,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// 2xx: the receiver has it.
    Delivered,
    /// 410: the receiver wants no events any more.
    Gone,
    /// Any other status.
    Refused {
        /// Which.
        status: StatusCode,
        /// How long the receiver asks to wait, by `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// There was no answer. The receiver may have it nevertheless.
    Silence(String),
}

impl Endpoint {
    /// Nothing is connected yet. Redirects are not followed: the events, and their signatures, go to the URL of the
    /// configuration and nowhere else.
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

    /// Tries once.
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
    /// The body is not read: nothing in it would matter.
    fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        match status {
            status if status.is_success() => Self::Delivered,
            StatusCode::GONE => Self::Gone,
            status => Self::Refused { status, retry_after: retry_after(headers, SystemTime::now()) },
        }
    }
}

/// RFC 9110 section 10.2.3: seconds, or a date.
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
