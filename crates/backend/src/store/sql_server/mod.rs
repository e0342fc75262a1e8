//! The store in a Microsoft SQL Server (2019 and newer, Azure SQL).
//!
//! Every call is one batch in one round trip. A mutation is sent with its `BEGIN` and `COMMIT`, so that an instance
//! that is stopped, killed or cut off never holds a lock. Unique constraints and version guards decide races, never
//! table hints.
//!
//! The modules, in the order in which a call meets them: [`commit`], [`read`] and [`purge`] write the [`batch`];
//! [`pool`] lends a [`connection`] to a task, which sends the batch; [`failure`] classifies an error, and [`retry`]
//! decides on another try; [`row`] reads the answer. [`mod@migrate`] and [`mod@provision`] work on connections of
//! their own, and [`observe`] asks the server about itself.

mod accounts;
mod administration;
mod audit;
pub(super) mod backup;
mod batch;
mod canonical;
mod certificate;
mod codes;
mod commit;
mod connection;
mod database;
mod directory;
mod driver;
mod factor_queries;
mod factors;
mod failure;
mod funnel;
mod guesses;
mod header;
mod identity;
mod kept;
mod literal;
mod log_in;
mod messages;
mod migrate;
mod observe;
mod oidc;
mod onboarding;
mod organizations;
mod outbox;
mod passkeys;
mod personal;
mod pool;
mod provision;
mod purge;
mod read;
mod reading;
mod remembered;
mod reminders;
pub(super) mod restore;
mod retry;
mod row;
mod sessions;
mod stale;
mod streams;
mod templates;
mod trouble;
mod ways_in;

use async_trait::async_trait;
use uuid::Uuid;

use super::metrics::StoreMetrics;
use super::migration::MigrationError;
use super::observation::ViewReading;
use super::outbox::{Claim, ClaimedMessage, OutboxStatus, Settlement};
use super::{
    Asker, Canonicalized, DatabaseClock, KeptAnswer, LookUp, Mutation, Outcome, PoolStatus, Scope,
    SessionsQuery, Store, StoreError, StoredTemplate, Templates,
};
use crate::config::SqlServerConfig;
use crate::domain::guessing::{Debt, GuessKey};
use crate::domain::onboarding::Onboarding;
use crate::domain::session::{SessionSummary, TokenHash, TokenState};
use crate::domain::{Credentials, Email, Timestamp, User};

pub use migrate::{is_refused_login, may_pass, migrate};
pub use provision::{ProvisionError, Provisioned, provision};

/// A SQL Server database.
#[derive(Debug)]
pub struct SqlServerStore {
    pool: pool::Pool,
    clock: DatabaseClock,
}

/// Opens the migrated database. The store connects in the background. Calls wait for a connection until then, or are
/// [`StoreError::Unavailable`]. The function must be called on a runtime.
pub fn open(config: &SqlServerConfig, metrics: &StoreMetrics) -> Result<SqlServerStore, MigrationError> {
    let driver = driver::driver_config(config, &config.database);
    let driver = driver.map_err(|error| migrate::cannot_open(config, error))?;
    let connector = connection::Connector::new(driver);
    let pool = pool::Pool::start(connector, &config.pool, metrics.pool_wait.clone());
    Ok(SqlServerStore { pool, clock: DatabaseClock::default() })
}

#[async_trait]
impl Templates for SqlServerStore {
    async fn templates(&self) -> Result<Vec<StoredTemplate>, StoreError> {
        templates::all(&self.pool).await
    }

    async fn keep_template(&self, template: StoredTemplate, at: Timestamp) -> Result<(), StoreError> {
        templates::keep(&self.pool, &template, at).await
    }
}

#[async_trait]
impl Store for SqlServerStore {
    async fn commit(&self, mutation: Mutation) -> Result<Outcome, StoreError> {
        commit::commit(&self.pool, &mutation).await
    }

    async fn kept_answer(&self, scope: Scope, now: Timestamp) -> Result<Option<KeptAnswer>, StoreError> {
        read::kept_answer(&self.pool, scope, now).await
    }

    async fn look_up(&self, scope: Scope, asker: Asker, now: Timestamp) -> Result<LookUp, StoreError> {
        kept::look_up(&self.pool, scope, asker, now).await
    }

    async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, StoreError> {
        read::credentials(&self.pool, email).await
    }

    async fn user(&self, id: Uuid) -> Result<Option<User>, StoreError> {
        read::user(&self.pool, id).await
    }

    async fn token_state(&self, hash: TokenHash) -> Result<Option<TokenState>, StoreError> {
        read::token_state(&self.pool, &self.clock, hash).await
    }

    async fn sessions(&self, query: SessionsQuery) -> Result<Vec<SessionSummary>, StoreError> {
        sessions::list(&self.pool, query).await
    }

    async fn revoked_sessions(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
        sessions::revoked_since(&self.pool, since, limit).await
    }

    async fn is_revoked(&self, id: Uuid) -> Result<bool, StoreError> {
        sessions::is_revoked(&self.pool, id).await
    }

    async fn onboarding(&self, user_id: Uuid) -> Result<Option<Onboarding>, StoreError> {
        read::onboarding(&self.pool, user_id).await
    }

    async fn claim_messages(&self, claim: Claim) -> Result<Vec<ClaimedMessage>, StoreError> {
        outbox::claim(&self.pool, &claim).await
    }

    async fn settle_message(&self, settlement: Settlement) -> Result<bool, StoreError> {
        outbox::settle(&self.pool, &settlement).await
    }

    async fn outbox_status(&self, channel: &str) -> Result<OutboxStatus, StoreError> {
        outbox::status(&self.pool, channel).await
    }

    async fn onboarding_at(&self, user_id: Uuid, version: i64) -> Result<Option<Onboarding>, StoreError> {
        kept::onboarding_at(&self.pool, user_id, version).await
    }

    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        purge::expired(&self.pool, now, limit).await
    }

    async fn purge_audit(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        purge::audit(&self.pool, before, limit).await
    }

    async fn guess_debts(&self, keys: Vec<GuessKey>) -> Result<Vec<(GuessKey, Debt)>, StoreError> {
        guesses::debts(&self.pool, &keys).await
    }

    async fn canonicalize(&self, now: Timestamp, limit: u32) -> Result<Canonicalized, StoreError> {
        canonical::fill(&self.pool, now, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        read::ping(&self.pool, &self.clock).await
    }

    async fn observe(&self) -> Result<Vec<ViewReading>, StoreError> {
        observe::observe(&self.pool).await
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn pool(&self) -> PoolStatus {
        self.pool.status()
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
