//! A client that speaks HTTP/1: its stream, what it has sent ahead, and what it has yet to take.

use crate::answer::Answer;
use crate::client::{Client, ClientError, Own};
use crate::downstream::stream::Stream;
use crate::http1::body::Body;
use crate::http1::chunked::SizeLine;
use crate::http1::length::Length;
use crate::http1::response::ResponseHead;
use crate::http1::{write, write::Added, write::Coding};
use crate::runtime::{READ, Scratch, Timer};
use std::io::ErrorKind;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

/// So much of later requests is taken in while an answer is awaited; then the client has to wait with the rest.
const AHEAD: usize = 16 * 1024;
/// How often it is looked whether a client is still there from which nothing more is read.
const LOOK: Duration = Duration::from_secs(1);

/// One client connection. Between requests it owns no buffer.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "facts of one request and its answer, each on its own")]
pub(crate) struct Http1Client {
    pub(super) stream: Stream,
    /// Bytes that have come and are not used yet: part of a head, or later requests.
    pub(super) ahead: Vec<u8>,
    /// Bytes of answers that the client has not taken yet.
    unsent: Vec<u8>,
    sent: usize,
    /// The body of the request being read.
    pub(super) body: Body,
    pub(super) to_http10: bool,
    coding: Coding,
    /// The connection ends with this answer.
    pub(super) close: bool,
    /// The client's side of the connection has ended: it has nothing more to ask.
    ended: bool,
    /// The client itself will send nothing after this request.
    pub(super) client_closes: bool,
    /// The answer has been offered to its end.
    pub(super) answered: bool,
    /// Bytes of content of the current answer.
    content_out: u64,
}

impl Http1Client {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream,
            ahead: Vec::new(),
            unsent: Vec::new(),
            sent: 0,
            body: Body::new(Length::Empty),
            to_http10: false,
            coding: Coding::Identity,
            close: false,
            ended: false,
            client_closes: false,
            answered: false,
            content_out: 0,
        }
    }

    /// A new request has come.
    pub(super) fn begin_request(&mut self, length: Length, http10: bool, keep_alive: bool) {
        self.body = Body::new(length);
        (self.to_http10, self.close, self.client_closes) = (http10, !keep_alive, !keep_alive);
        (self.answered, self.content_out) = (false, 0);
    }

    /// Whether the connection can take another request.
    pub(super) fn is_reusable(&self) -> bool {
        self.answered && !self.close && self.body.is_done()
    }

    /// Keeps what has come ahead of its time, and no buffer when that is nothing.
    pub(super) fn keep_ahead(&mut self, bytes: Vec<u8>) {
        self.ahead = if bytes.is_empty() { Vec::new() } else { bytes };
    }

    /// Takes content out of what is in the scratch; what follows the body is kept for the next request.
    pub(super) fn decode(
        &mut self,
        scratch: &mut Scratch,
        range: Range<usize>,
    ) -> Result<Range<usize>, ClientError> {
        let decoded = self.body.decode(scratch.bytes_mut(&range))?;
        let rest = range.start + decoded.used..range.end;
        if !rest.is_empty() {
            self.ahead.splice(0..0, scratch.bytes(&rest).iter().copied());
        }
        Ok(range.start..range.start + decoded.data)
    }

    /// Whether the client has all that it was offered, as far as that is up to this process.
    pub(super) fn owes_nothing(&self) -> bool {
        match &self.stream {
            Stream::Plain(socket) => self.unsent.is_empty() && socket.owes_nothing(),
            Stream::Tls(_) => self.unsent.is_empty(),
        }
    }

    /// The socket of a connection in clear that [owes nothing](Self::owes_nothing).
    pub(super) fn into_socket(self) -> Option<TcpStream> {
        match self.stream {
            Stream::Plain(socket) => socket.into_socket(),
            Stream::Tls(_) => None,
        }
    }

    /// Writes as much as goes at once and keeps the rest.
    fn send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Result<(), ClientError> {
        let mut sent = 0;
        while self.unsent.is_empty() && sent < bytes.len() {
            match Pin::new(&mut self.stream).poll_write(cx, &bytes[sent..]) {
                Poll::Ready(Ok(0)) => return Err(ClientError::Left(None)),
                Poll::Ready(Ok(len)) => sent += len,
                Poll::Ready(Err(error)) => return Err(error.into()),
                Poll::Pending => break,
            }
        }
        self.unsent.extend_from_slice(&bytes[sent..]);
        Ok(())
    }

    /// Whether no further request can come.
    fn is_last(&self) -> bool {
        self.ended && self.ahead.is_empty()
    }

    /// Says in TLS that nothing more will come, as far as that goes at once.
    pub(super) async fn say_goodbye(&mut self) {
        std::future::poll_fn(|cx| {
            if self.stream.is_tls() {
                let _ = Pin::new(&mut self.stream).poll_shutdown(cx);
            }
            Poll::Ready(())
        })
        .await;
    }

    /// The value of `Connection` for an answer, where one is needed.
    fn connection(&self) -> Option<&'static [u8]> {
        match (self.close, self.to_http10) {
            (true, _) => Some(b"close"),
            (false, true) => Some(b"keep-alive"),
            (false, false) => None,
        }
    }
}

impl Client for Http1Client {
    fn poll_content(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Poll<Result<Range<usize>, ClientError>> {
        let range = if self.ahead.is_empty() {
            ready!(scratch.poll_fill(&mut self.stream, cx, READ))?
        } else {
            let range = scratch.put(&self.ahead);
            let rest = self.ahead.split_off(range.len());
            self.keep_ahead(rest);
            range
        };
        match (&self.body, range.is_empty()) {
            // After a switch of protocols, the end of the stream is an end like any other.
            (Body::UntilClose, true) => self.body = Body::new(Length::Empty),
            (_, true) => return Poll::Ready(Err(ClientError::Left(None))),
            (_, false) => {}
        }
        Poll::Ready(self.decode(scratch, range))
    }

    fn request_ended(&self) -> bool {
        self.body.is_done()
    }

    fn trailers(&self) -> &[u8] {
        self.body.trailers()
    }

    fn poll_left(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch, timer: &Timer) -> Poll<()> {
        while !self.ended && self.ahead.len() < AHEAD {
            match ready!(scratch.poll_fill(&mut self.stream, cx, AHEAD)) {
                Ok(range) if !range.is_empty() => self.ahead.extend_from_slice(scratch.bytes(&range)),
                // Its request is whole, so that it may well be waiting for the answer.
                Ok(_) => self.ended = true,
                // The same without a word from TLS.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => self.ended = true,
                Err(_) => return Poll::Ready(()),
            }
        }
        if self.stream.is_broken() {
            return Poll::Ready(());
        }
        let _ = timer.poll_until(cx, timer.now() + LOOK);
        Poll::Pending
    }

    fn interim(&mut self, cx: &mut Context<'_>, head: &ResponseHead<'_, '_>) -> Result<(), ClientError> {
        if self.to_http10 {
            return Ok(());
        }
        let mut out = Vec::with_capacity(128);
        write::interim(&mut out, head);
        self.send(cx, &out)
    }

    fn switch(&mut self) {
        self.body = Body::UntilClose;
        self.close = true;
    }

    fn begin(&mut self, head: &ResponseHead<'_, '_>, added: &Added<'_>, out: &mut Vec<u8>) {
        let (coding, until_close) = write::coding(head, self.to_http10);
        self.coding = coding;
        // What is left of a request whose answer is here already may never come.
        self.close |= until_close || !self.body.is_done() || self.is_last();
        let connection = if head.upgrade.is_some() { Some(&b"upgrade"[..]) } else { self.connection() };
        write::response(out, head, coding, connection, added);
    }

    fn offer(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        content: Range<usize>,
        end: Option<&[u8]>,
    ) -> Result<(), ClientError> {
        self.content_out += content.len() as u64;
        let framed = match self.coding {
            Coding::Chunked => frame(scratch, content, end.is_some_and(<[u8]>::is_empty))
                .ok_or(ClientError::Internal("there is no room for the frame of a chunk"))?,
            Coding::Identity => content,
        };
        let whole = scratch.prepend_head(framed);
        if !scratch.head.is_empty() {
            // It came in pieces, and is longer than the room before the last one of them.
            self.send(cx, &scratch.head)?;
            scratch.head.clear();
        }
        if !whole.is_empty() {
            self.send(cx, scratch.bytes(&whole))?;
        }
        if let Some(trailers) = end {
            if self.coding == Coding::Chunked && !trailers.is_empty() {
                self.send(cx, &[b"0\r\n", trailers, b"\r\n"].concat())?;
            }
            self.answered = true;
        }
        Ok(())
    }

    fn backlog(&self) -> usize {
        self.unsent.len() - self.sent
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ClientError>> {
        while self.sent < self.unsent.len() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.unsent[self.sent..]))? {
                0 => return Poll::Ready(Err(ClientError::Left(None))),
                sent => self.sent += sent,
            }
        }
        if self.sent > 0 {
            (self.unsent, self.sent) = (Vec::new(), 0);
        }
        self.stream.poll_flush_records(cx).map_err(ClientError::from)
    }

    fn answer(&mut self, answer: &Answer, whole: &Own<'_>) {
        self.close |= !self.body.is_done() || self.is_last();
        let connection = self.connection();
        write::own(&mut self.unsent, answer, connection, whole.date, whole.request_id);
        if !whole.is_head {
            self.unsent.extend_from_slice(&answer.body);
            self.content_out += answer.body.len() as u64;
        }
        self.answered = true;
    }

    fn content_out(&self) -> u64 {
        self.content_out
    }

    fn abort(&mut self) {
        (self.close, self.answered) = (true, false);
    }
}

/// Puts content into a chunk, and the last chunk after it where no trailers follow.
fn frame(scratch: &mut Scratch, content: Range<usize>, last: bool) -> Option<Range<usize>> {
    let end: &[u8] = match (content.is_empty(), last) {
        (true, true) => b"0\r\n\r\n",
        (true, false) => b"",
        (false, true) => b"\r\n0\r\n\r\n",
        (false, false) => b"\r\n",
    };
    let size = SizeLine::new(content.len());
    let line = if content.is_empty() { &[][..] } else { size.as_bytes() };
    scratch.append(content, end).and_then(|range| scratch.prepend(range, line))
}
