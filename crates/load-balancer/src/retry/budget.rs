//! The retry budget of a pool, so that retries do not multiply trouble.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// The window of the budget, in seconds.
const SECONDS: usize = 10;
/// The retries that are always allowed in a second: a quiet service may retry, too.
const AT_LEAST: u32 = 10;

/// The retry budget: a share of the last 10 s' requests, never under 10 a second.
///
/// The budget costs requests nothing: workers count requests anyway, and the control thread brings the sum once a
/// second.
#[derive(Debug)]
pub struct Budget {
    start: Instant,
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    second: u64,
    /// Retries by second, modulo the window.
    retries: [u32; SECONDS],
    /// The pool's total of requests at each second, oldest first.
    totals: VecDeque<u64>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { start: Instant::now(), window: Mutex::default() }
    }
}

impl Budget {
    /// Takes one retry out of the budget, or gives `false` when it is spent.
    pub fn withdraw(&self, percent: u32, now: Instant) -> bool {
        let second = now.saturating_duration_since(self.start).as_secs();
        self.window.lock().unwrap_or_else(PoisonError::into_inner).withdraw(percent, second)
    }

    /// To be called once a second with the number of requests that the pool has ever had.
    pub fn tick(&self, requests: u64) {
        self.window.lock().unwrap_or_else(PoisonError::into_inner).tick(requests);
    }
}

impl Window {
    fn withdraw(&mut self, percent: u32, second: u64) -> bool {
        self.advance(second);
        let granted: u64 = self.retries.iter().map(|count| u64::from(*count)).sum();
        let share = self.requests() * u64::from(percent) / 100;
        let this_second = &mut self.retries[slot(self.second)];
        let allowed = *this_second < AT_LEAST || granted < share;
        *this_second += u32::from(allowed);
        allowed
    }

    fn advance(&mut self, second: u64) {
        // Clocks of other threads may lag behind by a little.
        let second = second.max(self.second);
        for passed in (self.second + 1..=second).rev().take(SECONDS) {
            self.retries[slot(passed)] = 0;
        }
        self.second = second;
    }

    fn tick(&mut self, requests: u64) {
        self.totals.push_back(requests);
        if self.totals.len() > SECONDS + 1 {
            self.totals.pop_front();
        }
    }

    /// Requests in the window.
    fn requests(&self) -> u64 {
        let ends = self.totals.front().zip(self.totals.back());
        ends.map_or(0, |(oldest, newest)| newest.saturating_sub(*oldest))
    }
}

/// Where a second's retries are counted.
fn slot(second: u64) -> usize {
    usize::try_from(second % SECONDS as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(window: &mut Window, second: u64, asked: usize) -> usize {
        (0..asked).filter(|_| window.withdraw(20, second)).count()
    }

    #[test]
    fn ten_a_second_are_always_there() {
        let mut window = Window::default();
        for second in [0, 1, 2, 3, 60] {
            assert_eq!(granted(&mut window, second, 100), 10, "second {second}");
        }
    }

    #[test]
    fn a_share_of_the_last_ten_seconds() {
        let mut window = Window::default();
        for second in 0..=20 {
            window.tick(second * 1000);
        }
        // 10,000 requests in the last 10 s: 2,000 retries, however they fall.
        assert_eq!(granted(&mut window, 20, 1500), 1500);
        assert_eq!(granted(&mut window, 21, 1500), 500);
        assert_eq!(granted(&mut window, 22, 1500), 10);
        assert_eq!(granted(&mut window, 30, 5000), 1490, "second 20 is out of the window");
        assert_eq!(granted(&mut window, 90, 5000), 2000, "all of it is");
    }

    #[test]
    fn requests_of_long_ago_do_not_count() {
        let mut window = Window::default();
        window.tick(0);
        for _ in 0..=SECONDS {
            window.tick(1_000_000);
        }
        assert_eq!(granted(&mut window, 15, 100), 10);
    }
}
