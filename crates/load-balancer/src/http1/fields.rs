//! Field names that mean something to a proxy, and the shapes of field values.

use std::mem::MaybeUninit;

/// The most fields a head may have; one more is refused.
pub const MAX_FIELDS: usize = 100;

/// Room for the fields of one head, on the caller's stack, uninitialised because most of it stays unused.
pub type Slots<'b> = [MaybeUninit<httparse::Header<'b>>; MAX_FIELDS];

/// Fresh [`Slots`].
pub fn slots<'b>() -> Slots<'b> {
    [const { MaybeUninit::uninit() }; MAX_FIELDS]
}

/// A set of field positions within one head (at most [`MAX_FIELDS`]).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct FieldSet(u128);

impl FieldSet {
    /// Adds the field at `position`.
    pub fn insert(&mut self, position: usize) {
        self.0 |= 1 << position;
    }

    /// Whether the field at `position` is in the set.
    pub fn contains(self, position: usize) -> bool {
        self.0 >> position & 1 == 1
    }
}

/// The fields of a head that pass through: those outside of `consumed`.
pub fn passing<'h, 'b>(
    fields: &'h [httparse::Header<'b>],
    consumed: FieldSet,
) -> impl Iterator<Item = &'h httparse::Header<'b>> {
    let passes = move |(position, _): &(usize, _)| !consumed.contains(*position);
    fields.iter().enumerate().filter(passes).map(|(_, field)| field)
}

/// Shows each field to `take_in` once, in order, and gathers the fields that `take_in` consumes.
pub(super) fn consumed<'b, E>(
    fields: &[httparse::Header<'b>],
    mut take_in: impl FnMut(Known, &'b [u8]) -> Result<bool, E>,
) -> Result<FieldSet, E> {
    let mut consumed = FieldSet::default();
    for (position, field) in fields.iter().enumerate() {
        if take_in(known(field.name), field.value)? {
            consumed.insert(position);
        }
    }
    Ok(consumed)
}

/// Consumes the fields that `Connection` names (RFC 9110 section 7.6.1), and tells `named` of each. Fields that frame
/// or address the message are safe, because these are written anew from what was read.
pub(super) fn consume_named(
    fields: &[httparse::Header<'_>],
    consumed: &mut FieldSet,
    mut named: impl FnMut(Known),
) {
    let connection = fields.iter().filter(|field| known(field.name) == Known::Connection);
    for option in connection.flat_map(|field| list(field.value)) {
        for (position, field) in fields.iter().enumerate() {
            if field.name.as_bytes().eq_ignore_ascii_case(option) {
                consumed.insert(position);
                named(known(field.name));
            }
        }
    }
}

/// The fields that a proxy reads, drops or writes itself; all others pass through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// `Connection`, RFC 9110 section 7.6.1.
    Connection,
    /// `Content-Length`, RFC 9110 section 8.6.
    ContentLength,
    /// `Transfer-Encoding`, RFC 9112 section 6.1.
    TransferEncoding,
    /// `Host`, RFC 9110 section 7.2.
    Host,
    /// `Expect`, RFC 9110 section 10.1.1.
    Expect,
    /// `Upgrade`, RFC 9110 section 7.8.
    Upgrade,
    /// Fields of one hop only: `Keep-Alive`, `Proxy-Connection`, `TE`, `Proxy-Authenticate`,
    /// `Proxy-Authorization`, `HTTP2-Settings`.
    HopByHop,
    /// `Forwarded`, RFC 7239.
    Forwarded,
    /// `X-Forwarded-For`.
    ForwardedFor,
    /// `X-Forwarded-Host`.
    ForwardedHost,
    /// `X-Forwarded-Proto`.
    ForwardedProto,
    /// `X-Request-Id`.
    RequestId,
    /// `traceparent`, W3C Trace Context.
    TraceParent,
    /// `Idempotency-Key`, draft-ietf-httpapi-idempotency-key-header.
    IdempotencyKey,
    /// `User-Agent`.
    UserAgent,
    /// `Referer`.
    Referer,
    /// `Date`, RFC 9110 section 6.6.1.
    Date,
    /// `X-Served-By`.
    ServedBy,
    /// `X-Retry-Safe`: an upstream's word that a 503 came before any effect.
    RetrySafe,
    /// `X-Unavailable`: a 503 is for want of what it names, which all servers of the pool share.
    Unavailable,
    /// Any other field.
    Other,
}

/// Which [`Known`] field `name` is, without regard to case.
pub fn known(name: &str) -> Known {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    match name.len() {
        2 if is("te") => Known::HopByHop,
        4 if is("host") => Known::Host,
        4 if is("date") => Known::Date,
        6 if is("expect") => Known::Expect,
        7 if is("upgrade") => Known::Upgrade,
        7 if is("referer") => Known::Referer,
        9 if is("forwarded") => Known::Forwarded,
        10 if is("connection") => Known::Connection,
        10 if is("user-agent") => Known::UserAgent,
        10 if is("keep-alive") => Known::HopByHop,
        11 if is("traceparent") => Known::TraceParent,
        11 if is("x-served-by") => Known::ServedBy,
        12 if is("x-request-id") => Known::RequestId,
        12 if is("x-retry-safe") => Known::RetrySafe,
        13 if is("x-unavailable") => Known::Unavailable,
        14 if is("content-length") => Known::ContentLength,
        14 if is("http2-settings") => Known::HopByHop,
        15 if is("idempotency-key") => Known::IdempotencyKey,
        15 if is("x-forwarded-for") => Known::ForwardedFor,
        16 if is("x-forwarded-host") => Known::ForwardedHost,
        16 if is("proxy-connection") => Known::HopByHop,
        17 if is("transfer-encoding") => Known::TransferEncoding,
        17 if is("x-forwarded-proto") => Known::ForwardedProto,
        18 if is("proxy-authenticate") => Known::HopByHop,
        19 if is("proxy-authorization") => Known::HopByHop,
        _ => Known::Other,
    }
}

/// The members of a comma-separated list (RFC 9110 section 5.6.1), trimmed, without empty ones.
pub fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

/// Whether every LF of a head follows a CR (RFC 9112 section 2.2). `httparse` lets a lone LF end a line and
/// refuses every other lone CR itself.
pub fn lines_end_in_crlf(head: &[u8]) -> bool {
    // Without a way out, so that it is done many bytes at a time.
    let pairs = head.iter().zip(head.iter().skip(1));
    let is_bare = |before: u8, byte: u8| u8::from(byte == b'\n') & u8::from(before != b'\r');
    let bare = pairs.fold(0, |bare, (before, byte)| bare | is_bare(*before, *byte));
    bare == 0 && head.first() != Some(&b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case() {
        for (name, kind) in [
            ("Host", Known::Host),
            ("CONTENT-LENGTH", Known::ContentLength),
            ("transfer-encoding", Known::TransferEncoding),
            ("X-Forwarded-For", Known::ForwardedFor),
            ("Keep-Alive", Known::HopByHop),
            ("Idempotency-Key", Known::IdempotencyKey),
            ("X-Hosts", Known::Other),
            ("", Known::Other),
        ] {
            assert_eq!(known(name), kind, "{name}");
        }
    }

    #[test]
    fn lists_are_split_trimmed_and_without_gaps() {
        let members: Vec<_> = list(b" close ,, X-Foo\t,").collect();
        assert_eq!(members, [&b"close"[..], b"X-Foo"]);
    }

    #[test]
    fn a_lone_line_feed_is_seen() {
        assert!(lines_end_in_crlf(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        for head in [&b"\nGET"[..], b"GET / HTTP/1.1\nHost: a\r\n\r\n", b"a\r\n\n"] {
            assert!(!lines_end_in_crlf(head), "{head:?}");
        }
        let good =
            b"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html, application/json\r\nX-Long: 0123456789\r\n\r\n";
        assert!(lines_end_in_crlf(good));
        for at in 0..good.len() {
            let mut head = good.to_vec();
            head.insert(at, b'\n');
            assert!(!lines_end_in_crlf(&head), "another LF at {at}");
        }
    }

    #[test]
    fn the_set_holds_what_was_put_in() {
        let mut set = FieldSet::default();
        set.insert(0);
        set.insert(MAX_FIELDS - 1);
        assert!(set.contains(0) && set.contains(MAX_FIELDS - 1) && !set.contains(1));
    }
}
