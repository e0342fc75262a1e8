//! Logging in.

use std::sync::Arc;

use backend::domain::one_time_code::{CodePurpose, LIFETIME, LinkToken, NewCode};
use backend::domain::{PasswordHash, Role, User, now};
use backend::store::{
    AccountChange, Actor, Administration, CodeUse, Effect, IdentityChange, LogIn, Mutation, Outcome,
    SeenAccount, Store,
};
use time::Duration;
use uuid::Uuid;

use super::super::samples::{mutation, registered, session};
use super::SharedStore;

fn hash(text: &str) -> PasswordHash {
    PasswordHash::from_phc(format!("$argon2id${text}"))
}

/// What a log-in reads of an account.
pub(super) async fn seen(store: &dyn Store, user_id: Uuid) -> SeenAccount {
    let found = store.credentials_of(user_id).await.unwrap().unwrap();
    SeenAccount { password_hash: Some(found.password_hash), closing_at: found.user.closing_at }
}

async fn log_in(store: &dyn Store, user: &User, seen: &SeenAccount, rehash: Option<PasswordHash>) -> Outcome {
    let session = session(user.id, now());
    let token = session.token.hash;
    let log_in = LogIn { session, seen: seen.clone(), rehash, forgiven: None, remembered: None };
    let outcome = store.commit(mutation(Effect::LogIn(Box::new(log_in)))).await.unwrap();
    let has_begun = store.token_state(token).await.unwrap().is_some();
    assert_eq!(has_begun, outcome == Outcome::Committed, "{outcome:?}");
    outcome
}

fn administer(user: &User, change: AccountChange) -> Mutation {
    mutation(Effect::Administer(Administration { user_id: user.id, by: Actor::CommandLine, change }))
}

async fn change(store: &dyn Store, change: IdentityChange) -> Outcome {
    store.commit(mutation(Effect::Identity(Box::new(change)))).await.unwrap()
}

fn code(user: &User, purpose: CodePurpose, email: &str) -> NewCode {
    let (id, user_id, email, at) = (Uuid::now_v7(), user.id, email.parse().unwrap(), now());
    let (kid, token_hash) = ("kid-1".into(), LinkToken::generate().hash());
    let (code_hash, created_at, expires_at) = (None, at, at + LIFETIME);
    NewCode { id, user_id, purpose, email, kid, code_hash, token_hash, created_at, expires_at }
}

async fn issue(store: &dyn Store, code: &NewCode, seen: Option<PasswordHash>) -> Outcome {
    let (code, quiet_since) = (code.clone(), code.created_at);
    change(store, IdentityChange::IssueCode { code, seen, quiet_since, window_since: quiet_since }).await
}

pub(crate) async fn a_log_in_may_bring_a_new_hash(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let first = seen(&**store, user.id).await;
    assert_eq!(log_in(&**store, &user, &first, Some(hash("new"))).await, Outcome::Committed);
    let second = seen(&**store, user.id).await;
    assert_eq!(second.password_hash, Some(hash("new")));
    assert_eq!(log_in(&**store, &user, &first, Some(hash("late"))).await, Outcome::Stale);
    assert_eq!(seen(&**store, user.id).await, second);
}

pub(crate) async fn a_log_in_begins_no_session_where_the_account_was_changed_since(store: &SharedStore) {
    let store = &**store;
    let (user, _) = registered(store).await;
    let before = seen(store, user.id).await;
    let set = |text| administer(&user, AccountChange::SetPassword(hash(text)));
    store.commit(set("other")).await.unwrap();
    assert_eq!(log_in(store, &user, &before, None).await, Outcome::Stale, "another password");
    let now_seen = seen(store, user.id).await;
    assert_eq!(log_in(store, &user, &now_seen, None).await, Outcome::Committed);

    store.commit(administer(&user, AccountChange::Suspend)).await.unwrap();
    assert_eq!(log_in(store, &user, &now_seen, None).await, Outcome::Stale, "suspended");
    let without_password = SeenAccount { password_hash: None, closing_at: None };
    assert_eq!(log_in(store, &user, &without_password, None).await, Outcome::Stale, "suspended");
    store.commit(administer(&user, AccountChange::Restore)).await.unwrap();
    assert_eq!(log_in(store, &user, &without_password, None).await, Outcome::Committed);

    let (hash, closing_at) = (now_seen.password_hash.clone().unwrap(), now() + Duration::days(14));
    let close = IdentityChange::Close { user_id: user.id, seen: hash, closing_at };
    assert_eq!(change(store, close).await, Outcome::Committed);
    assert_eq!(log_in(store, &user, &now_seen, None).await, Outcome::Stale, "closing");
    let closing = seen(store, user.id).await;
    assert_eq!(closing.closing_at, Some(closing_at));
    assert_eq!(log_in(store, &user, &closing, None).await, Outcome::Committed);
    assert_eq!(change(store, IdentityChange::Reopen { user_id: user.id }).await, Outcome::Committed);
    assert_eq!(log_in(store, &user, &closing, None).await, Outcome::Stale, "open again");
    let nobody = User { id: Uuid::now_v7(), ..user };
    assert_eq!(log_in(store, &nobody, &without_password, None).await, Outcome::Stale, "gone");
}

/// Whoever comes second waits for the first: either the session is ended with the others, or it never begins.
pub(crate) async fn a_log_in_beside_a_new_password_leaves_no_session(store: &SharedStore) {
    for round in 0..10 {
        let (user, _) = registered(&**store).await;
        let before = seen(&**store, user.id).await;
        let change =
            if round % 2 == 0 { AccountChange::SetPassword(hash("other")) } else { AccountChange::Suspend };
        let end = {
            let store = Arc::clone(store);
            let end = administer(&user, change);
            tokio::spawn(async move { store.commit(end).await.unwrap() })
        };
        let log_ins = (0..8).map(|_| {
            let (store, session) = (Arc::clone(store), session(user.id, now()));
            let (token, seen) = (session.token.hash, before.clone());
            let log_in = LogIn { session, seen, rehash: None, forgiven: None, remembered: None };
            tokio::spawn(async move {
                (token, store.commit(mutation(Effect::LogIn(Box::new(log_in)))).await.unwrap())
            })
        });
        let log_ins = futures::future::join_all(log_ins).await;
        assert_eq!(end.await.unwrap(), Outcome::Committed);
        for log_in in log_ins {
            let (token, outcome) = log_in.unwrap();
            let state = store.token_state(token).await.unwrap();
            match outcome {
                Outcome::Committed => assert!(state.unwrap().session_revoked_at.is_some(), "round {round}"),
                other => assert_eq!((other, state), (Outcome::Stale, None), "round {round}"),
            }
        }
    }
}

pub(crate) async fn a_code_is_for_the_account_as_it_was_read(store: &SharedStore) {
    let store = &**store;
    let (user, _) = registered(store).await;
    let password = seen(store, user.id).await.password_hash;
    let new_email = format!("new.{}", user.email.as_str());
    let elsewhere = code(&user, CodePurpose::ChangeEmail, &new_email);
    assert_eq!(issue(store, &elsewhere, Some(hash("other"))).await, Outcome::Stale);
    assert_eq!(issue(store, &elsewhere, password.clone()).await, Outcome::Committed);
    let proof = CodeUse { id: elsewhere.id, by_digits: false };
    let moving =
        IdentityChange::ChangeEmail { code: proof, user_id: user.id, email: elsewhere.email.clone() };
    assert_eq!(change(store, moving).await, Outcome::Committed);
    // The mail would go to the address that the account had.
    for purpose in [CodePurpose::VerifyEmail, CodePurpose::ResetPassword] {
        assert_eq!(issue(store, &code(&user, purpose, user.email.as_str()), None).await, Outcome::Stale);
        assert_eq!(issue(store, &code(&user, purpose, &new_email), None).await, Outcome::Committed);
    }
}

/// What was mailed for whoever had got in is no way back for them.
pub(crate) async fn whoever_is_shut_out_has_no_code_left(store: &SharedStore) {
    let store = &**store;
    let shut_out = |user: &User, round: usize, seen: PasswordHash| match round {
        0 => administer(user, AccountChange::Suspend),
        1 => administer(user, AccountChange::SetPassword(hash("by an operator"))),
        _ => {
            let (user_id, session_id) = (user.id, Uuid::now_v7());
            let password_hash = hash("by the owner");
            let change = IdentityChange::ChangePassword { user_id, session_id, seen, password_hash };
            mutation(Effect::Identity(Box::new(change)))
        }
    };
    for round in 0..3 {
        let (user, _) = registered(store).await;
        let password = seen(store, user.id).await.password_hash.unwrap();
        let verify = code(&user, CodePurpose::VerifyEmail, user.email.as_str());
        let takeovers = [
            code(&user, CodePurpose::ChangeEmail, &format!("new.{}", user.email.as_str())),
            code(&user, CodePurpose::ResetPassword, user.email.as_str()),
        ];
        for code in takeovers.iter().chain([&verify]) {
            assert_eq!(issue(store, code, None).await, Outcome::Committed);
        }
        assert_eq!(store.commit(shut_out(&user, round, password)).await.unwrap(), Outcome::Committed);
        for code in &takeovers {
            let state = store.code(code.token_hash).await.unwrap().unwrap();
            assert!(state.superseded_at.is_some(), "{round}: {:?}", code.purpose);
        }
        let verify = store.code(verify.token_hash).await.unwrap().unwrap();
        assert_eq!(verify.superseded_at, None, "the address is the owner's still");
    }
}

/// A session that has ended changes nothing of its account, however close the two come.
pub(crate) async fn an_ended_session_mails_no_code(store: &SharedStore) {
    for _ in 0..10 {
        let (user, asking) = registered(&**store).await;
        let elsewhere = code(&user, CodePurpose::ChangeEmail, &format!("new.{}", user.email.as_str()));
        let (quiet_since, window_since) = (elsewhere.created_at, elsewhere.created_at);
        let change =
            IdentityChange::IssueCode { code: elsewhere.clone(), seen: None, quiet_since, window_since };
        let ask = Mutation { session: Some(asking.id), ..mutation(Effect::Identity(Box::new(change))) };
        let reset = administer(&user, AccountChange::SetPassword(hash("other")));
        let [ask, reset] = [ask, reset].map(|mutation| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.commit(mutation).await.unwrap() })
        });
        assert_eq!(reset.await.unwrap(), Outcome::Committed);
        let code = store.code(elsewhere.token_hash).await.unwrap();
        match ask.await.unwrap() {
            Outcome::Committed => assert!(code.unwrap().superseded_at.is_some()),
            other => assert_eq!((other, code), (Outcome::SessionRevoked, None)),
        }
    }
}

pub(crate) async fn an_admin_sends_a_link_only_as_long_as_they_are_one(store: &SharedStore) {
    let store = &**store;
    let ((admin, _), (user, _)) = (registered(store).await, registered(store).await);
    let by = Actor::Admin(admin.id);
    let send = async |code: &NewCode| {
        let change = AccountChange::IssueReset(Box::new(code.clone()));
        let effect = Effect::Administer(Administration { user_id: user.id, by, change });
        store.commit(mutation(effect)).await.unwrap()
    };
    let link = |email: &str| code(&user, CodePurpose::ResetPassword, email);
    let [refused, first, second] = [(); 3].map(|()| link(user.email.as_str()));
    assert_eq!(send(&refused).await, Outcome::Stale, "the role is looked at in the transaction");
    assert_eq!(store.code(refused.token_hash).await.unwrap(), None);
    store.commit(administer(&admin, AccountChange::SetRole(Role::Admin))).await.unwrap();
    assert_eq!(send(&first).await, Outcome::Committed);
    assert_eq!(send(&second).await, Outcome::Committed, "whenever the last one was sent");
    assert!(store.code(first.token_hash).await.unwrap().unwrap().superseded_at.is_some());
    assert_eq!(store.code(second.token_hash).await.unwrap().unwrap().superseded_at, None);
    assert_eq!(send(&link("of.before@example.com")).await, Outcome::Stale, "not the address of the account");
}
