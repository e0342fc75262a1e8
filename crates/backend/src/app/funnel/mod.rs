//! Counts the funnel at intervals, and before an admin reads it.

mod count;
mod walk;

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::state::{App, AppState, LastReason};
use crate::domain::Timestamp;
use crate::store::StoreError;

pub use count::{Round, Rules, count};

/// The pause between two rounds. Each instance adds a random share, so that instances take turns.
const PAUSE: Duration = Duration::from_secs(10);

/// The pause between two rounds while there is much to count, so that other transactions can write.
const BREATH: Duration = Duration::from_millis(20);

/// The number of people in one round in the background.
const BATCH: u32 = 1000;

/// The number of people in one round before an answer.
const BATCH_OF_A_LOOK: u32 = 200;

/// The longest time that an answer waits for the newest count.
const PATIENCE: Duration = Duration::from_millis(40);

fn rules(app: &AppState) -> Rules<'_> {
    Rules { templates: &app.templates, stuck_after: app.reminders.stuck_after() }
}

/// Runs the task, which never ends by itself and is aborted with the server.
pub(super) async fn run(app: App) {
    let trouble = LastReason::default();
    loop {
        let pause = match count(&*app.store, rules(&app), app.now(), BATCH).await {
            Ok(Round::More(_)) => BREATH,
            Ok(Round::Done(_)) => {
                trouble.is_news(None);
                PAUSE
            }
            Err(error) => {
                let reason = service_kit::exit::chain(&error);
                if trouble.is_news(Some(&reason)) {
                    tracing::warn!(
                        error = reason,
                        "the funnel cannot be counted now, the next round tries again"
                    );
                }
                PAUSE
            }
        };
        sleep(pause.mul_f64(1.0 + rand::random::<f64>())).await;
    }
}

/// Counts the newest changes, for at most 40 ms. Gives the moment up to which all changes are counted.
///
/// # Errors
///
/// A [`StoreError`] where the database does not answer.
pub async fn up_to_date(app: &AppState) -> Result<Timestamp, StoreError> {
    let began = Instant::now();
    loop {
        match count(&*app.store, rules(app), app.now(), BATCH_OF_A_LOOK).await? {
            Round::Done(at) => return Ok(at),
            Round::More(at) if began.elapsed() >= PATIENCE => return Ok(at),
            Round::More(_) => {}
        }
    }
}
