//! People with an account.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::{Email, FullName, PasswordHash, Timestamp};

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
    /// How the person wants to be called.
    pub full_name: FullName,
    /// What they may do.
    pub role: Role,
    /// When they registered.
    pub created_at: Timestamp,
}

/// An account that is to be made.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The account.
    pub user: User,
    /// What proves its owner.
    pub password_hash: PasswordHash,
}

/// What is needed to log somebody in.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// What the given password is checked against.
    pub password_hash: PasswordHash,
}
