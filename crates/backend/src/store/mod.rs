//! The database, behind one trait with two implementations.
//!
//! [`Store`] takes and gives domain types. `sqlite` and `sql_server` implement it, and the
//! contract suite in `tests/it/store/contract.rs` runs on both: what it checks is what
//! a store must do.
//!
//! # One mutation, one transaction
//!
//! Everything that changes something goes through [`Store::commit`] as one [`Mutation`]: an
//! effect, the idempotency record that makes it repeatable, and the audit row. A store does this,
//! in this order, in one transaction:
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
//! Because the record holds the answer, callers compute the answer before the commit: ids,
//! times and tokens are made by them, and what depends on stored state is read first and
//! guarded by the version that was seen ([`Outcome::Stale`]: read again and decide again).
//! Hence no store ever generates an id or reads a clock for a row; callers take the time from
//! [`Store::now`], so that what one instance stamps, another one judges by the same clock.
//!
//! Nothing outside the transaction may hold a lock: an instance can be stopped (SIGSTOP) or cut
//! off at any point of it. On SQL Server the whole mutation therefore is one batch in one round
//! trip; on SQLite no thread waits for anything but the file inside of it. A caller that goes
//! away (its future is dropped) must leave neither an open transaction nor a half-read
//! connection: the work belongs to a thread or task of the store, not to the caller.
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

/// What the service asks of a database.
///
/// Every call may be dropped at any time by its caller without harm. Every call ends by itself
/// within 20 s (waiting for a connection: `DB_POOL_ACQUIRE_TIMEOUT_MS`; waiting for a lock: 13 s).
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
    /// Does all of `mutation` or nothing; see the module for the order.
    async fn commit(&self, mutation: Mutation) -> Result<Outcome, StoreError>;

    /// The live (`expires_at > now`) idempotency record of `scope`.
    async fn kept_answer(&self, scope: Scope, now: Timestamp) -> Result<Option<KeptAnswer>, StoreError>;

    /// The live record of `scope`, and how many live records `asker` has, in one question.
    async fn look_up(&self, scope: Scope, asker: Asker, now: Timestamp) -> Result<LookUp, StoreError>;

    /// The account with an address equal to `email` ([`Email::canonical`]), and its password hash. Where two accounts
    /// have spellings of one mailbox, the one whose spelling it is ([`Email::key`]).
    async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, StoreError>;

    /// The account `id`.
    async fn user(&self, id: Uuid) -> Result<Option<User>, StoreError>;

    /// The state of a refresh token: joins token, session and user. A token that is unknown or
    /// already purged is none.
    async fn token_state(&self, hash: TokenHash) -> Result<Option<TokenState>, StoreError>;

    /// Live sessions of one person: one of them first, then those that were used last.
    async fn sessions(&self, query: SessionsQuery) -> Result<Vec<SessionSummary>, StoreError>;

    /// The sessions that were ended at `since` or later, and when; the `limit` latest, latest first.
    async fn revoked_sessions(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Uuid, Timestamp)>, StoreError>;

    /// Whether the session `id` is there and was ended.
    async fn is_revoked(&self, id: Uuid) -> Result<bool, StoreError>;

    /// The onboarding of the user `id`, with its touched steps, as of one moment: version and
    /// steps must belong together.
    async fn onboarding(&self, user_id: Uuid) -> Result<Option<Onboarding>, StoreError>;

    /// Takes at most `claim.limit` messages of the outbox that are due, the longest due first: each gets the lease's
    /// id, counts one attempt more and is due again at `claim.until`. No message is given to two. May give none while
    /// others take some; a message whose parameters are gone is never due.
    async fn claim_messages(&self, claim: Claim) -> Result<Vec<ClaimedMessage>, StoreError>;

    /// Says what became of a message that was taken; false where it is not with that lease any more, and then nothing
    /// changes. (Also false where the connection was lost after the change and it was repeated.)
    async fn settle_message(&self, settlement: Settlement) -> Result<bool, StoreError>;

    /// How the messages of `channel` stand.
    async fn outbox_status(&self, channel: &str) -> Result<OutboxStatus, StoreError>;

    /// The steps of the onboarding of the user `id` as they were in `version`, as far as earlier versions are kept
    /// ([`MAX_STEP_VERSIONS`], and no longer than answers): a step of which that is kept no longer is missing, or older. The
    /// completion is that of now. None where the onboarding has not come to `version`.
    async fn onboarding_at(&self, user_id: Uuid, version: i64) -> Result<Option<Onboarding>, StoreError>;

    /// Deletes at most `limit` rows each of: idempotency records whose `expires_at` is not after
    /// `now`; one-time codes, log-ins at providers and answered challenges that expired a day ago; refresh tokens likewise, and the sessions whose last token went by
    /// that; wrong guesses that are forgiven; messages that were sent or given up some days ago
    /// ([`outbox::KEPT_SENT`], [`outbox::KEPT_DEAD`]). Gives how many rows went in all;
    /// the caller comes again while this is not zero. Small transactions, since others wait.
    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// Deletes at most `limit` audit rows that are older than `before`, as [`Store::purge`] does.
    async fn purge_audit(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// What is owed for wrong guesses, where anything is.
    async fn guess_debts(&self, keys: Vec<GuessKey>) -> Result<Vec<(GuessKey, Debt)>, StoreError>;

    /// Fills in [`Email::canonical`] for at most `limit` accounts that an earlier version has made. An address that
    /// another account has in another spelling is left empty and noted as a collision, once; one whose address the other
    /// has no longer is filled in after all. Gives what it did; the caller comes again while that is not nothing. Harmless
    /// when many instances do it at once.
    async fn canonicalize(&self, now: Timestamp, limit: u32) -> Result<Canonicalized, StoreError>;

    /// Asks the database for a sign of life: its schema is there and can be read. Ends within 2 s. Sets the clock of
    /// [`Store::now`].
    async fn ping(&self) -> Result<(), StoreError>;

    /// What the database says about itself, view by view, for metrics. Waits for a connection as
    /// a request does, and holds one at most. An error where the database cannot be asked at all.
    async fn observe(&self) -> Result<Vec<ViewReading>, StoreError>;

    /// The time now by the database's clock, which is the same for every instance, without asking for it. Before the
    /// first [`Store::ping`] has succeeded it may be this machine's.
    fn now(&self) -> Timestamp;

    /// The connections of this instance, now.
    fn pool(&self) -> PoolStatus;

    /// Ends the work that is queued and closes the connections. Calls after it are
    /// [`StoreError::Unavailable`]. Called once, when no request is left.
    async fn close(&self);
}

/// Which sessions are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionsQuery {
    /// Whose sessions.
    pub user_id: Uuid,
    /// The one that comes first.
    pub first: Uuid,
    /// Those that have expired by then are left out.
    pub now: Timestamp,
    /// Those that were begun then or earlier are left out.
    pub begun_after: Timestamp,
    /// At most so many.
    pub limit: u32,
}

/// What [`Store::canonicalize`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Canonicalized {
    /// How many accounts got their form.
    pub filled: u64,
    /// The accounts that were found to have the form of another.
    pub collisions: Vec<Uuid>,
    /// How many accounts collide, those that were found earlier included.
    pub unresolved: u64,
}

impl Canonicalized {
    /// Whether there was nothing to do.
    pub fn is_nothing(&self) -> bool {
        self.filled == 0 && self.collisions.is_empty()
    }
}

/// Connections of this instance to its database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// How many there may be.
    pub max: u32,
    /// How many there are: idle and in use.
    pub open: u32,
    /// Open and free.
    pub idle: u32,
    /// Working.
    pub in_use: u32,
    /// Requests that wait for one.
    pub waiting: u32,
}
