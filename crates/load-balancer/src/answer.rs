//! An answer of the balancer's own, before a protocol writes it.

use std::borrow::Cow;

use bytes::Bytes;
use smallvec::SmallVec;

/// A field of an answer: name in lower case, and value.
pub(crate) type Field = (Cow<'static, str>, Cow<'static, str>);

/// An answer of the balancer's own, for the data path to write. The data path adds `Content-Length`, `Date`,
/// `X-Request-Id` and `Connection`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Fields to send.
    pub fields: SmallVec<[Field; 4]>,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// An answer with a body of this type.
    pub fn new(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        let fields = [("content-type", content_type), ("cache-control", "no-store")];
        let fields = fields.map(|(name, value)| (name.into(), value.into()));
        Self { status, fields: fields.into_iter().collect(), body: body.into() }
    }

    /// Whether the answer has a `Date` of its own: an answer from the cache has the origin's (RFC 9111 section 4).
    pub fn has_date(&self) -> bool {
        self.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("date"))
    }

    /// Whether the answer says how long its body is. A 204 must not, and the length of a 304 would be that of another
    /// answer (RFC 9110 section 8.6).
    pub fn has_length(&self) -> bool {
        !matches!(self.status, 204 | 304)
    }
}

/// The reason phrase of a status (RFC 9110 section 15).
pub(crate) fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason()).unwrap_or("")
}
