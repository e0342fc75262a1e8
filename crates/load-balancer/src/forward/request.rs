//! A request as it goes upstream, kept until it cannot be needed again.

use crate::http1::chunked::SizeLine;
use crate::http1::length::Length;
use crate::http1::write;
use crate::record::RequestTrace;
use crate::runtime::{Buffers, Held, Ids, READ, hex};
use std::net::IpAddr;
use std::ops::Range;

/// What is known of a request apart from its bytes.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "four facts that have nothing to do with each other")]
pub(crate) struct Facts {
    /// Who asks.
    pub(crate) client: IpAddr,
    /// How the body is framed on its way upstream.
    pub(crate) length: Length,
    /// The answer has no body.
    pub(crate) is_head: bool,
    /// RFC 9110 section 9.2.2.
    pub(crate) idempotent: bool,
    /// There is an `Idempotency-Key`.
    pub(crate) has_key: bool,
    /// The client asks to switch protocols.
    pub(crate) upgrade: bool,
}

/// Where in the head something stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    pub(super) method: Range<usize>,
    pub(super) target: Range<usize>,
    pub(super) host: Range<usize>,
    pub(super) user_agent: Range<usize>,
    pub(super) referer: Range<usize>,
    pub(super) request_id: Range<usize>,
}

/// A request's part in a trace.
#[derive(Debug)]
pub(super) struct Traced {
    /// Where the value of `traceparent` begins.
    pub(super) at: usize,
    /// What the request is called, where it is to be recorded.
    pub(super) trace: Option<RequestTrace>,
}

/// A request on its way upstream: the head, and as much of the body as is kept for another try or is still unsent.
#[derive(Debug)]
pub(crate) struct Request {
    bytes: Vec<u8>,
    /// The whole body, where it has come at once and is long; then it is not in `bytes`.
    body: Option<Held>,
    /// Where the head ends.
    head: usize,
    /// How much of `bytes`, and then of `body`, the current attempt has sent.
    sent: usize,
    /// Bytes of content that have come.
    received: u64,
    /// All of the body has come.
    whole: bool,
    /// `bytes` begins with the head and misses nothing.
    kept: bool,
    chunked: bool,
    places: Places,
    /// Where traces are on; apart, so that a request is no larger for it where they are off.
    trace: Option<Box<Traced>>,
    pub(crate) facts: Facts,
}

impl Request {
    /// A request of which `head` is all that has come, its empty line included.
    pub(super) fn new(head: Vec<u8>, places: Places, trace: Option<Box<Traced>>, facts: Facts) -> Self {
        Self {
            head: head.len(),
            bytes: head,
            body: None,
            sent: 0,
            received: 0,
            whole: matches!(facts.length, Length::Empty | Length::Exact(0)),
            kept: true,
            chunked: facts.length == Length::Chunked,
            places,
            trace,
            facts,
        }
    }

    /// The method.
    pub(crate) fn method(&self) -> &[u8] {
        self.at(&self.places.method)
    }

    /// Path and query.
    pub(crate) fn target(&self) -> &[u8] {
        self.at(&self.places.target)
    }

    /// The path alone; that of `*` is the root.
    pub(crate) fn path(&self) -> &[u8] {
        let target = self.target();
        let path = &target[..memchr::memchr(b'?', target).unwrap_or(target.len())];
        if path == b"*" { b"/" } else { path }
    }

    /// The host it is for, perhaps with a port.
    pub(crate) fn host(&self) -> &[u8] {
        self.at(&self.places.host)
    }

    /// `X-Request-Id`, as sent upstream.
    pub(crate) fn request_id(&self) -> &str {
        // It was text when it was written.
        std::str::from_utf8(self.request_id_bytes()).unwrap_or_default()
    }

    /// The same as bytes.
    pub(crate) fn request_id_bytes(&self) -> &[u8] {
        self.at(&self.places.request_id)
    }

    /// The head as lines: the request line and all fields.
    pub(crate) fn head(&self) -> &[u8] {
        self.bytes.get(..self.head).unwrap_or_default()
    }

    /// `User-Agent`, as sent, or empty.
    pub(crate) fn user_agent(&self) -> &[u8] {
        self.at(&self.places.user_agent)
    }

    /// `Referer`, as sent, or empty.
    pub(crate) fn referer(&self) -> &[u8] {
        self.at(&self.places.referer)
    }

    /// The trace, as 32 hexadecimal digits; empty where traces are off.
    pub(crate) fn trace_id(&self) -> &[u8] {
        self.trace.as_ref().map_or(b"", |traced| self.at(&(traced.at + 3..traced.at + 35)))
    }

    /// What it is called in its trace, where it is to be recorded.
    pub(crate) fn trace(&self) -> Option<&RequestTrace> {
        self.trace.as_ref()?.trace.as_ref()
    }

    /// Gives the attempt that begins a span, and tells the upstream that it is its parent.
    pub(crate) fn begin_span(&mut self, ids: &Ids) {
        if let Some(traced) = &mut self.trace
            && let Some(trace) = &mut traced.trace
        {
            let id = ids.span_id();
            trace.attempts.push(id);
            hex(&id, &mut self.bytes[traced.at + 36..traced.at + 52]);
        }
    }

    fn at(&self, place: &Range<usize>) -> &[u8] {
        self.bytes.get(place.clone()).unwrap_or_default()
    }

    /// Bytes of content received so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Adds a field to the head, before anything was sent.
    pub(crate) fn add_field(&mut self, name: &[u8], value: &[u8]) {
        let mut line = Vec::with_capacity(name.len() + value.len() + 4);
        write::field(&mut line, name, value);
        // In front of the empty line.
        let end = self.head - 2;
        self.bytes.splice(end..end, line.iter().copied());
        self.head += line.len();
    }

    /// Removes the fields of these names from the head, while no attempt is under way.
    pub(crate) fn remove_fields(&mut self, names: &[&str]) {
        let is_one = |line: &[u8]| {
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            names.iter().any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
        };
        let mut start = 0;
        while let Some(end) = memchr::memchr(b'\n', &self.bytes[start..self.head]).map(|at| start + at + 1) {
            if is_one(&self.bytes[start..end]) {
                self.remove(start..end);
            } else {
                start = end;
            }
        }
    }

    /// Removes a line from the head; what stands behind it moves up.
    fn remove(&mut self, line: Range<usize>) {
        let (end, len) = (line.end, line.len());
        let Places { method, target, host, user_agent, referer, request_id } = &mut self.places;
        for place in [method, target, host, user_agent, referer, request_id] {
            if place.start >= end {
                *place = place.start - len..place.end - len;
            }
        }
        if let Some(traced) = &mut self.trace
            && traced.at >= end
        {
            traced.at -= len;
        }
        self.bytes.drain(line);
        self.head -= len;
    }

    /// Makes room for as much of the body as will be kept.
    pub(crate) fn expect_body(&mut self, buffers: &Buffers) {
        if let Length::Exact(length) = self.facts.length {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            buffers.grow(&mut self.bytes, length.min(READ));
        }
    }

    /// Whether content goes upstream as it is.
    pub(crate) fn is_unframed(&self) -> bool {
        !self.chunked
    }

    /// Takes in all of the body at once.
    pub(crate) fn hold(&mut self, body: Held) {
        debug_assert!(!self.chunked && self.received == 0, "it needs no frame and nothing came before it");
        self.received = body.as_bytes().len() as u64;
        (self.body, self.whole) = (Some(body), true);
    }

    /// Takes in content. Beyond `keep` bytes of body, what was sent is dropped and no other try can be made.
    pub(crate) fn push(&mut self, content: &[u8], keep: usize) {
        if content.is_empty() {
            return;
        }
        self.received += content.len() as u64;
        if self.received > keep as u64 && self.sent > 0 {
            self.drop_sent();
        }
        if self.chunked {
            self.bytes.extend_from_slice(SizeLine::new(content.len()).as_bytes());
        }
        self.bytes.extend_from_slice(content);
        if self.chunked {
            self.bytes.extend_from_slice(b"\r\n");
        }
    }

    /// The body has ended.
    pub(crate) fn end(&mut self, trailers: &[u8]) {
        if self.chunked && !self.whole {
            self.bytes.extend_from_slice(b"0\r\n");
            self.bytes.extend_from_slice(trailers);
            self.bytes.extend_from_slice(b"\r\n");
        }
        self.whole = true;
    }

    /// What the current attempt has yet to send: what is left of the head and, where it is apart, of the body.
    pub(crate) fn unsent(&self) -> (&[u8], &[u8]) {
        let body = self.body.as_ref().map_or(&[][..], Held::as_bytes);
        match self.sent.checked_sub(self.bytes.len()) {
            Some(sent) => (&[], &body[sent..]),
            None => (&self.bytes[self.sent..], body),
        }
    }

    /// How many bytes the current attempt could send now.
    pub(crate) fn unsent_len(&self) -> usize {
        self.bytes.len() + self.body.as_ref().map_or(0, |body| body.as_bytes().len()) - self.sent
    }

    /// Whether the current attempt has nothing to send for now.
    pub(crate) fn is_drained(&self) -> bool {
        self.unsent_len() == 0
    }

    /// Takes note that `len` more bytes were sent.
    pub(crate) fn advance(&mut self, len: usize) {
        self.sent += len;
        if !self.kept {
            self.drop_sent();
        }
    }

    /// Whether it does no harm to send it a second time.
    pub(crate) fn is_safe_twice(&self) -> bool {
        self.facts.idempotent || self.facts.has_key
    }

    /// Whether all of the body has come.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether the current attempt has sent all there is.
    pub(crate) fn is_sent(&self) -> bool {
        self.whole && self.is_drained()
    }

    /// Whether it could be sent again from the start: all of it is here, and no more than `keep` bytes of body unless
    /// nothing was sent yet.
    pub(crate) fn is_kept(&self, keep: usize) -> bool {
        self.kept && (self.sent == 0 || self.received <= keep as u64)
    }

    /// Whether the body is known to be longer than `limit`.
    pub(crate) fn is_larger_than(&self, limit: Option<u64>) -> bool {
        let known = match self.facts.length {
            Length::Exact(length) => length,
            Length::Empty | Length::Chunked | Length::UntilClose => self.received,
        };
        limit.is_some_and(|limit| known > limit)
    }

    /// Whether all of the body will be kept, if no more than `keep` bytes are.
    pub(crate) fn fits(&self, keep: usize) -> bool {
        match self.facts.length {
            Length::Empty => true,
            Length::Exact(length) => length <= keep as u64,
            Length::Chunked | Length::UntilClose => self.whole && self.received <= keep as u64,
        }
    }

    /// Begins the next attempt; the request must be kept, see [`Request::is_kept`].
    pub(crate) fn rewind(&mut self) {
        debug_assert!(self.kept, "a request that was not kept cannot be sent again");
        self.sent = 0;
    }

    /// From here on whatever the client sends goes upstream as it is (RFC 9110 section 7.8).
    pub(crate) fn switch(&mut self) {
        (self.chunked, self.whole) = (false, false);
        self.drop_sent();
    }

    /// Forgets what was sent. The head stays, because records read it.
    fn drop_sent(&mut self) {
        self.kept = false;
        let from = self.head.min(self.sent);
        self.bytes.drain(from..self.sent);
        self.sent = from;
    }

    /// Gives a long body that was sent back to the next request, where it must not be sent twice anyway: the fewer
    /// buffers are in turn, the more of them are in the processor's cache.
    pub(crate) fn let_go(&mut self, buffers: &Buffers) {
        if self.is_safe_twice() || !self.is_sent() {
            return;
        }
        if let Some(body) = self.body.take() {
            buffers.give_back(body);
            (self.kept, self.sent) = (false, self.bytes.len());
        }
    }

    /// Gives its buffers back for the next request.
    pub(crate) fn recycle(self, buffers: &Buffers) {
        buffers.give(self.bytes);
        if let Some(body) = self.body {
            buffers.give_back(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::draft::Draft;
    use super::*;

    #[test]
    fn what_is_removed_leaves_the_rest_in_its_place() {
        let mut draft = Draft::new(Vec::new(), "GET", "/a?b", "example.com");
        draft.field(b"If-None-Match", b"\"1\"");
        draft.user_agent(b"curl");
        draft.field(b"if-none-match", b"\"2\"");
        draft.field(b"If-None-Match-Not", b"x");
        draft.request_id(b"id-1");
        draft.trace(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None);
        draft.field(b"If-Modified-Since", b"never");
        let facts = Facts {
            client: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            length: Length::Empty,
            is_head: false,
            idempotent: true,
            has_key: false,
            upgrade: false,
        };
        let mut request = draft.finish(facts);
        request.remove_fields(&["If-None-Match", "If-Modified-Since"]);
        request.add_field(b"X-New", b"1");
        let head = "GET /a?b HTTP/1.1\r\nHost: example.com\r\nUser-Agent: curl\r\nIf-None-Match-Not: x\r\n\
                    X-Request-Id: id-1\r\n\
                    traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nX-New: 1\r\n\r\n";
        assert_eq!(String::from_utf8_lossy(request.head()), head);
        assert_eq!((request.host(), request.target()), (&b"example.com"[..], &b"/a?b"[..]));
        assert_eq!(
            (request.user_agent(), request.request_id(), request.referer()),
            (&b"curl"[..], "id-1", &b""[..])
        );
        assert_eq!(request.trace_id(), b"0af7651916cd43dd8448eb211c80319c");
    }
}
