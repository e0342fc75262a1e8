//! A mutation: an effect, its idempotency record and its audit row, which are committed together.

use uuid::Uuid;

use super::messages::Replay;
use super::outbox::NewMessage;
use super::{
    Administration, AuditEntry, FactorChange, IdentityChange, OidcChange, OrganizationChange, PasskeyChange,
    Reminder, Reshape,
};
use crate::domain::guessing::{GuessKey, Limit};
use crate::domain::onboarding::{StepKey, StepRecord};
use crate::domain::one_time_code::NewCode;
use crate::domain::organization::Refusal;
use crate::domain::session::{NewSession, NewToken, TokenHash};
use crate::domain::{Client, NewUser, PasswordHash, Timestamp};

/// The lifetime of an idempotency record.
pub const KEPT_FOR: time::Duration = time::Duration::DAY;

/// The primary key of an idempotency record: SHA-256 over asker, method, path and `Idempotency-Key`.
pub type Scope = [u8; 32];

/// A keyed hash of the asker, by which live records are counted.
pub type Asker = [u8; 16];

/// The number up to which live records of one asker are counted.
pub const MAX_COUNTED: u32 = 1000;

/// The number of earlier versions of steps that are kept for one person.
pub const MAX_STEP_VERSIONS: u32 = 100;

/// What is known of a request before it is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookUp {
    /// The stored answer of an earlier request; none for a new request.
    pub kept: Option<KeptAnswer>,
    /// The number of live records of the asker, at most [`MAX_COUNTED`].
    pub live: u32,
}

/// One change of the database, done whole or not at all.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// The time of the change, for every row that has a time.
    pub at: Timestamp,
    /// The record that makes the request repeatable; none for a request without a key.
    pub idempotency: Option<IdempotencyRecord>,
    /// The id of the session that asks; none for a request without an access token. The outcome is
    /// [`Outcome::SessionRevoked`] where the session is gone or was ended.
    pub session: Option<Uuid>,
    /// The effect.
    pub effect: Effect,
    /// The messages about the change for mail and webhook.
    pub messages: Vec<NewMessage>,
    /// The audit row; none for a change that is not audited.
    pub audit: Option<AuditEntry>,
}

/// The effect of a mutation.
#[derive(Debug, Clone)]
pub enum Effect {
    /// No effect: only the record is kept, for an answer such as `email_taken`.
    None,
    /// Makes an account with its first session and an onboarding in the state `Onboarding::begun(template, at)`
    /// (version 1, one completed step `account` with empty data). The outcome is [`Outcome::EmailTaken`] where
    /// another account has the address.
    Register {
        /// The account.
        user: Box<NewUser>,
        /// The first session.
        session: NewSession,
        /// The code of the first mail; none where no mail is sent.
        code: Option<Box<NewCode>>,
        /// The limit that counts the registration like a guess.
        counted: Option<Limit>,
    },
    /// Makes an account without a session, with an onboarding as in `Register`. The outcome is
    /// [`Outcome::EmailTaken`] where another account has the address.
    AddAccount(Box<NewUser>),
    /// A change of an account by somebody else; see [`Administration`].
    Administer(Administration),
    /// A change of an account, or of the codes that prove who asks for it.
    Identity(Box<IdentityChange>),
    /// A change of an organization, its members or invitations.
    Organize(Box<OrganizationChange>),
    /// Several effects in order. The first one whose outcome is not [`Outcome::Committed`] undoes all of them.
    Sequence(Vec<Effect>),
    /// A change or use of second factors.
    Factor(FactorChange),
    /// A log-in at a provider, or a change of a person's identities.
    Oidc(Box<OidcChange>),
    /// A change or use of passkeys.
    Passkey(Box<PasskeyChange>),
    /// A further session of a known user.
    StartSession(NewSession),
    /// Counts wrong guesses. Guesses that are counted at the same time are all counted.
    CountGuesses(Vec<Limit>),
    /// A further session of a person who has just authenticated. The outcome is [`Outcome::Stale`] where the account
    /// is not as it was read.
    LogIn(Box<LogIn>),
    /// Replaces a refresh token. The session's version goes from `expected_version` to the next. The outcome is
    /// [`Outcome::Stale`] where the version is another, or the session was ended. `replaced` gets `successor_kid`,
    /// and gets `replaced_at = at` if it has none yet, so that the grace counts from the first time. `replacement`
    /// becomes a token of the session with `replaced` as its parent.
    RotateToken(Box<Rotation>),
    /// Ends a session: `revoked_at = at` if it has none yet. A session that is gone or was ended is no error.
    RevokeSession {
        /// The id of the session.
        session_id: Uuid,
    },
    /// Ends a session of one person. The outcome is [`Outcome::Stale`] where the person has no live session with this
    /// id.
    RevokeOwnSession {
        /// The id of the account that the session must belong to.
        user_id: Uuid,
        /// The id of the session.
        session_id: Uuid,
    },
    /// Ends all sessions of one person except one, and forgets all remembered devices.
    RevokeSessions {
        /// The id of the account.
        user_id: Uuid,
        /// The id of the session that stays; none ends all of them.
        except: Option<Uuid>,
    },
    /// Sets one step of an onboarding (insert or replace). The step's state before is kept as long as an answer, for
    /// [`crate::store::Store::onboarding_at`]. The onboarding's version goes from `expected_version` to the next. The
    /// outcome is [`Outcome::Stale`] where the version is another.
    SaveStep {
        /// The id of the account.
        user_id: Uuid,
        /// The version that the decision was made on.
        expected_version: i64,
        /// The key of the step.
        step: StepKey,
        /// The new record of the step.
        record: StepRecord,
        /// Other changes of the onboarding.
        reshape: Option<Box<Reshape>>,
    },
    /// Makes an onboarding an instance of another template, without a person's doing. The version guards the change
    /// as in `SaveStep`.
    ReshapeOnboarding {
        /// The id of the account.
        user_id: Uuid,
        /// The version that the decision was made on.
        expected_version: i64,
        /// The changes.
        reshape: Box<Reshape>,
    },
    /// Completes an onboarding: `completed_at = at`, and `activated_at = at` if it has none yet. The version guards
    /// the change as in `SaveStep`.
    CompleteOnboarding {
        /// The id of the account.
        user_id: Uuid,
        /// The version that the decision was made on.
        expected_version: i64,
        /// Other changes of the onboarding.
        reshape: Option<Box<Reshape>>,
    },
    /// Queues messages again; see [`Replay`].
    Replay(Replay),
    /// Reopens a completed onboarding: `completed_at` becomes none, and `activated_at` stays. The version guards the
    /// change as in `SaveStep`. The outcome is [`Outcome::Stale`] where the onboarding is not completed.
    ReopenOnboarding {
        /// The id of the account.
        user_id: Uuid,
        /// The version that the decision was made on.
        expected_version: i64,
    },
    /// Records a reminder, together with its mail. The outcome is [`Outcome::Stale`] where one of the guards of
    /// [`Reminder`] fails.
    Remind(Reminder),
}

impl Effect {
    /// The effect's name in metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "keep_answer",
            Self::Register { .. } => "register",
            Self::AddAccount(_) => "add_account",
            Self::Administer(administration) => administration.change.name(),
            Self::Identity(change) => change.name(),
            Self::Organize(change) => change.name(),
            Self::Sequence(effects) => effects.first().map_or("nothing", Self::name),
            Self::Factor(change) => change.name(),
            Self::Oidc(change) => change.name(),
            Self::Passkey(change) => change.name(),
            Self::StartSession(_) => "start_session",
            Self::LogIn(_) => "log_in",
            Self::CountGuesses(_) => "count_guesses",
            Self::RotateToken(_) => "rotate_token",
            Self::RevokeSession { .. } => "revoke_session",
            Self::RevokeOwnSession { .. } => "revoke_own_session",
            Self::RevokeSessions { .. } => "revoke_sessions",
            Self::SaveStep { .. } => "save_step",
            Self::ReshapeOnboarding { .. } => "reshape_onboarding",
            Self::CompleteOnboarding { .. } => "complete_onboarding",
            Self::Replay(_) => "replay_messages",
            Self::ReopenOnboarding { .. } => "reopen_onboarding",
            Self::Remind(_) => "remind",
        }
    }
}

/// The replacement of a refresh token by its successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The id of the session.
    pub session_id: Uuid,
    /// The version that the decision was made on.
    pub expected_version: i64,
    /// The hash of the presented token.
    pub replaced: TokenHash,
    /// The successor.
    pub replacement: NewToken,
    /// The name of the secret whose key derived the successor (at most 64 characters).
    pub successor_kid: String,
    /// The client that used the session.
    pub client: Client,
}

/// The changes of a log-in.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// The session that begins.
    pub session: NewSession,
    /// The account as it was read, which must not be suspended. A log-in locks the account's row, and so does a
    /// change that ends all sessions. So either the log-in comes first and the other change ends its session, or the
    /// log-in is stale.
    pub seen: SeenAccount,
    /// A hash to replace `seen.password_hash`, which an earlier rule made.
    pub rehash: Option<PasswordHash>,
    /// The debt of wrong guesses to forgive.
    pub forgiven: Option<GuessKey>,
    /// The remembered device that stood for a second factor. Where it is not remembered any more, the log-in is stale: it
    /// was forgotten while the password was judged.
    pub remembered: Option<Uuid>,
}

/// The facts about an account that a log-in was decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAccount {
    /// The hash that the given password was checked against; none without a password.
    pub password_hash: Option<PasswordHash>,
    /// The end of the account's grace; none where the account was not closing.
    pub closing_at: Option<Timestamp>,
}

/// The outcome of a mutation. All outcomes but `Committed` have changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The whole mutation is durable.
    Committed,
    /// The key was used before. The record is that of the first use.
    Kept(KeptAnswer),
    /// Another account has the e-mail address.
    EmailTaken,
    /// The session that asks has ended.
    SessionRevoked,
    /// Too many codes were sent lately.
    Throttled,
    /// The change of an organization is refused, for this reason.
    Organization(Refusal),
    /// The stored version is not the expected one, or the row is gone.
    Stale,
}

/// An idempotency record to keep. The store takes hash and answer as plain bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The key of the record.
    pub scope: Scope,
    /// The asker among whose records this one counts; none where it is not counted.
    pub asker: Option<Asker>,
    /// The hash of the request's body, and the answer.
    pub kept: KeptAnswer,
    /// The end of the record's lifetime.
    pub expires_at: Timestamp,
}

/// The stored hash of a request and its stored answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The name of the secret whose keys made `body_hash` and `answer` (at most 64 characters).
    pub kid: String,
    /// HMAC-SHA256 of the request's body.
    pub body_hash: [u8; 32],
    /// Status, headers and body of the answer, encrypted (at most 128 KiB).
    pub answer: Vec<u8>,
}
