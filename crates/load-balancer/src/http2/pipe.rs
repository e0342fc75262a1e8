//! The body of one answer on its way from its exchange to its stream, within one thread.

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body, Frame};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use thiserror::Error;

/// So much is held until the stream takes it; then the upstream is not read from.
const CAPACITY: usize = 64 * 1024;

/// The answer broke off.
#[derive(Debug, Error)]
#[error("the answer broke off")]
pub(super) struct BrokenOff;

#[derive(Debug, Default)]
struct Shared {
    frames: VecDeque<Frame<Bytes>>,
    held: usize,
    ended: bool,
    /// The writer is gone, or the reader.
    left: bool,
    writer: Option<Waker>,
    reader: Option<Waker>,
}

/// Where the exchange writes.
#[derive(Debug)]
pub(super) struct Writer(Rc<RefCell<Shared>>);

/// What the stream reads.
#[derive(Debug)]
pub(super) struct Reader(Rc<RefCell<Shared>>);

/// Both ends of a new pipe.
pub(super) fn pipe() -> (Writer, Reader) {
    let shared = Rc::new(RefCell::new(Shared::default()));
    (Writer(Rc::clone(&shared)), Reader(shared))
}

impl Shared {
    fn wake(waker: &mut Option<Waker>) {
        if let Some(waker) = waker.take() {
            waker.wake();
        }
    }
}

impl Writer {
    /// Adds content.
    pub(super) fn data(&self, data: Bytes) {
        let mut shared = self.0.borrow_mut();
        shared.held += data.len();
        shared.frames.push_back(Frame::data(data));
        Shared::wake(&mut shared.reader);
    }

    /// Ends the body.
    pub(super) fn end(&self, trailers: Option<HeaderMap>) {
        let mut shared = self.0.borrow_mut();
        shared.frames.extend(trailers.map(Frame::trailers));
        shared.ended = true;
        Shared::wake(&mut shared.reader);
    }

    /// Bytes that have not been read yet.
    pub(super) fn held(&self) -> usize {
        self.0.borrow().held
    }

    /// Ready once there is room.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.0.borrow_mut();
        if shared.held < CAPACITY || shared.left {
            return Poll::Ready(());
        }
        shared.writer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Ready once the stream has been given up.
    pub(super) fn poll_left(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.0.borrow_mut();
        if shared.left {
            return Poll::Ready(());
        }
        shared.writer = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let mut shared = self.0.borrow_mut();
        shared.left = true;
        Shared::wake(&mut shared.reader);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut shared = self.0.borrow_mut();
        shared.left = true;
        Shared::wake(&mut shared.writer);
    }
}

impl Body for Reader {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let mut shared = self.0.borrow_mut();
        if let Some(frame) = shared.frames.pop_front() {
            shared.held -= frame.data_ref().map_or(0, Bytes::len);
            Shared::wake(&mut shared.writer);
            return Poll::Ready(Some(Ok(frame)));
        }
        match (shared.ended, shared.left) {
            (true, _) => Poll::Ready(None),
            (false, true) => Poll::Ready(Some(Err(BrokenOff))),
            (false, false) => {
                shared.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let shared = self.0.borrow();
        shared.ended && shared.frames.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn what_is_written_is_read_and_the_end_is_seen() {
        let (writer, reader) = pipe();
        writer.data(Bytes::from_static(b"ab"));
        writer.data(Bytes::from_static(b"c"));
        writer.end(None);
        drop(writer);
        assert_eq!(reader.collect().await.unwrap().to_bytes(), "abc");
    }

    #[tokio::test]
    async fn a_writer_that_goes_without_an_end_breaks_the_answer_off() {
        let (writer, reader) = pipe();
        writer.data(Bytes::from_static(b"ab"));
        drop(writer);
        assert!(reader.collect().await.is_err());
    }

    #[tokio::test]
    async fn a_full_pipe_holds_the_writer_back_until_it_is_read() {
        let (writer, mut reader) = pipe();
        let mut cx = Context::from_waker(Waker::noop());
        writer.data(Bytes::from(vec![0; CAPACITY]));
        assert!(writer.poll_room(&mut cx).is_pending() && writer.poll_left(&mut cx).is_pending());
        reader.frame().await.unwrap().unwrap();
        assert!(writer.poll_room(&mut cx).is_ready());
        drop(reader);
        assert!(writer.poll_left(&mut cx).is_ready());
    }
}
