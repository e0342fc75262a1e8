//! An HTTP/2 client connection from its first stream to its last.

use crate::downstream::REFUSED_REQUEST;
use crate::downstream::http2::pulse::Pulse;
use crate::downstream::{http2::metered::Meter, http2::metered::Metered, http2::metered::Shared};
use crate::forward::Peer;
use crate::respond::ErrorKind;
use crate::runtime::Timer;
use crate::supervise::{Task, Watch};
use crate::worker::Worker;
use bytes::Bytes;
use h2::Reason;
use h2::server::SendResponse;
use http::Request;
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, ReadBuf};

/// How long a client may take to read that its connection ends, and to end it.
const FAREWELL: Duration = Duration::from_secs(2);

/// The most that is read at once from a client whose bytes are dropped, in bytes.
const UNHEARD: usize = 8 * 1024;

type Library = h2::server::Connection<Metered, Bytes>;

/// A connection under way.
pub(super) struct Connection<'w> {
    worker: &'w Rc<Worker>,
    library: Library,
    /// Whether the library has ended the connection.
    over: bool,
    stream: Shared,
    meter: Rc<Meter>,
    timer: Timer,
    peer: Rc<Peer>,
    pulse: Pulse,
    /// The error that all streams are refused with, on a refused connection.
    refusal: Option<ErrorKind>,
    /// Exchanges under way.
    open: Rc<Cell<usize>>,
    idle_until: Instant,
    /// The client was told that no new streams are taken.
    leaving: bool,
    /// The client was told that it floods.
    flooded: bool,
    /// When the connection ends, whether or not the client has taken notice.
    farewell: Option<Instant>,
}

impl<'w> Connection<'w> {
    pub(super) fn new(
        worker: &'w Rc<Worker>,
        mut library: Library,
        (stream, meter): (Shared, Rc<Meter>),
        timer: Timer,
        peer: Peer,
    ) -> Self {
        let pulse = Pulse::new(library.ping_pong());
        Self {
            worker,
            library,
            over: false,
            stream,
            meter,
            idle_until: timer.now() + worker.settings.keepalive_timeout,
            timer,
            peer: Rc::new(peer),
            pulse,
            refusal: None,
            open: Rc::default(),
            leaving: false,
            flooded: false,
            farewell: None,
        }
    }

    /// Has each stream refused, where `refusal` gives a reason. The connection ends with the first one.
    pub(super) fn refusing(mut self, refusal: Option<ErrorKind>) -> Self {
        if refusal.is_some() {
            self.idle_until = self.timer.now() + REFUSED_REQUEST;
        }
        Self { refusal, ..self }
    }

    /// Ready once the connection has ended or is to be closed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.meter.set_now(self.timer.now());
        self.over = self.over || self.poll_streams(cx).is_ready();
        if self.over {
            return self.poll_unheard(cx);
        }
        if self.meter.is_flooded() && !self.flooded {
            self.end_flood();
            return self.poll(cx);
        }
        if !self.leaving && self.is_to_leave(cx) {
            self.leaving = true;
            self.library.graceful_shutdown();
            return self.poll(cx);
        }
        if self.pulse.poll_gone(cx, &self.timer, &self.meter).is_ready() {
            return Poll::Ready(());
        }
        self.poll_farewell(cx)
    }

    /// Takes new streams and moves all streams.
    fn poll_streams(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.library.poll_accept(cx) {
                Poll::Ready(Some(Ok((request, respond)))) => self.begin(request, respond),
                Poll::Ready(Some(Err(error))) => {
                    let calmed = error.is_library() && error.reason() == Some(Reason::ENHANCE_YOUR_CALM);
                    if calmed && !self.flooded {
                        self.worker.recorder.stats().flooded_connections.add(1);
                    }
                    tracing::debug!(%error, client = %self.peer.address, "an HTTP/2 connection ended badly");
                    return Poll::Ready(());
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Begins an exchange, in a task of its own.
    fn begin(&self, request: Request<h2::RecvStream>, respond: SendResponse<Bytes>) {
        let (worker, peer) = (Rc::clone(self.worker), Rc::clone(&self.peer));
        let (open, refusal) = (Open::new(&self.open), self.refusal);
        tokio::task::spawn_local(async move {
            let _watch = Watch(Task::Stream);
            super::answer(worker, peer, request, respond, refusal).await;
            drop(open);
        });
    }

    /// Tells a client that floods to calm down. All its streams end.
    fn end_flood(&mut self) {
        self.flooded = true;
        self.worker.recorder.stats().flooded_connections.add(1);
        tracing::debug!(client = %self.peer.address, "a flood of HTTP/2 frames that carry nothing");
        self.library.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
    }

    /// Whether the client is to be told that the connection will end.
    fn is_to_leave(&mut self, cx: &mut Context<'_>) -> bool {
        if self.open.get() > 0 {
            if self.refusal.is_some() {
                return true;
            }
            self.idle_until = self.timer.now() + self.worker.settings.keepalive_timeout;
        }
        self.timer.poll_until(cx, self.idle_until).is_ready() || self.worker.is_closing()
    }

    /// Ready when a client with no more streams has had its time to leave.
    fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let quiet = self.leaving && self.open.get() == 0 && !self.library.has_streams();
        if !(self.flooded || quiet) {
            self.farewell = None;
            return Poll::Pending;
        }
        let end = *self.farewell.get_or_insert(self.timer.now() + FAREWELL);
        // What is still on its way may take longer, unless the client sees to that itself.
        let takes_until = if self.flooded { end } else { self.meter.last_written() + FAREWELL };
        self.timer.poll_until(cx, end.max(takes_until))
    }

    /// Reads and drops bytes for a while. The connection of a client that still sends would be reset, and the client
    /// might not see why it ends.
    fn poll_unheard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let end = *self.farewell.get_or_insert(self.timer.now() + FAREWELL);
        match self.poll_end(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => self.timer.poll_until(cx, end),
        }
    }

    /// Ready once the client has ended its side.
    fn poll_end(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut unheard = [0; UNHEARD];
        loop {
            let mut buf = ReadBuf::new(&mut unheard);
            let read = ready!(Pin::new(&mut *self.stream.borrow_mut()).poll_read(cx, &mut buf));
            if read.is_err() || buf.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }
}

/// Counts an exchange for as long as it is under way.
struct Open(Rc<Cell<usize>>);

impl Open {
    fn new(open: &Rc<Cell<usize>>) -> Self {
        open.set(open.get() + 1);
        Self(Rc::clone(open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}
