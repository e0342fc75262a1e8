//! Sensitive calls want a proof that is not old: whoever finds a session that was left open gets nowhere with it.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::administrator::Administrator;
use super::authenticated::Authenticated;
use super::error::ApiError;
use super::proof::NeededProof;
use crate::app::{App, AppState};
use crate::auth::CurrentUser;
use crate::domain::User;
use crate::domain::passkey::Passkey;
use crate::domain::second_factor::SecondFactors;

/// Refuses unless the person has lately proved all the factors that they have. Gives their second factors.
pub(super) async fn demand(app: &AppState, current: CurrentUser) -> Result<SecondFactors, ApiError> {
    let factors = app.store.second_factors(current.id).await?;
    if is_fresh(app, current, &factors) { Ok(factors) } else { Err(needed(app, current, &factors).await?) }
}

/// The same for calls that ask for the current password themselves: people without a second factor have to prove nothing
/// else.
pub(super) async fn demand_beside_password(app: &AppState, current: CurrentUser) -> Result<(), ApiError> {
    let factors = app.store.second_factors(current.id).await?;
    if !factors.is_on() || is_fresh(app, current, &factors) {
        Ok(())
    } else {
        Err(needed(app, current, &factors).await?)
    }
}

/// Asks for all that a person with `factors` can prove.
pub(super) async fn needed(
    app: &AppState,
    current: CurrentUser,
    factors: &SecondFactors,
) -> Result<ApiError, ApiError> {
    let passkeys = app.store.passkeys_of(current.id).await?;
    let is_good = |passkey: &Passkey| passkey.disabled_at.is_none();
    let has_passkey = app.passkeys.config().is_some() && passkeys.iter().any(is_good);
    Ok(ApiError::StepUpRequired(NeededProof::of(factors, has_passkey, app.step_up_max_age)))
}

fn is_fresh(app: &AppState, current: CurrentUser, factors: &SecondFactors) -> bool {
    let proved = current.authentication;
    proved.is_some_and(|proved| proved.is_good_for(factors.level(), app.step_up_max_age, app.now()))
}

/// An admin who has lately proved to be the one, for whatever they change or take out as a whole.
#[derive(Debug, Clone)]
pub(super) struct FreshAdministrator(pub(super) User);

impl FromRequestParts<App> for FreshAdministrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Administrator(admin) = Administrator::from_request_parts(parts, app).await?;
        let Authenticated(current) = Authenticated::from_request_parts(parts, app).await?;
        demand(app, current).await?;
        Ok(Self(admin))
    }
}
