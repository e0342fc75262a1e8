//! A server that speaks HTTP/1: its connection, and the progress of request and answer on it.

use super::failure::{ExchangeError, UpstreamError};
use super::request::Request;
use super::upstream::{Accepted, Answered, Heads, Part, Upstream};
use crate::http1::body::Body;
use crate::http1::fields::slots;
use crate::http1::length::Length;
use crate::http1::response::{self, ResponseHead};
use crate::runtime::{READ, Scratch};
use crate::upstreams::UpstreamConnection;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite as _;

/// The most that is read at once while an answer's head is incomplete, so that head and rest fit the scratch.
const HEAD_READ: usize = READ - response::MAX_HEAD;

/// One request and its answer on a connection.
#[derive(Debug)]
pub(super) struct Http1Upstream<'a> {
    connection: &'a mut UpstreamConnection,
    /// Whether the request is a HEAD, whose answer has no body.
    to_head: bool,
    reading: Reading,
    writing: Writing,
    keep_alive: KeepAlive,
}

/// The progress of the answer.
#[derive(Debug)]
enum Reading {
    /// Bytes of an incomplete head.
    Head(Vec<u8>),
    Body(Body),
    /// The answer was read to its end; its trailers.
    Ended(Body),
}

/// The progress of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    Open,
    /// The server takes no more of the request, but may still answer.
    Closed,
}

/// What becomes of the connection after the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeepAlive {
    Reusable,
    Ends,
}

/// The outcome of reading heads.
enum Read {
    /// The final head is accepted; the heads took so many bytes.
    Final(usize),
    Refused(Answered),
    /// The final head is incomplete; interim heads took so many bytes.
    Incomplete(usize),
}

impl<'a> Http1Upstream<'a> {
    pub(super) fn new(connection: &'a mut UpstreamConnection, to_head: bool) -> Self {
        Self {
            connection,
            to_head,
            reading: Reading::Head(Vec::new()),
            writing: Writing::Open,
            keep_alive: KeepAlive::Reusable,
        }
    }

    /// Reads bytes of the answer.
    fn take_in<H: Heads>(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        range: Range<usize>,
        heads: &mut H,
    ) -> Result<Part, ExchangeError> {
        let Reading::Head(held) = &mut self.reading else { return self.decode(scratch, range) };
        if held.is_empty() {
            let (bytes, out) = scratch.split(&range);
            return match self.read_heads(cx, bytes, out, heads)? {
                Read::Final(len) => self.decode(scratch, range.start + len..range.end),
                Read::Refused(answered) => Ok(Part::Refused(answered)),
                Read::Incomplete(len) => Ok(self.hold(bytes[len..].to_vec())),
            };
        }
        held.extend_from_slice(scratch.bytes(&range));
        let bytes = std::mem::take(held);
        match self.read_heads(cx, &bytes, scratch.head(), heads)? {
            Read::Final(len) => {
                let rest = scratch.put(&bytes[len..]);
                self.decode(scratch, rest)
            }
            Read::Refused(answered) => Ok(Part::Refused(answered)),
            Read::Incomplete(len) => Ok(self.hold(bytes[len..].to_vec())),
        }
    }

    fn hold(&mut self, bytes: Vec<u8>) -> Part {
        self.reading = Reading::Head(bytes);
        Part::Incomplete
    }

    /// Reads heads from the start of `bytes` up to the final one, whose rewritten form is then in `out`.
    fn read_heads<H: Heads>(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        out: &mut Vec<u8>,
        heads: &mut H,
    ) -> Result<Read, ExchangeError> {
        let mut start = 0;
        loop {
            let mut slots = slots();
            let head = response::parse(&bytes[start..], &mut slots, self.to_head);
            let Some(head) = head.map_err(UpstreamError::from)? else { return Ok(Read::Incomplete(start)) };
            start += head.len;
            if head.status >= 200 || head.status == 101 {
                return Ok(match self.offer(&head, out, heads)? {
                    Accepted::Yes => Read::Final(start),
                    Accepted::No(answered) => Read::Refused(answered),
                });
            }
            self.ends_unless(head.keep_alive);
            heads.interim(cx, &head)?;
        }
    }

    /// Offers the final head; `true` when it is accepted.
    fn offer<H: Heads>(
        &mut self,
        head: &ResponseHead<'_, '_>,
        out: &mut Vec<u8>,
        heads: &mut H,
    ) -> Result<Accepted, ExchangeError> {
        let switches = head.status == 101;
        // None can switch that has not been sent the whole request yet: what comes next would overtake the rest.
        if switches && self.connection.socket.is_queued() {
            return Err(UpstreamError::Unexpected.into());
        }
        let accepted = heads.accept(head, out)?;
        if accepted != Accepted::Yes {
            return Ok(accepted);
        }
        self.ends_unless(head.keep_alive && !switches);
        // After a switch, both directions are bytes without framing.
        self.reading = Reading::Body(Body::new(if switches { Length::UntilClose } else { head.length }));
        Ok(accepted)
    }

    /// Takes the content out of bytes that have come.
    fn decode(&mut self, scratch: &mut Scratch, range: Range<usize>) -> Result<Part, ExchangeError> {
        let Reading::Body(body) = &mut self.reading else {
            return Err(ExchangeError::Internal("there is content without a head"));
        };
        let decoded = body.decode(scratch.bytes_mut(&range)).map_err(UpstreamError::from)?;
        let content = range.start..range.start + decoded.data;
        let ended = body.is_done();
        // Bytes after the answer's end are nobody's: the connection is not used again.
        self.ends_unless(decoded.used == range.len());
        Ok(if ended { self.last(content) } else { Part::Content(content) })
    }

    fn last(&mut self, content: Range<usize>) -> Part {
        if let Reading::Body(body) = std::mem::replace(&mut self.reading, Reading::Head(Vec::new())) {
            self.reading = Reading::Ended(body);
        }
        Part::Last(content)
    }

    /// The server has ended its side of the connection: the proper end of a body that lasts until the close, and an
    /// error otherwise.
    fn closed(&mut self, scratch: &mut Scratch, error: Option<io::Error>) -> Result<Part, ExchangeError> {
        self.keep_alive = KeepAlive::Ends;
        match &self.reading {
            Reading::Body(body) if body.ends_with_connection() && error.is_none() => {
                Ok(self.last(scratch.put(&[])))
            }
            Reading::Head(held) if held.is_empty() && self.connection.reused => {
                Err(UpstreamError::Stale.into())
            }
            _ => Err(UpstreamError::Reset(error).into()),
        }
    }

    fn ends_unless(&mut self, goes_on: bool) {
        if !goes_on {
            self.keep_alive = KeepAlive::Ends;
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, request: &mut Request) -> Poll<io::Result<()>> {
        while !request.is_drained() {
            let socket = &mut self.connection.socket;
            let written = match request.unsent() {
                (head, []) if request.is_whole() && request.is_safe_twice() => {
                    Pin::new(socket).poll_write(cx, head)
                }
                // One that must not be sent twice goes at once: the connection has just been seen to be alive.
                (head, []) => socket.poll_write_now(cx, &[IoSlice::new(head)]),
                (head, body) => socket.poll_write_now(cx, &[IoSlice::new(head), IoSlice::new(body)]),
            };
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => request.advance(sent),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Upstream for Http1Upstream<'_> {
    fn address(&self) -> SocketAddr {
        self.connection.address
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, request: &mut Request) -> Poll<io::Result<()>> {
        let sent = self.poll_write(cx, request);
        if matches!(sent, Poll::Ready(Err(_))) {
            (self.writing, self.keep_alive) = (Writing::Closed, KeepAlive::Ends);
        }
        sent
    }

    fn takes_more(&self) -> bool {
        self.writing == Writing::Open
    }

    fn end(&mut self, cx: &mut Context<'_>) {
        // That the server may be gone already shows when it is read from.
        let _ = Pin::new(&mut self.connection.socket).poll_shutdown(cx);
    }

    #[inline]
    fn poll_answer<H: Heads>(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        limit: usize,
        heads: &mut H,
    ) -> Poll<Result<Part, ExchangeError>> {
        let limit = if self.has_begun() { HEAD_READ } else { limit };
        let read = ready!(scratch.poll_fill(&mut self.connection.socket, cx, limit));
        Poll::Ready(match read {
            Ok(range) if !range.is_empty() => self.take_in(cx, scratch, range, heads),
            Ok(_) => self.closed(scratch, None),
            Err(error) => self.closed(scratch, Some(error)),
        })
    }

    fn has_begun(&self) -> bool {
        matches!(&self.reading, Reading::Head(held) if !held.is_empty())
    }

    fn trailers(&self) -> &[u8] {
        match &self.reading {
            Reading::Ended(body) => body.trailers(),
            Reading::Head(_) | Reading::Body(_) => &[],
        }
    }

    fn is_reusable(&self) -> bool {
        let ended = matches!(self.reading, Reading::Ended(_));
        ended && self.keep_alive == KeepAlive::Reusable && !self.connection.socket.is_queued()
    }
}
