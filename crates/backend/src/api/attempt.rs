//! One try of a request that changes something: commits its effect together with its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http_body_util::BodyExt as _;
use uuid::Uuid;

use super::error::{ApiError, Keepable};
use super::{client, request_id};
use crate::app::AppState;
use crate::auth::AccessError;
use crate::domain::Timestamp;
use crate::domain::mail::Mail;
use crate::domain::one_time_code::RESEND_AFTER;
use crate::idempotency::{Answer, Request};
use crate::store::{Actor, AuditAction, AuditEntry, Effect, IdempotencyRecord, Mutation, Outcome};

/// The try, as handlers get it.
#[derive(Debug, Clone)]
pub(super) struct Attempt(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// None where the request bears no key.
    keyed: Option<Request>,
    /// The session whose access token the request bears, where it needs one: it must not have ended.
    session: Option<Uuid>,
    /// Whether the answer is in the database by now.
    settled: AtomicBool,
}

/// How a commit ended.
#[derive(Debug)]
pub(super) enum Commit {
    /// This is the answer: the one that was to be given, or the one that an earlier try of the
    /// same request got.
    Done(Answer),
    /// The state has changed since it was read.
    Stale,
}

/// What is remembered of a change.
#[derive(Debug, Clone)]
pub(super) struct Audit {
    pub(super) action: AuditAction,
    pub(super) user_id: Uuid,
    pub(super) subject: Option<String>,
}

impl Attempt {
    pub(super) fn new(keyed: Option<Request>, session: Option<Uuid>) -> Self {
        Self(Arc::new(Inner { keyed, session, settled: AtomicBool::new(false) }))
    }

    /// Commits `effect`, its audit row and, where the request bears a key, `answer`. Where the session that asks has
    /// ended by now, nothing is done.
    pub(super) async fn commit(
        &self,
        app: &AppState,
        at: Timestamp,
        effect: Effect,
        audit: Option<Audit>,
        answer: Answer,
    ) -> Result<Commit, ApiError> {
        self.commit_and_mail(app, at, effect, audit, &[], answer).await
    }

    /// Does the same, and writes `mails` into the outbox in the same transaction: they are sent once that is done.
    pub(super) async fn commit_and_mail(
        &self,
        app: &AppState,
        at: Timestamp,
        effect: Effect,
        audit: Option<Audit>,
        mails: &[Mail],
        answer: Answer,
    ) -> Result<Commit, ApiError> {
        let audit = audit.map(|audit| audit.into_entry(app));
        self.commit_entry(app, at, effect, audit, mails, answer).await
    }

    /// The same with an audit row that says more than who was concerned.
    pub(super) async fn commit_entry(
        &self,
        app: &AppState,
        at: Timestamp,
        effect: Effect,
        audit: Option<AuditEntry>,
        mails: &[Mail],
        answer: Answer,
    ) -> Result<Commit, ApiError> {
        let (idempotency, session) = (self.record(app, &answer, at)?, self.0.session);
        if idempotency.is_none() && audit.is_none() && mails.is_empty() && matches!(effect, Effect::None) {
            return Ok(Commit::Done(answer));
        }
        let messages = mails.iter().map(|mail| app.envelopes.seal(mail)).collect::<Result<Vec<_>, _>>()?;
        let mails_are_due = !messages.is_empty();
        let mutation = Mutation { at, idempotency, session, effect, messages, audit };
        match app.store.commit(mutation).await? {
            Outcome::Committed => {
                if mails_are_due {
                    app.outbox_bell.notify_one();
                }
                self.0.settled.store(true, Ordering::Relaxed);
                Ok(Commit::Done(answer))
            }
            Outcome::Kept(kept) => self.open(app, &kept).map(Commit::Done),
            Outcome::EmailTaken => Err(ApiError::EmailTaken),
            Outcome::SessionRevoked => Err(AccessError::Revoked.into()),
            Outcome::Throttled => Err(ApiError::CodesThrottled { seconds: RESEND_AFTER.whole_seconds() }),
            Outcome::Stale => Ok(Commit::Stale),
        }
    }

    fn record(
        &self,
        app: &AppState,
        answer: &Answer,
        at: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, ApiError> {
        let seal = |request| app.vault.seal(request, answer, at);
        Ok(self.0.keyed.as_ref().map(seal).transpose()?)
    }

    fn open(&self, app: &AppState, kept: &crate::store::KeptAnswer) -> Result<Answer, ApiError> {
        self.0.settled.store(true, Ordering::Relaxed);
        // Only a mutation with a record can meet a kept one.
        let request =
            self.0.keyed.as_ref().ok_or(ApiError::Bug("an answer was kept for a request without a key"))?;
        Ok(app.vault.open(request, kept)?)
    }

    /// Keeps the refusal `response` for the request's key, unless its answer is in the database
    /// already; gives the answer that an earlier or faster try got, if there is one.
    pub(super) async fn keep_refusal(
        &self,
        app: &AppState,
        response: Response,
    ) -> Result<Response, ApiError> {
        let keepable = response.extensions().get::<Keepable>().is_some();
        if self.0.keyed.is_none() || self.0.settled.load(Ordering::Relaxed) || !keepable {
            return Ok(response);
        }
        let (answer, at) = (whole(response).await?, app.now());
        let idempotency = self.record(app, &answer, at)?;
        let (effect, messages) = (Effect::None, Vec::new());
        let mutation = Mutation { at, idempotency, session: None, effect, messages, audit: None };
        match app.store.commit(mutation).await? {
            Outcome::Kept(kept) => Ok(self.open(app, &kept)?.into_response()),
            Outcome::Committed
            | Outcome::EmailTaken
            | Outcome::SessionRevoked
            | Outcome::Throttled
            | Outcome::Stale => Ok(answer.into_response()),
        }
    }
}

pub(super) async fn whole(response: Response) -> Result<Answer, ApiError> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(|_| ApiError::BodyBroken)?.to_bytes();
    let headers = parts.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    Ok(Answer { status: parts.status, headers, body })
}

impl Audit {
    fn into_entry(self, app: &AppState) -> AuditEntry {
        let Self { action, user_id, subject } = self;
        let (request_id, instance_id) = (request_id::current(), app.instance_id.clone());
        let (actor, reason, address) = (Actor::Person, None, client::current_address());
        AuditEntry { action, user_id, actor, subject, reason, address, request_id, instance_id }
    }
}

impl<S: Sync> FromRequestParts<S> for Attempt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // The router puts `idempotent` before every handler that asks for an attempt.
        parts
            .extensions
            .get()
            .cloned()
            .ok_or(ApiError::Bug("a call that changes something is not repeatable"))
    }
}
