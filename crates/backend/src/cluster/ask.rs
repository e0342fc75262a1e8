//! One request to a balancer or instance, with limits on time and size.

use std::time::Duration;

use http::StatusCode;
use reqwest::redirect::Policy;
use serde::de::DeserializeOwned;

/// The longest time of connecting.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// The longest time of a whole request.
const LIMIT: Duration = Duration::from_secs(2);
/// The largest answer, in bytes. The history of a hundred servers has about 2 MiB.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The reason why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The name has no address.
    #[error("the name leads to no address")]
    UnknownName,
    /// There is no connection, or it broke off.
    #[error("cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// There is no answer within 2 s.
    #[error("does not answer within {} s", LIMIT.as_secs())]
    Slow,
    /// The status is neither 200 nor the 503 of a server that drains.
    #[error("answers with status {0}")]
    Status(StatusCode),
    /// The answer is too large.
    #[error("answers with more than {MOST_BYTES} bytes")]
    TooLong,
    /// The answer is not of the expected form.
    #[error("answers with something else")]
    Unreadable(#[source] serde_json::Error),
}

impl AskError {
    /// The reason's stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownName => "unknown_name",
            Self::Unreachable(_) => "unreachable",
            Self::Slow => "slow",
            Self::Status(_) => "status",
            Self::TooLong | Self::Unreadable(_) => "unreadable",
        }
    }
}

impl From<reqwest::Error> for AskError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() { Self::Slow } else { Self::Unreachable(error) }
    }
}

/// The HTTP client for balancers and instances.
#[derive(Debug)]
pub(super) struct Asker(reqwest::Client);

impl Asker {
    /// A client without a proxy and without redirects, because balancers and instances are near.
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_LIMIT)
            .timeout(LIMIT)
            .build()?;
        Ok(Self(client))
    }

    /// The answer, read as JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, url: &str) -> Result<T, AskError> {
        serde_json::from_slice(&self.bytes(url).await?).map_err(AskError::Unreadable)
    }

    /// The answer as a text.
    pub(super) async fn text(&self, url: &str) -> Result<String, AskError> {
        Ok(String::from_utf8_lossy(&self.bytes(url).await?).into_owned())
    }

    async fn bytes(&self, url: &str) -> Result<Vec<u8>, AskError> {
        let mut response = self.0.get(url).send().await?;
        let status = response.status();
        if status != StatusCode::OK && status != StatusCode::SERVICE_UNAVAILABLE {
            return Err(AskError::Status(status));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if bytes.len() + chunk.len() > MOST_BYTES {
                return Err(AskError::TooLong);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}
