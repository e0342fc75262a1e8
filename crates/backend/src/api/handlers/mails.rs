//! The mails about an account.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::auth::IssuedCode;
use crate::domain::mail::{FactorNews, Mail, MailContent, MailSecret};
use crate::domain::one_time_code::{CodePurpose, LIFETIME, LinkToken};
use crate::domain::organization::OrganizationName;
use crate::domain::passkey::PasskeyName;
use crate::domain::{Email, Timestamp, User};
use crate::mail::looks_like_a_link;

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");

/// The mail with a code, to the address that the code is for.
pub(super) fn with_code(user: &User, code: &IssuedCode) -> Mail {
    let full_name = user.full_name.as_str().to_owned();
    let (digits, token) = (secret(code.digits.expose()), secret(code.token.expose()));
    let minutes = u32::try_from(LIFETIME.whole_minutes()).unwrap_or_default();
    let content = match code.stored.purpose {
        CodePurpose::VerifyEmail => MailContent::VerifyEmail { full_name, code: digits, token, minutes },
        CodePurpose::ChangeEmail => {
            MailContent::EmailChangeConfirm { full_name, code: digits, token, minutes }
        }
        CodePurpose::ResetPassword => MailContent::ResetPassword { full_name, token, minutes },
    };
    let expires_at = Some(code.stored.expires_at);
    Mail { expires_at, ..mail(user, code.stored.email.clone(), content) }
}

/// Says that the password was changed.
pub(super) fn password_changed(user: &User, at: Timestamp) -> Mail {
    let full_name = user.full_name.as_str().to_owned();
    let content = MailContent::PasswordChanged { full_name, changed_at: shown(at, MINUTE) };
    mail(user, user.email.clone(), content)
}

/// Says that the account has a new way to log in: `method`.
pub(super) fn way_in_added(user: &User, method: &str, at: Timestamp) -> Mail {
    let (full_name, method) = (user.full_name.as_str().to_owned(), method.to_owned());
    let content = MailContent::WayInAdded { full_name, method, changed_at: shown(at, MINUTE) };
    mail(user, user.email.clone(), content)
}

/// Says that a way to log in was removed: `method`.
pub(super) fn way_in_removed(user: &User, method: &str, at: Timestamp) -> Mail {
    let (full_name, method) = (user.full_name.as_str().to_owned(), method.to_owned());
    let content = MailContent::WayInRemoved { full_name, method, changed_at: shown(at, MINUTE) };
    mail(user, user.email.clone(), content)
}

/// The name of a passkey in mails. An intruder could make the account's owner read a link there.
pub(super) fn passkey(name: &PasskeyName) -> String {
    if looks_like_a_link(name.as_str()) { "Passkey".to_owned() } else { format!("Passkey ({name})") }
}

/// Says that a passkey was disabled, because there may be a copy of it.
pub(super) fn passkey_disabled(user: &User, name: &PasskeyName, at: Timestamp) -> Mail {
    let (full_name, passkey) = (user.full_name.as_str().to_owned(), passkey(name));
    let content = MailContent::PasskeyDisabled { full_name, passkey, changed_at: shown(at, MINUTE) };
    mail(user, user.email.clone(), content)
}

/// Says, at the present address of `user`, that the account's address is `new_email` from now on.
pub(super) fn email_changed(user: &User, new_email: &Email) -> Mail {
    let full_name = user.full_name.as_str().to_owned();
    let content = MailContent::EmailChangedNotice { full_name, new_email: new_email.as_str().to_owned() };
    mail(user, user.email.clone(), content)
}

/// Says until when a closed account can be opened again.
pub(super) fn account_closing(user: &User, closing_at: Timestamp) -> Mail {
    let full_name = user.full_name.as_str().to_owned();
    let content = MailContent::AccountClosing { full_name, deleted_on: shown(closing_at, DAY) };
    mail(user, user.email.clone(), content)
}

/// Invites the reader of the address, with an account or without, in the language of the person who invites.
pub(super) fn invitation(
    inviter: &User,
    organization: &OrganizationName,
    to: Email,
    token: &LinkToken,
    expires_at: Timestamp,
) -> Mail {
    let content = MailContent::Invitation {
        inviter: inviter.full_name.as_str().to_owned(),
        organization: organization.as_str().to_owned(),
        token: secret(token.expose()),
        expires_on: shown(expires_at, DAY),
    };
    let (user_id, expires_at) = (None, Some(expires_at));
    Mail { user_id, to, language: inviter.language.clone(), content, expires_at }
}

/// Says that a log-in needs a second factor from now on.
pub(super) fn second_factor_on(user: &User, at: Timestamp) -> Mail {
    second_factor(user, FactorNews::On, at)
}

/// Says that a log-in needs no second factor any more.
pub(super) fn second_factor_off(user: &User, at: Timestamp) -> Mail {
    second_factor(user, FactorNews::Off, at)
}

/// Says that the recovery codes were replaced.
pub(super) fn recovery_codes_renewed(user: &User, at: Timestamp) -> Mail {
    second_factor(user, FactorNews::Renewed, at)
}

/// Says that a recovery code was used, and how many are left.
pub(super) fn recovery_code_used(user: &User, left: u32, at: Timestamp) -> Mail {
    second_factor(user, FactorNews::Recovery { left }, at)
}

/// Says that somebody gave the right password and wrong second factors.
pub(super) fn second_factor_guessed(user: &User, at: Timestamp) -> Mail {
    second_factor(user, FactorNews::Guessed, at)
}

fn second_factor(user: &User, news: FactorNews, at: Timestamp) -> Mail {
    let (full_name, changed_at) = (user.full_name.as_str().to_owned(), shown(at, MINUTE));
    mail(user, user.email.clone(), MailContent::SecondFactor { full_name, changed_at, news })
}

fn mail(user: &User, to: Email, content: MailContent) -> Mail {
    Mail { user_id: Some(user.id), to, language: user.language.clone(), content, expires_at: None }
}

fn secret(text: &str) -> MailSecret {
    MailSecret(text.to_owned())
}

fn shown(moment: Timestamp, format: &[BorrowedFormatItem<'_>]) -> String {
    // Every moment has what these formats ask for.
    moment.format(format).unwrap_or_default()
}
