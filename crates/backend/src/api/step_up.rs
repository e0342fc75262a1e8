//! Demands a recent authentication for sensitive calls. A thief of an open session gets nowhere without a proof.

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

/// Refuses unless the person has lately authenticated with all factors. Gives the person's second factors.
pub(super) async fn demand(app: &AppState, current: CurrentUser) -> Result<SecondFactors, ApiError> {
    let factors = app.store.second_factors(current.id).await?;
    if is_fresh(app, current, &factors) { Ok(factors) } else { Err(needed(app, current, &factors).await?) }
}

/// As [`demand`], for calls that ask for the current password. People without a second factor need no other proof.
pub(super) async fn demand_beside_password(app: &AppState, current: CurrentUser) -> Result<(), ApiError> {
    let factors = app.store.second_factors(current.id).await?;
    if !factors.is_on() || is_fresh(app, current, &factors) {
        Ok(())
    } else {
        Err(needed(app, current, &factors).await?)
    }
}

/// The error that asks for all factors that a person with `factors` can prove.
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

/// An admin with a recent authentication, for changes and exports.
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
