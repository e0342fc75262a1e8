//! What somebody else changes about an account.

use std::sync::Arc;

use backend::domain::onboarding::template::TemplateId;
use backend::domain::{NewUser, PasswordHash, Role, User, now};
use backend::store::{AccountChange, Actor, Administration, Effect, Outcome};
use futures::future::join_all;
use time::Duration;
use uuid::Uuid;

use super::SharedStore;
use crate::store::samples::{mutation, registered, session, unique_email, user};

fn change(user_id: Uuid, by: Actor, change: AccountChange) -> Effect {
    Effect::Administer(Administration { user_id, by, change })
}

async fn done(store: &SharedStore, effect: Effect) -> Outcome {
    store.commit(mutation(effect)).await.unwrap()
}

async fn admin(store: &SharedStore) -> User {
    let (user, _) = registered(&**store).await;
    let promote = change(user.id, Actor::CommandLine, AccountChange::SetRole(Role::Admin));
    assert_eq!(done(store, promote).await, Outcome::Committed);
    store.user(user.id).await.unwrap().unwrap()
}

pub(crate) async fn a_suspended_account_has_no_session(store: &SharedStore) {
    let admin = admin(store).await;
    let (user, first) = registered(&**store).await;
    let second = session(user.id, now());
    assert_eq!(done(store, Effect::StartSession(second.clone())).await, Outcome::Committed);
    let (_, stranger) = registered(&**store).await;
    let by = Actor::Admin(admin.id);

    let mut suspending = mutation(change(user.id, by, AccountChange::Suspend));
    let at = suspending.at;
    assert_eq!(store.commit(suspending.clone()).await.unwrap(), Outcome::Committed);
    suspending.at = at + Duration::MINUTE;
    assert_eq!(store.commit(suspending).await.unwrap(), Outcome::Committed);
    let revoked_at = async |session: &backend::domain::session::NewSession| {
        store.token_state(session.token.hash).await.unwrap().unwrap().session_revoked_at
    };
    assert_eq!(store.user(user.id).await.unwrap().unwrap().suspended_at, Some(at), "the first time counts");
    assert_eq!((revoked_at(&first).await, revoked_at(&second).await), (Some(at), Some(at)));
    assert_eq!(revoked_at(&stranger).await, None);

    assert_eq!(done(store, change(user.id, by, AccountChange::Restore)).await, Outcome::Committed);
    assert_eq!(store.user(user.id).await.unwrap().unwrap(), user);
    assert_eq!(revoked_at(&first).await, Some(at), "its sessions stay ended");
}

pub(crate) async fn an_account_is_changed_from_outside(store: &SharedStore) {
    let (user, session) = registered(&**store).await;
    let by = Actor::CommandLine;
    let hash = PasswordHash::from_phc("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$b3RoZXI".into());
    assert_eq!(
        done(store, change(user.id, by, AccountChange::SetPassword(hash.clone()))).await,
        Outcome::Committed
    );
    let credentials = store.credentials(&user.email).await.unwrap().unwrap();
    assert_eq!(credentials.password_hash.as_phc(), hash.as_phc());
    let ended = store.token_state(session.token.hash).await.unwrap().unwrap();
    assert!(ended.session_revoked_at.is_some(), "a new password ends all sessions");
    for (role, expected) in [(Role::Admin, true), (Role::User, false)] {
        assert_eq!(done(store, change(user.id, by, AccountChange::SetRole(role))).await, Outcome::Committed);
        assert_eq!(store.user(user.id).await.unwrap().unwrap().may_administrate(), expected);
        // Another admin is there for the next round.
        admin(store).await;
    }
    for change_of in [AccountChange::Suspend, AccountChange::Restore, AccountChange::EndSessions] {
        let nobody = change(Uuid::now_v7(), by, change_of);
        assert_eq!(done(store, nobody).await, Outcome::Stale, "there is no such account");
    }
}

pub(crate) async fn whoever_is_no_admin_any_more_does_nothing(store: &SharedStore) {
    let (suspended, demoted, other) = (admin(store).await, admin(store).await, admin(store).await);
    let suspend = change(suspended.id, Actor::Admin(other.id), AccountChange::Suspend);
    let demote = change(demoted.id, Actor::CommandLine, AccountChange::SetRole(Role::User));
    for effect in [suspend, demote] {
        assert_eq!(done(store, effect).await, Outcome::Committed);
    }
    let (user, session) = registered(&**store).await;
    for actor in [suspended.id, demoted.id, Uuid::now_v7()] {
        for change_of in [AccountChange::Suspend, AccountChange::EndSessions] {
            let effect = change(user.id, Actor::Admin(actor), change_of);
            assert_eq!(done(store, effect).await, Outcome::Stale);
        }
    }
    assert_eq!(store.user(user.id).await.unwrap().unwrap(), user);
    let state = store.token_state(session.token.hash).await.unwrap().unwrap();
    assert_eq!(state.session_revoked_at, None);
}

pub(crate) async fn of_two_admins_who_suspend_each_other_one_is_left(store: &SharedStore) {
    for _ in 0..5 {
        let (one, two) = (admin(store).await, admin(store).await);
        let tries = [(one.id, two.id), (two.id, one.id)].map(|(actor, target)| {
            let store = Arc::clone(store);
            let effect = change(target, Actor::Admin(actor), AccountChange::Suspend);
            tokio::spawn(async move { store.commit(mutation(effect)).await.unwrap() })
        });
        let mut ends: Vec<_> = join_all(tries).await.into_iter().map(Result::unwrap).collect();
        ends.sort_by_key(|end| *end == Outcome::Stale);
        assert_eq!(ends, [Outcome::Committed, Outcome::Stale]);
        let mut left = 0;
        for admin in [one, two] {
            left += usize::from(store.user(admin.id).await.unwrap().unwrap().may_administrate());
        }
        assert_eq!(left, 1);
    }
}

pub(crate) async fn an_account_is_added_without_a_session(store: &SharedStore) {
    let user = User { role: Role::Admin, ..user(&unique_email()) };
    let password_hash = PasswordHash::from_phc("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into());
    let new = NewUser { user: user.clone(), password_hash, template: TemplateId::original() };
    assert_eq!(done(store, Effect::AddAccount(Box::new(new.clone()))).await, Outcome::Committed);
    assert_eq!(store.user(user.id).await.unwrap().unwrap(), user);
    assert!(store.onboarding(user.id).await.unwrap().is_some());
    let again = NewUser { user: User { id: Uuid::now_v7(), ..user }, ..new };
    assert_eq!(done(store, Effect::AddAccount(Box::new(again))).await, Outcome::EmailTaken);
}
