//! Kept answers: how many there are of one asker, and what they are made of.

use backend::domain::now;
use backend::domain::onboarding::{Onboarding, StepKey, StepStatus};
use backend::idempotency::KEPT_FOR;
use backend::store::{Effect, LookUp, MAX_STEP_VERSIONS, Outcome, Store};
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use super::SharedStore;
use crate::store::samples::{key, keyed, mutation, record, registered, scope, step};

pub(crate) async fn live_records_are_counted_by_asker(store: &SharedStore) {
    let (asker, other, at) = (rand::random(), rand::random(), now());
    let mut first = record(scope(), b"first", at);
    first.asker = Some(asker);
    assert_eq!(store.look_up(first.scope, asker, at).await.unwrap(), LookUp::default());
    for number in 0..3 {
        let mut more = if number == 0 { first.clone() } else { record(scope(), b"more", at) };
        more.asker = Some(asker);
        assert_eq!(store.commit(keyed(Effect::None, more)).await.unwrap(), Outcome::Committed);
    }
    let nobodys = keyed(Effect::None, record(scope(), b"nobody's", at));
    assert_eq!(store.commit(nobodys).await.unwrap(), Outcome::Committed);
    let found = store.look_up(first.scope, asker, at).await.unwrap();
    assert_eq!(found, LookUp { kept: Some(first.kept.clone()), live: 3 });
    // A record is found whoever's it is; what has expired is neither found nor counted.
    let found = store.look_up(first.scope, other, at).await.unwrap();
    assert_eq!(found, LookUp { kept: Some(first.kept), live: 0 });
    assert_eq!(store.look_up(scope(), asker, at).await.unwrap(), LookUp { kept: None, live: 3 });
    let later = store.look_up(first.scope, asker, at + Duration::DAY).await.unwrap();
    assert_eq!(later, LookUp::default());
}

pub(crate) async fn a_record_that_takes_the_place_of_an_expired_one_is_its_askers(store: &SharedStore) {
    let (scope, at) = (scope(), now());
    let (old, new) = (rand::random(), rand::random());
    for (asker, kept_at) in [(old, at - Duration::days(2)), (new, at)] {
        let mut mutation = keyed(Effect::None, record(scope, b"x", kept_at));
        (mutation.at, mutation.idempotency.as_mut().unwrap().asker) = (kept_at, Some(asker));
        assert_eq!(store.commit(mutation).await.unwrap(), Outcome::Committed);
    }
    assert_eq!(store.look_up(scope, old, at).await.unwrap().live, 0);
    assert_eq!(store.look_up(scope, new, at).await.unwrap().live, 1);
}

async fn save(store: &dyn Store, user_id: Uuid, version: i64, which: StepKey, number: i64) {
    let record = step(StepStatus::InProgress, &json!({ "number": number }), now());
    let effect = Effect::SaveStep { user_id, expected_version: version, step: which, record, reshape: None };
    assert_eq!(store.commit(mutation(effect)).await.unwrap(), Outcome::Committed);
}

fn number(state: &Onboarding, which: &StepKey) -> Option<i64> {
    state.steps.get(which).and_then(|record| record.data["number"].as_i64())
}

pub(crate) async fn a_state_is_read_as_it_was_in_any_version(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let mut states = vec![store.onboarding(user.id).await.unwrap().unwrap()];
    let saves = [
        (key("profile"), 1),
        (key("organization"), 2),
        (key("profile"), 3),
        (key("profile"), 4),
        (key("preferences"), 5),
        (key("organization"), 6),
    ];
    for (which, number) in saves {
        let version = states.last().unwrap().version;
        save(&**store, user.id, version, which, number).await;
        states.push(store.onboarding(user.id).await.unwrap().unwrap());
    }
    for state in &states {
        let then = store.onboarding_at(user.id, state.version).await.unwrap();
        assert_eq!(then.as_ref(), Some(state), "version {}", state.version);
    }
    let next = states.last().unwrap().version + 1;
    assert_eq!(store.onboarding_at(user.id, next).await.unwrap(), None);
    assert_eq!(store.onboarding_at(Uuid::now_v7(), 1).await.unwrap(), None);
}

pub(crate) async fn what_a_change_that_failed_has_replaced_is_not_kept(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    save(&**store, user.id, 1, key("profile"), 1).await;
    let record = step(StepStatus::InProgress, &json!({ "number": 9 }), now());
    let (user_id, step) = (user.id, key("profile"));
    let stale = Effect::SaveStep { user_id, expected_version: 7, step, record, reshape: None };
    assert_eq!(store.commit(mutation(stale)).await.unwrap(), Outcome::Stale);
    save(&**store, user.id, 2, key("profile"), 2).await;
    let then = store.onboarding_at(user.id, 2).await.unwrap().unwrap();
    assert_eq!(number(&then, &key("profile")), Some(1));
}

pub(crate) async fn earlier_versions_are_few_and_go_with_time(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let most = i64::from(MAX_STEP_VERSIONS);
    for version in 1..=most + 3 {
        save(&**store, user.id, version, key("profile"), version + 1).await;
    }
    let read = async |version| store.onboarding_at(user.id, version).await.unwrap().unwrap();
    // The first save replaced nothing, each after it one version; the last two of them were not kept any more.
    assert_eq!(number(&read(most + 1).await, &key("profile")), Some(most + 1));
    assert_ne!(number(&read(most + 3).await, &key("profile")), Some(most + 3));
    assert_eq!(number(&read(most + 4).await, &key("profile")), Some(most + 4));

    let _purging = super::PURGING.lock().await;
    let (other, _) = registered(&**store).await;
    let long_ago = now() - Duration::days(3650);
    for version in 1..=2 {
        let record = step(StepStatus::InProgress, &json!({ "number": version }), long_ago);
        let (user_id, step) = (other.id, key("profile"));
        let mut save =
            mutation(Effect::SaveStep { user_id, expected_version: version, step, record, reshape: None });
        save.at = long_ago;
        assert_eq!(store.commit(save).await.unwrap(), Outcome::Committed);
    }
    let read = async || store.onboarding_at(other.id, 2).await.unwrap().unwrap();
    assert_eq!(number(&read().await, &key("profile")), Some(1));
    while store.purge(long_ago + KEPT_FOR, 500).await.unwrap() > 0 {}
    assert_eq!(number(&read().await, &key("profile")), None);
}
