//! The server's side of an attempt, whatever its protocol.

use super::failure::ExchangeError;
use super::request::Request;
use crate::http1::response::ResponseHead;
use crate::retry::Failure;
use crate::runtime::Scratch;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::task::{Context, Poll};

/// The server of one attempt. HTTP/1 implements this trait ([`super::http1`]), and a relay does not know which protocol
/// the server speaks. [`crate::client::Client`] is the counterpart.
///
/// The scratch holds what was just read. Each method uses the scratch up before the method returns, because the task
/// may wait right after.
pub(crate) trait Upstream {
    /// The address that the connection leads to.
    fn address(&self) -> SocketAddr;

    /// Sends as much of the request as the server takes at once; ready when all bytes that have come are sent. After an
    /// error the server takes no more of the request, but may still answer.
    fn poll_send(&mut self, cx: &mut Context<'_>, request: &mut Request) -> Poll<io::Result<()>>;

    /// Whether the server still takes more of the request.
    fn takes_more(&self) -> bool;

    /// Tells a server with which protocols were switched that the client has ended its side.
    fn end(&mut self, cx: &mut Context<'_>);

    /// Reads more of the answer, at most `limit` bytes at once. The heads in it are shown to `heads` as they come.
    fn poll_answer<H: Heads>(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        limit: usize,
        heads: &mut H,
    ) -> Poll<Result<Part, ExchangeError>>;

    /// Whether part of the answer's head has come.
    fn has_begun(&self) -> bool;

    /// The answer's trailer fields, as lines, once it has ended.
    fn trailers(&self) -> &[u8];

    /// Whether the connection can serve another request. It cannot when the answer is incomplete, or when one of the
    /// sides wants the connection to end.
    fn is_reusable(&self) -> bool;
}

/// The result of reading an answer.
#[derive(Debug)]
pub(crate) enum Part {
    /// Bytes that give no content yet.
    Incomplete,
    /// Content, decoded, in the scratch; perhaps none.
    Content(Range<usize>),
    /// Content, and the end of the answer.
    Last(Range<usize>),
    /// A head that [`Heads::accept`] has refused. The rest is not read.
    Refused(Answered),
}

/// Takes the heads of an answer.
pub(crate) trait Heads {
    /// An interim answer (1xx).
    fn interim(&mut self, cx: &mut Context<'_>, head: &ResponseHead<'_, '_>) -> Result<(), ExchangeError>;

    /// The head of the final answer, or of a switch of protocols. `out` is the scratch's place for the head of what the
    /// client gets.
    fn accept(&mut self, head: &ResponseHead<'_, '_>, out: &mut Vec<u8>) -> Result<Accepted, ExchangeError>;
}

/// Decides whether an answer with this head is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepted {
    Yes,
    /// The head is refused: there will be another attempt.
    No(Answered),
}

/// The facts of a head that the conductor decides by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    /// Whether the upstream vouches that nothing was done (`X-Retry-Safe`).
    pub(crate) retry_safe: bool,
    /// Whether the upstream lacks something that all servers of the pool share (`X-Unavailable`).
    pub(crate) shared_want: bool,
    /// Whether the request could be sent again.
    pub(crate) replayable: bool,
}

impl Answered {
    /// The failure that a 503 stands for.
    pub(crate) fn failure(self) -> Failure {
        let nothing_done = self.retry_safe;
        if self.shared_want {
            Failure::SharedWant { nothing_done }
        } else {
            Failure::Unavailable { nothing_done }
        }
    }
}
