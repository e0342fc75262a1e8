//! Asks the database about its own state at intervals, so that scrapes need not ask.

use std::collections::BTreeMap;

use tokio::time::{MissedTickBehavior, interval};

use super::state::App;
use crate::store::StoreError;
use crate::store::observation::ViewReading;

/// Runs the task, which never ends by itself and is aborted with the server.
pub(super) async fn run(app: App) {
    let mut ticks = interval(app.database_views_interval);
    // A round that took long is no reason to hurry with the next.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = Told::default();
    loop {
        ticks.tick().await;
        match app.store.observe().await {
            Ok(readings) => {
                app.metrics.server().publish(&readings);
                told.note(&readings);
            }
            Err(error) => {
                app.metrics.server().clear();
                // Requests fail by the same cause, and say so louder.
                tracing::debug!(
                    error = service_kit::exit::chain(&error),
                    "the database's views cannot be read"
                );
            }
        }
    }
}

/// The views that could not be read, with the logged reasons. A lasting reason is logged once.
#[derive(Debug, Default)]
struct Told(BTreeMap<&'static str, String>);

impl Told {
    fn note(&mut self, readings: &[ViewReading]) {
        for ViewReading { view, samples, .. } in readings {
            if let Some(change) = self.change(view, samples.as_ref().err()) {
                tracing::warn!(view, reason = change, "a view of the database cannot be read, others go on");
            }
        }
    }

    /// The reason why `view` cannot be read; none where it has not changed.
    fn change(&mut self, view: &'static str, error: Option<&StoreError>) -> Option<String> {
        let Some(error) = error else {
            if self.0.remove(view).is_some() {
                tracing::info!(view, "a view of the database can be read again");
            }
            return None;
        };
        let reason = service_kit::exit::chain(error);
        let known = self.0.insert(view, reason.clone());
        (known.as_ref() != Some(&reason)).then_some(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_that_cannot_be_read_is_told_once_until_it_changes() {
        let mut told = Told::default();
        let (first, second) = (StoreError::exhausted("a permission"), StoreError::exhausted("the view"));
        assert!(told.change("locks", Some(&first)).is_some_and(|reason| reason.contains("a permission")));
        assert_eq!(told.change("locks", Some(&first)), None);
        assert!(told.change("locks", Some(&second)).is_some());
        assert!(told.change("waits", Some(&first)).is_some());
        assert_eq!(told.change("locks", None), None);
        assert!(told.change("locks", Some(&second)).is_some());
    }
}
