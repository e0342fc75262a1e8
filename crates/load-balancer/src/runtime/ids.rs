//! Identifiers of requests, traces and idempotency keys.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::cell::RefCell;
use uuid::{Builder, Uuid};

/// The source of one worker's identifiers. The operating system seeds it and is not asked again.
#[derive(Debug)]
pub(crate) struct Ids(RefCell<StdRng>);

impl Ids {
    pub(crate) fn new() -> Self {
        Self(RefCell::new(StdRng::from_rng(&mut rand::rng())))
    }

    /// A UUID of version 7 (RFC 9562) of the time `unix_millis`.
    pub(crate) fn request_id(&self, unix_millis: u64) -> Uuid {
        Builder::from_unix_timestamp_millis(unix_millis, &self.bytes()).into_uuid()
    }

    /// A random UUID (version 4).
    pub(crate) fn idempotency_key(&self) -> Uuid {
        Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// A new trace and its first span, not sampled: a `traceparent` of W3C Trace Context.
    pub(crate) fn trace_parent(&self) -> [u8; 55] {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        let ids = self.bytes::<24>();
        hex(&ids[..16], &mut text[3..35]);
        hex(&ids[16..], &mut text[36..52]);
        text
    }

    /// The id of a new trace, never all zero, which W3C Trace Context reserves.
    pub(crate) fn trace_id(&self) -> [u8; 16] {
        u128::from_ne_bytes(self.bytes()).max(1).to_be_bytes()
    }

    /// The id of a new span, never all zero.
    pub(crate) fn span_id(&self) -> [u8; 8] {
        self.seed().max(1).to_be_bytes()
    }

    /// A number to seed another random source with.
    pub(crate) fn seed(&self) -> u64 {
        u64::from_ne_bytes(self.bytes())
    }

    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.borrow_mut().fill_bytes(&mut bytes);
        bytes
    }
}

/// Writes lower-case hexadecimal digits, two for each byte. The number of bytes is a multiple of four.
#[inline]
pub(crate) fn hex(bytes: &[u8], out: &mut [u8]) {
    let (words, rest) = bytes.as_chunks::<4>();
    debug_assert!(rest.is_empty(), "{} bytes", bytes.len());
    for (word, digits) in words.iter().zip(out.as_chunks_mut::<8>().0) {
        *digits = eight_digits(*word);
    }
}

/// The digits of four bytes, all at once, because every request gets an id for its trace.
#[inline]
fn eight_digits(bytes: [u8; 4]) -> [u8; 8] {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let halves = u64::from(u32::from_be_bytes(bytes));
    let halves = (halves | halves << 16) & 0x0000_FFFF_0000_FFFF;
    let halves = (halves | halves << 8) & 0x00FF_00FF_00FF_00FF;
    // Half a byte in each byte.
    let halves = (halves | halves << 4) & 0x0F0F_0F0F_0F0F_0F0F;
    // 6 more than 9 is 16: the next bit tells the letters.
    let letters = (halves + EACH * 6) >> 4 & EACH;
    (halves + EACH * u64::from(b'0') + letters * u64::from(b'a' - b'9' - 1)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_in_hexadecimal_digits() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut out = vec![0; 512];
        hex(&bytes, &mut out);
        let expected: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn identifiers_are_well_formed_and_differ() {
        let ids = Ids::new();
        let (first, second) = (ids.request_id(1_700_000_000_000), ids.request_id(1_700_000_000_000));
        assert_eq!((first.get_version_num(), first == second), (7, false));
        assert_eq!(ids.idempotency_key().get_version_num(), 4);
        let trace = ids.trace_parent();
        assert!(service_kit::telemetry::TraceParent::parse(&trace).is_some());
        assert_ne!(trace, ids.trace_parent());
    }
}
