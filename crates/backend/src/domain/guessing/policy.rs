//! The policies of guessing: the number of free guesses, and the waits after these.

use std::time::Duration;

use crate::domain::Timestamp;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// The wait after the first guess that is not free. The wait doubles with each further guess.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The number of doublings from the first wait to the longest.
const DOUBLINGS: u32 = 10;

/// The longest wait. The wait is bounded, because the owner of an attacked account may have lost the known device.
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// The limits of one kind of guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The number of wrong guesses that are free in a row.
    pub free: u32,
    /// The time after which one wrong guess is forgiven.
    pub forgiven_after: Duration,
}

/// What is stored of the wrong guesses of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debt {
    /// The moment when the last wrong guess is forgiven. The debt is empty after that moment.
    pub owed_until: Timestamp,
    /// The moment of the last wrong guess.
    pub failed_at: Timestamp,
}

impl Policy {
    /// The policy for guesses at one account by clients that are not known to the account.
    pub const ACCOUNT: Self = Self { free: 5, forgiven_after: HOUR };
    /// The policy for guesses by a device that has logged in to the account before.
    pub const DEVICE: Self = Self { free: 10, forgiven_after: HOUR };
    /// The policy for guesses by one address, which a whole office may share.
    pub const ADDRESS: Self = Self { free: 30, forgiven_after: MINUTE };
    /// The policy for new accounts from one address. A whole office may register on one day, but one address may not
    /// make accounts without end.
    pub const REGISTRATIONS: Self = Self { free: 300, forgiven_after: Duration::from_secs(12) };

    /// The longest debt. A guess that was made during the longest wait does not make the debt longer.
    pub fn most(self) -> Duration {
        self.forgiven_after * (self.free + DOUBLINGS)
    }

    /// The moment from which the next guess is allowed; none where the next guess is free. A debt within the free
    /// guesses never makes anybody wait, although the clock of the instance that counted the last guess may be ahead.
    pub fn next_at(self, debt: Debt) -> Option<Timestamp> {
        self.wait(self.guesses(debt)).map(|wait| debt.failed_at + wait)
    }

    /// The number of wrong guesses that are not forgiven at `now`.
    pub fn open_guesses(self, debt: Debt, now: Timestamp) -> u32 {
        let owed = u128::try_from((debt.owed_until - now).whole_milliseconds()).unwrap_or(0);
        u32::try_from(owed.div_ceil(self.forgiven_after.as_millis())).unwrap_or(u32::MAX)
    }

    /// The number of wrong guesses that were not forgiven when the last guess was made.
    fn guesses(self, debt: Debt) -> u32 {
        self.open_guesses(debt, debt.failed_at)
    }

    fn wait(self, guesses: u32) -> Option<Duration> {
        let doublings = guesses.checked_sub(self.free)?.min(DOUBLINGS);
        Some((FIRST_WAIT * (1 << doublings)).min(LONGEST_WAIT))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: Timestamp = datetime!(2026-03-01 12:00 UTC);

    /// As a store counts.
    fn counted(policy: Policy, debt: Option<Debt>, at: Timestamp) -> Debt {
        let before = debt.map_or(at, |debt| debt.owed_until.max(at));
        Debt { owed_until: (before + policy.forgiven_after).min(at + policy.most()), failed_at: at }
    }

    #[test]
    fn the_first_are_free_and_the_rest_wait_longer_and_longer() {
        let (mut debt, mut at, mut waits) = (None, NOW, Vec::new());
        for _ in 0..18 {
            let next = counted(Policy::ACCOUNT, debt, at);
            let next_at = Policy::ACCOUNT.next_at(next).unwrap_or(at);
            waits.push((next_at - at).whole_seconds());
            (debt, at) = (Some(next), next_at);
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
    }

    #[test]
    fn guesses_are_forgiven_one_by_one() {
        let five = (0..5).fold(None, |debt, _| Some(counted(Policy::ACCOUNT, debt, NOW))).unwrap();
        assert_eq!(Policy::ACCOUNT.next_at(five), Some(NOW + Duration::from_secs(1)));
        // An hour later one is forgiven, so that the next is the fifth again, and not the sixth.
        let later = NOW + HOUR;
        let next = counted(Policy::ACCOUNT, Some(five), later);
        assert_eq!(Policy::ACCOUNT.next_at(next), Some(later + Duration::from_secs(1)));
        let much_later = five.owed_until;
        assert_eq!(Policy::ACCOUNT.next_at(counted(Policy::ACCOUNT, Some(five), much_later)), None);
    }

    #[test]
    fn a_long_attack_leaves_no_longer_debt_than_a_short_one() {
        let mut debt = None;
        for _ in 0..1000 {
            debt = Some(counted(Policy::ACCOUNT, debt, NOW));
        }
        assert_eq!(debt.unwrap().owed_until, NOW + HOUR * 15);
    }

    #[test]
    fn an_office_whose_people_mistype_is_never_stopped() {
        let (mut debt, mut at) = (None, NOW);
        for _ in 0..500 {
            let next = counted(Policy::ADDRESS, debt, at);
            assert_eq!(Policy::ADDRESS.next_at(next), None);
            (debt, at) = (Some(next), at + MINUTE);
        }
    }

    #[test]
    fn accounts_come_one_after_the_other_once_an_office_has_its_own() {
        let (mut debt, mut at, mut made) = (None, NOW, 0);
        while at < NOW + HOUR {
            let next = counted(Policy::REGISTRATIONS, debt, at);
            (debt, made) = (Some(next), made + 1);
            at = Policy::REGISTRATIONS.next_at(next).unwrap_or(at + Duration::from_millis(1)).max(at);
        }
        assert!((550..620).contains(&made), "{made}");
    }

    #[test]
    fn clocks_that_differ_stop_nobody() {
        let ahead = counted(Policy::ACCOUNT, None, NOW + Duration::from_secs(30));
        let behind = Debt { failed_at: ahead.failed_at, ..counted(Policy::ACCOUNT, Some(ahead), NOW) };
        assert_eq!(Policy::ACCOUNT.guesses(behind), 2);
        assert_eq!(Policy::ACCOUNT.next_at(behind), None);
    }
}
