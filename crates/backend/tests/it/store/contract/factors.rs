//! What every store must do with second factors.

use std::collections::HashSet;
use std::sync::Arc;

use backend::domain::guessing::{GuessKey, Limit, Policy};
use backend::domain::second_factor::{
    FactorUse, RecoveryCode, RecoveryCodeHash, SealedSecret, SecondFactors,
};
use backend::domain::{AuthLevel, Authentication, PasswordHash, Timestamp, User, UserAgent, now};
use backend::store::{
    AccountChange, Actor, Administration, Effect, FactorChange, FactorLogIn, IdentityChange, LogIn, Outcome,
    RememberedDevice, RightPassword, SeenAccount, StepUp, Store,
};
use futures::future::join_all;
use time::Duration;
use uuid::Uuid;

use super::SharedStore;
use super::guesses::{count, debt};
use crate::store::samples::{mutation, registered, session};

fn sealed(kid: &str) -> SealedSecret {
    SealedSecret { kid: kid.to_owned(), sealed: rand::random::<[u8; 48]>().to_vec() }
}

async fn done(store: &dyn Store, change: FactorChange, at: Timestamp) -> Outcome {
    let mut change = mutation(Effect::Factor(change));
    change.at = at;
    store.commit(change).await.unwrap()
}

async fn commit(store: &dyn Store, effect: Effect) {
    assert_eq!(store.commit(mutation(effect)).await.unwrap(), Outcome::Committed);
}

fn hashes() -> Vec<RecoveryCodeHash> {
    RecoveryCode::generate_all().iter().map(RecoveryCode::hash).collect()
}

async fn enrolled(store: &dyn Store, user_id: Uuid, kid: &str) -> (Uuid, SealedSecret) {
    let (factor_id, secret) = (Uuid::now_v7(), sealed(kid));
    let enrol = FactorChange::Enrol { factor_id, user_id, secret: secret.clone() };
    assert_eq!(done(store, enrol, now()).await, Outcome::Committed);
    (factor_id, secret)
}

fn confirm(factor_id: Uuid, user_id: Uuid, session_id: Uuid, codes: Vec<RecoveryCodeHash>) -> FactorChange {
    FactorChange::Confirm { factor_id, user_id, session_id, step: 100, codes }
}

/// Somebody with an authenticator app whose last code was of step 100: their factor and recovery codes.
async fn protected(store: &dyn Store) -> (User, Uuid, Vec<RecoveryCodeHash>) {
    let (user, session) = registered(store).await;
    let ((factor_id, _), codes) = (enrolled(store, user.id, "kid-1").await, hashes());
    let confirm = confirm(factor_id, user.id, session.id, codes.clone());
    assert_eq!(done(store, confirm, now()).await, Outcome::Committed);
    (user, factor_id, codes)
}

fn log_in(user_id: Uuid, factor: FactorUse, device: Option<Uuid>) -> FactorChange {
    let (at, seen) = (now(), SeenAccount { password_hash: None, closing_at: None });
    let log_in =
        LogIn { session: session(user_id, at), seen, rehash: None, forgiven: None, remembered: None };
    let remembered = device.map(|id| RememberedDevice { id, expires_at: at + Duration::days(30) });
    FactorChange::LogIn(Box::new(FactorLogIn { log_in, used: factor, refunded: Vec::new(), remembered }))
}

pub(crate) async fn an_app_is_enrolled_confirmed_and_replaced(store: &SharedStore) {
    let store = &**store;
    let (user, session) = registered(store).await;
    assert_eq!(store.second_factors(user.id).await.unwrap(), SecondFactors::default());
    let (abandoned, _) = enrolled(store, user.id, "kid-1").await;
    let (first, secret) = enrolled(store, user.id, "kid-1").await;
    let pending = store.second_factors(user.id).await.unwrap();
    let found = pending.pending.as_ref().unwrap();
    assert_eq!((found.id, &found.secret, found.confirmed_at, found.last_step), (first, &secret, None, 0));
    assert!(!pending.is_on());
    let (codes, at) = (hashes(), now());
    let unknown = confirm(abandoned, user.id, session.id, codes.clone());
    assert_eq!(done(store, unknown, at).await, Outcome::Stale, "it was replaced before it was confirmed");
    let foreign = confirm(first, Uuid::now_v7(), session.id, codes.clone());
    assert_eq!(done(store, foreign, at).await, Outcome::Stale);
    assert_eq!(store.second_factors(user.id).await.unwrap(), pending, "nothing has changed");
    let good = confirm(first, user.id, session.id, codes.clone());
    assert_eq!(done(store, good.clone(), at).await, Outcome::Committed);
    let on = store.second_factors(user.id).await.unwrap();
    let totp = on.totp.as_ref().unwrap();
    assert_eq!((totp.id, totp.confirmed_at, totp.last_step), (first, Some(at), 100));
    assert_eq!((on.is_on(), on.recovery_codes_left, on.pending), (true, 10, None));
    let proved = store.token_state(session.token.hash).await.unwrap().unwrap().authentication;
    assert_eq!(proved, Authentication { level: AuthLevel::Two, at });
    assert_eq!(done(store, good, at).await, Outcome::Stale, "it is confirmed already, and stays");
    assert_eq!(store.second_factors(user.id).await.unwrap().totp.unwrap().id, first);
    // Another app takes its place when it has given a code, and not before.
    let (second, _) = enrolled(store, user.id, "kid-2").await;
    let both = store.second_factors(user.id).await.unwrap();
    assert_eq!((both.totp.unwrap().id, both.pending.unwrap().id), (first, second));
    let change = confirm(second, user.id, session.id, hashes());
    assert_eq!(done(store, change, at).await, Outcome::Committed);
    let replaced = store.second_factors(user.id).await.unwrap();
    assert_eq!((replaced.totp.unwrap().id, replaced.pending), (second, None));
    let old_code = FactorUse::RecoveryCode { user_id: user.id, hash: codes[0] };
    assert_eq!(done(store, log_in(user.id, old_code, None), at).await, Outcome::Stale);
    let gone =
        FactorChange::Enrol { factor_id: Uuid::now_v7(), user_id: Uuid::now_v7(), secret: sealed("k") };
    assert_eq!(done(store, gone, at).await, Outcome::Stale);
}

/// Uses one factor many times at once: once it works.
async fn race(store: &SharedStore, user_id: Uuid, factor: FactorUse) {
    let tries = (0..8).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(async move { done(&*store, log_in(user_id, factor, None), now()).await })
    });
    let ends: Vec<Outcome> = join_all(tries).await.into_iter().map(Result::unwrap).collect();
    let won = ends.iter().filter(|end| **end == Outcome::Committed).count();
    assert_eq!(won, 1, "{ends:?}");
    assert!(ends.iter().all(|end| matches!(end, Outcome::Committed | Outcome::Stale)), "{ends:?}");
}

pub(crate) async fn a_second_factor_is_used_once_at_the_same_time_too(store: &SharedStore) {
    let (user, factor_id, codes) = protected(&**store).await;
    let (other, _, foreign) = protected(&**store).await;
    let totp = |step| FactorUse::Totp { factor_id, step };
    let code = |hash| FactorUse::RecoveryCode { user_id: user.id, hash };
    for factor in [totp(100), totp(99), code(foreign[0]), code(hashes()[0])] {
        assert_eq!(done(&**store, log_in(user.id, factor, None), now()).await, Outcome::Stale, "{factor:?}");
    }
    race(store, user.id, totp(101)).await;
    race(store, user.id, totp(103)).await;
    assert_eq!(done(&**store, log_in(user.id, totp(102), None), now()).await, Outcome::Stale);
    race(store, user.id, code(codes[3])).await;
    let left = async |user: &User| store.second_factors(user.id).await.unwrap().recovery_codes_left;
    assert_eq!((left(&user).await, left(&other).await), (9, 10));
    assert_eq!(store.second_factors(user.id).await.unwrap().totp.unwrap().last_step, 103);
    let renew = FactorChange::RenewCodes { user_id: user.id, codes: hashes() };
    assert_eq!(done(&**store, renew, now()).await, Outcome::Committed);
    assert_eq!(left(&user).await, 10);
    assert_eq!(done(&**store, log_in(user.id, code(codes[4]), None), now()).await, Outcome::Stale);
    // What could not be factor has begun no session: three races and the registration.
    let query = backend::store::SessionsQuery {
        user_id: user.id,
        first: Uuid::nil(),
        now: now(),
        begun_after: now() - Duration::DAY,
        limit: 50,
    };
    assert_eq!(store.sessions(query).await.unwrap().len(), 4);
}

pub(crate) async fn a_device_is_remembered_until_all_is_ended(store: &SharedStore) {
    let store = &**store;
    let (user, factor_id, _) = protected(store).await;
    let (other, other_factor, _) = protected(store).await;
    let (device, mut step) = (Uuid::new_v4(), 200);
    let is_remembered = async |user: &User, at| store.is_remembered(user.id, device, at).await.unwrap();
    let mut remember = async |user: &User, factor_id| {
        step += 1;
        let factor = FactorUse::Totp { factor_id, step };
        assert_eq!(done(store, log_in(user.id, factor, Some(device)), now()).await, Outcome::Committed);
    };
    assert!(!is_remembered(&user, now()).await);
    remember(&other, other_factor).await;
    assert!(!is_remembered(&user, now()).await, "a device is remembered for its account only");
    remember(&user, factor_id).await;
    remember(&user, factor_id).await;
    assert!(is_remembered(&user, now() + Duration::days(29)).await);
    assert!(!is_remembered(&user, now() + Duration::days(31)).await);
    let hash = async || store.credentials_of(user.id).await.unwrap().unwrap().password_hash;
    let end = |user_id, except| Effect::RevokeSessions { user_id, except };
    let by = Actor::CommandLine;
    let administer = |change| Effect::Administer(Administration { user_id: user.id, by, change });
    let endings = [
        Effect::Factor(FactorChange::ForgetDevices { user_id: user.id }),
        end(user.id, None),
        end(user.id, Some(Uuid::now_v7())),
        Effect::Identity(Box::new(IdentityChange::ChangePassword {
            user_id: user.id,
            session_id: Uuid::now_v7(),
            seen: hash().await,
            password_hash: PasswordHash::from_phc("$argon2id$another".into()),
        })),
        administer(AccountChange::EndSessions),
        administer(AccountChange::SetPassword(PasswordHash::from_phc("$argon2id$third".into()))),
        administer(AccountChange::Suspend),
        administer(AccountChange::RemoveSecondFactors),
    ];
    for ending in endings {
        remember(&user, factor_id).await;
        assert!(is_remembered(&user, now()).await, "{ending:?}");
        commit(store, ending.clone()).await;
        assert!(!is_remembered(&user, now()).await, "{ending:?}");
        commit(store, administer(AccountChange::Restore)).await;
    }
    assert!(is_remembered(&other, now()).await);
}

/// A log-in by the password alone, as a remembered device does it from `address`.
fn at_home(user_id: Uuid, device: Uuid, at: Timestamp, address: &str) -> Effect {
    let (mut session, seen) = (session(user_id, at), SeenAccount { password_hash: None, closing_at: None });
    session.client.address = address.parse().unwrap();
    session.client.user_agent = UserAgent::cut("Another Browser");
    let log_in = LogIn { session, seen, rehash: None, forgiven: None, remembered: Some(device) };
    Effect::LogIn(Box::new(log_in))
}

pub(crate) async fn remembered_devices_are_listed_used_and_forgotten_one_by_one(store: &SharedStore) {
    let store = &**store;
    let ((user, factor_id, _), (other, ..)) = (protected(store).await, protected(store).await);
    let (first, second, start) = (Uuid::new_v4(), Uuid::new_v4(), now());
    let list = async |user: &User, at| store.remembered_devices(user.id, at, 10).await.unwrap();
    let ids = async |at| list(&user, at).await.iter().map(|device| device.id).collect::<Vec<_>>();
    for (minutes, device) in [(1, first), (2, second)] {
        let factor = FactorUse::Totp { factor_id, step: 200 + minutes };
        let at = start + Duration::minutes(minutes);
        assert_eq!(done(store, log_in(user.id, factor, Some(device)), at).await, Outcome::Committed);
    }
    assert_eq!(ids(start).await, [second, first], "what was used last comes first");
    assert_eq!(store.remembered_devices(user.id, start, 1).await.unwrap().len(), 1);
    let found = &list(&user, start).await[1];
    let (client, at) = (session(user.id, start).client, start + Duration::minutes(1));
    assert_eq!((&found.user_agent, found.address), (&client.user_agent, Some(client.address)));
    assert_eq!((found.created_at, found.last_used_at), (at, at));
    assert!(found.expires_at > start + Duration::days(29));
    // Used, it is where it is used from now; when it was remembered and until when stays.
    let later = start + Duration::HOUR;
    let use_it = |user: &User, device, at| {
        let mut log_in = mutation(at_home(user.id, device, at, "203.0.113.9"));
        log_in.at = at;
        log_in
    };
    assert_eq!(store.commit(use_it(&user, first, later)).await.unwrap(), Outcome::Committed);
    let first_now = &list(&user, start).await[0];
    let agent = first_now.user_agent.as_ref().map(UserAgent::as_str);
    assert_eq!((first_now.id, agent, first_now.last_used_at), (first, Some("Another Browser"), later));
    assert_eq!(first_now.address, Some("203.0.113.9".parse().unwrap()));
    assert_eq!((first_now.created_at, first_now.expires_at), (found.created_at, found.expires_at));
    // Nobody else's, and not for ever.
    assert!(list(&other, start).await.is_empty());
    assert_eq!(store.commit(use_it(&other, first, later)).await.unwrap(), Outcome::Stale);
    let (after, forget) = (start + Duration::days(31), |user: &User, device_id| FactorChange::ForgetDevice {
        user_id: user.id,
        device_id,
    });
    assert!(ids(after).await.is_empty());
    assert_eq!(store.commit(use_it(&user, first, after)).await.unwrap(), Outcome::Stale);
    assert_eq!(done(store, forget(&user, second), after).await, Outcome::Stale, "it was over before");
    assert_eq!(done(store, forget(&other, first), later).await, Outcome::Stale, "it is somebody else's");
    assert_eq!(done(store, forget(&user, first), later).await, Outcome::Committed);
    assert_eq!(done(store, forget(&user, first), later).await, Outcome::Stale, "it is gone");
    assert_eq!(ids(start).await, [second], "the other one stays");
    let sessions = live(store, user.id).await;
    assert_eq!(store.commit(use_it(&user, first, later)).await.unwrap(), Outcome::Stale);
    assert_eq!(live(store, user.id).await, sessions, "what is refused begins no session");
}

/// How many sessions a person has.
async fn live(store: &dyn Store, user_id: Uuid) -> usize {
    let at = now();
    let query = backend::store::SessionsQuery {
        user_id,
        first: Uuid::nil(),
        now: at,
        begun_after: at - Duration::DAY,
        limit: 50,
    };
    store.sessions(query).await.unwrap().len()
}

/// A log-in that was decided while the device was remembered comes before the forgetting, or is stale.
pub(crate) async fn a_device_that_is_forgotten_logs_nobody_in_at_the_same_time_either(store: &SharedStore) {
    let (user, factor_id, _) = protected(&**store).await;
    for round in 0..6 {
        let device = Uuid::new_v4();
        let factor = FactorUse::Totp { factor_id, step: 300 + round };
        let remember = log_in(user.id, factor, Some(device));
        assert_eq!(done(&**store, remember, now()).await, Outcome::Committed);
        let before = live(&**store, user.id).await;
        let log_ins = (0..4).map(|_| {
            let store = Arc::clone(store);
            let log_in = mutation(at_home(user.id, device, now(), "203.0.113.9"));
            tokio::spawn(async move { store.commit(log_in).await.unwrap() })
        });
        let log_ins: Vec<_> = log_ins.collect();
        let forget = FactorChange::ForgetDevice { user_id: user.id, device_id: device };
        assert_eq!(done(&**store, forget, now()).await, Outcome::Committed);
        let late = mutation(at_home(user.id, device, now(), "203.0.113.9"));
        assert_eq!(store.commit(late).await.unwrap(), Outcome::Stale);
        let ends: Vec<Outcome> = join_all(log_ins).await.into_iter().map(Result::unwrap).collect();
        let begun = ends.iter().filter(|end| **end == Outcome::Committed).count();
        assert!(ends.iter().all(|end| matches!(end, Outcome::Committed | Outcome::Stale)), "{ends:?}");
        assert_eq!(live(&**store, user.id).await, before + begun);
    }
}

pub(crate) async fn second_factors_go_whole(store: &SharedStore) {
    let store = &**store;
    let (user, factor_id, codes) = protected(store).await;
    let (kept, ..) = protected(store).await;
    enrolled(store, user.id, "kid-1").await;
    let remove = |user: &User| FactorChange::Remove { user_id: user.id };
    assert_eq!(done(store, remove(&user), now()).await, Outcome::Committed);
    assert_eq!(store.second_factors(user.id).await.unwrap(), SecondFactors::default());
    assert!(store.second_factors(kept.id).await.unwrap().is_on());
    for factor in [
        FactorUse::Totp { factor_id, step: 300 },
        FactorUse::RecoveryCode { user_id: user.id, hash: codes[0] },
    ] {
        assert_eq!(done(store, log_in(user.id, factor, None), now()).await, Outcome::Stale);
    }
    assert_eq!(done(store, remove(&user), now()).await, Outcome::Stale);
    let renew = FactorChange::RenewCodes { user_id: user.id, codes: hashes() };
    assert_eq!(done(store, renew, now()).await, Outcome::Stale);
    let change = AccountChange::RemoveSecondFactors;
    commit(store, Effect::Administer(Administration { user_id: kept.id, by: Actor::CommandLine, change }))
        .await;
    assert_eq!(store.second_factors(kept.id).await.unwrap(), SecondFactors::default());
}

pub(crate) async fn a_proof_lifts_its_session(store: &SharedStore) {
    let store = &**store;
    let (user, factor_id, _) = protected(store).await;
    let (started, at) = (session(user.id, now()), now());
    commit(store, Effect::StartSession(started.clone())).await;
    let proved = async || store.token_state(started.token.hash).await.unwrap().unwrap().authentication;
    assert_eq!(proved().await.level, AuthLevel::One);
    let step_up = |factor, level| {
        let (session_id, refunded) = (started.id, Vec::new());
        FactorChange::StepUp(StepUp { session_id, level, used: factor, refunded })
    };
    let factor = |step| Some(FactorUse::Totp { factor_id, step });
    assert_eq!(done(store, step_up(factor(100), AuthLevel::Two), at).await, Outcome::Stale);
    assert_eq!(proved().await.level, AuthLevel::One);
    let later = at + Duration::MINUTE;
    assert_eq!(done(store, step_up(factor(101), AuthLevel::Two), later).await, Outcome::Committed);
    assert_eq!(proved().await, Authentication { level: AuthLevel::Two, at: later });
    assert_eq!(done(store, step_up(None, AuthLevel::One), at).await, Outcome::Committed);
    assert_eq!(proved().await, Authentication { level: AuthLevel::One, at });
}

pub(crate) async fn a_right_password_may_bring_a_new_hash_before_the_factor(store: &SharedStore) {
    let store = &**store;
    let (user, ..) = protected(store).await;
    let limit = |free| Limit { key: GuessKey(rand::random()), policy: Policy { free, ..Policy::DEVICE } };
    let (device, other) = (limit(2), limit(2));
    count(store, &[device, other], now()).await;
    let old = store.credentials_of(user.id).await.unwrap().unwrap().password_hash;
    let new = PasswordHash::from_phc("$argon2id$nfc".into());
    let asked = |hash: &PasswordHash| {
        let seen = SeenAccount { password_hash: Some(hash.clone()), closing_at: None };
        let (rehash, forgiven) = (Some(new.clone()), Some(device.key));
        FactorChange::Ask(RightPassword { user_id: user.id, seen, rehash, forgiven })
    };
    let changed = PasswordHash::from_phc("$argon2id$before".into());
    assert_eq!(done(store, asked(&changed), now()).await, Outcome::Stale, "it was changed since");
    assert!(debt(store, device).await.is_some());
    assert_eq!(done(store, asked(&old), now()).await, Outcome::Committed);
    assert_eq!(store.credentials_of(user.id).await.unwrap().unwrap().password_hash, new);
    assert_eq!(debt(store, device).await, None);
    assert!(debt(store, other).await.is_some());
}

pub(crate) async fn what_proves_right_is_refunded(store: &SharedStore) {
    let store = &**store;
    let (user, factor_id, _) = protected(store).await;
    let limit = Limit { key: GuessKey(rand::random()), policy: Policy::ACCOUNT };
    let at = now();
    count(store, &[limit], at).await;
    let one = debt(store, limit).await.unwrap();
    count(store, &[limit], at).await;
    let FactorChange::LogIn(mut change) = log_in(user.id, FactorUse::Totp { factor_id, step: 101 }, None)
    else {
        panic!("it is a log-in")
    };
    change.refunded = vec![limit];
    assert_eq!(done(store, FactorChange::LogIn(change.clone()), at).await, Outcome::Committed);
    assert_eq!(debt(store, limit).await, Some(one));
    // Not where the account was changed since.
    let mut late = change.clone();
    let FactorUse::Totp { factor_id, .. } = late.used else { panic!("it is a code") };
    late.used = FactorUse::Totp { factor_id, step: 102 };
    late.log_in.session = session(user.id, at);
    late.log_in.seen.password_hash = Some(PasswordHash::from_phc("$argon2id$before".into()));
    assert_eq!(done(store, FactorChange::LogIn(late), at).await, Outcome::Stale);
    assert_eq!(store.second_factors(user.id).await.unwrap().totp.unwrap().last_step, 101);
    // Nor for what proved wrong.
    change.log_in.session = session(user.id, at);
    assert_eq!(done(store, FactorChange::LogIn(change), at).await, Outcome::Stale);
    assert_eq!(debt(store, limit).await, Some(one));
}

pub(crate) async fn secrets_are_sealed_anew_where_nothing_has_changed(store: &SharedStore) {
    let store = &**store;
    let (old, new) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    let mut people = Vec::new();
    for _ in 0..3 {
        let (user, _) = registered(store).await;
        people.push((user.id, enrolled(store, user.id, &old).await));
    }
    let of_old = async |kid: &str| {
        let found = store.secrets_sealed_otherwise(kid, 1000).await.unwrap();
        found
            .into_iter()
            .filter(|owned| owned.secret.kid == old)
            .map(|owned| owned.id)
            .collect::<HashSet<_>>()
    };
    let ids: HashSet<_> = people.iter().map(|(_, (id, _))| *id).collect();
    assert_eq!(of_old(&new).await, ids);
    assert!(of_old(&old).await.is_empty());
    assert_eq!(store.secrets_sealed_otherwise(&new, 2).await.unwrap().len(), 2);
    let (user_id, (factor_id, seen)) = people.remove(0);
    let (first, second) = (sealed(&new), sealed(&new));
    for secret in [&first, &second] {
        let reseal = FactorChange::Reseal { factor_id, seen: seen.clone(), secret: secret.clone() };
        assert_eq!(done(store, reseal, now()).await, Outcome::Committed);
    }
    let stored = store.second_factors(user_id).await.unwrap().pending.unwrap().secret;
    assert_eq!(stored, first, "whoever comes second does not undo the first");
    assert_eq!(of_old(&new).await.len(), 2);
}

pub(crate) async fn remembered_devices_go_with_time(store: &SharedStore) {
    let _alone = super::PURGING.lock().await;
    let (store, then) = (&**store, super::older_than_all());
    let (user, factor_id, _) = protected(store).await;
    let device = Uuid::new_v4();
    let FactorChange::LogIn(mut change) =
        log_in(user.id, FactorUse::Totp { factor_id, step: 101 }, Some(device))
    else {
        panic!("it is a log-in")
    };
    change.remembered = Some(RememberedDevice { id: device, expires_at: then });
    assert_eq!(done(store, FactorChange::LogIn(change), now()).await, Outcome::Committed);
    assert_eq!(store.purge(then - Duration::MILLISECOND, 10).await.unwrap(), 0);
    assert!(store.is_remembered(user.id, device, then - Duration::DAY).await.unwrap());
    assert_eq!(store.purge(then, 10).await.unwrap(), 1);
    assert!(!store.is_remembered(user.id, device, then - Duration::DAY).await.unwrap());
}
