//! Mails that people get.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Email, Language, Timestamp};

/// The first words of the error of a mail that no server will ever take. A person whose mail had this error gets no
/// reminders.
pub const REFUSED: &str = "a mail was refused";

/// A mail to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The id of the account that the mail is about; none for somebody without an account.
    pub user_id: Option<Uuid>,
    /// The address that the mail goes to.
    pub to: Email,
    /// The language that the person has chosen. The mail is in English where none was chosen, or where no templates
    /// are in that language.
    pub language: Option<Language>,
    /// The content of the mail.
    pub content: MailContent,
    /// The time after which the mail is not sent any more: the end of the code or link in the mail. None for a mail
    /// that never becomes useless.
    pub expires_at: Option<Timestamp>,
}

/// A code or token in a mail. `Debug` does not show the secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailSecret(pub String);

/// The content of a mail. Each kind has the templates `crates/backend/mail/LANGUAGE/KIND.txt` and `.html`. A template
/// knows the fields by their names, and `link` is made of the field `token`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailContent {
    /// Asks the person to prove that mail to the address reaches them, by a code on the page or by a link.
    VerifyEmail {
        /// The name of the person.
        full_name: String,
        /// The code: 6 digits.
        code: MailSecret,
        /// The token in the link.
        token: MailSecret,
        /// The lifetime of code and link, in minutes.
        minutes: u32,
    },
    /// Brings the link that replaces a forgotten password.
    ResetPassword {
        /// The name of the person.
        full_name: String,
        /// The token in the link.
        token: MailSecret,
        /// The lifetime of the link, in minutes.
        minutes: u32,
    },
    /// Says that the password was changed.
    PasswordChanged {
        /// The name of the person.
        full_name: String,
        /// The time of the change, as the mail shows it.
        changed_at: String,
    },
    /// Says that the account has a new way to log in.
    WayInAdded {
        /// The name of the person.
        full_name: String,
        /// The name of the way to log in, such as the name of a provider.
        method: String,
        /// The time of the change, as the mail shows it.
        changed_at: String,
    },
    /// Says that a way to log in was removed from the account.
    WayInRemoved {
        /// The name of the person.
        full_name: String,
        /// The name of the way to log in, such as the name of a provider.
        method: String,
        /// The time of the change, as the mail shows it.
        changed_at: String,
    },
    /// Says that a passkey was disabled, because there may be a copy of the passkey.
    PasskeyDisabled {
        /// The name of the person.
        full_name: String,
        /// The name that the owner has given the passkey.
        passkey: String,
        /// The time of the change, as the mail shows it.
        changed_at: String,
    },
    /// Asks, at the new address, for the proof that mail to this address reaches the person.
    EmailChangeConfirm {
        /// The name of the person.
        full_name: String,
        /// The code: 6 digits.
        code: MailSecret,
        /// The token in the link.
        token: MailSecret,
        /// The lifetime of code and link, in minutes.
        minutes: u32,
    },
    /// Says, at the old address, that the account has another address now.
    EmailChangedNotice {
        /// The name of the person.
        full_name: String,
        /// The new address.
        new_email: String,
    },
    /// Brings the link by which somebody joins an organization.
    Invitation {
        /// The name of the person who invites.
        inviter: String,
        /// The name of the organization.
        organization: String,
        /// The token in the link.
        token: MailSecret,
        /// The last day of the link, as the mail shows it.
        expires_on: String,
    },
    /// Reminds of an onboarding that stands still.
    OnboardingReminder {
        /// The name of the person.
        full_name: String,
        /// The token in the link that ends reminders.
        token: MailSecret,
    },
    /// Reminds of an onboarding that stands still, for the last time.
    OnboardingLastReminder {
        /// The name of the person.
        full_name: String,
        /// The token in the link that ends reminders.
        token: MailSecret,
    },
    /// Says that the account was closed, and until when the person can open the account again.
    AccountClosing {
        /// The name of the person.
        full_name: String,
        /// The day on which the account is deleted, as the mail shows it.
        deleted_on: String,
    },
    /// Says what has happened to the second factor.
    SecondFactor {
        /// The name of the person.
        full_name: String,
        /// The time of the change, as the mail shows it.
        changed_at: String,
        /// What has happened.
        #[serde(flatten)]
        news: FactorNews,
    },
}

/// What has happened to a second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum FactorNews {
    /// The second factor was switched on.
    On,
    /// The second factor was switched off.
    Off,
    /// The recovery codes were replaced by new ones.
    Renewed,
    /// A recovery code was used.
    Recovery {
        /// The number of recovery codes that are left.
        left: u32,
    },
    /// Somebody gave the right password and several wrong codes.
    Guessed,
}

impl MailContent {
    /// The token of the link that ends mails of this kind; none for mails that a person cannot do without.
    pub fn unsubscription(&self) -> Option<&MailSecret> {
        match self {
            Self::OnboardingReminder { token, .. } | Self::OnboardingLastReminder { token, .. } => {
                Some(token)
            }
            Self::VerifyEmail { .. }
            | Self::ResetPassword { .. }
            | Self::PasswordChanged { .. }
            | Self::WayInAdded { .. }
            | Self::WayInRemoved { .. }
            | Self::PasskeyDisabled { .. }
            | Self::EmailChangeConfirm { .. }
            | Self::EmailChangedNotice { .. }
            | Self::Invitation { .. }
            | Self::SecondFactor { .. }
            | Self::AccountClosing { .. } => None,
        }
    }

    /// The name of the kind, which names the templates and the message in the outbox.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify_email",
            Self::ResetPassword { .. } => "reset_password",
            Self::PasswordChanged { .. } => "password_changed",
            Self::WayInAdded { .. } => "way_in_added",
            Self::WayInRemoved { .. } => "way_in_removed",
            Self::EmailChangeConfirm { .. } => "email_change_confirm",
            Self::EmailChangedNotice { .. } => "email_changed_notice",
            Self::Invitation { .. } => "invitation",
            Self::OnboardingReminder { .. } => "onboarding_reminder",
            Self::OnboardingLastReminder { .. } => "onboarding_last_reminder",
            Self::AccountClosing { .. } => "account_closing",
            Self::SecondFactor { .. } => "second_factor",
            Self::PasskeyDisabled { .. } => "passkey_disabled",
        }
    }
}

impl fmt::Debug for MailSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailSecret(…)")
    }
}
