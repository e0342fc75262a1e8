//! The policy of attempts at the webhook. The functions are pure and take the time as an argument.

use std::time::Duration;

use http::StatusCode;

use super::policy::{GIVE_UP_AFTER, pause};
use crate::domain::Timestamp;
use crate::store::outbox::{ClaimedMessage, Fate};
use crate::webhook::{Reply, SEND_LIMIT};

/// The length of a lease. All events of a lease are sent at once, so the lease is longer than [`SEND_LIMIT`] and a
/// clock difference of 30 s together.
pub const LEASE: time::Duration = time::Duration::seconds(60);
/// The number of events in a lease. The number is small, because the events of an instance that dies wait for the end
/// of the lease.
pub const BATCH: u32 = 10;
/// The pause after a 410, until the receiver is asked again.
pub const AFTER_GONE: Duration = Duration::from_hours(1);
/// The longest pause that a receiver may ask for.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(6);

/// The consequences of a reply, for the event and for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The fate of the event.
    pub fate: Fate,
    /// The time in which no other event is sent either; none where only this event is concerned.
    pub hold: Option<Duration>,
    /// Whether other events would meet the same, so that one event is enough to try again.
    pub trouble: bool,
}

/// Decides on a reply. `share` is a random number from 0 to 1, so that events that failed together do not come again
/// together.
pub fn decide(claimed: &ClaimedMessage, reply: &Reply, now: Timestamp, share: f64) -> Decision {
    let again = |reason: String, wait: Duration| {
        let wait = time::Duration::try_from(wait).unwrap_or(GIVE_UP_AFTER);
        let next_attempt_at = now + pause(claimed.attempts, share).max(wait);
        if next_attempt_at >= claimed.queued_at + GIVE_UP_AFTER {
            return Fate::Dead { error: format!("it is too late for another attempt; {reason}") };
        }
        Fate::Again { next_attempt_at, error: reason }
    };
    match reply {
        Reply::Delivered => Decision { fate: Fate::Sent, hold: None, trouble: false },
        Reply::Gone => {
            let reason = "the receiver answered 410: it wants no events any more".to_owned();
            Decision { fate: again(reason, AFTER_GONE), hold: Some(AFTER_GONE), trouble: true }
        }
        Reply::Refused { status, retry_after } => {
            let asked = retry_after.map(|wait| wait.min(LONGEST_RETRY_AFTER));
            let fate = again(format!("the receiver answered {status}"), asked.unwrap_or_default());
            let all = is_of_the_receiver(*status);
            Decision { fate, hold: asked.filter(|_| all), trouble: all }
        }
        Reply::Silence(reason) => {
            let fate = again(format!("the receiver did not answer: {reason}"), Duration::ZERO);
            Decision { fate, hold: None, trouble: true }
        }
    }
}

/// Whether the status tells of the receiver as a whole, and not of this event.
fn is_of_the_receiver(status: StatusCode) -> bool {
    use StatusCode as S;
    let of_this_event = [
        S::BAD_REQUEST,
        S::CONFLICT,
        S::PAYLOAD_TOO_LARGE,
        S::UNSUPPORTED_MEDIA_TYPE,
        S::UNPROCESSABLE_ENTITY,
    ];
    !of_this_event.contains(&status)
}

const _: () = assert!(LEASE.whole_seconds() >= SEND_LIMIT.as_secs().cast_signed() + 30);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::outbox::{NewMessage, SealedParameters};
    use time::macros::datetime;
    use uuid::Uuid;

    const AT: Timestamp = datetime!(2026-03-01 12:00 UTC);

    fn claimed(attempts: i64, queued_at: Timestamp) -> ClaimedMessage {
        let message = NewMessage {
            id: Uuid::nil(),
            channel: "webhook".into(),
            topic: "user.registered".into(),
            user_id: Some(Uuid::nil()),
            recipient: String::new(),
            language: String::new(),
            parameters: SealedParameters { kid: String::new(), sealed: Vec::new() },
            expires_at: None,
            in_order: true,
        };
        ClaimedMessage { message, created_at: AT - GIVE_UP_AFTER, queued_at, position: Some(1), attempts }
    }

    fn refused(status: u16, retry_after: Option<u64>) -> Reply {
        let status = StatusCode::from_u16(status).unwrap();
        Reply::Refused { status, retry_after: retry_after.map(Duration::from_secs) }
    }

    fn wait(decision: &Decision) -> i64 {
        match &decision.fate {
            Fate::Again { next_attempt_at, .. } => (*next_attempt_at - AT).whole_seconds(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn replies_decide_about_the_event_and_the_others() {
        let decide = |reply: &Reply| decide(&claimed(1, AT), reply, AT, 0.0);
        assert_eq!(decide(&Reply::Delivered), Decision { fate: Fate::Sent, hold: None, trouble: false });
        // reply, seconds until the next try, seconds of hold, whether others are concerned
        let table = [
            (Reply::Gone, 3600, Some(3600), true),
            (refused(400, None), 5, None, false),
            (refused(400, Some(60)), 60, None, false),
            (refused(302, None), 5, None, true),
            (refused(404, None), 5, None, true),
            (refused(429, Some(120)), 120, Some(120), true),
            (refused(503, Some(2)), 5, Some(2), true),
            (refused(503, Some(u64::MAX)), 6 * 3600, Some(6 * 3600), true),
            (Reply::Silence("refused".into()), 5, None, true),
        ];
        for (reply, seconds, hold, trouble) in table {
            let decision = decide(&reply);
            assert_eq!(
                (wait(&decision), decision.hold, decision.trouble),
                (seconds, hold.map(Duration::from_secs), trouble),
                "{reply:?}"
            );
        }
    }

    #[test]
    fn an_event_is_given_up_after_days_counted_from_its_last_replay() {
        let late = AT - GIVE_UP_AFTER + time::Duration::seconds(5);
        let decide = |queued_at| decide(&claimed(1, queued_at), &refused(500, None), AT, 0.0).fate;
        assert!(matches!(decide(late), Fate::Dead { error } if error.contains("500")));
        assert!(matches!(decide(late + time::Duration::SECOND), Fate::Again { .. }));
    }
}
