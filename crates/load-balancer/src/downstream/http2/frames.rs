//! Counts the frames of a client that carry nothing, by their heads alone.
//!
//! Frames that carry nothing are cheap to send, but have to be processed all the same (CVE-2019-9512 and its like,
//! CVE-2023-44487). Each such frame costs one of an allowance. The allowance grows with time and with the bytes that
//! the client is sent, so a client that gets answers may send more window updates and pings than one that gets none.

use std::time::{Duration, Instant};

/// The allowance of frames that carry nothing, at once.
const BURST: i64 = 500;
/// The growth of the allowance each second.
const EACH_SECOND: i64 = 50;
/// The bytes sent to the client that add one frame to the allowance. The answer to a ping has 17 bytes, so no frame
/// pays for itself.
const BYTES: i64 = 32;

/// The bytes before the first frame (RFC 9113 section 3.4).
const PREFACE: usize = super::PREFACE.len();
/// The length of a frame's head (RFC 9113 section 4.1).
const HEAD: usize = 9;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const END_STREAM: u8 = 0x1;
const PADDED: u8 = 0x8;
/// A padded frame of at most so many bytes may be all padding.
const PADDING: usize = 256;

/// Finds the heads of frames in a connection's bytes, in whatever pieces these come.
#[derive(Debug)]
pub(super) struct Frames {
    head: [u8; HEAD],
    have: usize,
    /// Bytes until the next head.
    skip: usize,
}

impl Frames {
    pub(super) fn new() -> Self {
        Self { head: [0; HEAD], have: 0, skip: PREFACE }
    }

    /// Counts the frames that carry nothing and whose heads end in these bytes.
    pub(super) fn idle_in(&mut self, mut bytes: &[u8]) -> i64 {
        let mut idle = 0;
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            let part = (HEAD - self.have).min(bytes.len());
            self.head[self.have..self.have + part].copy_from_slice(&bytes[..part]);
            (self.have, bytes) = (self.have + part, &bytes[part..]);
            if self.have == HEAD {
                self.have = 0;
                idle += i64::from(self.next_frame());
            }
        }
        idle
    }

    /// Takes a whole head in; `true` if its frame carries nothing.
    fn next_frame(&mut self) -> bool {
        let [a, b, c, kind, flags, ..] = self.head;
        let len = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        self.skip = len;
        match kind {
            DATA if flags & END_STREAM != 0 => false,
            DATA => len == 0 || flags & PADDED != 0 && len <= PADDING,
            kind => kind != HEADERS,
        }
    }
}

/// The allowance of a client, in bytes that it was sent.
#[derive(Debug)]
pub(super) struct Allowance {
    left: i64,
    at: Instant,
}

impl Allowance {
    pub(super) fn new(now: Instant) -> Self {
        Self { left: BURST * BYTES, at: now }
    }

    /// Adds the allowance of the time since the last call.
    pub(super) fn passed(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at);
        if passed > Duration::ZERO {
            self.at = now;
            let millis = i64::try_from(passed.as_millis()).unwrap_or(i64::MAX).min(60_000);
            self.grow(millis * EACH_SECOND * BYTES / 1000);
        }
    }

    /// Adds the allowance for bytes that the client was sent.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.grow(i64::try_from(bytes).unwrap_or(i64::MAX / 2));
    }

    /// Takes frames that carry nothing from the allowance.
    pub(super) fn spend(&mut self, frames: i64) {
        self.left -= frames * BYTES;
    }

    /// Whether the allowance is overdrawn.
    pub(super) fn is_spent(&self) -> bool {
        self.left < 0
    }

    fn grow(&mut self, bytes: i64) {
        // What is spent once stays so.
        if self.left >= 0 {
            self.left = (self.left + bytes).min(BURST * BYTES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let len = u8::try_from(payload.len()).unwrap();
        [&[0, 0, len, kind, flags, 0, 0, 0, 1], payload].concat()
    }

    #[test]
    fn frames_are_found_in_every_split_and_told_apart() {
        let rows: [(u8, u8, &[u8], i64); 12] = [
            (DATA, 0, b"content", 0),
            (DATA, 0, b"", 1),
            (DATA, END_STREAM, b"", 0),
            (DATA, PADDED, &[3, 0, 0, 0], 1),
            (HEADERS, 4, b"a head", 0),
            (2, 0, &[0; 5], 1),
            (3, 0, &[0; 4], 1),
            (4, 0, b"", 1),
            (6, 0, &[0; 8], 1),
            (8, 0, &[0; 4], 1),
            (9, 0, b"more", 1),
            (200, 0, b"unknown", 1),
        ];
        let mut bytes = super::super::PREFACE.to_vec();
        let mut expected = 0;
        for (kind, flags, payload, idle) in rows {
            bytes.extend(frame(kind, flags, payload));
            expected += idle;
        }
        for split in 0..=bytes.len() {
            let mut frames = Frames::new();
            let found = frames.idle_in(&bytes[..split]) + frames.idle_in(&bytes[split..]);
            assert_eq!(found, expected, "split at {split}");
        }
        let mut frames = Frames::new();
        assert_eq!(bytes.iter().map(|byte| frames.idle_in(&[*byte])).sum::<i64>(), expected);
    }

    #[test]
    fn an_allowance_is_spent_by_a_burst_and_by_more_than_time_and_answers_give() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        allowance.spend(BURST);
        assert!(!allowance.is_spent());
        allowance.passed(start + Duration::from_secs(1));
        allowance.spend(EACH_SECOND);
        assert!(!allowance.is_spent());
        allowance.sent(320);
        allowance.spend(10);
        assert!(!allowance.is_spent());
        allowance.spend(1);
        assert!(allowance.is_spent());
        allowance.sent(1 << 30);
        assert!(allowance.is_spent(), "what is spent once stays so");
    }

    #[test]
    fn answers_to_pings_do_not_pay_for_pings() {
        let mut allowance = Allowance::new(Instant::now());
        for _ in 0..2 * BURST + BURST {
            allowance.spend(1);
            allowance.sent(17);
        }
        assert!(allowance.is_spent());
    }
}
