//! The client's side of an exchange over HTTP/1.

use super::{Http1Client, Writing};
use crate::answer::Answer;
use crate::client::{Client, ClientError, Own};
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

/// The most bytes of later requests that are read while an answer is awaited; the client has to wait with the rest.
const AHEAD: usize = 16 * 1024;
/// How often a client is looked for from which nothing more is read.
const LOOK: Duration = Duration::from_secs(1);

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
        self.close();
    }

    fn begin(&mut self, head: &ResponseHead<'_, '_>, added: &Added<'_>, out: &mut Vec<u8>) {
        let (coding, until_close) = write::coding(head, self.to_http10);
        self.writing = Writing::Body(coding);
        // What is left of a request whose answer is here already may never come.
        if until_close || !self.body.is_done() || self.is_last() {
            self.close();
        }
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
        let is_chunked = self.writing == Writing::Body(Coding::Chunked);
        let size = is_chunked.then(|| SizeLine::new(content.len()));
        let (line, rest) = size.as_ref().map(|size| chunk(size, &content, end)).unwrap_or_default();
        for piece in scratch.frame(content, line, rest) {
            if !piece.is_empty() {
                self.send(cx, piece)?;
            }
        }
        if let Some(trailers) = end {
            if is_chunked && !trailers.is_empty() {
                self.send(cx, &[b"0\r\n", trailers, b"\r\n"].concat())?;
            }
            self.writing = Writing::Ended;
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
        if !self.body.is_done() || self.is_last() {
            self.close();
        }
        let connection = self.connection();
        write::own(&mut self.unsent, answer, connection, whole.date, whole.request_id);
        if !whole.is_head {
            self.unsent.extend_from_slice(&answer.body);
            self.content_out += answer.body.len() as u64;
        }
        self.writing = Writing::Ended;
    }

    fn content_out(&self) -> u64 {
        self.content_out
    }

    fn abort(&mut self) {
        self.writing = Writing::Broken;
        self.close();
    }
}

/// The bytes around the content of a chunk: the line before the content and the bytes after it. Where the answer ends
/// without trailers, the last chunk is among these.
fn chunk<'s>(size: &'s SizeLine, content: &Range<usize>, end: Option<&[u8]>) -> (&'s [u8], &'static [u8]) {
    match (content.is_empty(), end.is_some_and(<[u8]>::is_empty)) {
        (true, true) => (b"", b"0\r\n\r\n"),
        (true, false) => (b"", b""),
        (false, true) => (size.as_bytes(), b"\r\n0\r\n\r\n"),
        (false, false) => (size.as_bytes(), b"\r\n"),
    }
}
