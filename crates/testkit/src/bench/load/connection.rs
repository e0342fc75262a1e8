use std::{io, time::Instant};

use thiserror::Error;

use super::stream::Stream;
use crate::bench::{
    message::{FramingError, response_head},
    poller::Interest,
};

/// A request, and the answer that must come back.
#[derive(Debug, Clone)]
pub struct Work {
    /// The bytes of the whole request.
    pub request: Vec<u8>,
    /// The length of the answer's body, whose status must be 200.
    pub expect_len: usize,
    /// Whether each connection serves one request and the server ends it.
    pub once: bool,
}

impl Work {
    /// A GET of `path`, or a POST when there is a body.
    pub fn new(path: &str, body_len: usize, expect_len: usize, once: bool) -> Self {
        let method = if body_len == 0 { "GET" } else { "POST" };
        let close = if once { "Connection: close\r\n" } else { "" };
        let length = if body_len == 0 { String::new() } else { format!("Content-Length: {body_len}\r\n") };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: bench\r\nAccept: */*\r\n{length}{close}\r\n"
        );
        let mut request = request.into_bytes();
        request.resize(request.len() + body_len, b'x');
        Self { request, expect_len, once }
    }
}

/// The reason why a request did not get its answer.
#[derive(Debug, Error)]
pub enum Failure {
    /// The answer has another status.
    #[error("status {0}")]
    Status(u16),
    /// The body has another length.
    #[error("length {0}")]
    Length(usize),
    /// The answer has more bytes than it should.
    #[error("bytes after the answer")]
    Surplus,
    /// The connection ended before the answer did.
    #[error("connection ended early")]
    Ended,
    /// The answer is no HTTP of the benchmark.
    #[error("{0}")]
    Framing(#[from] FramingError),
    /// The socket failed.
    #[error("socket: {}", .0.kind())]
    Socket(#[from] io::Error),
}

/// The state of a connection.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Idle,
    Head,
    Body {
        left: usize,
    },
    /// The answer is there; the server must end the connection.
    End,
}

/// The result of a step.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Waiting,
    /// The whole answer is there.
    Done,
    /// The server ended a connection that asked nothing.
    Closed,
}

/// One client connection.
pub(super) struct Connection {
    pub(super) stream: Stream,
    state: State,
    sent: usize,
    partial: Vec<u8>,
    /// The time when the request in flight was due.
    pub(super) due: Instant,
    /// The events that the poller watches for.
    pub(super) interest: Interest,
}

impl Connection {
    /// An idle connection, watched for reading.
    pub(super) fn new(stream: Stream) -> Self {
        let (due, interest) = (Instant::now(), Interest::Read);
        Self { stream, state: State::Idle, sent: 0, partial: Vec::new(), due, interest }
    }

    /// Starts a request that was due at `due`, and sends as much of it as the socket takes.
    pub(super) fn start(&mut self, work: &Work, due: Instant) -> Result<(), Failure> {
        (self.state, self.sent, self.due) = (State::Head, 0, due);
        self.send(work)
    }

    /// Whether the socket has to take more of the request.
    pub(super) fn unsent(&self, work: &Work) -> bool {
        self.state != State::Idle && (self.sent < work.request.len() || self.stream.holds())
    }

    /// Sends what is left of the request, as far as the socket takes it.
    pub(super) fn send(&mut self, work: &Work) -> Result<(), Failure> {
        while self.unsent(work) {
            match self.stream.write(&work.request[self.sent..]) {
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reads what has come.
    pub(super) fn receive(&mut self, work: &Work, scratch: &mut [u8]) -> Result<Step, Failure> {
        loop {
            let step = match self.stream.read(scratch) {
                Ok(0) => return self.ended(),
                Ok(len) => self.take(&scratch[..len], work)?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Step::Waiting),
                Err(error) => return Err(error.into()),
            };
            if step == Step::Done || !self.stream.buffers() {
                return Ok(step);
            }
        }
    }

    fn ended(&mut self) -> Result<Step, Failure> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Idle => Ok(Step::Closed),
            State::End => Ok(Step::Done),
            State::Head | State::Body { .. } => Err(Failure::Ended),
        }
    }

    fn take(&mut self, bytes: &[u8], work: &Work) -> Result<Step, Failure> {
        let body = match self.state {
            State::Idle | State::End => return Err(Failure::Surplus),
            State::Body { left } => return self.body(left, bytes.len(), work),
            State::Head if self.partial.is_empty() => bytes,
            State::Head => {
                self.partial.extend_from_slice(bytes);
                &std::mem::take(&mut self.partial)
            }
        };
        let Some(head) = response_head(body)? else {
            self.partial = body.to_vec();
            return Ok(Step::Waiting);
        };
        if head.status != 200 {
            return Err(Failure::Status(head.status));
        }
        if head.body_len != work.expect_len {
            return Err(Failure::Length(head.body_len));
        }
        self.body(head.body_len, body.len() - head.head_len, work)
    }

    fn body(&mut self, left: usize, got: usize, work: &Work) -> Result<Step, Failure> {
        let left = left.checked_sub(got).ok_or(Failure::Surplus)?;
        let (state, step) = match left {
            0 if work.once => (State::End, Step::Waiting),
            0 => (State::Idle, Step::Done),
            left => (State::Body { left }, Step::Waiting),
        };
        self.state = state;
        Ok(step)
    }
}
