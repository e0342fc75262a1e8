//! Invitations by mail.
//!
//! A mail brings a link with a long token, of which the database keeps the hash. It is good for one use, by an account
//! with the invited address: whoever has the link has read the mail, so that it proves the address, too.

use time::Duration;
use uuid::Uuid;

use super::{MemberRole, Organization};
use crate::domain::{Email, Timestamp};

/// How long an invitation is good, from its last mail on.
pub const LIFETIME: Duration = Duration::days(7);

/// How long its row is kept after that, so that a late use is told why it fails.
pub const KEPT_AFTER: Duration = Duration::days(30);

/// At least this long after one mail of an invitation there is no other.
pub const RESEND_AFTER: Duration = Duration::minutes(10);

/// At most so many mails for one invitation.
pub const MAX_SENDS: i64 = 5;

/// At most so many mails for all invitations of an organization, and so many of one person, in [`QUOTA_WINDOW`].
pub const MAX_MAILS: i64 = 50;

/// The time in which [`MAX_MAILS`] count, from the first of them on.
pub const QUOTA_WINDOW: Duration = Duration::DAY;

/// An invitation that is to be stored and mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// `UUIDv7`.
    pub id: Uuid,
    /// To which organization.
    pub organization_id: Uuid,
    /// Who is invited. Nobody needs to have an account with the address.
    pub email: Email,
    /// What they may do there.
    pub role: MemberRole,
    /// Who invites.
    pub invited_by: Uuid,
    /// SHA-256 of the link's token.
    pub token_hash: [u8; 32],
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops to work.
    pub expires_at: Timestamp,
}

/// How an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    /// It waits.
    Pending,
    /// Somebody has joined by it.
    Accepted,
    /// It was taken back.
    Revoked,
    /// It has waited too long.
    Expired,
}

impl InvitationState {
    /// The name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// A stored invitation, with all that decides what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Which.
    pub id: Uuid,
    /// To which organization.
    pub organization: Organization,
    /// Who is invited.
    pub email: Email,
    /// What they may do there.
    pub role: MemberRole,
    /// Who invites.
    pub invited_by: Uuid,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its last mail was written.
    pub sent_at: Timestamp,
    /// How many mails were written.
    pub sends: i64,
    /// When it stops to work.
    pub expires_at: Timestamp,
    /// When somebody joined by it.
    pub accepted_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl Invitation {
    /// How it stands at `now`.
    pub fn state(&self, now: Timestamp) -> InvitationState {
        if self.accepted_at.is_some() {
            InvitationState::Accepted
        } else if self.revoked_at.is_some() {
            InvitationState::Revoked
        } else if self.expires_at <= now {
            InvitationState::Expired
        } else {
            InvitationState::Pending
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn an_invitation_stands_as_its_history_says() {
        use InvitationState::{Accepted, Expired, Pending, Revoked};
        let name = "Acme".parse().unwrap();
        let organization = Organization { id: Uuid::nil(), name, size: None, website: None, created_at: NOW };
        let fresh = Invitation {
            id: Uuid::nil(),
            organization,
            email: "ada@example.com".parse().unwrap(),
            role: MemberRole::Member,
            invited_by: Uuid::nil(),
            created_at: NOW,
            sent_at: NOW,
            sends: 1,
            expires_at: NOW + LIFETIME,
            accepted_at: None,
            revoked_at: None,
        };
        let (once, late) = (Some(NOW), NOW + LIFETIME);
        let accepted = Invitation { accepted_at: once, ..fresh.clone() };
        let revoked = Invitation { revoked_at: once, ..fresh.clone() };
        assert_eq!((fresh.state(NOW), fresh.state(late)), (Pending, Expired));
        assert_eq!((accepted.state(NOW), accepted.state(late)), (Accepted, Accepted));
        assert_eq!((revoked.state(NOW), revoked.state(late)), (Revoked, Revoked));
    }
}
