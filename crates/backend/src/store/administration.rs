//! Changes of other people's accounts by admins and the command line.

use uuid::Uuid;

use super::Actor;
use crate::domain::guessing::GuessKey;
use crate::domain::one_time_code::NewCode;
use crate::domain::{PasswordHash, Role};

/// A change of an account by somebody else. The change is done only while `by` may do it, and only if an admin who
/// may log in is left. Otherwise, and where the account is gone, the outcome is [`super::Outcome::Stale`].
#[derive(Debug, Clone)]
pub struct Administration {
    /// The id of the account.
    pub user_id: Uuid,
    /// Who makes the change. An admin must still have the role, and must not be suspended.
    pub by: Actor,
    /// The change.
    pub change: AccountChange,
}

/// The change of an account.
#[derive(Debug, Clone)]
pub enum AccountChange {
    /// Nobody may log in until the account is restored. All sessions end, and so do links for a forgotten password
    /// and codes for another address. An account that is suspended already keeps the time of its suspension.
    Suspend,
    /// The account may be used again. Its sessions stay ended.
    Restore,
    /// All sessions end.
    EndSessions,
    /// The account gets another role.
    SetRole(Role),
    /// The account gets another password. The same ends as with [`AccountChange::Suspend`].
    SetPassword(PasswordHash),
    /// A link for a new password is stored and replaces earlier links. The link's address must still be the
    /// account's.
    IssueReset(Box<NewCode>),
    /// The wrong guesses under these keys are forgiven.
    ForgiveGuesses(Vec<GuessKey>),
    /// The second factors, recovery codes and remembered devices are deleted. A person who has lost them logs in by
    /// the password alone.
    RemoveSecondFactors,
}

impl AccountChange {
    /// The change's name in metrics and logs.
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

    /// Whether the account can no longer act as an admin afterwards.
    pub fn takes_admin_away(&self) -> bool {
        matches!(self, Self::Suspend | Self::SetRole(Role::User))
    }

    /// Whether the change ends all sessions.
    pub(super) fn ends_sessions(&self) -> bool {
        matches!(self, Self::Suspend | Self::EndSessions | Self::SetPassword(_))
    }

    /// Whether the change ends the mailed links and codes by which somebody could take the account over.
    pub(super) fn ends_codes(&self) -> bool {
        matches!(self, Self::Suspend | Self::SetPassword(_))
    }
}
