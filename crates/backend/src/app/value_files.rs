//! Notices that the file of a secret has another value than the instance uses.

use std::time::Duration;

use service_kit::config::{ValueChange, ValueFiles};

use super::state::App;

/// How often the files are looked at.
const PAUSE: Duration = Duration::from_secs(1);

/// Never ends; the task is aborted with the server.
///
/// Nothing is taken over: half of the instances with a new signing secret would refuse the tokens of the other half, and
/// the password of a database belongs to connections that are open. A restart is the moment at which all of it changes.
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
