//! People with an account.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::onboarding::template::TemplateId;
use super::{Email, FullName, Language, PasswordHash, Theme, Timestamp};

/// The role of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sees and changes only what is the user's own.
    User,
    /// Sees and administrates all accounts.
    Admin,
}

/// The text names no role that this version knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role {0:?}")]
pub struct UnknownRole(pub String);

impl Role {
    /// The role's name in the database, in tokens and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        match text {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            other => Err(UnknownRole(other.to_owned())),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An account, without its password hash and other factors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The account's id (`UUIDv7`). Ids are ordered by the time of registration.
    pub id: Uuid,
    /// The e-mail address, unique by its canonical form.
    pub email: Email,
    /// The time when the person proved that mail to the address reaches them; none before.
    pub email_verified_at: Option<Timestamp>,
    /// The person's name.
    pub full_name: FullName,
    /// The language for mails and the page; none where the person has chosen none.
    pub language: Option<Language>,
    /// The theme of the page.
    pub theme: Theme,
    /// The role.
    pub role: Role,
    /// The time when an administrator suspended the account; none for an account in use.
    pub suspended_at: Option<Timestamp>,
    /// The end of the grace, when the account is deleted; none for an account that stays.
    pub closing_at: Option<Timestamp>,
    /// The time when the person refused reminders; none where reminders may come.
    pub reminders_off_at: Option<Timestamp>,
    /// The time of the registration.
    pub created_at: Timestamp,
}

/// The status of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// The account can be used.
    Active,
    /// An administrator has suspended the account, and nobody can log in.
    Suspended,
    /// The owner has closed the account, and may open it again until [`User::closing_at`].
    Closing,
}

impl AccountStatus {
    /// The status' name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closing => "closing",
        }
    }
}

impl User {
    /// The account of somebody who registers at `at`.
    pub fn registered(id: Uuid, email: Email, full_name: FullName, at: Timestamp) -> Self {
        Self {
            id,
            email,
            email_verified_at: None,
            full_name,
            language: None,
            theme: Theme::default(),
            role: Role::User,
            suspended_at: None,
            closing_at: None,
            reminders_off_at: None,
            created_at: at,
        }
    }

    /// Whether the account's owner can act as an admin.
    pub fn may_administrate(&self) -> bool {
        self.role == Role::Admin && self.suspended_at.is_none()
    }

    /// Whether reminders may be sent to the account's owner.
    pub fn may_be_reminded(&self) -> bool {
        self.status() == AccountStatus::Active && self.reminders_off_at.is_none()
    }

    /// The status of the account. A suspended account that is closing counts as suspended.
    pub fn status(&self) -> AccountStatus {
        match (self.suspended_at, self.closing_at) {
            (Some(_), _) => AccountStatus::Suspended,
            (None, Some(_)) => AccountStatus::Closing,
            (None, None) => AccountStatus::Active,
        }
    }
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The account.
    pub user: User,
    /// The password's hash.
    pub password_hash: PasswordHash,
    /// The template of the onboarding that begins.
    pub template: TemplateId,
}

/// An account with its password hash, as a log-in needs them.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// The password's hash.
    pub password_hash: PasswordHash,
}
