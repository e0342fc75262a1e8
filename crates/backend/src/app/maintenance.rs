//! What an instance does when nobody asks: it deletes what has expired.

use std::time::Duration;

use super::state::App;
use crate::domain::now;

/// Pause between two rounds. Each instance adds a random share, so that they take turns.
const PAUSE: Duration = Duration::from_mins(5);

/// Rows of each kind in one transaction: few, since others wait for it.
const BATCH: u32 = 500;

/// Never ends; the task is aborted with the server.
pub(super) async fn run(app: App) {
    loop {
        tokio::time::sleep(PAUSE.mul_f64(1.0 + rand::random::<f64>())).await;
        match purge(&app).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "deleted what had expired"),
            Err(error) => {
                tracing::warn!(error = service_kit::exit::chain(&error), "what has expired stays for now");
            }
        }
    }
}

async fn purge(app: &App) -> Result<u64, crate::store::StoreError> {
    let mut total = 0;
    loop {
        match app.store.purge(now(), BATCH).await? {
            0 => return Ok(total),
            rows => total += rows,
        }
    }
}
