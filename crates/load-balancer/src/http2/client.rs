//! A client that speaks HTTP/2: one stream of its connection, as an exchange sees it.

use super::pipe::{Reader, Writer, pipe};
use crate::forward::{Client, ClientError, Own};
use crate::http1::fields::{Known, known};
use crate::http1::length::Length;
use crate::http1::response::ResponseHead;
use crate::http1::write::Added;
use crate::respond::Answer;
use crate::worker::{Alarm, Scratch};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Incoming};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::oneshot;

/// Where the head of the answer goes.
pub(super) type HeadSender = oneshot::Sender<Response<Reader>>;

/// One request's stream.
#[derive(Debug)]
pub(super) struct Http2Client {
    body: Incoming,
    request_ended: bool,
    trailers: Vec<u8>,
    head: Option<HeadSender>,
    answer: Option<Writer>,
    content_out: u64,
}

impl Http2Client {
    pub(super) fn new(body: Incoming, head: HeadSender) -> Self {
        let request_ended = body.is_end_stream();
        Self { body, request_ended, trailers: Vec::new(), head: Some(head), answer: None, content_out: 0 }
    }

    fn send_head(&mut self, status: u16, fields: HeaderMap) {
        let (writer, reader) = pipe();
        let mut response = Response::new(reader);
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        *response.headers_mut() = fields;
        // A client that has left is noticed when its pipe is looked at: both ends of it are gone then.
        if self.head.take().is_some_and(|head| head.send(response).is_ok()) {
            self.answer = Some(writer);
        }
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
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let content = match frame {
            None => {
                self.request_ended = true;
                scratch.put(&[])
            }
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.take_trailers(trailers);
                }
                scratch.put(frame.data_ref().map_or(&[], |data| data))
            }
            Some(Err(_)) => return Poll::Ready(Err(ClientError::Left(None))),
        };
        self.request_ended |= self.body.is_end_stream();
        Poll::Ready(Ok(content))
    }

    fn request_ended(&self) -> bool {
        self.request_ended
    }

    fn trailers(&self) -> &[u8] {
        &self.trailers
    }

    fn poll_left(&mut self, cx: &mut Context<'_>, _: &mut Scratch, _: &Alarm) -> Poll<()> {
        match (&mut self.head, &self.answer) {
            (Some(head), _) => head.poll_closed(cx),
            (None, Some(answer)) => answer.poll_left(cx),
            (None, None) => Poll::Ready(()),
        }
    }

    /// HTTP/2 has interim answers too, but the library offers no way to send them; they are optional to use.
    fn interim(&mut self, _: &mut Context<'_>, _: &ResponseHead<'_, '_>) -> Result<(), ClientError> {
        Ok(())
    }

    /// HTTP/2 has no upgrade (RFC 9113 section 8.6), and none is ever asked for.
    fn switch(&mut self) {}

    fn begin(&mut self, head: &ResponseHead<'_, '_>, added: &Added<'_>, _: &mut Vec<u8>) {
        let mut fields = HeaderMap::with_capacity(head.fields.len() + 4);
        for (position, field) in head.fields.iter().enumerate() {
            if !head.consumed.contains(position) {
                append(&mut fields, field.name.as_bytes(), field.value);
            }
        }
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
        }
        self.send_head(head.status, fields);
    }

    fn offer(
        &mut self,
        _: &mut Context<'_>,
        scratch: &mut Scratch,
        content: Range<usize>,
        end: Option<&[u8]>,
    ) -> Result<(), ClientError> {
        let Some(answer) = &self.answer else {
            let begun = self.head.is_none();
            return Err(if begun {
                ClientError::Left(None)
            } else {
                ClientError::Internal("there is content without a head")
            });
        };
        if !content.is_empty() {
            self.content_out += content.len() as u64;
            answer.data(Bytes::copy_from_slice(scratch.bytes(&content)));
        }
        if let Some(trailers) = end {
            answer.end(parse_trailers(trailers));
        }
        Ok(())
    }

    fn backlog(&self) -> usize {
        self.answer.as_ref().map_or(0, Writer::held)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ClientError>> {
        match &self.answer {
            Some(answer) => answer.poll_room(cx).map(Ok),
            None => Poll::Ready(Ok(())),
        }
    }

    fn answer(&mut self, answer: &Answer, own: &Own<'_>) {
        let mut fields = HeaderMap::with_capacity(answer.fields.len() + 3);
        for (name, value) in &answer.fields {
            append(&mut fields, name.as_bytes(), value.as_bytes());
        }
        if answer.has_length() {
            fields.insert(http::header::CONTENT_LENGTH, answer.body.len().into());
        }
        append(&mut fields, b"date", own.date);
        append(&mut fields, b"x-request-id", own.request_id.as_bytes());
        self.send_head(answer.status, fields);
        if let Some(writer) = &self.answer {
            if !own.is_head {
                self.content_out += answer.body.len() as u64;
                writer.data(Bytes::copy_from_slice(&answer.body));
            }
            writer.end(None);
        }
    }

    fn content_out(&self) -> u64 {
        self.content_out
    }

    /// Without its end, the stream is reset.
    fn abort(&mut self) {
        (self.head, self.answer) = (None, None);
    }
}

/// Adds a field; one that HTTP/2 cannot say is left out.
fn append(fields: &mut HeaderMap, name: &[u8], value: &[u8]) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
        fields.append(name, value);
    }
}

/// Trailer lines as a decoder gives them.
fn parse_trailers(lines: &[u8]) -> Option<HeaderMap> {
    let mut fields = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        if let Some(colon) = memchr::memchr(b':', line) {
            append(&mut fields, &line[..colon], line[colon + 1..].trim_ascii());
        }
    }
    (!fields.is_empty()).then_some(fields)
}
