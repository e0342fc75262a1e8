//! The metrics of the outbox.

use prometheus::{CounterVec, GaugeVec, Opts, Registry};

use crate::domain::Timestamp;
use crate::store::outbox::OutboxStatus;

/// The metrics of the outbox. Clones share the counts.
#[derive(Debug, Clone)]
pub struct OutboxMetrics {
    messages: GaugeVec,
    oldest: GaugeVec,
    attempts: CounterVec,
}

impl OutboxMetrics {
    /// Makes the metrics and registers them.
    ///
    /// # Errors
    ///
    /// The error of the registry where a name is taken.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let messages = Opts::new("outbox_messages", "Messages in the outbox that are not sent, by state.");
        let oldest = Opts::new("outbox_oldest_seconds", "Age of the oldest message that waits to be sent.");
        let attempts = Opts::new("outbox_attempts_total", "Attempts of this instance to send a message.");
        let metrics = Self {
            messages: GaugeVec::new(messages, &["channel", "state"])?,
            oldest: GaugeVec::new(oldest, &["channel"])?,
            attempts: CounterVec::new(attempts, &["channel", "topic", "result"])?,
        };
        registry.register(Box::new(metrics.messages.clone()))?;
        registry.register(Box::new(metrics.oldest.clone()))?;
        registry.register(Box::new(metrics.attempts.clone()))?;
        Ok(metrics)
    }

    /// Counts an attempt with the result `result`.
    pub fn attempt(&self, channel: &str, topic: &str, result: &str) {
        self.attempts.with_label_values(&[channel, topic, result]).inc();
    }

    /// Sets the gauges for the messages of `channel`. Every instance sets the same values.
    pub fn show(&self, channel: &str, status: &OutboxStatus, now: Timestamp) {
        let counts = [("waiting", status.waiting), ("leased", status.leased), ("dead", status.dead)];
        for (state, messages) in counts {
            // A gauge is a float; there are not so many messages that it were inexact.
            #[allow(clippy::cast_precision_loss)]
            self.messages.with_label_values(&[channel, state]).set(messages as f64);
        }
        let age = status.oldest.map_or(0.0, |oldest| (now - oldest).as_seconds_f64().max(0.0));
        self.oldest.with_label_values(&[channel]).set(age);
    }
}
