//! The policy of attempts: when a message is tried again, and when it is given up. The functions are pure and take
//! the time as an argument.

use time::Duration;

use crate::domain::Timestamp;
use crate::mail::SendError;
use crate::store::outbox::{ClaimedMessage, Fate};

/// The length of a lease. A lease is longer than [`crate::mail::smtp::SEND_LIMIT`], [`BEGIN_WITHIN`] and a clock
/// difference of 30 s together, so that no message is leased anew while it is being sent.
pub const LEASE: Duration = Duration::seconds(90);
/// The time of a lease in which its messages are begun.
pub const BEGIN_WITHIN: std::time::Duration = std::time::Duration::from_secs(15);
/// The number of messages in a lease. The number is small, because the messages of an instance that dies wait for the
/// end of the lease.
pub const BATCH: u32 = 5;
/// The time after which a mail is given up. RFC 5321 section 4.5.4.1 says 4 to 5 days at least.
pub const GIVE_UP_AFTER: Duration = Duration::days(4);

const FIRST_PAUSE: Duration = Duration::seconds(5);
const LONGEST_PAUSE: Duration = Duration::minutes(15);

/// Whether the message has expired.
pub fn is_worthless(claimed: &ClaimedMessage, now: Timestamp) -> bool {
    claimed.message.expires_at.is_some_and(|end| end <= now)
}

/// The fate of a message after a failed attempt. `share` is a random number from 0 to 1, so that messages that failed
/// together do not come again together.
pub fn after_failure(claimed: &ClaimedMessage, error: &SendError, now: Timestamp, share: f64) -> Fate {
    let reason = error.to_string();
    let next_attempt_at = now + pause(claimed.attempts, share);
    let end = claimed.queued_at + GIVE_UP_AFTER;
    let end = claimed.message.expires_at.map_or(end, |expires_at| end.min(expires_at));
    if matches!(error, SendError::Refused(_)) {
        Fate::Dead { error: reason }
    } else if next_attempt_at >= end {
        Fate::Dead { error: format!("it is too late for another attempt; {reason}") }
    } else {
        Fate::Again { next_attempt_at, error: reason }
    }
}

/// The pause after `attempts` attempts. The pause doubles up to a limit, with a random addition of up to a fifth.
pub fn pause(attempts: i64, share: f64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or_default();
    let pause = (FIRST_PAUSE * 2_i32.pow(doublings)).min(LONGEST_PAUSE);
    crate::domain::whole_milliseconds(pause * (1.0 + share.clamp(0.0, 1.0) / 5.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::smtp::SEND_LIMIT;
    use crate::store::outbox::{NewMessage, SealedParameters};
    use time::macros::datetime;
    use uuid::Uuid;

    const AT: Timestamp = datetime!(2026-03-01 12:00 UTC);

    fn claimed(attempts: i64, expires_at: Option<Timestamp>) -> ClaimedMessage {
        let parameters = SealedParameters { kid: String::new(), sealed: Vec::new() };
        let message = NewMessage {
            id: Uuid::nil(),
            channel: "mail".into(),
            topic: "verify_email".into(),
            user_id: None,
            recipient: "a@b.example".into(),
            language: "en".into(),
            parameters,
            expires_at,
            in_order: false,
        };
        ClaimedMessage { message, created_at: AT, queued_at: AT, position: None, attempts }
    }

    #[test]
    fn a_lease_outlasts_what_is_begun_in_it_whatever_the_clocks_say() {
        assert!(LEASE >= Duration::try_from(BEGIN_WITHIN + SEND_LIMIT).unwrap() + Duration::seconds(30));
    }

    #[test]
    fn pauses_double_up_to_a_limit_and_differ() {
        let seconds: Vec<i64> = (1..=10).map(|attempts| pause(attempts, 0.0).whole_seconds()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!((pause(1, 1.0), pause(i64::MAX, 0.0)), (Duration::seconds(6), LONGEST_PAUSE));
    }

    #[test]
    fn what_may_pass_is_tried_again_until_it_is_too_late() {
        let deferred = SendError::Deferred("450 later".into());
        let again = |claimed: &ClaimedMessage, now| after_failure(claimed, &deferred, now, 0.0);
        let Fate::Again { next_attempt_at, error } = again(&claimed(2, None), AT) else { panic!() };
        assert!(next_attempt_at == AT + Duration::seconds(10) && error.contains("450 later"), "{error}");
        let late = AT + GIVE_UP_AFTER - Duration::seconds(5);
        assert!(matches!(again(&claimed(1, None), late), Fate::Dead { .. }));
        assert!(matches!(again(&claimed(1, None), late - Duration::SECOND), Fate::Again { .. }));
        let ends = Some(AT + Duration::minutes(10));
        assert!(
            matches!(again(&claimed(9, ends), AT), Fate::Dead { .. }),
            "the next attempt would be in vain"
        );
        let down = SendError::Unavailable("refused".into());
        assert!(matches!(after_failure(&claimed(1, None), &down, AT, 0.5), Fate::Again { .. }));
        let refused = SendError::Refused("550 no".into());
        assert!(matches!(after_failure(&claimed(1, None), &refused, AT, 0.5), Fate::Dead { .. }));
        assert!(is_worthless(&claimed(1, Some(AT)), AT) && !is_worthless(&claimed(1, None), AT));
    }
}
