//! The bodies of requests and answers in JSON.

mod identity;
mod onboarding;
pub(super) mod organizations;
mod passkeys;
mod second_factor;
mod template;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::FieldErrors;
use super::fields::{Fields, FromFields};
use crate::domain::one_time_code::LinkToken;
use crate::domain::session::RefreshToken;
use crate::domain::{
    Email, FullName, Language, Password, PresentedEmail, PresentedPassword, Timestamp, User,
};
use crate::mail::{LANGUAGES, is_written_in};

pub(super) use identity::{
    ChangeEmailRequest, ChangePasswordRequest, CloseAccountRequest, ClosingBody, ExportBody,
    ForgotPasswordRequest, ResetPasswordRequest, ThemeName, UpdateAccountRequest, VerifyEmailRequest,
};
pub(super) use onboarding::{OnboardingBody, StepRequest};

pub(super) use passkeys::{
    CLOSED as CLOSED_OF_PASSKEYS, PasskeyBody, PasskeyLoginRequest, PasskeyOptionsBody, PasskeyProof,
    PasskeysBody, RegisterPasskeyRequest, RenamePasskeyRequest,
};
pub(super) use second_factor::{
    CLOSED, ConfirmTotpRequest, DeviceBody, DevicesBody, FactorsBody, GivenFactor, RecoveryCodesBody,
    SecondFactorRequest, StepUpRequest, SteppedUpBody, TotpBody, TotpEnrolmentBody,
};

/// The place of the refresh token in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum SessionMode {
    /// The refresh token is in the answer's body.
    #[default]
    Token,
    /// The refresh token is in an `HttpOnly` cookie.
    Cookie,
}

#[derive(Debug, thiserror::Error)]
#[error("must be one of cookie, token")]
pub(super) struct UnknownSessionMode;

impl std::str::FromStr for SessionMode {
    type Err = UnknownSessionMode;

    fn from_str(text: &str) -> Result<Self, UnknownSessionMode> {
        match text {
            "cookie" => Ok(Self::Cookie),
            "token" => Ok(Self::Token),
            _ => Err(UnknownSessionMode),
        }
    }
}

/// An account to be made.
#[derive(Debug, ToSchema)]
pub(super) struct RegisterRequest {
    /// At most 254 bytes, also as A-labels. Addresses are compared without regard to case and to spelling: a domain
    /// and its A-labels (`xn--…`) are one. The domain must be one that can exist (UTS 46).
    #[schema(value_type = String, format = Email, max_length = 254, pattern = r#"^\s*[^\s@\x22<>(),;:\\]+@[^\s@\x22<>(),;:\\]+\s*$"#, example = "ada@example.com")]
    pub(super) email: Email,
    /// Any characters: 8 to 128 in NFC, at least one of them visible. The 100,000 most common passwords are refused.
    /// A password is also refused if it contains the e-mail address, the part before the `@`, the name or a word of
    /// the name (of at least 4 letters or digits each), or the name of this service.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    pub(super) password: Password,
    /// The person's name, with at least one visible character. Blanks at the ends are cut off. Controls, characters
    /// that change the direction of text (U+202A to U+202E, U+2066 to U+2069) and non-characters are refused.
    #[schema(value_type = String, min_length = 1, max_length = 200, pattern = r"^\s*[^\s\x00-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069]([^\x00-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069]*[^\s\x00-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069])?\s*$", example = "Ada Lovelace")]
    pub(super) full_name: FullName,
    /// The place of the refresh token; `token` where the field is left out.
    #[schema(value_type = Option<SessionMode>)]
    pub(super) session: SessionMode,
    /// The token of an invitation's link, for the address that the invitation was sent to. The account joins the
    /// organization, and the account's address is verified.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 512)]
    pub(super) invitation: Option<LinkToken>,
    /// The person's language as a BCP 47 tag, one of those that mails are written in. Where the field is left out,
    /// the most preferred such language of `Accept-Language` counts. Without one, mails are in English until the
    /// account has a language.
    #[schema(value_type = Option<String>, max_length = 35, pattern = r"^([Ee][Nn]|[Dd][Ee])(-[A-Za-z0-9]{1,8})*$", example = "de")]
    pub(super) language: Option<Language>,
}

impl FromFields for RegisterRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (email, password) = (fields.required("email"), fields.required::<Password>("password"));
        let full_name = fields.required("full_name");
        let session = fields.optional("session").unwrap_or_default();
        let invitation = fields.optional("invitation");
        let language = fields.optional::<Language>("language");
        if language.as_ref().is_some_and(|language| !is_written_in(language)) {
            fields.reject("language", format_args!("must be one of {}", LANGUAGES.join(", ")));
        }
        if let (Some(email), Some(password), Some(full_name)) = (&email, &password, &full_name)
            && let Err(error) = password.check_personal(email, full_name)
        {
            fields.reject("password", error);
        }
        let (email, password, full_name) = (email?, password?, full_name?);
        Some(Self { email, password, full_name, session, invitation, language })
    }
}

/// A log-in by password.
#[derive(Debug, ToSchema)]
pub(super) struct LoginRequest {
    /// Addresses are compared without regard to case.
    #[schema(value_type = String, format = Email, max_length = 254, pattern = r#"^\s*[^\s@\x22<>(),;:\\]+@[^\s@\x22<>(),;:\\]+\s*$"#, example = "ada@example.com")]
    pub(super) email: Email,
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 512)]
    pub(super) password: PresentedPassword,
    /// The place of the refresh token; `token` where the field is left out.
    #[schema(value_type = Option<SessionMode>)]
    pub(super) session: SessionMode,
}

impl FromFields for LoginRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (email, password) = (fields.required::<PresentedEmail>("email"), fields.required("password"));
        let session = fields.optional("session").unwrap_or_default();
        Some(Self { email: email?.into_email(), password: password?, session })
    }
}

/// A refresh token that is not sent as a cookie.
#[derive(Debug, ToSchema)]
pub(super) struct TokenRequest {
    /// The token of the registration, the log-in or the last refresh.
    #[schema(value_type = Option<String>)]
    pub(super) refresh_token: Option<RefreshTokenText>,
}

/// A refresh token in a request. Any text is taken; an unknown token is not found.
#[derive(Clone)]
pub(super) struct RefreshTokenText(pub(super) RefreshToken);

impl std::fmt::Debug for RefreshTokenText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshTokenText(…)")
    }
}

impl std::str::FromStr for RefreshTokenText {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(RefreshToken::presented(text)))
    }
}

impl FromFields for TokenRequest {
    const MAY_BE_EMPTY: bool = true;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { refresh_token: fields.optional("refresh_token") })
    }
}

/// A request without any fields.
#[derive(Debug, ToSchema)]
pub(super) struct NoFields {}

impl FromFields for NoFields {
    const MAY_BE_EMPTY: bool = true;

    fn from_fields(_: &mut Fields) -> Option<Self> {
        Some(Self {})
    }
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UserBody {
    id: Uuid,
    #[schema(format = Email)]
    email: String,
    /// Whether the person has proved that mail to the address reaches them.
    email_verified: bool,
    full_name: String,
    /// The person's language as a BCP 47 tag; `null` where the person has chosen none.
    #[schema(required = true, example = "en")]
    language: Option<String>,
    /// The page's theme: `system`, `light` or `dark`.
    #[schema(pattern = "^(system|light|dark)$", example = "system")]
    theme: &'static str,
    /// Whether mails may remind the person of an onboarding that stands still.
    reminders: bool,
    /// `user` or `admin`.
    #[schema(pattern = "^(user|admin)$", example = "user")]
    role: &'static str,
    /// `active`, `suspended`, or `closing` (the owner has closed the account and may open it again).
    #[schema(pattern = "^(active|suspended|closing)$", example = "active")]
    status: &'static str,
    /// The time when the account will be deleted, with `closing`.
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, required = false)]
    closing_at: Option<Timestamp>,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<&User> for UserBody {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            email_verified: user.email_verified_at.is_some(),
            full_name: user.full_name.as_str().to_owned(),
            language: user.language.as_ref().map(|language| language.as_str().to_owned()),
            theme: user.theme.as_str(),
            reminders: user.reminders_off_at.is_none(),
            role: user.role.as_str(),
            status: user.status().as_str(),
            closing_at: user.closing_at,
            created_at: user.created_at,
        }
    }
}

/// The tokens of a session, and the session's user.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionBody {
    pub(super) user: UserBody,
    /// The token for the `Authorization` header.
    pub(super) access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub(super) token_type: &'static str,
    /// Seconds until the access token expires.
    pub(super) expires_in: u64,
    /// The token for one refresh. The field is left out where the token is in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<String>,
}

/// A value to choose.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChoiceBody {
    /// The stored value.
    pub(super) value: &'static str,
    /// The text for people.
    pub(super) label: &'static str,
}

/// A country.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CountryBody {
    /// The ISO 3166-1 alpha-2 code.
    #[schema(example = "DE")]
    pub(super) code: &'static str,
    /// The English short name.
    #[schema(example = "Germany")]
    pub(super) name: &'static str,
}

/// The lists that a person chooses from during the onboarding.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StaticDataBody {
    /// All countries of ISO 3166-1.
    pub(super) countries: Vec<CountryBody>,
    /// All names of the IANA Time Zone Database.
    pub(super) time_zones: Vec<&'static str>,
    /// The sizes of organizations.
    pub(super) organization_sizes: Vec<ChoiceBody>,
    /// The roles of people in their organization.
    pub(super) roles: Vec<ChoiceBody>,
}

/// The health of an instance.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthBody {
    /// `healthy`, `degraded` (the database does not answer), `unready` or `draining`.
    #[schema(example = "healthy")]
    pub(super) status: &'static str,
    /// The name of the instance.
    pub(super) instance: String,
    /// The version of the program.
    pub(super) version: &'static str,
    /// The time since the instance's start, in whole seconds.
    pub(super) uptime_seconds: u64,
    /// The state of the database, only at `/api/health` and `/ready`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) database: Option<DatabaseBody>,
}

/// The state of the database, seen from an instance.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DatabaseBody {
    /// `up` or `down`.
    #[schema(example = "up")]
    pub(super) status: &'static str,
    /// The reason why the database is down, only at `/ready`, which is not public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// The duration of a ping, in milliseconds.
    pub(super) latency_ms: f64,
    /// The connections of the instance.
    pub(super) pool: PoolBody,
}

/// The connections of an instance to its database.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PoolBody {
    pub(super) max: u32,
    pub(super) open: u32,
    pub(super) idle: u32,
    pub(super) in_use: u32,
    /// The number of requests that wait for a connection.
    pub(super) waiting: u32,
}

/// The errors of fields below `prefix`, such as `data.country`.
pub(super) fn under(prefix: &str, errors: Vec<(String, String)>) -> FieldErrors {
    let mut by_field = FieldErrors::new();
    for (field, reason) in errors {
        let path = if field.is_empty() { prefix.to_owned() } else { format!("{prefix}.{field}") };
        by_field.note(&path, reason);
    }
    by_field
}
