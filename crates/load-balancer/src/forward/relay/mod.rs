//! One attempt at one server: the request goes up and the answer comes down, at the same time.

mod answer;
mod clocks;
#[cfg(test)]
mod tests;

use self::clocks::OpenQuestion;
pub(crate) use self::clocks::Question;

use super::failure::ExchangeError;
use super::request::Request;
use super::upstream::{Answered, Upstream};
use crate::client::{Client, ClientError};
use crate::pool::RequestPolicy;
use crate::runtime::{Buffers, READ, Scratch, TICK, Timer};
use std::cell::Cell;
use std::net::SocketAddr;
use std::ops::Range;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// The limits of a request, with their ends.
#[derive(Debug)]
pub(crate) struct Limits<'a> {
    pub(crate) policy: &'a RequestPolicy,
    /// When the time for the whole request ends; `None` until the request's last byte has come.
    pub(crate) answer_by: Cell<Option<Instant>>,
    /// How long a connection that has switched protocols may be without a byte in either direction.
    pub(crate) tunnel: Duration,
}

/// The end of an attempt that did not break.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The client has the whole answer.
    Passed,
    /// The conductor has refused the head.
    Refused(Answered),
    /// The conductor has left a server that is silent, also to a question for its health, for another one.
    Left,
}

/// One attempt under way; [`Relay::poll`] gets the server.
pub(crate) struct Relay<'a, C, J> {
    pub(crate) client: &'a mut C,
    pub(crate) request: &'a mut Request,
    pub(crate) timer: &'a Timer,
    pub(crate) buffers: &'a Buffers,
    pub(crate) limits: &'a Limits<'a>,
    /// For `X-Served-By` and `Date`.
    pub(crate) served_by: &'a str,
    pub(crate) date: &'a [u8],
    /// Decides whether the final answer with this head goes to the client; if not, there will be another attempt.
    pub(crate) accept_head: J,
    /// How long the server may be silent before it is asked for its health, and again after that.
    pub(crate) inquiry: Duration,
    /// Asks whether the server is at work. `true` asks early: the server has less time.
    pub(crate) ask: &'a dyn Fn(SocketAddr, bool) -> Question,
    /// Decides whether a silent server is left for another one.
    pub(crate) leave: &'a dyn Fn() -> bool,
    pub(crate) state: State,
}

/// What the client has of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Nothing,
    /// The head, with this status, and perhaps part of the body. After a 101, which switches protocols, both directions
    /// are bytes without framing.
    Part(u16),
    /// The client was offered the whole answer.
    Whole(u16),
}

/// The progress of a relay.
pub(crate) struct State {
    stage: Stage,
    /// When a byte was last moved.
    moved: Instant,
    /// When the server's answer for its health last showed that the server is at work.
    at_work: Option<Instant>,
    /// The open question for the server's health.
    question: Option<OpenQuestion>,
    /// When an early question was answered badly, and no other server could be asked.
    stayed: Option<Instant>,
    /// When to begin looking whether the client has left.
    watch_from: Instant,
    /// By when a client that has not taken everything must take some.
    client_deadline: Option<Instant>,
    read_at_once: usize,
}

impl State {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            stage: Stage::Nothing,
            moved: now,
            at_work: None,
            question: None,
            stayed: None,
            watch_from: now + TICK,
            client_deadline: None,
            read_at_once: READ,
        }
    }

    /// The status of the answer that the client is getting, or has got.
    pub(crate) fn status(&self) -> Option<u16> {
        match self.stage {
            Stage::Part(status) | Stage::Whole(status) => Some(status),
            Stage::Nothing => None,
        }
    }

    fn is_tunnel(&self) -> bool {
        self.status() == Some(101)
    }
}

impl<C, J> Relay<'_, C, J>
where
    C: Client,
    J: FnMut(Answered) -> bool,
{
    /// Moves both directions as far as possible now.
    pub(crate) fn poll<U: Upstream>(
        &mut self,
        upstream: &mut U,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Poll<Result<End, ExchangeError>> {
        self.poll_request(upstream, cx, scratch)?;
        let was_tunnel = self.state.is_tunnel();
        match self.poll_answer(upstream, cx, scratch) {
            Poll::Ready(Err(error)) => {
                // A head that was written and will not be sent must not meet the next content of another connection.
                scratch.head().clear();
                return Poll::Ready(Err(error));
            }
            Poll::Ready(end) => return Poll::Ready(end),
            Poll::Pending => {}
        }
        if self.state.is_tunnel() != was_tunnel {
            // What the client has sent ahead is content now.
            self.poll_request(upstream, cx, scratch)?;
        }
        // To be woken for it is enough.
        let _ = self.timer.poll_until(cx, self.state.watch_from);
        self.poll_clocks(upstream, cx)
    }

    /// Moves the request. Bytes that have come are sent before more is read.
    fn poll_request<U: Upstream>(
        &mut self,
        upstream: &mut U,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), ExchangeError> {
        while upstream.takes_more() {
            let unsent = self.request.unsent_len();
            match upstream.poll_send(cx, self.request) {
                Poll::Ready(Ok(())) if unsent > 0 => {
                    self.progress();
                    self.request.let_go(self.buffers);
                }
                Poll::Ready(Ok(())) => {}
                // It may have answered before it stopped listening.
                Poll::Ready(Err(_)) => self.progress(),
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
            self.take_in_request(upstream, cx, scratch, &content)?;
        }
        if self.watches() && self.client.poll_left(cx, scratch, self.timer).is_ready() {
            return Err(ClientError::Left(None).into());
        }
        Ok(())
    }

    /// Whether it is time to look if the client is still there. Most answers come before that time; a look at once
    /// would cost each request a read that finds nothing.
    fn watches(&self) -> bool {
        self.request.is_whole() && !self.state.is_tunnel() && self.timer.now() >= self.state.watch_from
    }

    fn take_in_request<U: Upstream>(
        &mut self,
        upstream: &mut U,
        cx: &mut Context<'_>,
        scratch: &Scratch,
        content: &Range<usize>,
    ) -> Result<(), ExchangeError> {
        self.progress();
        let policy = self.limits.policy;
        self.request.push(scratch.bytes(content), policy.replay_body_max);
        if !self.state.is_tunnel() && self.request.is_longer_than(policy.max_body) {
            return Err(ExchangeError::TooLarge);
        }
        if self.client.request_ended() {
            self.request.end(self.client.trailers());
            if self.state.is_tunnel() {
                // The server sees the client's end and may still have something to say.
                upstream.end(cx);
            } else {
                // From now on the server is awaited.
                self.limits.answer_by.set(Some(self.timer.now() + policy.timeouts.total));
            }
        }
        Ok(())
    }

    /// Notes that a byte has moved: silence begins anew.
    fn progress(&mut self) {
        self.state.moved = self.timer.now();
    }
}
