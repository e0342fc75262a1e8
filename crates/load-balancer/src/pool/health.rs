//! Active health: thresholds without I/O.

use std::time::{Duration, SystemTime};

/// The health of a server, by checks and traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Health {
    /// No check has been good yet, so the server takes no traffic.
    Starting = 0,
    /// The server takes traffic.
    Up = 1,
    /// Failing traffic has put the server out; it is back after the first good check.
    Ejected = 2,
    /// Failing checks have put the server out; it is back after the first good check.
    Down = 3,
}

/// The settings of checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckPolicy {
    /// The path that must answer 2xx or 3xx; without a path a connection is enough.
    pub path: Option<String>,
    /// The time between checks of a server that is up.
    pub interval: Duration,
    /// The longest time of a check.
    pub timeout: Duration,
    /// Failed checks in a row that take a server out.
    pub retries: u32,
    /// How long after the start failures do not count, until the first success.
    pub start_period: Duration,
    /// The time between checks of a server that is not up.
    pub down_interval: Duration,
}

impl Default for CheckPolicy {
    fn default() -> Self {
        Self {
            path: None,
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(10),
            retries: 3,
            start_period: Duration::from_secs(40),
            down_interval: Duration::from_secs(1),
        }
    }
}

/// The longest time between checks of a server that has never been up, so that a start is quick.
const STARTING_INTERVAL: Duration = Duration::from_millis(250);

/// Counts checks of one server and says when its health changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counter {
    failures: u32,
}

impl Counter {
    /// Counts a check and gives the server's new health, if it changes.
    ///
    /// `age` is the time since the server became known, and `now` the server's present health.
    pub(crate) fn checked(
        &mut self,
        good: bool,
        now: Health,
        age: Duration,
        policy: &CheckPolicy,
    ) -> Option<Health> {
        if good {
            self.failures = 0;
            return (now != Health::Up).then_some(Health::Up);
        }
        if now == Health::Starting && age < policy.start_period {
            return None;
        }
        self.failures = self.failures.saturating_add(1);
        let down = self.failures >= policy.retries && now != Health::Down;
        down.then_some(Health::Down)
    }

    /// Failed checks in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }
}

/// How long until the next check of a server in this health.
pub(crate) fn next_check(health: Health, policy: &CheckPolicy) -> Duration {
    match health {
        Health::Up => policy.interval,
        Health::Starting => policy.down_interval.min(STARTING_INTERVAL),
        Health::Ejected | Health::Down => policy.down_interval,
    }
}

/// The findings of checks, for people: why is this server out?
#[derive(Debug, Clone, Default)]
pub struct CheckReport {
    /// When the last check ended.
    pub last_check: Option<SystemTime>,
    /// How long the last check took.
    pub latency: Duration,
    /// The status of the last check, if it got one.
    pub status: Option<u16>,
    /// Why the last check failed, if it did.
    pub error: Option<String>,
    /// Failed checks in a row.
    pub consecutive_failures: u32,
    /// When the next check is due.
    pub next_check: Option<SystemTime>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(start: Health, ages: &[u64], checks: &[bool]) -> Health {
        let policy = CheckPolicy::default();
        let mut counter = Counter::default();
        let mut health = start;
        for (age, good) in ages.iter().zip(checks) {
            if let Some(next) = counter.checked(*good, health, Duration::from_secs(*age), &policy) {
                health = next;
            }
        }
        health
    }

    #[test]
    fn the_first_good_check_brings_it_up() {
        for start in [Health::Starting, Health::Ejected, Health::Down] {
            assert_eq!(run(start, &[0], &[true]), Health::Up, "{start:?}");
        }
    }

    #[test]
    fn retries_in_a_row_take_it_down() {
        assert_eq!(run(Health::Up, &[0, 30], &[false, false]), Health::Up);
        assert_eq!(run(Health::Up, &[0, 30, 60], &[false, false, false]), Health::Down);
        assert_eq!(run(Health::Up, &[0, 1, 2, 3, 4], &[false, false, true, false, false]), Health::Up);
    }

    #[test]
    fn failures_in_the_start_period_do_not_count() {
        assert_eq!(run(Health::Starting, &[0, 1, 2, 3, 39], &[false; 5]), Health::Starting);
        assert_eq!(run(Health::Starting, &[0, 1, 40, 41, 42], &[false; 5]), Health::Down);
        // The period ends with the first success.
        assert_eq!(run(Health::Starting, &[0, 1, 2, 3], &[true, false, false, false]), Health::Down);
    }

    #[test]
    fn a_server_that_is_not_up_is_checked_more_often() {
        let policy = CheckPolicy::default();
        assert_eq!(next_check(Health::Up, &policy), Duration::from_secs(30));
        assert_eq!(next_check(Health::Down, &policy), Duration::from_secs(1));
        assert_eq!(next_check(Health::Starting, &policy), Duration::from_millis(250));
    }
}
