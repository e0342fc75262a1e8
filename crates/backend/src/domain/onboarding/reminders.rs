//! Decides when people who are stuck are reminded. The functions are pure and take the time as an argument.
//!
//! Each reminder has a window in which the reminder makes sense. The window begins at the reminder's time and ends at
//! the time of the next reminder. The last window is as long as the time before it. A reminder that could not be
//! written in its window is left out. So nobody gets two reminders at once after an outage, and nobody who gave up a
//! year ago gets any.

use time::Duration;

use super::LifeFacts;
use crate::domain::Timestamp;

/// The largest number of reminders.
const MAX_REMINDERS: usize = 4;
const SHORTEST: Duration = Duration::SECOND;
const LONGEST: Duration = Duration::days(90);
/// The largest difference of the clocks of instances. The difference is added to each time, so that no reminder comes
/// early.
const CLOCK_TOLERANCE: Duration = Duration::seconds(30);

/// The times without a change after which a person is reminded: one for each reminder. An empty schedule sends no
/// reminders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReminderSchedule(Vec<Duration>);

/// The times are more than four, do not rise, or are too short or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be off, or at most {MAX_REMINDERS} times between 1s and 90d, each longer than the one before")]
pub struct BadSchedule;

/// The window of one reminder at one moment: the times between which a person's last change lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReminderWindow {
    /// The number of the reminder, from 1 on.
    pub number: u8,
    /// Whether the reminder is the last one.
    pub last: bool,
    /// The earliest last change, exclusive. For an earlier change, the reminder comes too late.
    pub changed_after: Timestamp,
    /// The latest last change, inclusive.
    pub changed_until: Timestamp,
    /// The time from the last change to the end of the window.
    pub ends_after: Duration,
}

impl Default for ReminderSchedule {
    /// Reminders after 48 hours and after 7 days.
    fn default() -> Self {
        Self(vec![Duration::hours(48), Duration::days(7)])
    }
}

impl ReminderSchedule {
    /// Reminders after each of the times.
    ///
    /// # Errors
    ///
    /// [`BadSchedule`] where the times make no schedule.
    pub fn new(times: Vec<Duration>) -> Result<Self, BadSchedule> {
        let bounded = times.iter().all(|time| (SHORTEST..=LONGEST).contains(time));
        let good = times.len() <= MAX_REMINDERS && bounded && times.is_sorted_by(|one, next| one < next);
        good.then_some(Self(times)).ok_or(BadSchedule)
    }

    /// Whether the schedule is empty.
    pub fn is_off(&self) -> bool {
        self.0.is_empty()
    }

    /// The time without a change after which a person is stuck: that of the first reminder, or of the first default
    /// one where the schedule is empty.
    pub fn stuck_after(&self) -> Duration {
        tolerant(self.0.first().copied().unwrap_or(Duration::hours(48)))
    }

    /// The windows of all reminders at `now`.
    pub fn windows(&self, now: Timestamp) -> impl Iterator<Item = ReminderWindow> {
        self.0.iter().enumerate().map(move |(index, time)| {
            let ends_after = self.0.get(index + 1).copied().unwrap_or(*time * 2);
            let ends_after = tolerant(ends_after);
            ReminderWindow {
                number: u8::try_from(index + 1).unwrap_or(u8::MAX),
                last: index + 1 == self.0.len(),
                changed_after: now - ends_after,
                changed_until: now - tolerant(*time),
                ends_after,
            }
        })
    }

    /// The reminder that is due at `now` to a person whose last reminder had the number `reminded`. Each
    /// implementation of the store decides the same in SQL.
    pub fn due(&self, facts: &LifeFacts, reminded: u8, now: Timestamp) -> Option<ReminderWindow> {
        if !facts.is_stuck(self.stuck_after(), now) {
            return None;
        }
        self.windows(now).find(|window| {
            let open = facts.changed_at > window.changed_after && facts.changed_at <= window.changed_until;
            open && window.number > reminded
        })
    }
}

/// The time with [`CLOCK_TOLERANCE`] added, or with less for a time that is very short.
fn tolerant(time: Duration) -> Duration {
    crate::domain::whole_milliseconds(time + CLOCK_TOLERANCE.min(time / 10))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const AT: Timestamp = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn a_schedule_is_few_growing_times() {
        let new =
            |seconds: &[i64]| ReminderSchedule::new(seconds.iter().map(|s| Duration::seconds(*s)).collect());
        for good in [&[][..], &[1], &[2, 5], &[1, 2, 3, 90 * 86400]] {
            assert!(new(good).is_ok(), "{good:?}");
        }
        for bad in [&[0][..], &[-1], &[5, 5], &[5, 2], &[1, 2, 3, 4, 5], &[90 * 86400 + 1]] {
            assert_eq!(new(bad), Err(BadSchedule), "{bad:?}");
        }
        assert!(new(&[]).unwrap().is_off() && !ReminderSchedule::default().is_off());
        assert_eq!(new(&[]).unwrap().stuck_after(), ReminderSchedule::default().stuck_after());
        assert_eq!(new(&[10, 20]).unwrap().stuck_after(), Duration::seconds(11));
    }

    #[test]
    fn each_reminder_has_its_window_and_none_comes_twice() {
        let schedule = ReminderSchedule::default();
        let facts = LifeFacts { version: 3, changed_at: AT, activated_at: None, completed_at: None };
        let due = |silence: Duration, reminded: u8| {
            schedule.due(&facts, reminded, AT + silence).map(|window| (window.number, window.last))
        };
        let (hour, late) = (Duration::HOUR, CLOCK_TOLERANCE);
        let (first, last) = (Some((1, false)), Some((2, true)));
        for (silence, reminded, expected) in [
            (hour * 48, 0, None),
            (hour * 48 + late, 0, first),
            (hour * 48 + late, 1, None),
            (hour * 24 * 7, 0, first),
            (hour * 24 * 7 + late, 0, last),
            (hour * 24 * 7 + late, 1, last),
            (hour * 24 * 7 + late, 2, None),
            (hour * 24 * 14, 1, last),
            (hour * 24 * 14 + late, 1, None),
            (hour * 24 * 400, 0, None),
            (-late, 0, None),
        ] {
            assert_eq!(due(silence, reminded), expected, "{silence} {reminded}");
        }
        let done = LifeFacts { activated_at: Some(AT), ..facts };
        assert_eq!(schedule.due(&done, 0, AT + hour * 72), None, "it was reopened");
    }
}
