//! Adds a passkey to the own account.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use uuid::Uuid;

use super::login::unstored;
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::client::ClientInfo;
use crate::api::dto::{PasskeyBody, PasskeyOptionsBody, RegisterPasskeyRequest};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::handlers::mails;
use crate::api::passkey_refusal::PasskeyRefusal;
use crate::api::step_up::demand;
use crate::app::{App, AppState};
use crate::auth::AccessError;
use crate::auth::passkeys::{Begun, told};
use crate::domain::device;
use crate::domain::passkey::{AnsweredChallenge, CredentialHash, MAX_PASSKEYS, Passkey, PasskeyName};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, PasskeyChange, StoreError};

/// Begin with a passkey
///
/// The answer has the options for the browser's request to an authenticator. The authenticator makes a key that is
/// found without the account's name, on a device that recognizes its owner. Nothing is stored until the answer comes
/// to `POST /api/auth/passkeys`, in the same session.
#[utoipa::path(
    get, path = "/api/auth/passkeys/registration", tag = "auth", operation_id = "begin_passkey", security(("access_token" = [])),
    responses(
        (status = 200, description = "What the browser is to ask for", body = PasskeyOptionsBody, headers(("Cache-Control" = String, description = "`no-store`"))),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 403, description = "`step_up_required`"),
        (status = 404, description = "`passkeys_unavailable`: the service's address has no domain"),
        (status = 409, description = "`too_many_passkeys`"),
    )
)]
pub(in crate::api) async fn begin(
    State(app): State<App>,
    Authenticated(current): Authenticated,
) -> Result<Response, ApiError> {
    let user = app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?;
    demand(&app, current).await?;
    let known = app.store.passkeys_of(user.id).await?;
    if is_full(&known) {
        return Err(PasskeyRefusal::TooMany.into());
    }
    let begun = app.passkeys.begin_registration(&user, current.session_id, &known, app.now());
    let Begun { options, token } = begun.map_err(PasskeyRefusal::from)?;
    Ok(unstored(&PasskeyOptionsBody::new(token, told(&options)?)))
}

/// Add a passkey to my account
///
/// Takes the authenticator's answer. The passkey logs in to the account from now on, without the password. The owner
/// gets a mail.
#[utoipa::path(
    post, path = "/api/auth/passkeys", tag = "auth", operation_id = "register_passkey", security(("access_token" = [])),
    request_body = RegisterPasskeyRequest,
    responses(
        (status = 201, description = "The passkey opens the account", body = PasskeyBody),
        (status = 401, description = "`passkey_challenge_mismatch`, `passkey_refused`; `token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 403, description = "`passkey_wrong_origin`: made at another address; `passkey_wrong_rp`: for another service; `passkey_user_not_verified`: the device has not recognized its owner; `passkey_challenge_foreign`: begun in another session"),
        (status = 404, description = "`passkeys_unavailable`"),
        (status = 409, description = "`passkey_registered`: somebody has it already; `too_many_passkeys`; `passkey_not_discoverable`: the device cannot keep it"),
        (status = 410, description = "`passkey_challenge_expired`, `passkey_challenge_used`: begin again"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn finish(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    client: ClientInfo,
    Checked(request): Checked<RegisterPasskeyRequest>,
) -> Result<Answer, ApiError> {
    let RegisterPasskeyRequest { challenge_token, credential, name } = request;
    let (at, owner) = (app.now(), (current.id, current.session_id));
    let registration =
        app.passkeys.registration(&challenge_token, owner, at).map_err(PasskeyRefusal::from)?;
    let (hash, credential) =
        app.passkeys.finish_registration(&registration, &credential).map_err(PasskeyRefusal::from)?;
    let user = app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?;
    let described = || PasskeyName::of_device(&device::describe(client.client.user_agent.as_ref()));
    let passkey = Passkey {
        id: Uuid::now_v7(),
        user_id: user.id,
        name: name.unwrap_or_else(described),
        credential,
        uses: 0,
        created_at: at,
        last_used_at: None,
        disabled_at: None,
    };
    let answer = Answer::json(StatusCode::CREATED, &PasskeyBody::from(&passkey))?;
    let mail = mails::way_in_added(&user, &mails::passkey(&passkey.name), at);
    let subject = Some(passkey.id.to_string());
    let audit = Some(Audit { action: AuditAction::PasskeyAdded, user_id: user.id, subject });
    let challenge = registration.challenge;
    let change = PasskeyChange::Add { passkey: Box::new(passkey), hash, challenge };
    let effect = Effect::Passkey(Box::new(change));
    match attempt.commit_and_mail(&app, at, effect, audit, &[mail], answer).await? {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => Err(why(&app, user.id, &challenge, hash).await?),
    }
}

/// The reason why a passkey was not added.
async fn why(
    app: &AppState,
    user_id: Uuid,
    challenge: &AnsweredChallenge,
    hash: CredentialHash,
) -> Result<ApiError, ApiError> {
    if app.store.is_answered(challenge.hash).await? {
        return Ok(PasskeyRefusal::Answered.into());
    }
    if app.store.passkey(hash).await?.is_some() {
        return Ok(PasskeyRefusal::Registered.into());
    }
    app.store.user(user_id).await?.ok_or(AccessError::UnknownUser)?;
    let has_all = is_full(&app.store.passkeys_of(user_id).await?);
    let passed = || StoreError::exhausted("an account that stands still").into();
    Ok(if has_all { PasskeyRefusal::TooMany.into() } else { passed() })
}

fn is_full(passkeys: &[Passkey]) -> bool {
    !u32::try_from(passkeys.len()).is_ok_and(|count| count < MAX_PASSKEYS)
}
