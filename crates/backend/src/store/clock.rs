//! The clock of all instances, which is the database's.
//!
//! One instance writes times (a replaced token, an expiry, the times of an access token), and another one judges by
//! them. The clocks of hosts differ by more than some of these times: a grace of 10 s could be over before it began.
//! So every instance takes the time from the shared database.

use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::domain::{self, Timestamp};

/// The difference of clocks from which on the log tells of it.
const NOTABLE: time::Duration = time::Duration::seconds(5);

/// The longest reading that is used. A slower answer says too little of the moment at which it was given.
const SLOWEST: Duration = Duration::from_secs(1);

/// The clock of a remote database, as this instance knows it: the last reading, and the time since by a monotonic
/// clock. Without a reading the clock is this machine's.
#[derive(Debug, Default)]
pub struct DatabaseClock(RwLock<Option<Reading>>);

#[derive(Debug, Clone, Copy)]
struct Reading {
    time: Timestamp,
    at: Instant,
}

impl DatabaseClock {
    /// Takes the reading `time` of the database. The question was asked at `asked` and answered at `answered`.
    pub fn set(&self, time: Timestamp, asked: Instant, answered: Instant) {
        let took = answered.saturating_duration_since(asked);
        let is_first = self.0.read().unwrap_or_else(PoisonError::into_inner).is_none();
        // The first one is better than none, however slow it was.
        if took > SLOWEST && !is_first {
            return;
        }
        let reading = Reading { time, at: asked + took / 2 };
        let difference = reading.now(answered) - domain::now();
        let known = self.0.write().unwrap_or_else(PoisonError::into_inner).replace(reading);
        if known.is_none() && difference.abs() > NOTABLE {
            let seconds = difference.whole_seconds();
            tracing::warn!(
                seconds,
                "the database's clock differs from this machine's; the database's counts"
            );
        }
    }

    /// The time now, to the millisecond.
    pub fn now(&self) -> Timestamp {
        let reading = *self.0.read().unwrap_or_else(PoisonError::into_inner);
        reading.map_or_else(domain::now, |reading| reading.now(Instant::now()))
    }
}

impl Reading {
    fn now(self, at: Instant) -> Timestamp {
        domain::cut_to_millisecond(self.time + at.saturating_duration_since(self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_by_the_last_reading_and_never_by_the_machine() {
        let clock = DatabaseClock::default();
        let own = domain::now();
        assert!((clock.now() - own).abs() < NOTABLE);
        for hours in [-3, 5] {
            let (asked, theirs) = (Instant::now(), domain::now() + time::Duration::hours(hours));
            clock.set(theirs, asked, asked + Duration::from_millis(200));
            // The answer was given in the middle of the question.
            let told = clock.now() - theirs;
            assert!((-0.2..5.0).contains(&told.as_seconds_f64()), "{told}");
        }
        let before = clock.now();
        let asked = Instant::now();
        clock.set(own, asked, asked + Duration::from_secs(2));
        assert!(clock.now() >= before, "an answer that was slow says nothing");
    }
}
