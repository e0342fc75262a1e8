//! Sends requests to a provider. Time and size are bounded, and redirects are not followed.

use std::time::Duration;

use futures::future::BoxFuture;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::redirect::Policy;

/// The longest time of one request. A log-in has at most four: metadata, keys, token and user info.
const LIMIT: Duration = Duration::from_secs(5);
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// The largest answer, in bytes. Metadata, key sets and tokens are smaller.
const MAX_BYTES: usize = 1024 * 1024;

/// The HTTP client for one provider.
#[derive(Debug, Clone)]
pub(super) struct Http(reqwest::Client);

/// The reason why a provider gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The connection failed or broke off.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// The provider answered with this 5xx status.
    #[error("it answers with status {0}")]
    Sick(u16),
    /// The answer is too large.
    #[error("its answer is larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// The provider did not answer a moment ago, and is not asked again yet.
    #[error("it did not answer a moment ago")]
    JustFailed,
}

impl Http {
    /// A client. Plain HTTP is allowed only with `plain`, for a provider on this machine.
    pub(super) fn new(plain: bool) -> Result<Self, ClientError> {
        let client = reqwest::Client::builder()
            // A provider must not send us, with our secret, to another server.
            .redirect(Policy::none())
            .https_only(!plain)
            .timeout(LIMIT)
            .connect_timeout(CONNECT_LIMIT)
            .user_agent("user-onboarding")
            .build()?;
        Ok(Self(client))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ClientError> {
        let mut response = self.0.execute(request.try_into()?).await?;
        if response.status().is_server_error() {
            return Err(ClientError::Sick(response.status().as_u16()));
        }
        let mut answer = HttpResponse::new(Vec::new());
        *answer.status_mut() = response.status();
        answer.headers_mut().clone_from(response.headers());
        while let Some(chunk) = response.chunk().await? {
            if answer.body().len() + chunk.len() > MAX_BYTES {
                return Err(ClientError::TooLarge);
            }
            answer.body_mut().extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = ClientError;
    type Future = BoxFuture<'c, Result<HttpResponse, ClientError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
