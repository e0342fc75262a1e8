//! Requests and answers about the account itself.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::organizations::OrganizationBody;
use super::{DeviceBody, FactorsBody, OnboardingBody, PasskeyBody, UserBody};
use crate::api::fields::{Fields, FromFields};
use crate::domain::oidc::Identity;
use crate::domain::one_time_code::{Digits, LinkToken};
use crate::domain::{Email, FullName, Language, Password, PresentedPassword, Theme, Timestamp};
use crate::store::{AuditRecord, SessionRecord};

/// The secret of a mail: either the mail's digits, with an access token, or the token of the mail's link.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct VerifyEmailRequest {
    /// The six digits of the mail. Blanks among the digits do not count.
    #[schema(value_type = Option<String>, pattern = r"^\s*([0-9]\s*){6}$", example = "012345")]
    pub(in crate::api) code: Option<Digits>,
    /// The token of the link.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 512)]
    pub(in crate::api) token: Option<LinkToken>,
}

impl FromFields for VerifyEmailRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        match (fields.has("code"), fields.has("token")) {
            (true, true) => fields.reject("token", "must not be given together with code"),
            (false, false) => fields.reject("code", "is required where there is no token"),
            _ => {}
        }
        Some(Self { code: fields.optional("code"), token: fields.optional("token") })
    }
}

/// A new address for the account.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct ChangeEmailRequest {
    /// An address other than the account's present one.
    #[schema(value_type = String, format = Email, max_length = 254, pattern = r#"^\s*[^\s@\x22<>(),;:\\]+@[^\s@\x22<>(),;:\\]+\s*$"#, example = "ada@example.org")]
    pub(in crate::api) new_email: Email,
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 512)]
    pub(in crate::api) current_password: PresentedPassword,
}

impl FromFields for ChangeEmailRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (new_email, current_password) =
            (fields.required("new_email"), fields.required("current_password"));
        Some(Self { new_email: new_email?, current_password: current_password? })
    }
}

/// A request of somebody who has forgotten the password.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct ForgotPasswordRequest {
    /// The address of the account. Addresses are compared without regard to case.
    #[schema(value_type = String, format = Email, max_length = 254, pattern = r#"^\s*[^\s@\x22<>(),;:\\]+@[^\s@\x22<>(),;:\\]+\s*$"#, example = "ada@example.com")]
    pub(in crate::api) email: Email,
}

impl FromFields for ForgotPasswordRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { email: fields.required("email")? })
    }
}

/// A new password, by the link for a forgotten one.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct ResetPasswordRequest {
    /// The token of the link.
    #[schema(value_type = String, min_length = 1, max_length = 512)]
    pub(in crate::api) token: LinkToken,
    /// The new password: any characters, without the e-mail address.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    pub(in crate::api) new_password: Password,
}

impl FromFields for ResetPasswordRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (token, new_password) = (fields.required("token"), fields.required("new_password"));
        Some(Self { token: token?, new_password: new_password? })
    }
}

/// A new password, from somebody who gives the present one.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct ChangePasswordRequest {
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 512)]
    pub(in crate::api) current_password: PresentedPassword,
    /// The new password: any characters, without the e-mail address.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    pub(in crate::api) new_password: Password,
}

impl FromFields for ChangePasswordRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (current, new) = (fields.required("current_password"), fields.required("new_password"));
        Some(Self { current_password: current?, new_password: new? })
    }
}

/// The changes. A field that is left out or `null` stays as it is.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct UpdateAccountRequest {
    /// The person's name. Blanks at the ends are cut off.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"^\s*[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?\s*$", example = "Ada Lovelace")]
    pub(in crate::api) full_name: Option<FullName>,
    /// The person's language as a BCP 47 tag of at most 35 characters.
    #[schema(value_type = Option<String>, max_length = 35, pattern = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", example = "de")]
    pub(in crate::api) language: Option<Language>,
    /// The theme of the page.
    #[schema(value_type = Option<ThemeName>)]
    pub(in crate::api) theme: Option<Theme>,
    /// Whether mails may remind the person of an onboarding that stands still.
    pub(in crate::api) reminders: Option<bool>,
}

impl FromFields for UpdateAccountRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (full_name, language) = (fields.optional("full_name"), fields.optional("language"));
        let reminders = fields.flag("reminders");
        Some(Self { full_name, language, theme: fields.optional("theme"), reminders })
    }
}

/// The theme of the page.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the values in the API document")]
pub(in crate::api) enum ThemeName {
    System,
    Light,
    Dark,
}

/// The request to close the account, with the account's password.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct CloseAccountRequest {
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 512)]
    pub(in crate::api) current_password: PresentedPassword,
}

impl FromFields for CloseAccountRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { current_password: fields.required("current_password")? })
    }
}

/// An account that will be deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ClosingBody {
    /// The end of the time in which the account can be opened again.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::api) closing_at: Timestamp,
}

/// All that is stored of a person.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ExportBody {
    pub(in crate::api) account: UserBody,
    /// All sessions, the newest first.
    pub(in crate::api) sessions: Vec<ExportedSession>,
    /// The second factors, without their secrets.
    pub(in crate::api) second_factors: FactorsBody,
    /// The remembered devices, the last used ones first, at most 100. None is `current`.
    pub(in crate::api) remembered_devices: Vec<DeviceBody>,
    /// All identities at OpenID Connect providers, the oldest first.
    pub(in crate::api) oidc_identities: Vec<ExportedIdentity>,
    /// All passkeys, the oldest first.
    pub(in crate::api) passkeys: Vec<PasskeyBody>,
    pub(in crate::api) onboarding: OnboardingBody,
    /// The organization that the person belongs to; `null` for none.
    #[schema(required = true)]
    pub(in crate::api) organization: Option<OrganizationBody>,
    /// Answers to questions that the onboarding asks no more: those of whole steps by step, others by the place where
    /// they were given.
    #[schema(value_type = Object)]
    pub(in crate::api) set_aside: Map<String, Value>,
    /// The rows of the audit log about the person, the newest first, at most 10,000.
    pub(in crate::api) audit_log: Vec<ExportedAudit>,
}

/// A session, in an export.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ExportedSession {
    id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// The time when the session was ended.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    ended_at: Option<Timestamp>,
}

/// A row of the audit log, in an export.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ExportedAudit {
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The action.
    #[schema(example = "user.logged_in")]
    action: String,
    /// The detail of the action, such as a step's key or a session's id.
    #[schema(required = true)]
    subject: Option<String>,
    /// The client's address.
    #[schema(required = true)]
    address: Option<String>,
}

impl From<SessionRecord> for ExportedSession {
    fn from(record: SessionRecord) -> Self {
        let SessionRecord { id, created_at, last_used_at, revoked_at } = record;
        Self { id, created_at, last_used_at, ended_at: revoked_at }
    }
}

impl From<AuditRecord> for ExportedAudit {
    fn from(AuditRecord { at, action, subject, address }: AuditRecord) -> Self {
        Self { at, action, subject, address }
    }
}

/// An identity at a provider, in an export.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ExportedIdentity {
    issuer: String,
    /// The person's name at the provider.
    subject: String,
    /// The address that the provider told when the identity was linked.
    #[schema(required = true)]
    email: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
}

impl From<Identity> for ExportedIdentity {
    fn from(identity: Identity) -> Self {
        let Identity { issuer, subject, email, created_at, last_used_at, .. } = identity;
        Self { issuer, subject, email, created_at, last_used_at }
    }
}
