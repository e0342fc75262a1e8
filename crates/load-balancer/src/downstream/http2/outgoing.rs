//! The answer of one stream on its way to the client, within the client's flow-control window.

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, SendStream};
use http::{HeaderMap, Response, StatusCode};
use std::task::{Context, Poll, ready};

/// The client has given the stream up, or the connection is gone.
#[derive(Debug)]
pub(super) struct Gone;

/// The progress of the answer.
#[derive(Debug)]
enum Stage {
    /// No final head yet.
    Waiting,
    /// The head goes out with the first content, because the head may be the whole answer.
    Head(Response<()>),
    Content(SendStream<Bytes>),
    /// The library has the whole answer, and the client has room for it.
    Ended,
    /// The stream was reset.
    Reset,
}

/// The end of the answer, once it is known: with trailers or without.
type End = Option<Option<HeaderMap>>;

/// The answer of one stream. The library gets only bytes that the client has room for. The other bytes are held here,
/// so the balancer sees that the client does not take them.
#[derive(Debug)]
pub(super) struct Outgoing {
    respond: SendResponse<Bytes>,
    stage: Stage,
    held: Bytes,
    end: End,
}

impl Outgoing {
    pub(super) fn new(respond: SendResponse<Bytes>) -> Self {
        Self { respond, stage: Stage::Waiting, held: Bytes::new(), end: None }
    }

    /// Sends an interim head.
    pub(super) fn interim(&mut self, status: u16, fields: HeaderMap) -> Result<(), Gone> {
        match self.stage {
            Stage::Waiting => self.respond.send_informational(head(status, fields)).map_err(|_| Gone),
            _ => Ok(()),
        }
    }

    /// Begins the final answer.
    pub(super) fn begin(&mut self, status: u16, fields: HeaderMap) {
        self.stage = Stage::Head(head(status, fields));
    }

    /// Adds content.
    pub(super) fn content(&mut self, content: Bytes) {
        self.held =
            if self.held.is_empty() { content } else { [&self.held[..], &content[..]].concat().into() };
    }

    /// Ends the answer.
    pub(super) fn end(&mut self, trailers: Option<HeaderMap>) {
        self.end = Some(trailers);
    }

    /// Bytes of content for which the client has given no room yet.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Whether a final head was given.
    pub(super) fn is_begun(&self) -> bool {
        !matches!(self.stage, Stage::Waiting)
    }

    /// Whether all of an answer has gone out.
    pub(super) fn is_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended)
    }

    /// Ready once the client has room for all bytes, and the library has them.
    pub(super) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        self.send_head()?;
        while !self.held.is_empty() {
            ready!(self.poll_send_some(cx))?;
        }
        Poll::Ready(self.send_end())
    }

    /// Ready once the client has given the stream up.
    pub(super) fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.stage {
            Stage::Waiting | Stage::Head(_) => self.respond.poll_reset(cx).map(drop),
            Stage::Content(stream) => stream.poll_reset(cx).map(drop),
            Stage::Ended | Stage::Reset => Poll::Ready(()),
        }
    }

    /// Breaks the answer off, so that the client cannot take it for a whole one.
    pub(super) fn reset(&mut self) {
        self.respond.send_reset(Reason::INTERNAL_ERROR);
        (self.stage, self.held) = (Stage::Reset, Bytes::new());
    }

    fn send_head(&mut self) -> Result<(), Gone> {
        let Stage::Head(head) = &mut self.stage else { return Ok(()) };
        let head = std::mem::take(head);
        let alone = self.held.is_empty() && matches!(self.end, Some(None));
        let stream = self.respond.send_response(head, alone).map_err(|_| Gone)?;
        self.stage = if alone { Stage::Ended } else { Stage::Content(stream) };
        Ok(())
    }

    fn poll_send_some(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        let Stage::Content(stream) = &mut self.stage else { return Poll::Ready(Err(Gone)) };
        stream.reserve_capacity(self.held.len());
        while stream.capacity() == 0 {
            match ready!(stream.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Poll::Ready(Err(Gone)),
            }
        }
        let piece = self.held.split_to(stream.capacity().min(self.held.len()));
        let last = self.held.is_empty() && matches!(self.end, Some(None));
        stream.send_data(piece, last).map_err(|_| Gone)?;
        if last {
            self.stage = Stage::Ended;
        }
        Poll::Ready(Ok(()))
    }

    /// Sends the end, where it did not go with the last content.
    fn send_end(&mut self) -> Result<(), Gone> {
        let Stage::Content(stream) = &mut self.stage else { return Ok(()) };
        let sent = match self.end.take() {
            None => return Ok(()),
            Some(None) => stream.send_data(Bytes::new(), true),
            Some(Some(trailers)) => stream.send_trailers(trailers),
        };
        self.stage = Stage::Ended;
        sent.map_err(|_| Gone)
    }
}

fn head(status: u16, fields: HeaderMap) -> Response<()> {
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    *head.headers_mut() = fields;
    head
}
