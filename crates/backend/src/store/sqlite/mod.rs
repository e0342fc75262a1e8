//! The embedded store: one SQLite file in WAL mode, shared by the processes of one machine.
//!
//! Each process has one writer thread and a few reader threads. The writer takes mutations from a bounded queue, and
//! commits waiting mutations together with one flush. SQLite's file lock orders the processes. A call that waits
//! longer than [`connection::BUSY_TIMEOUT`] for the lock gives up with no effect. The kernel drops the lock of a
//! killed process.

mod accounts;
mod administration;
mod audit;
pub(super) mod backup;
mod canonical;
mod check;
mod codes;
mod connection;
mod crew;
mod directory;
mod factor_queries;
mod factors;
mod funnel;
mod guesses;
mod identity;
mod job;
mod kept;
mod last_backup;
mod log_in;
mod messages;
mod migrate;
mod mutate;
mod observe;
mod oidc;
mod onboarding;
mod organizations;
mod outbox;
mod passkeys;
mod personal;
mod place;
#[cfg(test)]
mod plans;
mod purge;
mod read;
mod remembered;
mod reminders;
pub(super) mod restore;
mod rows;
mod sessions;
mod streams;
mod templates;
mod ways_in;
mod work;

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use uuid::Uuid;

use super::metrics::StoreMetrics;
use super::migration::MigrationError;
use super::observation::ViewReading;
use super::outbox::{Claim, ClaimedMessage, OutboxStatus, Settlement};
use super::{
    Asker, BoxError, Canonicalized, KeptAnswer, LookUp, Mutation, Outcome, PoolStatus, Scope, SessionsQuery,
    Store, StoreError, StoredTemplate, Templates,
};
use crate::config::PoolConfig;
use crate::domain::guessing::{Debt, GuessKey};
use crate::domain::onboarding::Onboarding;
use crate::domain::session::{SessionSummary, TokenHash, TokenState};
use crate::domain::{Credentials, Email, Timestamp, User, cut_to_millisecond};

use crew::Crew;
use job::Job;
pub use migrate::{cannot_open, may_pass, migrate};
use place::Place;

/// The largest number of reader threads. More of them only compete for the file's cache.
const MAX_READERS: u32 = 4;

/// A SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    writer: Crew,
    readers: Crew,
}

/// The path of a companion of the database at `path`, such as its `-wal`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes a new file that only its owner can read, because it will hold password hashes. SQLite gives the files beside
/// a database (`-wal`, `-shm`) the same mode.
fn create_private(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}

/// Opens the migrated database at `path`.
pub fn open(path: &Path, pool: PoolConfig, metrics: &StoreMetrics) -> Result<SqliteStore, MigrationError> {
    let readers = pool.max.saturating_sub(1).clamp(1, MAX_READERS);
    let start = || -> Result<_, BoxError> {
        let (wait, connection) = (&metrics.pool_wait, connection::open(path)?);
        // A first reading makes the log. It stays as long as this connection does.
        read::ping(&connection)?;
        let place = Place::of(path)?;
        let writer = Crew::start("sqlite-writer", vec![connection], &place, wait, work::write)?;
        let connections = (0..readers).map(|_| connection::open_reader(path)).collect::<Result<_, _>>()?;
        let readers = Crew::start("sqlite-reader", connections, &place, wait, work::read)?;
        // Whatever was opened meanwhile is one database.
        place.check()?;
        Ok(SqliteStore { path: path.to_owned(), writer, readers })
    };
    start().map_err(|source| cannot_open(path, source))
}

#[async_trait]
impl Templates for SqliteStore {
    async fn templates(&self) -> Result<Vec<StoredTemplate>, StoreError> {
        self.readers.submit(Job::new(templates::all)).await
    }

    async fn keep_template(&self, template: StoredTemplate, at: Timestamp) -> Result<(), StoreError> {
        self.writer.submit(Job::new(move |connection| templates::keep(connection, &template, at))).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, mutation: Mutation) -> Result<Outcome, StoreError> {
        self.writer.submit(Job::keeping(move |connection| mutate::apply(connection, &mutation))).await
    }

    async fn kept_answer(&self, scope: Scope, now: Timestamp) -> Result<Option<KeptAnswer>, StoreError> {
        self.readers.submit(Job::new(move |connection| read::kept_answer(connection, &scope, now))).await
    }

    async fn look_up(&self, scope: Scope, asker: Asker, now: Timestamp) -> Result<LookUp, StoreError> {
        self.readers.submit(Job::new(move |connection| kept::look_up(connection, &scope, &asker, now))).await
    }

    async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, StoreError> {
        let email = email.clone();
        self.readers.submit(Job::new(move |connection| read::credentials(connection, &email))).await
    }

    async fn user(&self, id: Uuid) -> Result<Option<User>, StoreError> {
        self.readers.submit(Job::new(move |connection| read::user(connection, id))).await
    }

    async fn token_state(&self, hash: TokenHash) -> Result<Option<TokenState>, StoreError> {
        self.readers.submit(Job::new(move |connection| read::token_state(connection, hash))).await
    }

    async fn sessions(&self, query: SessionsQuery) -> Result<Vec<SessionSummary>, StoreError> {
        self.readers.submit(Job::new(move |connection| sessions::list(connection, &query))).await
    }

    async fn revoked_sessions(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
        self.readers
            .submit(Job::new(move |connection| sessions::revoked_since(connection, since, limit)))
            .await
    }

    async fn is_revoked(&self, id: Uuid) -> Result<bool, StoreError> {
        self.readers.submit(Job::new(move |connection| sessions::is_revoked(connection, id))).await
    }

    async fn onboarding(&self, user_id: Uuid) -> Result<Option<Onboarding>, StoreError> {
        self.readers.submit(Job::new(move |connection| read::onboarding(connection, user_id))).await
    }

    async fn claim_messages(&self, claim: Claim) -> Result<Vec<ClaimedMessage>, StoreError> {
        let (channel, now) = (claim.channel.clone(), claim.now);
        let due = Job::new(move |connection| outbox::is_due(connection, &channel, now));
        if !self.readers.submit(due).await? {
            return Ok(Vec::new());
        }
        self.writer.submit(Job::new(move |connection| outbox::claim(connection, &claim))).await
    }

    async fn settle_message(&self, settlement: Settlement) -> Result<bool, StoreError> {
        self.writer.submit(Job::new(move |connection| outbox::settle(connection, &settlement))).await
    }

    async fn outbox_status(&self, channel: &str) -> Result<OutboxStatus, StoreError> {
        let channel = channel.to_owned();
        self.readers.submit(Job::new(move |connection| outbox::status(connection, &channel))).await
    }

    async fn onboarding_at(&self, user_id: Uuid, version: i64) -> Result<Option<Onboarding>, StoreError> {
        self.readers
            .submit(Job::new(move |connection| kept::onboarding_at(connection, user_id, version)))
            .await
    }

    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.writer.submit(Job::new(move |connection| purge::expired(connection, now, limit))).await
    }

    async fn purge_audit(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.writer.submit(Job::new(move |connection| purge::audit(connection, before, limit))).await
    }

    async fn guess_debts(&self, keys: Vec<GuessKey>) -> Result<Vec<(GuessKey, Debt)>, StoreError> {
        self.readers.submit(Job::new(move |connection| guesses::debts(connection, &keys))).await
    }

    async fn canonicalize(&self, now: Timestamp, limit: u32) -> Result<Canonicalized, StoreError> {
        self.writer.submit(Job::new(move |connection| canonical::fill(connection, now, limit))).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let ping = self.readers.submit(Job::new(read::ping));
        let slow = |_| StoreError::exhausted("an answer to a sign of life");
        tokio::time::timeout(connection::PING_TIMEOUT, ping).await.map_err(slow)?
    }

    async fn observe(&self) -> Result<Vec<ViewReading>, StoreError> {
        Ok(observe::observe(&self.readers, &self.path).await)
    }

    /// The time of this machine, which all processes of the database share. The kernel is asked directly, without any
    /// library that could change the time for one process.
    fn now(&self) -> Timestamp {
        let clock = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        let since_epoch = time::Duration::new(clock.tv_sec, i32::try_from(clock.tv_nsec).unwrap_or_default());
        cut_to_millisecond(Timestamp::UNIX_EPOCH + since_epoch)
    }

    fn pool(&self) -> PoolStatus {
        let (writer, readers) = (self.writer.load(), self.readers.load());
        let (open, in_use) = (writer.threads + readers.threads, writer.working + readers.working);
        let waiting = writer.waiting + readers.waiting;
        PoolStatus { max: open, open, idle: open.saturating_sub(in_use), in_use, waiting }
    }

    async fn close(&self) {
        self.writer.stop().await;
        self.readers.stop().await;
    }
}
