//! The policy of requests: how long a request may take, how large it may be, and how often it may be tried.

use super::{BreakerPolicy, Timeouts};
use crate::retry::RetryPolicy;
use std::time::Duration;

/// The policy of requests to a pool. A route has a policy of its own, which is the pool's but for the settings of the
/// route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestPolicy {
    /// The time limits.
    pub timeouts: Timeouts,
    /// The settings of retries.
    pub retry: RetryPolicy,
    /// How long a request waits for a server when none can be tried.
    pub wait_for_server: Duration,
    /// The longest request body that is kept for another attempt, in bytes.
    pub replay_body_max: usize,
    /// The longest request body at all, in bytes; `None` is no limit.
    pub max_body: Option<u64>,
    /// When a server whose answers fail gets no more of them; `None`: never.
    pub breaker: Option<BreakerPolicy>,
}

impl Default for RequestPolicy {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            wait_for_server: Duration::from_secs(2),
            replay_body_max: 64 * 1024,
            max_body: None,
            breaker: None,
        }
    }
}
