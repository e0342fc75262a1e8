//! The rows of the audit log: who did what.

use std::net::IpAddr;

use uuid::Uuid;

/// What was done, for the audit log.
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
    /// A person ended one of their sessions.
    SessionRevoked,
    /// A person ended all their other sessions.
    OtherSessionsRevoked,
    /// A person ended all their sessions.
    AllSessionsRevoked,
    /// A mail was sent to prove that the address reaches its owner.
    VerificationSent,
    /// The address was proved to reach its owner.
    EmailVerified,
    /// Another address was asked for.
    EmailChangeRequested,
    /// The account has another address.
    EmailChanged,
    /// A link for a forgotten password was asked for.
    PasswordResetRequested,
    /// A forgotten password was replaced.
    PasswordReset,
    /// The password was changed by its owner.
    PasswordChanged,
    /// Somebody who has logged in gave a wrong current password, where a change asks for it.
    PasswordCheckFailed,
    /// An identity at an OpenID Connect provider was linked.
    OidcLinked,
    /// An identity at an OpenID Connect provider was taken away.
    OidcUnlinked,
    /// What an OpenID Connect provider said was not believed.
    OidcRefused,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey got another name.
    PasskeyRenamed,
    /// A passkey was taken away.
    PasskeyRemoved,
    /// What was said to be the answer of a passkey was not believed.
    PasskeyRefused,
    /// The signature counter of a passkey went backwards, so that it opens nothing any more.
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
    /// The onboarding became an instance of another version of its template.
    OnboardingMoved,
    /// The completed onboarding was opened again.
    OnboardingReopened,
    /// The owner wants no more reminders, by the link of a mail.
    RemindersStopped,
    /// An account was made for somebody.
    UserCreated,
    /// An account was suspended.
    UserSuspended,
    /// A suspended account was restored.
    UserRestored,
    /// All sessions of an account were ended by somebody else.
    SessionsEnded,
    /// A link for a new password was sent to the owner by an admin.
    ResetSent,
    /// Wrong passwords that were given for an account were forgiven.
    UserUnlocked,
    /// An account got another role.
    RoleSet,
    /// An account got another password from somebody else.
    PasswordSet,
    /// An admin has downloaded accounts.
    UsersExported,
    /// A message of the outbox was to be sent again.
    MessageReplayed,
    /// Several messages of the outbox were to be sent again.
    MessagesReplayed,
    /// An organization was made.
    OrganizationFounded,
    /// An organization got another name, size or website.
    OrganizationDescribed,
    /// Somebody was invited to an organization.
    MemberInvited,
    /// An invitation was sent again.
    InvitationResent,
    /// An invitation was taken back.
    InvitationRevoked,
    /// A person joined an organization by an invitation.
    InvitationAccepted,
    /// A person joined an organization by an address at its domain.
    JoinedByDomain,
    /// A member got another role.
    MemberRoleSet,
    /// An owner made somebody else one instead.
    OwnershipPassed,
    /// A member was removed.
    MemberRemoved,
    /// A person left an organization.
    OrganizationLeft,
    /// An owner claimed a mail domain for an organization.
    DomainClaimed,
    /// An owner gave a mail domain of an organization up.
    DomainDropped,
    /// An admin approved the claim of a mail domain.
    DomainApproved,
    /// An admin refused the claim of a mail domain.
    DomainRefused,
    /// Somebody gave the right password of an account with a second factor.
    SecondFactorAsked,
    /// Somebody who had given the right password gave a wrong second factor.
    SecondFactorFailed,
    /// A secret for an authenticator app was made.
    SecondFactorEnrolled,
    /// A second factor was switched on.
    SecondFactorAdded,
    /// Second factors were switched off, by their owner or at the command line.
    SecondFactorRemoved,
    /// There are other recovery codes.
    RecoveryCodesRenewed,
    /// No device is remembered any more.
    DevicesForgotten,
    /// A device is not remembered any more.
    DeviceForgotten,
    /// A person has proved once more to be the one.
    SteppedUp,
}

impl AuditAction {
    /// The name in the database (at most 64 characters).
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

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The person whom it was done to, or whoever claimed to be.
    Person,
    /// An admin with this account.
    Admin(Uuid),
    /// Whoever may run `onboarding-backend admin` on this system.
    CommandLine,
}

impl Actor {
    /// What the database keeps: nothing for the person, the nil UUID for the command line.
    pub fn stored(self) -> Option<Uuid> {
        match self {
            Self::Person => None,
            Self::Admin(id) => Some(id),
            Self::CommandLine => Some(Uuid::nil()),
        }
    }

    /// The actor of what the database keeps.
    pub fn from_stored(id: Option<Uuid>) -> Self {
        match id {
            None => Self::Person,
            Some(id) if id.is_nil() => Self::CommandLine,
            Some(id) => Self::Admin(id),
        }
    }
}

/// A row of the audit log. Its time is the mutation's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// What was done.
    pub action: AuditAction,
    /// Whom it was done to; [`AuditEntry::NOBODY`] where no account is known, as when somebody
    /// tried to log in with an unknown address.
    pub user_id: Uuid,
    /// Who did it.
    pub actor: Actor,
    /// What exactly, such as the step's key or the session's id (at most 100 characters).
    pub subject: Option<String>,
    /// Why, in the words of an admin (at most 500 characters).
    pub reason: Option<String>,
    /// The client's address, where it is known.
    pub address: Option<IpAddr>,
    /// The request that asked for it (at most 128 characters).
    pub request_id: String,
    /// The instance that did it (at most 255 characters).
    pub instance_id: String,
}

impl AuditEntry {
    /// Stands for an account where there is none. The column has never been empty, and an
    /// instance of an earlier version may still write to it.
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
