//! Debts of wrong guesses.

use std::sync::Arc;
use std::time::Duration;

use backend::domain::guessing::{Debt, GuessKey, Limit, Policy};
use backend::domain::{Timestamp, User, now};
use backend::store::{Effect, LogIn, Outcome, Store};
use futures::future::join_all;

use super::super::samples::{mutation, registered, registration, session, unique_email, user};
use super::SharedStore;
use super::log_in::seen;

const POLICY: Policy = Policy { free: 2, forgiven_after: Duration::from_mins(1) };
pub(super) const MINUTE: Duration = POLICY.forgiven_after;

pub(super) fn limit() -> Limit {
    Limit { key: GuessKey(rand::random()), policy: POLICY }
}

pub(super) async fn count(store: &dyn Store, limits: &[Limit], at: Timestamp) {
    let mut guess = mutation(Effect::CountGuesses(limits.to_vec()));
    guess.at = at;
    assert_eq!(store.commit(guess).await.unwrap(), Outcome::Committed);
}

pub(super) async fn debt(store: &dyn Store, limit: Limit) -> Option<Debt> {
    let debts = store.guess_debts(vec![limit.key, GuessKey(rand::random())]).await.unwrap();
    assert!(debts.len() <= 1 && debts.iter().all(|(key, _)| *key == limit.key), "{debts:?}");
    debts.first().map(|(_, debt)| *debt)
}

pub(crate) async fn wrong_guesses_add_up_and_are_forgiven(store: &SharedStore) {
    let (store, one, other, at) = (&**store, limit(), limit(), now());
    assert_eq!(debt(store, one).await, None);
    assert!(store.guess_debts(Vec::new()).await.unwrap().is_empty());
    count(store, &[one], at).await;
    assert_eq!(debt(store, one).await, Some(Debt { owed_until: at + MINUTE, failed_at: at }));
    let later = at + MINUTE / 2;
    count(store, &[other, one], later).await;
    assert_eq!(debt(store, one).await, Some(Debt { owed_until: at + MINUTE * 2, failed_at: later }));
    assert_eq!(debt(store, other).await, Some(Debt { owed_until: later + MINUTE, failed_at: later }));
    // Another instance's clock is behind.
    count(store, &[one], at).await;
    assert_eq!(debt(store, one).await, Some(Debt { owed_until: at + MINUTE * 3, failed_at: later }));
    let forgiven = at + MINUTE * 3;
    count(store, &[one], forgiven).await;
    assert_eq!(debt(store, one).await, Some(Debt { owed_until: forgiven + MINUTE, failed_at: forgiven }));
    for _ in 0..20 {
        count(store, &[one], forgiven).await;
    }
    assert_eq!(debt(store, one).await.unwrap().owed_until, forgiven + POLICY.most());
}

pub(crate) async fn guesses_at_once_are_all_counted(store: &SharedStore) {
    let (one, other, at) = (limit(), limit(), now());
    let counts = (0..8).map(|number| {
        let store = Arc::clone(store);
        let limits = if number % 2 == 0 { [one, other] } else { [other, one] };
        tokio::spawn(async move { count(&*store, &limits, at).await })
    });
    join_all(counts).await.into_iter().for_each(Result::unwrap);
    for limit in [one, other] {
        assert_eq!(debt(&**store, limit).await.unwrap().owed_until, at + MINUTE * 8);
    }
}

pub(crate) async fn a_log_in_forgives_its_device(store: &SharedStore) {
    let (device, other, (user, _)) = (limit(), limit(), registered(&**store).await);
    count(&**store, &[device, other], now()).await;
    let seen = seen(&**store, user.id).await;
    let log_in = LogIn {
        session: session(user.id, now()),
        seen,
        rehash: None,
        forgiven: Some(device.key),
        remembered: None,
    };
    let outcome = store.commit(mutation(Effect::LogIn(Box::new(log_in)))).await.unwrap();
    assert_eq!(outcome, Outcome::Committed);
    assert_eq!(debt(&**store, device).await, None);
    assert!(debt(&**store, other).await.is_some());
}

pub(crate) async fn an_account_that_is_made_is_counted(store: &SharedStore) {
    let by = limit();
    let register = async |user: &User| {
        let (Effect::Register { user, session, code, .. }, _) = registration(user) else { panic!() };
        let mutation = mutation(Effect::Register { user, session, code, counted: Some(by) });
        (mutation.at, store.commit(mutation).await.unwrap())
    };
    let first = user(&unique_email());
    let (at, outcome) = register(&first).await;
    assert_eq!(outcome, Outcome::Committed);
    let one = Some(Debt { owed_until: at + MINUTE, failed_at: at });
    assert_eq!(debt(&**store, by).await, one);
    let (_, outcome) = register(&user(first.email.as_str())).await;
    assert_eq!((outcome, debt(&**store, by).await), (Outcome::EmailTaken, one));
    // At once, from one address: whoever meets another at the first row is not refused for it.
    let by = limit();
    let registrations = (0..8).map(|_| {
        let (Effect::Register { user, session, code, .. }, _) = registration(&user(&unique_email())) else {
            panic!()
        };
        let store = Arc::clone(store);
        let effect = Effect::Register { user, session, code, counted: Some(by) };
        tokio::spawn(async move { store.commit(mutation(effect)).await.unwrap() })
    });
    for outcome in join_all(registrations).await {
        assert_eq!(outcome.unwrap(), Outcome::Committed);
    }
    let debt = debt(&**store, by).await.unwrap();
    assert!(debt.owed_until >= debt.failed_at + MINUTE * 7, "{debt:?}");
}
