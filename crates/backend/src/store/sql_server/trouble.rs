//! The reason why the pool cannot connect, for logs and for requests that wait in vain.

use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;

use super::connection::ConnectError;

/// The last failure to connect, until a connection succeeds. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub(super) struct Trouble(Arc<State>);

#[derive(Debug, Default)]
struct State {
    lasting: watch::Sender<Option<Lasting>>,
    /// The time when the server last answered a batch, in milliseconds of [`now`]; 0 before the first.
    answered: AtomicU64,
}

#[derive(Debug)]
struct Lasting {
    error: Arc<ConnectError>,
    /// The beginning of the failure, in milliseconds of [`now`].
    since: u64,
}

/// Milliseconds on a clock of this process, from 1 on.
fn now() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
}

impl Trouble {
    /// The present failure; none while connecting works.
    pub(super) fn current(&self) -> Option<Arc<ConnectError>> {
        self.0.lasting.borrow().as_ref().map(|lasting| Arc::clone(&lasting.error))
    }

    /// Notes that connecting has failed.
    pub(super) fn began(&self, error: ConnectError) {
        let (cause, error) = (error.source().map(ToString::to_string), Arc::new(error));
        let mut is_news = true;
        self.0.lasting.send_modify(|lasting| {
            is_news = lasting.as_ref().is_none_or(|known| known.error.kind() != error.kind());
            let since = lasting.as_ref().map_or_else(now, |known| known.since);
            *lasting = Some(Lasting { error: Arc::clone(&error), since });
        });
        if is_news {
            tracing::warn!(%error, cause, "no connection to the database");
        }
    }

    /// Notes that connecting is so slow that it looks like a failure. A known failure is kept.
    pub(super) fn is_slow(&self, error: ConnectError) {
        if self.current().is_none() {
            self.began(error);
        }
    }

    /// Notes that a connection succeeded.
    pub(super) fn is_over(&self) {
        if self.0.lasting.send_replace(None).is_some() {
            tracing::info!("the database answers again");
        }
    }

    /// Notes that a batch was answered. The server works then, even where no other connection can be made.
    pub(super) fn was_answered(&self) {
        self.0.answered.store(now(), Ordering::Relaxed);
    }

    /// Whether no batch was answered since the failure began.
    fn is_total(&self) -> bool {
        let since = self.0.lasting.borrow().as_ref().map(|lasting| lasting.since);
        since.is_some_and(|since| self.0.answered.load(Ordering::Relaxed) < since)
    }

    /// Waits until the caller has waited for `patience` while no connection could be made and no batch was answered.
    pub(super) async fn lasts(&self, patience: Duration) {
        let mut news = self.0.lasting.subscribe();
        loop {
            // The sender lives as long as `self`, so that this does not fail.
            let _ = news.wait_for(Option::is_some).await;
            sleep(patience).await;
            if self.is_total() {
                return;
            }
        }
    }
}

impl bb8::ErrorSink<ConnectError> for Trouble {
    fn sink(&self, error: ConnectError) {
        // A pooled connection that went bad is replaced, which is no trouble yet.
        if matches!(error, ConnectError::Unfit(_) | ConnectError::InTransaction) {
            tracing::debug!(%error, "a pooled connection was replaced");
        } else {
            self.began(error);
        }
    }

    fn boxed_clone(&self) -> Box<dyn bb8::ErrorSink<ConnectError>> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sql_server::failure::TimedOut;

    const PATIENCE: Duration = Duration::from_millis(200);

    fn silent() -> ConnectError {
        ConnectError::Silent(TimedOut(PATIENCE))
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_told_soon_and_only_while_all_is_lost() {
        let trouble = Trouble::default();
        let told = |limit| tokio::time::timeout(limit, trouble.lasts(PATIENCE));
        assert!(told(PATIENCE * 10).await.is_err(), "there is no trouble");
        trouble.began(silent());
        assert!(told(PATIENCE * 2).await.is_ok());
        std::thread::sleep(Duration::from_millis(2));
        trouble.was_answered();
        assert!(told(PATIENCE * 10).await.is_err(), "other connections go on");
        trouble.is_over();
        std::thread::sleep(Duration::from_millis(2));
        trouble.began(silent());
        assert!(told(PATIENCE * 2).await.is_ok());
        trouble.is_over();
        assert!(trouble.current().is_none() && told(PATIENCE * 10).await.is_err());
    }
}
