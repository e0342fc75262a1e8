//! Logging in.

use backend::domain::{PasswordHash, Rehash, now};
use backend::store::{Effect, LogIn, Outcome};

use super::super::samples::{mutation, registered, session};
use super::SharedStore;

pub(crate) async fn a_log_in_may_bring_a_new_hash(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let stored = async || store.credentials(&user.email).await.unwrap().unwrap().password_hash;
    let (old, new) = (stored().await, PasswordHash::from_phc("$argon2id$new".into()));
    let log_in = async |old: &PasswordHash, new: &PasswordHash| {
        let session = session(user.id, now());
        let rehash = Some(Rehash { old: old.clone(), new: new.clone() });
        let effect = Effect::LogIn(Box::new(LogIn { session: session.clone(), rehash, forgiven: None }));
        assert_eq!(store.commit(mutation(effect)).await.unwrap(), Outcome::Committed);
        assert!(store.token_state(session.token.hash).await.unwrap().is_some());
    };
    log_in(&old, &new).await;
    assert_eq!(stored().await, new);
    // The password was changed meanwhile: the session begins, and the change stands.
    log_in(&old, &PasswordHash::from_phc("$argon2id$late".into())).await;
    assert_eq!(stored().await, new);
}
