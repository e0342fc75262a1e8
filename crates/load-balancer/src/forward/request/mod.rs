//! A request as it goes upstream, kept until it cannot be needed again: its head and its facts. [`body`] handles its
//! body.

mod body;
#[cfg(test)]
mod tests;

use crate::http1::length::Length;
use crate::http1::write;
use crate::record::{Protocol, RequestTrace};
use crate::runtime::{Held, Ids, hex};
use std::net::IpAddr;
use std::ops::Range;

/// The facts of a request, apart from its bytes.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "four facts that have nothing to do with each other")]
pub(crate) struct Facts {
    /// The client's address.
    pub(crate) client: IpAddr,
    /// The client's protocol.
    pub(crate) protocol: Protocol,
    /// How the body is framed on its way upstream.
    pub(crate) length: Length,
    /// Whether the request is a HEAD, whose answer has no body.
    pub(crate) is_head: bool,
    /// Whether the method is idempotent (RFC 9110 section 9.2.2).
    pub(crate) idempotent: bool,
    /// Whether there is an `Idempotency-Key`.
    pub(crate) has_key: bool,
    /// Whether the client asks to switch protocols.
    pub(crate) upgrade: bool,
}

/// The places of fields in the head.
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
    /// The ids of the request in its trace, where it is sampled.
    pub(super) trace: Option<RequestTrace>,
}

/// A request on its way upstream: the head, and the part of the body that is kept for another try or is still unsent.
#[derive(Debug)]
pub(crate) struct Request {
    bytes: Vec<u8>,
    /// The whole body, where it came at once and is long; then the body is not in `bytes`.
    body: Option<Held>,
    /// Where the head ends.
    head: usize,
    /// How much of `bytes`, and then of `body`, the current attempt has sent.
    sent: usize,
    /// Bytes of content that have come.
    received: u64,
    /// Whether the whole body has come.
    whole: bool,
    /// `bytes` begins with the head and misses nothing.
    kept: bool,
    chunked: bool,
    places: Places,
    /// The trace, where traces are on. It is boxed, so that a request is no larger for it where traces are off.
    trace: Option<Box<Traced>>,
    pub(crate) facts: Facts,
}

impl Request {
    /// A request of which only `head` has come, its empty line included.
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

    /// The host that the request is for, perhaps with a port.
    pub(crate) fn host(&self) -> &[u8] {
        self.at(&self.places.host)
    }

    /// `X-Request-Id`, as sent upstream.
    pub(crate) fn request_id(&self) -> &str {
        // It was text when it was written.
        std::str::from_utf8(self.request_id_bytes()).unwrap_or_default()
    }

    /// `X-Request-Id` as bytes.
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

    /// The ids of the request in its trace, where it is sampled.
    pub(crate) fn trace(&self) -> Option<&RequestTrace> {
        self.trace.as_ref()?.trace.as_ref()
    }

    /// Gives the beginning attempt a span, and names that span to the upstream as the parent.
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

    /// Whether it does no harm to send the request a second time.
    pub(crate) fn is_safe_twice(&self) -> bool {
        self.facts.idempotent || self.facts.has_key
    }
}
