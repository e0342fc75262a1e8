//! Adds an identity at a provider to the own account.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use time::Duration;

use super::dto::{IdentityBody, LinkCallbackRequest, LinkStartRequest, StartBody};
use super::flow::{self, Returned};
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::client::ClientInfo;
use crate::api::error::{ApiError, FieldErrors};
use crate::api::fields::Checked;
use crate::api::handlers::account::done;
use crate::api::handlers::{current_password, mails};
use crate::api::oidc_refusal::OidcRefusal;
use crate::api::step_up;
use crate::app::{App, AppState};
use crate::auth::{AccessError, CurrentUser};
use crate::domain::PresentedPassword;
use crate::domain::oidc::Identity;
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, OidcChange, SessionsQuery, StoreError};

/// The largest age of the log-in of a person without a password.
const RECENT: Duration = Duration::minutes(10);

/// The number of times that a link is decided anew, where something has changed.
const MAX_TRIES: u32 = 4;

/// Log in to my account by a provider, too
///
/// The call is like `/api/auth/oidc/{provider}/start`. The identity is added to the account by
/// `/api/auth/oidc/{provider}/link/callback`. A person without a password must have logged in within the last 10
/// minutes.
#[utoipa::path(
    post, path = "/api/auth/oidc/{provider}/link", tag = "auth", operation_id = "start_oidc_link", security(("access_token" = [])),
    params(("provider" = String, Path, description = "Which provider")),
    request_body(content = Option<LinkStartRequest>, description = "Not needed where the account has no password"),
    responses(
        (status = 200, description = "Where the browser is to go", body = StartBody),
        (status = 401, description = "`invalid_credentials`: the password is wrong; `token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 403, description = "`session_too_old`: log in again first; `step_up_required`"),
        (status = 404, description = "`unknown_provider`"),
        (status = 429, description = "`too_many_attempts`", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 503, description = "`provider_unavailable`, `overloaded`, `database_unavailable`"),
    )
)]
pub(in crate::api) async fn start(
    State(app): State<App>,
    name: Result<Path<String>, PathRejection>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    client: ClientInfo,
    Checked(request): Checked<LinkStartRequest>,
) -> Result<Answer, ApiError> {
    let (provider, at) = (flow::provider(&app, name)?, app.now());
    prove(&app, current, request.current_password).await?;
    let (flow, answer) = flow::begin(&app, provider, &client, Some(current.id), at).await?;
    let effect = Effect::Oidc(Box::new(OidcChange::Begin(flow)));
    done(attempt.commit(&app, at, effect, None, answer).await?)
}

/// Refuses without a proof of the person. A thief of a session could otherwise link an identity and come back for
/// good.
async fn prove(
    app: &AppState,
    current: CurrentUser,
    password: Option<PresentedPassword>,
) -> Result<(), ApiError> {
    step_up::demand_beside_password(app, current).await?;
    let credentials = app.store.credentials_of(current.id).await?.ok_or(AccessError::UnknownUser)?;
    if !credentials.password_hash.is_of_nobody() {
        let missing = || FieldErrors::from([("current_password".to_owned(), vec!["is required".to_owned()])]);
        let password = password.ok_or_else(|| ApiError::Validation(missing()))?;
        return current_password::prove(app, current, password, credentials.password_hash).await;
    }
    let now = app.now();
    let query = SessionsQuery {
        user_id: current.id,
        first: current.session_id,
        now,
        begun_after: now - RECENT,
        limit: 1,
    };
    let recent = app.store.sessions(query).await?;
    let is_recent = recent.first().is_some_and(|session| session.id == current.session_id);
    if is_recent { Ok(()) } else { Err(OidcRefusal::SessionTooOld.into()) }
}

/// Come back from a provider, to my account
///
/// Takes the parameters that the provider has sent the person back with, in the browser that began. An identity that
/// opens the account already stays as it is.
#[utoipa::path(
    post, path = "/api/auth/oidc/{provider}/link/callback", tag = "auth", operation_id = "finish_oidc_link", security(("access_token" = [])),
    params(("provider" = String, Path, description = "Which provider")),
    request_body = LinkCallbackRequest,
    responses(
        (status = 200, description = "The identity opens the account", body = IdentityBody),
        (status = 401, description = "`oidc_code_refused`: the provider does not take the code; `oidc_token_refused`: what the provider says must not be believed; `token_missing`, `token_expired`, `token_invalid`, `session_revoked`"),
        (status = 403, description = "`oidc_flow_foreign`: begun by another browser, at another provider, by another person or for another purpose; `oidc_denied`: the provider let nobody in"),
        (status = 404, description = "`unknown_provider`"),
        (status = 409, description = "`identity_taken`: it opens another account"),
        (status = 410, description = "`oidc_flow_used`, `oidc_flow_expired`"),
        (status = 503, description = "`provider_unavailable`, `database_unavailable`"),
    )
)]
pub(in crate::api) async fn callback(
    State(app): State<App>,
    name: Result<Path<String>, PathRejection>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    client: ClientInfo,
    headers: HeaderMap,
    Checked(request): Checked<LinkCallbackRequest>,
) -> Result<Answer, ApiError> {
    let (provider, user_id) = (flow::provider(&app, name)?, current.id);
    let mut returned = Returned::find(&app, provider, &request, (&client, &headers), Some(user_id)).await?;
    let assertion = returned.assertion(&app, provider, &request).await?;
    let user = app.store.user(user_id).await?.ok_or(AccessError::UnknownUser)?;
    for _ in 0..MAX_TRIES {
        let (at, state_hash) = (app.now(), returned.hash());
        let known = app.store.oidc_identity(&assertion.issuer, &assertion.subject).await?;
        let is_new = known.is_none();
        let (identity, change) = match known {
            Some((identity, _)) if identity.user_id == user_id => (identity, OidcChange::End { state_hash }),
            Some(_) => {
                returned.refuse(&app, provider, "identity taken").await?;
                return Err(OidcRefusal::IdentityTaken.into());
            }
            None => {
                let identity = Identity::linked(&assertion, user_id, at);
                let linked = Box::new(identity.clone());
                (identity, OidcChange::Link { state_hash, identity: linked, verified: None, log_in: None })
            }
        };
        let body = IdentityBody::new(&identity, &app.oidc);
        let answer = Answer::json(StatusCode::OK, &body)?.with(SET_COOKIE, returned.cookie.clear());
        let audit = is_new.then(|| Audit {
            action: AuditAction::OidcLinked,
            user_id,
            subject: Some(provider.name.to_string()),
        });
        let mails: Vec<_> =
            is_new.then(|| mails::way_in_added(&user, &provider.label, at)).into_iter().collect();
        let effect = Effect::Oidc(Box::new(change));
        match attempt.commit_and_mail(&app, at, effect, audit, &mails, answer).await? {
            Commit::Done(answer) => return Ok(answer),
            Commit::Stale => returned.judge_again(&app, provider).await?,
        }
    }
    Err(StoreError::exhausted("an account that stands still").into())
}
