//! Settles a message: writes the outcome of its attempt to the database.

use std::time::{Duration, Instant};

use service_kit::exit::chain;
use tokio::time::sleep;
use uuid::Uuid;

use super::state::App;
use crate::store::outbox::{ClaimedMessage, Fate, Settlement};

/// The pause between two tries to write an outcome.
const SETTLE_PAUSE: Duration = Duration::from_millis(250);

/// Writes the outcome of a message, with tries until the lease ends. Otherwise a message that was sent would be sent
/// again. `lease` has the id and the length of the lease, which began at `began`.
pub(super) async fn settle(
    app: &App,
    claimed: &ClaimedMessage,
    (lease, length): (Uuid, time::Duration),
    began: Instant,
    fate: Fate,
) {
    let message = &claimed.message;
    let (id, channel, topic) = (message.id, message.channel.as_str(), message.topic.as_str());
    let result = match &fate {
        Fate::Sent => "sent",
        Fate::Again { .. } => "deferred",
        Fate::Dead { .. } => "dead",
        Fate::Withdrawn => "withdrawn",
        Fate::Returned => "returned",
    };
    if fate != Fate::Returned {
        app.metrics.outbox().attempt(channel, topic, result);
    }
    if matches!(fate, Fate::Dead { .. }) {
        // The reason may bear the address; it is in the outbox.
        tracing::warn!(%id, channel, topic, "a message is given up; outbox.last_error says why");
    }
    let ends = Duration::try_from(length).unwrap_or_default();
    loop {
        let settlement = Settlement { id, lease, at: app.now(), fate: fate.clone() };
        match app.store.settle_message(settlement).await {
            Ok(true) => return,
            Ok(false) => return tracing::debug!(%id, "a message was settled before or has another lease"),
            Err(error) if began.elapsed() > ends => {
                let error = chain(&error);
                return tracing::warn!(%id, channel, result, error, "what became of a message is not written down");
            }
            Err(_) => sleep(SETTLE_PAUSE).await,
        }
    }
}
