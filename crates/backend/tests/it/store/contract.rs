//! What every implementation of the store must do.

mod addresses;
mod administration;
mod directory;
mod factors;
mod funnel;
mod guesses;
mod identity;
mod log_in;
mod messages;
mod oidc;
mod organizations;
mod outbox;
mod passkeys;
mod reminders;
mod sessions;
mod templates;

use std::sync::Arc;

use backend::domain::onboarding::template::TemplateId;
use backend::domain::onboarding::{Onboarding, StepKey, StepStatus};
use backend::domain::{Email, Timestamp, now};
use backend::store::{Effect, Outcome, Store};
use futures::future::join_all;
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use super::samples::{
    audit, key, keyed, mutation, record, registered, registration, rotation, scope, step, token,
    unique_email, user,
};

pub(crate) use addresses::*;
pub(crate) use administration::*;
pub(crate) use directory::*;
pub(crate) use factors::*;
pub(crate) use funnel::{of_two_counts_at_once_one_is_stored, the_funnel_is_that_of_a_recount};
pub(crate) use guesses::{
    a_log_in_forgives_its_device, an_account_that_is_made_is_counted, guesses_at_once_are_all_counted,
    wrong_guesses_add_up_and_are_forgiven,
};
pub(crate) use identity::*;
pub(crate) use log_in::*;
pub(crate) use messages::{
    messages_are_listed_page_by_page, messages_are_sent_again_in_their_order,
    messages_of_a_person_are_taken_one_after_the_other, what_was_told_in_order_is_kept_for_a_while,
    whoever_adds_at_once_gets_a_place_each,
};
pub(crate) use oidc::*;
pub(crate) use organizations::*;
pub(crate) use outbox::*;
pub(crate) use passkeys::*;
pub(crate) use reminders::*;
pub(crate) use sessions::*;
pub(crate) use templates::*;
mod kept_answers;
pub(crate) use kept_answers::*;

pub(crate) type SharedStore = Arc<dyn Store>;

/// Held by tests that count what is purged: stores may share one database among all tests.
static PURGING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A time before which no test writes a row but those that hold `PURGING` and count what is purged.
fn older_than_all() -> Timestamp {
    now() - Duration::days(20_000)
}

pub(crate) async fn a_registration_is_found_again(store: &SharedStore) {
    let user = user(&unique_email());
    let (effect, session) = registration(&user);
    let mut mutation = keyed(effect, record(scope(), b"answer", now()));
    mutation.audit = Some(audit(user.id));
    let at = mutation.at;
    assert_eq!(store.commit(mutation).await.unwrap(), Outcome::Committed);

    let found = store.user(user.id).await.unwrap().unwrap();
    assert_eq!((found.email.as_str(), &found), (user.email.as_str(), &user));
    let shouted: Email = user.email.as_str().to_uppercase().parse().unwrap();
    let credentials = store.credentials(&shouted).await.unwrap().unwrap();
    assert_eq!(credentials.user, user);
    assert!(credentials.password_hash.as_phc().starts_with("$argon2id$"));
    assert_eq!(store.onboarding(user.id).await.unwrap(), Some(Onboarding::begun(TemplateId::original(), at)));
    let state = store.token_state(session.token.hash).await.unwrap().unwrap();
    assert_eq!((state.user, state.session_id, state.session_version), (user, session.id, 1));
    assert_eq!((state.expires_at, state.replaced_at), (session.token.expires_at, None));
    assert!(state.session_revoked_at.is_none() && !state.successor_replaced);
}

pub(crate) async fn an_address_is_taken_in_any_spelling(store: &SharedStore) {
    let (first, _) = registered(&**store).await;
    for spelling in [first.email.as_str().to_lowercase(), first.email.as_str().to_uppercase()] {
        let (effect, _) = registration(&user(&spelling));
        assert_eq!(store.commit(mutation(effect)).await.unwrap(), Outcome::EmailTaken);
    }
}

pub(crate) async fn a_taken_address_leaves_nothing_behind(store: &SharedStore) {
    let (first, _) = registered(&**store).await;
    let second = user(first.email.as_str());
    let (effect, session) = registration(&second);
    let scope = scope();
    let outcome = store.commit(keyed(effect, record(scope, b"never given", now()))).await.unwrap();
    assert_eq!(outcome, Outcome::EmailTaken);
    assert_eq!(store.kept_answer(scope, now()).await.unwrap(), None);
    assert_eq!(store.user(second.id).await.unwrap(), None);
    assert_eq!(store.onboarding(second.id).await.unwrap(), None);
    assert_eq!(store.token_state(session.token.hash).await.unwrap(), None);
}

pub(crate) async fn a_repeated_key_gives_what_was_kept(store: &SharedStore) {
    let scope = scope();
    let first = user(&unique_email());
    let kept = record(scope, b"first answer", now());
    let outcome = store.commit(keyed(registration(&first).0, kept.clone())).await.unwrap();
    assert_eq!(outcome, Outcome::Committed);
    assert_eq!(store.kept_answer(scope, now()).await.unwrap(), Some(kept.kept.clone()));

    // A repetition makes its own ids and its own answer; neither counts.
    let again = user(first.email.as_str());
    let outcome = store.commit(keyed(registration(&again).0, record(scope, b"second", now()))).await.unwrap();
    assert_eq!(outcome, Outcome::Kept(kept.kept));
    assert_eq!(store.user(again.id).await.unwrap(), None);
}

pub(crate) async fn tries_at_once_with_one_key_have_one_effect(store: &SharedStore) {
    let (scope, email) = (scope(), unique_email());
    let tries = (0..20_u8).map(|number| {
        let (store, user) = (Arc::clone(store), user(&email));
        let attempt = keyed(registration(&user).0, record(scope, &[number; 100], now()));
        tokio::spawn(async move { (user.id, number, store.commit(attempt).await.unwrap()) })
    });
    let ends: Vec<_> = join_all(tries).await.into_iter().map(Result::unwrap).collect();
    let winners: Vec<_> = ends.iter().filter(|(_, _, outcome)| *outcome == Outcome::Committed).collect();
    assert_eq!(winners.len(), 1, "{ends:?}");
    let (winner, number, _) = winners[0];
    for (id, _, outcome) in &ends {
        assert_eq!(store.user(*id).await.unwrap().is_some(), id == winner);
        match outcome {
            Outcome::Committed => {}
            Outcome::Kept(kept) => assert_eq!(kept.answer, [*number; 100]),
            other => panic!("a repetition must not hear {other:?}"),
        }
    }
}

pub(crate) async fn an_answer_without_effect_is_kept(store: &SharedStore) {
    let (scope, at) = (scope(), now());
    let mut large = record(scope, b"", at);
    large.kept.answer = (0..100_000).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let first = keyed(Effect::None, large.clone());
    assert_eq!(store.commit(first).await.unwrap(), Outcome::Committed);
    let second = keyed(Effect::None, record(scope, b"other", at));
    assert_eq!(store.commit(second).await.unwrap(), Outcome::Kept(large.kept));
}

pub(crate) async fn an_expired_record_counts_as_absent(store: &SharedStore) {
    let (scope, at) = (scope(), now());
    let mut old = keyed(Effect::None, record(scope, b"old", at));
    old.idempotency.as_mut().unwrap().expires_at = at;
    old.at = at - Duration::DAY;
    assert_eq!(store.commit(old).await.unwrap(), Outcome::Committed);
    assert_eq!(store.kept_answer(scope, at).await.unwrap(), None);
    assert!(store.kept_answer(scope, at - Duration::SECOND).await.unwrap().is_some());

    let mut new = keyed(Effect::None, record(scope, b"new", at));
    new.at = at;
    assert_eq!(store.commit(new).await.unwrap(), Outcome::Committed);
    assert_eq!(store.kept_answer(scope, at).await.unwrap().unwrap().answer, b"new");
}

pub(crate) async fn a_token_is_rotated_at_its_version_only(store: &SharedStore) {
    let (user, session) = registered(&**store).await;
    let (first, second, third) = (session.token.hash, token(now()), token(now()));
    let rotate = |version, replaced, replacement| {
        mutation(Effect::RotateToken(Box::new(rotation(session.id, version, replaced, replacement))))
    };
    let rotation = rotate(1, first, second.clone());
    let at = rotation.at;
    assert_eq!(store.commit(rotation).await.unwrap(), Outcome::Committed);
    assert_eq!(store.commit(rotate(1, first, third.clone())).await.unwrap(), Outcome::Stale);
    assert_eq!(store.token_state(third.hash).await.unwrap(), None);

    let parent = store.token_state(first).await.unwrap().unwrap();
    assert_eq!((parent.session_version, parent.replaced_at), (2, Some(at)));
    assert!(!parent.successor_replaced);
    let child = store.token_state(second.hash).await.unwrap().unwrap();
    assert_eq!((child.user, child.session_version, child.replaced_at), (user, 2, None));

    assert_eq!(store.commit(rotate(2, second.hash, third)).await.unwrap(), Outcome::Committed);
    assert!(store.token_state(first).await.unwrap().unwrap().successor_replaced);
}

pub(crate) async fn the_first_replacement_counts(store: &SharedStore) {
    let (_, session) = registered(&**store).await;
    let mut at = now();
    for version in 1..=2 {
        let rotation = rotation(session.id, version, session.token.hash, token(at));
        let mut rotation = mutation(Effect::RotateToken(Box::new(rotation)));
        rotation.at = at;
        assert_eq!(store.commit(rotation).await.unwrap(), Outcome::Committed);
        at += Duration::SECOND;
    }
    let state = store.token_state(session.token.hash).await.unwrap().unwrap();
    assert_eq!((state.session_version, state.replaced_at), (3, Some(at - Duration::seconds(2))));
    assert!(!state.successor_replaced);
}

pub(crate) async fn a_revoked_session_stays_revoked(store: &SharedStore) {
    let (_, session) = registered(&**store).await;
    let revoke = || mutation(Effect::RevokeSession { session_id: session.id });
    let first = revoke();
    let at = first.at;
    assert_eq!(store.commit(first).await.unwrap(), Outcome::Committed);
    let mut later = revoke();
    later.at = at + Duration::MINUTE;
    assert_eq!(store.commit(later).await.unwrap(), Outcome::Committed);
    let state = store.token_state(session.token.hash).await.unwrap().unwrap();
    assert_eq!(state.session_revoked_at, Some(at));
    let rotation = rotation(session.id, state.session_version, session.token.hash, token(now()));
    assert_eq!(
        store.commit(mutation(Effect::RotateToken(Box::new(rotation)))).await.unwrap(),
        Outcome::Stale
    );
    let unknown = mutation(Effect::RevokeSession { session_id: Uuid::now_v7() });
    assert_eq!(store.commit(unknown).await.unwrap(), Outcome::Committed);
}

fn save(user_id: Uuid, version: i64, which: StepKey, status: StepStatus, data: &serde_json::Value) -> Effect {
    let record = step(status, data, now());
    Effect::SaveStep { user_id, expected_version: version, step: which, record, reshape: None }
}

pub(crate) async fn a_step_is_saved_at_its_version_only(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let first = save(user.id, 1, key("profile"), StepStatus::InProgress, &json!({"a": 1}));
    assert_eq!(store.commit(mutation(first)).await.unwrap(), Outcome::Committed);
    let outdated = save(user.id, 1, key("profile"), StepStatus::Completed, &json!({"b": 2}));
    assert_eq!(store.commit(mutation(outdated)).await.unwrap(), Outcome::Stale);
    let nobody = save(Uuid::now_v7(), 1, key("profile"), StepStatus::Completed, &json!({}));
    assert_eq!(store.commit(mutation(nobody)).await.unwrap(), Outcome::Stale);

    let onboarding = store.onboarding(user.id).await.unwrap().unwrap();
    assert_eq!((onboarding.version, onboarding.steps.len()), (2, 2));
    assert_eq!(onboarding.status_of(&key("profile")), Some(StepStatus::InProgress));
    let second = save(user.id, 2, key("profile"), StepStatus::Completed, &json!({"c": 3}));
    assert_eq!(store.commit(mutation(second)).await.unwrap(), Outcome::Committed);
    let onboarding = store.onboarding(user.id).await.unwrap().unwrap();
    let profile = &onboarding.steps[&key("profile")];
    assert_eq!((onboarding.version, onboarding.steps.len()), (3, 2));
    assert!(profile.completed_at.is_some() && profile.data["c"] == 3 && profile.data.len() == 1);
}

pub(crate) async fn changes_at_once_are_ordered_by_the_version(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let tries = (0..10).map(|number| {
        let store = Arc::clone(store);
        let effect = save(user.id, 1, key("profile"), StepStatus::InProgress, &json!({"number": number}));
        tokio::spawn(async move { (number, store.commit(mutation(effect)).await.unwrap()) })
    });
    let ends: Vec<_> = join_all(tries).await.into_iter().map(Result::unwrap).collect();
    let winners: Vec<_> = ends.iter().filter(|(_, end)| *end == Outcome::Committed).collect();
    assert_eq!(winners.len(), 1, "{ends:?}");
    assert!(ends.iter().all(|(_, end)| matches!(end, Outcome::Committed | Outcome::Stale)), "{ends:?}");
    let state = store.onboarding(user.id).await.unwrap().unwrap();
    assert_eq!(state.version, 2);
    assert_eq!(state.steps[&key("profile")].data["number"], winners[0].0);
}

pub(crate) async fn data_comes_back_as_it_went(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let data = json!({
        "text": "Ünïcödé 李 \u{1F980} 'quoted' \"twice\" \\ ; -- \n\ttab \u{0}",
        "deep": {"list": [1, -2.5, true, null, {"x": []}], "": ""},
        "large": "x".repeat(12_000),
        "number": 9_007_199_254_740_993_i64,
    });
    let effect = save(user.id, 1, key("organization"), StepStatus::Completed, &data);
    assert_eq!(store.commit(mutation(effect)).await.unwrap(), Outcome::Committed);
    let state = store.onboarding(user.id).await.unwrap().unwrap();
    assert_eq!(serde_json::Value::Object(state.steps[&key("organization")].data.clone()), data);
}

pub(crate) async fn completing_is_guarded_too(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let complete = |version| {
        mutation(Effect::CompleteOnboarding { user_id: user.id, expected_version: version, reshape: None })
    };
    assert_eq!(store.commit(complete(7)).await.unwrap(), Outcome::Stale);
    let mutation = complete(1);
    let at = mutation.at;
    assert_eq!(store.commit(mutation).await.unwrap(), Outcome::Committed);
    let state = store.onboarding(user.id).await.unwrap().unwrap();
    assert_eq!((state.version, state.completed_at, state.activated_at), (2, Some(at), Some(at)));
}

pub(crate) async fn what_expired_is_purged_in_portions(store: &SharedStore) {
    let _alone = PURGING.lock().await;
    let then = older_than_all();
    let (user, live) = registered(&**store).await;
    let mut old = super::samples::session(user.id, then);
    old.token.expires_at = then;
    assert_eq!(store.commit(mutation(Effect::StartSession(old.clone()))).await.unwrap(), Outcome::Committed);
    let scopes = [scope(), scope(), scope()];
    for scope in scopes {
        let mut keep = keyed(Effect::None, record(scope, b"old", then));
        (keep.at, keep.idempotency.as_mut().unwrap().expires_at) = (then - Duration::DAY, then);
        assert_eq!(store.commit(keep).await.unwrap(), Outcome::Committed);
    }
    let guesses = guesses::limit();
    guesses::count(&**store, &[guesses], then - guesses::MINUTE).await;
    assert_eq!(store.purge(then - Duration::MILLISECOND, 2).await.unwrap(), 0);
    assert!(guesses::debt(&**store, guesses).await.is_some());
    // Two records, one token, its session, the wrong guesses; then the last record.
    assert_eq!(store.purge(then, 2).await.unwrap(), 5);
    assert_eq!(guesses::debt(&**store, guesses).await, None);
    assert_eq!(store.purge(then, 2).await.unwrap(), 1);
    assert_eq!(store.purge(then, 2).await.unwrap(), 0);
    for scope in scopes {
        assert_eq!(store.kept_answer(scope, then - Duration::DAY).await.unwrap(), None);
    }
    assert_eq!(store.token_state(old.token.hash).await.unwrap(), None);
    assert!(store.token_state(live.token.hash).await.unwrap().is_some());
}

pub(crate) async fn old_audit_rows_are_purged_in_portions(store: &SharedStore) {
    // Long ago, so that no row of another test is as old.
    let then = now() - Duration::days(3650);
    for age in [1, 2, 3, 0] {
        let mut change = mutation(Effect::None);
        (change.at, change.audit) = (then - Duration::milliseconds(age), Some(audit(Uuid::now_v7())));
        assert_eq!(store.commit(change).await.unwrap(), Outcome::Committed);
    }
    assert_eq!(store.purge_audit(then - Duration::milliseconds(3), 2).await.unwrap(), 0);
    for expected in [2, 1, 0] {
        assert_eq!(store.purge_audit(then, 2).await.unwrap(), expected);
    }
    assert_eq!(store.purge_audit(then + Duration::MILLISECOND, 2).await.unwrap(), 1, "the youngest was kept");
}

pub(crate) async fn a_caller_that_goes_away_leaves_no_transaction(store: &SharedStore) {
    for polls in 0..8 {
        let user = user(&unique_email());
        let mut commit = Box::pin(store.commit(keyed(registration(&user).0, record(scope(), b"x", now()))));
        for _ in 0..polls {
            drop(futures::poll!(&mut commit));
            tokio::task::yield_now().await;
        }
        drop(commit);
        // Nobody waits for a lock that a forgotten transaction holds, and all can be read.
        let (next, _) = tokio::time::timeout(std::time::Duration::from_secs(5), registered(&**store))
            .await
            .expect("a forgotten transaction is in the way");
        assert!(store.user(next.id).await.unwrap().is_some());
        // What the caller left behind comes to its end by itself.
        testkit::eventually(std::time::Duration::from_secs(10), || async {
            let pool = store.pool();
            pool.in_use == 0 && pool.waiting == 0
        })
        .await;
        let whole = store.user(user.id).await.unwrap().is_some();
        assert_eq!(store.onboarding(user.id).await.unwrap().is_some(), whole, "all or nothing");
    }
}

pub(crate) async fn unknown_things_are_none(store: &SharedStore) {
    assert_eq!(store.user(Uuid::now_v7()).await.unwrap(), None);
    assert_eq!(store.onboarding(Uuid::now_v7()).await.unwrap(), None);
    assert_eq!(store.kept_answer(scope(), now()).await.unwrap(), None);
    assert_eq!(store.token_state(token(now()).hash).await.unwrap(), None);
    assert!(store.credentials(&unique_email().parse().unwrap()).await.unwrap().is_none());
}

pub(crate) async fn it_gives_a_sign_of_life(store: &SharedStore) {
    store.ping().await.unwrap();
    let pool = store.pool();
    assert!(pool.max >= 1 && pool.open <= pool.max, "{pool:?}");
    assert_eq!(pool.open, pool.idle + pool.in_use);
}

pub(crate) async fn it_says_what_it_is(store: &SharedStore) {
    let readings = store.observe().await.unwrap();
    let server = readings.iter().find(|reading| reading.view == "server").unwrap();
    let info = &server.samples.as_ref().unwrap()[0];
    assert_eq!(info.definition.name, "db_server_info");
    assert!(info.labels.iter().all(|label| !label.is_empty()), "{info:?}");
}
