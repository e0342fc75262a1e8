//! The access log: a line for each request, written by a thread of its own.
//!
//! A worker formats lines into its own buffer, and hands the buffer over when it is full or a second old. The worker
//! never waits. When the writer does not keep up, whole buffers are dropped and their lines counted.

mod clock;
mod combined;
mod json;
mod writer;

use std::time::{Duration, Instant};

use clock::Clock;
pub use writer::Writer;
pub(crate) use writer::WriterHandle;

use super::Entry;
use crate::stats::WorkerStats;

/// The length, in bytes, at which a buffer goes to the writer.
const FULL: usize = 64 * 1024;
/// The age at which a buffer goes to the writer.
const OLD: Duration = Duration::from_secs(1);

/// The format of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object.
    Json,
    /// The "combined" format of Apache and nginx.
    Combined,
}

/// A worker's part of the access log.
#[derive(Debug)]
pub struct LogBuffer {
    format: Format,
    clock: Clock,
    lines: Vec<u8>,
    count: u32,
    since: Instant,
    writer: WriterHandle,
}

impl LogBuffer {
    /// A buffer that goes to `writer`.
    pub fn new(format: Format, writer: WriterHandle) -> Self {
        let since = Instant::now();
        Self { format, clock: Clock::new(), lines: Vec::new(), count: 0, since, writer }
    }

    /// Adds a line.
    pub(super) fn write(&mut self, entry: &Entry<'_>, micros: u64, stats: &WorkerStats) {
        if self.lines.is_empty() {
            self.since = entry.ended;
            // A line more than the limit, so that the buffer does not grow on the way.
            self.lines.reserve(FULL + 4096);
        }
        match self.format {
            Format::Json => json::write(&mut self.lines, entry, micros, &mut self.clock),
            Format::Combined => combined::write(&mut self.lines, entry, &mut self.clock),
        }
        self.count += 1;
        if self.lines.len() >= FULL {
            self.flush(stats);
        }
    }

    /// Hands the buffer over when it is old.
    pub(super) fn tick(&mut self, now: Instant, stats: &WorkerStats) {
        if now.saturating_duration_since(self.since) >= OLD {
            self.flush(stats);
        }
        self.clock.correct();
    }

    /// Hands the buffer over.
    pub(super) fn flush(&mut self, stats: &WorkerStats) {
        if self.lines.is_empty() {
            return;
        }
        let lines = std::mem::take(&mut self.lines);
        match self.writer.send(lines) {
            Ok(recycled) => self.lines = recycled,
            Err(refused) => {
                stats.dropped_log_lines.add(u64::from(self.count));
                self.lines = refused;
            }
        }
        self.count = 0;
    }
}

/// Whether a text has only visible ASCII and spaces, and neither `"` nor `\`: nothing that a log would escape.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [b' '; 8];
    if let Some(end) = text.last_chunk::<8>() {
        // Some of these were looked at already.
        last = *end;
    } else {
        last[..rest.len()].copy_from_slice(rest);
    }
    words.iter().chain([&last]).fold(0, |odd, word| odd | odd_bytes(u64::from_le_bytes(*word))) == 0
}

/// Looks at eight bytes at a time; not zero if one of them is a control character, `"`, `\`, DEL or not ASCII
/// ("Determine if a word has a byte less than n", Bit Twiddling Hacks, Anderson).
#[inline]
fn odd_bytes(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = EACH << 7;
    let below = |word: u64, limit: u8| word.wrapping_sub(EACH * u64::from(limit)) & !word;
    let is = |byte: u8| below(word ^ (EACH * u64::from(byte)), 1);
    (word | below(word, b' ') | is(b'"') | is(b'\\') | is(0x7F)) & HIGH
}

/// Writes a number in decimal.
fn number(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes an address.
fn address(out: &mut Vec<u8>, address: std::net::IpAddr) {
    use std::io::Write;
    if let std::net::IpAddr::V4(v4) = address.to_canonical() {
        ipv4(out, v4.octets());
    } else {
        // Writing to a vector does not fail.
        let _ = write!(out, "{address}");
    }
}

/// Writes an address in one piece: each write to the buffer costs as much as four digits.
fn ipv4(out: &mut Vec<u8>, octets: [u8; 4]) {
    let mut text = [b'.'; 15];
    let mut length = 0;
    for octet in octets {
        for (divisor, needed) in [(100, octet >= 100), (10, octet >= 10), (1, true)] {
            if needed {
                text[length] = b'0' + octet / divisor % 10;
                length += 1;
            }
        }
        length += 1;
    }
    out.extend_from_slice(&text[..length - 1]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts() {
        for length in [0, 1, 15, 16, 17, 40] {
            let plain: Vec<u8> =
                (0..length).map(|n| b' ' + 1 + n % 90).filter(|b| !b"\"\\".contains(b)).collect();
            assert!(is_plain(&plain), "{length}");
            for odd in [b'"', b'\\', 0, 0x1F, 0x7F, 0x80, 0xFF] {
                for at in 0..=plain.len() {
                    let text = [&plain[..at], &[odd], &plain[at..]].concat();
                    assert!(!is_plain(&text), "{odd} at {at} of {length}");
                }
            }
        }
        assert!(is_plain(b" ~"));
    }

    #[test]
    fn addresses() {
        let rows = ["0.0.0.0", "127.0.0.1", "9.10.99.100", "255.255.255.255", "203.0.113.250", "2001:db8::1"];
        for text in rows {
            let mut out = Vec::new();
            address(&mut out, text.parse().unwrap());
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        let mut out = Vec::new();
        address(&mut out, "::ffff:198.51.100.7".parse().unwrap());
        assert_eq!(out, b"198.51.100.7");
    }
}
