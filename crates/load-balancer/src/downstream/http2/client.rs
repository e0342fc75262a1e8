//! The client's side of an exchange over HTTP/2: one stream of a connection.

use crate::answer::Answer;
use crate::client::{Client, ClientError, Own};
use crate::downstream::{http2::fields::append, http2::fields::parse_trailers};
use crate::downstream::{http2::outgoing::Gone, http2::outgoing::Outgoing};
use crate::http1::fields::{Known, known};
use crate::http1::length::Length;
use crate::http1::response::ResponseHead;
use crate::http1::write::{Added, NOT_FROM_CACHE};
use crate::linger::Linger;
use crate::runtime::{Scratch, Timer};
use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::HeaderMap;
use std::ops::Range;
use std::task::{Context, Poll, ready};

/// One request's stream.
#[derive(Debug)]
pub(super) struct Http2Client {
    body: RecvStream,
    request_ended: bool,
    trailers: Vec<u8>,
    answer: Outgoing,
    content_out: u64,
}

impl From<Gone> for ClientError {
    fn from(Gone: Gone) -> Self {
        Self::Left(None)
    }
}

impl Http2Client {
    pub(super) fn new(body: RecvStream, respond: SendResponse<Bytes>) -> Self {
        let request_ended = body.is_end_stream();
        Self { body, request_ended, trailers: Vec::new(), answer: Outgoing::new(respond), content_out: 0 }
    }

    /// Ends the stream after its exchange. While the client still sends, its bytes are read and dropped for a while, so
    /// that the client comes to read its answer. Only then the client is told to stop.
    pub(super) async fn finish(&mut self, timer: &Timer) {
        if !self.answer.is_ended() {
            return self.answer.reset();
        }
        let mut linger = Linger::new(timer.now());
        std::future::poll_fn(|cx| {
            while !self.request_ended {
                match self.poll_data(cx) {
                    Poll::Ready(Some(Ok(data))) if linger.goes_on(data.len(), timer.now()) => {}
                    Poll::Ready(_) => return Poll::Ready(()),
                    Poll::Pending => return timer.poll_until(cx, linger.until()),
                }
            }
            Poll::Ready(())
        })
        .await;
    }

    /// The content that has come; the client may send as much again.
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, ClientError>>> {
        let data = match ready!(self.body.poll_data(cx)) {
            None => return Poll::Ready(None),
            Some(Ok(data)) => data,
            Some(Err(_)) => return Poll::Ready(Some(Err(ClientError::Left(None)))),
        };
        // It fails only where more is given back than was taken.
        let _ = self.body.flow_control().release_capacity(data.len());
        self.request_ended = self.body.is_end_stream();
        Poll::Ready(Some(Ok(data)))
    }

    fn take_trailers(&mut self, trailers: &HeaderMap) {
        for (name, value) in trailers.iter().filter(|(name, _)| known(name.as_str()) == Known::Other) {
            crate::http1::write::field(&mut self.trailers, name.as_str().as_bytes(), value.as_bytes());
        }
    }
}

impl Client for Http2Client {
    fn poll_content(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Poll<Result<Range<usize>, ClientError>> {
        if let Some(data) = ready!(self.poll_data(cx)) {
            return Poll::Ready(Ok(scratch.put(&data?)));
        }
        match ready!(self.body.poll_trailers(cx)) {
            Ok(trailers) => {
                self.take_trailers(&trailers.unwrap_or_default());
                self.request_ended = true;
                Poll::Ready(Ok(scratch.put(&[])))
            }
            Err(_) => Poll::Ready(Err(ClientError::Left(None))),
        }
    }

    fn request_ended(&self) -> bool {
        self.request_ended
    }

    fn trailers(&self) -> &[u8] {
        &self.trailers
    }

    fn poll_left(&mut self, cx: &mut Context<'_>, _: &mut Scratch, _: &Timer) -> Poll<()> {
        self.answer.poll_reset(cx)
    }

    fn interim(&mut self, _: &mut Context<'_>, head: &ResponseHead<'_, '_>) -> Result<(), ClientError> {
        Ok(self.answer.interim(head.status, passing(head, 0))?)
    }

    /// Does nothing: HTTP/2 has no upgrade (RFC 9113 section 8.6), and no upstream is asked for one.
    fn switch(&mut self) {}

    fn begin(&mut self, head: &ResponseHead<'_, '_>, added: &Added<'_>, _: &mut Vec<u8>) {
        let mut fields = passing(head, 5);
        let length = match head.length {
            Length::Exact(length) => Some(length),
            Length::Empty | Length::Chunked | Length::UntilClose => head.announced,
        };
        if let Some(length) = length {
            fields.insert(http::header::CONTENT_LENGTH, length.into());
        }
        if !head.has_date {
            append(&mut fields, b"date", added.date);
        }
        append(&mut fields, b"x-served-by", added.served_by.as_bytes());
        append(&mut fields, b"x-request-id", added.request_id);
        if let Some(result) = added.cache {
            append(&mut fields, b"x-cache", result.as_bytes());
            append(&mut fields, b"cache-status", NOT_FROM_CACHE);
        }
        self.answer.begin(head.status, fields);
    }

    fn offer(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        content: Range<usize>,
        end: Option<&[u8]>,
    ) -> Result<(), ClientError> {
        if !self.answer.is_begun() {
            return Err(ClientError::Internal("there is content without a head"));
        }
        if !content.is_empty() {
            self.content_out += content.len() as u64;
            self.answer.content(Bytes::copy_from_slice(scratch.bytes(&content)));
        }
        if let Some(trailers) = end {
            self.answer.end(parse_trailers(trailers));
        }
        match self.answer.poll_send(cx) {
            Poll::Ready(sent) => Ok(sent?),
            Poll::Pending => Ok(()),
        }
    }

    fn backlog(&self) -> usize {
        self.answer.held()
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ClientError>> {
        self.answer.poll_send(cx).map_err(ClientError::from)
    }

    fn answer(&mut self, answer: &Answer, own: &Own<'_>) {
        let mut fields = HeaderMap::with_capacity(answer.fields.len() + 3);
        for (name, value) in &answer.fields {
            append(&mut fields, name.as_bytes(), value.as_bytes());
        }
        if answer.has_length() {
            fields.insert(http::header::CONTENT_LENGTH, answer.body.len().into());
        }
        if !answer.has_date() {
            append(&mut fields, b"date", own.date);
        }
        append(&mut fields, b"x-request-id", own.request_id.as_bytes());
        self.answer.begin(answer.status, fields);
        if !own.is_head {
            self.content_out += answer.body.len() as u64;
            self.answer.content(answer.body.clone());
        }
        self.answer.end(None);
    }

    fn content_out(&self) -> u64 {
        self.content_out
    }

    /// Resets the stream, so that the client does not take the answer for a whole one.
    fn abort(&mut self) {
        self.answer.reset();
    }
}

/// The fields of an upstream's head that pass through, with room for `more`.
fn passing(head: &ResponseHead<'_, '_>, more: usize) -> HeaderMap {
    let mut fields = HeaderMap::with_capacity(head.fields.len() + more);
    for field in head.passing() {
        append(&mut fields, field.name.as_bytes(), field.value);
    }
    fields
}
