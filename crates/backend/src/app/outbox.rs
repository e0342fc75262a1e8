//! Sends the mails that wait in the outbox. Every instance sends mails, and each mail is taken by one instance.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use service_kit::exit::chain;
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use super::reminders;
use super::settling::settle;
use super::state::{App, LastReason};
use crate::mail::{Post, SendError, Writer};
use crate::outbox::policy::{BATCH, BEGIN_WITHIN, LEASE, after_failure, is_worthless};
use crate::outbox::{MAIL, WEBHOOK};
use crate::store::outbox::{Claim, ClaimedMessage, Fate};

/// The pause between two looks for messages of other instances. A message of this instance wakes the task at once.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The longest pause while no mail can be handed over.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The pause between two counts of the waiting messages.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// Writes mails and hands them over to the mail server or folder.
pub(super) struct Courier {
    pub(super) writer: Writer,
    pub(super) post: Post,
    pub(super) told: LastReason,
}

/// The result of one round.
#[derive(Debug, PartialEq, Eq)]
enum Round {
    /// Messages were due, and there may be more.
    Busy,
    /// No message is due.
    Idle,
    /// No message can be sent now.
    Trouble,
}

/// The result of one attempt.
enum Handed {
    /// The mail was handed over.
    Over,
    /// The mail was withdrawn, because it makes no sense any more.
    Withdrawn,
}

/// Runs the task until the instance drains. The message that is being sent is finished, and other instances send the
/// rest.
pub(super) async fn run(app: App, courier: &mut Courier) {
    let mut troubles = 0;
    while !app.shutdown.is_draining() {
        let pause = match round(&app, courier).await {
            Round::Busy => {
                troubles = 0;
                continue;
            }
            Round::Idle => LOOK_EVERY,
            Round::Trouble => {
                troubles = (troubles + 1).min(5);
                (Duration::from_secs(1) * 2_u32.pow(troubles)).min(LONGEST_PAUSE)
            }
        };
        let calm = pause == LOOK_EVERY;
        tokio::select! {
            () = sleep(pause.mul_f64(0.5 + rand::random::<f64>() / 2.0)) => {}
            () = app.outbox_bell.notified(), if calm => {}
            () = app.shutdown.draining() => {}
        }
    }
    courier.post.close().await;
}

/// Shows at intervals how many messages wait. The task never ends by itself and is aborted with the server.
pub(super) async fn count(app: App) {
    let mut ticks = interval(COUNT_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let webhook = app.webhook_bell.as_ref().map(|_| WEBHOOK);
        for channel in [Some(MAIL), webhook].into_iter().flatten() {
            match app.store.outbox_status(channel).await {
                Ok(status) => app.metrics.outbox().show(channel, &status, app.now()),
                Err(error) => tracing::debug!(error = chain(&error), "the outbox cannot be counted"),
            }
        }
    }
}

async fn round(app: &App, courier: &mut Courier) -> Round {
    let (now, lease, began) = (app.now(), Uuid::new_v4(), Instant::now());
    let claim = Claim { channel: MAIL.to_owned(), lease, now, until: now + LEASE, limit: BATCH };
    let claimed = match app.store.claim_messages(claim).await {
        Ok(claimed) if claimed.is_empty() => return Round::Idle,
        Ok(claimed) => claimed,
        Err(error) => {
            // Requests fail by the same cause, and say so louder.
            tracing::debug!(error = chain(&error), "the outbox cannot be read");
            return Round::Trouble;
        }
    };
    let mut end = Round::Busy;
    for message in claimed {
        let go_on = end == Round::Busy && began.elapsed() < BEGIN_WITHIN && !app.shutdown.is_draining();
        let fate = if go_on {
            let (fate, trouble) = attempt(app, courier, &message).await;
            end = if trouble { Round::Trouble } else { end };
            fate
        } else {
            Fate::Returned
        };
        settle(app, &message, (lease, LEASE), began, fate).await;
    }
    end
}

/// Tries to send a message. Gives the fate of the message, and whether other messages would fail, too.
async fn attempt(app: &App, courier: &mut Courier, claimed: &ClaimedMessage) -> (Fate, bool) {
    if is_worthless(claimed, app.now()) {
        return (Fate::Dead { error: "it expired before it could be sent".to_owned() }, false);
    }
    // A panic over one mail must not end the sending of all.
    let sent = AssertUnwindSafe(send(app, courier, claimed)).catch_unwind().await;
    match sent.unwrap_or_else(|_| Err(SendError::Deferred("an error of ours: a panic".to_owned()))) {
        Ok(Handed::Over) => {
            courier.told.is_news(None);
            (Fate::Sent, false)
        }
        Ok(Handed::Withdrawn) => (Fate::Withdrawn, false),
        Err(error) => {
            let unavailable = matches!(error, SendError::Unavailable(_));
            if unavailable && courier.told.is_news(Some(&error.to_string())) {
                tracing::warn!(%error, "the outbox waits");
            }
            (after_failure(claimed, &error, app.now(), rand::random()), unavailable)
        }
    }
}

async fn send(app: &App, courier: &mut Courier, claimed: &ClaimedMessage) -> Result<Handed, SendError> {
    let ClaimedMessage { message, created_at, .. } = claimed;
    // An instance of another version, or with another secret, may well be able to read it: it is tried again.
    let unreadable = |error: &(dyn std::error::Error + 'static)| SendError::Deferred(chain(error));
    let mail = app.envelopes.open(message).map_err(|error| unreadable(&error))?;
    if mail.content.unsubscription().is_some() {
        let sense = reminders::still_makes_sense(app, &mail).await;
        // The database is away, and so is what could say it.
        if !sense.map_err(|error| SendError::Unavailable(chain(&error)))? {
            return Ok(Handed::Withdrawn);
        }
    }
    let letter = courier.writer.write(&mail, message.id, *created_at).map_err(|error| unreadable(&error))?;
    courier.post.send(&letter).await?;
    Ok(Handed::Over)
}
