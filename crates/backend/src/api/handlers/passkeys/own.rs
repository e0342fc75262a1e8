//! The own passkeys: lists, renames and removes them.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use uuid::Uuid;

use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::dto::{PasskeyBody, PasskeysBody, RenamePasskeyRequest};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::handlers::mails;
use crate::api::handlers::opening::{MAX_TRIES, STANDS_STILL};
use crate::api::handlers::ways_in::WaysIn;
use crate::api::passkey_refusal::PasskeyRefusal;
use crate::api::retry::until_done;
use crate::api::step_up;
use crate::app::App;
use crate::auth::AccessError;
use crate::domain::passkey::Passkey;
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, PasskeyChange};

/// My passkeys
#[utoipa::path(
    get, path = "/api/auth/passkeys", tag = "auth", operation_id = "list_passkeys", security(("access_token" = [])),
    responses((status = 200, description = "Those that open the account, and those that were switched off", body = PasskeysBody))
)]
pub(in crate::api) async fn list(
    State(app): State<App>,
    Authenticated(current): Authenticated,
) -> Result<Json<PasskeysBody>, ApiError> {
    let credentials = app.store.credentials_of(current.id).await?.ok_or(AccessError::UnknownUser)?;
    let passkeys = app.store.passkeys_of(current.id).await?;
    let has_password = !credentials.password_hash.is_of_nobody();
    Ok(Json(PasskeysBody::new(&passkeys, has_password, app.passkeys.config())))
}

/// Give a passkey another name
#[utoipa::path(
    patch, path = "/api/auth/passkeys/{id}", tag = "auth", operation_id = "rename_passkey", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "Which passkey")),
    request_body = RenamePasskeyRequest,
    responses(
        (status = 200, description = "It has that name", body = PasskeyBody),
        (status = 404, description = "`passkey_not_found`"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
    )
)]
pub(in crate::api) async fn rename(
    State(app): State<App>,
    id: Result<Path<Uuid>, PathRejection>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(RenamePasskeyRequest { name }): Checked<RenamePasskeyRequest>,
) -> Result<Answer, ApiError> {
    let (passkey_id, user_id) = (id.map_err(|_| PasskeyRefusal::NotFound)?.0, current.id);
    let passkeys = app.store.passkeys_of(user_id).await?;
    let found = passkeys.into_iter().find(|passkey| passkey.id == passkey_id);
    let passkey = Passkey { name, ..found.ok_or(PasskeyRefusal::NotFound)? };
    let answer = Answer::json(StatusCode::OK, &PasskeyBody::from(&passkey))?;
    let change = PasskeyChange::Rename { user_id, passkey_id, name: passkey.name };
    let audit = Audit { action: AuditAction::PasskeyRenamed, user_id, subject: Some(passkey_id.to_string()) };
    let effect = Effect::Passkey(Box::new(change));
    match attempt.commit(&app, app.now(), effect, Some(audit), answer).await? {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(PasskeyRefusal::NotFound.into()),
    }
}

/// Take away one of my passkeys
///
/// Nobody logs in by the passkey any more, and sessions go on. The call is refused where nothing else opens the
/// account. The authenticator keeps its part until the owner deletes it there.
#[utoipa::path(
    delete, path = "/api/auth/passkeys/{id}", tag = "auth", operation_id = "remove_passkey", security(("access_token" = [])),
    params(("id" = Uuid, Path, description = "Which passkey")),
    responses(
        (status = 204, description = "It opens the account no more"),
        (status = 400, description = "`invalid_idempotency_key`, `malformed_path`"),
        (status = 403, description = "`step_up_required`"),
        (status = 404, description = "`passkey_not_found`"),
        (status = 409, description = "`last_way_in`: choose a password first"),
        (status = 422, description = "`idempotency_key_reused`"),
    )
)]
pub(in crate::api) async fn remove(
    State(app): State<App>,
    id: Result<Path<Uuid>, PathRejection>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
) -> Result<Answer, ApiError> {
    let (passkey_id, user_id) = (id.map_err(|_| PasskeyRefusal::NotFound)?.0, current.id);
    step_up::demand(&app, current).await?;
    until_done(MAX_TRIES, STANDS_STILL, || async {
        let ways = WaysIn::of(&app, user_id).await?;
        let passkey = ways.passkeys.iter().find(|passkey| passkey.id == passkey_id);
        let passkey = passkey.ok_or(PasskeyRefusal::NotFound)?;
        let remains = ways.besides(&app, passkey_id).ok_or(PasskeyRefusal::LastWayIn)?;
        let at = app.now();
        let mail = mails::way_in_removed(&ways.credentials.user, &mails::passkey(&passkey.name), at);
        let subject = Some(passkey_id.to_string());
        let audit = Some(Audit { action: AuditAction::PasskeyRemoved, user_id, subject });
        let effect = Effect::Passkey(Box::new(PasskeyChange::Remove { user_id, passkey_id, remains }));
        let answer = Answer::empty(StatusCode::NO_CONTENT);
        attempt.commit_and_mail(&app, at, effect, audit, &[mail], answer).await
    })
    .await
}
