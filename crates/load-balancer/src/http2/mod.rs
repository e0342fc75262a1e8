//! HTTP/2 (RFC 9113), by hyper, on the worker's own runtime: each stream is an exchange like any other.

mod client;
mod pipe;
mod request;

use self::client::Http2Client;
use self::pipe::{BrokenOff, Reader};
use crate::exchange::{self, Exchange};
use crate::forward::Peer;
use crate::record::Protocol;
use crate::stream::Stream;
use crate::worker::Worker;
use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::cell::Cell;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

/// What a client that knows that we speak HTTP/2 sends first (RFC 9113 section 3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Streams that a connection may have open at once.
const STREAMS: u32 = 128;
/// The longest header list, in bytes.
const HEADERS: u32 = 32 * 1024;
/// A client must answer pings; one that is gone without a word is noticed so.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// Serves a connection to its end. `begun` is what has been read of it already.
pub(crate) async fn serve(worker: &Rc<Worker>, stream: Stream, begun: Vec<u8>, peer: Peer) {
    let (peer, open) = (Rc::new(peer), Rc::new(Cell::new(0_usize)));
    let service =
        service_fn(|request| answer(Rc::clone(worker), Rc::clone(&peer), Rc::clone(&open), request));
    let mut builder = http2::Builder::new(Local);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADERS)
        .keep_alive_interval(PING_INTERVAL)
        .adaptive_window(true);
    let io = TokioIo::new(Begun { begun, stream });
    let mut connection = pin!(builder.serve_connection(io, service));
    let alarm = worker.alarms.alarm();
    let idle = worker.settings.keepalive_timeout;
    let mut until = alarm.now() + idle;
    let mut ending = false;
    let served = std::future::poll_fn(|cx| {
        if let Poll::Ready(served) = connection.as_mut().poll(cx) {
            return Poll::Ready(served);
        }
        if open.get() > 0 {
            until = alarm.now() + idle;
        }
        let overdue = alarm.poll_until(cx, until).is_ready();
        if !ending && (overdue || worker.is_closing()) {
            ending = true;
            connection.as_mut().graceful_shutdown();
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    });
    if let Err(error) = served.await {
        tracing::debug!(%error, "an HTTP/2 connection ended badly");
    }
}

/// Answers one stream.
async fn answer(
    worker: Rc<Worker>,
    peer: Rc<Peer>,
    open: Rc<Cell<usize>>,
    request: Request<Incoming>,
) -> Result<Response<Reader>, BrokenOff> {
    let (head, answered) = oneshot::channel();
    // A task of its own, because the answer's body outlives this future.
    tokio::task::spawn_local(async move {
        open.set(open.get() + 1);
        let (parts, body) = request.into_parts();
        let has_body = !body.is_end_stream();
        let mut client = Http2Client::new(body, head);
        let alarm = worker.alarms.alarm();
        match request::draft(&parts, has_body, &peer, &worker) {
            Ok(mut request) => {
                if !has_body {
                    request.end(&[]);
                }
                let (client, alarm, protocol) = (&mut client, &alarm, Protocol::Http2);
                Exchange { worker: &worker, client, request, alarm, protocol }.conduct().await;
            }
            Err(kind) => exchange::refuse(&worker, &mut client, &peer, &alarm, kind).await,
        }
        open.set(open.get() - 1);
    });
    answered.await.map_err(|_| BrokenOff)
}

/// Runs hyper's tasks on this thread.
#[derive(Debug, Clone, Copy)]
struct Local;

impl<F> hyper::rt::Executor<F> for Local
where
    F: Future<Output = ()> + 'static,
{
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

/// A stream of which the beginning has been read already.
#[derive(Debug)]
struct Begun {
    begun: Vec<u8>,
    stream: Stream,
}

impl AsyncRead for Begun {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.begun.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let len = self.begun.len().min(buf.remaining());
        buf.put_slice(&self.begun[..len]);
        self.begun.drain(..len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Begun {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
