//! The bounds of a lingering close: how long and how much is read and dropped from a client that still sends after its
//! answer.
//!
//! Most clients look for an answer only once they have sent their whole request. A client whose connection or stream is
//! reset before that never sees the answer (RFC 9112 section 9.6, RFC 9113 section 8.1).

use std::time::{Duration, Instant};

/// The longest time in all.
const TIME: Duration = Duration::from_secs(30);
/// The longest time without a byte.
const SILENCE: Duration = Duration::from_secs(5);
/// The most bytes.
const SIZE: u64 = 256 << 20;

/// The bounds of one lingering close.
#[derive(Debug)]
pub(crate) struct Linger {
    end: Instant,
    silent_until: Instant,
    left: u64,
}

impl Linger {
    /// Begins a lingering close.
    pub(crate) fn new(now: Instant) -> Self {
        Self { end: now + TIME, silent_until: now + SILENCE, left: SIZE }
    }

    /// Counts bytes that have come; `false` when that is enough.
    pub(crate) fn goes_on(&mut self, bytes: usize, now: Instant) -> bool {
        self.silent_until = now + SILENCE;
        self.left = self.left.saturating_sub(bytes as u64);
        self.left > 0
    }

    /// When the lingering ends unless more bytes come.
    pub(crate) fn until(&self) -> Instant {
        self.end.min(self.silent_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_time_and_size_are_bounded() {
        let start = Instant::now();
        let mut linger = Linger::new(start);
        assert_eq!(linger.until(), start + SILENCE);
        assert!(linger.goes_on(1, start + SILENCE));
        assert_eq!(linger.until(), start + 2 * SILENCE);
        assert!(linger.goes_on(1, start + TIME));
        assert_eq!(linger.until(), start + TIME);
        let size = usize::try_from(SIZE).unwrap();
        assert!(linger.goes_on(size - 3, start) && !linger.goes_on(1, start));
    }
}
