//! Active health: thresholds without I/O.

use std::time::{Duration, SystemTime};

/// What checks and traffic say about a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Health {
    /// No check has been good yet; takes no traffic.
    Starting = 0,
    /// Takes traffic.
    Up = 1,
    /// Put out by failing traffic; back after the first good check.
    Ejected = 2,
    /// Put out by failing checks; back after the first good check.
    Down = 3,
}

/// When checks are made and how they count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckPolicy {
    /// The path that must answer 2xx; without one a connection is enough.
    pub path: Option<String>,
    /// Between checks of a server that is up.
    pub interval: Duration,
    /// For the whole check.
    pub timeout: Duration,
    /// Failed checks in a row that take a server out.
    pub retries: u32,
    /// After the start, failures don't count for this long, until the first success.
    pub start_period: Duration,
    /// Between checks of a server that is not up.
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

/// Checks of a server that has never been up come at least this often, so that a start is quick.
const STARTING_INTERVAL: Duration = Duration::from_millis(250);

/// Counts checks of one server and says when its health changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counter {
    failures: u32,
}

impl Counter {
    /// Takes note of a check and gives the server's new health, if it changes.
    ///
    /// `age` is the time since the server became known, `now` its health at the moment.
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

/// What the checks have found, for people: why is this server out?
#[derive(Debug, Clone, Default)]
pub struct CheckReport {
    /// When the last check ended.
    pub last_check: Option<SystemTime>,
    /// How long it took.
    pub latency: Duration,
    /// The status it got, if it got one.
    pub status: Option<u16>,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// Failed checks in a row.
    pub consecutive_failures: u32,
    /// When the next one is due.
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
