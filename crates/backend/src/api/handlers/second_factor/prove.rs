//! Verifies a second factor.

use http::StatusCode;

use crate::api::attempt::{Attempt, Audit};
use crate::api::dto::GivenFactor;
use crate::api::error::ApiError;
use crate::api::guard::Reserved;
use crate::api::handlers::mails;
use crate::app::AppState;
use crate::domain::User;
use crate::domain::second_factor::{FactorUse, SecondFactors};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect};

/// The use of `given`; none where the factor cannot be right. The commit decides whether the factor was used before.
pub(super) fn used(
    app: &AppState,
    user: &User,
    factors: &SecondFactors,
    given: &GivenFactor,
) -> Result<Option<FactorUse>, ApiError> {
    match given {
        GivenFactor::RecoveryCode(code) => {
            Ok(Some(FactorUse::RecoveryCode { user_id: user.id, hash: code.hash() }))
        }
        GivenFactor::Totp(digits) => {
            let Some(totp) = &factors.totp else { return Ok(None) };
            let secret = app.factor_secrets.open(user.id, totp.id, &totp.secret)?;
            let step = secret.step_of(digits.expose(), app.now(), totp.last_step);
            Ok(step.map(|step| FactorUse::Totp { factor_id: totp.id, step }))
        }
    }
}

/// Notes a wrong second factor. The client has the right password, so the owner gets a mail when the free guesses are
/// used up.
pub(super) async fn wrong(app: &AppState, user: &User, reserved: &Reserved) -> Result<ApiError, ApiError> {
    let at = app.now();
    let mails = reserved.was_last_free.then(|| mails::second_factor_guessed(user, at));
    let audit = Audit { action: AuditAction::SecondFactorFailed, user_id: user.id, subject: None };
    let nothing = Answer::empty(StatusCode::NO_CONTENT);
    // Apart from the answer, as a wrong password is.
    let attempt = Attempt::new(None, None);
    attempt.commit_and_mail(app, at, Effect::None, Some(audit), mails.as_slice(), nothing).await?;
    Ok(ApiError::InvalidSecondFactor)
}
