//! One attempt on one connection: the request goes up and the answer comes down, at the same time.

mod answer;
mod clocks;

pub(crate) use self::clocks::Question;

use super::failure::ExchangeError;
use super::request::Request;
use super::send::poll_send;
use crate::client::{Client, ClientError};
use crate::http1::body::Body;
use crate::http1::response;
use crate::pool::RequestPolicy;
use crate::retry::Failure;
use crate::runtime::{Buffers, READ, Scratch, SendQueue, TICK, Timer};
use crate::upstreams::Upstream;
use std::cell::Cell;
use std::net::SocketAddr;
use std::ops::Range;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// While an upstream's head is incomplete, so much is read at once that head and rest fit the scratch.
const HEAD_READ: usize = READ - response::MAX_HEAD;
/// For an answer whose client has once been slower than its upstream: what it does not take must be held.
const SLOW_READ: usize = 16 * 1024;

/// What the conductor is asked about a head.
#[derive(Debug, Clone, Copy)]
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

/// What holds for a request, and until when.
#[derive(Debug)]
pub(crate) struct Limits<'a> {
    pub(crate) policy: &'a RequestPolicy,
    /// When the time for the whole request ends; `None` until its last byte has come.
    pub(crate) answer_by: Cell<Option<Instant>>,
    /// Without a byte in either direction after a switch of protocols.
    pub(crate) tunnel: Duration,
}

/// Where the answer is.
#[derive(Debug)]
enum Stage {
    /// Bytes of an incomplete head.
    Head(Vec<u8>),
    Body(Body),
    /// All of it was offered to the client.
    Ended,
}

/// How an attempt ended that did not break.
#[derive(Debug)]
pub(crate) enum End {
    /// The client has the whole answer.
    Passed,
    /// The head was refused.
    Refused(Answered),
}

/// One attempt under way.
pub(crate) struct Relay<'a, C, J> {
    pub(crate) client: &'a mut C,
    pub(crate) request: &'a mut Request,
    pub(crate) upstream: &'a mut Upstream,
    pub(crate) timer: &'a Timer,
    pub(crate) buffers: &'a Buffers,
    pub(crate) send_queue: &'a SendQueue,
    pub(crate) limits: &'a Limits<'a>,
    /// For `X-Served-By` and `Date`.
    pub(crate) served_by: &'a str,
    pub(crate) date: &'a [u8],
    /// Says whether the final answer with this head goes to the client; if not, there will be another attempt.
    pub(crate) accept_head: J,
    /// Asks whether the server is at work.
    pub(crate) ask: &'a dyn Fn(SocketAddr) -> Question,
    pub(crate) state: State,
}

/// What a relay has come to.
pub(crate) struct State {
    stage: Stage,
    /// When a byte was last moved.
    moved: Instant,
    /// When the server was last known to be at work by what it has said of its health.
    at_work: Option<Instant>,
    /// An open question for its health, and since when.
    question: Option<(Instant, Question)>,
    /// From when on it is watched whether the client leaves.
    watch_from: Instant,
    /// While the client has not taken what it was offered: until when it must take some.
    client_deadline: Option<Instant>,
    read_at_once: usize,
    /// The status of the answer that the client is getting.
    pub(crate) status: Option<u16>,
    /// Whether the connection can serve another request once this answer has ended.
    reusable: bool,
    /// The upstream takes no more of the request; it may still answer.
    write_closed: bool,
    switched: bool,
}

impl State {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            stage: Stage::Head(Vec::new()),
            moved: now,
            at_work: None,
            question: None,
            watch_from: now + TICK,
            client_deadline: None,
            read_at_once: READ,
            status: None,
            reusable: true,
            write_closed: false,
            switched: false,
        }
    }

    fn read_limit(&self) -> usize {
        match &self.stage {
            Stage::Head(held) if !held.is_empty() => HEAD_READ,
            Stage::Head(_) | Stage::Body(_) | Stage::Ended => self.read_at_once,
        }
    }

    /// Whether the connection can serve another request.
    pub(crate) fn is_reusable(&self) -> bool {
        self.reusable && !self.write_closed && !self.switched && matches!(self.stage, Stage::Ended)
    }
}

impl<C, J> Relay<'_, C, J>
where
    C: Client,
    J: FnMut(Answered) -> bool,
{
    /// Moves both directions as far as they go.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Poll<Result<End, ExchangeError>> {
        self.poll_request(cx, scratch)?;
        let switched = self.state.switched;
        if let Poll::Ready(end) = self.poll_answer(cx, scratch)? {
            return Poll::Ready(Ok(end));
        }
        if self.state.switched != switched {
            // What the client has sent ahead is content now.
            self.poll_request(cx, scratch)?;
        }
        // To be woken for it is enough.
        let _ = self.timer.poll_until(cx, self.state.watch_from);
        self.poll_clocks(cx).map(Err)
    }

    /// Up: what has come of the request is sent before more is read.
    fn poll_request(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Result<(), ExchangeError> {
        while !self.state.write_closed {
            let unsent = self.request.unsent_len();
            match poll_send(self.upstream, cx, self.request, self.send_queue) {
                Poll::Ready(Ok(())) if unsent > 0 => {
                    self.progress();
                    self.request.let_go(self.buffers);
                }
                Poll::Ready(Ok(())) => {}
                // It may have answered before it stopped listening.
                Poll::Ready(Err(_)) => {
                    self.state.write_closed = true;
                    self.progress();
                }
                Poll::Pending => {
                    // A server that takes little at a time is not silent.
                    if self.request.unsent_len() < unsent {
                        self.progress();
                    }
                    return Ok(());
                }
            }
            if self.request.is_whole() {
                break;
            }
            let Poll::Ready(content) = self.client.poll_content(cx, scratch)? else { return Ok(()) };
            self.take_in_request(cx, scratch, &content)?;
        }
        if self.watches() && self.client.poll_left(cx, scratch, self.timer).is_ready() {
            return Err(ClientError::Left(None).into());
        }
        Ok(())
    }

    /// Whether it is time to see if the client is still there. Most answers come before that, and to look at once
    /// would cost each of them a read that finds nothing.
    fn watches(&self) -> bool {
        self.request.is_whole() && !self.state.switched && self.timer.now() >= self.state.watch_from
    }

    fn take_in_request(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &Scratch,
        content: &Range<usize>,
    ) -> Result<(), ExchangeError> {
        self.progress();
        self.request.push(scratch.bytes(content), self.limits.policy.replay_body_max);
        let limit = self.limits.policy.max_body;
        if !self.state.switched && limit.is_some_and(|limit| self.request.received() > limit) {
            return Err(ExchangeError::TooLarge);
        }
        if self.client.request_ended() {
            self.request.end(self.client.trailers());
            if self.state.switched {
                // The upstream sees the client's end and may still have something to say. That it may be gone
                // already shows when it is read from.
                let _ = self.upstream.poll_shutdown(cx);
            } else {
                // From now on the server is awaited.
                self.limits.answer_by.set(Some(self.timer.now() + self.limits.policy.timeouts.total));
            }
        }
        Ok(())
    }

    /// Something has moved: silence begins anew.
    fn progress(&mut self) {
        self.state.moved = self.timer.now();
    }
}
