//! Scripts: what an upstream does with a request.

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{Answer, Seen};

/// One thing to do; the head of the request has been read before the first.
#[derive(Debug, Clone)]
pub enum Step {
    /// Writes `100 Continue`.
    Continue,
    /// Reads the body to its end.
    ReadBody,
    /// Writes an answer, without its body for HEAD.
    Answer(Answer),
    /// Reads the body and answers with the request as JSON: `method`, `target`, `headers` (a list of pairs, in
    /// their order), `body` (as text), `trailers`.
    Echo,
    /// Reads the body and answers as the function says, which sees the whole request.
    Respond(Responder),
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Waits.
    Pause(Duration),
    /// Waits until the test opens the gate.
    Wait(Gate),
    /// Sends every further byte back until the peer is done, as after an upgrade.
    Tunnel,
    /// Closes the connection in order.
    Close,
    /// Closes it with a reset.
    Reset,
    /// Does nothing more until the peer goes away.
    Hang,
}

/// Makes an answer of a whole request.
#[derive(Clone)]
pub struct Responder(Arc<dyn Fn(&Seen) -> Answer + Send + Sync>);

impl Responder {
    pub(super) fn answer(&self, request: &Seen) -> Answer {
        (self.0)(request)
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Responder(..)")
    }
}

type Choice = dyn Fn(&Seen) -> Script + Send + Sync;

/// The script of a request. The connection is kept for the next request, unless a step closes it.
#[derive(Clone)]
pub enum Script {
    /// The same steps for each request.
    Steps(Arc<[Step]>),
    /// The script that the function chooses by the head of the request.
    By(Arc<Choice>),
}

impl Script {
    /// A script with these steps.
    pub fn steps(steps: impl Into<Arc<[Step]>>) -> Self {
        Self::Steps(steps.into())
    }

    /// A script that `choose` chooses for each request, which it sees without its body.
    pub fn by(choose: impl Fn(&Seen) -> Self + Send + Sync + 'static) -> Self {
        Self::By(Arc::new(choose))
    }

    /// Reads the request and answers as the function says, which sees all of it.
    pub fn respond(respond: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        Self::steps([Step::Respond(Responder(Arc::new(respond)))])
    }

    /// Reads the request and answers.
    pub fn answer(answer: Answer) -> Self {
        Self::steps([Step::ReadBody, Step::Answer(answer)])
    }

    /// Answers with the request as JSON.
    pub fn echo() -> Self {
        Self::steps([Step::Echo])
    }

    /// Answers before it reads the body, which it never does, and closes.
    pub fn early(answer: Answer) -> Self {
        Self::steps([Step::Answer(answer), Step::Close])
    }

    /// Says `100 Continue`, then reads the body and answers.
    pub fn continued(answer: Answer) -> Self {
        Self::steps([Step::Continue, Step::ReadBody, Step::Answer(answer)])
    }

    /// Answers after a while.
    pub fn delayed(delay: Duration, answer: Answer) -> Self {
        Self::steps([Step::ReadBody, Step::Pause(delay), Step::Answer(answer)])
    }

    /// Answers when the test opens the gate.
    pub fn gated(gate: Gate, answer: Answer) -> Self {
        Self::steps([Step::ReadBody, Step::Wait(gate), Step::Answer(answer)])
    }

    /// Reads the request and never answers.
    pub fn hang() -> Self {
        Self::steps([Step::ReadBody, Step::Hang])
    }

    /// Reads the request and closes without an answer.
    pub fn close() -> Self {
        Self::steps([Step::ReadBody, Step::Close])
    }

    /// Reads the head and ends the connection with a reset.
    pub fn reset() -> Self {
        Self::steps([Step::Reset])
    }

    /// Writes the first `bytes` of an answer and closes.
    pub fn cut(answer: &Answer, bytes: usize) -> Self {
        let mut whole = answer.to_bytes("GET");
        whole.truncate(bytes);
        Self::steps([Step::ReadBody, Step::Write(whole), Step::Close])
    }

    /// Reads the request and writes these bytes.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::steps([Step::ReadBody, Step::Write(bytes.into())])
    }

    /// Reads the request, writes these bytes and closes.
    pub fn raw_then_close(bytes: impl Into<Vec<u8>>) -> Self {
        Self::steps([Step::ReadBody, Step::Write(bytes.into()), Step::Close])
    }

    /// Accepts an upgrade to `protocol` and sends back every byte after it.
    pub fn upgrade(protocol: &str) -> Self {
        let head =
            format!("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n");
        Self::steps([Step::Write(head.into_bytes()), Step::Tunnel])
    }

    pub(super) fn for_request(&self, request: &Seen) -> Arc<[Step]> {
        match self {
            Self::Steps(steps) => Arc::clone(steps),
            Self::By(choose) => choose(request).for_request(request),
        }
    }
}

impl From<Answer> for Script {
    fn from(answer: Answer) -> Self {
        Self::answer(answer)
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(steps) => steps.fmt(f),
            Self::By(_) => f.write_str("By(..)"),
        }
    }
}

/// Holds requests back until the test lets them go.
#[derive(Debug, Clone)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Default for Gate {
    fn default() -> Self {
        Self::closed()
    }
}

impl Gate {
    /// Closed.
    pub fn closed() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Lets everything through from now on.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    pub(super) async fn wait(&self) {
        // The sender lives in `self`, so the channel cannot close while we wait.
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}
