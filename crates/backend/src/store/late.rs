//! A stand-in for a store whose database is not there yet.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use uuid::Uuid;

use super::directory::{
    AccountFilter, AccountPage, AuditFilter, AuditPage, AuditPosition, Directory, Position,
};
use super::funnel::{FunnelCount, Funnels, Uncounted};
use super::messages::{MessageFilter, MessagePage, MessagePosition, MessageRecord, Messages};
use super::observation::ViewReading;
use super::outbox::{Claim, ClaimedMessage, OutboxStatus, Settlement};
use super::{
    Asker, Canonicalized, KeptAnswer, LookUp, Mutation, Outcome, PoolStatus, Scope, SessionsQuery, Store,
    StoreError, StoredTemplate, Templates,
};
use crate::domain::funnel::{Cells, Dimension, Group};
use crate::domain::guessing::{Debt, GuessKey};
use crate::domain::onboarding::Onboarding;
use crate::domain::session::{SessionSummary, TokenHash, TokenState};
use crate::domain::{self, Credentials, Email, Timestamp, User};

/// A stand-in for a store. Until the store arrives, every call fails at once with the reason.
#[derive(Default)]
pub struct LateStore {
    store: OnceLock<Arc<dyn Store>>,
    reason: Mutex<String>,
}

/// The reason why there is no store yet.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotYet(String);

impl LateStore {
    /// Sets the reason why there is no store. `true` where the reason has changed.
    pub fn waits_for(&self, reason: String) -> bool {
        let mut known = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = *known != reason;
        *known = reason;
        is_news
    }

    /// Passes all calls to `store` from now on. Only the first store counts.
    pub fn arrives(&self, store: Arc<dyn Store>) {
        // Fails only where there was one before.
        let _ = self.store.set(store);
    }

    pub(super) fn store(&self) -> Result<&dyn Store, StoreError> {
        self.store.get().map(|store| &**store).ok_or_else(|| {
            let reason = self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone();
            StoreError::unavailable("it is waited for", NotYet(reason))
        })
    }
}

#[async_trait]
impl Directory for LateStore {
    async fn accounts(
        &self,
        filter: AccountFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<AccountPage, StoreError> {
        self.store()?.accounts(filter, after, limit).await
    }

    async fn audit_log(
        &self,
        filter: AuditFilter,
        after: Option<AuditPosition>,
        limit: u32,
    ) -> Result<AuditPage, StoreError> {
        self.store()?.audit_log(filter, after, limit).await
    }

    async fn has_other_admin(&self, id: Uuid) -> Result<bool, StoreError> {
        self.store()?.has_other_admin(id).await
    }
}

#[async_trait]
impl Messages for LateStore {
    async fn messages(
        &self,
        filter: MessageFilter,
        after: Option<MessagePosition>,
        limit: u32,
    ) -> Result<MessagePage, StoreError> {
        self.store()?.messages(filter, after, limit).await
    }

    async fn message(&self, channel: &str, id: Uuid) -> Result<Option<MessageRecord>, StoreError> {
        self.store()?.message(channel, id).await
    }
}

#[async_trait]
impl Templates for LateStore {
    async fn templates(&self) -> Result<Vec<StoredTemplate>, StoreError> {
        self.store()?.templates().await
    }

    async fn keep_template(&self, template: StoredTemplate, at: Timestamp) -> Result<(), StoreError> {
        self.store()?.keep_template(template, at).await
    }
}

#[async_trait]
impl Funnels for LateStore {
    async fn uncounted(&self, now: Timestamp, limit: u32) -> Result<Uncounted, StoreError> {
        self.store()?.uncounted(now, limit).await
    }

    async fn funnel_groups(&self, groups: Vec<Group>) -> Result<Cells, StoreError> {
        self.store()?.funnel_groups(groups).await
    }

    async fn funnel(&self, dimension: Dimension) -> Result<Cells, StoreError> {
        self.store()?.funnel(dimension).await
    }

    async fn count_funnel(&self, count: FunnelCount) -> Result<bool, StoreError> {
        self.store()?.count_funnel(count).await
    }
}

#[async_trait]
impl Store for LateStore {
    async fn commit(&self, mutation: Mutation) -> Result<Outcome, StoreError> {
        self.store()?.commit(mutation).await
    }

    async fn kept_answer(&self, scope: Scope, now: Timestamp) -> Result<Option<KeptAnswer>, StoreError> {
        self.store()?.kept_answer(scope, now).await
    }

    async fn look_up(&self, scope: Scope, asker: Asker, now: Timestamp) -> Result<LookUp, StoreError> {
        self.store()?.look_up(scope, asker, now).await
    }

    async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, StoreError> {
        self.store()?.credentials(email).await
    }

    async fn user(&self, id: Uuid) -> Result<Option<User>, StoreError> {
        self.store()?.user(id).await
    }

    async fn token_state(&self, hash: TokenHash) -> Result<Option<TokenState>, StoreError> {
        self.store()?.token_state(hash).await
    }

    async fn sessions(&self, query: SessionsQuery) -> Result<Vec<SessionSummary>, StoreError> {
        self.store()?.sessions(query).await
    }

    async fn revoked_sessions(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
        self.store()?.revoked_sessions(since, limit).await
    }

    async fn is_revoked(&self, id: Uuid) -> Result<bool, StoreError> {
        self.store()?.is_revoked(id).await
    }

    async fn onboarding(&self, user_id: Uuid) -> Result<Option<Onboarding>, StoreError> {
        self.store()?.onboarding(user_id).await
    }

    async fn claim_messages(&self, claim: Claim) -> Result<Vec<ClaimedMessage>, StoreError> {
        self.store()?.claim_messages(claim).await
    }

    async fn settle_message(&self, settlement: Settlement) -> Result<bool, StoreError> {
        self.store()?.settle_message(settlement).await
    }

    async fn outbox_status(&self, channel: &str) -> Result<OutboxStatus, StoreError> {
        self.store()?.outbox_status(channel).await
    }

    async fn onboarding_at(&self, user_id: Uuid, version: i64) -> Result<Option<Onboarding>, StoreError> {
        self.store()?.onboarding_at(user_id, version).await
    }

    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.store()?.purge(now, limit).await
    }

    async fn purge_audit(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.store()?.purge_audit(before, limit).await
    }

    async fn guess_debts(&self, keys: Vec<GuessKey>) -> Result<Vec<(GuessKey, Debt)>, StoreError> {
        self.store()?.guess_debts(keys).await
    }

    async fn canonicalize(&self, now: Timestamp, limit: u32) -> Result<Canonicalized, StoreError> {
        self.store()?.canonicalize(now, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.store()?.ping().await
    }

    async fn observe(&self) -> Result<Vec<ViewReading>, StoreError> {
        self.store()?.observe().await
    }

    fn now(&self) -> Timestamp {
        self.store().map_or_else(|_| domain::now(), Store::now)
    }

    fn pool(&self) -> PoolStatus {
        self.store().map_or_else(|_| PoolStatus::default(), Store::pool)
    }

    async fn close(&self) {
        if let Ok(store) = self.store() {
            store.close().await;
        }
    }
}
