//! A mutation: what is committed at once, an effect, its idempotency record and its audit row.

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

/// How long a record of a request and its answer counts.
pub const KEPT_FOR: time::Duration = time::Duration::DAY;

/// SHA-256 over who asks, method, path and `Idempotency-Key`: the primary key of the records.
pub type Scope = [u8; 32];

/// Who asks, as a keyed hash: what live records are counted by.
pub type Asker = [u8; 16];

/// Live records of one asker are counted no further.
pub const MAX_COUNTED: u32 = 1000;

/// So many earlier versions of their steps are kept for one person.
pub const MAX_STEP_VERSIONS: u32 = 100;

/// What is known of a request before it is done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookUp {
    /// What was kept for it.
    pub kept: Option<KeptAnswer>,
    /// How many live records its asker has, at most [`MAX_COUNTED`].
    pub live: u32,
}

/// One change of the database, done whole or not at all.
#[derive(Debug, Clone)]
pub struct Mutation {
    /// The time of the change, for every row that wants one.
    pub at: Timestamp,
    /// The record that makes the request repeatable; none where it bears no key.
    pub idempotency: Option<IdempotencyRecord>,
    /// The session that asks, where it asks by an access token. Gone or ended by now: [`Outcome::SessionRevoked`].
    pub session: Option<Uuid>,
    /// What changes.
    pub effect: Effect,
    /// What is told of it to the world outside, by mail and the like.
    pub messages: Vec<NewMessage>,
    /// What is remembered of it.
    pub audit: Option<AuditEntry>,
}

/// What a mutation changes.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Nothing: only the record is kept, for an answer such as `email_taken`.
    None,
    /// A new account with its first session and an onboarding in the state
    /// `Onboarding::begun(template, at)` (version 1, one completed step `account` with empty data).
    /// An address that is there already: [`Outcome::EmailTaken`].
    Register {
        /// The account.
        user: Box<NewUser>,
        /// Its first session.
        session: NewSession,
        /// What the first mail to its address brings.
        code: Option<Box<NewCode>>,
        /// What it is counted by, as a guess is.
        counted: Option<Limit>,
    },
    /// A new account without a session, with an onboarding as in `Register`.
    /// An address that is there already: [`Outcome::EmailTaken`].
    AddAccount(Box<NewUser>),
    /// A change of an account by somebody else; see there.
    Administer(Administration),
    /// A change of an account, or of the codes that prove who asks for it.
    Identity(Box<IdentityChange>),
    /// A change of an organization, its members or invitations.
    Organize(Box<OrganizationChange>),
    /// Several effects, one after the other. The first that does not end with [`Outcome::Committed`] undoes all of them.
    Sequence(Vec<Effect>),
    /// A change of second factors, or a use of one.
    Factor(FactorChange),
    /// A log-in at a provider, or what it leaves behind.
    Oidc(Box<OidcChange>),
    /// A change of passkeys, or a use of one.
    Passkey(Box<PasskeyChange>),
    /// A further session of a known user.
    StartSession(NewSession),
    /// Counts wrong guesses. Whatever others count at the same time, none is lost.
    CountGuesses(Vec<Limit>),
    /// A further session of somebody who has just proved who they are. Where the account is not as it was read by now:
    /// [`Outcome::Stale`].
    LogIn(Box<LogIn>),
    /// Replaces a refresh token. The session's version goes from `expected_version` to the next;
    /// where it is another or the session is revoked by now: [`Outcome::Stale`]. `replaced` gets
    /// `replaced_at = at` if it has none yet (the grace counts from the first time) and `successor_kid`, and
    /// `replacement` becomes a token of the session with `replaced` as its parent.
    RotateToken(Box<Rotation>),
    /// Ends a session: `revoked_at = at` if it has none yet. Ending one that is gone or ended
    /// already is no error.
    RevokeSession {
        /// The session.
        session_id: Uuid,
    },
    /// Ends a session of one person. Where they have none of this id that is not ended yet: [`Outcome::Stale`].
    RevokeOwnSession {
        /// Whose session it must be.
        user_id: Uuid,
        /// The session.
        session_id: Uuid,
    },
    /// Ends all sessions of one person, but for one of them. No device of theirs is remembered any more.
    RevokeSessions {
        /// Whose sessions.
        user_id: Uuid,
        /// The one that stays.
        except: Option<Uuid>,
    },
    /// Sets one step of an onboarding as given (insert or replace); what it was before is kept for as long as an
    /// answer, for [`crate::store::Store::onboarding_at`]. The onboarding's version goes from
    /// `expected_version` to the next; where it is another: [`Outcome::Stale`].
    SaveStep {
        /// Whose onboarding.
        user_id: Uuid,
        /// The version that the decision was made on.
        expected_version: i64,
        /// Which step.
        step: StepKey,
        /// All that is to be known of it.
        record: StepRecord,
        /// What else changes.
        reshape: Option<Box<Reshape>>,
    },
    /// Changes an onboarding without a person's doing: it becomes an instance of another template. Guarded as
    /// `SaveStep` is.
    ReshapeOnboarding {
        /// Whose onboarding.
        user_id: Uuid,
        /// The version that the decision was made on.
        expected_version: i64,
        /// What changes.
        reshape: Box<Reshape>,
    },
    /// Completes an onboarding: `completed_at = at`, and `activated_at = at` if it has none yet, guarded as `SaveStep` is.
    CompleteOnboarding {
        /// Whose onboarding.
        user_id: Uuid,
        /// The version that the decision was made on.
        expected_version: i64,
        /// What else changes.
        reshape: Option<Box<Reshape>>,
    },
    /// Messages are to be sent again; see there.
    Replay(Replay),
    /// Opens a completed onboarding again: it has no `completed_at` any more, and keeps when it was completed first.
    /// Guarded as `SaveStep` is; one that is not completed: [`Outcome::Stale`].
    ReopenOnboarding {
        /// Whose onboarding.
        user_id: Uuid,
        /// The version that the decision was made on.
        expected_version: i64,
    },
    /// Notes that a person is reminded, together with the mail that does it. See there for the guards, of which any
    /// that fails is [`Outcome::Stale`].
    Remind(Reminder),
}

impl Effect {
    /// A name for metrics and logs.
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

/// A refresh token that is replaced by its successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The session.
    pub session_id: Uuid,
    /// The version that the decision was made on.
    pub expected_version: i64,
    /// The token that was presented.
    pub replaced: TokenHash,
    /// The new one.
    pub replacement: NewToken,
    /// Which secret's key derived the new one (at most 64 characters).
    pub successor_kid: String,
    /// Who used the session.
    pub client: Client,
}

/// What a log-in changes.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// The session that begins.
    pub session: NewSession,
    /// What was read of the account, which must not be suspended. A change that ends every session locks the account's
    /// row, and so does a log-in: either it comes first, and its session is ended with the others, or it is stale.
    pub seen: SeenAccount,
    /// A hash in the place of `seen.password_hash`, which was made by an earlier rule.
    pub rehash: Option<PasswordHash>,
    /// A debt of wrong guesses that is forgiven.
    pub forgiven: Option<GuessKey>,
    /// The remembered device that stood for a second factor. Where it is not remembered any more, the log-in is stale: it
    /// was forgotten while the password was judged.
    pub remembered: Option<Uuid>,
}

/// What a log-in was decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAccount {
    /// What the given password was checked against; none where no password was.
    pub password_hash: Option<PasswordHash>,
    /// Whether the account was closing, and until when.
    pub closing_at: Option<Timestamp>,
}

/// How a mutation ended. All but `Committed` changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is durable.
    Committed,
    /// The same key was used before; this is what was kept then.
    Kept(KeptAnswer),
    /// Another account has the e-mail address.
    EmailTaken,
    /// The session that asks has ended.
    SessionRevoked,
    /// Too many codes were sent lately.
    Throttled,
    /// An organization is not changed, and why.
    Organization(Refusal),
    /// The version that was expected is not the stored one (or the row is gone).
    Stale,
}

/// A record that is to be kept. To the store, hash and answer are mere bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// What it is found by.
    pub scope: Scope,
    /// Whose records it is counted among; none where nobody counts.
    pub asker: Option<Asker>,
    /// The fingerprint of the request's body and the answer.
    pub kept: KeptAnswer,
    /// Until when it counts.
    pub expires_at: Timestamp,
}

/// What is kept of a request and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Which secret's keys made `body_hash` and `answer` (at most 64 characters).
    pub kid: String,
    /// HMAC-SHA256 of the request's body.
    pub body_hash: [u8; 32],
    /// Status, headers and body of the answer, encrypted (at most 128 KiB).
    pub answer: Vec<u8>,
}
