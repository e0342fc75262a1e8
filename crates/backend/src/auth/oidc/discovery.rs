//! What a provider says of itself, asked for when it is needed (OpenID Connect Discovery 1.0).
//!
//! The last good description stays in use while the provider does not answer: people who are there already can log in as
//! long as its other addresses work, and nobody waits for it when an instance starts.

use std::sync::Arc;
use std::time::Duration;

use openidconnect::core::CoreProviderMetadata;
use openidconnect::{DiscoveryError, IssuerUrl};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::error::OidcError;
use super::http::{ClientError, Http};

/// How long a description is used without asking anew.
const FRESH: Duration = Duration::from_hours(1);

/// How long a provider that did not answer is left in peace.
const PAUSE: Duration = Duration::from_secs(3);

/// A signature that fits no key is no reason to ask more often than this.
const SHORTEST: Duration = Duration::from_secs(2);

/// The description of one provider.
#[derive(Debug)]
pub(super) struct Discovery {
    issuer: IssuerUrl,
    /// Held while it is asked, so that many who come at once ask once.
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    description: Option<(Arc<CoreProviderMetadata>, Instant)>,
    failed_at: Option<Instant>,
}

impl Discovery {
    pub(super) fn new(issuer: IssuerUrl) -> Self {
        Self { issuer, known: Mutex::default() }
    }

    pub(super) fn issuer(&self) -> &IssuerUrl {
        &self.issuer
    }

    /// The description, with the keys.
    pub(super) async fn metadata(&self, http: &Http) -> Result<Arc<CoreProviderMetadata>, OidcError> {
        let mut known = self.known.lock().await;
        if let Some((description, read_at)) = &known.description
            && read_at.elapsed() < FRESH
        {
            return Ok(Arc::clone(description));
        }
        let read = self.read(&mut known, http).await;
        match (read, &known.description) {
            (Err(error), Some((description, _))) => {
                tracing::warn!(issuer = self.issuer.as_str(), %error, "a provider's description is kept for now");
                Ok(Arc::clone(description))
            }
            (read, _) => read,
        }
    }

    /// A later description than `seen`, where there is one; none where that was read a moment ago.
    pub(super) async fn newer_than(
        &self,
        seen: &Arc<CoreProviderMetadata>,
        http: &Http,
    ) -> Result<Option<Arc<CoreProviderMetadata>>, OidcError> {
        let mut known = self.known.lock().await;
        match &known.description {
            Some((description, _)) if !Arc::ptr_eq(description, seen) => Ok(Some(Arc::clone(description))),
            Some((_, read_at)) if read_at.elapsed() < SHORTEST => Ok(None),
            _ => self.read(&mut known, http).await.map(Some),
        }
    }

    async fn read(&self, known: &mut Known, http: &Http) -> Result<Arc<CoreProviderMetadata>, OidcError> {
        if known.failed_at.is_some_and(|failed_at| failed_at.elapsed() < PAUSE) {
            return Err(OidcError::Unavailable(ClientError::JustFailed));
        }
        match CoreProviderMetadata::discover_async(self.issuer.clone(), http).await {
            Ok(description) => {
                self.check(&description)?;
                let description = Arc::new(description);
                *known =
                    Known { description: Some((Arc::clone(&description), Instant::now())), failed_at: None };
                Ok(description)
            }
            Err(error) => {
                known.failed_at = Some(Instant::now());
                Err(told(error))
            }
        }
    }

    /// A page follows the first address, so that it must be one of the web, as safe as the issuer's.
    fn check(&self, description: &CoreProviderMetadata) -> Result<(), OidcError> {
        let (wanted, scheme) =
            (self.issuer.url().scheme(), description.authorization_endpoint().url().scheme());
        if scheme == wanted || scheme == "https" {
            Ok(())
        } else {
            Err(OidcError::BadDescription(format!("its authorization endpoint has the scheme {scheme}")))
        }
    }
}

fn told(error: DiscoveryError<ClientError>) -> OidcError {
    match error {
        DiscoveryError::Request(error) => OidcError::Unavailable(error),
        other => OidcError::BadDescription(other.to_string()),
    }
}
