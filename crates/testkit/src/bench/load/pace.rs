use std::time::{Duration, Instant};

/// The times when requests are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Closed loop: the next request is due as soon as a connection is free.
    Saturate,
    /// Open loop: this number of requests a second, evenly spaced.
    Rate(u32),
    /// This number of requests in all, as soon as connections are free.
    Count(u64),
}

/// A pace, from its start to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    pace: Pace,
    start: Instant,
    length: Duration,
}

impl Schedule {
    pub(super) fn new(pace: Pace, start: Instant, length: Duration) -> Self {
        Self { pace, start, length }
    }

    /// The number of requests that may have been started by `now`, where `started` were started.
    pub(super) fn allowed(&self, now: Instant, started: u64) -> u64 {
        let elapsed = now - self.start;
        match self.pace {
            Pace::Saturate if elapsed < self.length => u64::MAX,
            Pace::Saturate => started,
            Pace::Rate(rate) => at_rate(rate, elapsed.min(self.length)) + u64::from(elapsed < self.length),
            Pace::Count(count) => count,
        }
    }

    /// The time when request `index` is due; `now` in a closed loop.
    pub(super) fn due(&self, index: u64, now: Instant) -> Instant {
        match self.pace {
            Pace::Saturate | Pace::Count(_) => now,
            Pace::Rate(rate) => self.start + Duration::from_nanos(index * 1_000_000_000 / u64::from(rate)),
        }
    }

    /// Whether nothing more will be started.
    pub(super) fn over(&self, now: Instant, started: u64) -> bool {
        match self.pace {
            Pace::Saturate => now - self.start >= self.length,
            Pace::Rate(rate) => started >= at_rate(rate, self.length),
            Pace::Count(count) => started >= count,
        }
    }
}

/// The number of requests that are due within `elapsed`, without one at its very end.
fn at_rate(rate: u32, elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_nanos() * u128::from(rate) / 1_000_000_000).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_open_loop_is_due_evenly_and_in_all_rate_times_length() {
        let start = Instant::now();
        let schedule = Schedule::new(Pace::Rate(1000), start, SECOND);
        for (millis, expected) in [(0, 1), (1, 2), (500, 501), (999, 1000), (1000, 1000), (5000, 1000)] {
            assert_eq!(schedule.allowed(start + Duration::from_millis(millis), 0), expected, "{millis} ms");
        }
        assert_eq!(
            schedule.due(250, start + SECOND),
            start + Duration::from_millis(250),
            "not when it was sent"
        );
        assert!(!schedule.over(start + 2 * SECOND, 999), "what is late is still sent");
        assert!(schedule.over(start, 1000));
    }

    #[test]
    fn a_closed_loop_starts_until_its_time_is_over() {
        let start = Instant::now();
        let schedule = Schedule::new(Pace::Saturate, start, SECOND);
        assert_eq!(schedule.allowed(start, 7), u64::MAX);
        assert_eq!(schedule.allowed(start + SECOND, 7), 7);
        assert!(schedule.over(start + SECOND, 7) && !schedule.over(start, 7));
    }

    #[test]
    fn a_count_ends_with_its_last_request() {
        let start = Instant::now();
        let schedule = Schedule::new(Pace::Count(3), start, SECOND);
        assert!(schedule.over(start, 3) && !schedule.over(start + 2 * SECOND, 2));
    }
}
