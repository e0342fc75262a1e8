//! The generic cell rate algorithm (ITU-T I.371): a leaky bucket that keeps one number for each client.

use super::RateLimit;

/// The limit in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gcra {
    /// Nanoseconds between two requests at the allowed rate.
    interval: u64,
    /// How many nanoseconds a client may be ahead of the rate.
    burst: u64,
}

impl Gcra {
    pub(super) fn new(limit: RateLimit) -> Self {
        let per = u64::try_from(limit.per.as_nanos()).unwrap_or(u64::MAX);
        let interval = (per / u64::from(limit.requests.max(1))).max(1);
        Self { interval, burst: interval.saturating_mul(limit.burst.max(1).into()) }
    }

    /// Counts a request. `full_at` is when the client's burst is full again; gives its new value, or how long to wait.
    pub(super) fn admit(self, full_at: u64, now: u64) -> Result<u64, u64> {
        let next = full_at.max(now).saturating_add(self.interval);
        let ahead = next - now;
        if ahead <= self.burst { Ok(next) } else { Err(ahead - self.burst) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MILLI: u64 = 1_000_000;

    /// How many of the requests at these milliseconds are let through.
    fn admitted(requests: u32, burst: u32, at: &[u64]) -> Vec<bool> {
        let gcra = Gcra::new(RateLimit { requests, per: Duration::from_secs(1), burst });
        let mut full_at = 0;
        at.iter()
            .map(|milli| {
                let outcome = gcra.admit(full_at, milli * MILLI);
                full_at = outcome.unwrap_or(full_at);
                outcome.is_ok()
            })
            .collect()
    }

    #[test]
    fn the_rate_and_the_burst() {
        let rows: [(u32, u32, &[u64], &[bool]); 5] = [
            (10, 1, &[0, 50, 100, 150, 200], &[true, false, true, false, true]),
            (10, 3, &[0, 0, 0, 0], &[true, true, true, false]),
            (10, 3, &[0, 0, 0, 100, 100], &[true, true, true, true, false]),
            (10, 3, &[0, 0, 0, 5000, 5000, 5000, 5000], &[true, true, true, true, true, true, false]),
            (1000, 1, &[0, 1, 2, 2, 3], &[true, true, true, false, true]),
        ];
        for (requests, burst, at, expected) in rows {
            assert_eq!(admitted(requests, burst, at), expected, "{requests} {burst} {at:?}");
        }
    }
}
