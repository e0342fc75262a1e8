//! Messages that wait to be sent.

use std::collections::BTreeSet;
use std::sync::Arc;

use backend::domain::{Timestamp, now};
use backend::store::outbox::{
    Claim, ClaimedMessage, Fate, KEPT_DEAD, KEPT_SENT, NewMessage, SealedParameters, Settlement,
};
use backend::store::{Effect, Outcome};
use futures::future::join_all;
use time::Duration;
use uuid::Uuid;

use super::SharedStore;
use crate::store::samples::{keyed, mutation, record, registered, registration, scope, unique_email, user};

/// A channel that no other test looks at.
fn channel() -> String {
    Uuid::new_v4().simple().to_string()[..20].to_owned()
}

fn message(channel: &str) -> NewMessage {
    NewMessage {
        id: Uuid::now_v7(),
        channel: channel.to_owned(),
        topic: "verify_email".into(),
        user_id: Some(Uuid::now_v7()),
        recipient: "zoë@exämple.com".into(),
        language: "de".into(),
        parameters: SealedParameters { kid: "kid-1".into(), sealed: vec![0, 1, 255, 7] },
        expires_at: Some(now() + Duration::MINUTE),
        in_order: false,
    }
}

async fn write(store: &SharedStore, messages: &[NewMessage], at: Timestamp) {
    let mut writing = mutation(Effect::None);
    (writing.at, writing.messages) = (at, messages.to_vec());
    assert_eq!(store.commit(writing).await.unwrap(), Outcome::Committed);
}

fn claim(channel: &str, now: Timestamp, limit: u32) -> Claim {
    let until = now + Duration::MINUTE;
    Claim { channel: channel.to_owned(), lease: Uuid::new_v4(), now, until, limit }
}

async fn settle(
    store: &SharedStore,
    claimed: &ClaimedMessage,
    lease: Uuid,
    at: Timestamp,
    fate: Fate,
) -> bool {
    store.settle_message(Settlement { id: claimed.message.id, lease, at, fate }).await.unwrap()
}

pub(crate) async fn a_message_is_written_with_its_effect_or_not_at_all(store: &SharedStore) {
    let (channel, user) = (channel(), user(&unique_email()));
    let mut first = keyed(registration(&user).0, record(scope(), b"answer", now()));
    let (full, mut bare) = (message(&channel), message(&channel));
    (bare.user_id, bare.expires_at) = (None, None);
    first.messages = vec![full.clone(), bare.clone()];
    let at = first.at;
    let again = first.clone();
    assert_eq!(store.commit(first).await.unwrap(), Outcome::Committed);
    // A repetition makes its own messages, which nobody gets.
    let again = backend::store::Mutation { messages: vec![message(&channel)], ..again };
    assert!(matches!(store.commit(again).await.unwrap(), Outcome::Kept(_)));
    // So does one whose effect cannot be.
    let mut taken = mutation(registration(&super::super::samples::user(user.email.as_str())).0);
    taken.messages = vec![message(&channel)];
    assert_eq!(store.commit(taken).await.unwrap(), Outcome::EmailTaken);

    let claimed = store.claim_messages(claim(&channel, now(), 10)).await.unwrap();
    let expected = [full, bare].map(|message| ClaimedMessage {
        message,
        created_at: at,
        queued_at: at,
        position: None,
        attempts: 1,
    });
    assert_eq!(claimed, expected);
}

pub(crate) async fn a_message_is_taken_by_one_and_settled_by_the_same(store: &SharedStore) {
    let (channel, at) = (channel(), now());
    write(store, &[message(&channel)], at).await;
    let early = claim(&channel, at - Duration::MILLISECOND, 10);
    assert!(store.claim_messages(early).await.unwrap().is_empty(), "it is not due yet");
    let first = claim(&channel, at, 10);
    let lease = first.lease;
    let taken = store.claim_messages(first).await.unwrap();
    assert_eq!((taken.len(), taken[0].attempts), (1, 1));
    assert!(store.claim_messages(claim(&channel, at, 10)).await.unwrap().is_empty(), "it has a lease");

    // Whoever does not have it changes nothing.
    assert!(!settle(store, &taken[0], Uuid::new_v4(), at, Fate::Sent).await);
    let later = at + Duration::seconds(20);
    let again = Fate::Again { next_attempt_at: later, error: "ü".repeat(1000) };
    assert!(settle(store, &taken[0], lease, at, again).await);
    assert!(!settle(store, &taken[0], lease, at, Fate::Sent).await, "the lease has ended");
    assert!(store.claim_messages(claim(&channel, at, 10)).await.unwrap().is_empty());

    let second = claim(&channel, later, 10);
    let lease = second.lease;
    let taken = store.claim_messages(second).await.unwrap();
    assert_eq!(taken[0].attempts, 2);
    assert!(settle(store, &taken[0], lease, later, Fate::Returned).await);
    let third = claim(&channel, later, 10);
    let lease = third.lease;
    let taken = store.claim_messages(third).await.unwrap();
    assert_eq!(taken[0].attempts, 2, "the attempt that was none does not count");
    assert!(settle(store, &taken[0], lease, later, Fate::Sent).await);
    let much_later = later + Duration::days(3650);
    assert!(store.claim_messages(claim(&channel, much_later, 10)).await.unwrap().is_empty(), "it was sent");
}

pub(crate) async fn takers_at_once_share_the_messages_without_a_double(store: &SharedStore) {
    let (channel, at) = (channel(), now());
    let messages: Vec<_> = (0..40).map(|_| message(&channel)).collect();
    write(store, &messages, at).await;
    let takers = (0..8).map(|_| {
        let (store, channel) = (Arc::clone(store), channel.clone());
        tokio::spawn(async move {
            let mut all = Vec::new();
            while store.outbox_status(&channel).await.unwrap().waiting > 0 {
                let taken = store.claim_messages(claim(&channel, at, 3)).await.unwrap();
                assert!(taken.len() <= 3);
                all.extend(taken.into_iter().map(|claimed| claimed.message.id));
            }
            all
        })
    });
    let shares = join_all(takers).await.into_iter().map(Result::unwrap);
    let taken: Vec<Uuid> = shares.flatten().collect();
    let distinct: BTreeSet<_> = taken.iter().copied().collect();
    assert_eq!(taken.len(), 40, "none twice");
    assert_eq!(distinct, messages.iter().map(|message| message.id).collect());
}

pub(crate) async fn a_lease_that_ran_out_is_taken_over(store: &SharedStore) {
    let (channel, at) = (channel(), now());
    write(store, &[message(&channel)], at).await;
    let dying = claim(&channel, at, 10);
    let (lost_lease, until) = (dying.lease, dying.until);
    assert_eq!(store.claim_messages(dying).await.unwrap().len(), 1);
    assert_eq!(store.outbox_status(&channel).await.unwrap().leased, 1);
    assert!(
        store.claim_messages(claim(&channel, until - Duration::MILLISECOND, 10)).await.unwrap().is_empty()
    );
    let heir = claim(&channel, until, 10);
    let lease = heir.lease;
    let taken = store.claim_messages(heir).await.unwrap();
    assert_eq!((taken.len(), taken[0].attempts), (1, 2));
    assert!(!settle(store, &taken[0], lost_lease, until, Fate::Sent).await, "it is another's by now");
    assert!(settle(store, &taken[0], lease, until, Fate::Sent).await);
}

pub(crate) async fn what_becomes_of_messages_is_counted_and_purged(store: &SharedStore) {
    let _alone = super::PURGING.lock().await;
    let (channel, at) = (channel(), super::older_than_all());
    registered(&**store).await;
    write(store, &[message(&channel), message(&channel)], at).await;
    let second = at + Duration::SECOND;
    write(store, &[message(&channel)], second).await;
    let status = store.outbox_status(&channel).await.unwrap();
    assert_eq!((status.waiting, status.leased, status.dead, status.oldest), (3, 0, 0, Some(at)));

    let taking = claim(&channel, second, 2);
    let lease = taking.lease;
    let taken = store.claim_messages(taking).await.unwrap();
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|claimed| claimed.created_at == at), "the longest due come first");
    let status = store.outbox_status(&channel).await.unwrap();
    assert_eq!((status.waiting, status.leased), (1, 2));
    assert!(settle(store, &taken[0], lease, at, Fate::Sent).await);
    assert!(settle(store, &taken[1], lease, at, Fate::Dead { error: "550 no such mailbox".into() }).await);
    let status = store.outbox_status(&channel).await.unwrap();
    assert_eq!((status.waiting, status.leased, status.dead, status.oldest), (1, 0, 1, Some(second)));

    let millisecond = Duration::MILLISECOND;
    assert_eq!(store.purge(at + KEPT_SENT - millisecond, 10).await.unwrap(), 0);
    assert_eq!(store.purge(at + KEPT_SENT, 10).await.unwrap(), 1);
    assert_eq!(store.purge(at + KEPT_DEAD - millisecond, 10).await.unwrap(), 0);
    assert_eq!(store.purge(at + KEPT_DEAD, 10).await.unwrap(), 1);
    let status = store.outbox_status(&channel).await.unwrap();
    assert_eq!((status.waiting, status.leased, status.dead), (1, 0, 0), "what waits is never purged");
}
