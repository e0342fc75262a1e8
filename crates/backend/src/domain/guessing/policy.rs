//! The policies of guessing: how many guesses are free, and how long one waits after these.

use std::time::Duration;

use crate::domain::Timestamp;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// The wait after the first guess that is not free. It doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// How many times the first wait doubles until it is the longest.
const DOUBLINGS: u32 = 10;

/// Nobody waits longer than this: the owner of an account that is attacked may have lost the device that is known.
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// The limits of one kind of guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How many wrong guesses may follow each other at once.
    pub free: u32,
    /// How long it takes until one of them is forgiven.
    pub forgiven_after: Duration,
}

/// What is stored of the wrong guesses of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debt {
    /// When the last of them is forgiven: after this moment there is none.
    pub owed_until: Timestamp,
    /// When the last of them was made.
    pub failed_at: Timestamp,
}

impl Policy {
    /// At one account, by anybody who is not known there.
    pub const ACCOUNT: Self = Self { free: 5, forgiven_after: HOUR };
    /// By a device that has logged in to the account before.
    pub const DEVICE: Self = Self { free: 10, forgiven_after: HOUR };
    /// By an address, which a whole office may share.
    pub const ADDRESS: Self = Self { free: 30, forgiven_after: MINUTE };
    /// New accounts from an address: all of an office on their first day, but not one after the other for ever.
    pub const REGISTRATIONS: Self = Self { free: 300, forgiven_after: Duration::from_secs(12) };

    /// The longest debt: a guess that is made in spite of the longest wait does not make it longer.
    pub fn most(self) -> Duration {
        self.forgiven_after * (self.free + DOUBLINGS)
    }

    /// When the next guess may be made; none where there is nothing to wait for. Of the instance that counted the last
    /// one, the clock may be ahead, which must not stop anybody whose guesses are free.
    pub fn next_at(self, debt: Debt) -> Option<Timestamp> {
        self.wait(self.guesses(debt)).map(|wait| debt.failed_at + wait)
    }

    /// How many of them are not forgiven at `now`.
    pub fn open_guesses(self, debt: Debt, now: Timestamp) -> u32 {
        let owed = u128::try_from((debt.owed_until - now).whole_milliseconds()).unwrap_or(0);
        u32::try_from(owed.div_ceil(self.forgiven_after.as_millis())).unwrap_or(u32::MAX)
    }

    /// How many were not forgiven when the last one was made.
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
