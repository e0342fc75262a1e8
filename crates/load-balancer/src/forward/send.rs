//! A request on its way into a connection.

use super::request::Request;
use crate::runtime::{SendQueue, To};
use crate::upstreams::Upstream;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite as _;

/// Sends as much of the request as goes; ready when all that has come of it is sent.
pub(super) fn poll_send(
    upstream: &mut Upstream,
    cx: &mut Context<'_>,
    request: &mut Request,
    send_queue: &SendQueue,
) -> Poll<io::Result<()>> {
    while !request.is_drained() {
        let socket = Pin::new(&mut upstream.socket);
        let written = match request.unsent() {
            // One that must not be sent twice goes at once: the connection has just been seen to be alive.
            (head, [])
                if request.is_whole()
                    && request.is_safe_twice()
                    && send_queue.push(&socket, To::Upstream, head) =>
            {
                Poll::Ready(Ok(head.len()))
            }
            (head, []) => socket.poll_write(cx, head),
            (head, body) => socket.poll_write_vectored(cx, &[IoSlice::new(head), IoSlice::new(body)]),
        };
        match ready!(written)? {
            0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            sent => request.advance(sent),
        }
    }
    Poll::Ready(Ok(()))
}
