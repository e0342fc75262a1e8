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

/// The server that one attempt is made at. HTTP/1 implements it ([`super::http1`]), and a relay does not know which
/// protocol it is; [`crate::client::Client`] is its counterpart.
///
/// The scratch holds what was just read; each method uses it up before it returns, because the task may wait right
/// after.
pub(crate) trait Upstream {
    /// Where the connection leads.
    fn address(&self) -> SocketAddr;

    /// Sends as much of the request as goes at once; ready when all that has come of it is sent. After an error the
    /// server takes no more of it, and may still answer.
    fn poll_send(&mut self, cx: &mut Context<'_>, request: &mut Request) -> Poll<io::Result<()>>;

    /// Whether the server still takes more of the request.
    fn takes_more(&self) -> bool;

    /// Tells a server with which protocols were switched that the client has ended its side.
    fn end(&mut self, cx: &mut Context<'_>);

    /// Reads more of the answer, at most `limit` bytes at once. The heads among it are shown to `heads` as they come.
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

    /// Whether the connection can serve another request. It cannot where the answer has not come to its end, or where
    /// one of the sides wants it to end.
    fn is_reusable(&self) -> bool;
}

/// What was read of an answer.
#[derive(Debug)]
pub(crate) enum Part {
    /// Something that gives no content yet.
    Incomplete,
    /// Content, decoded, in the scratch; perhaps none.
    Content(Range<usize>),
    /// The same, and the answer has ended with it.
    Last(Range<usize>),
    /// A head that [`Heads::accept`] has refused. The rest is not read.
    Refused(Answered),
}

/// Who is shown the heads of an answer.
pub(crate) trait Heads {
    /// An interim answer (1xx).
    fn interim(&mut self, cx: &mut Context<'_>, head: &ResponseHead<'_, '_>) -> Result<(), ExchangeError>;

    /// The head of the final answer, or of a switch of protocols. `out` is the scratch's place for the head of what the
    /// client gets.
    fn accept(&mut self, head: &ResponseHead<'_, '_>, out: &mut Vec<u8>) -> Result<Accepted, ExchangeError>;
}

/// Whether an answer with this head is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepted {
    Yes,
    /// There will be another attempt.
    No(Answered),
}

/// What the conductor is asked about a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    /// The upstream vouches that nothing was done.
    pub(crate) retry_safe: bool,
    /// The upstream lacks what all servers of the pool share.
    pub(crate) shared_want: bool,
    /// The request could be sent again.
    pub(crate) replayable: bool,
}

impl Answered {
    /// What a 503 says of a further attempt.
    pub(crate) fn failure(self) -> Failure {
        let nothing_done = self.retry_safe;
        if self.shared_want {
            Failure::SharedWant { nothing_done }
        } else {
            Failure::Unavailable { nothing_done }
        }
    }
}
