//! Effects that change organizations, their members and invitations.

mod queries;

use uuid::Uuid;

use crate::domain::organization::{
    MailDomain, MemberRole, NewInvitation, Organization, OrganizationName, OrganizationSize, Website,
};
use crate::domain::{Email, Timestamp};

pub use queries::Organizations;

/// A change of an organization. Every store locks the organization's row first, so that changes of one are done one after
/// the other, and decides then whether the change may be done; where not, it says why:
/// [`Outcome::Organization`](super::Outcome::Organization).
#[derive(Debug, Clone)]
pub enum OrganizationChange {
    /// Makes an organization with `owner` as its only member.
    Found {
        /// The organization.
        organization: Organization,
        /// Its first owner.
        owner: Uuid,
        /// Whether an owner who belongs to one already is no hindrance: then nothing is made.
        unless_member: bool,
    },
    /// Stores an invitation, and counts its mail among those of the organization and of the person. Of the mail domain's
    /// and the address's other invitations, only one that waits is in the way. Only owners invite owners.
    Invite(NewInvitation),
    /// Gives an invitation that waits or has expired another token and more time, and counts its mail. Allowed to
    /// whoever invited, and to owners.
    Resend {
        /// The invitation.
        target: InvitationTarget,
        /// SHA-256 of the new token. The one before is dead.
        token_hash: [u8; 32],
        /// When it stops to work from now on.
        expires_at: Timestamp,
    },
    /// Takes an invitation back. Allowed to whoever invited, and to owners. Again is no harm.
    Revoke(InvitationTarget),
    /// Makes a person a member by an invitation, and uses that. The address of the account must be the invited one, and
    /// is verified by that.
    Accept {
        /// The invitation.
        invitation_id: Uuid,
        /// To which organization.
        organization_id: Uuid,
        /// SHA-256 of the token, as it must be by then.
        token_hash: [u8; 32],
        /// Who joins.
        user_id: Uuid,
    },
    /// Makes a person a member, whose verified address must still be `email` and at a verified domain of the
    /// organization.
    JoinByDomain {
        /// Which organization.
        organization_id: Uuid,
        /// Who joins.
        user_id: Uuid,
        /// Their address as it was read.
        email: Email,
    },
    /// Gives a member a role. One who is an owner no more has no invitations of owners that wait.
    SetRole {
        /// Whose.
        target: MemberTarget,
        /// The role.
        role: MemberRole,
    },
    /// Makes a member an owner, and the owner who asks a mere member.
    PassOwnership(MemberTarget),
    /// Removes a member. Invitations of theirs that wait are revoked.
    Remove(MemberTarget),
    /// Removes whoever asks, as `Remove` does. With the last member goes the organization.
    Leave {
        /// Which organization.
        organization_id: Uuid,
        /// Who leaves.
        user_id: Uuid,
    },
    /// Claims a domain for an organization, by an owner whose verified address is there.
    ClaimDomain(DomainTarget),
    /// Takes a domain away from an organization, claimed or verified. Again is no harm.
    DropDomain(DomainTarget),
    /// Approves a claim that waits, or deletes it. Another organization may have the domain by now.
    DecideDomain {
        /// Whose claim.
        organization_id: Uuid,
        /// Of which domain.
        domain: MailDomain,
        /// Whether the domain becomes the organization's.
        approve: bool,
    },
    /// Gives an organization another name, size and website.
    Describe {
        /// Which organization.
        organization_id: Uuid,
        /// The owner who asks.
        by: Uuid,
        /// The name.
        name: OrganizationName,
        /// How many people it has.
        size: Option<OrganizationSize>,
        /// Its page.
        website: Option<Website>,
    },
}

/// An invitation, and who asks to change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvitationTarget {
    /// The organization.
    pub organization_id: Uuid,
    /// The invitation.
    pub id: Uuid,
    /// The member who asks.
    pub by: Uuid,
}

/// A member, and who asks to change what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberTarget {
    /// The organization.
    pub organization_id: Uuid,
    /// The member.
    pub user_id: Uuid,
    /// The owner who asks.
    pub by: Uuid,
}

/// A domain, and who asks to have or to lose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainTarget {
    /// The organization.
    pub organization_id: Uuid,
    /// The domain.
    pub domain: MailDomain,
    /// The owner who asks.
    pub by: Uuid,
}

impl OrganizationChange {
    /// A name for metrics and logs.
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
