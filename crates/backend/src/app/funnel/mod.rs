//! Counts the funnel: every few seconds, and before somebody looks at it.

mod count;
mod walk;

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::state::{App, AppState, LastReason};
use crate::domain::Timestamp;
use crate::store::StoreError;

pub use count::{Round, Rules, count};

/// Between two looks. Each instance adds a random share, so that they take turns.
const PAUSE: Duration = Duration::from_secs(10);

/// Between two rounds while there is much to do, so that others come to write.
const BREATH: Duration = Duration::from_millis(20);

/// People in one round of the background.
const BATCH: u32 = 1000;

/// People in one round of whoever looks.
const BATCH_OF_A_LOOK: u32 = 200;

/// Whoever looks waits no longer than this for the newest.
const PATIENCE: Duration = Duration::from_millis(40);

fn rules(app: &AppState) -> Rules<'_> {
    Rules { templates: &app.templates, stuck_after: app.reminders.stuck_after() }
}

/// Never ends; the task is aborted with the server.
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

/// Counts what has been changed, as far as that takes no time worth naming; gives the moment up to which all is counted.
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
