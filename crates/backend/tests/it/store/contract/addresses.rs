//! One mailbox, one account.

use backend::domain::{Email, User, now};
use backend::store::Outcome;
use uuid::Uuid;

use super::super::samples::{mutation, registered, registration, user};
use super::SharedStore;

/// An address whose domain has several spellings.
fn spelled(number: &str, domain: &str) -> String {
    format!("Jörg.{number}@{domain}")
}

const SPELLINGS: [&str; 4] =
    ["Bücher.example", "BÜCHER.EXAMPLE", "xn--bcher-kva.example", "bu\u{308}cher。example"];

pub(crate) async fn a_mailbox_is_taken_in_any_spelling(store: &SharedStore) {
    let number = Uuid::new_v4().simple().to_string();
    let first = user(&spelled(&number, SPELLINGS[0]));
    assert_eq!(store.commit(mutation(registration(&first).0)).await.unwrap(), Outcome::Committed);
    for domain in SPELLINGS {
        let spelling = spelled(&number, domain);
        let found = store.credentials(&spelling.parse().unwrap()).await.unwrap();
        assert_eq!(found.map(|found| found.user), Some(first.clone()), "{spelling}");
        let (effect, _) = registration(&user(&spelling));
        assert_eq!(store.commit(mutation(effect)).await.unwrap(), Outcome::EmailTaken, "{spelling}");
    }
}

/// Accounts as an earlier version makes them: `run` runs a statement past the store.
pub(crate) async fn accounts_of_before_get_their_form(store: &SharedStore, run: impl AsyncFn(String)) {
    let number = Uuid::new_v4().simple().to_string();
    // Two people of before with spellings of one mailbox, and one without.
    let make = async |address: &str| {
        let user = user(address);
        // The first one has the form by now, so that the second is made under another name.
        let mut unlike = user.clone();
        unlike.email = format!("{}@other.example", user.id).parse().unwrap();
        assert_eq!(store.commit(mutation(registration(&unlike).0)).await.unwrap(), Outcome::Committed);
        let key = user.email.key();
        run(format!(
            "UPDATE users SET email = N'{address}', email_key = N'{key}', email_canonical = NULL WHERE id = '{}'",
            user.id
        ))
        .await;
        user
    };
    let first = make(&spelled(&number, SPELLINGS[0])).await;
    let second = make(&spelled(&number, SPELLINGS[2])).await;
    let (third, _) = registered(&**store).await;
    run(format!("UPDATE users SET email_canonical = NULL WHERE id = '{}'", third.id)).await;

    let found = async |email: &Email| store.credentials(email).await.unwrap().map(|found| found.user.id);
    // Before it is filled in, each is found by the spelling of before.
    for user in [&first, &second, &third] {
        assert_eq!(found(&user.email).await, Some(user.id));
    }
    let fill = async || {
        let (mut filled, mut collisions) = (0, Vec::new());
        loop {
            let done = store.canonicalize(now(), 2).await.unwrap();
            if done.is_nothing() {
                return (filled, collisions, done.unresolved);
            }
            filled += done.filled;
            collisions.extend(done.collisions);
        }
    };
    let (filled, collisions, unresolved) = fill().await;
    assert_eq!(unresolved, 1);
    // Which of the two comes first is no matter of the contract.
    let (kept, collided) = if collisions == [first.id] { (&second, &first) } else { (&first, &second) };
    assert_eq!((filled, collisions), (2, vec![collided.id]));
    let by_both = |user: &User| [user.email.clone(), user.email.key().to_uppercase().parse().unwrap()];
    for user in [kept, collided, &third] {
        for email in by_both(user) {
            assert_eq!(found(&email).await, Some(user.id), "{email}");
        }
    }
    assert_eq!(found(&spelled(&number, SPELLINGS[3]).parse().unwrap()).await, Some(kept.id));
    for domain in SPELLINGS {
        let (effect, _) = registration(&user(&spelled(&number, domain)));
        assert_eq!(store.commit(mutation(effect)).await.unwrap(), Outcome::EmailTaken);
    }
    assert_eq!(fill().await, (0, Vec::new(), 1), "it is told once and counted until it is resolved");
    run(format!("DELETE FROM users WHERE id = '{}'", kept.id)).await;
    assert_eq!(fill().await, (1, Vec::new(), 0), "the mailbox is the other account's now");
    for domain in SPELLINGS {
        assert_eq!(found(&spelled(&number, domain).parse().unwrap()).await, Some(collided.id), "{domain}");
    }
}
