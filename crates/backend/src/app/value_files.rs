//! Watches the files of secrets for values that this instance does not use.

use std::time::Duration;

use service_kit::config::{ValueChange, ValueFiles};

use super::state::App;

/// The pause between two looks at the files.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs the task, which never ends by itself and is aborted with the server.
///
/// No new value is taken over. Instances with a new signing secret would make tokens that the other instances refuse,
/// and open connections belong to the old password of the database. All values change at a restart.
pub(super) async fn run(app: App, mut files: ValueFiles) {
    for variable in files.variables() {
        app.metrics.value_file(variable, false);
    }
    loop {
        tokio::time::sleep(PAUSE).await;
        for change in files.look() {
            app.metrics.value_file(&change.variable, change.differs);
            tell(&change);
        }
    }
}

fn tell(ValueChange { variable, path, differs, .. }: &ValueChange) {
    let path = path.display();
    if *differs {
        tracing::warn!(variable, %path, "the file holds another value or is gone; restart this instance to go by it");
    } else {
        tracing::info!(variable, %path, "the file holds again what this instance goes by");
    }
}
