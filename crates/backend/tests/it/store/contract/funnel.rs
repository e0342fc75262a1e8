//! The sums behind the funnel. Each test wants a database for itself.

use std::collections::BTreeMap;

use backend::app::Shelf;
use backend::app::funnel::{Round, Rules, count};
use backend::domain::funnel::{Cell, CellKey, Cells, Dimension, Durations, Group, week_of};
use backend::domain::onboarding::template::Catalogue;
use backend::domain::onboarding::{ReminderSchedule, StepStatus};
use backend::domain::{Timestamp, User, now};
use backend::store::funnel::{CountedPerson, FunnelCount, PersonRecord};
use backend::store::{Effect, IdentityChange, Mutation, Outcome};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use super::super::samples::{key, mutation, registration, step, unique_email, user};
use super::SharedStore;

/// The steps of the template that is built in; all of them always apply.
const STEPS: [&str; 5] = ["account", "profile", "organization", "preferences", "review"];

/// Somebody, and when their onboarding was begun and last changed.
struct Person {
    user: User,
    begun_at: Timestamp,
    changed_at: Timestamp,
}

async fn commit(store: &SharedStore, effect: Effect, at: Timestamp) {
    assert_eq!(store.commit(Mutation { at, ..mutation(effect) }).await.unwrap(), Outcome::Committed);
}

async fn begin(store: &SharedStore, begun_at: Timestamp) -> Person {
    let user = User { created_at: begun_at, ..user(&unique_email()) };
    commit(store, registration(&user).0, begun_at).await;
    Person { user, begun_at, changed_at: begun_at }
}

/// Changes a random step, completes the onboarding, or opens a complete one again.
async fn go_on(store: &SharedStore, person: &mut Person, at: Timestamp, random: &mut StdRng) {
    let state = store.onboarding(person.user.id).await.unwrap().unwrap();
    let (user_id, expected_version) = (person.user.id, state.version);
    let effect = if random.random_range(0..6) == 0 {
        Effect::CompleteOnboarding { user_id, expected_version, reshape: None }
    } else if state.completed_at.is_some() && random.random_range(0..3) == 0 {
        Effect::ReopenOnboarding { user_id, expected_version }
    } else {
        let which = *STEPS[1..].choose(random).unwrap();
        let all = [StepStatus::Completed, StepStatus::InProgress, StepStatus::Skipped];
        let country = *["DE", "PT", "", "nowhere"].choose(random).unwrap();
        let data = if which == "profile" { json!({"country": country}) } else { json!({}) };
        let record = step(*all.choose(random).unwrap(), &data, at);
        Effect::SaveStep { user_id, expected_version, step: key(which), record, reshape: None }
    };
    commit(store, effect, at).await;
    person.changed_at = at;
}

fn stuck_after() -> Duration {
    ReminderSchedule::default().stuck_after()
}

async fn count_round(store: &SharedStore, at: Timestamp, limit: u32) -> Round {
    let templates = &Shelf::new(Catalogue::built_in().unwrap());
    count(&**store, Rules { templates, stuck_after: stuck_after() }, at, limit).await.unwrap()
}

async fn count_all(store: &SharedStore, at: Timestamp, limit: u32) {
    while let Round::More(_) = count_round(store, at, limit).await {}
}

/// The times of a cell, one by one.
type Times = BTreeMap<CellKey, Vec<i64>>;

/// Counts everybody anew, as somebody would who knows nothing of how it is done.
async fn recount(store: &SharedStore, people: &[Person], at: Timestamp) -> (Cells, Times) {
    let (mut cells, mut times) = (Cells::default(), Times::new());
    for person in people {
        let Some(state) = store.onboarding(person.user.id).await.unwrap() else { continue };
        let country = state.steps.get(&key("profile")).and_then(|record| record.data["country"].as_str());
        let country = country.filter(|code| ["DE", "PT"].contains(code)).unwrap_or_default().to_owned();
        // Whoever has completed it once is never stuck again.
        let stuck = state.activated_at.is_none() && at - person.changed_at >= stuck_after();
        let group = |dimension, value| Group { dimension, value };
        let groups = [
            Group::all(),
            group(Dimension::Version, "default.v1".to_owned()),
            group(Dimension::Week, week_of(person.begun_at)),
            group(Dimension::Country, country),
        ];
        let done = |which: &&str| {
            matches!(state.status_of(&key(which)), Some(StepStatus::Completed | StepStatus::Skipped))
        };
        let first_open = STEPS.into_iter().find(|which| !done(which) && state.completed_at.is_none());
        for group in groups {
            let at = |step: &str| CellKey { group: group.clone(), step: step.to_owned() };
            let all = cells.0.entry(at("")).or_default();
            all.reached += 1;
            all.completed += u64::from(state.completed_at.is_some());
            all.stuck += u64::from(stuck);
            if let Some(end) = state.activated_at {
                times.entry(at("")).or_default().push((end - person.begun_at).whole_seconds());
            }
            for which in STEPS {
                let status = state.status_of(&key(which));
                if status.is_none() && first_open != Some(which) {
                    continue;
                }
                let cell = cells.0.entry(at(which)).or_default();
                cell.reached += 1;
                cell.completed += u64::from(status == Some(StepStatus::Completed));
                cell.skipped += u64::from(status == Some(StepStatus::Skipped));
                cell.in_progress += u64::from(status == Some(StepStatus::InProgress));
                cell.stuck += u64::from(stuck && first_open == Some(which));
                let Some(end) = state.steps.get(&key(which)).and_then(|record| record.completed_at) else {
                    continue;
                };
                let ends = state.steps.iter().filter(|(other, _)| other.as_str() != which);
                let before = ends.filter_map(|(_, record)| record.completed_at.filter(|at| *at <= end)).max();
                let took = end - before.unwrap_or(person.begun_at).max(person.begun_at);
                times.entry(at(which)).or_default().push(took.whole_seconds());
            }
        }
    }
    (cells, times)
}

async fn is_the_recount(store: &SharedStore, people: &[Person], at: Timestamp) {
    let (mut expected, times) = recount(store, people, at).await;
    let mut counted = Cells::default();
    for dimension in Dimension::ALL {
        counted.0.extend(store.funnel(dimension).await.unwrap().0);
    }
    counted.0.retain(|_, cell| *cell != Cell::default());
    for (key, cell) in &counted.0 {
        let mut exact = times.get(key).cloned().unwrap_or_default();
        exact.sort_unstable();
        for percent in [50, 90] {
            let rank = (exact.len() * usize::try_from(percent).unwrap()).div_ceil(100).max(1) - 1;
            let (found, exact) = (cell.times.quantile(percent), exact.get(rank).map(|at| at.unsigned_abs()));
            let near = found.zip(exact).is_none_or(|(found, exact)| found.abs_diff(exact) * 62 <= exact);
            assert!(near && found.is_some() == exact.is_some(), "{key:?}: {found:?} for {exact:?}");
        }
    }
    for cell in counted.0.values_mut().chain(expected.0.values_mut()) {
        cell.times = Durations::default();
    }
    assert_eq!(counted, expected);
}

pub(crate) async fn the_funnel_is_that_of_a_recount(store: &SharedStore) {
    let mut random = StdRng::seed_from_u64(15);
    // Time goes on from here, as it does for the counts: whatever is changed is changed after the last one.
    let (mut people, mut clock) = (Vec::new(), now() - Duration::days(60));
    for number in 0..60_u32 {
        clock += Duration::seconds(random.random_range(0..100_000));
        people.push(begin(store, clock).await);
        for _ in 0..random.random_range(0..6) {
            clock += Duration::seconds(random.random_range(0..5_000));
            let index = random.random_range(0..people.len());
            go_on(store, &mut people[index], clock, &mut random).await;
        }
        if number % 8 == 0 {
            count_all(store, clock, 1 + number % 3 * 20).await;
            is_the_recount(store, &people, clock).await;
        }
    }
    let began = clock;
    count_all(store, began, 7).await;
    is_the_recount(store, &people, began).await;

    let (mut opened_again, mut stands_open) = (0, 0);
    for person in &people {
        let state = store.onboarding(person.user.id).await.unwrap().unwrap();
        let is_open = state.activated_at.is_some() && state.completed_at.is_none();
        opened_again += usize::from(is_open);
        stands_open += usize::from(is_open && began - person.changed_at >= stuck_after());
    }
    assert!(opened_again >= 3 && stands_open > 0, "{opened_again} opened it again, {stands_open} long ago");
    // Time alone makes people stuck, one by one.
    for hours in [20, 47, 48, 49] {
        let later = began + Duration::hours(hours);
        count_all(store, later, 200).await;
        is_the_recount(store, &people, later).await;
    }
    // Whoever goes is taken out, wherever they were.
    let closing_at = began - Duration::days(5000);
    for person in people.iter().step_by(3) {
        let seen = store.credentials_of(person.user.id).await.unwrap().unwrap().password_hash;
        let close = IdentityChange::Close { user_id: person.user.id, seen, closing_at };
        commit(store, Effect::Identity(Box::new(close)), closing_at - Duration::DAY).await;
    }
    while store.delete_closed(closing_at, 50).await.unwrap() > 0 {}
    let later = began + Duration::hours(49);
    count_all(store, later, 200).await;
    assert!(store.user(people[0].user.id).await.unwrap().is_none());
    is_the_recount(store, &people, later).await;
    let last = count_round(store, later, 1).await;
    assert_eq!(last, Round::Done(later), "nobody is left to be counted");
}

pub(crate) async fn of_two_counts_at_once_one_is_stored(store: &SharedStore) {
    let person = begin(store, now() - Duration::HOUR).await;
    let found = store.uncounted(now(), 10).await.unwrap();
    assert_eq!((found.people.len(), found.people[0].user_id), (1, person.user.id));
    assert_eq!((&found.people[0].counted, found.more), (&None, false));
    let record = |due_at| PersonRecord { version: 1, counted: b"{}".to_vec(), due_at };
    let count = |after, due_at| FunnelCount {
        after,
        counted_to: now() - Duration::minutes(2),
        people: vec![CountedPerson { user_id: person.user.id, counted: Some(record(due_at)) }],
        cells: Cells::default(),
    };
    let due_at = now() + Duration::HOUR;
    assert!(store.count_funnel(count(found.count, Some(due_at))).await.unwrap());
    assert!(!store.count_funnel(count(found.count, None)).await.unwrap(), "another one was first");
    let next = store.uncounted(now(), 10).await.unwrap();
    assert_eq!((next.count, next.people.len()), (found.count + 1, 0), "its version is counted");
    let due = store.uncounted(due_at, 10).await.unwrap();
    assert_eq!((due.people.len(), due.people[0].counted.as_deref()), (1, Some(&b"{}"[..])));
    let nobody = CountedPerson { user_id: Uuid::now_v7(), counted: None };
    let count = FunnelCount { people: vec![nobody], ..count(next.count, None) };
    assert!(store.count_funnel(count).await.unwrap());
}
