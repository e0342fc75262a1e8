//! Reads the database's clock again and again.

use std::time::Duration;

use super::state::App;

/// How often the database is asked. Between two questions the time is counted by this machine's crystal, which goes
/// wrong by less than a millisecond in that time.
const PAUSE: Duration = Duration::from_secs(10);

/// Never ends; the task is aborted with the server.
pub(super) async fn run(app: App) {
    loop {
        // A database that does not answer is told of by requests and probes.
        if let Err(error) = app.store.ping().await {
            tracing::debug!(error = service_kit::exit::chain(&error), "the database's clock cannot be read");
        }
        tokio::time::sleep(PAUSE).await;
    }
}
