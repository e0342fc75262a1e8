//! People with an account.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::onboarding::template::TemplateId;
use super::{Email, FullName, Language, PasswordHash, Theme, Timestamp};

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Sees and changes what is their own.
    User,
    /// Sees everybody.
    Admin,
}

/// A role that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role {0:?}")]
pub struct UnknownRole(pub String);

impl Role {
    /// The name in the database, in tokens and in answers.
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

/// An account, without what proves its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// `UUIDv7`, so ordered by the time of registration.
    pub id: Uuid,
    /// Unique without regard to case.
    pub email: Email,
    /// When the person showed that mail to the address reaches them; none until then.
    pub email_verified_at: Option<Timestamp>,
    /// How the person wants to be called.
    pub full_name: FullName,
    /// The language for mails and the page; none where the person has chosen none.
    pub language: Option<Language>,
    /// How the page looks for them.
    pub theme: Theme,
    /// What they may do.
    pub role: Role,
    /// Since when an administrator lets nobody log in; none for an account in use.
    pub suspended_at: Option<Timestamp>,
    /// When the grace ends and the account is deleted; none for an account that stays.
    pub closing_at: Option<Timestamp>,
    /// Since when the person wants no reminders; none where they may come.
    pub reminders_off_at: Option<Timestamp>,
    /// When they registered.
    pub created_at: Timestamp,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// It can.
    Active,
    /// An administrator lets nobody log in.
    Suspended,
    /// Its owner has closed it, and may open it again until [`User::closing_at`].
    Closing,
}

impl AccountStatus {
    /// The name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closing => "closing",
        }
    }
}

impl User {
    /// An account as it is when somebody has just registered at `at`.
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

    /// Whether somebody can act as an admin with it.
    pub fn may_administrate(&self) -> bool {
        self.role == Role::Admin && self.suspended_at.is_none()
    }

    /// Whether reminders may go to its owner.
    pub fn may_be_reminded(&self) -> bool {
        self.status() == AccountStatus::Active && self.reminders_off_at.is_none()
    }

    /// Whether the account can be used. A suspension hides that the account is closing.
    pub fn status(&self) -> AccountStatus {
        match (self.suspended_at, self.closing_at) {
            (Some(_), _) => AccountStatus::Suspended,
            (None, Some(_)) => AccountStatus::Closing,
            (None, None) => AccountStatus::Active,
        }
    }
}

/// An account that is to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The account.
    pub user: User,
    /// What proves its owner.
    pub password_hash: PasswordHash,
    /// What the onboarding that begins is an instance of.
    pub template: TemplateId,
}

/// What is needed to log somebody in.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// What the given password is checked against.
    pub password_hash: PasswordHash,
}
