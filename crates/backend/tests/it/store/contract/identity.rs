//! Accounts, and the codes that prove who changes them.

use std::sync::Arc;

use backend::domain::one_time_code::{
    CodePurpose, CodeState, LIFETIME, LinkToken, MAX_ATTEMPTS, MAX_RESENDS, NewCode,
};
use backend::domain::session::NewSession;
use backend::domain::{AccountStatus, Email, PasswordHash, Theme, Timestamp, User, now};
use backend::store::{AuditEntry, CodeUse, Effect, IdentityChange, Mutation, Outcome, PersonalRecords};
use futures::future::join_all;
use time::Duration;
use uuid::Uuid;

use super::SharedStore;
use crate::store::samples::{audit, mutation, registered, registration, session, unique_email, user};

fn changing(change: IdentityChange, at: Timestamp) -> Mutation {
    Mutation { at, ..mutation(Effect::Identity(Box::new(change))) }
}

async fn change(store: &SharedStore, change: IdentityChange, at: Timestamp) -> Outcome {
    store.commit(changing(change, at)).await.unwrap()
}

fn code(user: &User, purpose: CodePurpose, email: &Email, at: Timestamp) -> NewCode {
    NewCode {
        id: Uuid::now_v7(),
        user_id: user.id,
        purpose,
        email: email.clone(),
        kid: "kid-1".into(),
        code_hash: (purpose != CodePurpose::ResetPassword).then_some([7; 32]),
        token_hash: LinkToken::generate().hash(),
        created_at: at,
        expires_at: at + LIFETIME,
    }
}

fn issue(code: &NewCode) -> IdentityChange {
    let (quiet_since, window_since) = (code.created_at, code.created_at - Duration::HOUR);
    IdentityChange::IssueCode { code: code.clone(), seen: None, quiet_since, window_since }
}

/// A code that was just sent to the account's address.
async fn issued(store: &SharedStore, user: &User, purpose: CodePurpose) -> NewCode {
    let code = code(user, purpose, &user.email, now());
    assert_eq!(change(store, issue(&code), code.created_at).await, Outcome::Committed);
    code
}

async fn read(store: &SharedStore, code: &NewCode) -> CodeState {
    store.code(code.token_hash).await.unwrap().unwrap()
}

fn verify(code: &NewCode, by_digits: bool) -> IdentityChange {
    let (code, user_id, email) = (CodeUse { id: code.id, by_digits }, code.user_id, code.email.clone());
    IdentityChange::VerifyEmail { code, user_id, email }
}

fn other_hash() -> PasswordHash {
    PasswordHash::from_phc("$argon2id$v=19$m=19456,t=2,p=1$b3RoZXI$b3RoZXI".into())
}

async fn has_ended(store: &SharedStore, session: &NewSession) -> bool {
    store.token_state(session.token.hash).await.unwrap().unwrap().session_revoked_at.is_some()
}

pub(crate) async fn a_code_is_found_by_its_token_and_its_owner(store: &SharedStore) {
    let new = user(&unique_email());
    let at = new.created_at;
    let first = code(&new, CodePurpose::VerifyEmail, &new.email, at);
    let (Effect::Register { user: account, session, .. }, _) = registration(&new) else { panic!() };
    let effect =
        Effect::Register { user: account, session, code: Some(Box::new(first.clone())), counted: None };
    assert_eq!(store.commit(Mutation { at, ..mutation(effect) }).await.unwrap(), Outcome::Committed);

    let found = read(store, &first).await;
    let expected = CodeState {
        id: first.id,
        user_id: new.id,
        purpose: CodePurpose::VerifyEmail,
        email: new.email.clone(),
        kid: "kid-1".into(),
        code_hash: Some([7; 32]),
        created_at: at,
        expires_at: at + LIFETIME,
        attempts: 0,
        used_at: None,
        superseded_at: None,
    };
    assert_eq!((found.email.as_str(), &found), (new.email.as_str(), &expected));
    let second = code(&new, CodePurpose::ResetPassword, &new.email, at + Duration::SECOND);
    assert_eq!(change(store, issue(&second), second.created_at).await, Outcome::Committed);
    let owned = store.codes(new.id, at - Duration::SECOND).await.unwrap();
    assert_eq!(owned.iter().map(|code| code.id).collect::<Vec<_>>(), [second.id, first.id]);
    assert_eq!(owned[0].code_hash, None);
    assert_eq!(store.codes(new.id, at).await.unwrap().len(), 1);
    assert_eq!(store.code([9; 32]).await.unwrap(), None);
    let stranger = code(&user(&unique_email()), CodePurpose::VerifyEmail, &new.email, at);
    assert_eq!(change(store, issue(&stranger), at).await, Outcome::Stale);
}

pub(crate) async fn a_code_is_used_once(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let code = issued(store, &user, CodePurpose::VerifyEmail).await;
    let at = code.created_at + Duration::SECOND;
    let tries = (0..20).map(|number| {
        let (store, change) = (Arc::clone(store), verify(&code, number % 2 == 0));
        tokio::spawn(async move { store.commit(changing(change, at)).await.unwrap() })
    });
    let ends: Vec<_> = join_all(tries).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(ends.iter().filter(|end| **end == Outcome::Committed).count(), 1, "{ends:?}");
    assert_eq!(ends.iter().filter(|end| **end == Outcome::Stale).count(), 19, "{ends:?}");
    assert_eq!(read(store, &code).await.used_at, Some(at));
    assert_eq!(store.user(user.id).await.unwrap().unwrap().email_verified_at, Some(at));
}

pub(crate) async fn a_code_dies_by_time_by_a_newer_one_and_by_wrong_digits(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let first = issued(store, &user, CodePurpose::VerifyEmail).await;
    let at = first.created_at;
    assert_eq!(change(store, verify(&first, false), first.expires_at).await, Outcome::Stale);

    let second = code(&user, CodePurpose::VerifyEmail, &user.email, at + Duration::MINUTE);
    assert_eq!(change(store, issue(&second), second.created_at).await, Outcome::Committed);
    assert_eq!(read(store, &first).await.superseded_at, Some(second.created_at));
    assert_eq!(change(store, verify(&first, false), second.created_at).await, Outcome::Stale);

    let guesses = super::guesses::limit();
    let count = || IdentityChange::CountWrongDigits { user_id: user.id, limits: vec![guesses] };
    let wrong = (0..MAX_ATTEMPTS).map(|_| change(store, count(), second.created_at));
    assert!(join_all(wrong).await.iter().all(|end| *end == Outcome::Committed));
    assert!(super::guesses::debt(&**store, guesses).await.is_some());
    assert_eq!((read(store, &first).await.attempts, read(store, &second).await.attempts), (0, MAX_ATTEMPTS));
    assert_eq!(change(store, verify(&second, true), second.created_at).await, Outcome::Stale);
    assert_eq!(store.user(user.id).await.unwrap().unwrap().email_verified_at, None);
    // The link cannot be guessed, so that guessing does not take it away.
    assert_eq!(change(store, verify(&second, false), second.created_at).await, Outcome::Committed);
}

pub(crate) async fn codes_are_throttled(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let at = now();
    let tries = (0..10).map(|_| {
        let store = Arc::clone(store);
        let code = code(&user, CodePurpose::VerifyEmail, &user.email, at);
        let (quiet_since, window_since) = (at - Duration::MINUTE, at - Duration::HOUR);
        let change = IdentityChange::IssueCode { code, seen: None, quiet_since, window_since };
        tokio::spawn(async move { store.commit(changing(change, at)).await.unwrap() })
    });
    let ends: Vec<_> = join_all(tries).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(ends.iter().filter(|end| **end == Outcome::Committed).count(), 1, "{ends:?}");
    assert_eq!(ends.iter().filter(|end| **end == Outcome::Throttled).count(), 9, "{ends:?}");
    let at_minute =
        |minute| code(&user, CodePurpose::VerifyEmail, &user.email, at + Duration::minutes(minute));
    for minute in 1..MAX_RESENDS {
        let next = at_minute(minute);
        assert_eq!(change(store, issue(&next), next.created_at).await, Outcome::Committed);
    }
    let next = at_minute(MAX_RESENDS);
    assert_eq!(change(store, issue(&next), next.created_at).await, Outcome::Throttled);
    let other = code(&user, CodePurpose::ResetPassword, &user.email, next.created_at);
    assert_eq!(change(store, issue(&other), other.created_at).await, Outcome::Committed);
    let next = at_minute(61);
    assert_eq!(change(store, issue(&next), next.created_at).await, Outcome::Committed);
}

pub(crate) async fn an_address_is_changed_by_its_code(store: &SharedStore) {
    let ((owner, _), (other, _)) = (registered(&**store).await, registered(&**store).await);
    let at = now();
    let confirm = |code: &NewCode| IdentityChange::ChangeEmail {
        code: CodeUse { id: code.id, by_digits: false },
        user_id: code.user_id,
        email: code.email.clone(),
    };
    let taken = code(&owner, CodePurpose::ChangeEmail, &other.email, at);
    assert_eq!(change(store, issue(&taken), at).await, Outcome::Committed);
    assert_eq!(change(store, confirm(&taken), at).await, Outcome::EmailTaken);
    assert_eq!(read(store, &taken).await.used_at, None);

    let old = issued(store, &owner, CodePurpose::VerifyEmail).await;
    let new_email: Email = unique_email().parse().unwrap();
    let free = code(&owner, CodePurpose::ChangeEmail, &new_email, at + Duration::MINUTE);
    assert_eq!(change(store, issue(&free), free.created_at).await, Outcome::Committed);
    assert_eq!(change(store, confirm(&free), free.created_at).await, Outcome::Committed);
    let changed = store.user(owner.id).await.unwrap().unwrap();
    assert_eq!(
        (changed.email.as_str(), changed.email_verified_at),
        (new_email.as_str(), Some(free.created_at))
    );
    assert!(store.credentials(&owner.email).await.unwrap().is_none());
    assert!(read(store, &old).await.superseded_at.is_some(), "it was sent to the old address");
    assert_eq!(change(store, verify(&old, false), free.created_at).await, Outcome::Stale);
}

pub(crate) async fn a_new_password_ends_sessions(store: &SharedStore) {
    let (user, first) = registered(&**store).await;
    let (second, third) = (session(user.id, now()), session(user.id, now()));
    for session in [&second, &third] {
        let start = mutation(Effect::StartSession(session.clone()));
        assert_eq!(store.commit(start).await.unwrap(), Outcome::Committed);
    }
    let seen = store.credentials_of(user.id).await.unwrap().unwrap().password_hash;
    let to = |seen: &PasswordHash, password_hash| IdentityChange::ChangePassword {
        user_id: user.id,
        session_id: second.id,
        seen: seen.clone(),
        password_hash,
    };
    assert_eq!(change(store, to(&other_hash(), other_hash()), now()).await, Outcome::Stale);
    assert!(!has_ended(store, &first).await);
    let link = issued(store, &user, CodePurpose::ResetPassword).await;
    assert_eq!(change(store, to(&seen, other_hash()), now()).await, Outcome::Committed);
    let ended = [&first, &second, &third].map(|session| has_ended(store, session));
    assert_eq!(join_all(ended).await, [true, false, true]);
    assert_eq!(store.credentials_of(user.id).await.unwrap().unwrap().password_hash, other_hash());
    let reset = |code: &NewCode| IdentityChange::ResetPassword {
        code: CodeUse { id: code.id, by_digits: false },
        user_id: user.id,
        password_hash: seen.clone(),
    };
    assert_eq!(change(store, reset(&link), now()).await, Outcome::Stale, "the link is dead");

    let later = code(&user, CodePurpose::ResetPassword, &user.email, now() + Duration::MINUTE);
    assert_eq!(change(store, issue(&later), later.created_at).await, Outcome::Committed);
    assert_eq!(change(store, reset(&later), later.created_at).await, Outcome::Committed);
    assert!(has_ended(store, &second).await);
    let credentials = store.credentials(&user.email).await.unwrap().unwrap();
    assert_eq!(credentials.password_hash, seen);
    assert_eq!(credentials.user.email_verified_at, Some(later.created_at));
}

pub(crate) async fn an_account_is_changed_as_it_was_read(store: &SharedStore) {
    let (user, _) = registered(&**store).await;
    let update = |seen: &User, name: &str, language: Option<&str>| IdentityChange::Update {
        seen: Box::new(seen.clone()),
        full_name: name.parse().unwrap(),
        language: language.map(|tag| tag.parse().unwrap()),
        theme: Theme::Light,
        reminders_off_at: None,
    };
    assert_eq!(change(store, update(&user, "ZOË", None), now()).await, Outcome::Committed);
    assert_eq!(change(store, update(&user, "Other", None), now()).await, Outcome::Stale);
    let second = store.user(user.id).await.unwrap().unwrap();
    assert_eq!((second.full_name.as_str(), &second.language, second.theme), ("ZOË", &None, Theme::Light));
    let mut shouted = second.clone();
    shouted.full_name = "zoë".parse().unwrap();
    assert_eq!(change(store, update(&shouted, "Other", None), now()).await, Outcome::Stale);
    assert_eq!(change(store, update(&second, "Zoë", Some("de")), now()).await, Outcome::Committed);
    let third = store.user(user.id).await.unwrap().unwrap();
    assert_eq!(third.language, Some("de".parse().unwrap()));
}

pub(crate) async fn a_closed_account_can_be_opened_again_and_then_goes(store: &SharedStore) {
    let _alone = super::PURGING.lock().await;
    // Long ago, so that no account of another test closes by then.
    let at = now() - Duration::days(4000);
    let closing_at = at + Duration::days(14);
    let (user, first) = registered(&**store).await;
    let mut remembered = mutation(Effect::None);
    remembered.audit = Some(audit(user.id));
    remembered.messages = vec![super::messages::event("closed", user.id, "user.registered")];
    let told = remembered.messages[0].id;
    remembered.at = at;
    assert_eq!(store.commit(remembered).await.unwrap(), Outcome::Committed);
    let seen = store.credentials_of(user.id).await.unwrap().unwrap().password_hash;
    let close =
        |seen: &PasswordHash| IdentityChange::Close { user_id: user.id, seen: seen.clone(), closing_at };
    let reopen = || IdentityChange::Reopen { user_id: user.id };
    assert_eq!(change(store, reopen(), at).await, Outcome::Stale);
    assert_eq!(change(store, close(&other_hash()), at).await, Outcome::Stale);
    assert_eq!(change(store, close(&seen), at).await, Outcome::Committed);
    assert_eq!(change(store, close(&seen), at).await, Outcome::Stale, "it is closing already");
    assert!(has_ended(store, &first).await);
    let closing = store.user(user.id).await.unwrap().unwrap();
    assert_eq!((closing.status(), closing.closing_at), (AccountStatus::Closing, Some(closing_at)));
    let before = closing_at - Duration::SECOND;
    assert_eq!(store.delete_closed(before, 10).await.unwrap(), 0);
    assert_eq!(change(store, reopen(), before).await, Outcome::Committed);
    assert_eq!(store.delete_closed(closing_at, 10).await.unwrap(), 0);

    assert_eq!(change(store, close(&seen), at).await, Outcome::Committed);
    let code = issued(store, &user, CodePurpose::ResetPassword).await;
    let records = store.personal_records(user.id, 10).await.unwrap();
    assert_eq!((records.sessions.len(), records.sessions[0].id), (1, first.id));
    assert!(records.sessions[0].revoked_at.is_some());
    assert_eq!((records.audit.len(), records.audit[0].at), (1, at));
    assert_eq!(records.audit[0].subject.as_deref(), Some("profile"));
    assert_eq!(change(store, reopen(), closing_at).await, Outcome::Stale, "the grace is over");
    let at_once = join_all((0..5).map(|_| store.delete_closed(closing_at, 10))).await;
    assert_eq!(at_once.into_iter().map(Result::unwrap).sum::<u64>(), 1);
    assert!(
        store.user(user.id).await.unwrap().is_none() && store.code(code.token_hash).await.unwrap().is_none()
    );
    assert!(store.token_state(first.token.hash).await.unwrap().is_none());
    assert_eq!(store.message("closed", told).await.unwrap(), None, "nobody is told of who is gone");
    assert!(store.onboarding(user.id).await.unwrap().is_none());
    assert_eq!(store.personal_records(user.id, 10).await.unwrap(), PersonalRecords::default());
    let anonymous = store.personal_records(AuditEntry::NOBODY, 10_000).await.unwrap().audit;
    let kept = anonymous.iter().find(|row| row.at == at).unwrap();
    assert_eq!((kept.action.as_str(), &kept.subject, &kept.address), ("user.registered", &None, &None));
}
