//! Sends events to the webhook. Every instance sends events, and each event is taken by one instance.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::join_all;
use service_kit::exit::chain;
use tokio::sync::Notify;
use tokio::time::sleep;
use uuid::Uuid;

use super::settling::settle;
use super::state::{App, LastReason};
use crate::outbox::webhook::{BATCH, Decision, LEASE, decide};
use crate::outbox::{EnvelopeError, WEBHOOK};
use crate::store::outbox::{Claim, ClaimedMessage, Fate};
use crate::webhook::{Delivery, Endpoint, Reply, body};

/// The pause between two looks for events of other instances. An event of this instance wakes the task at once.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The longest pause while no event can be sent. The receiver may ask for a longer one.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The number of doublings of the pause.
const DOUBLINGS: u32 = 5;

/// Sends events.
pub(super) struct Messenger {
    pub(super) endpoint: Endpoint,
    pub(super) told: LastReason,
}

/// The result of one round.
#[derive(Debug, PartialEq, Eq)]
enum Round {
    /// Events were due, and there may be more.
    Busy,
    /// No event is due.
    Idle,
    /// No event can be sent now, for this time at least.
    Trouble(Duration),
}

/// The reason why this instance cannot read an event. Another instance may be able to.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    #[error("an event cannot be written")]
    Body(#[from] serde_json::Error),
}

/// Runs the task until the instance drains. Events that are being sent are finished, and other instances send the
/// rest.
pub(super) async fn run(app: App, messenger: &Messenger) {
    let mut troubles = 0;
    while !app.shutdown.is_draining() {
        // In trouble, one is enough to see whether it has passed.
        let limit = if troubles == 0 { BATCH } else { 1 };
        let pause = match round(&app, messenger, limit).await {
            Round::Busy => {
                troubles = 0;
                continue;
            }
            Round::Idle => LOOK_EVERY,
            Round::Trouble(hold) => {
                troubles = (troubles + 1).min(DOUBLINGS);
                let pause = (Duration::from_secs(1) * 2_u32.pow(troubles)).min(LONGEST_PAUSE);
                hold.max(pause.mul_f64(0.5 + rand::random::<f64>() / 2.0))
            }
        };
        let calm = pause == LOOK_EVERY;
        tokio::select! {
            () = sleep(pause) => {}
            () = rung(app.webhook_bell.as_ref()), if calm => {}
            () = app.shutdown.draining() => {}
        }
    }
}

async fn rung(bell: Option<&Notify>) {
    match bell {
        Some(bell) => bell.notified().await,
        None => std::future::pending().await,
    }
}

async fn round(app: &App, messenger: &Messenger, limit: u32) -> Round {
    let (now, lease, began) = (app.now(), Uuid::new_v4(), Instant::now());
    let claim = Claim { channel: WEBHOOK.to_owned(), lease, now, until: now + LEASE, limit };
    let claimed = match app.store.claim_messages(claim).await {
        Ok(claimed) if claimed.is_empty() => return Round::Idle,
        Ok(claimed) => claimed,
        Err(error) => {
            // Requests fail by the same cause, and say so louder.
            tracing::debug!(error = chain(&error), "the outbox cannot be read");
            return Round::Trouble(Duration::ZERO);
        }
    };
    // Each is of another person, so that they may be told in any order.
    let tries = claimed.iter().map(async |event| {
        let Decision { fate, hold, trouble } = attempt(app, messenger, event).await;
        let sent = fate == Fate::Sent;
        settle(app, event, (lease, LEASE), began, fate).await;
        (sent, trouble, hold.unwrap_or_default())
    });
    let ends = join_all(tries).await;
    let longest = ends.iter().map(|(_, _, hold)| *hold).max().unwrap_or_default();
    let sent = ends.iter().any(|(sent, ..)| *sent);
    let trouble = ends.iter().any(|(_, trouble, _)| *trouble);
    if sent {
        messenger.told.is_news(None);
    }
    if !longest.is_zero() || (trouble && !sent) { Round::Trouble(longest) } else { Round::Busy }
}

/// Tries to send an event.
async fn attempt(app: &App, messenger: &Messenger, claimed: &ClaimedMessage) -> Decision {
    // A panic over one event must not end the telling of all.
    let told = AssertUnwindSafe(send(app, messenger, claimed)).catch_unwind().await;
    let reply = match told {
        Ok(Ok(reply)) => reply,
        // An instance of another version, or with another secret, may well be able to read it: it is tried again.
        Ok(Err(error)) => return unreadable(app, claimed, chain(&error)),
        Err(_) => return unreadable(app, claimed, "an error of ours: a panic".to_owned()),
    };
    let decision = decide(claimed, &reply, app.now(), rand::random());
    if let (true, Fate::Again { error, .. } | Fate::Dead { error }) = (decision.trouble, &decision.fate)
        && messenger.told.is_news(Some(error))
    {
        tracing::warn!(%error, "the webhook waits");
    }
    decision
}

/// The decision on an event that this instance cannot read. Other events are not concerned.
fn unreadable(app: &App, claimed: &ClaimedMessage, error: String) -> Decision {
    let mut decision = decide(claimed, &Reply::Silence(String::new()), app.now(), rand::random());
    decision.trouble = false;
    if let Fate::Again { error: told, .. } | Fate::Dead { error: told } = &mut decision.fate {
        *told = error;
    }
    decision
}

async fn send(app: &App, messenger: &Messenger, claimed: &ClaimedMessage) -> Result<Reply, Unreadable> {
    let ClaimedMessage { message, created_at, position, .. } = claimed;
    let data = app.envelopes.open_event(message)?;
    let body = body(&message.topic, *created_at, *position, data)?;
    Ok(messenger.endpoint.send(Delivery { id: message.id, at: app.now(), body }).await)
}
