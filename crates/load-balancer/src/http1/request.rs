//! Request heads: RFC 9112 section 3 and the fields that steer a message (RFC 9110).

use super::fields::{self, FieldSet, Known, Slots, list};
use super::length::{Framing, Length, LengthError};
use super::target::{self, Target, TargetError};
use thiserror::Error;

/// The longest request line, in bytes.
pub const MAX_REQUEST_LINE: usize = 8 * 1024;
/// Two spaces, the version and the CR.
const REST_OF_LINE: usize = 11;
/// The longest head, in bytes, request line included.
pub const MAX_HEAD: usize = 32 * 1024;

/// A request head, borrowed from the bytes it was read from.
#[derive(Debug)]
pub struct RequestHead<'h, 'b> {
    /// The method, as sent; methods are case-sensitive.
    pub method: &'b str,
    /// The request target.
    pub target: Target<'b>,
    /// The authority that the request is for: that of the target, or `Host`; empty where an HTTP/1.0 client named none.
    pub host: &'b str,
    /// Whether the version is HTTP/1.0 rather than 1.1.
    pub http10: bool,
    /// Every field, in order.
    pub fields: &'h [httparse::Header<'b>],
    /// The fields that are for this hop only or are written anew; the others pass through.
    pub consumed: FieldSet,
    /// How long the body is.
    pub length: Length,
    /// Whether the client lets the connection be used again.
    pub keep_alive: bool,
    /// Whether there is an `Expect: 100-continue` and a body to wait for.
    pub expects_continue: bool,
    /// The protocols of `Upgrade`, where `Connection` names it.
    pub upgrade: Option<&'b [u8]>,
    /// The fields that routing, retries, forwarding and records read.
    pub context: Context<'b>,
    /// How many bytes the head took.
    pub len: usize,
}

/// Fields that routing, retries, forwarding and records read.
#[derive(Debug, Default)]
pub struct Context<'b> {
    /// `X-Request-Id`, the first one.
    pub request_id: Option<&'b [u8]>,
    /// `traceparent`, the first one.
    pub trace_parent: Option<&'b [u8]>,
    /// `User-Agent`.
    pub user_agent: Option<&'b [u8]>,
    /// `Referer`.
    pub referer: Option<&'b [u8]>,
    /// Whether there is an `Idempotency-Key`.
    pub has_idempotency_key: bool,
    /// `X-Forwarded-Proto`, the last one.
    pub forwarded_proto: Option<&'b [u8]>,
    /// `X-Forwarded-Host`, the last one.
    pub forwarded_host: Option<&'b [u8]>,
}

/// Why a request is refused.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum RequestError {
    /// The request line is longer than [`MAX_REQUEST_LINE`].
    #[error("the request line is too long")]
    LineTooLong,
    /// The head is longer than [`MAX_HEAD`], or has more than [`fields::MAX_FIELDS`] fields.
    #[error("the head is too large")]
    HeadTooLarge,
    /// Not an HTTP/1 head: a bad token, a folded line, a space before a colon, a control character.
    #[error("the head is malformed: {0}")]
    Malformed(httparse::Error),
    /// A line that ends in a lone LF.
    #[error("a line of the head does not end in CRLF")]
    BareLineFeed,
    /// HTTP, but neither 1.0 nor 1.1.
    #[error("the HTTP version is not supported")]
    Version,
    /// An HTTP/1.1 request without `Host`, or any with more than one.
    #[error("there must be exactly one Host")]
    HostCount,
    /// The target or the host is refused.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The length of the body is refused.
    #[error(transparent)]
    Length(#[from] LengthError),
    /// An `Expect` other than `100-continue`.
    #[error("the expectation is not known")]
    Expectation,
}

/// Reads a request head from the start of `bytes`; `None` while it is not whole.
pub fn parse<'h, 'b>(
    bytes: &'b [u8],
    slots: &'h mut Slots<'b>,
) -> Result<Option<RequestHead<'h, 'b>>, RequestError> {
    let mut raw = httparse::Request::new(&mut []);
    let len = match raw.parse_with_uninit_headers(bytes, slots) {
        Ok(httparse::Status::Complete(len)) if len <= MAX_HEAD => len,
        Ok(httparse::Status::Partial) => return check_partial(bytes).map(|()| None),
        Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(RequestError::HeadTooLarge),
        Err(httparse::Error::Version) => return Err(version_error(bytes)),
        Err(error) => return Err(RequestError::Malformed(error)),
    };
    if !fields::lines_end_in_crlf(&bytes[..len]) {
        return Err(RequestError::BareLineFeed);
    }
    let (method, target) = (raw.method.unwrap_or_default(), raw.path.unwrap_or_default());
    if method.len() + target.len() + REST_OF_LINE > MAX_REQUEST_LINE {
        return Err(RequestError::LineTooLong);
    }
    let target = target::parse(method, target)?;
    Reading::new(raw.version == Some(0)).read(raw.headers)?.finish(method, target, raw.headers, len).map(Some)
}

/// Refuses an unfinished head that can no longer become a good one.
fn check_partial(bytes: &[u8]) -> Result<(), RequestError> {
    if !fields::lines_end_in_crlf(bytes) {
        return Err(RequestError::BareLineFeed);
    }
    let line = memchr::memchr(b'\n', bytes.trim_ascii_start()).unwrap_or(bytes.len());
    match () {
        () if line > MAX_REQUEST_LINE => Err(RequestError::LineTooLong),
        () if bytes.len() >= MAX_HEAD => Err(RequestError::HeadTooLarge),
        () => Ok(()),
    }
}

/// Tells another version of HTTP from something that is not HTTP.
fn version_error(bytes: &[u8]) -> RequestError {
    let line = bytes.split(|byte| *byte == b'\n').find(|line| line.len() > 1).unwrap_or_default();
    match line.split(|byte| *byte == b' ').collect::<Vec<_>>().as_slice() {
        [_, _, version] if version.starts_with(b"HTTP/") => RequestError::Version,
        _ => RequestError::Malformed(httparse::Error::Version),
    }
}

/// The results of one pass over the fields.
struct Reading<'b> {
    http10: bool,
    framing: Framing,
    consumed: FieldSet,
    host: Option<&'b str>,
    options: Options<'b>,
    expects_continue: bool,
    context: Context<'b>,
}

impl<'b> Reading<'b> {
    fn new(http10: bool) -> Self {
        Self {
            http10,
            framing: Framing::default(),
            consumed: FieldSet::default(),
            host: None,
            options: Options::default(),
            expects_continue: false,
            context: Context::default(),
        }
    }

    fn read(mut self, fields: &[httparse::Header<'b>]) -> Result<Self, RequestError> {
        self.consumed = fields::consumed(fields, |field, value| self.take_in(field, value))?;
        if self.options.names_others {
            let has_key = &mut self.context.has_idempotency_key;
            fields::consume_named(fields, &mut self.consumed, |field| {
                *has_key &= field != Known::IdempotencyKey;
            });
        }
        Ok(self)
    }

    /// Takes one field in; `true` when the field is consumed here.
    fn take_in(&mut self, field: Known, value: &'b [u8]) -> Result<bool, RequestError> {
        match field {
            Known::ContentLength => self.framing.content_length(value)?,
            Known::TransferEncoding => self.framing.transfer_encoding(value)?,
            Known::Host if self.host.is_some() => return Err(RequestError::HostCount),
            Known::Host => self.host = Some(target::check_host(value)?),
            Known::Connection => self.options.read(value),
            Known::Upgrade => self.options.protocols = Some(value),
            Known::Expect if value.eq_ignore_ascii_case(b"100-continue") => self.expects_continue = true,
            Known::Expect => return Err(RequestError::Expectation),
            Known::RequestId => _ = self.context.request_id.get_or_insert(value),
            Known::TraceParent => _ = self.context.trace_parent.get_or_insert(value),
            Known::ForwardedProto => self.context.forwarded_proto = Some(value),
            Known::ForwardedHost => self.context.forwarded_host = Some(value),
            Known::HopByHop | Known::ForwardedFor | Known::Forwarded => {}
            Known::IdempotencyKey => {
                self.context.has_idempotency_key = true;
                return Ok(false);
            }
            Known::UserAgent => self.context.user_agent = Some(value),
            Known::Referer => self.context.referer = Some(value),
            Known::Date | Known::ServedBy | Known::RetrySafe | Known::Unavailable | Known::Other => {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn finish<'h>(
        self,
        method: &'b str,
        target: Target<'b>,
        fields: &'h [httparse::Header<'b>],
        len: usize,
    ) -> Result<RequestHead<'h, 'b>, RequestError> {
        if self.host.is_none() && !self.http10 {
            return Err(RequestError::HostCount);
        }
        let length = self.framing.finish(self.http10)?.unwrap_or(Length::Empty);
        Ok(RequestHead {
            method,
            target,
            host: target.authority.or(self.host).unwrap_or_default(),
            http10: self.http10,
            fields,
            consumed: self.consumed,
            length,
            keep_alive: self.options.keeps_alive(self.http10),
            expects_continue: self.expects_continue && !self.http10 && length != Length::Empty,
            upgrade: self.options.upgrade().filter(|_| !self.http10 && length == Length::Empty),
            context: self.context,
            len,
        })
    }
}

/// The options of `Connection`.
#[derive(Debug, Default, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "a set of options, any of which may be there")]
pub(super) struct Options<'b> {
    close: bool,
    keep_alive: bool,
    upgrade: bool,
    /// Whether `Connection` names fields of the message.
    pub(super) names_others: bool,
    /// The value of `Upgrade`.
    pub(super) protocols: Option<&'b [u8]>,
}

impl<'b> Options<'b> {
    pub(super) fn read(&mut self, value: &[u8]) {
        for option in list(value) {
            match option.len() {
                5 if option.eq_ignore_ascii_case(b"close") => self.close = true,
                7 if option.eq_ignore_ascii_case(b"upgrade") => self.upgrade = true,
                10 if option.eq_ignore_ascii_case(b"keep-alive") => self.keep_alive = true,
                _ => self.names_others = true,
            }
        }
    }

    /// Whether the connection persists (RFC 9112 section 9.3).
    pub(super) fn keeps_alive(&self, http10: bool) -> bool {
        !self.close && (!http10 || self.keep_alive)
    }

    /// The protocols to upgrade to, where `Connection` names `Upgrade`. `h2c` is left out, because requests after such
    /// an upgrade would pass by every rule here.
    pub(super) fn upgrade(&self) -> Option<&'b [u8]> {
        let to_h2c = |protocols| list(protocols).any(|protocol| protocol.eq_ignore_ascii_case(b"h2c"));
        self.protocols.filter(|protocols| self.upgrade && !to_h2c(protocols))
    }
}

#[cfg(test)]
mod tests;
