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

/// What a provider gives the browser to bring back: any text that is not too long.
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

/// What the provider has sent the person back with: these parameters of the query, and where the session goes.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct CallbackRequest {
    /// Names the log-in that was begun.
    #[schema(value_type = String, min_length = 1, max_length = 4096)]
    pub(super) state: Brought,
    /// Good for one exchange. Either this or `error` is given.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096)]
    pub(super) code: Option<Brought>,
    /// Why the provider lets nobody in.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096, example = "access_denied")]
    pub(super) error: Option<Brought>,
    /// Which provider says so (RFC 9207).
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096)]
    pub(super) iss: Option<Brought>,
    /// Where the refresh token goes; `token` where it is left out.
    #[schema(value_type = Option<SessionMode>)]
    pub(super) session: SessionMode,
}

/// The same for an identity that is to be linked.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct LinkCallbackRequest {
    /// Names the log-in that was begun.
    #[schema(value_type = String, min_length = 1, max_length = 4096)]
    pub(super) state: Brought,
    /// Good for one exchange. Either this or `error` is given.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096)]
    pub(super) code: Option<Brought>,
    /// Why the provider lets nobody in.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4096, example = "access_denied")]
    pub(super) error: Option<Brought>,
    /// Which provider says so (RFC 9207).
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

/// The wish to log in to one's account by a provider, too.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct LinkStartRequest {
    /// Needed where the account has a password.
    #[schema(value_type = Option<String>, format = Password, min_length = 1, max_length = 512)]
    pub(super) current_password: Option<PresentedPassword>,
}

impl FromFields for LinkStartRequest {
    const MAY_BE_EMPTY: bool = true;

    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { current_password: fields.optional("current_password") })
    }
}

/// Where the browser is to go now.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StartBody {
    /// At the provider. It sends the person back to `PUBLIC_URL/oidc/{provider}`.
    #[schema(example = "https://accounts.example.com/authorize?response_type=code")]
    pub(super) authorization_url: String,
    /// Seconds until the log-in must be finished.
    pub(super) expires_in: i64,
}

/// A provider that people can log in by.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ProviderBody {
    /// Its name in paths.
    #[schema(example = "google")]
    name: String,
    /// What people call it.
    #[schema(example = "Google")]
    label: String,
}

/// The providers that people can log in by.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ProvidersBody {
    /// In the order of their names.
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
    /// Its name in paths.
    id: Uuid,
    /// The provider's name. Null where nobody can log in by it any more.
    #[schema(required = true, example = "google")]
    provider: Option<String>,
    /// Whose word it is.
    #[schema(example = "https://accounts.google.com")]
    issuer: String,
    /// The address that the provider told when the identity was linked.
    #[schema(required = true)]
    email: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last logged in with.
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
    /// The oldest first.
    pub(super) items: Vec<IdentityBody>,
    /// Whether the account has a password.
    pub(super) has_password: bool,
}
