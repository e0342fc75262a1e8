//! The bounds of a connection pool (`DB_POOL_…`).

use std::time::Duration;

use service_kit::config::Sources;

/// The bounds of a connection pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolConfig {
    /// The largest number of connections, at least 1 (`DB_POOL_MAX`).
    pub max: u32,
    /// The smallest number of connections, at most `max` (`DB_POOL_MIN`).
    pub min: u32,
    /// The time after which an idle connection above `min` is closed (`DB_POOL_IDLE_TIMEOUT_MS`).
    pub idle_timeout: Duration,
    /// The longest wait for a connection (`DB_POOL_ACQUIRE_TIMEOUT_MS`).
    pub acquire_timeout: Duration,
}

impl PoolConfig {
    pub(super) fn read(sources: &mut Sources) -> Self {
        let max = sources.or("DB_POOL_MAX", 10);
        let min = sources.or("DB_POOL_MIN", max.min(2));
        if !(1..=1000).contains(&max) {
            sources.reject("DB_POOL_MAX", "must be between 1 and 1000");
        } else if min > max {
            sources.reject("DB_POOL_MIN", "must not be more than DB_POOL_MAX");
        }
        let idle = sources.or("DB_POOL_IDLE_TIMEOUT_MS", 30_000_u64);
        let acquire = sources.or("DB_POOL_ACQUIRE_TIMEOUT_MS", 2_000_u64);
        for (name, value) in [("DB_POOL_IDLE_TIMEOUT_MS", idle), ("DB_POOL_ACQUIRE_TIMEOUT_MS", acquire)] {
            if !(1..=3_600_000).contains(&value) {
                sources.reject(name, "must be between 1 and 3600000");
            }
        }
        let (idle_timeout, acquire_timeout) = (Duration::from_millis(idle), Duration::from_millis(acquire));
        Self { max, min, idle_timeout, acquire_timeout }
    }
}
