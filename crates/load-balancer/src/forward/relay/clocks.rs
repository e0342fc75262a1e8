//! The clocks of one attempt. A clock runs against whoever is awaited, and only a server's own silence is held against
//! that server.

use super::{Relay, Stage};
use crate::client::Client;
use crate::forward::failure::{ExchangeError, UpstreamError};
use crate::forward::upstream::{Answered, Upstream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

/// A question whether the server is at work.
pub(crate) type Question = Pin<Box<dyn Future<Output = bool>>>;

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
    ) -> Poll<ExchangeError> {
        loop {
            let awaited = self.awaited(upstream);
            let deadline = match self.poll_question(cx, awaited) {
                Some(Poll::Ready(false)) => return Poll::Ready(UpstreamError::TimedOut.into()),
                Some(Poll::Pending) => self.answer_by(),
                Some(Poll::Ready(true)) | None => self.deadline(awaited),
            };
            ready!(self.timer.poll_until(cx, deadline));
            if awaited != Awaited::FirstByte || self.timer.now() >= self.answer_by() {
                return Poll::Ready(overdue(awaited));
            }
            let question = (self.ask)(upstream.address());
            self.state.question = Some((self.timer.now(), question));
        }
    }

    /// The verdict of the open question, if there is one. A byte that has moved meanwhile answers the question, too.
    fn poll_question(&mut self, cx: &mut Context<'_>, awaited: Awaited) -> Option<Poll<bool>> {
        let (asked, question) = self.state.question.as_mut()?;
        if awaited != Awaited::FirstByte || self.state.moved >= *asked {
            self.state.question = None;
            return None;
        }
        let answer = question.as_mut().poll(cx);
        if let Poll::Ready(at_work) = answer {
            self.state.question = None;
            self.state.at_work = at_work.then(|| self.timer.now());
        }
        Some(answer)
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
                let sign = state.at_work.map_or(state.moved, |at_work| at_work.max(state.moved));
                return (sign + timeouts.first_byte).min(self.answer_by());
            }
            Awaited::Sender => timeouts.request_idle,
            Awaited::Either if state.is_tunnel() => self.limits.tunnel,
            Awaited::Reader | Awaited::More | Awaited::Either => timeouts.response_idle,
        };
        state.client_deadline.unwrap_or(state.moved + silence)
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
