//! What every store must do with sessions.

use backend::domain::onboarding::StepStatus;
use backend::domain::session::NewSession;
use backend::domain::{Client, Timestamp, User, UserAgent, now};
use backend::store::{Effect, Outcome, SessionsQuery};
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use super::{SharedStore, save};
use crate::store::samples::{key, keyed, mutation, record, registered, rotation, scope, session, token};

async fn further_session(store: &SharedStore, user: &User, at: Timestamp) -> NewSession {
    let session = session(user.id, at);
    let mut start = mutation(Effect::StartSession(session.clone()));
    start.at = at;
    assert_eq!(store.commit(start).await.unwrap(), Outcome::Committed);
    session
}

fn query(user: &User, first: Uuid) -> SessionsQuery {
    let now = now();
    SessionsQuery { user_id: user.id, first, now, begun_after: now - Duration::days(90), limit: 10 }
}

async fn listed(store: &SharedStore, query: SessionsQuery) -> Vec<Uuid> {
    store.sessions(query).await.unwrap().into_iter().map(|session| session.id).collect()
}

pub(crate) async fn a_rotation_tells_whose_key_it_was_and_who_came(store: &SharedStore) {
    let (user, session) = registered(&**store).await;
    let before = store.token_state(session.token.hash).await.unwrap().unwrap();
    assert_eq!(before.successor_kid, None);
    let client =
        Client { address: "2001:db8::7".parse().unwrap(), user_agent: UserAgent::cut("Ünïcödé/1 李") };
    let mut rotation = rotation(session.id, 1, session.token.hash, token(now()));
    rotation.client = client.clone();
    let begun = before.session_created_at;
    let mut rotate = mutation(Effect::RotateToken(Box::new(rotation)));
    rotate.at = begun + Duration::MINUTE;
    assert_eq!(store.commit(rotate).await.unwrap(), Outcome::Committed);
    let after = store.token_state(session.token.hash).await.unwrap().unwrap();
    assert_eq!((after.successor_kid.as_deref(), after.session_created_at), (Some("kid-1"), begun));
    let shown = store.sessions(query(&user, session.id)).await.unwrap();
    assert_eq!((shown.len(), shown[0].id), (1, session.id));
    assert_eq!((shown[0].created_at, shown[0].last_used_at), (begun, begun + Duration::MINUTE));
    assert_eq!((shown[0].address, shown[0].user_agent.clone()), (Some(client.address), client.user_agent));
}

pub(crate) async fn live_sessions_are_listed_for_their_owner(store: &SharedStore) {
    let (user, first) = registered(&**store).await;
    let (_, strangers) = registered(&**store).await;
    let earlier = |minutes| now() - Duration::minutes(minutes);
    let second = further_session(store, &user, earlier(1)).await;
    let third = further_session(store, &user, earlier(2)).await;
    // One that has expired, and one that was begun too long ago.
    further_session(store, &user, earlier(60 * 24 * 31)).await;
    let mut old = session(user.id, earlier(60 * 24 * 91));
    old.token.expires_at = now() + Duration::DAY;
    let mut start = mutation(Effect::StartSession(old));
    start.at = earlier(60 * 24 * 91);
    assert_eq!(store.commit(start).await.unwrap(), Outcome::Committed);

    assert_eq!(listed(store, query(&user, third.id)).await, [third.id, first.id, second.id]);
    let two = SessionsQuery { limit: 2, ..query(&user, third.id) };
    assert_eq!(listed(store, two).await, [third.id, first.id]);
    let revoke = mutation(Effect::RevokeSession { session_id: first.id });
    assert_eq!(store.commit(revoke).await.unwrap(), Outcome::Committed);
    assert_eq!(listed(store, query(&user, strangers.id)).await, [second.id, third.id]);
}

pub(crate) async fn only_its_owner_ends_a_session(store: &SharedStore) {
    let (user, session) = registered(&**store).await;
    let (stranger, _) = registered(&**store).await;
    let end = |user: &User| mutation(Effect::RevokeOwnSession { user_id: user.id, session_id: session.id });
    assert_eq!(store.commit(end(&stranger)).await.unwrap(), Outcome::Stale);
    assert!(!store.is_revoked(session.id).await.unwrap());
    assert_eq!(store.commit(end(&user)).await.unwrap(), Outcome::Committed);
    assert!(store.is_revoked(session.id).await.unwrap());
    assert_eq!(store.commit(end(&user)).await.unwrap(), Outcome::Stale);
    assert!(!store.is_revoked(Uuid::now_v7()).await.unwrap());
}

pub(crate) async fn sessions_end_all_or_all_others(store: &SharedStore) {
    let (user, first) = registered(&**store).await;
    let (stranger, strangers) = registered(&**store).await;
    let second = further_session(store, &user, now()).await;
    let third = further_session(store, &user, now()).await;
    let end = |except| mutation(Effect::RevokeSessions { user_id: user.id, except });
    assert_eq!(store.commit(end(Some(second.id))).await.unwrap(), Outcome::Committed);
    assert_eq!(listed(store, query(&user, first.id)).await, [second.id]);
    let ended = store.token_state(third.token.hash).await.unwrap().unwrap();
    assert!(ended.session_revoked_at.is_some());
    assert_eq!(store.commit(end(None)).await.unwrap(), Outcome::Committed);
    assert!(listed(store, query(&user, first.id)).await.is_empty());
    assert_eq!(listed(store, query(&stranger, strangers.id)).await, [strangers.id]);
}

pub(crate) async fn a_session_that_has_ended_changes_nothing(store: &SharedStore) {
    let (user, session) = registered(&**store).await;
    let save = |version| save(user.id, version, key("profile"), StepStatus::InProgress, &json!({}));
    let (first_scope, second_scope) = (scope(), scope());
    let asked = |version, scope| {
        let mut mutation = keyed(save(version), record(scope, b"answer", now()));
        mutation.session = Some(session.id);
        mutation
    };
    assert_eq!(store.commit(asked(1, first_scope)).await.unwrap(), Outcome::Committed);
    let end = mutation(Effect::RevokeSession { session_id: session.id });
    assert_eq!(store.commit(end).await.unwrap(), Outcome::Committed);

    assert_eq!(store.commit(asked(2, second_scope)).await.unwrap(), Outcome::SessionRevoked);
    assert_eq!(store.kept_answer(second_scope, now()).await.unwrap(), None);
    assert_eq!(store.onboarding(user.id).await.unwrap().unwrap().version, 2);
    // What was done before is still answered.
    assert!(matches!(store.commit(asked(1, first_scope)).await.unwrap(), Outcome::Kept(_)));
    let mut unknown = mutation(save(2));
    unknown.session = Some(Uuid::now_v7());
    assert_eq!(store.commit(unknown).await.unwrap(), Outcome::SessionRevoked);
}

pub(crate) async fn ended_sessions_are_told_latest_first(store: &SharedStore) {
    // Far in the future, so that no other test ends one later.
    let then = now() + Duration::days(3650);
    let mut ended = Vec::new();
    for minutes in 0..3 {
        let (_, session) = registered(&**store).await;
        let mut end = mutation(Effect::RevokeSession { session_id: session.id });
        end.at = then + Duration::minutes(minutes);
        ended.insert(0, (session.id, end.at));
        assert_eq!(store.commit(end).await.unwrap(), Outcome::Committed);
    }
    assert_eq!(store.revoked_sessions(then, 10).await.unwrap(), ended);
    assert_eq!(store.revoked_sessions(then + Duration::MINUTE, 10).await.unwrap(), ended[..2]);
    assert_eq!(store.revoked_sessions(then, 1).await.unwrap(), ended[..1]);
}
