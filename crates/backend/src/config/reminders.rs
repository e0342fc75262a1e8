//! The times of reminders (`REMIND_AFTER`).

use std::str::FromStr;

use service_kit::duration;

use crate::domain::onboarding::{BadSchedule, ReminderSchedule};

/// The value of `REMIND_AFTER`: durations separated by commas, or `off`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RemindAfter(pub(super) ReminderSchedule);

impl FromStr for RemindAfter {
    type Err = BadSchedule;

    fn from_str(text: &str) -> Result<Self, BadSchedule> {
        if text.trim() == "off" {
            return ReminderSchedule::new(Vec::new()).map(Self);
        }
        let time = |part: &str| {
            let time = duration::parse(part).map_err(|_| BadSchedule)?;
            time::Duration::try_from(time).map_err(|_| BadSchedule)
        };
        let times = text.split(',').map(time).collect::<Result<Vec<_>, _>>()?;
        ReminderSchedule::new(times).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_listed_or_none_is_meant() {
        let parse = |text: &str| text.parse::<RemindAfter>().map(|after| after.0);
        assert_eq!(parse("48h, 7d"), Ok(ReminderSchedule::default()));
        assert!(parse("off").unwrap().is_off());
        assert!(!parse("5s").unwrap().is_off());
        for bad in ["", "48", "7d,48h", "48h,", "never", "1ms", "1h,2h,3h,4h,5h", "100d"] {
            assert_eq!(parse(bad), Err(BadSchedule), "{bad:?}");
        }
    }
}
