//! Effects on accounts, and on the codes that prove who asks for them.

mod queries;

use uuid::Uuid;

use crate::domain::guessing::Limit;
use crate::domain::one_time_code::NewCode;
use crate::domain::{Email, FullName, Language, PasswordHash, Theme, Timestamp, User};

pub use queries::{AuditRecord, Identities, PersonalRecords, SessionRecord};

/// A change of an account. Every store locks the account's row first, so that changes of one account are done one
/// after the other.
#[derive(Debug, Clone)]
pub enum IdentityChange {
    /// Stores a code. The unused codes of the same person and purpose get `superseded_at = at`. The outcome is
    /// [`Outcome::Throttled`] where a code was made after `quiet_since`, or [`MAX_RESENDS`] codes after
    /// `window_since`. The outcome is [`Outcome::Stale`] where the account is gone or has changed since it was read.
    /// A code for the account's own address needs that address to be still the account's.
    ///
    /// [`MAX_RESENDS`]: crate::domain::one_time_code::MAX_RESENDS
    /// [`Outcome::Throttled`]: super::Outcome::Throttled
    /// [`Outcome::Stale`]: super::Outcome::Stale
    IssueCode {
        /// The code.
        code: NewCode,
        /// The password hash that the given password was checked against; none without a password.
        seen: Option<PasswordHash>,
        /// The time after which no other code may have been made.
        quiet_since: Timestamp,
        /// The time after which only a limited number of codes may have been made.
        window_since: Timestamp,
    },
    /// Adds one attempt to every unused code of the person that has digits, and counts a guess.
    CountWrongDigits {
        /// The id of the account.
        user_id: Uuid,
        /// The limits that count the guess.
        limits: Vec<Limit>,
    },
    /// Uses a code. Marks `email` as verified where it still is the account's address.
    VerifyEmail {
        /// The code.
        code: CodeUse,
        /// The id of the account.
        user_id: Uuid,
        /// The address that the code was sent to.
        email: Email,
    },
    /// Uses a code, and sets the verified address `email`. The outcome is
    /// [`Outcome::EmailTaken`](super::Outcome::EmailTaken) where another account has the address. The person's other
    /// codes end.
    ChangeEmail {
        /// The code.
        code: CodeUse,
        /// The id of the account.
        user_id: Uuid,
        /// The address that the code was sent to.
        email: Email,
    },
    /// Uses a code and replaces the password. All sessions and the person's other codes end. The address counts as
    /// verified, because the link came by mail. Where the address was not verified before, identities at providers
    /// are removed: somebody else may have made the account and linked them.
    ResetPassword {
        /// The code.
        code: CodeUse,
        /// The id of the account.
        user_id: Uuid,
        /// The hash of the new password.
        password_hash: PasswordHash,
    },
    /// Replaces the password where its hash still is `seen`. All sessions but `session_id` end. Links for a forgotten
    /// password and codes for another address end, too, because they could take the account over.
    ChangePassword {
        /// The id of the account.
        user_id: Uuid,
        /// The id of the session that stays.
        session_id: Uuid,
        /// The hash that the given password was checked against.
        seen: PasswordHash,
        /// The hash of the new password.
        password_hash: PasswordHash,
    },
    /// Sets name, language, theme and the refusal of reminders, where all of them still are as in `seen`.
    Update {
        /// The account as it was read.
        seen: Box<User>,
        /// The name.
        full_name: FullName,
        /// The language.
        language: Option<Language>,
        /// The theme.
        theme: Theme,
        /// The time when the person refused reminders; none where reminders may come.
        reminders_off_at: Option<Timestamp>,
    },
    /// Sets `reminders_off_at = at`. The outcome is [`Outcome::Stale`](super::Outcome::Stale) where reminders are
    /// refused already or the account is gone.
    StopReminders {
        /// The id of the account.
        user_id: Uuid,
    },
    /// Begins the grace before the account is deleted, where it is not closing already and its password hash still is
    /// `seen`. All sessions end.
    Close {
        /// The id of the account.
        user_id: Uuid,
        /// The hash that the given password was checked against.
        seen: PasswordHash,
        /// The end of the grace.
        closing_at: Timestamp,
    },
    /// Ends the grace, so that the account stays. The account must be closing, at a time after the mutation's.
    Reopen {
        /// The id of the account.
        user_id: Uuid,
    },
}

/// The use of a code, which sets `used_at = at`. The code must be neither used nor superseded, and must not have
/// expired. Otherwise the outcome is [`Outcome::Stale`](super::Outcome::Stale), and nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeUse {
    /// The id of the code.
    pub id: Uuid,
    /// Whether the code is used by its digits, so that it must have attempts left.
    pub by_digits: bool,
}

impl IdentityChange {
    /// The change's name in metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::IssueCode { .. } => "issue_code",
            Self::CountWrongDigits { .. } => "count_wrong_digits",
            Self::VerifyEmail { .. } => "verify_email",
            Self::ChangeEmail { .. } => "change_email",
            Self::ResetPassword { .. } => "reset_password",
            Self::ChangePassword { .. } => "change_password",
            Self::Update { .. } => "update_account",
            Self::StopReminders { .. } => "stop_reminders",
            Self::Close { .. } => "close_account",
            Self::Reopen { .. } => "reopen_account",
        }
    }
}
