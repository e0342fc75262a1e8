//! The queue for hashing threads: admits a password, or tells when to come back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The longest expected wait of a password that is admitted, at the present pace.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(3);

/// The longest time that a client is told to stay away.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(2);

/// The weight of a new measure in the mean.
const WEIGHT: f64 = 0.2;

/// The shortest time for one hash that the queue believes, so that the queue is bounded on any machine: 600 places
/// for each thread.
const FASTEST: Duration = Duration::from_millis(5);

/// Counts the passwords inside, and knows how long one hash takes.
#[derive(Debug)]
pub(super) struct Queue {
    threads: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The number of passwords that wait or are at a thread.
    inside: u32,
    /// The time of one hash: an exponentially weighted mean.
    pace: Duration,
    /// The moment until which the threads are busy, if all clients that were sent away come back when they were told.
    promised: Instant,
}

/// A place in the queue or at a thread. The place is given back on drop.
#[derive(Debug)]
pub(super) struct Place(Arc<Queue>);

impl Queue {
    /// A queue for `threads` threads, each of which takes `pace` for one hash at first.
    pub(super) fn new(threads: u32, pace: Duration) -> Self {
        let state = State { inside: 0, pace: pace.max(FASTEST), promised: Instant::now() };
        Self { threads, state: Mutex::new(state) }
    }

    /// A place; or, as the error, the time after which there should be one.
    pub(super) fn enter(self: &Arc<Self>, now: Instant) -> Result<Place, Duration> {
        let mut state = self.state();
        // With a free thread there is nothing to wait for, however slow the last ones were.
        if state.inside < self.threads || self.wait(&state) <= MAX_WAIT {
            state.inside += 1;
            return Ok(Place(Arc::clone(self)));
        }
        Err(self.come_back(&mut state, now))
    }

    /// The time after which a client that is sent away should come back.
    pub(super) fn send_away(&self, now: Instant) -> Duration {
        self.come_back(&mut self.state(), now)
    }

    /// Reserves a time for one client. Each client gets another time, because a common time would bring the storm
    /// back as one.
    fn come_back(&self, state: &mut State, now: Instant) -> Duration {
        let busy_until = state.promised.max(now + self.wait(state));
        state.promised = (busy_until + state.pace / self.threads).min(now + MAX_RETRY_AFTER);
        state.promised.saturating_duration_since(now)
    }

    fn wait(&self, state: &State) -> Duration {
        state.pace * state.inside / self.threads
    }

    /// The number of passwords that wait and are not at a thread.
    pub(super) fn waiting(&self) -> usize {
        self.state().inside.saturating_sub(self.threads) as usize
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Adds the time that this password was at a thread to the mean.
    pub(super) fn took(&self, time: Duration) {
        let mut state = self.0.state();
        state.pace = (state.pace.mul_f64(1.0 - WEIGHT) + time.mul_f64(WEIGHT)).max(FASTEST);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.state().inside -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn fill(queue: &Arc<Queue>) -> Vec<Place> {
        std::iter::from_fn(|| queue.enter(Instant::now()).ok()).collect()
    }

    #[test]
    fn as_many_may_wait_as_are_served_within_the_time() {
        for (threads, pace, places) in [(1, 100 * MS, 31), (4, 100 * MS, 121), (1, 300 * MS, 11)] {
            let queue = Arc::new(Queue::new(threads, pace));
            assert_eq!(fill(&queue).len(), places, "{threads} threads, {pace:?} each");
            assert_eq!(queue.waiting(), 0, "all places are given back");
        }
        assert_eq!(fill(&Arc::new(Queue::new(1, Duration::ZERO))).len(), 601, "the queue has an end");
    }

    #[test]
    fn the_pace_follows_what_is_measured() {
        let queue = Arc::new(Queue::new(1, 10 * MS));
        let fast = fill(&queue);
        assert_eq!(fast.len(), 301);
        // The machine has become ten times slower.
        for _ in 0..30 {
            fast[0].took(100 * MS);
        }
        assert!(queue.enter(Instant::now()).is_err());
        drop(fast);
        assert_eq!(fill(&queue).len(), 31);
        // One that stood still for a minute: a free thread is given anyway, and the pace recovers.
        let place = queue.enter(Instant::now()).unwrap();
        place.took(Duration::from_mins(1));
        drop(place);
        for _ in 0..40 {
            queue.enter(Instant::now()).unwrap().took(10 * MS);
        }
        assert!(fill(&queue).len() > 200);
    }

    #[test]
    fn each_one_refused_is_told_its_own_time() {
        let (queue, now) = (Arc::new(Queue::new(2, 100 * MS)), Instant::now());
        let places = fill(&queue);
        let told: Vec<_> = (0..3000).map(|_| queue.enter(now).unwrap_err()).collect();
        assert!(told[0] >= MAX_WAIT && told[0] <= MAX_WAIT + 200 * MS, "{:?}", told[0]);
        assert_eq!(told[20], told[0] + 20 * 50 * MS, "two threads take 50 ms for each");
        assert_eq!(told[2999], MAX_RETRY_AFTER);
        drop(places);
        // Those who were told their time have not come yet, but others find the threads free.
        assert!(queue.enter(now).is_ok());
    }
}
