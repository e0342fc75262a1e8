//! The way down: the upstream's answer to the client.

use super::{Answered, End, Relay, SLOW_READ, Stage};
use crate::client::Client;
use crate::forward::failure::{ExchangeError, UpstreamError};
use crate::http1::body::Body;
use crate::http1::fields::slots;
use crate::http1::length::Length;
use crate::http1::response::{self, ResponseHead};
use crate::http1::write::Added;
use crate::runtime::Scratch;
use std::io;
use std::ops::Range;
use std::task::{Context, Poll, ready};

impl<C, J> Relay<'_, C, J>
where
    C: Client,
    J: FnMut(Answered) -> bool,
{
    /// Down: what has been offered is taken by the client before more is read, so that a slow reader slows the
    /// upstream and not this process's memory.
    pub(super) fn poll_answer(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Poll<Result<End, ExchangeError>> {
        loop {
            ready!(self.poll_flush(cx))?;
            if matches!(self.state.stage, Stage::Ended) {
                return Poll::Ready(Ok(End::Passed));
            }
            let read = ready!(scratch.poll_fill(&mut self.upstream.socket, cx, self.state.read_limit()));
            let end = match read {
                Ok(range) if !range.is_empty() => self.take_in(cx, scratch, range)?,
                Ok(_) => self.upstream_ended(cx, scratch, None)?,
                Err(error) => self.upstream_ended(cx, scratch, Some(error))?,
            };
            if let Some(end) = end {
                return Poll::Ready(Ok(end));
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

    /// Takes in what the upstream has sent.
    fn take_in(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        range: Range<usize>,
    ) -> Result<Option<End>, ExchangeError> {
        self.progress();
        let Stage::Head(held) = &mut self.state.stage else {
            return self.pass_on(cx, scratch, range).map(|()| None);
        };
        if held.is_empty() {
            let (bytes, out) = scratch.split(&range);
            return match self.read_head(cx, bytes, out)? {
                Heads::Final(len) => self.pass_on(cx, scratch, range.start + len..range.end).map(|()| None),
                Heads::Refused(answered) => Ok(Some(End::Refused(answered))),
                Heads::Incomplete(len) => {
                    self.state.stage = Stage::Head(bytes[len..].to_vec());
                    Ok(None)
                }
            };
        }
        held.extend_from_slice(scratch.bytes(&range));
        let bytes = std::mem::take(held);
        match self.read_head(cx, &bytes, &mut scratch.head)? {
            Heads::Final(len) => {
                let rest = scratch.put(&bytes[len..]);
                self.pass_on(cx, scratch, rest).map(|()| None)
            }
            Heads::Refused(answered) => Ok(Some(End::Refused(answered))),
            Heads::Incomplete(len) => {
                self.state.stage = Stage::Head(bytes[len..].to_vec());
                Ok(None)
            }
        }
    }

    /// Reads heads from the start of `bytes` up to the final one, whose new form is then in `out`.
    fn read_head(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Heads, ExchangeError> {
        let mut start = 0;
        loop {
            let mut slots = slots();
            let head = response::parse(&bytes[start..], &mut slots, self.request.facts.is_head);
            let Some(head) = head.map_err(UpstreamError::from)? else { return Ok(Heads::Incomplete(start)) };
            start += head.len;
            if head.status >= 200 || head.status == 101 {
                return self.judge_head(&head, start, out);
            }
            self.state.reusable &= head.keep_alive;
            self.client.interim(cx, &head)?;
        }
    }

    fn judge_head(
        &mut self,
        head: &ResponseHead<'_, '_>,
        len: usize,
        out: &mut Vec<u8>,
    ) -> Result<Heads, ExchangeError> {
        let switch = head.status == 101;
        // Nor can one switch that has not been sent the whole request yet: what comes next would overtake the rest.
        if switch && (!self.request.facts.upgrade || self.upstream.socket.is_queued()) {
            return Err(UpstreamError::Unexpected.into());
        }
        let replayable = self.request.is_kept(self.limits.policy.replay_body_max);
        let answered = Answered {
            status: head.status,
            retry_safe: head.retry_safe,
            shared_want: head.unavailable.is_some(),
            replayable,
        };
        if !(self.accept_head)(answered) {
            return Ok(Heads::Refused(answered));
        }
        let request_id = self.request.request_id_bytes();
        let added = Added { served_by: self.served_by, request_id, date: self.date, cache: None };
        // An answer that broke off may have left its own.
        out.clear();
        self.client.begin(head, &added, out);
        self.state.status = Some(head.status);
        self.state.reusable &= head.keep_alive;
        self.state.stage = Stage::Body(Body::new(head.length));
        if switch {
            self.switch();
        }
        Ok(Heads::Final(len))
    }

    /// From here on both directions are bytes without framing.
    fn switch(&mut self) {
        self.state.switched = true;
        self.state.stage = Stage::Body(Body::new(Length::UntilClose));
        self.client.switch();
        self.request.switch();
        self.progress();
    }

    /// Passes on content of the answer.
    fn pass_on(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        range: Range<usize>,
    ) -> Result<(), ExchangeError> {
        let Stage::Body(body) = &mut self.state.stage else {
            return Err(ExchangeError::Internal("there is content without a head"));
        };
        let decoded = body.decode(scratch.bytes_mut(&range)).map_err(UpstreamError::from)?;
        // Bytes after the answer's end are nobody's: the connection is not used again.
        self.state.reusable &= decoded.used == range.len();
        let content = range.start..range.start + decoded.data;
        let ended = body.is_done();
        self.client.offer(cx, scratch, content, ended.then(|| body.trailers()))?;
        if ended {
            self.state.stage = Stage::Ended;
        }
        Ok(())
    }

    /// The upstream's side of the connection has ended: good for a body that lasts so long, bad for all else.
    fn upstream_ended(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        error: Option<io::Error>,
    ) -> Result<Option<End>, ExchangeError> {
        self.state.reusable = false;
        match &self.state.stage {
            Stage::Body(body) if body.ends_with_connection() && error.is_none() => {
                let nothing = scratch.put(&[]);
                self.client.offer(cx, scratch, nothing, Some(&[]))?;
                self.state.stage = Stage::Ended;
                Ok(None)
            }
            Stage::Head(held) if held.is_empty() && self.upstream.reused => Err(UpstreamError::Stale.into()),
            _ => Err(UpstreamError::Reset(error).into()),
        }
    }
}

/// What was read of the heads of an answer.
enum Heads {
    /// The final one passes; so many bytes were heads.
    Final(usize),
    Refused(Answered),
    /// The final one is not whole; so many bytes were interim ones.
    Incomplete(usize),
}
