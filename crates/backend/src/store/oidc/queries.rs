//! Queries about log-ins at providers.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::User;
use crate::domain::oidc::{Flow, Identity};
use crate::store::late::LateStore;
use crate::store::metrics::Metered;
use crate::store::{Store, StoreError};

/// The queries of a [`Store`] about identities at OpenID Connect providers.
#[async_trait]
pub trait OidcIdentities: Send + Sync + 'static {
    /// The flow whose state has this hash. An expired flow may be gone.
    async fn oidc_flow(&self, state_hash: [u8; 32]) -> Result<Option<Flow>, StoreError>;

    /// The identity of `subject` at `issuer`, with the account that it opens.
    async fn oidc_identity(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<(Identity, User)>, StoreError>;

    /// All identities of a person, the oldest first.
    async fn oidc_identities_of(&self, user_id: Uuid) -> Result<Vec<Identity>, StoreError>;
}

#[async_trait]
impl<S: Store> OidcIdentities for Metered<S> {
    async fn oidc_flow(&self, state_hash: [u8; 32]) -> Result<Option<Flow>, StoreError> {
        self.called("oidc_flow", self.store.oidc_flow(state_hash)).await
    }

    async fn oidc_identity(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<(Identity, User)>, StoreError> {
        self.called("oidc_identity", self.store.oidc_identity(issuer, subject)).await
    }

    async fn oidc_identities_of(&self, user_id: Uuid) -> Result<Vec<Identity>, StoreError> {
        self.called("oidc_identities_of", self.store.oidc_identities_of(user_id)).await
    }
}

#[async_trait]
impl OidcIdentities for LateStore {
    async fn oidc_flow(&self, state_hash: [u8; 32]) -> Result<Option<Flow>, StoreError> {
        self.store()?.oidc_flow(state_hash).await
    }

    async fn oidc_identity(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<(Identity, User)>, StoreError> {
        self.store()?.oidc_identity(issuer, subject).await
    }

    async fn oidc_identities_of(&self, user_id: Uuid) -> Result<Vec<Identity>, StoreError> {
        self.store()?.oidc_identities_of(user_id).await
    }
}
