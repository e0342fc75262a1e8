//! Organizations: who belongs to one, who is invited to it, and which mail domain is its own.
//!
//! A person is a member of one organization at most. Every organization has an owner, always: whoever is the last one
//! cannot leave, be removed or become a mere member while there are others.

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

/// An organization has at most so many mail domains, claimed and verified ones together.
pub const MAX_DOMAINS: i64 = 10;

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberRole {
    /// Sees the members and invites others as members.
    Member,
    /// Also invites owners, removes members, sets roles and claims mail domains.
    Owner,
}

/// A role that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of member, owner")]
pub struct UnknownMemberRole(pub String);

impl MemberRole {
    /// The name in the database and in answers.
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
    /// `UUIDv7`.
    pub id: Uuid,
    /// What it is called.
    pub name: OrganizationName,
    /// How many people it has, as a value of [`super::reference::ORGANIZATION_SIZES`] or as a page has put it.
    pub size: Option<OrganizationSize>,
    /// Its page in the web.
    pub website: Option<Website>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Organization {
    /// The organization that the answers of the step `organization` describe; none where they name none. What is no
    /// good size or website is left out: a page may ask in its own way.
    pub fn described(id: Uuid, answers: &Map<String, Value>, at: Timestamp) -> Option<Self> {
        let text = |field: &str| answers.get(field).and_then(Value::as_str).unwrap_or_default();
        let name = OrganizationName::lenient(text("name"))?;
        let (size, website) = (text("size").parse().ok(), text("website").parse().ok());
        Some(Self { id, name, size, website, created_at: at })
    }

    /// The answers of the step `organization` of whoever joins.
    pub fn answers(&self) -> Map<String, Value> {
        let size = self.size.as_ref().map(|size| ("size", size.as_str()));
        let website = self.website.as_ref().map(|website| ("website", website.as_str()));
        let fields = [Some(("name", self.name.as_str())), size, website].into_iter().flatten();
        fields.map(|(field, text)| (field.to_owned(), Value::from(text))).collect()
    }
}

/// That a person belongs to an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which organization.
    pub organization: Organization,
    /// What the person may do there.
    pub role: MemberRole,
    /// Since when.
    pub joined_at: Timestamp,
}

/// A member, as the other members see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The account.
    pub user_id: Uuid,
    /// Its address.
    pub email: Email,
    /// Its owner's name.
    pub full_name: FullName,
    /// What they may do.
    pub role: MemberRole,
    /// Since when they are a member.
    pub joined_at: Timestamp,
}

/// A mail domain that an organization says is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainClaim {
    /// Whose.
    pub organization_id: Uuid,
    /// What that organization is called.
    pub organization_name: OrganizationName,
    /// The domain.
    pub domain: MailDomain,
    /// The owner who claimed it, with a verified address there.
    pub claimed_by: Uuid,
    /// When.
    pub claimed_at: Timestamp,
    /// When an admin approved it; none until then.
    pub verified_at: Option<Timestamp>,
}

/// An organization that people with an address at its domain may join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The organization.
    pub organization: Organization,
    /// How many members it has.
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
