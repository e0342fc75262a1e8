//! Rows to store. Each call gives new ones, so that tests may share a database.

use backend::domain::onboarding::template::TemplateId;
use backend::domain::onboarding::{StepKey, StepRecord, StepStatus};
use backend::domain::session::{NewSession, NewToken, RefreshToken, TokenHash};
use backend::domain::{Client, LogInMethod, NewUser, PasswordHash, Theme, Timestamp, User, now};
use backend::store::{
    Actor, AuditAction, AuditEntry, Effect, IdempotencyRecord, KeptAnswer, Mutation, Outcome, Rotation,
    Scope, Store,
};
use serde_json::{Map, Value};
use time::Duration;
use uuid::Uuid;

pub(crate) fn user(email: &str) -> User {
    User {
        language: Some("pt-BR".parse().unwrap()),
        theme: Theme::Dark,
        ..User::registered(Uuid::now_v7(), email.parse().unwrap(), "Zoë Åström 李".parse().unwrap(), now())
    }
}

pub(crate) fn unique_email() -> String {
    format!("Person.{}@Example.com", Uuid::new_v4().simple())
}

pub(crate) fn token(at: Timestamp) -> NewToken {
    NewToken { hash: RefreshToken::generate().hash(), issued_at: at, expires_at: at + Duration::days(30) }
}

pub(crate) fn session(user_id: Uuid, at: Timestamp) -> NewSession {
    NewSession {
        id: Uuid::now_v7(),
        user_id,
        token: token(at),
        client: client(),
        method: LogInMethod::Password,
    }
}

pub(crate) fn client() -> Client {
    Client { address: [192, 0, 2, 1].into(), user_agent: None }
}

pub(crate) fn rotation(
    session_id: Uuid,
    expected_version: i64,
    replaced: TokenHash,
    replacement: NewToken,
) -> Rotation {
    let (successor_kid, client) = ("kid-1".into(), client());
    Rotation { session_id, expected_version, replaced, replacement, successor_kid, client }
}

pub(crate) fn registration(user: &User) -> (Effect, NewSession) {
    let session = session(user.id, user.created_at);
    let password_hash = PasswordHash::from_phc("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into());
    let new = NewUser { user: user.clone(), password_hash, template: TemplateId::original() };
    (Effect::Register { user: Box::new(new), session: session.clone(), code: None, counted: None }, session)
}

pub(crate) fn scope() -> Scope {
    rand::random()
}

pub(crate) fn record(scope: Scope, answer: &[u8], at: Timestamp) -> IdempotencyRecord {
    let kept = KeptAnswer { kid: "kid-1".into(), body_hash: [7; 32], answer: answer.to_vec() };
    IdempotencyRecord { scope, asker: None, kept, expires_at: at + Duration::DAY }
}

pub(crate) fn mutation(effect: Effect) -> Mutation {
    let (idempotency, session, messages) = (None, None, Vec::new());
    Mutation { at: now(), idempotency, session, effect, messages, audit: None }
}

pub(crate) fn keyed(effect: Effect, record: IdempotencyRecord) -> Mutation {
    Mutation { idempotency: Some(record), ..mutation(effect) }
}

pub(crate) fn audit(user_id: Uuid) -> AuditEntry {
    AuditEntry {
        action: AuditAction::UserRegistered,
        user_id,
        actor: Actor::Person,
        subject: Some("profile".into()),
        reason: None,
        address: None,
        request_id: "request-1".into(),
        instance_id: "backend-1".into(),
    }
}

pub(crate) fn key(step: &str) -> StepKey {
    step.parse().unwrap()
}

pub(crate) fn step(status: StepStatus, data: &Value, at: Timestamp) -> StepRecord {
    let data: Map<String, Value> = data.as_object().unwrap().clone();
    let completed_at = (status == StepStatus::Completed).then_some(at);
    StepRecord::new(status, data, completed_at)
}

/// A registered user and their first session.
pub(crate) async fn registered(store: &dyn Store) -> (User, NewSession) {
    let user = user(&unique_email());
    let (effect, session) = registration(&user);
    assert_eq!(store.commit(mutation(effect)).await.unwrap(), Outcome::Committed);
    (user, session)
}
