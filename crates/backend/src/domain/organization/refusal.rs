//! Refusals of changes of an organization. Stores decide a refusal inside of the transaction, so that it holds.

use std::str::FromStr;

/// Why a change is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Whoever asks belongs to no organization, or not to this one any more.
    #[error("you belong to no organization")]
    NotMember,
    /// Only owners may do it.
    #[error("only owners of the organization may do this")]
    NotOwner,
    /// Nobody else is an owner.
    #[error("nobody else is an owner; pass the ownership to somebody first")]
    LastOwner,
    /// A person belongs to one organization at most.
    #[error("you belong to an organization already; leave it first")]
    AlreadyMember,
    /// The invited address is a member's.
    #[error("a member of the organization has this address")]
    MemberInvited,
    /// There is an invitation to this address that waits.
    #[error("an invitation to this address waits already; it can be sent again")]
    AlreadyInvited,
    /// There is no such member.
    #[error("the organization has no such member")]
    UnknownMember,
    /// There is no such invitation.
    #[error("the organization has no such invitation")]
    UnknownInvitation,
    /// The invitation was accepted or revoked.
    #[error("the invitation was accepted or revoked before")]
    InvitationClosed,
    /// Somebody has joined by it.
    #[error("the invitation was used before")]
    InvitationUsed,
    /// Too old, revoked, replaced by a newer mail, or never given.
    #[error("the invitation does not work any more; ask for another one")]
    InvitationDead,
    /// The invitation is for somebody else.
    #[error("the invitation is for another address than the account's")]
    OtherAddress,
    /// The last mail of the invitation was sent a moment ago, or there were enough of them.
    #[error("the invitation was sent not long ago, or too often; a new one can be made once it has expired")]
    ResendTooSoon,
    /// The organization, or the person, has sent as many mails as a day allows.
    #[error("no more invitations can be sent today")]
    QuotaUsed,
    /// The domain is another organization's.
    #[error("the domain belongs to another organization")]
    DomainTaken,
    /// Whoever asks has no verified address there.
    #[error("your account has no verified address at this domain")]
    DomainNotProved,
    /// There is no such claim, or it was decided.
    #[error("there is no such claim of a domain that waits")]
    UnknownDomain,
    /// The organization has as many as it may.
    #[error("the organization has as many domains as it may have")]
    TooManyDomains,
    /// There is no such organization, or it does not offer itself to this person.
    #[error("no such organization offers itself to you")]
    NoOffer,
}

/// A refusal that this version does not know.
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

    /// The stable name, in answers and between a database and its store.
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
