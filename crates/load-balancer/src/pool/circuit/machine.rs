//! The states of one circuit: closed, open, half-open. Pure: it is told the time, and whoever uses it locks.
//!
//! ```text
//! closed --failures in a row, or a share of failures over the window--> open
//! open --after its time, with the first request--> half-open
//! half-open --all trials good--> closed      half-open --one trial failed--> open, for twice as long
//! any --a check brings the server back--> closed
//! ```

use std::fmt;

use super::policy::{BreakerPolicy, Sign};
use super::window::{PARTS, Window};

/// Where a circuit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CircuitState {
    /// Requests go through and are counted.
    Closed = 0,
    /// None goes through, as long as another server is there.
    Open = 1,
    /// A few go through as trials.
    HalfOpen = 2,
}

impl CircuitState {
    /// `closed`, `open` or `half_open`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// A circuit has changed its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    /// To this one.
    pub to: CircuitState,
    /// Why.
    pub why: Why,
}

/// Why a circuit stands where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// So many failures in a row.
    InRow(u32),
    /// A share of failures over the window.
    Share {
        /// Of so many requests,
        requests: u32,
        /// so many failed.
        failures: u32,
    },
    /// A trial has failed.
    TrialFailed,
    /// The time for trials has come, so many of them.
    Trials(u32),
    /// So many trials have gone well.
    TrialsGood(u32),
    /// A check has brought the server back.
    Returned,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = |count: u32| if count == 1 { "" } else { "s" };
        match *self {
            Self::InRow(failures) => write!(f, "{failures} failure{} in a row", s(failures)),
            Self::Share { requests, failures } => write!(f, "{failures} of {requests} requests failed"),
            Self::TrialFailed => f.write_str("a trial failed"),
            Self::Trials(trials) => write!(f, "up to {trials} request{} as trials", s(trials)),
            Self::TrialsGood(trials) => write!(f, "{trials} trial{} went well", s(trials)),
            Self::Returned => f.write_str("a check has found the server well again"),
        }
    }
}

/// That a request was let through; it counts in the state that it began in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u32);

#[derive(Debug, Clone, Copy)]
enum State {
    Closed,
    Open {
        until: u64,
    },
    HalfOpen {
        in_flight: u32,
        good: u32,
        /// Trials that have not ended then are not waited for any longer.
        ends: u64,
    },
}

/// One circuit. Times are nanoseconds from a start that its owner has chosen.
#[derive(Debug)]
pub(super) struct Machine {
    policy: BreakerPolicy,
    state: State,
    /// Grows with each change of the state and each round of trials.
    epoch: u32,
    in_row: u32,
    window: Window,
    /// Openings without a closing in between.
    openings: u32,
}

impl Machine {
    pub(super) fn new(policy: BreakerPolicy) -> Self {
        Self { policy, state: State::Closed, epoch: 0, in_row: 0, window: Window::default(), openings: 0 }
    }

    pub(super) fn state(&self) -> CircuitState {
        match self.state {
            State::Closed => CircuitState::Closed,
            State::Open { .. } => CircuitState::Open,
            State::HalfOpen { .. } => CircuitState::HalfOpen,
        }
    }

    /// From when on [`enter`](Self::enter) lets a request through, as long as nothing else happens.
    pub(super) fn admits_from(&self) -> u64 {
        match self.state {
            State::Closed => 0,
            State::Open { until } => until,
            State::HalfOpen { in_flight, good, ends } => {
                if in_flight + good < self.policy.trials {
                    0
                } else {
                    ends
                }
            }
        }
    }

    /// Failures in a row, and requests and failures of the window.
    pub(super) fn counts(&self, now: u64) -> (u32, u32, u32) {
        let (requests, failures) = self.window.sum(self.part(now));
        (self.in_row, requests, failures)
    }

    /// Lets a request through, or not.
    pub(super) fn enter(&mut self, now: u64) -> Option<(Ticket, Option<Change>)> {
        if now < self.admits_from() {
            return None;
        }
        let mut change = None;
        match &mut self.state {
            State::Closed => {}
            State::Open { .. } => {
                self.begin_trials(now);
                let why = Why::Trials(self.policy.trials);
                change = Some(Change { to: CircuitState::HalfOpen, why });
            }
            State::HalfOpen { in_flight, good, .. } if *in_flight + *good < self.policy.trials => {
                *in_flight += 1;
            }
            State::HalfOpen { .. } => self.begin_trials(now),
        }
        Some((Ticket(self.epoch), change))
    }

    /// A round of trials, of which the first is let through.
    fn begin_trials(&mut self, now: u64) {
        self.epoch = self.epoch.wrapping_add(1);
        let ends = now.saturating_add(nanos(self.policy.open_for_max));
        self.state = State::HalfOpen { in_flight: 1, good: 0, ends };
    }

    /// A request that was let through has ended. One of an earlier state says nothing any more.
    pub(super) fn leave(&mut self, ticket: Ticket, sign: Sign, now: u64) -> Option<Change> {
        if ticket.0 != self.epoch {
            return None;
        }
        match &mut self.state {
            State::Closed => self.count(sign, now),
            // No ticket is of an open circuit.
            State::Open { .. } => None,
            State::HalfOpen { in_flight, good, .. } => {
                *in_flight = in_flight.saturating_sub(1);
                match sign {
                    Sign::Nothing => None,
                    Sign::Failed => Some(self.open(Why::TrialFailed, now)),
                    Sign::Good => {
                        *good += 1;
                        let done = *good >= self.policy.trials;
                        done.then(|| self.close(Why::TrialsGood(self.policy.trials)))
                    }
                }
            }
        }
    }

    fn count(&mut self, sign: Sign, now: u64) -> Option<Change> {
        let failed = match sign {
            Sign::Nothing => return None,
            Sign::Good => false,
            Sign::Failed => true,
        };
        let part = self.part(now);
        self.window.count(part, failed);
        self.in_row = if failed { self.in_row.saturating_add(1) } else { 0 };
        let why = failed.then(|| self.reason_to_open(part)).flatten()?;
        Some(self.open(why, now))
    }

    fn reason_to_open(&self, part: u64) -> Option<Why> {
        let BreakerPolicy { consecutive_failures, failure_percent, min_requests, .. } = self.policy;
        if consecutive_failures > 0 && self.in_row >= consecutive_failures {
            return Some(Why::InRow(self.in_row));
        }
        let (requests, failures) = self.window.sum(part);
        let share = u64::from(failures) * 100 >= u64::from(requests) * u64::from(failure_percent);
        let by_share = failure_percent > 0 && requests >= min_requests && share;
        by_share.then_some(Why::Share { requests, failures })
    }

    fn open(&mut self, why: Why, now: u64) -> Change {
        let longest = nanos(self.policy.open_for_max);
        let doubled = nanos(self.policy.open_for).saturating_mul(1 << self.openings.min(40));
        self.openings = self.openings.saturating_add(1);
        self.turn(State::Open { until: now.saturating_add(doubled.min(longest)) });
        Change { to: CircuitState::Open, why }
    }

    fn close(&mut self, why: Why) -> Change {
        self.openings = 0;
        self.turn(State::Closed);
        Change { to: CircuitState::Closed, why }
    }

    fn turn(&mut self, state: State) {
        self.epoch = self.epoch.wrapping_add(1);
        self.state = state;
        self.in_row = 0;
        self.window = Window::default();
    }

    /// The server has been out and is back by a good check: what was before says nothing of it.
    pub(super) fn server_returned(&mut self) -> Option<Change> {
        let was_closed = matches!(self.state, State::Closed);
        let change = self.close(Why::Returned);
        (!was_closed).then_some(change)
    }

    /// Which part of a window a time is in.
    fn part(&self, now: u64) -> u64 {
        now / (nanos(self.policy.window) / PARTS).max(1)
    }
}

fn nanos(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
