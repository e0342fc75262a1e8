//! Log-in by OpenID Connect providers: what is kept of it, and what an identity that a provider vouches for may do.

mod decision;
mod flow;
mod name;

pub use decision::{Decision, Known, Refusal, decide};
pub use flow::{BrowserToken, FLOW_LIFETIME, Flow, FlowVerdict, NewFlow, State};
pub use name::{BadProviderName, ProviderName};

use uuid::Uuid;

use super::{Email, FullName, Timestamp};

/// What a provider says of a person, after every check of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Who says so: `iss`.
    pub issuer: String,
    /// The person's name there, which is never given to another: `sub`, 1 to 255 characters.
    pub subject: String,
    /// Their address, where the provider tells one that can be one.
    pub email: Option<Email>,
    /// Whether the provider says that mail to the address reaches the person.
    pub email_verified: bool,
    /// How the person is called there.
    pub full_name: Option<FullName>,
}

/// An identity at a provider that opens an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its name in paths.
    pub id: Uuid,
    /// Whose account it opens.
    pub user_id: Uuid,
    /// The provider.
    pub issuer: String,
    /// The person's name there.
    pub subject: String,
    /// The address that the provider told when it was linked.
    pub email: Option<String>,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When it was last logged in with.
    pub last_used_at: Timestamp,
}

impl Identity {
    /// The identity of `assertion`, linked to the account `user_id` at `at`.
    pub fn linked(assertion: &Assertion, user_id: Uuid, at: Timestamp) -> Self {
        Self {
            id: Uuid::now_v7(),
            user_id,
            issuer: assertion.issuer.clone(),
            subject: assertion.subject.clone(),
            email: assertion.email.as_ref().map(|email| email.as_str().to_owned()),
            created_at: at,
            last_used_at: at,
        }
    }
}
