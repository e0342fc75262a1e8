//! The clocks of one attempt. A clock runs against whoever is awaited, and only a server's own silence is held against
//! that server.

use super::{End, Relay, Stage};
use crate::client::Client;
use crate::forward::failure::{ExchangeError, UpstreamError};
use crate::forward::upstream::{Answered, Upstream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

/// A question whether the server is at work.
pub(crate) type Question = Pin<Box<dyn Future<Output = bool>>>;

/// A question that the server has not answered yet.
pub(super) struct OpenQuestion {
    asked: Instant,
    /// Whether it was asked before `first_byte` had passed.
    early: bool,
    question: Question,
}

/// Who is awaited, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    /// The client, to take what it was offered.
    Reader,
    /// The client, to send more of its request.
    Sender,
    /// The server, to begin its answer or to take more of the request.
    FirstByte,
    /// The server, to go on with its answer.
    More,
    /// Either side: protocols were switched, or the answer has begun before the request has ended.
    Either,
}

impl<C, J> Relay<'_, C, J>
where
    C: Client,
    J: FnMut(Answered) -> bool,
{
    /// Ready once somebody has been awaited for too long.
    pub(super) fn poll_clocks<U: Upstream>(
        &mut self,
        upstream: &U,
        cx: &mut Context<'_>,
    ) -> Poll<Result<End, ExchangeError>> {
        loop {
            let awaited = self.awaited(upstream);
            let deadline = match self.poll_question(cx, awaited) {
                Some(Poll::Ready(end)) => return Poll::Ready(end),
                Some(Poll::Pending) => self.answer_by(),
                None => self.deadline(awaited),
            };
            ready!(self.timer.poll_until(cx, deadline));
            if awaited != Awaited::FirstByte || self.timer.now() >= self.answer_by() {
                return Poll::Ready(Err(overdue(awaited)));
            }
            let early = self.timer.now() < self.first_byte_by();
            let question = (self.ask)(upstream.address(), early);
            self.state.question = Some(OpenQuestion { asked: self.timer.now(), early, question });
        }
    }

    /// Looks after the open question, if there is one: what a bad answer to it means for the attempt. A byte that has
    /// moved meanwhile answers the question, too.
    fn poll_question(
        &mut self,
        cx: &mut Context<'_>,
        awaited: Awaited,
    ) -> Option<Poll<Result<End, ExchangeError>>> {
        let open = self.state.question.as_mut()?;
        if awaited != Awaited::FirstByte || self.state.moved >= open.asked {
            self.state.question = None;
            return None;
        }
        let Poll::Ready(at_work) = open.question.as_mut().poll(cx) else { return Some(Poll::Pending) };
        let early = open.early;
        self.state.question = None;
        match (at_work, early) {
            (true, _) => self.state.at_work = Some(self.timer.now()),
            (false, false) => return Some(Poll::Ready(Err(UpstreamError::TimedOut.into()))),
            (false, true) if self.may_be_sent_again() && (self.leave)() => {
                return Some(Poll::Ready(Ok(End::Left)));
            }
            (false, true) => self.state.stayed = Some(self.timer.now()),
        }
        None
    }

    fn may_be_sent_again(&self) -> bool {
        self.request.is_safe_twice() && self.request.is_kept(self.limits.policy.replay_body_max)
    }

    fn awaited<U: Upstream>(&self, upstream: &U) -> Awaited {
        let sends = !self.request.is_whole() && self.request.is_drained() && upstream.takes_more();
        match self.state.stage {
            _ if self.state.client_deadline.is_some() => Awaited::Reader,
            Stage::Nothing if upstream.has_begun() => Awaited::More,
            Stage::Nothing if sends => Awaited::Sender,
            Stage::Nothing => Awaited::FirstByte,
            Stage::Part(_) if sends || self.state.is_tunnel() => Awaited::Either,
            Stage::Part(_) | Stage::Whole(_) => Awaited::More,
        }
    }

    fn deadline(&self, awaited: Awaited) -> Instant {
        let (state, timeouts) = (&self.state, &self.limits.policy.timeouts);
        let silence = match awaited {
            Awaited::FirstByte => {
                let heard_of =
                    state.stayed.map_or(self.sign_of_life(), |stayed| stayed.max(self.sign_of_life()));
                let question_at = (heard_of + self.inquiry).min(self.first_byte_by());
                return question_at.min(self.answer_by());
            }
            Awaited::Sender => timeouts.request_idle,
            Awaited::Either if state.is_tunnel() => self.limits.tunnel,
            Awaited::Reader | Awaited::More | Awaited::Either => timeouts.response_idle,
        };
        state.client_deadline.unwrap_or(state.moved + silence)
    }

    /// When the server last showed that it is at work: by a byte, or by an answer for its health.
    fn sign_of_life(&self) -> Instant {
        self.state.at_work.map_or(self.state.moved, |at_work| at_work.max(self.state.moved))
    }

    /// When a server that has shown nothing since is asked for the last time.
    fn first_byte_by(&self) -> Instant {
        self.sign_of_life() + self.limits.policy.timeouts.first_byte
    }

    /// When the time for the whole request ends. A server that does not take the rest of a request has the same time,
    /// from the last byte that it took.
    fn answer_by(&self) -> Instant {
        self.limits.answer_by.get().unwrap_or(self.state.moved + self.limits.policy.timeouts.total)
    }
}

/// The error for a silence, by whose fault it is.
fn overdue(awaited: Awaited) -> ExchangeError {
    match awaited {
        Awaited::Reader => ExchangeError::ClientStalled,
        Awaited::Sender => ExchangeError::RequestStalled,
        Awaited::FirstByte => ExchangeError::Expired,
        Awaited::More => UpstreamError::TimedOut.into(),
        Awaited::Either => ExchangeError::Idle,
    }
}
