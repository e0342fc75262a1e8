//! One attempt on one connection: the request goes up and the answer comes down, at the same time.

use super::client::Client;
use super::failure::{Broken, UpstreamError};
use super::request::Request;
use super::upstream::Upstream;
use crate::http1::body::Body;
use crate::http1::fields::slots;
use crate::http1::length::Length;
use crate::http1::response::{self, ResponseHead};
use crate::http1::write::Added;
use crate::retry::Failure;
use crate::worker::{Alarm, READ, Scratch};
use std::ops::Range;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// While an upstream's head is incomplete, so much is read at once that head and rest fit the scratch.
const HEAD_READ: usize = READ - response::MAX_HEAD;
/// For an answer whose client has once been slower than its upstream: what it does not take must be held.
const SLOW_READ: usize = 16 * 1024;

/// A client that has taken nothing for so long is given up. A large socket buffer takes in, and lets go of, a lot at
/// once, so that even a client that reads all the time is seen to do so only now and then.
const CLIENT_PATIENCE: Duration = Duration::from_secs(60);

/// What the conductor is asked about a head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    /// The upstream vouches that nothing was done.
    pub(crate) retry_safe: bool,
    /// The request could be sent again.
    pub(crate) replayable: bool,
}

impl Answered {
    /// What a 503 says of a further attempt.
    pub(crate) fn failure(self) -> Failure {
        Failure::Unavailable { nothing_done: self.retry_safe }
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Without progress, to the head and then within the body.
    pub(crate) silence: Duration,
    /// For the head, whatever progress there is; not counted before the request has been sent.
    pub(crate) head_by: Instant,
    /// Without a byte in either direction after a switch of protocols.
    pub(crate) tunnel: Duration,
    /// The longest request body.
    pub(crate) max_body: u64,
    /// The longest request body that is kept for another attempt.
    pub(crate) replay_body: usize,
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
    pub(crate) alarm: &'a Alarm,
    pub(crate) limits: Limits,
    /// For `X-Served-By` and `Date`.
    pub(crate) served_by: &'a str,
    pub(crate) date: &'a [u8],
    /// Says whether the final answer with this head goes to the client; if not, there will be another attempt.
    pub(crate) judge: J,
    pub(crate) state: State,
}

/// What a relay has come to.
#[derive(Debug)]
pub(crate) struct State {
    stage: Stage,
    deadline: Instant,
    /// While the client has not taken what it was offered: until when it must take some.
    client_deadline: Option<Instant>,
    read_at_once: usize,
    /// The status of the answer that the client is getting.
    pub(crate) status: Option<u16>,
    /// Whether the connection can serve another request once this answer has ended.
    reusable: bool,
    /// The upstream takes no more of the request; it may still answer.
    deaf: bool,
    switched: bool,
}

impl State {
    pub(crate) fn new(deadline: Instant) -> Self {
        Self {
            stage: Stage::Head(Vec::new()),
            deadline,
            client_deadline: None,
            read_at_once: READ,
            status: None,
            reusable: false,
            deaf: false,
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
        self.reusable && !self.deaf && !self.switched && matches!(self.stage, Stage::Ended)
    }
}

impl<C, J> Relay<'_, C, J>
where
    C: Client,
    J: FnMut(Answered) -> bool,
{
    /// Moves both directions as far as they go.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Poll<Result<End, Broken>> {
        self.poll_request(cx, scratch)?;
        let switched = self.state.switched;
        if let Poll::Ready(end) = self.poll_answer(cx, scratch)? {
            return Poll::Ready(Ok(end));
        }
        if self.state.switched != switched {
            // What the client has sent ahead is content now.
            self.poll_request(cx, scratch)?;
        }
        ready!(self.alarm.poll_until(cx, self.deadline()));
        Poll::Ready(Err(self.overdue()))
    }

    /// Up: what has come of the request is sent before more is read.
    fn poll_request(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Result<(), Broken> {
        while !self.state.deaf {
            let before = self.request.unsent().len();
            match self.upstream.poll_send(cx, self.request) {
                Poll::Ready(Ok(())) if before > 0 => self.progress(),
                Poll::Ready(Ok(())) => {}
                // It may have answered before it stopped listening.
                Poll::Ready(Err(_)) => self.state.deaf = true,
                Poll::Pending => return Ok(()),
            }
            if self.request.is_whole() {
                break;
            }
            let Poll::Ready(content) = self.client.poll_content(cx, scratch)? else { return Ok(()) };
            self.take_in_request(cx, scratch, &content)?;
        }
        if self.request.is_whole() && !self.state.switched && self.client.poll_left(cx, scratch).is_ready() {
            return Err(super::client::ClientError::Left(None).into());
        }
        Ok(())
    }

    fn take_in_request(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &Scratch,
        content: &Range<usize>,
    ) -> Result<(), Broken> {
        self.progress();
        self.request.push(scratch.bytes(content), self.limits.replay_body);
        if !self.state.switched && self.request.received() > self.limits.max_body {
            return Err(Broken::TooLarge);
        }
        if self.client.request_ended() {
            self.request.end(self.client.trailers());
            if self.state.switched {
                // The upstream sees the client's end and may still have something to say. That it may be gone
                // already shows when it is read from.
                let _ = self.upstream.poll_shutdown(cx);
            }
        }
        Ok(())
    }

    /// Down: what has been offered is taken by the client before more is read, so that a slow reader slows the
    /// upstream and not this process's memory.
    fn poll_answer(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Poll<Result<End, Broken>> {
        loop {
            ready!(self.poll_flush(cx))?;
            if matches!(self.state.stage, Stage::Ended) {
                return Poll::Ready(Ok(End::Passed));
            }
            let read = ready!(scratch.poll_fill(&mut self.upstream.stream, cx, self.state.read_limit()));
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
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let before = self.client.backlog();
        let flushed = self.client.poll_flush(cx)?;
        if flushed.is_ready() {
            if self.state.client_deadline.take().is_some() {
                self.progress();
            }
        } else if self.state.client_deadline.is_none() || self.client.backlog() < before {
            self.state.client_deadline = Some(self.alarm.now() + CLIENT_PATIENCE);
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
    ) -> Result<Option<End>, Broken> {
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
    fn read_head(&mut self, cx: &mut Context<'_>, bytes: &[u8], out: &mut Vec<u8>) -> Result<Heads, Broken> {
        let mut start = 0;
        loop {
            let mut slots = slots();
            let head = response::parse(&bytes[start..], &mut slots, self.request.facts.is_head);
            let Some(head) = head.map_err(UpstreamError::from)? else { return Ok(Heads::Incomplete(start)) };
            start += head.len;
            if head.status >= 200 || head.status == 101 {
                return self.judge_head(&head, start, out);
            }
            self.client.interim(cx, &head)?;
        }
    }

    fn judge_head(
        &mut self,
        head: &ResponseHead<'_, '_>,
        len: usize,
        out: &mut Vec<u8>,
    ) -> Result<Heads, Broken> {
        let switch = head.status == 101;
        if switch && !self.request.facts.upgrade {
            return Err(UpstreamError::Unexpected.into());
        }
        let replayable = self.request.is_kept();
        let answered = Answered { status: head.status, retry_safe: head.retry_safe, replayable };
        if !(self.judge)(answered) {
            return Ok(Heads::Refused(answered));
        }
        let request_id = self.request.request_id().as_bytes();
        let added = Added { served_by: self.served_by, request_id, date: self.date, cache: None };
        self.client.begin(head, &added, out);
        self.state.status = Some(head.status);
        self.state.reusable = head.keep_alive;
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
    ) -> Result<(), Broken> {
        let Stage::Body(body) = &mut self.state.stage else { return Ok(()) };
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
        error: Option<std::io::Error>,
    ) -> Result<Option<End>, Broken> {
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

    /// Something has moved: the silence begins anew.
    fn progress(&mut self) {
        let silence = if self.state.switched { self.limits.tunnel } else { self.limits.silence };
        self.state.deadline = self.alarm.now() + silence;
    }

    fn deadline(&self) -> Instant {
        match (self.state.client_deadline, &self.state.stage) {
            (Some(deadline), _) => deadline,
            (None, Stage::Head(_)) if self.request.is_sent() => self.state.deadline.min(self.limits.head_by),
            (None, _) => self.state.deadline,
        }
    }

    /// Whose fault the silence is.
    fn overdue(&self) -> Broken {
        let request_missing = !self.request.is_whole() && self.request.unsent().is_empty();
        match self.state.stage {
            Stage::Head(_) if request_missing && !self.state.deaf => Broken::RequestStalled,
            Stage::Head(_) => UpstreamError::TimedOut.into(),
            _ if self.state.client_deadline.is_some() => Broken::ClientStalled,
            _ => UpstreamError::TimedOut.into(),
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
