//! The client's side of an exchange, whatever its protocol.

use crate::answer::Answer;
use crate::http1::chunked::ChunkError;
use crate::http1::response::ResponseHead;
use crate::http1::write::Added;
use crate::runtime::{Scratch, Timer};
use std::io;
use std::ops::Range;
use std::task::{Context, Poll};
use thiserror::Error;

/// Why the client's side ends an exchange.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// The connection was closed or broken.
    #[error("the client left")]
    Left(#[source] Option<io::Error>),
    /// The body is not what its framing says.
    #[error("the request's body is malformed")]
    Malformed(#[from] ChunkError),
    /// An error of the balancer itself: an invariant does not hold.
    #[error("{0}")]
    Internal(&'static str),
}

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        Self::Left(Some(error))
    }
}

/// What the protocol adds to an answer of the balancer's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own<'a> {
    /// For `X-Request-Id`.
    pub(crate) request_id: &'a str,
    /// For `Date`.
    pub(crate) date: &'a [u8],
    /// The request was a HEAD: the body is not sent.
    pub(crate) is_head: bool,
}

/// The client of one request. HTTP/1 and HTTP/2 implement this trait, and the exchange does not know which of them it
/// has.
///
/// The scratch holds what was just read. Each method uses the scratch up before the method returns, because the task
/// may wait right after.
pub(crate) trait Client {
    /// More content of the request, decoded, in the scratch; empty when what came was framing only.
    /// Not to be called once [`Client::request_ended`].
    fn poll_content(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Poll<Result<Range<usize>, ClientError>>;

    /// Whether all of the request has been read.
    fn request_ended(&self) -> bool;

    /// The request's trailer fields, as lines, once it has ended.
    fn trailers(&self) -> &[u8];

    /// Ready once the client has left. To be called when [`Client::request_ended`], while an answer is awaited.
    fn poll_left(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch, timer: &Timer) -> Poll<()>;

    /// Passes on an interim answer (1xx).
    fn interim(&mut self, cx: &mut Context<'_>, head: &ResponseHead<'_, '_>) -> Result<(), ClientError>;

    /// From here on, all bytes of the client are content without framing (RFC 9110 section 7.8).
    fn switch(&mut self);

    /// Begins the final answer. The method writes the answer's head to `out`, which is empty; the head goes out with
    /// the first [`Client::offer`].
    fn begin(&mut self, head: &ResponseHead<'_, '_>, added: &Added<'_>, out: &mut Vec<u8>);

    /// Passes on content of the answer. With `end` the content is the last, and the answer's trailers follow it. Bytes
    /// that the client does not take at once are kept until [`Client::poll_flush`].
    fn offer(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        content: Range<usize>,
        end: Option<&[u8]>,
    ) -> Result<(), ClientError>;

    /// Bytes that were offered and the client has not taken yet.
    fn backlog(&self) -> usize;

    /// Ready once the client has taken all that was offered.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ClientError>>;

    /// Gives a whole answer of the balancer's own; [`Client::poll_flush`] sends the answer.
    fn answer(&mut self, answer: &Answer, own: &Own<'_>);

    /// Bytes of the answer's content so far.
    fn content_out(&self) -> u64;

    /// The answer broke off: the client must not take it for a whole one.
    fn abort(&mut self);
}
