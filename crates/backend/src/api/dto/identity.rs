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

/// What a mail brought: either its digits, with an access token, or the token of its link.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct VerifyEmailRequest {
    /// The six digits. Blanks among them do not count.
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
    /// Another address than the account's.
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

/// Somebody who has forgotten the password.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct ForgotPasswordRequest {
    /// The address of the account. Compared without regard to case.
    #[schema(value_type = String, format = Email, max_length = 254, pattern = r#"^\s*[^\s@\x22<>(),;:\\]+@[^\s@\x22<>(),;:\\]+\s*$"#, example = "ada@example.com")]
    pub(in crate::api) email: Email,
}

impl FromFields for ForgotPasswordRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { email: fields.required("email")? })
    }
}

/// A new password for somebody who has forgotten the old one.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct ResetPasswordRequest {
    /// The token of the link.
    #[schema(value_type = String, min_length = 1, max_length = 512)]
    pub(in crate::api) token: LinkToken,
    /// Any characters; not the e-mail address.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    pub(in crate::api) new_password: Password,
}

impl FromFields for ResetPasswordRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (token, new_password) = (fields.required("token"), fields.required("new_password"));
        Some(Self { token: token?, new_password: new_password? })
    }
}

/// A new password for somebody who knows the old one.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct ChangePasswordRequest {
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 512)]
    pub(in crate::api) current_password: PresentedPassword,
    /// Any characters; not the e-mail address.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    pub(in crate::api) new_password: Password,
}

impl FromFields for ChangePasswordRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (current, new) = (fields.required("current_password"), fields.required("new_password"));
        Some(Self { current_password: current?, new_password: new? })
    }
}

/// What is to change. What is left out or `null` stays as it is.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct UpdateAccountRequest {
    /// How the person wants to be called. Blanks around it are cut off.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200, pattern = r"^\s*[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?\s*$", example = "Ada Lovelace")]
    pub(in crate::api) full_name: Option<FullName>,
    /// A BCP 47 tag, at most 35 characters long.
    #[schema(value_type = Option<String>, max_length = 35, pattern = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", example = "de")]
    pub(in crate::api) language: Option<Language>,
    /// How the page looks.
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

/// How the page looks.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the values in the API document")]
pub(in crate::api) enum ThemeName {
    System,
    Light,
    Dark,
}

/// The wish to close the account, by somebody who knows its password.
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
    /// Until then it can be opened again.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::api) closing_at: Timestamp,
}

/// All that is kept of a person.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ExportBody {
    pub(in crate::api) account: UserBody,
    /// Every session, newest first.
    pub(in crate::api) sessions: Vec<ExportedSession>,
    /// What a log-in asks for beside the password. The secrets themselves are in no export.
    pub(in crate::api) second_factors: FactorsBody,
    /// Every remembered device, those that were used last first, at most 100. None is `current`.
    pub(in crate::api) remembered_devices: Vec<DeviceBody>,
    /// Every identity at an OpenID Connect provider, the oldest first.
    pub(in crate::api) oidc_identities: Vec<ExportedIdentity>,
    /// Every passkey, the oldest first.
    pub(in crate::api) passkeys: Vec<PasskeyBody>,
    pub(in crate::api) onboarding: OnboardingBody,
    /// What the person belongs to; `null` for nothing.
    #[schema(required = true)]
    pub(in crate::api) organization: Option<OrganizationBody>,
    /// Answers to what the onboarding asks no more: those of whole steps by step, and by where they were given.
    #[schema(value_type = Object)]
    pub(in crate::api) set_aside: Map<String, Value>,
    /// What the audit log says of the person, newest first, at most 10,000 rows.
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
    /// When it was ended.
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
    /// What was done.
    #[schema(example = "user.logged_in")]
    action: String,
    /// What exactly, such as the step's key or the session's id.
    #[schema(required = true)]
    subject: Option<String>,
    /// From which address.
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
