//! Decides when a failed transaction is tried again.

use std::time::Duration;

use tokio::time::Instant;

use super::failure::Failure;

/// The longest time of a call. The balancer gives a try up later.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(9);
const MAX_TRIES: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The tries of one call.
#[derive(Debug)]
pub(super) struct Tries {
    ends: Instant,
    failed: u32,
    repeatable: bool,
}

impl Tries {
    /// The tries of a call that begins now. A `repeatable` call may be repeated even where it is unknown whether it
    /// was done: it only reads, or an idempotency record tells.
    pub(super) fn new(repeatable: bool) -> Self {
        Self { ends: Instant::now() + CALL_LIMIT, failed: 0, repeatable }
    }

    /// The time that the call has left.
    pub(super) fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// The pause before the next try after `failure`; none where there is no next try.
    ///
    /// The pause has full jitter: a random share of a time that doubles, so that calls that collided do not collide
    /// again.
    pub(super) fn pause_after(&mut self, failure: &Failure) -> Option<Duration> {
        self.failed += 1;
        let longest = longest_pause(self.failed, may_repeat(failure, self.repeatable))?;
        let pause = longest.mul_f64(rand::random());
        (pause < self.left()).then_some(pause)
    }
}

fn may_repeat(failure: &Failure, repeatable: bool) -> bool {
    match failure {
        Failure::Transient(_) => true,
        Failure::Lost(_) => repeatable,
        // The pool has waited its time already; the rest does not pass by itself.
        Failure::NotConnected(..) | Failure::Duplicate(_) | Failure::Exhausted(_) | Failure::Refused(_) => {
            false
        }
    }
}

fn longest_pause(failed: u32, may_repeat: bool) -> Option<Duration> {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failed.min(16));
    (may_repeat && failed < MAX_TRIES).then(|| doubled.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_surely_or_harmlessly_repeats_is_repeated() {
        let lost = || Failure::Lost("cut".into());
        let table = [
            (Failure::Transient("1205".into()), false, true),
            (Failure::Transient("1205".into()), true, true),
            (lost(), false, false),
            (lost(), true, true),
            (Failure::NotConnected("busy", None), true, false),
            (Failure::Refused("syntax".into()), true, false),
            (Failure::Exhausted("disk".into()), true, false),
        ];
        for (failure, repeatable, expected) in table {
            assert_eq!(may_repeat(&failure, repeatable), expected, "{failure} {repeatable}");
            assert_eq!(Tries::new(repeatable).pause_after(&failure).is_some(), expected);
        }
    }

    #[test]
    fn pauses_double_up_to_a_limit_and_end() {
        let millis = |failed| longest_pause(failed, true).map(|pause| pause.as_millis());
        let pauses: Vec<_> = (1..=9).map(millis).collect();
        let expected =
            [Some(40), Some(80), Some(160), Some(320), Some(500), Some(500), Some(500), None, None];
        assert_eq!(pauses, expected);
    }

    #[test]
    fn a_call_that_is_over_its_time_is_not_repeated() {
        let mut tries = Tries { ends: Instant::now(), failed: 0, repeatable: true };
        assert_eq!(tries.pause_after(&Failure::Transient("1205".into())), None);
    }
}
