//! Queries about accounts and their codes.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::one_time_code::CodeState;
use crate::domain::{Credentials, Timestamp};
use crate::store::late::LateStore;
use crate::store::metrics::Metered;
use crate::store::{Store, StoreError};

/// The part of a [`Store`] that knows accounts and their codes.
#[async_trait]
pub trait Identities: Send + Sync + 'static {
    /// The account `user_id` and its password hash.
    async fn credentials_of(&self, user_id: Uuid) -> Result<Option<Credentials>, StoreError>;

    /// The code whose link's token has this hash.
    async fn code(&self, token_hash: [u8; 32]) -> Result<Option<CodeState>, StoreError>;

    /// The codes of a person that were made after `since`, newest first, at most 100.
    async fn codes(&self, user_id: Uuid, since: Timestamp) -> Result<Vec<CodeState>, StoreError>;

    /// What is kept of a person beside account and onboarding: all sessions, and the `limit` newest
    /// rows of the audit log.
    async fn personal_records(&self, user_id: Uuid, limit: u32) -> Result<PersonalRecords, StoreError>;

    /// Deletes at most `limit` accounts whose `closing_at` is not after `now`, with all that belongs
    /// to them, and makes their rows of the audit log anonymous: these say what was done and when,
    /// to [`AuditEntry::NOBODY`](super::super::AuditEntry::NOBODY). Gives how many accounts went; the
    /// caller comes again while this is not zero. Safe when many instances do it at once.
    async fn delete_closed(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// What is kept of a person beside account and onboarding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonalRecords {
    /// All sessions, newest first.
    pub sessions: Vec<SessionRecord>,
    /// Rows of the audit log, newest first.
    pub audit: Vec<AuditRecord>,
}

/// A session as its owner is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Which.
    pub id: Uuid,
    /// When it began.
    pub created_at: Timestamp,
    /// When its tokens were last renewed.
    pub last_used_at: Timestamp,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

/// A row of the audit log as the person is told of it whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// When.
    pub at: Timestamp,
    /// What, such as `user.logged_in`.
    pub action: String,
    /// What exactly, such as the step's key.
    pub subject: Option<String>,
    /// From which address.
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
