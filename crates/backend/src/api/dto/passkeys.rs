//! Requests and answers about passkeys.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::SessionMode;
use crate::api::fields::{Fields, FromFields};
use crate::auth::passkeys::CeremonyToken;
use crate::auth::passkeys::wire::{PublicKeyCredential, RegisterPublicKeyCredential};
use crate::config::PasskeyConfig;
use crate::domain::Timestamp;
use crate::domain::passkey::{CEREMONY_LIFETIME, Passkey, PasskeyName};

/// Bodies with no other fields than those that are described.
pub(in crate::api) const CLOSED: [&str; 4] =
    ["RegisterPasskeyRequest", "PasskeyLoginRequest", "RenamePasskeyRequest", "PasskeyProof"];

/// The first half of a ceremony: what the browser is to ask an authenticator for.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PasskeyOptionsBody {
    /// Goes into the request that ends the ceremony. It tells nothing.
    challenge_token: String,
    /// Seconds until the ceremony must have ended.
    expires_in: i64,
    /// In the form of WebAuthn Level 3, for `PublicKeyCredential.parseCreationOptionsFromJSON` or
    /// `parseRequestOptionsFromJSON`.
    #[schema(value_type = Object)]
    public_key: Value,
}

impl PasskeyOptionsBody {
    pub(in crate::api) fn new(CeremonyToken(token): CeremonyToken, public_key: Value) -> Self {
        Self { challenge_token: token, expires_in: CEREMONY_LIFETIME.whole_seconds(), public_key }
    }
}

/// A passkey that an authenticator has made.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct RegisterPasskeyRequest {
    /// From the options.
    #[schema(value_type = String, min_length = 1, max_length = 4096)]
    pub(in crate::api) challenge_token: CeremonyToken,
    /// What `PublicKeyCredential.toJSON()` gives (`RegistrationResponseJSON` of WebAuthn Level 3).
    #[schema(value_type = Object)]
    pub(in crate::api) credential: RegisterPublicKeyCredential,
    /// How its owner calls it; the client's name where it is left out. Blanks around it are cut off.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60, example = "My laptop")]
    pub(in crate::api) name: Option<PasskeyName>,
}

impl FromFields for RegisterPasskeyRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (challenge_token, name) = (fields.required("challenge_token"), fields.optional("name"));
        let credential = fields.required_json("credential");
        Some(Self { challenge_token: challenge_token?, credential: credential?, name })
    }
}

/// A signature by a passkey.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct PasskeyProof {
    /// From the options of `GET /api/auth/login/passkey`.
    #[schema(value_type = String, min_length = 1, max_length = 4096)]
    pub(in crate::api) challenge_token: CeremonyToken,
    /// What `PublicKeyCredential.toJSON()` gives (`AuthenticationResponseJSON` of WebAuthn Level 3).
    #[schema(value_type = Object)]
    pub(in crate::api) credential: PublicKeyCredential,
}

impl FromFields for PasskeyProof {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (challenge_token, credential) =
            (fields.required("challenge_token"), fields.required_json("credential"));
        Some(Self { challenge_token: challenge_token?, credential: credential? })
    }
}

/// A log-in by a passkey.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct PasskeyLoginRequest {
    /// From the options.
    #[schema(value_type = String, min_length = 1, max_length = 4096)]
    challenge_token: CeremonyToken,
    /// What `PublicKeyCredential.toJSON()` gives (`AuthenticationResponseJSON` of WebAuthn Level 3).
    #[schema(value_type = Object)]
    credential: PublicKeyCredential,
    /// Where the refresh token goes; `token` where it is left out.
    #[schema(value_type = Option<SessionMode>)]
    pub(in crate::api) session: SessionMode,
}

impl FromFields for PasskeyLoginRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let session = fields.optional("session").unwrap_or_default();
        let PasskeyProof { challenge_token, credential } = PasskeyProof::from_fields(fields)?;
        Some(Self { challenge_token, credential, session })
    }
}

impl PasskeyLoginRequest {
    /// The signature, and where the refresh token goes.
    pub(in crate::api) fn into_parts(self) -> (PasskeyProof, SessionMode) {
        let Self { challenge_token, credential, session } = self;
        (PasskeyProof { challenge_token, credential }, session)
    }
}

/// Another name for a passkey.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct RenamePasskeyRequest {
    /// Blanks around it are cut off.
    #[schema(value_type = String, min_length = 1, max_length = 60, example = "My laptop")]
    pub(in crate::api) name: PasskeyName,
}

impl FromFields for RenamePasskeyRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { name: fields.required("name")? })
    }
}

/// A passkey.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PasskeyBody {
    /// Its name in paths.
    id: Uuid,
    /// How its owner calls it.
    #[schema(example = "My laptop")]
    name: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used. Null before the first time.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    last_used_at: Option<Timestamp>,
    /// When it was switched off, since its signature counter went backwards and there may be a copy of it. Null for one that
    /// is good.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    disabled_at: Option<Timestamp>,
}

impl From<&Passkey> for PasskeyBody {
    fn from(passkey: &Passkey) -> Self {
        Self {
            id: passkey.id,
            name: passkey.name.as_str().to_owned(),
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
            disabled_at: passkey.disabled_at,
        }
    }
}

/// One's own passkeys.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PasskeysBody {
    /// The oldest first.
    items: Vec<PasskeyBody>,
    /// Whether the account has a password, so that it can do without passkeys.
    has_password: bool,
    /// The domain that passkeys are bound to. Null where there are none, since the page has no domain.
    #[schema(required = true, example = "app.example.com")]
    rp_id: Option<String>,
    /// A page where they can be used. Null where there is none.
    #[schema(required = true, example = "https://app.example.com")]
    origin: Option<String>,
}

impl PasskeysBody {
    pub(in crate::api) fn new(
        passkeys: &[Passkey],
        has_password: bool,
        config: Option<&PasskeyConfig>,
    ) -> Self {
        let origin = config.and_then(|config| config.origins.first());
        Self {
            items: passkeys.iter().map(PasskeyBody::from).collect(),
            has_password,
            rp_id: config.map(|config| config.rp_id.clone()),
            origin: origin.map(|origin| origin.origin().ascii_serialization()),
        }
    }
}
