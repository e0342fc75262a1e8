//! Effects that change organizations, their members and invitations.

mod queries;

use uuid::Uuid;

use crate::domain::organization::{
    MailDomain, MemberRole, NewInvitation, Organization, OrganizationName, OrganizationSize, Website,
};
use crate::domain::{Email, Timestamp};

pub use queries::Organizations;

/// A change of an organization. Every store locks the organization's row first, so that changes of one organization
/// are done one after the other. The store then decides whether the change is allowed. The outcome of a refused
/// change is [`Outcome::Organization`](super::Outcome::Organization) with the reason.
#[derive(Debug, Clone)]
pub enum OrganizationChange {
    /// Makes an organization with `owner` as its only member.
    Found {
        /// The organization.
        organization: Organization,
        /// The id of the account of the first owner.
        owner: Uuid,
        /// Whether nothing is made, and nothing refused, where the owner is a member of an organization already.
        unless_member: bool,
    },
    /// Stores an invitation, and counts its mail among those of the organization and of the person. Only a pending
    /// invitation to the same address is in the way. Only owners invite owners.
    Invite(NewInvitation),
    /// Gives a pending or expired invitation another token and more time, and counts its mail. The person who invited
    /// may do so, and so may owners.
    Resend {
        /// The invitation.
        target: InvitationTarget,
        /// SHA-256 of the new token, which replaces the old one.
        token_hash: [u8; 32],
        /// The new end of the invitation's lifetime.
        expires_at: Timestamp,
    },
    /// Revokes an invitation. The person who invited may do so, and so may owners. Revoking a revoked invitation is
    /// no error.
    Revoke(InvitationTarget),
    /// Makes a person a member by an invitation, which is used up. The account's address must be the invited one and
    /// counts as verified from then on.
    Accept {
        /// The id of the invitation.
        invitation_id: Uuid,
        /// The id of the organization.
        organization_id: Uuid,
        /// SHA-256 of the token, which must still be the invitation's.
        token_hash: [u8; 32],
        /// The id of the account that joins.
        user_id: Uuid,
    },
    /// Makes a person a member by the domain of an address. The account's verified address must still be `email`, and
    /// its domain must be a verified one of the organization.
    JoinByDomain {
        /// The id of the organization.
        organization_id: Uuid,
        /// The id of the account that joins.
        user_id: Uuid,
        /// The address as it was read.
        email: Email,
    },
    /// Sets a member's role. A member who is no longer an owner loses pending invitations of owners.
    SetRole {
        /// The member, and the owner who asks.
        target: MemberTarget,
        /// The new role.
        role: MemberRole,
    },
    /// Makes a member an owner, and the owner who asks a plain member.
    PassOwnership(MemberTarget),
    /// Removes a member, and revokes the member's pending invitations.
    Remove(MemberTarget),
    /// Removes the person who asks, as `Remove` does. The organization ends with its last member.
    Leave {
        /// The id of the organization.
        organization_id: Uuid,
        /// The id of the account that leaves.
        user_id: Uuid,
    },
    /// Claims a domain for an organization. The owner who claims must have a verified address at the domain.
    ClaimDomain(DomainTarget),
    /// Removes a claimed or verified domain from an organization. Removing a missing domain is no error.
    DropDomain(DomainTarget),
    /// Approves or deletes a pending claim. The approval is refused where another organization has the domain by now.
    DecideDomain {
        /// The id of the organization that claims.
        organization_id: Uuid,
        /// The domain.
        domain: MailDomain,
        /// Whether the claim is approved.
        approve: bool,
    },
    /// Sets an organization's name, size and website.
    Describe {
        /// The id of the organization.
        organization_id: Uuid,
        /// The id of the owner who asks.
        by: Uuid,
        /// The name.
        name: OrganizationName,
        /// The number of people in the organization.
        size: Option<OrganizationSize>,
        /// The organization's page.
        website: Option<Website>,
    },
}

/// An invitation to change, and the member who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvitationTarget {
    /// The id of the organization.
    pub organization_id: Uuid,
    /// The id of the invitation.
    pub id: Uuid,
    /// The id of the member who asks.
    pub by: Uuid,
}

/// A member to change, and the owner who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberTarget {
    /// The id of the organization.
    pub organization_id: Uuid,
    /// The id of the member.
    pub user_id: Uuid,
    /// The id of the owner who asks.
    pub by: Uuid,
}

/// A domain to claim or remove, and the owner who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainTarget {
    /// The id of the organization.
    pub organization_id: Uuid,
    /// The domain.
    pub domain: MailDomain,
    /// The id of the owner who asks.
    pub by: Uuid,
}

impl OrganizationChange {
    /// The change's name in metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Found { .. } => "found_organization",
            Self::Invite(_) => "invite",
            Self::Resend { .. } => "resend_invitation",
            Self::Revoke(_) => "revoke_invitation",
            Self::Accept { .. } => "accept_invitation",
            Self::JoinByDomain { .. } => "join_by_domain",
            Self::SetRole { .. } => "set_member_role",
            Self::PassOwnership(_) => "pass_ownership",
            Self::Remove(_) => "remove_member",
            Self::Leave { .. } => "leave_organization",
            Self::ClaimDomain(_) => "claim_domain",
            Self::DropDomain(_) => "drop_domain",
            Self::DecideDomain { .. } => "decide_domain",
            Self::Describe { .. } => "describe_organization",
        }
    }
}
