//! Queries about second factors.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::Timestamp;
use crate::domain::second_factor::{DeviceSummary, OwnedSecret, SecondFactors};
use crate::store::late::LateStore;
use crate::store::metrics::Metered;
use crate::store::{Store, StoreError};

/// The queries of a [`Store`] about second factors.
#[async_trait]
pub trait Factors: Send + Sync + 'static {
    /// The second factors of a person; none of any kind for an unknown person.
    async fn second_factors(&self, user_id: Uuid) -> Result<SecondFactors, StoreError>;

    /// Whether a person's device is remembered at `now`.
    async fn is_remembered(&self, user_id: Uuid, device: Uuid, now: Timestamp) -> Result<bool, StoreError>;

    /// At most `limit` devices of a person that are remembered at `now`, the last used ones first.
    async fn remembered_devices(
        &self,
        user_id: Uuid,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeviceSummary>, StoreError>;

    /// At most `limit` secrets of authenticator apps that another key than that of `kid` encrypts.
    async fn secrets_sealed_otherwise(&self, kid: &str, limit: u32) -> Result<Vec<OwnedSecret>, StoreError>;
}

#[async_trait]
impl<S: Store> Factors for Metered<S> {
    async fn second_factors(&self, user_id: Uuid) -> Result<SecondFactors, StoreError> {
        self.called("second_factors", self.store.second_factors(user_id)).await
    }

    async fn is_remembered(&self, user_id: Uuid, device: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        self.called("is_remembered", self.store.is_remembered(user_id, device, now)).await
    }

    async fn remembered_devices(
        &self,
        user_id: Uuid,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeviceSummary>, StoreError> {
        self.called("remembered_devices", self.store.remembered_devices(user_id, now, limit)).await
    }

    async fn secrets_sealed_otherwise(&self, kid: &str, limit: u32) -> Result<Vec<OwnedSecret>, StoreError> {
        self.timed("secrets_sealed_otherwise", self.store.secrets_sealed_otherwise(kid, limit)).await
    }
}

#[async_trait]
impl Factors for LateStore {
    async fn second_factors(&self, user_id: Uuid) -> Result<SecondFactors, StoreError> {
        self.store()?.second_factors(user_id).await
    }

    async fn is_remembered(&self, user_id: Uuid, device: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        self.store()?.is_remembered(user_id, device, now).await
    }

    async fn remembered_devices(
        &self,
        user_id: Uuid,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeviceSummary>, StoreError> {
        self.store()?.remembered_devices(user_id, now, limit).await
    }

    async fn secrets_sealed_otherwise(&self, kid: &str, limit: u32) -> Result<Vec<OwnedSecret>, StoreError> {
        self.store()?.secrets_sealed_otherwise(kid, limit).await
    }
}
