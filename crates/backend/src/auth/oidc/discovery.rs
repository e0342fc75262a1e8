//! Reads the metadata of a provider when it is needed (OpenID Connect Discovery 1.0).
//!
//! The last good metadata stays in use while the provider does not answer it. So people can log in as long as the
//! provider's other addresses work, and no instance waits for a provider at its start.

use std::sync::Arc;
use std::time::Duration;

use openidconnect::core::CoreProviderMetadata;
use openidconnect::{DiscoveryError, IssuerUrl};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::error::OidcError;
use super::http::{ClientError, Http};

/// The time that metadata is used before it is read again.
const FRESH: Duration = Duration::from_hours(1);

/// The pause after a provider did not answer.
const PAUSE: Duration = Duration::from_secs(3);

/// The shortest time between two readings for a signature that no known key fits.
const SHORTEST: Duration = Duration::from_secs(2);

/// The metadata of one provider.
#[derive(Debug)]
pub(super) struct Discovery {
    issuer: IssuerUrl,
    /// The lock is held while the provider is asked, so that many log-ins at once ask once.
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

    /// The metadata with the keys.
    ///
    /// # Errors
    ///
    /// An [`OidcError`] where the provider does not give usable metadata.
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

    /// Metadata that is newer than `seen`; none where `seen` was read a moment ago.
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

    /// Checks the authorization address. A browser follows this address, so it must be an http or https URL that is
    /// as safe as the issuer's.
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
