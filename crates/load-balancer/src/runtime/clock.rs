//! The time of day, read once a tick.

use std::cell::{Cell, RefCell};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// The format of `Date` (RFC 9110 section 5.6.7).
const IMF_FIXDATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// The time of day of one worker, at most a tick old.
#[derive(Debug)]
pub(crate) struct Clock {
    now: Cell<SystemTime>,
    second: Cell<u64>,
    date: RefCell<[u8; 29]>,
}

impl Clock {
    pub(crate) fn new(now: SystemTime) -> Self {
        let clock = Self { now: Cell::new(now), second: Cell::new(u64::MAX), date: RefCell::new([b' '; 29]) };
        clock.set(now);
        clock
    }

    /// Sets the time.
    pub(crate) fn set(&self, now: SystemTime) {
        self.now.set(now);
        let second = self.since_epoch().as_secs();
        if self.second.replace(second) == second {
            return;
        }
        // The format is fixed and every field is in range, so that it cannot fail; were it to, the old date stays.
        if let Ok(text) = OffsetDateTime::from(now).format(IMF_FIXDATE)
            && let Ok(date) = <[u8; 29]>::try_from(text.as_bytes())
        {
            *self.date.borrow_mut() = date;
        }
    }

    /// Milliseconds since 1970.
    pub(crate) fn unix_millis(&self) -> u64 {
        u64::try_from(self.since_epoch().as_millis()).unwrap_or(u64::MAX)
    }

    fn since_epoch(&self) -> Duration {
        self.now.get().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    /// The value of a `Date` field.
    pub(crate) fn date(&self) -> [u8; 29] {
        *self.date.borrow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_an_imf_fixdate() {
        let clock = Clock::new(UNIX_EPOCH + Duration::from_secs(784_111_777));
        assert_eq!(&clock.date(), b"Sun, 06 Nov 1994 08:49:37 GMT");
        clock.set(UNIX_EPOCH + Duration::from_millis(784_111_778_500));
        assert_eq!(&clock.date(), b"Sun, 06 Nov 1994 08:49:38 GMT");
        assert_eq!(clock.unix_millis(), 784_111_778_500);
    }
}
