//! One attempt of a request that changes something. The attempt commits its effect together with its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use uuid::Uuid;

use super::again::answer_again;
use super::error::{ApiError, Keepable};
use super::keeping::{Keep, Keyed};
use super::whole::whole;
use super::{client, request_id};
use crate::app::{AppState, Written};
use crate::auth::AccessError;
use crate::domain::Timestamp;
use crate::domain::event::Event;
use crate::domain::mail::Mail;
use crate::domain::one_time_code::RESEND_AFTER;
use crate::idempotency::Answer;
use crate::store::{Actor, AuditAction, AuditEntry, Effect, KeptAnswer, Mutation, Outcome};

/// The attempt, as handlers get it.
#[derive(Debug, Clone)]
pub(super) struct Attempt(Arc<Inner>, Vec<Event>);

#[derive(Debug)]
struct Inner {
    /// The request's key; none for a request without one.
    keyed: Option<Keyed>,
    /// The session of the request's access token, which must not have ended; none where the request needs no token.
    session: Option<Uuid>,
    /// Whether the answer is in the database by now.
    settled: AtomicBool,
}

/// The result of a commit.
#[derive(Debug)]
pub(super) enum Commit {
    /// The answer: the one that was given to the commit, or the stored one of an earlier attempt of the same request.
    Done(Answer),
    /// The state has changed since it was read.
    Stale,
}

/// The facts for the audit row of a change.
#[derive(Debug, Clone)]
pub(super) struct Audit {
    pub(super) action: AuditAction,
    pub(super) user_id: Uuid,
    pub(super) subject: Option<String>,
}

impl Attempt {
    pub(super) fn new(keyed: Option<Keyed>, session: Option<Uuid>) -> Self {
        Self(Arc::new(Inner { keyed, session, settled: AtomicBool::new(false) }), Vec::new())
    }

    /// The attempt with `event`, which the webhook is told beside the events of the effect.
    #[must_use]
    pub(super) fn telling(&self, event: Option<Event>) -> Self {
        Self(Arc::clone(&self.0), event.into_iter().collect())
    }

    /// Commits `effect`, its audit row and, for a request with a key, `answer`. Nothing is done where the asking
    /// session has ended.
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

    /// As [`Self::commit`], with `mails` written to the outbox in the same transaction. The mails are sent after the
    /// commit.
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

    /// As [`Self::commit_and_mail`], with a whole audit row.
    pub(super) async fn commit_entry(
        &self,
        app: &AppState,
        at: Timestamp,
        effect: Effect,
        audit: Option<AuditEntry>,
        mails: &[Mail],
        answer: Answer,
    ) -> Result<Commit, ApiError> {
        let idempotency = match &self.0.keyed {
            None => None,
            Some(keyed) => match keyed.change(app, &answer, person(&effect, audit.as_ref()), at).await? {
                Keep::Record(record) => Some(record),
                Keep::Nothing => None,
                Keep::Found(kept) => return self.again(app, &kept).await.map(Commit::Done),
            },
        };
        let session = self.0.session;
        if idempotency.is_none() && audit.is_none() && mails.is_empty() && matches!(effect, Effect::None) {
            return Ok(Commit::Done(answer));
        }
        let mut messages =
            mails.iter().map(|mail| app.envelopes.seal(mail)).collect::<Result<Vec<_>, _>>()?;
        messages.extend(app.events_of(&effect, at)?);
        for event in &self.1 {
            messages.extend(app.event(event)?);
        }
        let written = Written::of(&messages);
        let mutation = Mutation { at, idempotency, session, effect, messages, audit };
        match app.store.commit(mutation).await? {
            Outcome::Committed => {
                app.ring(written);
                self.0.settled.store(true, Ordering::Relaxed);
                Ok(Commit::Done(answer))
            }
            Outcome::Kept(kept) => self.again(app, &kept).await.map(Commit::Done),
            Outcome::EmailTaken => Err(ApiError::EmailTaken),
            Outcome::SessionRevoked => Err(AccessError::Revoked.into()),
            Outcome::Throttled => Err(ApiError::CodesThrottled { seconds: RESEND_AFTER.whole_seconds() }),
            Outcome::Organization(refusal) => Err(refusal.into()),
            Outcome::Stale => Ok(Commit::Stale),
        }
    }

    async fn again(&self, app: &AppState, kept: &KeptAnswer) -> Result<Answer, ApiError> {
        self.0.settled.store(true, Ordering::Relaxed);
        // Only a mutation with a record can meet a kept one.
        let keyed = self.0.keyed.as_ref();
        let keyed = keyed.ok_or(ApiError::Bug("an answer was kept for a request without a key"))?;
        answer_again(app, app.vault.open(&keyed.request, kept)?).await
    }

    /// Stores the refusal `response` for the request's key, unless the answer is in the database already. Gives the
    /// stored answer of an earlier or faster attempt, if there is one.
    pub(super) async fn keep_refusal(
        &self,
        app: &AppState,
        response: Response,
    ) -> Result<Response, ApiError> {
        let keepable = response.extensions().get::<Keepable>().is_some();
        let Some(keyed) = &self.0.keyed else { return Ok(response) };
        if self.0.settled.load(Ordering::Relaxed) || !keepable {
            return Ok(response);
        }
        let (answer, at) = (whole(response).await.map_err(|_| ApiError::BodyBroken)?, app.now());
        let kept = match keyed.refusal(app, &answer, at).await? {
            Keep::Nothing => None,
            Keep::Found(kept) => Some(kept),
            Keep::Record(record) => {
                let (idempotency, effect, messages) = (Some(record), Effect::None, Vec::new());
                let mutation = Mutation { at, idempotency, session: None, effect, messages, audit: None };
                match app.store.commit(mutation).await? {
                    Outcome::Kept(kept) => Some(kept),
                    Outcome::Committed
                    | Outcome::EmailTaken
                    | Outcome::SessionRevoked
                    | Outcome::Throttled
                    | Outcome::Organization(_)
                    | Outcome::Stale => None,
                }
            }
        };
        let answer = match kept {
            Some(kept) => self.again(app, &kept).await?,
            None => answer,
        };
        Ok(answer.into_response())
    }
}

/// The id of the person who makes the change; none where it is nobody's.
fn person(effect: &Effect, audit: Option<&AuditEntry>) -> Option<Uuid> {
    match (effect, audit) {
        (_, Some(audit)) => Some(audit.user_id),
        // Not audited, and a session is as good as its person to count by.
        (Effect::RotateToken(rotation), None) => Some(rotation.session_id),
        _ => None,
    }
}

impl Audit {
    pub(super) fn into_entry(self, app: &AppState) -> AuditEntry {
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
