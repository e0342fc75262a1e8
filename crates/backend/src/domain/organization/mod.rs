//! Organizations: their members, invitations and mail domains.
//!
//! A person is a member of one organization at most. Every organization has an owner. The last owner cannot leave, be
//! removed or become a mere member while the organization has other members.

mod details;
mod invitation;
mod mail_domain;
mod refusal;

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Email, FullName, Timestamp};

pub use details::{NameError, OrganizationName, OrganizationSize, SizeError, Website, WebsiteError};
pub use invitation::{
    Invitation, InvitationState, KEPT_AFTER, LIFETIME, MAX_MAILS, MAX_SENDS, NewInvitation, QUOTA_WINDOW,
    RESEND_AFTER,
};
pub use mail_domain::{MailDomain, MailDomainError};
pub use refusal::{Refusal, UnknownRefusal};

/// The largest number of mail domains of one organization, claimed and verified ones together.
pub const MAX_DOMAINS: i64 = 10;

/// The role of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberRole {
    /// Sees the members, and invites others as members.
    Member,
    /// Also invites owners, removes members, sets roles and claims mail domains.
    Owner,
}

/// The text names no role that this version knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of member, owner")]
pub struct UnknownMemberRole(pub String);

impl MemberRole {
    /// The role's name in the database and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Owner => "owner",
        }
    }
}

impl FromStr for MemberRole {
    type Err = UnknownMemberRole;

    fn from_str(text: &str) -> Result<Self, UnknownMemberRole> {
        match text {
            "member" => Ok(Self::Member),
            "owner" => Ok(Self::Owner),
            other => Err(UnknownMemberRole(other.to_owned())),
        }
    }
}

impl fmt::Display for MemberRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The organization's id (`UUIDv7`).
    pub id: Uuid,
    /// The name of the organization.
    pub name: OrganizationName,
    /// The number of people in the organization: a value of [`super::reference::ORGANIZATION_SIZES`], or a text of a
    /// page's own.
    pub size: Option<OrganizationSize>,
    /// The organization's page on the web.
    pub website: Option<Website>,
    /// The time when the organization was made.
    pub created_at: Timestamp,
}

impl Organization {
    /// The organization that the answers of the step `organization` describe; none where the answers have no name. A
    /// size or website that is not valid is left out, because a page may ask in its own way.
    pub fn described(id: Uuid, answers: &Map<String, Value>, at: Timestamp) -> Option<Self> {
        let text = |field: &str| answers.get(field).and_then(Value::as_str).unwrap_or_default();
        let name = OrganizationName::lenient(text("name"))?;
        let (size, website) = (text("size").parse().ok(), text("website").parse().ok());
        Some(Self { id, name, size, website, created_at: at })
    }

    /// The answers of the step `organization` for a person who joins.
    pub fn answers(&self) -> Map<String, Value> {
        let size = self.size.as_ref().map(|size| ("size", size.as_str()));
        let website = self.website.as_ref().map(|website| ("website", website.as_str()));
        let fields = [Some(("name", self.name.as_str())), size, website].into_iter().flatten();
        fields.map(|(field, text)| (field.to_owned(), Value::from(text))).collect()
    }
}

/// The membership of a person in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The organization.
    pub organization: Organization,
    /// The role of the person.
    pub role: MemberRole,
    /// The time when the person joined.
    pub joined_at: Timestamp,
}

/// A member, as other members see the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id of the member's account.
    pub user_id: Uuid,
    /// The address of the account.
    pub email: Email,
    /// The member's name.
    pub full_name: FullName,
    /// The member's role.
    pub role: MemberRole,
    /// The time when the member joined.
    pub joined_at: Timestamp,
}

/// An organization's claim of a mail domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainClaim {
    /// The id of the organization.
    pub organization_id: Uuid,
    /// The name of the organization.
    pub organization_name: OrganizationName,
    /// The domain.
    pub domain: MailDomain,
    /// The id of the owner who claimed the domain and has a verified address there.
    pub claimed_by: Uuid,
    /// The time of the claim.
    pub claimed_at: Timestamp,
    /// The time when an admin approved the claim; none before.
    pub verified_at: Option<Timestamp>,
}

/// An organization that a person may join by the domain of a verified address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The organization.
    pub organization: Organization,
    /// The number of members.
    pub members: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    const AT: Timestamp = datetime!(2026-03-01 12:00 UTC);

    fn described(answers: &Value) -> Option<Organization> {
        Organization::described(Uuid::nil(), answers.as_object().unwrap(), AT)
    }

    #[test]
    fn answers_describe_an_organization_and_come_back() {
        let answers = json!({"name": "Acme", "size": "2-10", "website": "https://acme.example"});
        let organization = described(&answers).unwrap();
        assert_eq!(Value::Object(organization.answers()), answers);
        let odd = described(&json!({"name": " Acme\nLtd ", "size": 7, "website": "javascript:1"})).unwrap();
        assert_eq!((odd.name.as_str(), &odd.size, &odd.website), ("Acme Ltd", &None, &None));
        for nameless in [json!({}), json!({"name": ""}), json!({"name": null}), json!({"name": "\u{200B}"})] {
            assert_eq!(described(&nameless), None, "{nameless}");
        }
    }
}
