//! Log-ins at providers.

use std::sync::Arc;

use backend::domain::oidc::{Assertion, FLOW_LIFETIME, Identity, NewFlow};
use backend::domain::onboarding::template::TemplateId;
use backend::domain::one_time_code::{CodePurpose, LIFETIME, NewCode};
use backend::domain::session::NewSession;
use backend::domain::{NewUser, PasswordHash, Timestamp, User, now};
use backend::store::{
    CodeUse, Effect, IdentityChange, LogIn, OidcChange, Outcome, SeenAccount, Store, WayIn,
};
use futures::future::join_all;
use time::Duration;
use uuid::Uuid;

use super::super::samples::{mutation, registered, session, unique_email, user};
use super::SharedStore;

fn flow(user_id: Option<Uuid>, at: Timestamp) -> NewFlow {
    NewFlow {
        state_hash: rand::random(),
        kid: "kid-1".into(),
        browser_hash: rand::random(),
        provider: "google".parse().unwrap(),
        user_id,
        created_at: at,
        expires_at: at + FLOW_LIFETIME,
    }
}

fn identity(user_id: Uuid, at: Timestamp) -> Identity {
    let assertion = Assertion {
        issuer: "https://Issuer.example/ä".into(),
        subject: format!("Sub-{}", Uuid::new_v4()),
        email: Some("Ada@Example.com".parse().unwrap()),
        email_verified: true,
        full_name: None,
    };
    Identity::linked(&assertion, user_id, at)
}

async fn commit_at(store: &dyn Store, change: OidcChange, at: Timestamp) -> Outcome {
    let mut mutation = mutation(Effect::Oidc(Box::new(change)));
    mutation.at = at;
    store.commit(mutation).await.unwrap()
}

async fn commit(store: &dyn Store, change: OidcChange) -> Outcome {
    commit_at(store, change, now()).await
}

fn log_in(session: NewSession) -> Box<LogIn> {
    let seen = SeenAccount { closing_at: None, password_hash: None };
    Box::new(LogIn { session, seen, rehash: None, forgiven: None, remembered: None })
}

async fn begun(store: &dyn Store) -> [u8; 32] {
    let flow = flow(None, now());
    let state_hash = flow.state_hash;
    assert_eq!(commit(store, OidcChange::Begin(flow)).await, Outcome::Committed);
    state_hash
}

async fn link(store: &dyn Store, identity: &Identity) -> Outcome {
    let (state_hash, identity) = (begun(store).await, Box::new(identity.clone()));
    commit(store, OidcChange::Link { state_hash, identity, verified: None, log_in: None }).await
}

pub(super) async fn linked(store: &dyn Store, user_id: Uuid) -> Identity {
    let identity = identity(user_id, now());
    assert_eq!(link(store, &identity).await, Outcome::Committed);
    identity
}

pub(crate) async fn a_flow_is_found_by_its_state(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    for user_id in [None, Some(user.id)] {
        let flow = flow(user_id, now());
        assert_eq!(commit(&**store, OidcChange::Begin(flow.clone())).await, Outcome::Committed);
        let found = store.oidc_flow(flow.state_hash).await.unwrap().unwrap();
        assert_eq!((found.begun, found.used_at), (flow, None));
    }
    assert_eq!(store.oidc_flow(rand::random()).await.unwrap(), None);
}

pub(crate) async fn a_flow_is_used_once_and_in_time(store: &SharedStore) {
    let state_hash = begun(&**store).await;
    let late = now() + FLOW_LIFETIME + Duration::minutes(1);
    assert_eq!(commit_at(&**store, OidcChange::End { state_hash }, late).await, Outcome::Stale);
    let uses = (0..8).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(async move { commit(&*store, OidcChange::End { state_hash }).await })
    });
    let outcomes: Vec<Outcome> = join_all(uses).await.into_iter().map(Result::unwrap).collect();
    let done = outcomes.iter().filter(|outcome| **outcome == Outcome::Committed).count();
    let stale = outcomes.iter().filter(|outcome| **outcome == Outcome::Stale).count();
    assert_eq!((done, stale), (1, 7), "{outcomes:?}");
    assert!(store.oidc_flow(state_hash).await.unwrap().unwrap().used_at.is_some());
    let unknown = OidcChange::End { state_hash: rand::random() };
    assert_eq!(commit(&**store, unknown).await, Outcome::Stale);
}

pub(crate) async fn an_identity_opens_one_account(store: &SharedStore) {
    let ((first, _), (second, _)) = (registered(&**store).await, registered(&**store).await);
    let mine = linked(&**store, first.id).await;
    let (found, owner) = store.oidc_identity(&mine.issuer, &mine.subject).await.unwrap().unwrap();
    assert_eq!((&found, owner), (&mine, first.clone()));
    let other_case = store.oidc_identity(&mine.issuer, &mine.subject.to_uppercase()).await.unwrap();
    assert_eq!(other_case, None, "a subject is compared by the letter");
    let theirs = Identity { id: Uuid::now_v7(), user_id: second.id, ..mine.clone() };
    assert_eq!(link(&**store, &theirs).await, Outcome::Stale);
    assert_eq!(store.oidc_identities_of(first.id).await.unwrap(), std::slice::from_ref(&mine));
    assert!(store.oidc_identities_of(second.id).await.unwrap().is_empty());

    let (state_hash, at) = (begun(&**store).await, mine.last_used_at + Duration::seconds(5));
    let session = session(first.id, at);
    let come =
        |state_hash| OidcChange::LogIn { state_hash, identity_id: mine.id, log_in: log_in(session.clone()) };
    assert_eq!(commit_at(&**store, come(state_hash), at).await, Outcome::Committed);
    assert_eq!(commit_at(&**store, come(state_hash), at).await, Outcome::Stale);
    assert_eq!(store.token_state(session.token.hash).await.unwrap().unwrap().user, first);
    assert_eq!(store.oidc_identities_of(first.id).await.unwrap()[0].last_used_at, at);
    let gone = OidcChange::LogIn {
        state_hash: begun(&**store).await,
        identity_id: Uuid::now_v7(),
        log_in: log_in(super::super::samples::session(first.id, at)),
    };
    assert_eq!(commit(&**store, gone).await, Outcome::Stale);
}

pub(crate) async fn only_a_verified_address_is_adopted(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let adopt = async |email: &str| {
        let change = OidcChange::Link {
            state_hash: begun(&**store).await,
            identity: Box::new(identity(user.id, now())),
            verified: Some(email.parse().unwrap()),
            log_in: Some(log_in(session(user.id, now()))),
        };
        commit(&**store, change).await
    };
    let email = user.email.as_str();
    assert_eq!(adopt(email).await, Outcome::Stale, "the address is not verified");
    prove(&**store, &user, CodePurpose::VerifyEmail).await;
    assert_eq!(adopt("another@example.com").await, Outcome::Stale);
    assert_eq!(adopt(email).await, Outcome::Committed);
}

pub(crate) async fn an_account_is_made_by_an_identity(store: &SharedStore) {
    let user = User { email_verified_at: Some(now()), ..user(&unique_email()) };
    let make = async |user: &User, identity: Identity| {
        let session = session(user.id, now());
        let token = session.token.hash;
        let new = NewUser {
            user: user.clone(),
            password_hash: PasswordHash::of_nobody(),
            template: TemplateId::original(),
        };
        let (state_hash, identity) = (begun(&**store).await, Box::new(identity));
        let (user, session) = (Box::new(new), Box::new(session));
        let change = OidcChange::Register { state_hash, user, identity, session, code: None, counted: None };
        (commit(&**store, change).await, state_hash, token)
    };
    let mine = identity(user.id, now());
    let (outcome, _, token) = make(&user, mine.clone()).await;
    assert_eq!(outcome, Outcome::Committed);
    assert_eq!(store.token_state(token).await.unwrap().unwrap().user, user);
    assert!(store.onboarding(user.id).await.unwrap().is_some());
    assert!(store.credentials_of(user.id).await.unwrap().unwrap().password_hash.is_of_nobody());
    assert_eq!(store.oidc_identity(&mine.issuer, &mine.subject).await.unwrap().unwrap().1, user);

    let same_address = User { id: Uuid::now_v7(), ..user.clone() };
    let (outcome, state_hash, _) = make(&same_address, identity(same_address.id, now())).await;
    assert_eq!(outcome, Outcome::EmailTaken);
    assert_eq!(store.oidc_flow(state_hash).await.unwrap().unwrap().used_at, None, "nothing is done");
    let other = super::super::samples::user(&unique_email());
    let (outcome, ..) = make(&other, Identity { id: Uuid::now_v7(), user_id: other.id, ..mine }).await;
    assert_eq!(outcome, Outcome::Stale, "the identity is linked already");
    assert_eq!(store.user(other.id).await.unwrap(), None);
}

pub(crate) async fn the_last_way_in_stays(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let (first, second) = (linked(&**store, user.id).await, linked(&**store, user.id).await);
    let unlink = |identity: &Identity, remains| {
        commit(&**store, OidcChange::Unlink { user_id: identity.user_id, identity_id: identity.id, remains })
    };
    assert_eq!(unlink(&first, WayIn::Identity(first.id)).await, Outcome::Stale);
    let foreign = Identity { user_id: Uuid::now_v7(), ..first.clone() };
    assert_eq!(unlink(&foreign, WayIn::Password).await, Outcome::Stale);
    // Each of two leaves the other, at once: one of them is too late.
    let both = [(first.clone(), second.id), (second.clone(), first.id)].map(|(leaving, stays)| {
        let store = Arc::clone(store);
        tokio::spawn(async move {
            let remains = WayIn::Identity(stays);
            let (user_id, identity_id) = (leaving.user_id, leaving.id);
            commit(&*store, OidcChange::Unlink { user_id, identity_id, remains }).await
        })
    });
    let mut outcomes: Vec<Outcome> = join_all(both).await.into_iter().map(Result::unwrap).collect();
    outcomes.sort_by_key(|outcome| *outcome == Outcome::Stale);
    assert_eq!(outcomes, [Outcome::Committed, Outcome::Stale]);
    let left = store.oidc_identities_of(user.id).await.unwrap().remove(0);
    assert_eq!(unlink(&left, WayIn::Password).await, Outcome::Committed);
    assert!(store.oidc_identities_of(user.id).await.unwrap().is_empty());

    let nobody = super::super::samples::user(&unique_email());
    let new = NewUser {
        user: nobody.clone(),
        password_hash: PasswordHash::of_nobody(),
        template: TemplateId::original(),
    };
    let outcome = store.commit(mutation(Effect::AddAccount(Box::new(new)))).await.unwrap();
    assert_eq!(outcome, Outcome::Committed);
    let only = linked(&**store, nobody.id).await;
    assert_eq!(unlink(&only, WayIn::Password).await, Outcome::Stale, "there is no password");
}

/// Issues a code and uses it.
async fn prove(store: &dyn Store, user: &User, purpose: CodePurpose) {
    let at = now();
    let code = NewCode {
        id: Uuid::now_v7(),
        user_id: user.id,
        purpose,
        email: user.email.clone(),
        kid: "kid-1".into(),
        code_hash: None,
        token_hash: rand::random(),
        created_at: at,
        expires_at: at + LIFETIME,
    };
    let id = code.id;
    let issue = IdentityChange::IssueCode { code, seen: None, quiet_since: at, window_since: at };
    let proof = CodeUse { id, by_digits: false };
    let (user_id, email) = (user.id, user.email.clone());
    let change = match purpose {
        CodePurpose::ResetPassword => {
            let password_hash = PasswordHash::from_phc("$argon2id$reset".into());
            IdentityChange::ResetPassword { code: proof, user_id, password_hash }
        }
        _ => IdentityChange::VerifyEmail { code: proof, user_id, email },
    };
    for change in [issue, change] {
        let outcome = store.commit(mutation(Effect::Identity(Box::new(change)))).await.unwrap();
        assert_eq!(outcome, Outcome::Committed);
    }
}

/// By the link of a mail.
pub(super) async fn reset_password(store: &dyn Store, user: &User) {
    prove(store, user, CodePurpose::ResetPassword).await;
}

pub(crate) async fn a_reset_takes_unproved_identities_away(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    linked(&**store, user.id).await;
    prove(&**store, &user, CodePurpose::ResetPassword).await;
    assert!(store.oidc_identities_of(user.id).await.unwrap().is_empty(), "the address was not verified");
    let kept = linked(&**store, user.id).await;
    prove(&**store, &user, CodePurpose::ResetPassword).await;
    assert_eq!(store.oidc_identities_of(user.id).await.unwrap(), [kept]);
}

pub(crate) async fn old_flows_are_purged(store: &SharedStore) {
    let _purging = super::PURGING.lock().await;
    let (long_ago, at) = (flow(None, now() - Duration::days(3)), now());
    let recent = flow(None, at - FLOW_LIFETIME * 2);
    for flow in [long_ago.clone(), recent.clone()] {
        assert_eq!(commit(&**store, OidcChange::Begin(flow)).await, Outcome::Committed);
    }
    while store.purge(at, 100).await.unwrap() > 0 {}
    assert_eq!(store.oidc_flow(long_ago.state_hash).await.unwrap(), None);
    assert!(store.oidc_flow(recent.state_hash).await.unwrap().is_some(), "its end is still told");
}
