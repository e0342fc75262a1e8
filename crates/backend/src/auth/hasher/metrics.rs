//! The metrics of password hashing.

use prometheus::{Histogram, HistogramOpts, IntCounter, Registry};

const BUCKETS: [f64; 12] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 6.0];

/// The metrics of password hashing. Clones share the counts.
#[derive(Debug, Clone)]
pub struct HashMetrics {
    /// `password_hash_wait_seconds`: the time that a password waited for a thread.
    pub(super) wait: Histogram,
    /// `password_hash_duration_seconds`: the time that a password was at a thread.
    pub(super) duration: Histogram,
    /// `password_hashes_refused_total`: the number of passwords for which the queue was too long.
    pub(super) refused: IntCounter,
}

impl HashMetrics {
    /// Makes the metrics and registers them.
    ///
    /// # Errors
    ///
    /// The error of the registry where a name is taken.
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        let histogram =
            |name, help| Histogram::with_opts(HistogramOpts::new(name, help).buckets(BUCKETS.to_vec()));
        let wait =
            histogram("password_hash_wait_seconds", "Wait of a password for a hashing thread in seconds.")?;
        let duration = histogram("password_hash_duration_seconds", "Time to hash a password in seconds.")?;
        let refused = IntCounter::new(
            "password_hashes_refused_total",
            "Passwords refused because the queue was too long.",
        )?;
        registry.register(Box::new(wait.clone()))?;
        registry.register(Box::new(duration.clone()))?;
        registry.register(Box::new(refused.clone()))?;
        Ok(Self { wait, duration, refused })
    }
}
