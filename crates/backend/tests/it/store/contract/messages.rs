//! Messages that are told in order, and what is shown of messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use backend::domain::{Timestamp, now};
use backend::store::messages::{MessageFilter, MessageState, Replay};
use backend::store::outbox::{
    Claim, ClaimedMessage, Fate, KEPT_SENT_IN_ORDER, NewMessage, SealedParameters, Settlement,
};
use backend::store::{Effect, Outcome};
use futures::future::join_all;
use time::Duration;
use uuid::Uuid;

use super::SharedStore;
use crate::store::samples::mutation;

/// A channel that no other test looks at.
fn channel() -> String {
    Uuid::new_v4().simple().to_string()[..20].to_owned()
}

pub(super) fn event(channel: &str, user_id: Uuid, topic: &str) -> NewMessage {
    NewMessage {
        id: Uuid::now_v7(),
        channel: channel.to_owned(),
        topic: topic.to_owned(),
        user_id: Some(user_id),
        recipient: String::new(),
        language: String::new(),
        parameters: SealedParameters { kid: "kid-1".into(), sealed: vec![0, 1, 255, 7] },
        expires_at: None,
        in_order: true,
    }
}

async fn write(store: &SharedStore, messages: &[NewMessage], at: Timestamp) {
    let mut writing = mutation(Effect::None);
    (writing.at, writing.messages) = (at, messages.to_vec());
    assert_eq!(store.commit(writing).await.unwrap(), Outcome::Committed);
}

async fn replay(store: &SharedStore, channel: &str, ids: Vec<Uuid>, at: Timestamp) {
    let mut replaying = mutation(Effect::Replay(Replay { channel: channel.to_owned(), ids }));
    replaying.at = at;
    assert_eq!(store.commit(replaying).await.unwrap(), Outcome::Committed);
}

struct Taken {
    lease: Uuid,
    messages: Vec<ClaimedMessage>,
}

impl Taken {
    fn topics(&self) -> Vec<&str> {
        self.messages.iter().map(|claimed| claimed.message.topic.as_str()).collect()
    }
}

async fn take(store: &SharedStore, channel: &str, now: Timestamp) -> Taken {
    let (lease, until) = (Uuid::new_v4(), now + Duration::MINUTE);
    let claim = Claim { channel: channel.to_owned(), lease, now, until, limit: 10 };
    let mut messages = store.claim_messages(claim).await.unwrap();
    messages.sort_by(|a, b| a.message.topic.cmp(&b.message.topic));
    Taken { lease, messages }
}

async fn settle(store: &SharedStore, taken: &Taken, at: Timestamp, fate: &Fate) {
    for claimed in &taken.messages {
        let settlement = Settlement { id: claimed.message.id, lease: taken.lease, at, fate: fate.clone() };
        assert!(store.settle_message(settlement).await.unwrap());
    }
}

fn dead() -> Fate {
    Fate::Dead { error: "it was too late".into() }
}

fn all_of(channel: &str) -> MessageFilter {
    MessageFilter { channel: channel.to_owned(), ..MessageFilter::default() }
}

pub(crate) async fn messages_of_a_person_are_taken_one_after_the_other(store: &SharedStore) {
    let (channel, at, ada, bob) = (channel(), now(), Uuid::now_v7(), Uuid::now_v7());
    let first = [event(&channel, ada, "a1"), event(&channel, ada, "a2"), event(&channel, bob, "b1")];
    write(store, &first, at).await;
    write(store, &[event(&channel, ada, "a3")], at).await;
    assert_eq!(store.outbox_status(&channel).await.unwrap().waiting, 4);

    let taken = take(store, &channel, at).await;
    assert_eq!(taken.topics(), ["a1", "b1"]);
    assert_eq!(taken.messages[0].position, Some(1));
    assert!(take(store, &channel, at).await.messages.is_empty(), "the others wait for those");
    let later = at + Duration::seconds(5);
    settle(store, &taken, at, &Fate::Again { next_attempt_at: later, error: "busy".into() }).await;
    assert!(
        take(store, &channel, at).await.messages.is_empty(),
        "and still do while those are to be tried again"
    );
    let taken = take(store, &channel, later).await;
    assert_eq!(taken.topics(), ["a1", "b1"]);
    settle(store, &taken, later, &Fate::Returned).await;
    let taken = take(store, &channel, later).await;
    settle(store, &taken, later, &Fate::Sent).await;

    let taken = take(store, &channel, later).await;
    assert_eq!((taken.topics(), taken.messages[0].position), (vec!["a2"], Some(2)));
    // What comes meanwhile waits, too; of whoever waits for nothing, it is due.
    write(store, &[event(&channel, ada, "a4"), event(&channel, bob, "b2")], later).await;
    assert_eq!(take(store, &channel, later).await.topics(), ["b2"]);
    // A dead letter makes way.
    settle(store, &taken, later, &dead()).await;
    for topic in ["a3", "a4"] {
        let taken = take(store, &channel, later).await;
        assert_eq!(taken.topics(), [topic]);
        settle(store, &taken, later, &Fate::Sent).await;
    }
    let status = store.outbox_status(&channel).await.unwrap();
    assert_eq!((status.waiting, status.leased, status.dead), (0, 1, 1));
}

pub(crate) async fn whoever_adds_at_once_gets_a_place_each(store: &SharedStore) {
    let (channel, at, ada) = (channel(), now(), Uuid::now_v7());
    let writers = (0..12).map(|n| {
        let (store, channel) = (Arc::clone(store), channel.clone());
        tokio::spawn(async move { write(&store, &[event(&channel, ada, &format!("n{n}"))], at).await })
    });
    // While they write, others tell what is there.
    let tellers = (0..3).map(|_| {
        let (store, channel) = (Arc::clone(store), channel.clone());
        tokio::spawn(async move {
            let mut told = Vec::new();
            while store
                .messages(MessageFilter { state: Some(MessageState::Sent), ..all_of(&channel) }, None, 20)
                .await
                .unwrap()
                .items
                .len()
                < 12
            {
                let taken = take(&store, &channel, at).await;
                assert!(taken.messages.len() <= 1, "one of a person at a time");
                settle(&store, &taken, at, &Fate::Sent).await;
                told.extend(taken.messages.iter().map(|claimed| claimed.position.unwrap()));
            }
            told
        })
    });
    let (writers, tellers) = (join_all(writers), join_all(tellers));
    let (_, shares) = tokio::join!(writers, tellers);
    let shares: Vec<Vec<i64>> = shares.into_iter().map(Result::unwrap).collect();
    assert!(shares.iter().all(|share| share.is_sorted()), "{shares:?}");
    let all: Vec<i64> = shares.concat();
    assert_eq!(all.len(), 12, "none twice: {shares:?}");
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), (1..=12).collect());
}

pub(crate) async fn messages_are_sent_again_in_their_order(store: &SharedStore) {
    let (channel, at, ada) = (channel(), now() - Duration::DAY, Uuid::now_v7());
    let messages = ["a1", "a2", "a3"].map(|topic| event(&channel, ada, topic));
    let mut plain = NewMessage { in_order: false, ..event(&channel, ada, "p1") };
    plain.expires_at = Some(at);
    write(store, &messages, at).await;
    write(store, std::slice::from_ref(&plain), at).await;
    for fate in [dead(), Fate::Sent, Fate::Sent] {
        let taken = take(store, &channel, at).await;
        settle(store, &taken, at, &fate).await;
    }
    assert_eq!(store.outbox_status(&channel).await.unwrap().waiting, 0);

    let later = at + Duration::HOUR;
    let ids: Vec<Uuid> = messages.iter().rev().chain([&plain]).map(|message| message.id).collect();
    replay(store, "another channel", ids.clone(), later).await;
    assert!(take(store, &channel, later).await.messages.is_empty());
    replay(store, &channel, ids.clone(), later).await;
    assert_eq!(store.outbox_status(&channel).await.unwrap().oldest, Some(later), "they wait since then");
    let taken = take(store, &channel, later).await;
    assert_eq!(taken.topics(), ["a1", "p1"]);
    let expected = ClaimedMessage {
        message: messages[0].clone(),
        created_at: at,
        queued_at: later,
        position: Some(1),
        attempts: 1,
    };
    assert_eq!(taken.messages[0], expected, "the same as ever");
    // To ask again changes nothing for what waits, but what is between two attempts is due at once.
    replay(store, &channel, ids.clone(), later).await;
    assert!(take(store, &channel, later).await.messages.is_empty());
    let again = Fate::Again { next_attempt_at: later + Duration::MINUTE, error: "busy".into() };
    settle(store, &taken, later, &again).await;
    assert!(take(store, &channel, later).await.messages.is_empty());
    replay(store, &channel, ids, later).await;
    for topics in [vec!["a1", "p1"], vec!["a2"], vec!["a3"]] {
        let taken = take(store, &channel, later).await;
        assert_eq!(taken.topics(), topics);
        settle(store, &taken, later, &Fate::Sent).await;
    }
    // What a plain message said is gone by now.
    replay(store, &channel, vec![plain.id, Uuid::now_v7()], later).await;
    assert!(take(store, &channel, later).await.messages.is_empty());
    assert!(!store.message(&channel, plain.id).await.unwrap().unwrap().has_content);
}

pub(crate) async fn messages_are_listed_page_by_page(store: &SharedStore) {
    let (channel, at, ada, bob) = (channel(), now(), Uuid::now_v7(), Uuid::now_v7());
    for n in 0..3 {
        let messages = [event(&channel, ada, &format!("a{n}")), event(&channel, bob, &format!("b{n}"))];
        write(store, &messages, at + Duration::SECOND * n).await;
    }
    let taken = take(store, &channel, at).await;
    settle(store, &taken, at, &dead()).await;
    let taken = take(store, &channel, at).await;
    settle(store, &Taken { lease: taken.lease, messages: taken.messages[..1].to_vec() }, at, &Fate::Sent)
        .await;

    let topics = async |filter: MessageFilter| {
        let (mut topics, mut after) = (Vec::new(), None);
        loop {
            let page = store.messages(filter.clone(), after, 2).await.unwrap();
            assert!(page.items.len() <= 2);
            topics.extend(page.items.into_iter().map(|record| record.topic));
            after = page.next;
            if after.is_none() {
                return topics;
            }
        }
    };
    let by = |state| MessageFilter { state: Some(state), ..all_of(&channel) };
    let sorted = |mut topics: Vec<String>| {
        topics.sort();
        topics
    };
    let newest_first = topics(all_of(&channel)).await;
    assert_eq!(newest_first.len(), 6);
    let ranks: Vec<&str> = newest_first.iter().map(|topic| &topic[1..]).collect();
    assert_eq!(ranks, ["2", "2", "1", "1", "0", "0"]);
    let mut oldest_first = topics(MessageFilter { oldest_first: true, ..all_of(&channel) }).await;
    oldest_first.reverse();
    assert_eq!(oldest_first, newest_first);
    assert_eq!(sorted(topics(by(MessageState::Dead)).await), ["a0", "b0"]);
    assert_eq!(topics(by(MessageState::Sent)).await, ["a1"]);
    assert_eq!(sorted(topics(by(MessageState::Waiting)).await), ["a2", "b1", "b2"]);
    let of_bob = MessageFilter { user_id: Some(bob), ..all_of(&channel) };
    assert_eq!(topics(of_bob).await, ["b2", "b1", "b0"]);
    let named = MessageFilter { topic: Some("a1".into()), ..all_of(&channel) };
    assert_eq!(topics(named).await, ["a1"]);
    let (from, before) = (Some(at + Duration::SECOND), Some(at + Duration::SECOND * 2));
    let between = MessageFilter { from, before, ..all_of(&channel) };
    assert_eq!(sorted(topics(between).await), ["a1", "b1"]);

    let page = store.messages(by(MessageState::Dead), None, 10).await.unwrap();
    let record = page.items.iter().find(|record| record.topic == "a0").unwrap();
    assert_eq!((record.state, record.dead_at, record.attempts), (MessageState::Dead, Some(at), 1));
    assert_eq!((record.user_id, record.position, record.has_content), (Some(ada), Some(1), true));
    assert_eq!(record.last_error.as_deref(), Some("it was too late"));
    assert_eq!(store.message(&channel, record.id).await.unwrap().as_ref(), Some(record));
    assert_eq!(store.message("another channel", record.id).await.unwrap(), None);
}

pub(crate) async fn what_was_told_in_order_is_kept_for_a_while(store: &SharedStore) {
    let _alone = super::PURGING.lock().await;
    let (channel, at) = (channel(), super::older_than_all());
    let message = event(&channel, Uuid::now_v7(), "a1");
    write(store, std::slice::from_ref(&message), at).await;
    let taken = take(store, &channel, at).await;
    settle(store, &taken, at, &Fate::Sent).await;
    assert_eq!(store.purge(at + KEPT_SENT_IN_ORDER - Duration::MILLISECOND, 10).await.unwrap(), 0);
    assert!(store.message(&channel, message.id).await.unwrap().unwrap().has_content);
    assert_eq!(store.purge(at + KEPT_SENT_IN_ORDER, 10).await.unwrap(), 1);
    assert_eq!(store.message(&channel, message.id).await.unwrap(), None);
}
