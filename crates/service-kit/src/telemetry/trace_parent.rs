//! The `traceparent` header of W3C Trace Context, level 1.

use std::fmt;

/// The place of a request in its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    trace_id: [u8; 16],
    parent_id: [u8; 8],
    flags: u8,
}

/// `00-` and the three fields with their dashes.
const LEN: usize = 55;
const SAMPLED: u8 = 1;

impl TraceParent {
    /// The start of a new trace, to be sampled.
    pub fn fresh() -> Self {
        Self { trace_id: random(), parent_id: random(), flags: SAMPLED }
    }

    /// Reads a header value; `None` where the specification says to start anew (section 3.2.2).
    pub fn parse(value: &[u8]) -> Option<Self> {
        let known = value.get(..LEN)?;
        let version: [u8; 1] = hex(&known[..2])?;
        // A later version may be longer, after a dash; version ff is forbidden.
        let good_end = match version[0] {
            0 => value.len() == LEN,
            0xff => false,
            _ => value.get(LEN).is_none_or(|&next| next == b'-'),
        };
        let dashes = [2, 35, 52].iter().all(|&at| known[at] == b'-');
        let trace_id: [u8; 16] = hex(&known[3..35])?;
        let parent_id: [u8; 8] = hex(&known[36..52])?;
        let [flags] = hex::<1>(&known[53..])?;
        let there = trace_id != [0; 16] && parent_id != [0; 8];
        (good_end && dashes && there).then_some(Self { trace_id, parent_id, flags })
    }

    /// The value that came with the request, or the start of a new trace.
    pub fn accept(value: Option<&[u8]>) -> Self {
        value.and_then(Self::parse).unwrap_or_else(Self::fresh)
    }

    /// The next span in the same trace.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { parent_id: random(), ..*self }
    }

    /// The trace, as 32 lower-case hexadecimal digits, for logs.
    pub fn trace_id(&self) -> String {
        self.to_string()[3..35].to_owned()
    }

    /// The trace.
    pub fn trace_id_bytes(&self) -> [u8; 16] {
        self.trace_id
    }

    /// The caller's span.
    pub fn parent_id_bytes(&self) -> [u8; 8] {
        self.parent_id
    }

    /// Whether the caller may have sampled the request.
    pub fn sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, parent) = (u128::from_be_bytes(self.trace_id), u64::from_be_bytes(self.parent_id));
        // Only the flag that level 1 defines is passed on.
        write!(f, "00-{trace:032x}-{parent:016x}-{:02x}", self.flags & SAMPLED)
    }
}

/// Random bytes that are not all zero, which the specification reserves.
fn random<const N: usize>() -> [u8; N] {
    loop {
        let bytes: [u8; N] = std::array::from_fn(|_| rand::random());
        if bytes != [0; N] {
            return bytes;
        }
    }
}

/// Lower-case hexadecimal digits only, as the specification demands.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_good_value_goes_on_in_the_same_trace() {
        let parent = TraceParent::parse(GOOD.as_bytes()).unwrap();
        assert_eq!(parent.to_string(), GOOD);
        let child = parent.child();
        assert_eq!(child.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert_ne!(child.to_string(), GOOD);
        assert!(child.sampled());
        assert_eq!(TraceParent::parse(child.to_string().as_bytes()), Some(child));
    }

    #[test]
    fn what_is_accepted_and_what_starts_anew() {
        let rows = [
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true),
            ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true),
            ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes", true),
            ("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what", false),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false),
            ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
            ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false),
            ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
            ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false),
            ("00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
            ("", false),
        ];
        for (value, good) in rows {
            assert_eq!(TraceParent::parse(value.as_bytes()).is_some(), good, "{value}");
        }
        assert_ne!(TraceParent::accept(None), TraceParent::accept(Some(b"nonsense")));
    }
}
