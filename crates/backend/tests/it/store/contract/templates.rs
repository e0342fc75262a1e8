//! The texts of templates, and onboardings that become instances of another one.

use backend::domain::now;
use backend::domain::onboarding::template::TemplateId;
use backend::domain::onboarding::{Onboarding, StepKey, StepStatus};
use backend::store::{Effect, Outcome, Reshape, StoredTemplate};
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use super::SharedStore;
use crate::store::samples::{key, mutation, registered, registration, step, unique_email, user};

fn id(key: &str, version: u32) -> TemplateId {
    TemplateId { key: key.to_owned(), version }
}

/// A key that no other test has.
fn unique_key() -> String {
    format!("t{}", &Uuid::new_v4().simple().to_string()[..20])
}

pub(crate) async fn the_first_text_of_a_template_is_kept(store: &SharedStore) {
    let template = unique_key();
    let keep = |version, source: &str| {
        let source = source.to_owned();
        store.keep_template(StoredTemplate { id: id(&template, version), source }, now())
    };
    let sources = ["key = \"é\"\n".repeat(3000), "b".to_owned(), "c".to_owned()];
    let at_once = join_all(sources.iter().map(|source| keep(1, source))).await;
    for kept in at_once {
        kept.unwrap();
    }
    keep(2, "second").await.unwrap();
    keep(2, "second, changed").await.unwrap();
    let mut kept = store.templates().await.unwrap();
    kept.retain(|kept| kept.id.key == template);
    kept.sort_by_key(|kept| kept.id.version);
    let ids: Vec<_> = kept.iter().map(|kept| kept.id.version).collect();
    assert_eq!(ids, [1, 2]);
    assert!(sources.contains(&kept[0].source));
    assert_eq!(kept[1].source, "second");
}

pub(crate) async fn an_onboarding_begins_with_its_template(store: &SharedStore) {
    let user = user(&unique_email());
    let (mut effect, _) = registration(&user);
    let Effect::Register { user: new, .. } = &mut effect else { unreachable!() };
    new.template = id("acme", 7);
    assert_eq!(store.commit(mutation(effect)).await.unwrap(), Outcome::Committed);
    let begun = store.onboarding(user.id).await.unwrap().unwrap();
    assert_eq!((begun.template, begun.version, begun.progress_floor), (id("acme", 7), 1, None));
}

fn reshape(version: u32, saved: Vec<(StepKey, i64)>, removed: Vec<StepKey>) -> Reshape {
    let record = |number| step(StepStatus::InProgress, &json!({ "number": number }), now());
    let saved = saved.into_iter().map(|(step, number)| (step, record(number))).collect();
    Reshape { template: id("acme", version), progress_floor: Some(55), saved, removed }
}

pub(crate) async fn an_onboarding_is_reshaped_at_its_version_only(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let user_id = user.id;
    let mut record = step(StepStatus::Completed, &json!({"a": 1}), now());
    record.set_aside.insert("default.v1.profile.phone".to_owned(), json!("123"));
    let save = Effect::SaveStep {
        user_id,
        expected_version: 1,
        step: key("profile"),
        record: record.clone(),
        reshape: None,
    };
    assert_eq!(store.commit(mutation(save)).await.unwrap(), Outcome::Committed);
    let before = store.onboarding(user_id).await.unwrap().unwrap();
    assert_eq!(before.steps[&key("profile")], record, "what is set aside comes back");

    let change = |expected_version, reshape| {
        mutation(Effect::ReshapeOnboarding { user_id, expected_version, reshape: Box::new(reshape) })
    };
    let renamed = || reshape(2, vec![(key("about_you"), 1), (key("team"), 2)], vec![key("profile")]);
    assert_eq!(store.commit(change(1, renamed())).await.unwrap(), Outcome::Stale);
    assert_eq!(store.onboarding(user_id).await.unwrap(), Some(before.clone()), "nothing of it was done");
    assert_eq!(store.commit(change(2, renamed())).await.unwrap(), Outcome::Committed);
    let after = store.onboarding(user_id).await.unwrap().unwrap();
    let steps: Vec<_> = after.steps.keys().map(StepKey::as_str).collect();
    assert_eq!(steps, ["about_you", "account", "team"]);
    assert_eq!((&after.template, after.version, after.progress_floor), (&id("acme", 2), 3, Some(55)));

    // With a step, and with the completion.
    let record = step(StepStatus::Completed, &json!({"b": 2}), now());
    let also = Some(Box::new(reshape(3, vec![(key("team"), 3)], vec![key("about_you")])));
    let save = Effect::SaveStep { user_id, expected_version: 3, step: key("review"), record, reshape: also };
    assert_eq!(store.commit(mutation(save)).await.unwrap(), Outcome::Committed);
    let last = Some(Box::new(reshape(4, Vec::new(), Vec::new())));
    let complete = |expected_version| {
        mutation(Effect::CompleteOnboarding { user_id, expected_version, reshape: last.clone() })
    };
    assert_eq!(store.commit(complete(3)).await.unwrap(), Outcome::Stale);
    assert_eq!(store.commit(complete(4)).await.unwrap(), Outcome::Committed);
    let done = store.onboarding(user_id).await.unwrap().unwrap();
    let steps: Vec<_> = done.steps.keys().map(StepKey::as_str).collect();
    assert_eq!(steps, ["account", "review", "team"]);
    assert_eq!((&done.template, done.version), (&id("acme", 4), 5));
    assert!(done.completed_at.is_some());
    assert_eq!(done.steps[&key("team")].data["number"], 3);
}

pub(crate) async fn a_reshaping_is_what_differs(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let before = store.onboarding(user.id).await.unwrap().unwrap();
    assert_eq!(Reshape::between(&before, &before.clone(), None), None);
    let record = step(StepStatus::Completed, &json!({"a": 1}), now());
    let saved = before.clone().with_step(key("profile"), record.clone());
    assert_eq!(Reshape::between(&before, &saved, Some(&key("profile"))), None);
    let moved = Onboarding { template: id("acme", 2), ..saved };
    let reshape = Reshape::between(&before, &moved, None).unwrap();
    assert_eq!((&reshape.template, &reshape.removed), (&id("acme", 2), &Vec::new()));
    assert_eq!(reshape.saved, [(key("profile"), record)]);
    let (user_id, expected_version) = (user.id, 1);
    let effect = Effect::ReshapeOnboarding { user_id, expected_version, reshape };
    assert_eq!(store.commit(mutation(effect)).await.unwrap(), Outcome::Committed);
    assert_eq!(store.onboarding(user.id).await.unwrap(), Some(moved));
}
