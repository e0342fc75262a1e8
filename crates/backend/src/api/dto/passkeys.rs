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

/// The names of bodies that refuse unknown fields.
pub(in crate::api) const CLOSED: [&str; 4] =
    ["RegisterPasskeyRequest", "PasskeyLoginRequest", "RenamePasskeyRequest", "PasskeyProof"];

/// The first half of a ceremony: the options for the browser's request to an authenticator.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PasskeyOptionsBody {
    /// The token of the ceremony, for the request that ends the ceremony. A client cannot read the token.
    challenge_token: String,
    /// The time in which the ceremony must end, in seconds.
    expires_in: i64,
    /// The options in the form of WebAuthn Level 3, for `PublicKeyCredential.parseCreationOptionsFromJSON` or
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
    /// The token of the options.
    #[schema(value_type = String, min_length = 1, max_length = 4096)]
    pub(in crate::api) challenge_token: CeremonyToken,
    /// The result of `PublicKeyCredential.toJSON()` (`RegistrationResponseJSON` of WebAuthn Level 3).
    #[schema(value_type = Object)]
    pub(in crate::api) credential: RegisterPublicKeyCredential,
    /// The passkey's name; the name of the client where the field is left out. Blanks at the ends are cut off.
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
    /// The token of the options of `GET /api/auth/login/passkey`.
    #[schema(value_type = String, min_length = 1, max_length = 4096)]
    pub(in crate::api) challenge_token: CeremonyToken,
    /// The result of `PublicKeyCredential.toJSON()` (`AuthenticationResponseJSON` of WebAuthn Level 3).
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
    /// The token of the options.
    #[schema(value_type = String, min_length = 1, max_length = 4096)]
    challenge_token: CeremonyToken,
    /// The result of `PublicKeyCredential.toJSON()` (`AuthenticationResponseJSON` of WebAuthn Level 3).
    #[schema(value_type = Object)]
    credential: PublicKeyCredential,
    /// The place of the refresh token; `token` where the field is left out.
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
    /// The signature, and the place of the refresh token.
    pub(in crate::api) fn into_parts(self) -> (PasskeyProof, SessionMode) {
        let Self { challenge_token, credential, session } = self;
        (PasskeyProof { challenge_token, credential }, session)
    }
}

/// The new name of a passkey.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct RenamePasskeyRequest {
    /// The passkey's name. Blanks at the ends are cut off.
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
    /// The passkey's id, which names the passkey in paths.
    id: Uuid,
    /// The name that the owner has given the passkey.
    #[schema(example = "My laptop")]
    name: String,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The time of the last use; `null` before the first.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    last_used_at: Option<Timestamp>,
    /// The time when the passkey was disabled; `null` for a passkey that works. A signature counter that goes
    /// backwards disables a passkey, because there may be a copy of the key.
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

/// The person's own passkeys.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct PasskeysBody {
    /// The passkeys, the oldest first.
    items: Vec<PasskeyBody>,
    /// Whether the account has a password, so that it needs no passkey.
    has_password: bool,
    /// The domain that passkeys are bound to; `null` where the page has no domain and there are no passkeys.
    #[schema(required = true, example = "app.example.com")]
    rp_id: Option<String>,
    /// A page where the passkeys can be used; `null` where there is none.
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
