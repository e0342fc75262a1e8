//! When a circuit opens, for how long, and what counts as a failure.

use std::time::Duration;

use crate::retry::Outcome;

/// What a circuit breaker goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Failures in a row that open a circuit; 0: it is not opened by these.
    pub consecutive_failures: u32,
    /// Failures as a share of the window's requests, in percent, that open it; 0: it is not opened by these.
    pub failure_percent: u32,
    /// So many requests the window must have for that share to count.
    pub min_requests: u32,
    /// How far back requests count.
    pub window: Duration,
    /// How long a circuit is open before trials; twice as long each time that a trial has failed,
    pub open_for: Duration,
    /// and never longer than this, for which trials are waited for as well.
    pub open_for_max: Duration,
    /// So many requests are let through as trials, and close the circuit when all have gone well.
    pub trials: u32,
    /// Statuses that are failures.
    pub statuses: Statuses,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            consecutive_failures: 5,
            failure_percent: 50,
            min_requests: 20,
            window: Duration::from_secs(10),
            open_for: Duration::from_secs(5),
            open_for_max: Duration::from_mins(1),
            trials: 3,
            // A 503 says that the server cannot now: that is sent elsewhere already, and often a lack that all share.
            statuses: [500, 502, 504].into_iter().collect(),
        }
    }
}

impl BreakerPolicy {
    /// What an attempt that ended so says. `status` is 0 where no answer came.
    pub(crate) fn sign(&self, outcome: Outcome, status: u16) -> Sign {
        match outcome {
            Outcome::Answered if self.statuses.contains(status) => Sign::Failed,
            Outcome::Answered => Sign::Good,
            // Also in the middle of an answer: on this way, the server's answers are not whole.
            Outcome::Reset | Outcome::TimedOut | Outcome::Invalid => Sign::Failed,
            // Whether somebody listens is what checks and ejection are for; the rest is the client's doing or the
            // balancer's, or a server at work.
            Outcome::ConnectFailed
            | Outcome::Exhausted
            | Outcome::Expired
            | Outcome::Idle
            | Outcome::Stale
            | Outcome::ClientLeft
            | Outcome::RequestFailed
            | Outcome::Internal => Sign::Nothing,
        }
    }
}

/// What a request says of the way that it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// An answer came that is no failure.
    Good,
    /// A failure.
    Failed,
    /// Nothing: it is not counted.
    Nothing,
}

/// Some of the statuses from 500 to 599.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statuses(u128);

impl Statuses {
    /// Those that there may be.
    pub(crate) const RANGE: std::ops::RangeInclusive<u16> = 500..=599;

    fn bit(status: u16) -> u128 {
        if Self::RANGE.contains(&status) { 1 << (status - Self::RANGE.start()) } else { 0 }
    }

    /// Whether the status is one of them.
    pub(crate) fn contains(self, status: u16) -> bool {
        self.0 & Self::bit(status) != 0
    }

    /// All of them.
    pub(crate) fn iter(self) -> impl Iterator<Item = u16> {
        Self::RANGE.filter(move |status| self.contains(*status))
    }
}

/// Others than those from 500 to 599 are left out.
impl FromIterator<u16> for Statuses {
    fn from_iter<I: IntoIterator<Item = u16>>(statuses: I) -> Self {
        Self(statuses.into_iter().fold(0, |bits, status| bits | Self::bit(status)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_a_failure() {
        use Sign::{Failed, Good, Nothing};
        let policy = BreakerPolicy::default();
        for (outcome, status, expected) in [
            (Outcome::Answered, 200, Good),
            (Outcome::Answered, 404, Good),
            (Outcome::Answered, 500, Failed),
            (Outcome::Answered, 502, Failed),
            (Outcome::Answered, 503, Good),
            (Outcome::Answered, 504, Failed),
            (Outcome::Reset, 0, Failed),
            (Outcome::Reset, 200, Failed),
            (Outcome::TimedOut, 0, Failed),
            (Outcome::Invalid, 0, Failed),
            (Outcome::ConnectFailed, 0, Nothing),
            (Outcome::Exhausted, 0, Nothing),
            (Outcome::Expired, 0, Nothing),
            (Outcome::Idle, 200, Nothing),
            (Outcome::Stale, 0, Nothing),
            (Outcome::ClientLeft, 500, Nothing),
            (Outcome::RequestFailed, 0, Nothing),
            (Outcome::Internal, 0, Nothing),
        ] {
            assert_eq!(policy.sign(outcome, status), expected, "{} {status}", outcome.name());
        }
    }

    #[test]
    fn statuses_are_those_that_were_said() {
        let statuses: Statuses = [599, 500, 404, 503, 600].into_iter().collect();
        assert_eq!(statuses.iter().collect::<Vec<_>>(), [500, 503, 599]);
        assert!(!statuses.contains(0) && !statuses.contains(404) && !statuses.contains(600));
    }
}
