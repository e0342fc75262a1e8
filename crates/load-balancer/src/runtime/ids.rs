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
        hex(&self.bytes::<16>(), &mut text[3..35]);
        hex(&self.bytes::<8>(), &mut text[36..52]);
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

/// Writes lower-case hexadecimal digits, two for each byte.
#[inline]
pub(crate) fn hex(bytes: &[u8], out: &mut [u8]) {
    for (byte, pair) in bytes.iter().zip(out.chunks_exact_mut(2)) {
        pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
        pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
