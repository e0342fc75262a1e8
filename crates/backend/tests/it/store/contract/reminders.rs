//! Onboardings that stand still, and those that are opened again.

use std::collections::BTreeSet;
use std::sync::Arc;

use backend::domain::mail::REFUSED;
use backend::domain::onboarding::{ReminderSchedule, ReminderWindow, StepStatus};
use backend::domain::{Timestamp, User, now};
use backend::store::outbox::{Claim, Fate, NewMessage, SealedParameters, Settlement};
use backend::store::reminders::Reminder;
use backend::store::{AccountChange, Actor, Administration, Effect, IdentityChange, Mutation, Outcome};
use futures::future::join_all;
use serde_json::json;
use time::Duration;
use uuid::Uuid;

use super::SharedStore;
use crate::store::samples::{mutation, registration, step, unique_email, user};

/// A time that no other test uses: whoever looks for due reminders looks at all people.
fn long_ago() -> Timestamp {
    let random = Uuid::new_v4().as_u128() % 3_000_000_000;
    now() - Duration::days(9000) - Duration::seconds(i64::try_from(random).unwrap() / 1000 * 60)
}

/// Somebody who has registered at `at` and done nothing since.
async fn begun(store: &SharedStore, at: Timestamp) -> User {
    let user = User { created_at: at, ..user(&unique_email()) };
    let registering = Mutation { at, ..mutation(registration(&user).0) };
    assert_eq!(store.commit(registering).await.unwrap(), Outcome::Committed);
    user
}

async fn done(store: &SharedStore, at: Timestamp, effect: Effect) -> Outcome {
    store.commit(Mutation { at, ..mutation(effect) }).await.unwrap()
}

fn complete(user: &User, expected_version: i64) -> Effect {
    Effect::CompleteOnboarding { user_id: user.id, expected_version, reshape: None }
}

fn reopen(user: &User, expected_version: i64) -> Effect {
    Effect::ReopenOnboarding { user_id: user.id, expected_version }
}

fn save(user: &User, expected_version: i64, at: Timestamp) -> Effect {
    let record = step(StepStatus::InProgress, &json!({}), at);
    Effect::SaveStep {
        user_id: user.id,
        expected_version,
        step: "profile".parse().unwrap(),
        record,
        reshape: None,
    }
}

fn reminder(user: &User, number: u8, changed_at: Timestamp) -> Reminder {
    Reminder { user_id: user.id, email_key: user.email.key().to_owned(), number, changed_at }
}

fn message(user: &User, channel: &str) -> NewMessage {
    NewMessage {
        id: Uuid::now_v7(),
        channel: channel.to_owned(),
        topic: "onboarding_reminder".into(),
        user_id: Some(user.id),
        recipient: user.email.as_str().to_owned(),
        language: "de".into(),
        parameters: SealedParameters { kid: "kid-1".into(), sealed: vec![7] },
        in_order: false,
        expires_at: None,
    }
}

/// Writes a reminder with its message.
async fn remind(store: &SharedStore, channel: &str, at: Timestamp, user: &User, what: Reminder) -> Outcome {
    let messages = vec![message(user, channel)];
    store.commit(Mutation { at, messages, ..mutation(Effect::Remind(what)) }).await.unwrap()
}

fn channel() -> String {
    Uuid::new_v4().simple().to_string()[..20].to_owned()
}

async fn waiting(store: &SharedStore, channel: &str) -> u64 {
    store.outbox_status(channel).await.unwrap().waiting
}

/// Of `people`, those whom the store finds for the window.
async fn due(store: &SharedStore, window: ReminderWindow, people: &[&User]) -> BTreeSet<Uuid> {
    let all = store.due_reminders(window, 10_000).await.unwrap();
    let ours: BTreeSet<Uuid> = people.iter().map(|user| user.id).collect();
    let found: Vec<Uuid> = all.iter().map(|due| due.user.id).filter(|id| ours.contains(id)).collect();
    let distinct: BTreeSet<Uuid> = found.iter().copied().collect();
    assert_eq!(found.len(), distinct.len(), "nobody is found twice");
    distinct
}

pub(crate) async fn a_reopened_onboarding_keeps_its_activation(store: &SharedStore) {
    let at = now();
    let user = begun(store, at).await;
    assert_eq!(done(store, at, reopen(&user, 1)).await, Outcome::Stale, "it is not complete");
    assert_eq!(done(store, at, complete(&user, 1)).await, Outcome::Committed);
    let later = at + Duration::DAY;
    assert_eq!(done(store, later, reopen(&user, 1)).await, Outcome::Stale, "it has another version");
    assert_eq!(done(store, later, reopen(&user, 2)).await, Outcome::Committed);
    let state = store.onboarding(user.id).await.unwrap().unwrap();
    assert_eq!((state.version, state.completed_at, state.activated_at), (3, None, Some(at)));
    let last = later + Duration::DAY;
    assert_eq!(done(store, last, complete(&user, 3)).await, Outcome::Committed);
    let state = store.onboarding(user.id).await.unwrap().unwrap();
    assert_eq!((state.version, state.completed_at, state.activated_at), (4, Some(last), Some(at)));
    assert_eq!(store.onboarding_at(user.id, 1).await.unwrap().unwrap().activated_at, Some(at));
}

pub(crate) async fn people_are_reminded_by_the_rule_of_the_domain(store: &SharedStore) {
    let schedule = ReminderSchedule::default();
    let (at, channel) = (long_ago(), channel());
    // Silent for so many hours; reminded so often; completed; completed and opened again.
    let cases = [
        (0, 0, false, false),
        (47, 0, false, false),
        (49, 0, false, false),
        (49, 0, true, false),
        (49, 0, true, true),
        (100, 1, false, false),
        (167, 0, false, false),
        (169, 0, false, false),
        (169, 1, false, false),
        (169, 1, true, true),
        (200, 2, false, false),
        (335, 1, false, false),
        (337, 1, false, false),
        (337, 0, false, false),
        (9000, 0, false, false),
    ];
    let mut people = Vec::new();
    for (hours, reminded, completed, reopened) in cases {
        let changed_at = at - Duration::hours(hours);
        let user = begun(store, changed_at).await;
        for number in 1..=reminded {
            let what = reminder(&user, number, changed_at);
            assert_eq!(remind(store, &channel, at, &user, what).await, Outcome::Committed);
        }
        if completed {
            assert_eq!(done(store, changed_at, complete(&user, 1)).await, Outcome::Committed);
        }
        if reopened {
            assert_eq!(done(store, changed_at, reopen(&user, 2)).await, Outcome::Committed);
        }
        people.push((user, reminded));
    }
    let users: Vec<&User> = people.iter().map(|(user, _)| user).collect();
    let mut decided = 0;
    for window in schedule.windows(at) {
        let found = due(store, window, &users).await;
        let mut expected = BTreeSet::new();
        for (user, reminded) in &people {
            let (person, facts) = store.reminded_person(user.id).await.unwrap().unwrap();
            assert_eq!(person, *user);
            if schedule.due(&facts, *reminded, at).is_some_and(|due| due.number == window.number) {
                expected.insert(user.id);
            }
        }
        assert_eq!(found, expected, "{window:?}");
        decided += found.len();
    }
    assert_eq!(decided, 2 + 3, "49 and 167 hours; 169 hours twice, and 335");
    // The longest silent come first, and no more than are wanted.
    let first = schedule.windows(at).next().unwrap();
    let two = store.due_reminders(first, 2).await.unwrap();
    assert!(two.len() <= 2 && two.is_sorted_by_key(|due| due.changed_at));
}

pub(crate) async fn a_reminder_is_written_once_whoever_writes_it(store: &SharedStore) {
    let (at, channel) = (long_ago(), channel());
    let user = begun(store, at).await;
    for (number, messages) in [(1, 1), (2, 2)] {
        let writers = (0..12).map(|_| {
            let (store, channel, user) = (Arc::clone(store), channel.clone(), user.clone());
            let what = reminder(&user, number, at);
            tokio::spawn(async move { remind(&store, &channel, at, &user, what).await })
        });
        let ends: Vec<_> = join_all(writers).await.into_iter().map(Result::unwrap).collect();
        let written = ends.iter().filter(|end| **end == Outcome::Committed).count();
        assert_eq!(written, 1, "{ends:?}");
        assert!(ends.iter().all(|end| matches!(end, Outcome::Committed | Outcome::Stale)), "{ends:?}");
        assert_eq!(waiting(store, &channel).await, messages);
    }
    // The one before cannot follow the one after.
    assert_eq!(remind(store, &channel, at, &user, reminder(&user, 1, at)).await, Outcome::Stale);
}

pub(crate) async fn a_reminder_and_a_completion_at_once_go_one_after_the_other(store: &SharedStore) {
    for _ in 0..20 {
        let (at, channel) = (long_ago(), channel());
        let user = begun(store, at).await;
        let writing = {
            let (store, channel, user) = (Arc::clone(store), channel.clone(), user.clone());
            tokio::spawn(async move { remind(&store, &channel, at, &user, reminder(&user, 1, at)).await })
        };
        let completing = {
            let (store, user) = (Arc::clone(store), user.clone());
            tokio::spawn(async move { done(&store, at, complete(&user, 1)).await })
        };
        let (written, completed) = (writing.await.unwrap(), completing.await.unwrap());
        assert_eq!(completed, Outcome::Committed, "a reminder is no change of the onboarding");
        assert_eq!(waiting(store, &channel).await, u64::from(written == Outcome::Committed), "{written:?}");
        assert_eq!(remind(store, &channel, at, &user, reminder(&user, 2, at)).await, Outcome::Stale);
    }
}

pub(crate) async fn what_overtakes_a_reminder_leaves_none(store: &SharedStore) {
    let (at, channel) = (long_ago(), channel());
    let later = at + Duration::HOUR;
    let suspend = |user: &User| {
        let change = AccountChange::Suspend;
        Effect::Administer(Administration { user_id: user.id, by: Actor::CommandLine, change })
    };
    let stop = |user: &User| Effect::Identity(Box::new(IdentityChange::StopReminders { user_id: user.id }));
    let mut overtakers = Vec::new();
    for number in 0..6 {
        let user = begun(store, at).await;
        let seen = store.credentials(&user.email).await.unwrap().unwrap().password_hash;
        let closing_at = later + Duration::days(14);
        let effects = match number {
            0 => vec![complete(&user, 1)],
            1 => vec![complete(&user, 1), reopen(&user, 2)],
            2 => vec![save(&user, 1, later)],
            3 => vec![suspend(&user)],
            4 => vec![stop(&user)],
            _ => {
                let close = IdentityChange::Close { user_id: user.id, seen, closing_at };
                vec![Effect::Identity(Box::new(close))]
            }
        };
        for effect in effects {
            assert_eq!(done(store, later, effect).await, Outcome::Committed, "{number}");
        }
        overtakers.push(user);
    }
    for user in &overtakers {
        assert_eq!(remind(store, &channel, later, user, reminder(user, 1, at)).await, Outcome::Stale);
    }
    let moved = begun(store, at).await;
    let elsewhere = Reminder { email_key: "elsewhere@example.com".into(), ..reminder(&moved, 1, at) };
    assert_eq!(remind(store, &channel, later, &moved, elsewhere).await, Outcome::Stale);
    let nobody = Reminder { user_id: Uuid::now_v7(), ..reminder(&moved, 1, at) };
    assert_eq!(remind(store, &channel, later, &moved, nobody).await, Outcome::Stale);
    assert_eq!(waiting(store, &channel).await, 0);
    let window = ReminderSchedule::default().windows(at + Duration::days(3)).next().unwrap();
    let everybody: Vec<&User> = overtakers.iter().chain([&moved]).collect();
    // Whoever changed something an hour later is silent long enough again; the others never are due.
    assert_eq!(due(store, window, &everybody).await, BTreeSet::from([overtakers[2].id, moved.id]));
}

pub(crate) async fn whoever_wants_no_reminders_gets_none(store: &SharedStore) {
    let at = long_ago();
    let window = ReminderSchedule::default().windows(at + Duration::days(3)).next().unwrap();
    let (user, refused) = (begun(store, at).await, begun(store, at).await);
    let stop = || Effect::Identity(Box::new(IdentityChange::StopReminders { user_id: user.id }));
    assert_eq!(due(store, window, &[&user, &refused]).await.len(), 2);
    assert_eq!(done(store, at, stop()).await, Outcome::Committed);
    assert_eq!(done(store, at + Duration::DAY, stop()).await, Outcome::Stale, "they are off already");
    let off = store.user(user.id).await.unwrap().unwrap();
    assert_eq!(off, User { reminders_off_at: Some(at), ..user.clone() });
    // A server that will not take a mail to somebody takes no reminder either.
    let channel = channel();
    let writing = Mutation { at, messages: vec![message(&refused, &channel)], ..mutation(Effect::None) };
    assert_eq!(store.commit(writing).await.unwrap(), Outcome::Committed);
    let lease = Uuid::new_v4();
    let claim = Claim { channel, lease, now: at, until: at + Duration::MINUTE, limit: 1 };
    let taken = store.claim_messages(claim).await.unwrap();
    let fate = Fate::Dead { error: format!("{REFUSED}: 550 no such mailbox") };
    assert!(store.settle_message(Settlement { id: taken[0].message.id, lease, at, fate }).await.unwrap());
    assert_eq!(due(store, window, &[&user, &refused]).await, BTreeSet::new());

    let back = IdentityChange::Update {
        full_name: off.full_name.clone(),
        language: off.language.clone(),
        theme: off.theme,
        reminders_off_at: None,
        seen: Box::new(off),
    };
    let back = Effect::Identity(Box::new(back));
    assert_eq!(done(store, at, back.clone()).await, Outcome::Committed);
    assert_eq!(done(store, at, back).await, Outcome::Stale, "it was read before the change");
    assert_eq!(due(store, window, &[&user, &refused]).await, BTreeSet::from([user.id]));
}

pub(crate) async fn a_message_that_has_lost_its_sense_is_gone(store: &SharedStore) {
    let (at, channel) = (long_ago(), channel());
    let user = begun(store, at).await;
    assert_eq!(remind(store, &channel, at, &user, reminder(&user, 1, at)).await, Outcome::Committed);
    let lease = Uuid::new_v4();
    let claim = Claim { channel: channel.clone(), lease, now: at, until: at + Duration::MINUTE, limit: 1 };
    let id = store.claim_messages(claim).await.unwrap()[0].message.id;
    let withdraw = |lease| Settlement { id, lease, at, fate: Fate::Withdrawn };
    assert!(!store.settle_message(withdraw(Uuid::new_v4())).await.unwrap(), "another has it");
    assert!(store.settle_message(withdraw(lease)).await.unwrap());
    let status = store.outbox_status(&channel).await.unwrap();
    assert_eq!((status.waiting, status.leased, status.dead), (0, 0, 0));
}
