//! Effects that change an account, and the codes that prove who asks for it.

mod queries;

use uuid::Uuid;

use crate::domain::guessing::Limit;
use crate::domain::one_time_code::NewCode;
use crate::domain::{Email, FullName, Language, PasswordHash, Theme, Timestamp, User};

pub use queries::{AuditRecord, Identities, PersonalRecords, SessionRecord};

/// A change of an account. Every store locks the account's row first, so that changes of one
/// account are done one after the other.
#[derive(Debug, Clone)]
pub enum IdentityChange {
    /// Stores a code; the unused ones of the same person and purpose before it get
    /// `superseded_at = at`. Where one was made after `quiet_since`, or [`MAX_RESENDS`] after
    /// `window_since`: [`Outcome::Throttled`]. Where the account is gone, or another than was read: [`Outcome::Stale`].
    /// A code for the account's own address needs that address to be the account's still.
    ///
    /// [`MAX_RESENDS`]: crate::domain::one_time_code::MAX_RESENDS
    /// [`Outcome::Throttled`]: super::Outcome::Throttled
    /// [`Outcome::Stale`]: super::Outcome::Stale
    IssueCode {
        /// The code.
        code: NewCode,
        /// What the given password was checked against, where one was.
        seen: Option<PasswordHash>,
        /// No other may have been made after this.
        quiet_since: Timestamp,
        /// Only so many may have been made after this.
        window_since: Timestamp,
    },
    /// Adds one to the attempts of every unused code of the person that has digits, and counts a guess.
    CountWrongDigits {
        /// Whose codes.
        user_id: Uuid,
        /// What the guess is counted by.
        limits: Vec<Limit>,
    },
    /// Uses a code, and marks `email` as verified if it still is the account's.
    VerifyEmail {
        /// The code.
        code: CodeUse,
        /// Whose account.
        user_id: Uuid,
        /// The address that the code was sent to.
        email: Email,
    },
    /// Uses a code, and gives the account the verified address `email`. Another account has it:
    /// [`Outcome::EmailTaken`](super::Outcome::EmailTaken). The person's other codes are dead by that.
    ChangeEmail {
        /// The code.
        code: CodeUse,
        /// Whose account.
        user_id: Uuid,
        /// The address that the code was sent to.
        email: Email,
    },
    /// Uses a code and replaces the password. Every session ends, the person's other codes are
    /// dead, and the address is verified: the link came by it. Where it was not before, identities at
    /// providers go: whoever made the account may have linked theirs.
    ResetPassword {
        /// The code.
        code: CodeUse,
        /// Whose account.
        user_id: Uuid,
        /// Of the new password.
        password_hash: PasswordHash,
    },
    /// Replaces the password where it still is `seen`. Every session but `session_id` ends, and what was mailed to
    /// take the account over is dead: links for a forgotten password, codes for another address.
    ChangePassword {
        /// Whose account.
        user_id: Uuid,
        /// The session that goes on.
        session_id: Uuid,
        /// What the given password was checked against.
        seen: PasswordHash,
        /// Of the new password.
        password_hash: PasswordHash,
    },
    /// Sets name, language, theme and whether reminders may come where they still are as in `seen`.
    Update {
        /// The account as it was read.
        seen: Box<User>,
        /// The name.
        full_name: FullName,
        /// The language.
        language: Option<Language>,
        /// The theme.
        theme: Theme,
        /// Since when no reminders may come.
        reminders_off_at: Option<Timestamp>,
    },
    /// The person wants no reminders: `reminders_off_at = at`. Where that is so already, or the account is gone:
    /// [`Outcome::Stale`](super::Outcome::Stale).
    StopReminders {
        /// Whose account.
        user_id: Uuid,
    },
    /// Begins the grace before the account is deleted, where it is not closing already and its
    /// password still is `seen`. Every session ends.
    Close {
        /// Whose account.
        user_id: Uuid,
        /// What the given password was checked against.
        seen: PasswordHash,
        /// When it will be deleted.
        closing_at: Timestamp,
    },
    /// Ends the grace: the account stays. It must be closing, at a time after the mutation's.
    Reopen {
        /// Whose account.
        user_id: Uuid,
    },
}

/// The use of a code: `used_at = at`, for a code that was neither used nor superseded and has not
/// expired by then; otherwise [`Outcome::Stale`](super::Outcome::Stale), and nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeUse {
    /// Which.
    pub id: Uuid,
    /// Whether it is used by its digits, so that it must have attempts left, too.
    pub by_digits: bool,
}

impl IdentityChange {
    /// A name for metrics and logs.
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
