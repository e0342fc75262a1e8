//! The queue for hashing threads: admits a request, or says when to come back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a newcomer may have to wait, at the pace of late.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(3);

/// The longest time that anybody is told to stay away.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(2);

/// How much a new measure counts beside the ones before it.
const WEIGHT: f64 = 0.2;

/// No pace is believed to be faster, so that the queue has an end on any machine: 600 for each thread.
const FASTEST: Duration = Duration::from_millis(5);

/// Counts who is inside, and knows how long each takes.
#[derive(Debug)]
pub(super) struct Queue {
    threads: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Those who wait and those who are at a thread.
    inside: u32,
    /// How long one is at a thread: an exponentially weighted mean.
    pace: Duration,
    /// Until when the threads are busy, should all who were sent away come back when they were told to.
    promised: Instant,
}

/// A place in the queue or at a thread, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place(Arc<Queue>);

impl Queue {
    /// For so many threads, each of which takes `pace` for one, as far as is known.
    pub(super) fn new(threads: u32, pace: Duration) -> Self {
        let state = State { inside: 0, pace: pace.max(FASTEST), promised: Instant::now() };
        Self { threads, state: Mutex::new(state) }
    }

    /// A place, or after which time there should be one.
    pub(super) fn enter(self: &Arc<Self>, now: Instant) -> Result<Place, Duration> {
        let mut state = self.state();
        // With a free thread there is nothing to wait for, however slow the last ones were.
        if state.inside < self.threads || self.wait(&state) <= MAX_WAIT {
            state.inside += 1;
            return Ok(Place(Arc::clone(self)));
        }
        Err(self.come_back(&mut state, now))
    }

    /// After which time somebody who has to leave should come back.
    pub(super) fn send_away(&self, now: Instant) -> Duration {
        self.come_back(&mut self.state(), now)
    }

    /// Each is told a time of its own: if all were told the same, the storm would come back as one.
    fn come_back(&self, state: &mut State, now: Instant) -> Duration {
        let busy_until = state.promised.max(now + self.wait(state));
        state.promised = (busy_until + state.pace / self.threads).min(now + MAX_RETRY_AFTER);
        state.promised.saturating_duration_since(now)
    }

    fn wait(&self, state: &State) -> Duration {
        state.pace * state.inside / self.threads
    }

    /// How many wait and are not at a thread.
    pub(super) fn waiting(&self) -> usize {
        self.state().inside.saturating_sub(self.threads) as usize
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Takes note of how long this one was at a thread.
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
