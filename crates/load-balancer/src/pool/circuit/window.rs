//! Requests of the last while, good ones and failed ones.

/// Parts that a window is counted in: it is exact to one of them.
pub(super) const PARTS: u64 = COUNT as u64;
const COUNT: usize = 10;

/// Counts over a window that moves with the time.
#[derive(Debug, Clone, Default)]
pub(super) struct Window([Part; COUNT]);

#[derive(Debug, Clone, Copy, Default)]
struct Part {
    /// Which stretch of time the counts are of, counted from the start.
    number: u64,
    requests: u32,
    failures: u32,
}

impl Window {
    /// Counts a request in stretch `number`.
    pub(super) fn count(&mut self, number: u64, failed: bool) {
        // The remainder is below the number of parts.
        let part = &mut self.0[usize::try_from(number % PARTS).unwrap_or(0)];
        if part.number != number {
            *part = Part { number, ..Part::default() };
        }
        part.requests = part.requests.saturating_add(1);
        part.failures = part.failures.saturating_add(u32::from(failed));
    }

    /// Requests and failures of the last [`PARTS`] stretches, of which `number` is the newest.
    pub(super) fn sum(&self, number: u64) -> (u32, u32) {
        let recent = self.0.iter().filter(|part| part.number <= number && number - part.number < PARTS);
        recent.fold((0, 0), |(requests, failures), part| {
            (requests.saturating_add(part.requests), failures.saturating_add(part.failures))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_window_does_not_count() {
        let mut window = Window::default();
        for (number, failed) in [(0, true), (0, false), (5, true), (9, false)] {
            window.count(number, failed);
        }
        for (number, expected) in
            [(9, (4, 2)), (10, (2, 1)), (14, (2, 1)), (15, (1, 0)), (19, (0, 0)), (1000, (0, 0))]
        {
            assert_eq!(window.sum(number), expected, "{number}");
        }
        window.count(10, true);
        assert_eq!(window.sum(10), (3, 2), "the part that 0 had is 10's");
    }
}
