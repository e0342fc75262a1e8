//! Log-in by OpenID Connect providers: the stored identities and flows, and what an identity may do.

mod decision;
mod flow;
mod name;

pub use decision::{Decision, Known, Refusal, decide};
pub use flow::{BrowserToken, FLOW_LIFETIME, Flow, FlowVerdict, NewFlow, State};
pub use name::{BadProviderName, ProviderName};

use uuid::Uuid;

use super::{Email, FullName, Timestamp};

/// What a provider says of a person, after every check of the provider's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The provider, as the claim `iss` names it.
    pub issuer: String,
    /// The person's name at the provider, as the claim `sub` gives it: 1 to 255 characters. A provider never gives
    /// one `sub` to two people.
    pub subject: String,
    /// The person's address; none where the provider tells none or one that is not valid.
    pub email: Option<Email>,
    /// Whether the provider says that mail to the address reaches the person.
    pub email_verified: bool,
    /// The person's name at the provider; none where the provider tells none or one that is not valid.
    pub full_name: Option<FullName>,
}

/// An identity at a provider that opens an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The identity's id, which names the identity in paths.
    pub id: Uuid,
    /// The id of the account that the identity opens.
    pub user_id: Uuid,
    /// The provider, as the claim `iss` names it.
    pub issuer: String,
    /// The person's name at the provider, as the claim `sub` gives it.
    pub subject: String,
    /// The address that the provider told when the identity was linked.
    pub email: Option<String>,
    /// The time when the identity was linked.
    pub created_at: Timestamp,
    /// The time of the last log-in with the identity.
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
