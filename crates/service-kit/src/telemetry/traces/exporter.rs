//! Counts sent and lost spans, and logs a collector that cannot be reached, though not each time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SpanData, SpanExporter},
};

use super::SpanCounts;

/// The pause between two warnings about the same trouble.
const REMINDER: Duration = Duration::from_mins(5);

/// An exporter whose successes and failures are counted.
#[derive(Debug)]
pub(super) struct Counting<E> {
    exporter: E,
    counts: Arc<SpanCounts>,
    endpoint: String,
    /// The time when the present trouble was last logged.
    trouble: Mutex<Option<Instant>>,
}

/// The line to log after a message.
#[derive(Debug, PartialEq, Eq)]
enum News {
    Nothing,
    Trouble,
    Recovered,
}

impl<E> Counting<E> {
    pub(super) fn new(exporter: E, counts: Arc<SpanCounts>, endpoint: String) -> Self {
        Self { exporter, counts, endpoint, trouble: Mutex::default() }
    }

    fn news(&self, good: bool, now: Instant) -> News {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match (*trouble, good) {
            (None, true) => News::Nothing,
            (Some(_), true) => {
                *trouble = None;
                News::Recovered
            }
            (Some(told), false) if now.duration_since(told) < REMINDER => News::Nothing,
            (_, false) => {
                *trouble = Some(now);
                News::Trouble
            }
        }
    }

    fn tell(&self, sent: &OTelSdkResult) {
        let lost = self.counts.dropped().map(|(_, spans)| spans).iter().sum::<u64>();
        match (self.news(sent.is_ok(), Instant::now()), sent) {
            (News::Trouble, Err(error)) => {
                tracing::warn!(endpoint = self.endpoint, lost, %error, "spans cannot be sent and are dropped");
            }
            (News::Recovered, _) => {
                tracing::info!(endpoint = self.endpoint, lost, "spans can be sent again");
            }
            (News::Nothing | News::Trouble, _) => {}
        }
    }
}

impl<E: SpanExporter> SpanExporter for Counting<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let sent = self.exporter.export(batch).await;
        self.counts.leave(spans, sent.is_ok());
        self.tell(&sent);
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_once_in_a_while_and_its_end_at_once() {
        let counting = Counting::new((), Arc::default(), String::new());
        let start = Instant::now();
        for (after, good, news) in [
            (0, true, News::Nothing),
            (1, false, News::Trouble),
            (2, false, News::Nothing),
            (299, false, News::Nothing),
            (301, false, News::Trouble),
            (302, true, News::Recovered),
            (303, false, News::Trouble),
        ] {
            assert_eq!(counting.news(good, start + Duration::from_secs(after)), news, "after {after} s");
        }
    }
}
