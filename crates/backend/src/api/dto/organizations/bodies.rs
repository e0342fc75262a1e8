//! Answers about organizations.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::Timestamp;
use crate::domain::organization::{DomainClaim, Invitation, Member, Membership, Offer};

/// The organization that a person belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct OrganizationBody {
    id: Uuid,
    name: String,
    /// The number of people in the organization; `null` where nobody has given it.
    #[schema(required = true, example = "2-10")]
    size: Option<String>,
    /// The organization's page; `null` where nobody has given it.
    #[schema(required = true, example = "https://acme.example")]
    website: Option<String>,
    /// The person's role: `member` or `owner`.
    #[schema(pattern = "^(member|owner)$", example = "owner")]
    role: &'static str,
    /// The time when the person joined.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<&Membership> for OrganizationBody {
    fn from(Membership { organization, role, joined_at }: &Membership) -> Self {
        Self {
            id: organization.id,
            name: organization.name.as_str().to_owned(),
            size: organization.size.as_ref().map(|size| size.as_str().to_owned()),
            website: organization.website.as_ref().map(|website| website.as_str().to_owned()),
            role: role.as_str(),
            joined_at: *joined_at,
            created_at: organization.created_at,
        }
    }
}

/// A member of the organization.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MemberBody {
    user_id: Uuid,
    full_name: String,
    #[schema(format = Email)]
    email: String,
    /// `member` or `owner`.
    #[schema(pattern = "^(member|owner)$", example = "member")]
    role: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    joined_at: Timestamp,
}

impl From<&Member> for MemberBody {
    fn from(member: &Member) -> Self {
        Self {
            user_id: member.user_id,
            full_name: member.full_name.as_str().to_owned(),
            email: member.email.as_str().to_owned(),
            role: member.role.as_str(),
            joined_at: member.joined_at,
        }
    }
}

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct MembersBody {
    pub(in crate::api) items: Vec<MemberBody>,
    /// The `cursor` of the next page; `null` after the last one.
    #[schema(required = true)]
    pub(in crate::api) next_cursor: Option<String>,
}

/// An invitation, as the organization sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct InvitationBody {
    pub(in crate::api) id: Uuid,
    #[schema(format = Email)]
    pub(in crate::api) email: String,
    /// `member` or `owner`.
    #[schema(pattern = "^(member|owner)$", example = "member")]
    pub(in crate::api) role: &'static str,
    /// `pending`, `accepted`, `revoked` or `expired`.
    #[schema(pattern = "^(pending|accepted|revoked|expired)$", example = "pending")]
    pub(in crate::api) state: &'static str,
    /// The id of the person who invites.
    pub(in crate::api) invited_by: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::api) created_at: Timestamp,
    /// The time of the invitation's last mail.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::api) sent_at: Timestamp,
    /// The end of the invitation's lifetime.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::api) expires_at: Timestamp,
}

impl InvitationBody {
    /// The invitation with its state at `now`.
    pub(in crate::api) fn of(invitation: &Invitation, now: Timestamp) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email.as_str().to_owned(),
            role: invitation.role.as_str(),
            state: invitation.state(now).as_str(),
            invited_by: invitation.invited_by,
            created_at: invitation.created_at,
            sent_at: invitation.sent_at,
            expires_at: invitation.expires_at,
        }
    }
}

/// A page of invitations.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct InvitationsBody {
    pub(in crate::api) items: Vec<InvitationBody>,
    /// The `cursor` of the next page; `null` after the last one.
    #[schema(required = true)]
    pub(in crate::api) next_cursor: Option<String>,
}

/// An invitation, as a person with its link sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ReceivedInvitationBody {
    /// The name of the organization.
    #[schema(example = "Acme")]
    pub(in crate::api) organization: String,
    /// The invited address, which the account must have.
    #[schema(format = Email)]
    pub(in crate::api) email: String,
    /// `member` or `owner`.
    #[schema(pattern = "^(member|owner)$", example = "member")]
    pub(in crate::api) role: &'static str,
    /// The end of the link's lifetime.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::api) expires_at: Timestamp,
}

/// A mail domain of an organization.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DomainBody {
    /// The domain as A-labels in lower case.
    #[schema(example = "acme.example")]
    domain: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    claimed_at: Timestamp,
    /// The time when an admin approved the claim; `null` before.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    verified_at: Option<Timestamp>,
}

impl From<&DomainClaim> for DomainBody {
    fn from(claim: &DomainClaim) -> Self {
        let domain = claim.domain.as_str().to_owned();
        Self { domain, claimed_at: claim.claimed_at, verified_at: claim.verified_at }
    }
}

/// The mail domains of an organization.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DomainsBody {
    pub(in crate::api) items: Vec<DomainBody>,
}

/// A claim of a mail domain that an admin has to decide.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DomainClaimBody {
    organization_id: Uuid,
    organization_name: String,
    /// The domain as A-labels in lower case.
    #[schema(example = "acme.example")]
    domain: String,
    /// The id of the owner who claimed the domain and has a verified address there.
    claimed_by: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    claimed_at: Timestamp,
}

impl From<&DomainClaim> for DomainClaimBody {
    fn from(claim: &DomainClaim) -> Self {
        Self {
            organization_id: claim.organization_id,
            organization_name: claim.organization_name.as_str().to_owned(),
            domain: claim.domain.as_str().to_owned(),
            claimed_by: claim.claimed_by,
            claimed_at: claim.claimed_at,
        }
    }
}

/// An organization that the person may join.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct OfferBody {
    /// The id of the organization.
    id: Uuid,
    name: String,
    /// The number of members.
    members: u64,
}

impl From<&Offer> for OfferBody {
    fn from(Offer { organization, members }: &Offer) -> Self {
        Self { id: organization.id, name: organization.name.as_str().to_owned(), members: *members }
    }
}

/// The organizations that the person may join.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct OffersBody {
    pub(in crate::api) items: Vec<OfferBody>,
}
