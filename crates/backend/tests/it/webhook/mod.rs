//! Events, from what happens to a person to the receiver of a webhook.

mod killed;
mod replaying;
mod telling;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use standardwebhooks::Webhook;
use testkit::webhook::{Received, Receiver};

use crate::api::harness::{Database, Instance};

pub(crate) const LIMIT: Duration = Duration::from_mins(1);
pub(crate) const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const NEW: &str = "whsec_b3RoZXIgc2VjcmV0LCBhcyBsb25nIGFzIHRoYXQ=";

/// What tells an instance of a receiver.
fn settings(receiver: &Receiver) -> [(&'static str, String); 3] {
    [
        ("WEBHOOK_URL", receiver.url()),
        ("WEBHOOK_SECRET", NEW.to_owned()),
        ("WEBHOOK_OTHER_SECRETS", OLD.to_owned()),
    ]
}

async fn telling(database: &Database, receiver: &Receiver) -> Instance {
    let settings = settings(receiver);
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Instance::start_with(database, &settings).await
}

/// The request bears the signature that the scheme's own library makes, for either secret.
fn verify(received: &Received) {
    let header = |name| received.request.header(name).unwrap();
    let timestamp = header("webhook-timestamp").parse().unwrap();
    for secret in [OLD, NEW] {
        let library = Webhook::new(secret).unwrap();
        let expected = library.sign(header("webhook-id"), timestamp, &received.request.body).unwrap();
        assert!(header("webhook-signature").split(' ').any(|signature| signature == expected), "{expected}");
    }
}

/// Each event came at least once and was acknowledged, each time by the same id and the same bytes, those of one person
/// in their order; gives how many requests there were for each event.
fn check(received: &[Received]) -> BTreeMap<(String, i64), usize> {
    let mut ids: BTreeMap<(String, i64), &Received> = BTreeMap::new();
    let mut counts: BTreeMap<(String, i64), usize> = BTreeMap::new();
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for one in received {
        verify(one);
        let body = one.body();
        let person = body["data"]["user_id"].as_str().unwrap().to_owned();
        let sequence = body["data"]["sequence"].as_i64().unwrap();
        let key = (person.clone(), sequence);
        let first = *ids.entry(key.clone()).or_insert(one);
        assert_eq!((first.id(), &first.request.body), (one.id(), &one.request.body), "{key:?}");
        *counts.entry(key).or_default() += 1;
        let before = last.insert(person, sequence).unwrap_or(0);
        assert!(sequence == before || sequence == before + 1, "{sequence} came after {before}");
    }
    let distinct: BTreeSet<String> = ids.values().map(|one| one.id()).collect();
    assert_eq!(distinct.len(), ids.len(), "one id for one event");
    let heard: BTreeSet<String> =
        received.iter().filter(|one| one.acknowledged()).map(Received::id).collect();
    assert_eq!(heard, distinct, "each was acknowledged");
    counts
}
