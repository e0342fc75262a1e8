//! How long and how much is read on, without looking, from a client that still sends after it has been answered.
//!
//! Most clients look for an answer only once they have sent all of their request. One whose connection or stream is
//! reset before that never sees the answer (RFC 9112 section 9.6, RFC 9113 section 8.1).

use std::time::{Duration, Instant};

/// In all.
const TIME: Duration = Duration::from_secs(30);
/// Without a byte.
const SILENCE: Duration = Duration::from_secs(5);
/// Bytes.
const SIZE: u64 = 256 << 20;

/// The bounds of reading on.
#[derive(Debug)]
pub(crate) struct Linger {
    end: Instant,
    silent_until: Instant,
    left: u64,
}

impl Linger {
    /// Begins.
    pub(crate) fn new(now: Instant) -> Self {
        Self { end: now + TIME, silent_until: now + SILENCE, left: SIZE }
    }

    /// So many bytes have come; `false` when that is enough.
    pub(crate) fn goes_on(&mut self, bytes: usize, now: Instant) -> bool {
        self.silent_until = now + SILENCE;
        self.left = self.left.saturating_sub(bytes as u64);
        self.left > 0
    }

    /// When it ends unless more comes.
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
