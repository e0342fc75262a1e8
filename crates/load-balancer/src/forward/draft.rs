//! A draft: the head of a request as it goes upstream, while it is being written.

use super::origin::Peer;
use super::request::{Facts, Places, Request, Traced};
use crate::http1::length::Length;
use crate::http1::write;
use crate::record::{Protocol, RequestTrace};
use crate::worker::Worker;
use std::ops::Range;
use uuid::fmt::Hyphenated;

/// A request head being written.
#[derive(Debug)]
pub(crate) struct Draft {
    bytes: Vec<u8>,
    places: Places,
    /// The request's part in its trace, where traces are on.
    trace: Option<Box<Traced>>,
}

impl Draft {
    /// Begins with the request line, in origin form, and `Host`. `buffer` must be empty.
    pub(crate) fn new(buffer: Vec<u8>, method: &str, path_and_query: &str, host: &str) -> Self {
        let mut draft = Self { bytes: buffer, places: Places::default(), trace: None };
        draft.places.method = draft.put(method.as_bytes());
        draft.put(b" ");
        let start = draft.bytes.len();
        if path_and_query.is_empty() || path_and_query.starts_with('?') {
            draft.put(b"/");
        }
        draft.put(path_and_query.as_bytes());
        draft.places.target = start..draft.bytes.len();
        draft.put(b" HTTP/1.1\r\n");
        draft.places.host = draft.field(b"Host", host.as_bytes());
        draft
    }

    /// Begins with the parts of a refused head that were understood; the draft is never sent.
    fn unsendable(buffer: Vec<u8>, asked: Asked<'_>) -> Self {
        let mut draft = Self { bytes: buffer, places: Places::default(), trace: None };
        draft.places.method = draft.put(asked.method);
        draft.places.target = draft.put(asked.target);
        draft.places.host = draft.put(asked.host);
        draft
    }

    fn put(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    /// Writes one field and gives the place of its value.
    pub(crate) fn field(&mut self, name: &[u8], value: &[u8]) -> Range<usize> {
        write::field(&mut self.bytes, name, value);
        let end = self.bytes.len() - 2;
        end - value.len()..end
    }

    /// Writes `User-Agent`.
    pub(crate) fn user_agent(&mut self, value: &[u8]) {
        self.places.user_agent = self.field(b"User-Agent", value);
    }

    /// Writes `Referer`.
    pub(crate) fn referer(&mut self, value: &[u8]) {
        self.places.referer = self.field(b"Referer", value);
    }

    /// Writes `X-Request-Id`.
    pub(crate) fn request_id(&mut self, value: &[u8]) {
        self.places.request_id = self.field(b"X-Request-Id", value);
    }

    /// Writes `traceparent`. With `trace`, the request is sampled.
    pub(crate) fn trace(&mut self, value: &[u8; 55], trace: Option<RequestTrace>) {
        let at = self.field(b"traceparent", value).start;
        self.trace = Some(Box::new(Traced { at, trace }));
    }

    /// Writes a field whose value `value` writes.
    pub(crate) fn field_with(&mut self, name: &[u8], value: impl FnOnce(&mut Vec<u8>)) {
        self.put(name);
        self.put(b": ");
        value(&mut self.bytes);
        self.put(b"\r\n");
    }

    /// The bytes so far, for writers of fields whose places are not needed.
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Ends the head.
    pub(crate) fn finish(mut self, facts: Facts) -> Request {
        write::framing(&mut self.bytes, facts.length);
        self.put(b"\r\n");
        Request::new(self.bytes, self.places, self.trace, facts)
    }
}

/// The facts of a refused request, as far as they are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) protocol: Protocol,
    /// The method; empty, as target and host are, where the head was not understood.
    pub(crate) method: &'a [u8],
    pub(crate) target: &'a [u8],
    pub(crate) host: &'a [u8],
}

impl Asked<'_> {
    /// The facts of a head that was not understood.
    pub(crate) fn unknown(protocol: Protocol) -> Self {
        Self { protocol, method: b"", target: b"", host: b"" }
    }

    /// The refused request, as far as it is known. It is answered and recorded like any other, and never sent.
    pub(crate) fn refused(self, peer: &Peer, worker: &Worker) -> Request {
        let mut draft = Draft::unsendable(worker.buffers.take(), self);
        let id = worker.ids.request_id(worker.clock.unix_millis());
        draft.request_id(id.hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]).as_bytes());
        draft.finish(Facts {
            client: peer.address,
            protocol: self.protocol,
            length: Length::Empty,
            is_head: self.method == b"HEAD",
            idempotent: false,
            has_key: false,
            upgrade: false,
        })
    }
}
