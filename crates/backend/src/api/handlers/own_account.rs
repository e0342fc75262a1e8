//! The own account as a whole: changes, closes, reopens and exports it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use http::{HeaderValue, StatusCode};
use time::Duration;

use super::second_factor::devices;
use super::{current_password, mails};
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::authenticated::Authenticated;
use crate::api::dto::organizations::OrganizationBody;
use crate::api::dto::{
    CloseAccountRequest, ClosingBody, ExportBody, FactorsBody, NoFields, OnboardingBody,
    UpdateAccountRequest, UserBody,
};
use crate::api::error::ApiError;
use crate::api::fields::Checked;
use crate::api::retry::until_done;
use crate::api::step_up::demand_beside_password;
use crate::app::App;
use crate::auth::AccessError;
use crate::domain::User;
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, IdentityChange};

/// The time in which a closed account can be opened again.
const GRACE: Duration = Duration::days(14);

/// The largest number of audit rows in an export.
const MAX_EXPORTED_AUDIT: u32 = 10_000;

/// The number of times that a change is decided anew, where another change of the same person was faster.
const MAX_TRIES: u32 = 10;

/// Change my name, language, theme, and whether I am reminded
#[utoipa::path(
    patch, path = "/api/account", tag = "account", operation_id = "update_account", security(("access_token" = [])),
    request_body = UpdateAccountRequest,
    responses(
        (status = 200, description = "The account after the change", body = UserBody),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn update(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(request): Checked<UpdateAccountRequest>,
) -> Result<Answer, ApiError> {
    let UpdateAccountRequest { full_name, language, theme, reminders } = request;
    let audit = Audit { action: AuditAction::AccountUpdated, user_id: current.id, subject: None };
    until_done(MAX_TRIES, "an account that stands still", || async {
        let (seen, at) = (app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?, app.now());
        let changed = User {
            full_name: full_name.clone().unwrap_or_else(|| seen.full_name.clone()),
            language: language.clone().or_else(|| seen.language.clone()),
            theme: theme.unwrap_or(seen.theme),
            reminders_off_at: match reminders {
                Some(true) => None,
                Some(false) => seen.reminders_off_at.or(Some(at)),
                None => seen.reminders_off_at,
            },
            ..seen.clone()
        };
        let answer = Answer::json(StatusCode::OK, &UserBody::from(&changed))?;
        let User { full_name, language, theme, reminders_off_at, .. } = changed;
        let seen = Box::new(seen);
        let change = IdentityChange::Update { seen, full_name, language, theme, reminders_off_at };
        let effect = Effect::Identity(Box::new(change));
        attempt.commit(&app, at, effect, Some(audit.clone()), answer).await
    })
    .await
}

/// Close my account
///
/// All sessions end. The account can be opened again for 14 days by logging in. After that, all personal data is
/// deleted. Closing a closed account changes nothing: the end of the grace stays.
#[utoipa::path(
    delete, path = "/api/account", tag = "account", operation_id = "close_account", security(("access_token" = [])),
    request_body = CloseAccountRequest,
    responses(
        (status = 202, description = "The account will be deleted", body = ClosingBody),
        (status = 401, description = "`invalid_credentials`: the password is wrong; `token_missing`, `token_expired`, `token_invalid`"),
        (status = 403, description = "`step_up_required`: only of people with a second factor"),
        (status = 422, description = "`validation_failed`, `idempotency_key_reused`"),
        (status = 429, description = "`too_many_attempts`", headers(("Retry-After" = u64, description = "Seconds until the next attempt is possible"))),
        (status = 503, description = "`overloaded`, `database_unavailable`"),
    )
)]
pub(in crate::api) async fn close(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(request): Checked<CloseAccountRequest>,
) -> Result<Answer, ApiError> {
    let credentials = app.store.credentials_of(current.id).await?.ok_or(AccessError::UnknownUser)?;
    let (user, seen) = (credentials.user, credentials.password_hash);
    demand_beside_password(&app, current).await?;
    current_password::prove(&app, current, request.current_password, seen.clone()).await?;
    if let Some(closing_at) = user.closing_at {
        return Ok(Answer::json(StatusCode::ACCEPTED, &ClosingBody { closing_at })?);
    }
    let (at, user_id) = (app.now(), user.id);
    let closing_at = at + GRACE;
    let answer = Answer::json(StatusCode::ACCEPTED, &ClosingBody { closing_at })?;
    let effect = Effect::Identity(Box::new(IdentityChange::Close { user_id, seen, closing_at }));
    let audit = Some(Audit { action: AuditAction::AccountClosed, user_id, subject: None });
    let mail = mails::account_closing(&user, closing_at);
    match attempt.commit_and_mail(&app, at, effect, audit, &[mail], answer).await? {
        Commit::Done(answer) => Ok(answer),
        // Closed by a faster request, or the password has just been changed.
        Commit::Stale => match app.store.user(user_id).await?.and_then(|user| user.closing_at) {
            Some(closing_at) => Ok(Answer::json(StatusCode::ACCEPTED, &ClosingBody { closing_at })?),
            None => Err(ApiError::InvalidCredentials),
        },
    }
}

/// Open my closed account again
///
/// Closing has ended every session, so log in first. An account that is not closed stays as it is.
#[utoipa::path(
    post, path = "/api/account/reopen", tag = "account", operation_id = "reopen_account", security(("access_token" = [])),
    request_body(content = Option<NoFields>, description = "Not needed"),
    responses(
        (status = 200, description = "The account", body = UserBody),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`: also where the grace is over"),
        (status = 503, description = "`database_unavailable`"),
    )
)]
pub(in crate::api) async fn reopen(
    State(app): State<App>,
    Authenticated(current): Authenticated,
    attempt: Attempt,
    Checked(NoFields {}): Checked<NoFields>,
) -> Result<Answer, ApiError> {
    let (mut user, at) = (app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?, app.now());
    let was_closing = user.closing_at.take().is_some();
    let answer = Answer::json(StatusCode::OK, &UserBody::from(&user))?;
    if !was_closing {
        return Ok(answer);
    }
    let effect = Effect::Identity(Box::new(IdentityChange::Reopen { user_id: user.id }));
    let audit = Some(Audit { action: AuditAction::AccountReopened, user_id: user.id, subject: None });
    match attempt.commit(&app, at, effect, audit, answer).await? {
        Commit::Done(answer) => Ok(answer),
        Commit::Stale => {
            // Reopened by a faster request, or the grace is over.
            let now_open = app.store.user(current.id).await?.filter(|user| user.closing_at.is_none());
            let user = now_open.ok_or(AccessError::UnknownUser)?;
            Ok(Answer::json(StatusCode::OK, &UserBody::from(&user))?)
        }
    }
}

/// All that is kept of me
#[utoipa::path(
    get, path = "/api/account/export", tag = "account", operation_id = "export_account", security(("access_token" = [])),
    responses(
        (status = 200, description = "Account, sessions, onboarding, organization and audit log, for download", body = ExportBody),
        (status = 401, description = "`token_missing`, `token_expired`, `token_invalid`"),
    )
)]
pub(in crate::api) async fn export(
    State(app): State<App>,
    Authenticated(current): Authenticated,
) -> Result<Response, ApiError> {
    let user = app.store.user(current.id).await?.ok_or(AccessError::UnknownUser)?;
    let onboarding = app.store.onboarding(current.id).await?.ok_or(AccessError::UnknownUser)?;
    let membership = app.store.membership(current.id).await?;
    let template = app.templates.find(&*app.store, &onboarding.template).await?;
    let factors = app.store.second_factors(current.id).await?;
    let records = app.store.personal_records(current.id, MAX_EXPORTED_AUDIT).await?;
    let identities = app.store.oidc_identities_of(current.id).await?;
    let passkeys = app.store.passkeys_of(current.id).await?;
    let body = ExportBody {
        account: UserBody::from(&user),
        sessions: records.sessions.into_iter().map(Into::into).collect(),
        second_factors: FactorsBody::from(&factors),
        remembered_devices: devices::remembered(&app, current.id, None).await?,
        oidc_identities: identities.into_iter().map(Into::into).collect(),
        passkeys: passkeys.iter().map(Into::into).collect(),
        onboarding: OnboardingBody::of(&template, &onboarding),
        organization: membership.as_ref().map(OrganizationBody::from),
        set_aside: onboarding.set_aside(&template),
        audit_log: records.audit.into_iter().map(Into::into).collect(),
    };
    let headers = [
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"account.json\"")),
    ];
    Ok((headers, Json(body)).into_response())
}
