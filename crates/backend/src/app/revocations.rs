//! Keeps the list of ended sessions up to date.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use super::state::{App, LastReason};
use crate::auth::MOST_REVOCATIONS;
use crate::domain::Timestamp;

/// The pause between two readings.
const PAUSE: Duration = Duration::from_secs(3);

/// The longest time of a reading.
const LIMIT: Duration = Duration::from_secs(4);

/// The largest delay of a change's time stamp. The instance stamps a change before the commit: by up to 20 s, and by
/// up to 30 s where clocks differ.
const LATE: Duration = Duration::from_mins(1);

/// The number of rounds after which a list without room for all sessions is read as a whole again.
const ROUNDS_TO_ALL: u32 = 20;

/// Runs the task, which never ends by itself and is aborted with the server.
///
/// The list grows old while the database is away. Requests then ask the database for their session, and get the same
/// error as other requests.
pub(super) async fn run(app: App) {
    let (mut before, mut rounds, trouble) = (None, 0_u32, LastReason::default());
    loop {
        let whole = before.is_none() || (app.revocations.needs_all() && rounds.is_multiple_of(ROUNDS_TO_ALL));
        match read(&app, before.filter(|_| !whole)).await {
            Ok(now) => {
                before = Some(now);
                if trouble.is_news(None) {
                    tracing::info!("ended sessions can be read again");
                }
            }
            Err(error) => {
                if trouble.is_news(Some(&error)) {
                    tracing::warn!(error, "ended sessions cannot be read; who asks is looked up");
                }
            }
        }
        rounds = rounds.wrapping_add(1);
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = app.revocations.wanted() => {}
        }
    }
}

/// Reads the sessions that were ended since the reading of `before`, or all of them without `before`.
async fn read(app: &App, before: Option<Timestamp>) -> Result<Timestamp, String> {
    let (began, now) = (Instant::now(), app.now());
    let horizon = now - app.issuer.ttl() - LATE;
    let since = before.map_or(horizon, |before| horizon.max(before - LATE));
    let limit = u32::try_from(MOST_REVOCATIONS).unwrap_or(u32::MAX);
    let reading = timeout(LIMIT, app.store.revoked_sessions(since, limit)).await;
    let found = reading.map_err(|_| "no answer in time".to_owned())?;
    let found = found.map_err(|error| service_kit::exit::chain(&error))?;
    app.revocations.take_in(found, began, horizon, before.is_none());
    Ok(now)
}
