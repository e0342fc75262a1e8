//! Dates in HTTP fields (RFC 9110 section 5.6.7): the present form and the two obsolete ones.

use std::time::SystemTime;

use time::{
    Date, OffsetDateTime, Time, UtcDateTime, format_description::BorrowedFormatItem,
    macros::format_description, parsing::Parsed,
};

type Format = &'static [BorrowedFormatItem<'static>];

/// `Sun, 06 Nov 1994 08:49:37 GMT`
const IMF_FIXDATE: Format =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
/// `Sunday, 06-Nov-94 08:49:37 GMT`
const RFC_850: Format = format_description!(
    "[weekday repr:long], [day]-[month repr:short]-[year repr:last_two] [hour]:[minute]:[second] GMT"
);
/// `Sun Nov  6 08:49:37 1994`
const ASCTIME: Format = format_description!(
    "[weekday repr:short] [month repr:short] [day padding:space] [hour]:[minute]:[second] [year]"
);
/// A year of two digits that would be further ahead than this is in the past.
const MOST_AHEAD: i32 = 50;

/// The date in a field's value; `None` where the value is no date. `now` decides the century of a year of two digits.
pub(super) fn http_date(value: &[u8], now: SystemTime) -> Option<SystemTime> {
    [IMF_FIXDATE, RFC_850, ASCTIME].into_iter().find_map(|format| read(value, format, now))
}

fn read(value: &[u8], format: Format, now: SystemTime) -> Option<SystemTime> {
    let mut parsed = Parsed::new();
    let rest = parsed.parse_items(value, format).ok()?;
    let year = match (parsed.year(), parsed.year_last_two()) {
        (Some(year), _) => year,
        (None, Some(digits)) => full_year(digits, OffsetDateTime::from(now).year()),
        (None, None) => return None,
    };
    let date = Date::from_calendar_date(year, parsed.month()?, parsed.day()?.get()).ok()?;
    // A leap second is the one before it.
    let second = parsed.second()?.min(59);
    let time = Time::from_hms(parsed.hour_24()?, parsed.minute()?, second).ok()?;
    rest.is_empty().then(|| UtcDateTime::new(date, time).into())
}

/// The year that ends in these digits and is not more than 50 years ahead.
fn full_year(digits: u8, this_year: i32) -> i32 {
    let latest = this_year + MOST_AHEAD;
    latest - (latest - i32::from(digits)).rem_euclid(100)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOVEMBER_1994: u64 = 784_111_777;

    fn now() -> SystemTime {
        // 2026-11-27
        SystemTime::UNIX_EPOCH + Duration::from_hours(498_816)
    }

    fn seconds(text: &str) -> Option<u64> {
        let date = http_date(text.as_bytes(), now())?;
        Some(date.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn each_of_the_three_forms_is_read() {
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(seconds(text), Some(NOVEMBER_1994), "{text}");
        }
        assert_eq!(seconds("Wed Nov 16 08:49:37 1994"), Some(NOVEMBER_1994 + 10 * 86_400));
        assert_eq!(seconds("Sat, 31 Dec 2016 23:59:60 GMT"), seconds("Sat, 31 Dec 2016 23:59:59 GMT"));
    }

    #[test]
    fn a_year_of_two_digits_is_at_most_fifty_years_ahead() {
        for (digits, year) in
            [(0, 2000), (26, 2026), (27, 2027), (75, 2075), (76, 2076), (77, 1977), (99, 1999)]
        {
            assert_eq!(full_year(digits, 2026), year, "{digits}");
        }
        assert_eq!(full_year(5, 2060), 2105);
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "0",
            "-1",
            "yesterday",
            "784111777",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06-Nov-94 08:49:37 GMT",
            "1994-11-06T08:49:37Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
