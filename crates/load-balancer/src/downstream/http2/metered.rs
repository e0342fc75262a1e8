//! Meters the bytes of a connection on their way to and from the h2 library.

use crate::downstream::stream::Stream;
use crate::downstream::{http2::frames::Allowance, http2::frames::Frames};
use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The measures of a connection.
#[derive(Debug)]
pub(super) struct Meter {
    now: Cell<Instant>,
    last_read: Cell<Instant>,
    last_written: Cell<Instant>,
    reads: Cell<u64>,
    allowance: RefCell<Allowance>,
}

impl Meter {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            now: Cell::new(now),
            last_read: Cell::new(now),
            last_written: Cell::new(now),
            reads: Cell::new(0),
            allowance: RefCell::new(Allowance::new(now)),
        }
    }

    /// Sets the time.
    pub(super) fn set_now(&self, now: Instant) {
        self.now.set(now);
        self.allowance.borrow_mut().passed(now);
    }

    /// When bytes last came from the client.
    pub(super) fn last_read(&self) -> Instant {
        self.last_read.get()
    }

    /// When the client last took bytes.
    pub(super) fn last_written(&self) -> Instant {
        self.last_written.get()
    }

    /// How often bytes came from the client.
    pub(super) fn reads(&self) -> u64 {
        self.reads.get()
    }

    /// Whether the client has sent more frames that carry nothing than it may. From then on nothing is read.
    pub(super) fn is_flooded(&self) -> bool {
        self.allowance.borrow().is_spent()
    }
}

/// The stream below; it outlives the library's connection.
pub(super) type Shared = Rc<RefCell<Stream>>;

/// A metered stream, of which the beginning may have been read already.
#[derive(Debug)]
pub(super) struct Metered {
    begun: Vec<u8>,
    stream: Shared,
    frames: Frames,
    meter: Rc<Meter>,
}

impl Metered {
    pub(super) fn new(begun: Vec<u8>, stream: Shared, meter: Rc<Meter>) -> Self {
        Self { begun, stream, frames: Frames::new(), meter }
    }

    fn poll_bytes(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.begun.is_empty() {
            return Pin::new(&mut *self.stream.borrow_mut()).poll_read(cx, buf);
        }
        let len = self.begun.len().min(buf.remaining());
        buf.put_slice(&self.begun[..len]);
        self.begun.drain(..len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.meter.is_flooded() {
            return Poll::Pending;
        }
        let before = buf.filled().len();
        ready!(self.poll_bytes(cx, buf))?;
        let idle = self.frames.idle_in(&buf.filled()[before..]);
        self.meter.last_read.set(self.meter.now.get());
        self.meter.reads.set(self.meter.reads.get() + 1);
        self.meter.allowance.borrow_mut().spend(idle);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut *self.stream.borrow_mut()).poll_write(cx, buf))?;
        self.meter.last_written.set(self.meter.now.get());
        self.meter.allowance.borrow_mut().sent(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.borrow_mut()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream.borrow_mut()).poll_shutdown(cx)
    }
}
