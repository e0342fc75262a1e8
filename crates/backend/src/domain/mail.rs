//! Mails that people get.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Email, Language, Timestamp};

/// How the error of a mail begins that will never be taken: no reminder goes to a person where that was heard.
pub const REFUSED: &str = "a mail was refused";

/// A mail to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Whom it concerns: the owner of the account.
    pub user_id: Option<Uuid>,
    /// Where it goes.
    pub to: Email,
    /// The language that the person has chosen. Where nothing is written in that one, or none was chosen, it is English.
    pub language: Option<Language>,
    /// What it says.
    pub content: MailContent,
    /// From when on it is not worth sending any more: the end of the code or link that it brings.
    pub expires_at: Option<Timestamp>,
}

/// A code or token that a mail brings. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailSecret(pub String);

/// What a mail says. Each kind has its templates in `crates/backend/mail/LANGUAGE/KIND.txt` and `.html`, which know the
/// fields by their names; the field `token` is what the template's `link` is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailContent {
    /// Asks to prove that the address is read: by a code on the page, or by a link.
    VerifyEmail {
        /// The name of the person.
        full_name: String,
        /// 6 digits.
        code: MailSecret,
        /// What the link bears.
        token: MailSecret,
        /// How long both work.
        minutes: u32,
    },
    /// Brings the link by which a forgotten password is replaced.
    ResetPassword {
        /// The name of the person.
        full_name: String,
        /// What the link bears.
        token: MailSecret,
        /// How long it works.
        minutes: u32,
    },
    /// Says that the password was changed.
    PasswordChanged {
        /// The name of the person.
        full_name: String,
        /// When, as the mail shows it.
        changed_at: String,
    },
    /// Says that there is another way to log in.
    WayInAdded {
        /// The name of the person.
        full_name: String,
        /// Which way, such as the name of a provider.
        method: String,
        /// When, as the mail shows it.
        changed_at: String,
    },
    /// Says that a way to log in was taken away.
    WayInRemoved {
        /// The name of the person.
        full_name: String,
        /// Which way, such as the name of a provider.
        method: String,
        /// When, as the mail shows it.
        changed_at: String,
    },
    /// Says that a passkey opens the account no more, since there may be a copy of it.
    PasskeyDisabled {
        /// The name of the person.
        full_name: String,
        /// What its owner calls it.
        passkey: String,
        /// When, as the mail shows it.
        changed_at: String,
    },
    /// Asks, at the new address, to prove that it is read.
    EmailChangeConfirm {
        /// The name of the person.
        full_name: String,
        /// 6 digits.
        code: MailSecret,
        /// What the link bears.
        token: MailSecret,
        /// How long both work.
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
        /// The name of whoever invites.
        inviter: String,
        /// What the organization is called.
        organization: String,
        /// What the link bears.
        token: MailSecret,
        /// The last day on which it works, as the mail shows it.
        expires_on: String,
    },
    /// Reminds of an onboarding that stands still.
    OnboardingReminder {
        /// The name of the person.
        full_name: String,
        /// What the link bears by which reminders end.
        token: MailSecret,
    },
    /// Reminds of an onboarding that stands still, for the last time.
    OnboardingLastReminder {
        /// The name of the person.
        full_name: String,
        /// What the link bears by which reminders end.
        token: MailSecret,
    },
    /// Says that the account was closed, and until when that can be taken back.
    AccountClosing {
        /// The name of the person.
        full_name: String,
        /// When all of it is deleted, as the mail shows it.
        deleted_on: String,
    },
    /// Says what has become of the second factor.
    SecondFactor {
        /// The name of the person.
        full_name: String,
        /// When, as the mail shows it.
        changed_at: String,
        /// What.
        #[serde(flatten)]
        news: FactorNews,
    },
}

/// What a mail tells of a second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum FactorNews {
    /// It was switched on.
    On,
    /// It was switched off.
    Off,
    /// There are other recovery codes.
    Renewed,
    /// A recovery code was used.
    Recovery {
        /// How many are left.
        left: u32,
    },
    /// Somebody gave the right password and several wrong codes.
    Guessed,
}

impl MailContent {
    /// What the link bears by which mails of this kind end; none where the person cannot do without them.
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

    /// The name of its kind: of its templates, and of the message in the outbox.
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
