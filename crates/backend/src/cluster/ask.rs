//! One request to a balancer or instance, with limits to time and length.

use std::time::Duration;

use http::StatusCode;
use reqwest::redirect::Policy;
use serde::de::DeserializeOwned;

/// Whoever does not take a connection by then is down.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// Whoever has not answered by then is slow.
const LIMIT: Duration = Duration::from_secs(2);
/// The history of a hundred servers has about two.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The name leads to no address.
    #[error("the name leads to no address")]
    UnknownName,
    /// No connection, or it broke.
    #[error("cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// Nothing within 2 s.
    #[error("does not answer within {} s", LIMIT.as_secs())]
    Slow,
    /// Another status than 200, or 503 for whoever drains.
    #[error("answers with status {0}")]
    Status(StatusCode),
    /// More than can be an answer.
    #[error("answers with more than {MOST_BYTES} bytes")]
    TooLong,
    /// Something else than was asked for.
    #[error("answers with something else")]
    Unreadable(#[source] serde_json::Error),
}

impl AskError {
    /// Its stable name.
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

/// Who asks.
#[derive(Debug)]
pub(super) struct Asker(reqwest::Client);

impl Asker {
    /// Balancers and instances are near: no proxy, and nobody sends the question elsewhere.
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
