//! What every home must do with passkeys.

use std::sync::Arc;

use backend::domain::passkey::{
    AnsweredChallenge, CEREMONY_LIFETIME, CredentialHash, MAX_PASSKEYS, Passkey, PasskeyUse, StoredCredential,
};
use backend::domain::session::NewSession;
use backend::domain::{AuthLevel, Authentication, LogInMethod, PasswordHash, Timestamp, User, now};
use backend::store::{
    AccountChange, Actor, Administration, Effect, IdentityChange, LogIn, OidcChange, Outcome, PasskeyChange,
    SeenAccount, SessionsQuery, Store, WayIn,
};
use futures::future::join_all;
use time::Duration;
use uuid::Uuid;

use super::super::samples::{mutation, registered, session};
use super::SharedStore;

async fn commit_at(store: &dyn Store, change: PasskeyChange, at: Timestamp) -> Outcome {
    let mut mutation = mutation(Effect::Passkey(Box::new(change)));
    mutation.at = at;
    store.commit(mutation).await.unwrap()
}

async fn commit(store: &dyn Store, change: PasskeyChange) -> Outcome {
    commit_at(store, change, now()).await
}

fn challenge(at: Timestamp) -> AnsweredChallenge {
    AnsweredChallenge::of(&rand::random::<[u8; 32]>(), at + CEREMONY_LIFETIME)
}

fn new(user_id: Uuid) -> (Passkey, CredentialHash) {
    let passkey = Passkey {
        id: Uuid::now_v7(),
        user_id,
        name: "Schlüssel 李".parse().unwrap(),
        credential: StoredCredential("{\"cred\":\"ünïcödé\"}".into()),
        uses: 0,
        created_at: now(),
        last_used_at: None,
        disabled_at: None,
    };
    (passkey, CredentialHash(rand::random()))
}

async fn add(store: &dyn Store, passkey: &Passkey, hash: CredentialHash) -> Outcome {
    let passkey = Box::new(passkey.clone());
    commit(store, PasskeyChange::Add { passkey, hash, challenge: challenge(now()) }).await
}

async fn added(store: &dyn Store, user_id: Uuid) -> (Passkey, CredentialHash) {
    let (passkey, hash) = new(user_id);
    assert_eq!(add(store, &passkey, hash).await, Outcome::Committed);
    (passkey, hash)
}

fn used(passkey: &Passkey) -> PasskeyUse {
    let (passkey_id, seen_uses) = (passkey.id, passkey.uses);
    PasskeyUse { passkey_id, seen_uses, challenge: challenge(now()), credential: None }
}

fn log_in(used: PasskeyUse, session: NewSession) -> PasskeyChange {
    let session = NewSession { method: LogInMethod::Passkey, ..session };
    let seen = SeenAccount { closing_at: None, password_hash: None };
    PasskeyChange::LogIn {
        used,
        log_in: Box::new(LogIn { session, seen, rehash: None, forgiven: None, remembered: None }),
    }
}

async fn only(store: &dyn Store, user: &User) -> Passkey {
    let mut passkeys = store.passkeys_of(user.id).await.unwrap();
    assert_eq!(passkeys.len(), 1);
    passkeys.remove(0)
}

pub(crate) async fn a_passkey_is_found_by_its_credential(store: &SharedStore) {
    let ((first, _), (second, _)) = (registered(&**store).await, registered(&**store).await);
    let (passkey, hash) = added(&**store, first.id).await;
    assert_eq!(store.passkey(hash).await.unwrap(), Some((passkey.clone(), first.clone())));
    assert_eq!(store.passkey(CredentialHash(rand::random())).await.unwrap(), None);
    assert!(store.passkeys_of(second.id).await.unwrap().is_empty());
    let (other, _) = new(second.id);
    assert_eq!(add(&**store, &other, hash).await, Outcome::Stale, "somebody has the credential");
    let (gone, unknown) = new(Uuid::now_v7());
    assert_eq!(add(&**store, &gone, unknown).await, Outcome::Stale, "there is no such account");

    let rename =
        |user_id, passkey_id| PasskeyChange::Rename { user_id, passkey_id, name: "Another".parse().unwrap() };
    assert_eq!(commit(&**store, rename(second.id, passkey.id)).await, Outcome::Stale);
    assert_eq!(commit(&**store, rename(first.id, Uuid::now_v7())).await, Outcome::Stale);
    assert_eq!(commit(&**store, rename(first.id, passkey.id)).await, Outcome::Committed);
    assert_eq!(only(&**store, &first).await, Passkey { name: "Another".parse().unwrap(), ..passkey });
}

pub(crate) async fn a_challenge_is_answered_once(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let challenge = challenge(now());
    assert!(!store.is_answered(challenge.hash).await.unwrap());
    // Two credentials for one challenge, at once.
    let tries = (0..8).map(|_| {
        let (store, (passkey, hash)) = (Arc::clone(store), new(user.id));
        let change = PasskeyChange::Add { passkey: Box::new(passkey), hash, challenge };
        tokio::spawn(async move { commit(&*store, change).await })
    });
    let ends: Vec<Outcome> = join_all(tries).await.into_iter().map(Result::unwrap).collect();
    let won = ends.iter().filter(|end| **end == Outcome::Committed).count();
    assert_eq!((won, ends.iter().filter(|end| **end == Outcome::Stale).count()), (1, 7), "{ends:?}");
    assert!(store.is_answered(challenge.hash).await.unwrap());
    let passkey = only(&**store, &user).await;
    let again = PasskeyUse { challenge, ..used(&passkey) };
    let change = log_in(again.clone(), session(user.id, now()));
    assert_eq!(commit(&**store, change).await, Outcome::Stale);
    let change = PasskeyChange::Disable { user_id: user.id, used: again };
    assert_eq!(commit(&**store, change).await, Outcome::Stale);
    assert_eq!(only(&**store, &user).await, passkey, "nothing is done");
}

pub(crate) async fn a_passkey_begins_a_session(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let (passkey, _) = added(&**store, user.id).await;
    let at = passkey.created_at + Duration::seconds(5);
    let begun = session(user.id, at);
    let credential = StoredCredential("{\"counter\":7}".into());
    let change = log_in(PasskeyUse { credential: Some(credential.clone()), ..used(&passkey) }, begun.clone());
    assert_eq!(commit_at(&**store, change, at).await, Outcome::Committed);
    let after = only(&**store, &user).await;
    let expected = Passkey { uses: 1, last_used_at: Some(at), credential, ..passkey.clone() };
    assert_eq!(after, expected);
    let state = store.token_state(begun.token.hash).await.unwrap().unwrap();
    assert_eq!(state.authentication, Authentication { level: AuthLevel::Two, at });
    let query = SessionsQuery {
        user_id: user.id,
        first: begun.id,
        now: now(),
        begun_after: now() - Duration::days(90),
        limit: 10,
    };
    let methods: Vec<_> = store.sessions(query).await.unwrap().iter().map(|session| session.method).collect();
    assert_eq!(methods, [Some(LogInMethod::Passkey), Some(LogInMethod::Password)]);

    // It was used since it was read; a clock that is behind takes no time back.
    let change = log_in(used(&passkey), session(user.id, at));
    assert_eq!(commit_at(&**store, change, at).await, Outcome::Stale);
    let change = log_in(used(&after), session(user.id, at));
    let earlier = at - Duration::seconds(30);
    assert_eq!(commit_at(&**store, change, earlier).await, Outcome::Committed);
    let twice = only(&**store, &user).await;
    assert_eq!((twice.uses, twice.last_used_at, twice.credential), (2, Some(at), after.credential));

    let suspend = Administration { user_id: user.id, by: Actor::CommandLine, change: AccountChange::Suspend };
    let suspend = store.commit(mutation(Effect::Administer(suspend))).await.unwrap();
    assert_eq!(suspend, Outcome::Committed);
    let current = only(&**store, &user).await;
    let change = log_in(used(&current), session(user.id, now()));
    assert_eq!(commit(&**store, change).await, Outcome::Stale, "the account is not as it was read");
    assert_eq!(only(&**store, &user).await, current);
}

pub(crate) async fn uses_at_once_follow_each_other(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let (passkey, _) = added(&**store, user.id).await;
    let tries = (0..8).map(|_| {
        let (store, change) = (Arc::clone(store), log_in(used(&passkey), session(user.id, now())));
        tokio::spawn(async move { commit(&*store, change).await })
    });
    let ends: Vec<Outcome> = join_all(tries).await.into_iter().map(Result::unwrap).collect();
    let won = ends.iter().filter(|end| **end == Outcome::Committed).count();
    assert_eq!((won, ends.iter().filter(|end| **end == Outcome::Stale).count()), (1, 7), "{ends:?}");
    assert_eq!(only(&**store, &user).await.uses, 1);
}

pub(crate) async fn a_passkey_lifts_its_session(store: &SharedStore) {
    let (user, session) = registered(&**store).await;
    let (passkey, _) = added(&**store, user.id).await;
    let at = now() + Duration::MINUTE;
    let change = PasskeyChange::StepUp { used: used(&passkey), session_id: session.id };
    assert_eq!(commit_at(&**store, change, at).await, Outcome::Committed);
    let proved = store.token_state(session.token.hash).await.unwrap().unwrap().authentication;
    assert_eq!(proved, Authentication { level: AuthLevel::Two, at });
    let change = PasskeyChange::StepUp { used: used(&passkey), session_id: session.id };
    assert_eq!(commit(&**store, change).await, Outcome::Stale);
}

pub(crate) async fn a_disabled_passkey_opens_nothing(store: &SharedStore) {
    let (user, session_of_user) = registered(&**store).await;
    let (passkey, hash) = added(&**store, user.id).await;
    let disable = || PasskeyChange::Disable { user_id: user.id, used: used(&passkey) };
    let at = now();
    assert_eq!(commit_at(&**store, disable(), at).await, Outcome::Committed);
    assert_eq!(commit(&**store, disable()).await, Outcome::Stale);
    let (found, _) = store.passkey(hash).await.unwrap().unwrap();
    assert_eq!(found, Passkey { disabled_at: Some(at), ..passkey });
    let change = log_in(used(&found), session(user.id, now()));
    assert_eq!(commit(&**store, change).await, Outcome::Stale);
    let change = PasskeyChange::StepUp { used: used(&found), session_id: session_of_user.id };
    assert_eq!(commit(&**store, change).await, Outcome::Stale);
}

pub(crate) async fn a_person_has_so_many_passkeys(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    for _ in 0..MAX_PASSKEYS {
        added(&**store, user.id).await;
    }
    let (one_more, hash) = new(user.id);
    assert_eq!(add(&**store, &one_more, hash).await, Outcome::Stale);
    assert_eq!(store.passkeys_of(user.id).await.unwrap().len(), MAX_PASSKEYS as usize);
    let (other, _) = registered(&**store).await;
    added(&**store, other.id).await;
}

/// The account has no password any more, as those that a provider has made.
async fn without_password(store: &dyn Store, user: &User) {
    let change = AccountChange::SetPassword(PasswordHash::of_nobody());
    let change = Administration { user_id: user.id, by: Actor::CommandLine, change };
    let outcome = store.commit(mutation(Effect::Administer(change))).await.unwrap();
    assert_eq!(outcome, Outcome::Committed);
}

pub(crate) async fn the_last_passkey_stays(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let ((first, _), (second, _)) = (added(&**store, user.id).await, added(&**store, user.id).await);
    let remove = |passkey: &Passkey, remains| {
        let (user_id, passkey_id) = (passkey.user_id, passkey.id);
        commit(&**store, PasskeyChange::Remove { user_id, passkey_id, remains })
    };
    without_password(&**store, &user).await;
    assert_eq!(remove(&first, WayIn::Password).await, Outcome::Stale);
    assert_eq!(remove(&first, WayIn::Passkey(first.id)).await, Outcome::Stale);
    assert_eq!(remove(&first, WayIn::Identity(second.id)).await, Outcome::Stale);
    let foreign = Passkey { user_id: Uuid::now_v7(), ..first.clone() };
    assert_eq!(remove(&foreign, WayIn::Passkey(second.id)).await, Outcome::Stale);
    // Each of two leaves the other, at once: one of them is too late.
    let both = [(first.clone(), second.id), (second.clone(), first.id)].map(|(leaving, stays)| {
        let store = Arc::clone(store);
        let (user_id, passkey_id, remains) = (leaving.user_id, leaving.id, WayIn::Passkey(stays));
        tokio::spawn(
            async move { commit(&*store, PasskeyChange::Remove { user_id, passkey_id, remains }).await },
        )
    });
    let mut outcomes: Vec<Outcome> = join_all(both).await.into_iter().map(Result::unwrap).collect();
    outcomes.sort_by_key(|outcome| *outcome == Outcome::Stale);
    assert_eq!(outcomes, [Outcome::Committed, Outcome::Stale]);
    let left = only(&**store, &user).await;
    // An identity may go where a passkey stays, but not where that is switched off.
    let identity = super::oidc::linked(&**store, user.id).await;
    let unlink = |remains| {
        let (user_id, identity_id) = (user.id, identity.id);
        let change = OidcChange::Unlink { user_id, identity_id, remains };
        store.commit(mutation(Effect::Oidc(Box::new(change))))
    };
    let disable = PasskeyChange::Disable { user_id: user.id, used: used(&left) };
    assert_eq!(commit(&**store, disable).await, Outcome::Committed);
    assert_eq!(unlink(WayIn::Passkey(left.id)).await.unwrap(), Outcome::Stale);
    let (good, _) = added(&**store, user.id).await;
    assert_eq!(remove(&left, WayIn::Identity(identity.id)).await, Outcome::Committed);
    assert_eq!(unlink(WayIn::Passkey(good.id)).await.unwrap(), Outcome::Committed);
    assert_eq!(only(&**store, &user).await, good);
}

pub(crate) async fn a_reset_takes_unproved_passkeys_away(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    added(&**store, user.id).await;
    super::oidc::reset_password(&**store, &user).await;
    assert!(store.passkeys_of(user.id).await.unwrap().is_empty(), "the address was not verified");
    let (kept, _) = added(&**store, user.id).await;
    super::oidc::reset_password(&**store, &user).await;
    assert_eq!(store.passkeys_of(user.id).await.unwrap(), [kept]);
}

pub(crate) async fn passkeys_go_with_their_account(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let (_, hash) = added(&**store, user.id).await;
    let seen = store.credentials_of(user.id).await.unwrap().unwrap().password_hash;
    let closing_at = now() - Duration::SECOND;
    let close = IdentityChange::Close { user_id: user.id, seen, closing_at };
    assert_eq!(store.commit(mutation(Effect::Identity(Box::new(close)))).await.unwrap(), Outcome::Committed);
    while store.delete_closed(now(), 100).await.unwrap() > 0 {}
    assert_eq!(store.passkey(hash).await.unwrap(), None);
}

pub(crate) async fn old_challenges_are_purged(store: &SharedStore) {
    let _purging = super::PURGING.lock().await;
    let (user, _) = registered(&**store).await;
    let at = now();
    let (long_ago, recent) = (challenge(at - Duration::days(3)), challenge(at - CEREMONY_LIFETIME * 2));
    for challenge in [long_ago, recent] {
        let (passkey, hash) = new(user.id);
        let change = PasskeyChange::Add { passkey: Box::new(passkey), hash, challenge };
        assert_eq!(commit(&**store, change).await, Outcome::Committed);
    }
    while store.purge(at, 100).await.unwrap() > 0 {}
    assert!(!store.is_answered(long_ago.hash).await.unwrap());
    assert!(store.is_answered(recent.hash).await.unwrap(), "a clock that is behind would take it again");
}
