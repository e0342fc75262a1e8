//! Requests and answers about log-ins at providers.

use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::dto::SessionMode;
use crate::api::fields::{Fields, FromFields};
use crate::auth::oidc::{Provider, Providers};
use crate::domain::oidc::Identity;
use crate::domain::{PresentedPassword, Timestamp};

const MAX_BYTES: usize = 4096;

/// A parameter that the browser brings back from a provider: any text of a sane length.
#[derive(Clone)]
pub(in crate::api) struct Brought(pub(super) String);

#[derive(Debug, thiserror::Error)]
#[error("must be 1 to {MAX_BYTES} bytes long")]
pub(in crate::api) struct BadLength;

impl FromStr for Brought {
    type Err = BadLength;

    fn from_str(text: &str) -> Result<Self, BadLength> {
        if (1..=MAX_BYTES).contains(&text.len()) { Ok(Self(text.to_owned())) } else { Err(BadLength) }
    }
}

impl std::fmt::Debug for Brought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Brought(…)")
    }
}

/// The query parameters that the provider has sent the person back with, and the place of the refresh token.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct CallbackRequest {
    /// The state of the flow.
    #[schema(value_type = String, min_length = 1, max_length = 4096)]
    pub(super) state: Brought,
    /// The code for one exchange. Either `code` or `error` is given.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096)]
    pub(super) code: Option<Brought>,
    /// The error of the provider.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096, example = "access_denied")]
    pub(super) error: Option<Brought>,
    /// The issuer of the answer (RFC 9207).
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096)]
    pub(super) iss: Option<Brought>,
    /// The place of the refresh token; `token` where the field is left out.
    #[schema(value_type = Option<SessionMode>)]
    pub(super) session: SessionMode,
}

/// The query parameters that the provider has sent the person back with, for an identity to be linked.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct LinkCallbackRequest {
    /// The state of the flow.
    #[schema(value_type = String, min_length = 1, max_length = 4096)]
    pub(super) state: Brought,
    /// The code for one exchange. Either `code` or `error` is given.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096)]
    pub(super) code: Option<Brought>,
    /// The error of the provider.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096, example = "access_denied")]
    pub(super) error: Option<Brought>,
    /// The issuer of the answer (RFC 9207).
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096)]
    pub(super) iss: Option<Brought>,
}

impl FromFields for LinkCallbackRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let state = fields.required("state");
        match (fields.has("code"), fields.has("error")) {
            (true, true) => fields.reject("error", "must not be given together with code"),
            (false, false) => fields.reject("code", "is required where there is no error"),
            _ => {}
        }
        let (code, error, iss) = (fields.optional("code"), fields.optional("error"), fields.optional("iss"));
        Some(Self { state: state?, code, error, iss })
    }
}

impl FromFields for CallbackRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let session = fields.optional("session").unwrap_or_default();
        let LinkCallbackRequest { state, code, error, iss } = LinkCallbackRequest::from_fields(fields)?;
        Some(Self { state, code, error, iss, session })
    }
}

/// The request to link an identity to the own account.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct LinkStartRequest {
    /// The account's password, which is needed where the account has one.
    #[schema(value_type = Option<String>, format = Password, min_length = 1, max_length = 512)]
    pub(super) current_password: Option<PresentedPassword>,
}

impl FromFields for LinkStartRequest {
    const MAY_BE_EMPTY: bool = true;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { current_password: fields.optional("current_password") })
    }
}

/// The address that the browser is to go to.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StartBody {
    /// The address at the provider. The provider sends the person back to `PUBLIC_URL/oidc/{provider}`.
    #[schema(example = "https://accounts.example.com/authorize?response_type=code")]
    pub(super) authorization_url: String,
    /// The time in which the log-in must be finished, in seconds.
    pub(super) expires_in: i64,
}

/// A provider that people can log in by.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ProviderBody {
    /// The provider's name in paths.
    #[schema(example = "google")]
    name: String,
    /// The provider's name for people.
    #[schema(example = "Google")]
    label: String,
}

/// The providers that people can log in by.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ProvidersBody {
    /// The providers, ordered by name.
    items: Vec<ProviderBody>,
}

impl From<&Providers> for ProvidersBody {
    fn from(providers: &Providers) -> Self {
        let body = |provider: &Provider| ProviderBody {
            name: provider.name.as_str().to_owned(),
            label: provider.label.clone(),
        };
        Self { items: providers.iter().map(body).collect() }
    }
}

/// An identity at a provider that opens the account.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct IdentityBody {
    /// The identity's id, which names the identity in paths.
    id: Uuid,
    /// The provider's name; `null` where the provider is not configured any more.
    #[schema(required = true, example = "google")]
    provider: Option<String>,
    /// The issuer (`iss`).
    #[schema(example = "https://accounts.google.com")]
    issuer: String,
    /// The address that the provider told when the identity was linked.
    #[schema(required = true)]
    email: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The time of the last log-in with the identity.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
}

impl IdentityBody {
    pub(super) fn new(identity: &Identity, providers: &Providers) -> Self {
        let provider = providers.of_issuer(&identity.issuer);
        Self {
            id: identity.id,
            provider: provider.map(|provider| provider.name.as_str().to_owned()),
            issuer: identity.issuer.clone(),
            email: identity.email.clone(),
            created_at: identity.created_at,
            last_used_at: identity.last_used_at,
        }
    }
}

/// The ways into the account besides its password.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct IdentitiesBody {
    /// The identities, the oldest first.
    pub(super) items: Vec<IdentityBody>,
    /// Whether the account has a password.
    pub(super) has_password: bool,
}
