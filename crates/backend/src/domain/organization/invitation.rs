//! Invitations by mail.
//!
//! A mail brings a link with a long token, and the database keeps the token's hash. The token is good for one use, by
//! an account with the invited address. Whoever has the link has read the mail, so the link proves the address, too.

use time::Duration;
use uuid::Uuid;

use super::{MemberRole, Organization};
use crate::domain::{Email, Timestamp};

/// The lifetime of an invitation, from its last mail on.
pub const LIFETIME: Duration = Duration::days(7);

/// The time that the row of an invitation is kept after the invitation's end, so that a late use gets the reason for
/// its refusal.
pub const KEPT_AFTER: Duration = Duration::days(30);

/// The shortest time between two mails of one invitation.
pub const RESEND_AFTER: Duration = Duration::minutes(10);

/// The largest number of mails for one invitation.
pub const MAX_SENDS: i64 = 5;

/// The largest number of invitation mails of one organization, and also of one person, in [`QUOTA_WINDOW`].
pub const MAX_MAILS: i64 = 50;

/// The time in which [`MAX_MAILS`] count. The time begins with the first of the mails.
pub const QUOTA_WINDOW: Duration = Duration::DAY;

/// An invitation to be stored and mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// The id of the invitation (`UUIDv7`).
    pub id: Uuid,
    /// The id of the organization.
    pub organization_id: Uuid,
    /// The invited address. An account with the address need not exist.
    pub email: Email,
    /// The role of the invited person in the organization.
    pub role: MemberRole,
    /// The id of the person who invites.
    pub invited_by: Uuid,
    /// SHA-256 of the link's token.
    pub token_hash: [u8; 32],
    /// The time when the invitation was made.
    pub created_at: Timestamp,
    /// The end of the invitation's lifetime.
    pub expires_at: Timestamp,
}

/// The state of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    /// The invitation can be accepted.
    Pending,
    /// Somebody has joined by the invitation.
    Accepted,
    /// The invitation was revoked.
    Revoked,
    /// The invitation's lifetime is over.
    Expired,
}

impl InvitationState {
    /// The state's name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// A stored invitation, with all facts that decide whether it can be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The id of the invitation.
    pub id: Uuid,
    /// The organization.
    pub organization: Organization,
    /// The invited address.
    pub email: Email,
    /// The role of the invited person in the organization.
    pub role: MemberRole,
    /// The id of the person who invites.
    pub invited_by: Uuid,
    /// The time when the invitation was made.
    pub created_at: Timestamp,
    /// The time when the invitation's last mail was written.
    pub sent_at: Timestamp,
    /// The number of mails that were written.
    pub sends: i64,
    /// The end of the invitation's lifetime.
    pub expires_at: Timestamp,
    /// The time when somebody joined by the invitation; none before.
    pub accepted_at: Option<Timestamp>,
    /// The time when the invitation was revoked; none for one that was not.
    pub revoked_at: Option<Timestamp>,
}

impl Invitation {
    /// The state of the invitation at `now`.
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
