//! The time of day for log lines, without a system call for each.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;

/// Turns instants into written times; the text of a second is kept until the next.
#[derive(Debug)]
pub(super) struct Clock {
    instant: Instant,
    micros: u64,
    second: u64,
    /// With the place of the milliseconds.
    rfc3339: [u8; 24],
    common: [u8; 26],
}

impl Clock {
    pub(super) fn new() -> Self {
        let mut clock = Self {
            instant: Instant::now(),
            micros: 0,
            second: u64::MAX,
            rfc3339: [b'0'; 24],
            common: [b'0'; 26],
        };
        clock.correct();
        clock
    }

    /// Follows the system's clock, which may have been set meanwhile.
    pub(super) fn correct(&mut self) {
        self.instant = Instant::now();
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.micros = u64::try_from(since_epoch.as_micros()).unwrap_or(0);
    }

    fn micros_at(&self, at: Instant) -> u64 {
        let micros =
            |duration: Duration| duration.as_secs() * 1_000_000 + u64::from(duration.subsec_micros());
        match at.checked_duration_since(self.instant) {
            Some(ahead) => self.micros + micros(ahead),
            None => self.micros.saturating_sub(micros(self.instant.saturating_duration_since(at))),
        }
    }

    /// `2026-11-24T03:01:20.123Z` (RFC 3339).
    pub(super) fn rfc3339(&mut self, at: Instant, out: &mut Vec<u8>) {
        let micros = self.micros_at(at);
        self.turn(micros);
        let millis = micros / 1000 % 1000;
        let digit = |divisor: u64| b'0' + u8::try_from(millis / divisor % 10).unwrap_or(0);
        let [.., hundreds, tens, ones, _] = &mut self.rfc3339;
        (*hundreds, *tens, *ones) = (digit(100), digit(10), digit(1));
        out.extend_from_slice(&self.rfc3339);
    }

    /// `24/Nov/2026:03:01:20 +0000`, as the combined format has it.
    pub(super) fn common(&mut self, at: Instant, out: &mut Vec<u8>) {
        let micros = self.micros_at(at);
        self.turn(micros);
        out.extend_from_slice(&self.common);
    }

    fn turn(&mut self, micros: u64) {
        let second = micros / 1_000_000;
        if second == self.second {
            return;
        }
        self.second = second;
        let date = OffsetDateTime::from_unix_timestamp(i64::try_from(second).unwrap_or(0))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (year, month, day) = date.to_calendar_date();
        let (hour, minute, second) = date.to_hms();
        let month_number = u8::from(month);
        let rfc3339 = format!("{year:04}-{month_number:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z");
        let month_name = &month.to_string()[..3];
        let common = format!("{day:02}/{month_name}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000");
        copy(&mut self.rfc3339, &rfc3339);
        copy(&mut self.common, &common);
    }
}

/// Four-digit years make the lengths fit.
fn copy(to: &mut [u8], text: &str) {
    if to.len() == text.len() {
        to.copy_from_slice(text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_they_are_written() {
        let mut clock = Clock::new();
        clock.micros = 1_795_489_280_123_456;
        let at = clock.instant;
        let mut out = Vec::new();
        clock.rfc3339(at, &mut out);
        out.push(b' ');
        clock.rfc3339(at + Duration::from_millis(877), &mut out);
        out.push(b' ');
        clock.common(at, &mut out);
        let expected = "2026-11-24T03:01:20.123Z 2026-11-24T03:01:21.000Z 24/Nov/2026:03:01:20 +0000";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
