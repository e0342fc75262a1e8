//! The rows of the audit log.

use std::net::IpAddr;

use uuid::Uuid;

/// The action of an audit row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditAction {
    /// An account was made.
    UserRegistered,
    /// Somebody logged in.
    UserLoggedIn,
    /// Somebody gave a wrong password, or an address that no account has.
    UserLoginFailed,
    /// Somebody logged out.
    UserLoggedOut,
    /// A replaced refresh token was used again: the session was ended.
    TokenReused,
    /// A person ended one of the own sessions.
    SessionRevoked,
    /// A person ended all other sessions.
    OtherSessionsRevoked,
    /// A person ended all sessions.
    AllSessionsRevoked,
    /// A mail was sent to prove that the address reaches its owner.
    VerificationSent,
    /// The address was proved to reach its owner.
    EmailVerified,
    /// A person asked for another address.
    EmailChangeRequested,
    /// The account has another address.
    EmailChanged,
    /// Somebody asked for a link for a forgotten password.
    PasswordResetRequested,
    /// A forgotten password was replaced.
    PasswordReset,
    /// The password was changed by its owner.
    PasswordChanged,
    /// A person who is logged in gave a wrong current password for a change.
    PasswordCheckFailed,
    /// An identity at an OpenID Connect provider was linked.
    OidcLinked,
    /// An identity at an OpenID Connect provider was removed.
    OidcUnlinked,
    /// An OpenID Connect provider's answer was not believed.
    OidcRefused,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey got another name.
    PasskeyRenamed,
    /// A passkey was removed.
    PasskeyRemoved,
    /// The answer of a passkey was refused.
    PasskeyRefused,
    /// A passkey was disabled, because its signature counter went backwards.
    PasskeyDisabled,
    /// Name, language or theme was changed.
    AccountUpdated,
    /// The owner has closed the account.
    AccountClosed,
    /// The owner has opened the closed account again.
    AccountReopened,
    /// A step was changed.
    StepSaved,
    /// The onboarding was completed.
    OnboardingCompleted,
    /// The onboarding became an instance of another template.
    OnboardingMoved,
    /// The completed onboarding was opened again.
    OnboardingReopened,
    /// The owner refused reminders, by the link of a mail.
    RemindersStopped,
    /// An account was made for somebody.
    UserCreated,
    /// An account was suspended.
    UserSuspended,
    /// A suspended account was restored.
    UserRestored,
    /// Somebody else ended all sessions of an account.
    SessionsEnded,
    /// An admin sent the owner a link for a new password.
    ResetSent,
    /// The wrong passwords given for an account were forgiven.
    UserUnlocked,
    /// An account got another role.
    RoleSet,
    /// Somebody else set another password for an account.
    PasswordSet,
    /// An admin has downloaded accounts.
    UsersExported,
    /// A message of the outbox was queued again.
    MessageReplayed,
    /// Several messages of the outbox were queued again.
    MessagesReplayed,
    /// An organization was made.
    OrganizationFounded,
    /// An organization got another name, size or website.
    OrganizationDescribed,
    /// Somebody was invited to an organization.
    MemberInvited,
    /// An invitation was sent again.
    InvitationResent,
    /// An invitation was revoked.
    InvitationRevoked,
    /// A person joined an organization by an invitation.
    InvitationAccepted,
    /// A person joined an organization by an address at the organization's domain.
    JoinedByDomain,
    /// A member got another role.
    MemberRoleSet,
    /// An owner made another member the owner instead.
    OwnershipPassed,
    /// A member was removed.
    MemberRemoved,
    /// A person left an organization.
    OrganizationLeft,
    /// An owner claimed a mail domain for an organization.
    DomainClaimed,
    /// An owner gave up a mail domain of an organization.
    DomainDropped,
    /// An admin approved the claim of a mail domain.
    DomainApproved,
    /// An admin refused the claim of a mail domain.
    DomainRefused,
    /// Somebody gave the right password of an account with a second factor.
    SecondFactorAsked,
    /// Somebody gave a wrong second factor, after the right password.
    SecondFactorFailed,
    /// A secret for an authenticator app was made.
    SecondFactorEnrolled,
    /// A second factor was switched on.
    SecondFactorAdded,
    /// The second factors were switched off, by the owner or at the command line.
    SecondFactorRemoved,
    /// The recovery codes were replaced.
    RecoveryCodesRenewed,
    /// All devices were forgotten on which the password alone logged in.
    DevicesForgotten,
    /// A device was forgotten on which the password alone logged in.
    DeviceForgotten,
    /// A person authenticated again within a session.
    SteppedUp,
}

impl AuditAction {
    /// The action's name in the database (at most 64 characters).
    #[expect(clippy::too_many_lines, reason = "one line for each action, and nothing else")]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserRegistered => "user.registered",
            Self::UserLoggedIn => "user.logged_in",
            Self::UserLoginFailed => "user.login_failed",
            Self::UserLoggedOut => "user.logged_out",
            Self::TokenReused => "session.token_reused",
            Self::SessionRevoked => "session.revoked",
            Self::OtherSessionsRevoked => "session.others_revoked",
            Self::AllSessionsRevoked => "session.all_revoked",
            Self::VerificationSent => "email.verification_sent",
            Self::EmailVerified => "email.verified",
            Self::EmailChangeRequested => "email.change_requested",
            Self::EmailChanged => "email.changed",
            Self::PasswordResetRequested => "password.reset_requested",
            Self::PasswordReset => "password.reset",
            Self::PasswordChanged => "password.changed",
            Self::PasswordCheckFailed => "password.check_failed",
            Self::OidcLinked => "oidc.linked",
            Self::OidcUnlinked => "oidc.unlinked",
            Self::OidcRefused => "oidc.refused",
            Self::PasskeyAdded => "passkey.added",
            Self::PasskeyRenamed => "passkey.renamed",
            Self::PasskeyRemoved => "passkey.removed",
            Self::PasskeyRefused => "passkey.refused",
            Self::PasskeyDisabled => "passkey.disabled",
            Self::AccountUpdated => "account.updated",
            Self::AccountClosed => "account.closed",
            Self::AccountReopened => "account.reopened",
            Self::StepSaved => "onboarding.step_saved",
            Self::OnboardingCompleted => "onboarding.completed",
            Self::OnboardingMoved => "onboarding.moved",
            Self::OnboardingReopened => "onboarding.reopened",
            Self::RemindersStopped => "account.reminders_stopped",
            Self::UserCreated => "user.created",
            Self::UserSuspended => "user.suspended",
            Self::UserRestored => "user.restored",
            Self::SessionsEnded => "user.sessions_ended",
            Self::ResetSent => "user.reset_sent",
            Self::UserUnlocked => "user.unlocked",
            Self::RoleSet => "user.role_set",
            Self::PasswordSet => "user.password_set",
            Self::UsersExported => "admin.users_exported",
            Self::MessageReplayed => "outbox.message_replayed",
            Self::MessagesReplayed => "outbox.messages_replayed",
            Self::OrganizationFounded => "organization.founded",
            Self::OrganizationDescribed => "organization.described",
            Self::MemberInvited => "organization.member_invited",
            Self::InvitationResent => "organization.invitation_resent",
            Self::InvitationRevoked => "organization.invitation_revoked",
            Self::InvitationAccepted => "organization.invitation_accepted",
            Self::JoinedByDomain => "organization.joined_by_domain",
            Self::MemberRoleSet => "organization.member_role_set",
            Self::OwnershipPassed => "organization.ownership_passed",
            Self::MemberRemoved => "organization.member_removed",
            Self::OrganizationLeft => "organization.left",
            Self::DomainClaimed => "organization.domain_claimed",
            Self::DomainDropped => "organization.domain_dropped",
            Self::DomainApproved => "organization.domain_approved",
            Self::DomainRefused => "organization.domain_refused",
            Self::SecondFactorAsked => "second_factor.asked",
            Self::SecondFactorFailed => "second_factor.failed",
            Self::SecondFactorEnrolled => "second_factor.enrolled",
            Self::SecondFactorAdded => "second_factor.added",
            Self::SecondFactorRemoved => "second_factor.removed",
            Self::RecoveryCodesRenewed => "second_factor.recovery_codes_renewed",
            Self::DevicesForgotten => "second_factor.devices_forgotten",
            Self::DeviceForgotten => "second_factor.device_forgotten",
            Self::SteppedUp => "session.stepped_up",
        }
    }
}

/// The actor of an audit row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The person whom the row is about, or somebody who claimed to be that person.
    Person,
    /// An admin with this account.
    Admin(Uuid),
    /// Somebody with the command `onboarding-backend admin` on this system.
    CommandLine,
}

impl Actor {
    /// The id in the database: none for the person, and the nil UUID for the command line.
    pub fn stored(self) -> Option<Uuid> {
        match self {
            Self::Person => None,
            Self::Admin(id) => Some(id),
            Self::CommandLine => Some(Uuid::nil()),
        }
    }

    /// The actor of an id in the database.
    pub fn from_stored(id: Option<Uuid>) -> Self {
        match id {
            None => Self::Person,
            Some(id) if id.is_nil() => Self::CommandLine,
            Some(id) => Self::Admin(id),
        }
    }
}

/// A row of the audit log. The row's time is the mutation's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The action.
    pub action: AuditAction,
    /// The id of the account that the row is about; [`AuditEntry::NOBODY`] where no account is known, such as for a
    /// log-in with an unknown address.
    pub user_id: Uuid,
    /// The actor.
    pub actor: Actor,
    /// The detail of the action, such as the key of a step or the id of a session (at most 100 characters).
    pub subject: Option<String>,
    /// The reason, in the words of an admin (at most 500 characters).
    pub reason: Option<String>,
    /// The client's address, where the address is known.
    pub address: Option<IpAddr>,
    /// The id of the request (at most 128 characters).
    pub request_id: String,
    /// The name of the instance (at most 255 characters).
    pub instance_id: String,
}

impl AuditEntry {
    /// The id for a row without an account. The column is never empty, and instances of earlier versions still write
    /// to it.
    pub const NOBODY: Uuid = Uuid::nil();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_comes_back_as_it_went() {
        for actor in [Actor::Person, Actor::Admin(Uuid::now_v7()), Actor::CommandLine] {
            assert_eq!(Actor::from_stored(actor.stored()), actor);
        }
    }
}
