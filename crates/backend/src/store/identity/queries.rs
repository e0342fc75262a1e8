//! Queries about accounts and their codes.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::one_time_code::CodeState;
use crate::domain::{Credentials, Timestamp};
use crate::store::late::LateStore;
use crate::store::metrics::Metered;
use crate::store::{Store, StoreError};

/// The queries of a [`Store`] about accounts and their codes.
#[async_trait]
pub trait Identities: Send + Sync + 'static {
    /// The account `user_id` with its password hash.
    async fn credentials_of(&self, user_id: Uuid) -> Result<Option<Credentials>, StoreError>;

    /// The code whose link has a token with this hash.
    async fn code(&self, token_hash: [u8; 32]) -> Result<Option<CodeState>, StoreError>;

    /// The person's codes that were made after `since`, newest first, at most 100.
    async fn codes(&self, user_id: Uuid, since: Timestamp) -> Result<Vec<CodeState>, StoreError>;

    /// The sessions of a person, and the `limit` newest rows of the audit log.
    async fn personal_records(&self, user_id: Uuid, limit: u32) -> Result<PersonalRecords, StoreError>;

    /// Deletes at most `limit` accounts whose `closing_at` is not after `now`, with all their rows. The accounts'
    /// rows of the audit log become anonymous: they keep action and time, and name
    /// [`AuditEntry::NOBODY`](super::super::AuditEntry::NOBODY). Gives the number of deleted accounts. The caller
    /// calls again until that is zero. Several instances may call at once.
    async fn delete_closed(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// The stored records of a person beside account and onboarding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonalRecords {
    /// All sessions, the newest first.
    pub sessions: Vec<SessionRecord>,
    /// Rows of the audit log, newest first.
    pub audit: Vec<AuditRecord>,
}

/// A session in a person's export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The id of the session.
    pub id: Uuid,
    /// The time of the log-in.
    pub created_at: Timestamp,
    /// The time of the last refresh.
    pub last_used_at: Timestamp,
    /// The time when the session was ended; none for a live session.
    pub revoked_at: Option<Timestamp>,
}

/// A row of the audit log in a person's export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// The time of the action.
    pub at: Timestamp,
    /// The action, such as `user.logged_in`.
    pub action: String,
    /// The detail of the action, such as the key of a step.
    pub subject: Option<String>,
    /// The client's address.
    pub address: Option<String>,
}

#[async_trait]
impl<S: Store> Identities for Metered<S> {
    async fn credentials_of(&self, user_id: Uuid) -> Result<Option<Credentials>, StoreError> {
        self.called("credentials_of", self.store.credentials_of(user_id)).await
    }

    async fn code(&self, token_hash: [u8; 32]) -> Result<Option<CodeState>, StoreError> {
        self.called("code", self.store.code(token_hash)).await
    }

    async fn codes(&self, user_id: Uuid, since: Timestamp) -> Result<Vec<CodeState>, StoreError> {
        self.called("codes", self.store.codes(user_id, since)).await
    }

    async fn personal_records(&self, user_id: Uuid, limit: u32) -> Result<PersonalRecords, StoreError> {
        self.called("personal_records", self.store.personal_records(user_id, limit)).await
    }

    async fn delete_closed(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.timed("delete_closed", self.store.delete_closed(now, limit)).await
    }
}

#[async_trait]
impl Identities for LateStore {
    async fn credentials_of(&self, user_id: Uuid) -> Result<Option<Credentials>, StoreError> {
        self.store()?.credentials_of(user_id).await
    }

    async fn code(&self, token_hash: [u8; 32]) -> Result<Option<CodeState>, StoreError> {
        self.store()?.code(token_hash).await
    }

    async fn codes(&self, user_id: Uuid, since: Timestamp) -> Result<Vec<CodeState>, StoreError> {
        self.store()?.codes(user_id, since).await
    }

    async fn personal_records(&self, user_id: Uuid, limit: u32) -> Result<PersonalRecords, StoreError> {
        self.store()?.personal_records(user_id, limit).await
    }

    async fn delete_closed(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.store()?.delete_closed(now, limit).await
    }
}
