//! Reads the database's clock at intervals.

use std::time::Duration;

use super::state::App;

/// The pause between two readings. This machine's crystal counts the time in between and drifts by less than a
/// millisecond.
const PAUSE: Duration = Duration::from_secs(10);

/// Runs the task, which never ends by itself and is aborted with the server.
pub(super) async fn run(app: App) {
    loop {
        // A database that does not answer is told of by requests and probes.
        if let Err(error) = app.store.ping().await {
            tracing::debug!(error = service_kit::exit::chain(&error), "the database's clock cannot be read");
        }
        tokio::time::sleep(PAUSE).await;
    }
}
