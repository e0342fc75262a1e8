//! Refusals of changes of an organization. Stores decide on a refusal within the transaction, so that concurrent
//! changes cannot make the decision wrong.

use std::str::FromStr;

/// The reason why a change of an organization is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The person who asks belongs to no organization, or has left this one.
    #[error("you belong to no organization")]
    NotMember,
    /// Only owners may make the change.
    #[error("only owners of the organization may do this")]
    NotOwner,
    /// The organization has no other owner.
    #[error("nobody else is an owner; pass the ownership to somebody first")]
    LastOwner,
    /// The person belongs to an organization already.
    #[error("you belong to an organization already; leave it first")]
    AlreadyMember,
    /// The invited address is that of a member.
    #[error("a member of the organization has this address")]
    MemberInvited,
    /// An invitation to this address is pending.
    #[error("an invitation to this address waits already; it can be sent again")]
    AlreadyInvited,
    /// The organization has no such member.
    #[error("the organization has no such member")]
    UnknownMember,
    /// The organization has no such invitation.
    #[error("the organization has no such invitation")]
    UnknownInvitation,
    /// The invitation was accepted or revoked.
    #[error("the invitation was accepted or revoked before")]
    InvitationClosed,
    /// Somebody has joined by the invitation.
    #[error("the invitation was used before")]
    InvitationUsed,
    /// The invitation is too old or revoked, has a newer mail, or never existed.
    #[error("the invitation does not work any more; ask for another one")]
    InvitationDead,
    /// The invitation is for another address.
    #[error("the invitation is for another address than the account's")]
    OtherAddress,
    /// The last mail of the invitation was sent a moment ago, or the invitation has had all its mails.
    #[error("the invitation was sent not long ago, or too often; a new one can be made once it has expired")]
    ResendTooSoon,
    /// The organization or the person has sent all invitation mails of a day.
    #[error("no more invitations can be sent today")]
    QuotaUsed,
    /// The domain belongs to another organization.
    #[error("the domain belongs to another organization")]
    DomainTaken,
    /// The person who asks has no verified address at the domain.
    #[error("your account has no verified address at this domain")]
    DomainNotProved,
    /// The claim does not exist, or was decided already.
    #[error("there is no such claim of a domain that waits")]
    UnknownDomain,
    /// The organization has as many domains as it may have.
    #[error("the organization has as many domains as it may have")]
    TooManyDomains,
    /// The organization does not exist, or does not offer itself to this person.
    #[error("no such organization offers itself to you")]
    NoOffer,
}

/// The text names no refusal that this version knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown refusal {0:?}")]
pub struct UnknownRefusal(pub String);

impl Refusal {
    const ALL: [Self; 19] = [
        Self::NotMember,
        Self::NotOwner,
        Self::LastOwner,
        Self::AlreadyMember,
        Self::MemberInvited,
        Self::AlreadyInvited,
        Self::UnknownMember,
        Self::UnknownInvitation,
        Self::InvitationClosed,
        Self::InvitationUsed,
        Self::InvitationDead,
        Self::OtherAddress,
        Self::ResendTooSoon,
        Self::QuotaUsed,
        Self::DomainTaken,
        Self::DomainNotProved,
        Self::UnknownDomain,
        Self::TooManyDomains,
        Self::NoOffer,
    ];

    /// The stable name of the refusal, in answers and in what the database tells its store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotMember => "no_organization",
            Self::NotOwner => "owner_required",
            Self::LastOwner => "last_owner",
            Self::AlreadyMember => "already_member",
            Self::MemberInvited => "member_invited",
            Self::AlreadyInvited => "already_invited",
            Self::UnknownMember => "unknown_member",
            Self::UnknownInvitation => "unknown_invitation",
            Self::InvitationClosed => "invitation_closed",
            Self::InvitationUsed => "invitation_used",
            Self::InvitationDead => "invitation_expired",
            Self::OtherAddress => "other_address",
            Self::ResendTooSoon => "resend_too_soon",
            Self::QuotaUsed => "invitation_limit",
            Self::DomainTaken => "domain_taken",
            Self::DomainNotProved => "domain_not_proved",
            Self::UnknownDomain => "unknown_domain",
            Self::TooManyDomains => "too_many_domains",
            Self::NoOffer => "no_offer",
        }
    }
}

impl FromStr for Refusal {
    type Err = UnknownRefusal;

    fn from_str(text: &str) -> Result<Self, UnknownRefusal> {
        let found = Self::ALL.into_iter().find(|refusal| refusal.as_str() == text);
        found.ok_or_else(|| UnknownRefusal(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_comes_back_by_its_name() {
        for refusal in Refusal::ALL {
            assert_eq!(refusal.as_str().parse(), Ok(refusal));
        }
        assert!("stale".parse::<Refusal>().is_err());
    }
}
