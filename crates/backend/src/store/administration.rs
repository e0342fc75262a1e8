//! Changes that admins and the command line make to accounts of others.

use uuid::Uuid;

use super::Actor;
use crate::domain::guessing::GuessKey;
use crate::domain::one_time_code::NewCode;
use crate::domain::{PasswordHash, Role};

/// A change of an account by somebody else. It is done only while `by` may do it and an admin
/// is left who may log in; otherwise, and where the account is gone: [`super::Outcome::Stale`].
#[derive(Debug, Clone)]
pub struct Administration {
    /// The account.
    pub user_id: Uuid,
    /// Who does it. An admin must still be one, and must not be suspended.
    pub by: Actor,
    /// What is done.
    pub change: AccountChange,
}

/// What is done to an account.
#[derive(Debug, Clone)]
pub enum AccountChange {
    /// Nobody may log in until it is restored, and all sessions end, as do links for a forgotten password and codes for
    /// another address. Since when stays as it was
    /// where it is suspended already.
    Suspend,
    /// It may be used again. Its sessions stay ended.
    Restore,
    /// All sessions end.
    EndSessions,
    /// It gets another role.
    SetRole(Role),
    /// It gets another password, and what ends with [`AccountChange::Suspend`] ends.
    SetPassword(PasswordHash),
    /// A link for a new password is stored, in the place of those before it. Its address must be the account's still.
    IssueReset(Box<NewCode>),
    /// The wrong guesses that were counted under these keys are forgiven.
    ForgiveGuesses(Vec<GuessKey>),
    /// Its second factors, recovery codes and remembered devices go: whoever has lost them logs in by the password alone.
    RemoveSecondFactors,
}

impl AccountChange {
    /// A name for metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Suspend => "suspend",
            Self::Restore => "restore",
            Self::EndSessions => "end_sessions",
            Self::SetRole(_) => "set_role",
            Self::SetPassword(_) => "set_password",
            Self::IssueReset(_) => "issue_reset",
            Self::ForgiveGuesses(_) => "forgive_guesses",
            Self::RemoveSecondFactors => "remove_second_factors",
        }
    }

    /// Whether an account that was one an admin can act with is none afterwards.
    pub fn takes_admin_away(&self) -> bool {
        matches!(self, Self::Suspend | Self::SetRole(Role::User))
    }

    /// Whether all sessions end with it.
    pub(super) fn ends_sessions(&self) -> bool {
        matches!(self, Self::Suspend | Self::EndSessions | Self::SetPassword(_))
    }

    /// Whether what was mailed to take the account over is dead after it.
    pub(super) fn ends_codes(&self) -> bool {
        matches!(self, Self::Suspend | Self::SetPassword(_))
    }
}
