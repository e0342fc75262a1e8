//! Orders: changes of accounts by admins, with actor, target and reason.

use axum::body::Body;
use axum::extract::FromRequest;
use http::{Request, StatusCode};
use uuid::Uuid;

use super::request::AdminRequest;
use super::users::known;
use crate::api::attempt::{Attempt, Commit};
use crate::api::error::ApiError;
use crate::api::{client, request_id};
use crate::app::{App, AppState};
use crate::domain::mail::Mail;
use crate::domain::{Reason, Timestamp, User};
use crate::idempotency::Answer;
use crate::store::{
    AccountChange, Actor, Administration, AuditAction, AuditEntry, Effect, Mutation, StoreError,
};

/// The number of times that a change is decided anew, where its facts have changed.
const MAX_TRIES: u32 = 3;

/// The request. The handler is not called without the admin's role, a recent authentication and a reason.
pub(in crate::api) struct Order {
    app: App,
    admin: User,
    attempt: Attempt,
    user: User,
    reason: Reason,
}

impl FromRequest<App> for Order {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, app: &App) -> Result<Self, ApiError> {
        let AdminRequest { app, admin, attempt, path, reason } =
            AdminRequest::from_request(request, app).await?;
        let user = known(&app, path).await?;
        Ok(Self { app, admin, attempt, user, reason })
    }
}

impl Order {
    /// Carries out `change`.
    pub(super) async fn carry_out(
        self,
        action: AuditAction,
        change: AccountChange,
    ) -> Result<Answer, ApiError> {
        self.carry_out_with(action, |_, _, _| (change.clone(), Vec::new())).await
    }

    /// Carries out the change that `made` makes of the present account, and sends the mails.
    pub(super) async fn carry_out_with(
        mut self,
        action: AuditAction,
        made: impl Fn(&AppState, &User, Timestamp) -> (AccountChange, Vec<Mail>) + Send,
    ) -> Result<Answer, ApiError> {
        let app = App::clone(&self.app);
        for _ in 0..MAX_TRIES {
            let (at, user_id, by) = (app.now(), self.user.id, Actor::Admin(self.admin.id));
            let (change, mails) = made(&app, &self.user, at);
            let takes_admin_away = change.takes_admin_away();
            let effect = Effect::Administer(Administration { user_id, by, change });
            let answer = Answer::empty(StatusCode::NO_CONTENT);
            let audit = Some(entry(&app, &self.admin, action, user_id, Some(&self.reason)));
            let commit = self.attempt.commit_entry(&app, at, effect, audit, &mails, answer).await?;
            if let Commit::Done(answer) = commit {
                return Ok(answer);
            }
            self.user = self.explain(&app, takes_admin_away).await?;
        }
        Err(StoreError::exhausted("accounts that stand still").into())
    }

    /// The reason why the change could not be done, or the present account where the change is possible by now.
    async fn explain(&self, app: &AppState, takes_admin_away: bool) -> Result<User, ApiError> {
        let user = app.store.user(self.user.id).await?.ok_or(ApiError::UnknownUser)?;
        let admin = app.store.user(self.admin.id).await?;
        if !admin.as_ref().is_some_and(User::may_administrate) {
            return Err(ApiError::Forbidden);
        }
        if takes_admin_away && user.may_administrate() && !app.store.has_other_admin(user.id).await? {
            return Err(ApiError::LastAdmin);
        }
        Ok(user)
    }
}

/// Writes the audit row of an admin's action that changes nothing.
pub(super) async fn note(
    app: &AppState,
    at: Timestamp,
    admin: &User,
    action: AuditAction,
) -> Result<(), ApiError> {
    let audit = Some(entry(app, admin, action, admin.id, None));
    app.store
        .commit(Mutation {
            at,
            idempotency: None,
            session: None,
            effect: Effect::None,
            messages: Vec::new(),
            audit,
        })
        .await?;
    Ok(())
}

pub(super) fn entry(
    app: &AppState,
    admin: &User,
    action: AuditAction,
    user_id: Uuid,
    reason: Option<&Reason>,
) -> AuditEntry {
    AuditEntry {
        action,
        user_id,
        actor: Actor::Admin(admin.id),
        subject: None,
        reason: reason.map(|reason| reason.as_str().to_owned()),
        address: client::current_address(),
        request_id: request_id::current(),
        instance_id: app.instance_id.clone(),
    }
}
