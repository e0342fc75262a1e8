//! Requests and answers about second factors.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::PasskeyProof;
use crate::api::fields::{Fields, FromFields};
use crate::auth::ChallengeToken;
use crate::domain::one_time_code::Digits;
use crate::domain::second_factor::{DeviceSummary, RecoveryCode};
use crate::domain::{PresentedPassword, Timestamp, device};

/// The names of bodies that refuse unknown fields.
pub(in crate::api) const CLOSED: [&str; 3] = ["SecondFactorRequest", "StepUpRequest", "ConfirmTotpRequest"];

/// A given second factor.
#[derive(Debug)]
pub(in crate::api) enum GivenFactor {
    Totp(Digits),
    RecoveryCode(RecoveryCode),
}

/// The second step of a log-in: the challenge, and either a code of the authenticator app or a recovery code.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct SecondFactorRequest {
    /// The challenge of the answer `second_factor_required`.
    #[schema(value_type = String, min_length = 1, max_length = 1024)]
    pub(in crate::api) challenge: ChallengeToken,
    /// The six digits of the authenticator app. Blanks among the digits do not count.
    #[schema(value_type = Option<String>, pattern = r"^\s*([0-9]\s*){6}$", example = "012345")]
    pub(in crate::api) code: Option<Digits>,
    /// A recovery code. Case, blanks and hyphens do not count.
    #[schema(value_type = Option<String>, pattern = r"^[\s-]*([0-9A-Za-z][\s-]*){24}$", example = "0123-4567-89AB-CDEF-GHJK-MNPQ")]
    pub(in crate::api) recovery_code: Option<RecoveryCode>,
    /// Whether the password alone logs in from this device for 30 days. The device is known by its cookie or its
    /// `X-Device-Token`.
    #[schema(required = false)]
    pub(in crate::api) remember_device: bool,
}

impl FromFields for SecondFactorRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        one_of(fields, &["code", "recovery_code"]);
        let challenge = fields.required("challenge");
        let (code, recovery_code) = (fields.optional("code"), fields.optional("recovery_code"));
        let remember_device = fields.flag("remember_device").unwrap_or_default();
        Some(Self { challenge: challenge?, code, recovery_code, remember_device })
    }
}

impl SecondFactorRequest {
    /// The given factor. The reader has refused a body without one.
    pub(in crate::api) fn given(&self) -> Option<GivenFactor> {
        given(self.code.clone(), self.recovery_code.clone())
    }
}

/// A proof of who the person is: the password, or a code of the authenticator app or a recovery code for people with
/// a second factor, or a signature by a passkey.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct StepUpRequest {
    #[schema(value_type = Option<String>, format = Password, min_length = 1, max_length = 512)]
    pub(in crate::api) password: Option<PresentedPassword>,
    /// The six digits of the authenticator app. Blanks among the digits do not count.
    #[schema(value_type = Option<String>, pattern = r"^\s*([0-9]\s*){6}$", example = "012345")]
    pub(in crate::api) code: Option<Digits>,
    /// A recovery code. Case, blanks and hyphens do not count.
    #[schema(value_type = Option<String>, pattern = r"^[\s-]*([0-9A-Za-z][\s-]*){24}$", example = "0123-4567-89AB-CDEF-GHJK-MNPQ")]
    pub(in crate::api) recovery_code: Option<RecoveryCode>,
    /// A signature by a passkey, as for a log-in.
    pub(in crate::api) passkey: Option<PasskeyProof>,
}

impl FromFields for StepUpRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        one_of(fields, &["password", "code", "recovery_code", "passkey"]);
        let (password, code) = (fields.optional("password"), fields.optional("code"));
        let (recovery_code, passkey) = (fields.optional("recovery_code"), fields.nested("passkey"));
        Some(Self { password, code, recovery_code, passkey })
    }
}

impl StepUpRequest {
    /// The given second factor; none for a password or a passkey.
    pub(in crate::api) fn given(&self) -> Option<GivenFactor> {
        given(self.code.clone(), self.recovery_code.clone())
    }
}

fn given(code: Option<Digits>, recovery_code: Option<RecoveryCode>) -> Option<GivenFactor> {
    code.map(GivenFactor::Totp).or(recovery_code.map(GivenFactor::RecoveryCode))
}

/// Notes an error unless exactly one of `names` is given.
fn one_of(fields: &mut Fields, names: &[&str]) {
    let given: Vec<&str> = names.iter().copied().filter(|name| fields.has(name)).collect();
    match given.as_slice() {
        [_] => {}
        [] => {
            fields.reject(names[0], format!("is required where there is no {}", names[1..].join(" and no ")));
        }
        [first, others @ ..] => {
            for other in others {
                fields.reject(other, format!("must not be given together with {first}"));
            }
        }
    }
}

/// The first code of an authenticator app.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct ConfirmTotpRequest {
    /// The six digits of the authenticator app. Blanks among the digits do not count.
    #[schema(value_type = String, pattern = r"^\s*([0-9]\s*){6}$", example = "012345")]
    pub(in crate::api) code: Digits,
}

impl FromFields for ConfirmTotpRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { code: fields.required("code")? })
    }
}

/// A secret for an authenticator app, which is shown only once.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct TotpEnrolmentBody {
    /// The secret in base32, for typing.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    pub(in crate::api) secret: String,
    /// The secret for a QR code: `otpauth://totp/…`.
    pub(in crate::api) uri: String,
    /// The end of the time for the first code.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(in crate::api) expires_at: Timestamp,
}

/// Ten recovery codes, which are shown only once. Each code is good for one use in place of the authenticator app.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct RecoveryCodesBody {
    #[schema(example = json!(["0123-4567-89AB-CDEF-GHJK-MNPQ"]))]
    pub(in crate::api) recovery_codes: Vec<String>,
}

/// The person's own second factors.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct FactorsBody {
    /// Whether a log-in needs a second factor.
    pub(in crate::api) enabled: bool,
    /// The authenticator app; `null` where there is none.
    #[schema(required = true)]
    pub(in crate::api) totp: Option<TotpBody>,
    /// The number of unused recovery codes.
    pub(in crate::api) recovery_codes_left: u32,
}

/// An authenticator app.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct TotpBody {
    /// The time since when the app's codes are asked for.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub(in crate::api) confirmed_at: Option<Timestamp>,
}

/// A device where the password alone logs in.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DeviceBody {
    /// The device's id, which names the device in paths.
    id: Uuid,
    /// The client of the last log-in, by the client's own name, such as `Firefox on Windows`.
    #[schema(example = "Firefox on Windows")]
    device: String,
    /// The client's address at the last log-in; `null` where it is not known.
    #[schema(required = true, example = "203.0.113.7")]
    address: Option<String>,
    /// The time when the device was first remembered.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The time of the last log-in on the device.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// The end of the time that the device is remembered.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// Whether the device is the one that asks.
    current: bool,
}

impl DeviceBody {
    /// The device `found`. `current` is the id of the device that asks, where it is known.
    pub(in crate::api) fn new(found: &DeviceSummary, current: Option<Uuid>) -> Self {
        Self {
            id: found.id,
            device: device::describe(found.user_agent.as_ref()),
            address: found.address.map(|address| address.to_string()),
            created_at: found.created_at,
            last_used_at: found.last_used_at,
            expires_at: found.expires_at,
            current: current == Some(found.id),
        }
    }
}

/// The person's own remembered devices.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct DevicesBody {
    /// The devices, the last used ones first. At most 100.
    pub(in crate::api) items: Vec<DeviceBody>,
}

/// An access token of a session that was just authenticated again.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct SteppedUpBody {
    /// The token for the `Authorization` header, in place of the earlier one.
    pub(in crate::api) access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub(in crate::api) token_type: &'static str,
    /// Seconds until the access token expires.
    pub(in crate::api) expires_in: u64,
    /// The assurance level (NIST SP 800-63B): `aal1` or `aal2`.
    #[schema(pattern = "^aal[12]$", example = "aal2")]
    pub(in crate::api) acr: &'static str,
}
