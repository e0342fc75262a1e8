//! The missing proof of an error.

use serde::Serialize;
use time::Duration;
use utoipa::ToSchema;

use crate::auth::ChallengeToken;
use crate::domain::AuthLevel;
use crate::domain::second_factor::{CHALLENGE_LIFETIME, FactorKind, SecondFactors};

/// The question for a second factor, after the right password.
#[derive(Debug, Clone)]
pub(super) struct AskedFactor {
    /// The token for the next step of the log-in.
    pub(super) token: ChallengeToken,
    /// The kinds of factors.
    pub(super) kinds: Vec<FactorKind>,
}

/// The next step of the log-in: one of `factors`, with `challenge`, at `POST /api/auth/login/second-factor`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AskedFactorBody {
    /// The token of the right password. A client cannot read the token, and the token alone logs nobody in.
    challenge: String,
    /// The time until the challenge expires, in seconds.
    expires_in: i64,
    /// `totp` (a code of an authenticator app), `recovery_code`.
    #[schema(example = json!(["totp", "recovery_code"]))]
    factors: Vec<&'static str>,
}

/// The proof that a sensitive call needs.
#[derive(Debug, Clone)]
pub(super) struct NeededProof {
    level: AuthLevel,
    max_age: Duration,
    kinds: Vec<FactorKind>,
    has_passkey: bool,
}

/// The proof for `POST /api/auth/step-up`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NeededProofBody {
    /// The assurance level (NIST SP 800-63B): `aal1`, or `aal2` for people with a second factor.
    #[schema(pattern = "^aal[12]$", example = "aal2")]
    acr: &'static str,
    /// The largest age of the proof, in seconds.
    max_age: i64,
    /// The kinds of proof: `password`, or `totp` and `recovery_code` for people with a second factor; `passkey` for
    /// people who have one.
    #[schema(example = json!(["totp", "recovery_code"]))]
    factors: Vec<&'static str>,
}

impl NeededProof {
    /// The proof of a person with `factors` and perhaps a passkey, at most `max_age` old.
    pub(super) fn of(factors: &SecondFactors, has_passkey: bool, max_age: Duration) -> Self {
        Self { level: factors.level(), max_age, kinds: factors.kinds(), has_passkey }
    }

    /// The proof for clients that know RFC 9470.
    pub(super) fn challenge(&self) -> String {
        let (acr, max_age) = (self.level.as_str(), self.max_age.whole_seconds());
        format!(r#"Bearer error="insufficient_user_authentication", acr_values="{acr}", max_age="{max_age}""#)
    }
}

fn names(kinds: &[FactorKind]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.as_str()).collect()
}

impl From<&AskedFactor> for AskedFactorBody {
    fn from(AskedFactor { token, kinds }: &AskedFactor) -> Self {
        let expires_in = CHALLENGE_LIFETIME.whole_seconds();
        Self { challenge: token.0.clone(), expires_in, factors: names(kinds) }
    }
}

impl From<&NeededProof> for NeededProofBody {
    fn from(NeededProof { level, max_age, kinds, has_passkey }: &NeededProof) -> Self {
        let mut factors = if *level == AuthLevel::One { vec!["password"] } else { names(kinds) };
        factors.extend(has_passkey.then_some("passkey"));
        Self { acr: level.as_str(), max_age: max_age.whole_seconds(), factors }
    }
}
