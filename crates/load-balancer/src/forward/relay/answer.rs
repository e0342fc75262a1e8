//! Passes the server's answer to the client.

use super::{End, Relay, Stage};
use crate::client::Client;
use crate::forward::failure::{ExchangeError, UpstreamError};
use crate::forward::upstream::{Accepted, Answered, Heads, Part, Upstream};
use crate::http1::response::ResponseHead;
use crate::http1::write::Added;
use crate::runtime::Scratch;
use std::task::{Context, Poll, ready};

/// The bounds of reading for an answer whose client has once been slower than its upstream: bytes that the client does
/// not take must be held.
const SLOW_READ: usize = 16 * 1024;

impl<C, J> Relay<'_, C, J>
where
    C: Client,
    J: FnMut(Answered) -> bool,
{
    /// Moves the answer. The client takes what it was offered before more is read, so a slow reader slows the upstream
    /// and does not fill this process's memory.
    pub(super) fn poll_answer<U: Upstream>(
        &mut self,
        upstream: &mut U,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Poll<Result<End, ExchangeError>> {
        loop {
            ready!(self.poll_flush(cx))?;
            if let Stage::Whole(_) = self.state.stage {
                return Poll::Ready(Ok(End::Passed));
            }
            let limit = self.state.read_at_once;
            let part = ready!(upstream.poll_answer(cx, scratch, limit, self))?;
            self.progress();
            match part {
                Part::Incomplete => {}
                Part::Refused(answered) => return Poll::Ready(Ok(End::Refused(answered))),
                Part::Content(content) => self.client.offer(cx, scratch, content, None)?,
                Part::Last(content) => {
                    self.client.offer(cx, scratch, content, Some(upstream.trailers()))?;
                    self.state.stage = Stage::Whole(self.state.status().unwrap_or_default());
                }
            }
        }
    }

    /// Ready once the client has taken what it was offered.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ExchangeError>> {
        let before = self.client.backlog();
        let flushed = self.client.poll_flush(cx)?;
        if flushed.is_ready() {
            if self.state.client_deadline.take().is_some() {
                self.progress();
            }
        } else if self.state.client_deadline.is_none() || self.client.backlog() < before {
            self.state.client_deadline = Some(self.timer.now() + self.limits.policy.timeouts.response_idle);
            self.state.read_at_once = SLOW_READ;
        }
        flushed.map(Ok)
    }
}

impl<C, J> Heads for Relay<'_, C, J>
where
    C: Client,
    J: FnMut(Answered) -> bool,
{
    fn interim(&mut self, cx: &mut Context<'_>, head: &ResponseHead<'_, '_>) -> Result<(), ExchangeError> {
        Ok(self.client.interim(cx, head)?)
    }

    #[inline]
    fn accept(&mut self, head: &ResponseHead<'_, '_>, out: &mut Vec<u8>) -> Result<Accepted, ExchangeError> {
        let switches = head.status == 101;
        if switches && !self.request.facts.upgrade {
            return Err(UpstreamError::Unexpected.into());
        }
        let answered = Answered {
            status: head.status,
            retry_safe: head.retry_safe,
            shared_want: head.unavailable.is_some(),
            replayable: self.request.is_kept(self.limits.policy.replay_body_max),
        };
        if !(self.accept_head)(answered) {
            return Ok(Accepted::No(answered));
        }
        let request_id = self.request.request_id_bytes();
        let added = Added { served_by: self.served_by, request_id, date: self.date, cache: None };
        self.client.begin(head, &added, out);
        self.state.stage = Stage::Part(head.status);
        if switches {
            self.client.switch();
            self.request.switch();
        }
        Ok(Accepted::Yes)
    }
}
