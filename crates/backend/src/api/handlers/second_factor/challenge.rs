//! The first step of a log-in with a second factor: the challenge after the right password.

use uuid::Uuid;

use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::dto::SessionMode;
use crate::api::error::ApiError;
use crate::api::proof::AskedFactor;
use crate::app::AppState;
use crate::auth::{Challenge, KnownDevice};
use crate::domain::guessing::GuessKey;
use crate::domain::second_factor::SecondFactors;
use crate::domain::{PasswordHash, User};
use crate::store::{AuditAction, Effect, FactorChange, RightPassword, SeenAccount};

/// A person who has given the right password of an account.
pub(in crate::api::handlers) struct Proven {
    pub(in crate::api::handlers) user: User,
    /// The hash that the password was checked against.
    pub(in crate::api::handlers) seen: PasswordHash,
    /// The new hash, where the old one is to be replaced.
    pub(in crate::api::handlers) rehash: Option<PasswordHash>,
}

/// The question for a second factor, with the wrong passwords to forgive.
pub(in crate::api::handlers) struct Asked {
    pub(in crate::api::handlers) factors: SecondFactors,
    pub(in crate::api::handlers) mode: SessionMode,
    /// The debt of wrong passwords from the device.
    pub(in crate::api::handlers) forgiven: Option<GuessKey>,
}

/// The proof that is still needed after the password, or after a provider's log-in.
pub(in crate::api::handlers) enum Owed {
    /// No proof, because the person has no second factor.
    Nothing,
    /// No proof, because the device with this id is remembered. The log-in names the device.
    Remembered(Uuid),
    /// One of these second factors.
    Factor(SecondFactors),
}

/// The proof that the person `user_id` still owes, who logs in from `device`.
pub(in crate::api::handlers) async fn owed(
    app: &AppState,
    user_id: Uuid,
    device: Option<KnownDevice>,
) -> Result<Owed, ApiError> {
    let factors = app.store.second_factors(user_id).await?;
    if !factors.is_on() {
        return Ok(Owed::Nothing);
    }
    match device {
        Some(device) if app.store.is_remembered(user_id, device.id, app.now()).await? => {
            Ok(Owed::Remembered(device.id))
        }
        _ => Ok(Owed::Factor(factors)),
    }
}

/// Answers a right password with the question for a second factor. The commit is stale where the account has changed
/// since it was read.
pub(in crate::api::handlers) async fn ask(
    app: &AppState,
    attempt: &Attempt,
    Proven { user, seen, rehash }: Proven,
    Asked { factors, mode, forgiven }: Asked,
) -> Result<Commit, ApiError> {
    let (at, user_id) = (app.now(), user.id);
    let challenge =
        Challenge::new(user_id, rehash.as_ref().unwrap_or(&seen), mode == SessionMode::Cookie, at);
    let token = app.challenges.seal(&challenge).map_err(|_| ApiError::Bug("a challenge cannot be sealed"))?;
    let refusal = ApiError::SecondFactorRequired(AskedFactor { token, kinds: factors.kinds() });
    let answer = refusal.into_answer().await?;
    let seen = SeenAccount { password_hash: Some(seen), closing_at: user.closing_at };
    let effect = Effect::Factor(FactorChange::Ask(RightPassword { user_id, seen, rehash, forgiven }));
    let audit = Some(Audit { action: AuditAction::SecondFactorAsked, user_id, subject: None });
    attempt.commit(app, at, effect, audit, answer).await
}
