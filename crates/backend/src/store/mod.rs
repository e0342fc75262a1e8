//! The database, behind one trait with two implementations.
//!
//! [`Store`] takes and gives domain types. `sqlite` and `sql_server` implement it, and the
//! contract suite in `tests/it/store/contract.rs` runs on both: what it checks is what
//! a store must do.
//!
//! # One mutation, one transaction
//!
//! Every change goes through [`Store::commit`] as one [`Mutation`]: an effect, the idempotency record that makes the
//! change repeatable, and the audit row. A store does these steps in this order, in one transaction:
//!
//! 1. Where `mutation.idempotency` is given: insert the record. A stored record of the same
//!    scope whose `expires_at` is not after `mutation.at` counts as absent and is replaced. A
//!    live one ends the transaction: roll back, read it, give [`Outcome::Kept`]. This comes
//!    first, so that a repetition is told apart from a conflict: the loser of a race between two
//!    tries of one registration hears `Kept` and never `EmailTaken`.
//! 2. Where `mutation.session` is given: the session must be there and not have ended, else
//!    [`Outcome::SessionRevoked`], and nothing is done. A repetition still gets its answer, by 1.
//!    A store with several writers looks once more after a change of an account has locked its row: what ended the
//!    session meanwhile has been waited for there.
//! 3. The effect. A unique constraint or a version guard that fails rolls all back, the record
//!    included, and gives the [`Outcome`] of its name.
//! 4. Insert `mutation.messages` into the [`outbox`], and the audit row where `mutation.audit` is given.
//! 5. Commit, and give [`Outcome::Committed`].
//!
//! The record holds the answer, so callers make the answer before the commit. Callers make ids, times and tokens. A
//! decision on stored state is guarded by the version that was read ([`Outcome::Stale`]: read again and decide
//! again). So no store makes an id or reads a clock for a row. Callers take the time from [`Store::now`], so that all
//! instances judge by the same clock.
//!
//! Nothing outside of the transaction may hold a lock, because an instance can be stopped (SIGSTOP) or cut off at any
//! point. On SQL Server a mutation therefore is one batch in one round trip. On SQLite the writer's thread waits only
//! for the file within a transaction. A caller that goes away (a dropped future) leaves neither an open transaction
//! nor a half-read connection, because the work belongs to a thread or task of the store.
//!
//! # What an implementation offers besides the trait
//!
//! - `migrate(&config) -> Result<Vec<String>, MigrationError>`: makes the database where it is
//!   missing and may be made, applies what [`migration::plan`] says is due, and gives the names
//!   (`0001_create_users`) of what it applied. Safe when many instances do it at once.
//! - `open(&config, StoreMetrics) -> Result<TheStore, MigrationError>`: connects to a migrated
//!   database. `config` is [`crate::config::SqlServerConfig`] for SQL Server.
//! - What [`backup`] asks for: taking, checking and restoring backups.

mod administration;
mod archive;
mod audit;
pub mod backup;
mod clock;
pub mod directory;
mod error;
mod factors;
pub mod funnel;
mod identity;
pub mod late;
pub mod messages;
pub mod metrics;
pub mod migration;
mod mutation;
pub mod observation;
mod oidc;
mod organization;
pub mod outbox;
mod passkeys;
pub mod reminders;
mod reshape;
pub mod sql_server;
pub mod sqlite;
mod templates;
mod way_in;

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::guessing::{Debt, GuessKey};
use crate::domain::onboarding::Onboarding;
use crate::domain::session::{SessionSummary, TokenHash, TokenState};
use crate::domain::{Credentials, Email, Timestamp, User};
use directory::Directory;
use funnel::Funnels;
use messages::Messages;
use observation::ViewReading;
use outbox::{Claim, ClaimedMessage, OutboxStatus, Settlement};
use reminders::{Reminder, Reminders};

pub use administration::{AccountChange, Administration};
pub use audit::{Actor, AuditAction, AuditEntry};
pub use clock::DatabaseClock;
pub use error::{BoxError, StoreError};
pub use factors::{FactorChange, FactorLogIn, Factors, RememberedDevice, RightPassword, StepUp};
pub use identity::{AuditRecord, CodeUse, Identities, IdentityChange, PersonalRecords, SessionRecord};
pub use mutation::{
    Asker, Effect, IdempotencyRecord, KEPT_FOR, KeptAnswer, LogIn, LookUp, MAX_COUNTED, MAX_STEP_VERSIONS,
    Mutation, Outcome, Rotation, Scope, SeenAccount,
};
pub use oidc::{OidcChange, OidcIdentities};
pub use organization::{DomainTarget, InvitationTarget, MemberTarget, OrganizationChange, Organizations};
pub use passkeys::{PasskeyChange, Passkeys};
pub use reshape::Reshape;
pub use templates::{StoredTemplate, Templates};
pub use way_in::WayIn;

/// The calls of the service to a database.
///
/// A caller may drop any call at any time without harm. Every call ends by itself within 20 s (waiting for a
/// connection: `DB_POOL_ACQUIRE_TIMEOUT_MS`; waiting for a lock: 13 s).
#[async_trait]
pub trait Store:
    Directory
    + Factors
    + Funnels
    + Identities
    + Messages
    + OidcIdentities
    + Organizations
    + Passkeys
    + Reminders
    + Templates
    + Send
    + Sync
    + 'static
{
    /// Does the whole `mutation` or nothing. The module's page has the order of steps.
    async fn commit(&self, mutation: Mutation) -> Result<Outcome, StoreError>;

    /// The live idempotency record (`expires_at > now`) of `scope`.
    async fn kept_answer(&self, scope: Scope, now: Timestamp) -> Result<Option<KeptAnswer>, StoreError>;

    /// The live record of `scope`, and the number of live records of `asker`, by one query.
    async fn look_up(&self, scope: Scope, asker: Asker, now: Timestamp) -> Result<LookUp, StoreError>;

    /// The account whose address equals `email` ([`Email::canonical`]), with its password hash. Where two accounts
    /// have spellings of one mailbox, the account with this very spelling ([`Email::key`]).
    async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, StoreError>;

    /// The account `id`.
    async fn user(&self, id: Uuid) -> Result<Option<User>, StoreError>;

    /// The state of a refresh token, joined with its session and user. None for a token that is unknown or purged.
    async fn token_state(&self, hash: TokenHash) -> Result<Option<TokenState>, StoreError>;

    /// Live sessions of one person: first the given session, then the last used ones.
    async fn sessions(&self, query: SessionsQuery) -> Result<Vec<SessionSummary>, StoreError>;

    /// The `limit` latest sessions that were ended at `since` or later, with the times of their ends. The latest come
    /// first.
    async fn revoked_sessions(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Uuid, Timestamp)>, StoreError>;

    /// Whether the session `id` exists and was ended.
    async fn is_revoked(&self, id: Uuid) -> Result<bool, StoreError>;

    /// The onboarding of the user `id` with its touched steps, all as of one moment.
    async fn onboarding(&self, user_id: Uuid) -> Result<Option<Onboarding>, StoreError>;

    /// Leases at most `claim.limit` messages of the outbox that are due, the longest due first. Each message gets the
    /// lease's id and one more attempt, and is due again at `claim.until`. No message is given to two instances. The
    /// answer may be empty while other instances take messages. A message without content is never due.
    async fn claim_messages(&self, claim: Claim) -> Result<Vec<ClaimedMessage>, StoreError>;

    /// Stores the outcome of a leased message. False, and nothing changes, where the message has another lease by
    /// now. (Also false where the connection was lost after the change, and the change was repeated.)
    async fn settle_message(&self, settlement: Settlement) -> Result<bool, StoreError>;

    /// The numbers of messages of `channel` by state.
    async fn outbox_status(&self, channel: &str) -> Result<OutboxStatus, StoreError>;

    /// The steps of the onboarding of the user `id` as they were in `version`, as far as earlier versions are kept
    /// ([`MAX_STEP_VERSIONS`], and no longer than answers). A step whose version is not kept is missing or older. The
    /// completion is the present one. None where the onboarding has not reached `version`.
    async fn onboarding_at(&self, user_id: Uuid, version: i64) -> Result<Option<Onboarding>, StoreError>;

    /// Deletes at most `limit` rows of each kind: idempotency records whose `expires_at` is not after `now`; codes,
    /// flows and answered challenges that expired a day ago; refresh tokens that expired a day ago, with sessions
    /// that have no token left; forgiven guesses; messages that were settled some days ago ([`outbox::KEPT_SENT`],
    /// [`outbox::KEPT_DEAD`]). Gives the number of deleted rows. The caller calls again until that is zero.
    /// Transactions are small, because others wait for them.
    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Deletes at most `limit` audit rows that are older than `before`, as [`Store::purge`] does.
    async fn purge_audit(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// The debts of wrong guesses under these keys, without empty ones.
    async fn guess_debts(&self, keys: Vec<GuessKey>) -> Result<Vec<(GuessKey, Debt)>, StoreError>;

    /// Fills in [`Email::canonical`] for at most `limit` accounts of earlier versions. An address whose form another
    /// account has is left empty and noted once as a collision. A collision whose other account is gone or has
    /// another address is filled in. Gives what was done. The caller calls again until nothing was done. Several
    /// instances may call at once.
    async fn canonicalize(&self, now: Timestamp, limit: u32) -> Result<Canonicalized, StoreError>;

    /// Checks that the schema is there and can be read, within 2 s. Sets the clock of [`Store::now`].
    async fn ping(&self) -> Result<(), StoreError>;

    /// The readings of the database's own views, for metrics. The call waits for a connection as a request does, and
    /// holds one at most. An error only where the database cannot be asked at all.
    async fn observe(&self) -> Result<Vec<ViewReading>, StoreError>;

    /// The time now by the database's clock, which all instances share. The database is not asked. Before the first
    /// successful [`Store::ping`] the time may be this machine's.
    fn now(&self) -> Timestamp;

    /// The state of this instance's connections.
    fn pool(&self) -> PoolStatus;

    /// Finishes the queued work and closes the connections. Later calls are [`StoreError::Unavailable`]. The server
    /// calls this once, when no request is left.
    async fn close(&self);
}

/// A query for sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionsQuery {
    /// The id of the account.
    pub user_id: Uuid,
    /// The id of the session that comes first.
    pub first: Uuid,
    /// The time now. Sessions that have expired by then are left out.
    pub now: Timestamp,
    /// The time that all sessions were begun after.
    pub begun_after: Timestamp,
    /// The largest number of sessions.
    pub limit: u32,
}

/// The result of [`Store::canonicalize`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Canonicalized {
    /// The number of accounts that got their canonical form.
    pub filled: u64,
    /// The ids of accounts whose form another account has.
    pub collisions: Vec<Uuid>,
    /// The number of all accounts that collide, those that were found earlier included.
    pub unresolved: u64,
}

impl Canonicalized {
    /// Whether there was nothing to do.
    pub fn is_nothing(&self) -> bool {
        self.filled == 0 && self.collisions.is_empty()
    }
}

/// The connections of an instance to its database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// The largest number of connections.
    pub max: u32,
    /// The number of open connections, idle and in use.
    pub open: u32,
    /// The number of idle connections.
    pub idle: u32,
    /// The number of connections in use.
    pub in_use: u32,
    /// The number of requests that wait for a connection.
    pub waiting: u32,
}
