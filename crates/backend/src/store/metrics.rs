//! The metrics of the database.

use std::time::Instant;

use async_trait::async_trait;
use prometheus::{Histogram, HistogramOpts, HistogramVec, Registry};
use service_kit::telemetry::traces::SPANS;
use tracing::Instrument as _;
use tracing::field::Empty;
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
use crate::domain::{Credentials, Email, Timestamp, User};

const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// The database's histograms. Clones share the counts.
#[derive(Debug, Clone)]
pub struct StoreMetrics {
    /// `db_pool_wait_seconds`: the wait of a call for a connection or a place in the queue. Each store observes this
    /// histogram.
    pub pool_wait: Histogram,
    /// `db_query_duration_seconds{query}`: the duration of a whole call. [`Metered`] observes this histogram.
    query_duration: HistogramVec,
}

impl StoreMetrics {
    /// Makes the histograms and registers them.
    ///
    /// # Errors
    ///
    /// The error of the registry where a name is taken.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let wait = HistogramOpts::new("db_pool_wait_seconds", "Wait for a database connection in seconds.");
        let pool_wait = Histogram::with_opts(wait.buckets(BUCKETS.to_vec()))?;
        let query = HistogramOpts::new("db_query_duration_seconds", "Time for a database call in seconds.");
        let query_duration = HistogramVec::new(query.buckets(BUCKETS.to_vec()), &["query"])?;
        registry.register(Box::new(pool_wait.clone()))?;
        registry.register(Box::new(query_duration.clone()))?;
        Ok(Self { pool_wait, query_duration })
    }
}

/// A store whose calls are timed. Each call is a span of the request that makes it.
#[derive(Debug)]
pub struct Metered<S> {
    pub(super) store: S,
    metrics: StoreMetrics,
    /// The value of `db.system.name` (OpenTelemetry semantic conventions).
    system: &'static str,
}

impl<S: Store> Metered<S> {
    /// Times the calls of `store`. `system` is the value of `db.system.name` (OpenTelemetry semantic conventions).
    pub fn new(store: S, metrics: StoreMetrics, system: &'static str) -> Self {
        Self { store, metrics, system }
    }

    /// Times a call that a request makes.
    pub(super) async fn called<T>(
        &self,
        query: &str,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let span = tracing::info_span!(
            target: SPANS,
            "query",
            otel.name = query,
            otel.kind = "client",
            otel.status_code = Empty,
            db.system.name = self.system,
            db.operation.name = query,
            error.type = Empty,
        );
        let result = self.timed(query, call).instrument(span.clone()).await;
        if let Err(error) = &result {
            span.record("error.type", error.name());
            span.record("otel.status_code", "ERROR");
        }
        result
    }

    pub(super) async fn timed<T>(&self, query: &str, call: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let result = call.await;
        self.metrics.query_duration.with_label_values(&[query]).observe(started.elapsed().as_secs_f64());
        result
    }
}

#[async_trait]
impl<S: Store> Directory for Metered<S> {
    async fn accounts(
        &self,
        filter: AccountFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<AccountPage, StoreError> {
        self.called("accounts", self.store.accounts(filter, after, limit)).await
    }

    async fn audit_log(
        &self,
        filter: AuditFilter,
        after: Option<AuditPosition>,
        limit: u32,
    ) -> Result<AuditPage, StoreError> {
        self.called("audit_log", self.store.audit_log(filter, after, limit)).await
    }

    async fn has_other_admin(&self, id: Uuid) -> Result<bool, StoreError> {
        self.called("has_other_admin", self.store.has_other_admin(id)).await
    }
}

#[async_trait]
impl<S: Store> Messages for Metered<S> {
    async fn messages(
        &self,
        filter: MessageFilter,
        after: Option<MessagePosition>,
        limit: u32,
    ) -> Result<MessagePage, StoreError> {
        self.called("messages", self.store.messages(filter, after, limit)).await
    }

    async fn message(&self, channel: &str, id: Uuid) -> Result<Option<MessageRecord>, StoreError> {
        self.called("message", self.store.message(channel, id)).await
    }
}

#[async_trait]
impl<S: Store> Templates for Metered<S> {
    async fn templates(&self) -> Result<Vec<StoredTemplate>, StoreError> {
        self.timed("templates", self.store.templates()).await
    }

    async fn keep_template(&self, template: StoredTemplate, at: Timestamp) -> Result<(), StoreError> {
        self.timed("keep_template", self.store.keep_template(template, at)).await
    }
}

#[async_trait]
impl<S: Store> Funnels for Metered<S> {
    async fn uncounted(&self, now: Timestamp, limit: u32) -> Result<Uncounted, StoreError> {
        self.timed("uncounted", self.store.uncounted(now, limit)).await
    }

    async fn funnel_groups(&self, groups: Vec<Group>) -> Result<Cells, StoreError> {
        self.timed("funnel_groups", self.store.funnel_groups(groups)).await
    }

    async fn funnel(&self, dimension: Dimension) -> Result<Cells, StoreError> {
        self.called("funnel", self.store.funnel(dimension)).await
    }

    async fn count_funnel(&self, count: FunnelCount) -> Result<bool, StoreError> {
        self.timed("count_funnel", self.store.count_funnel(count)).await
    }
}

#[async_trait]
impl<S: Store> Store for Metered<S> {
    async fn commit(&self, mutation: Mutation) -> Result<Outcome, StoreError> {
        self.called(mutation.effect.name(), self.store.commit(mutation)).await
    }

    async fn kept_answer(&self, scope: Scope, now: Timestamp) -> Result<Option<KeptAnswer>, StoreError> {
        self.called("kept_answer", self.store.kept_answer(scope, now)).await
    }

    async fn look_up(&self, scope: Scope, asker: Asker, now: Timestamp) -> Result<LookUp, StoreError> {
        self.called("look_up", self.store.look_up(scope, asker, now)).await
    }

    async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, StoreError> {
        self.called("credentials", self.store.credentials(email)).await
    }

    async fn user(&self, id: Uuid) -> Result<Option<User>, StoreError> {
        self.called("user", self.store.user(id)).await
    }

    async fn token_state(&self, hash: TokenHash) -> Result<Option<TokenState>, StoreError> {
        self.called("token_state", self.store.token_state(hash)).await
    }

    async fn sessions(&self, query: SessionsQuery) -> Result<Vec<SessionSummary>, StoreError> {
        self.called("sessions", self.store.sessions(query)).await
    }

    async fn revoked_sessions(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
        self.timed("revoked_sessions", self.store.revoked_sessions(since, limit)).await
    }

    async fn is_revoked(&self, id: Uuid) -> Result<bool, StoreError> {
        self.called("is_revoked", self.store.is_revoked(id)).await
    }

    async fn onboarding(&self, user_id: Uuid) -> Result<Option<Onboarding>, StoreError> {
        self.called("onboarding", self.store.onboarding(user_id)).await
    }

    async fn claim_messages(&self, claim: Claim) -> Result<Vec<ClaimedMessage>, StoreError> {
        self.timed("claim_messages", self.store.claim_messages(claim)).await
    }

    async fn settle_message(&self, settlement: Settlement) -> Result<bool, StoreError> {
        self.timed("settle_message", self.store.settle_message(settlement)).await
    }

    async fn outbox_status(&self, channel: &str) -> Result<OutboxStatus, StoreError> {
        self.timed("outbox_status", self.store.outbox_status(channel)).await
    }

    async fn onboarding_at(&self, user_id: Uuid, version: i64) -> Result<Option<Onboarding>, StoreError> {
        self.called("onboarding_at", self.store.onboarding_at(user_id, version)).await
    }

    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.timed("purge", self.store.purge(now, limit)).await
    }

    async fn purge_audit(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.timed("purge_audit", self.store.purge_audit(before, limit)).await
    }

    async fn guess_debts(&self, keys: Vec<GuessKey>) -> Result<Vec<(GuessKey, Debt)>, StoreError> {
        self.called("guess_debts", self.store.guess_debts(keys)).await
    }

    async fn canonicalize(&self, now: Timestamp, limit: u32) -> Result<Canonicalized, StoreError> {
        self.timed("canonicalize", self.store.canonicalize(now, limit)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.timed("ping", self.store.ping()).await
    }

    async fn observe(&self) -> Result<Vec<ViewReading>, StoreError> {
        self.timed("observe", self.store.observe()).await
    }

    fn now(&self) -> Timestamp {
        self.store.now()
    }

    fn pool(&self) -> PoolStatus {
        self.store.pool()
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
