//! Queries about passkeys.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::User;
use crate::domain::passkey::{CredentialHash, Passkey};
use crate::store::late::LateStore;
use crate::store::metrics::Metered;
use crate::store::{Store, StoreError};

/// The queries of a [`Store`] about passkeys.
#[async_trait]
pub trait Passkeys: Send + Sync + 'static {
    /// The passkey of a credential with the account that it opens, even where the passkey is disabled.
    async fn passkey(&self, hash: CredentialHash) -> Result<Option<(Passkey, User)>, StoreError>;

    /// All passkeys of a person with the disabled ones, the oldest first.
    async fn passkeys_of(&self, user_id: Uuid) -> Result<Vec<Passkey>, StoreError>;

    /// Whether the challenge with this hash was answered. An expired challenge may be forgotten.
    async fn is_answered(&self, challenge: [u8; 32]) -> Result<bool, StoreError>;
}

#[async_trait]
impl<S: Store> Passkeys for Metered<S> {
    async fn passkey(&self, hash: CredentialHash) -> Result<Option<(Passkey, User)>, StoreError> {
        self.called("passkey", self.store.passkey(hash)).await
    }

    async fn passkeys_of(&self, user_id: Uuid) -> Result<Vec<Passkey>, StoreError> {
        self.called("passkeys_of", self.store.passkeys_of(user_id)).await
    }

    async fn is_answered(&self, challenge: [u8; 32]) -> Result<bool, StoreError> {
        self.called("is_answered", self.store.is_answered(challenge)).await
    }
}

#[async_trait]
impl Passkeys for LateStore {
    async fn passkey(&self, hash: CredentialHash) -> Result<Option<(Passkey, User)>, StoreError> {
        self.store()?.passkey(hash).await
    }

    async fn passkeys_of(&self, user_id: Uuid) -> Result<Vec<Passkey>, StoreError> {
        self.store()?.passkeys_of(user_id).await
    }

    async fn is_answered(&self, challenge: [u8; 32]) -> Result<bool, StoreError> {
        self.store()?.is_answered(challenge).await
    }
}
