//! HTTP/2 (RFC 9113). The h2 library reads and writes the frames, on the worker's own runtime. Each stream is an
//! exchange like any other.

mod client;
mod connection;
mod fields;
mod frames;
mod metered;
mod outgoing;
mod pulse;
mod request;

use self::client::Http2Client;
use self::connection::Connection;
use self::metered::{Meter, Metered};
use crate::downstream::REFUSED_REQUEST;
use crate::downstream::stream::Stream;
use crate::exchange;
use crate::forward::Peer;
use crate::respond::ErrorKind;
use crate::worker::Worker;
use bytes::Bytes;
use h2::RecvStream;
use h2::server::SendResponse;
use http::Request;
use std::cell::RefCell;
use std::rc::Rc;

/// The first bytes of a client that knows that the balancer speaks HTTP/2 (RFC 9113 section 3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Streams that a connection may have open at once.
const STREAMS: u32 = 128;
/// The longest header list that is read, in bytes. It is twice as long as what is accepted, so a list that is too long
/// gets an answer that says so. The library's own answer to a list that is longer still has no body.
const HEADERS: u32 = 64 * 1024;
/// Bytes of a request that a client may send ahead of what its server takes, for each stream and in all.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// Bytes of a stream's answer for which the client has room and the socket has not.
const SEND_BUFFER: usize = 128 * 1024;

/// Serves a connection to its end. `begun` is the part of the connection that has been read already.
pub(crate) async fn serve(worker: &Rc<Worker>, stream: Stream, begun: Vec<u8>, peer: Peer) {
    run(worker, stream, begun, peer, None).await;
}

/// Refuses the first stream of a connection, and ends the connection.
pub(crate) async fn refuse(worker: &Rc<Worker>, stream: Stream, begun: Vec<u8>, peer: Peer, kind: ErrorKind) {
    run(worker, stream, begun, peer, Some(kind)).await;
}

/// Runs a connection to its end. With `refusal`, each stream is refused.
async fn run(worker: &Rc<Worker>, stream: Stream, begun: Vec<u8>, peer: Peer, refusal: Option<ErrorKind>) {
    let timer = worker.timers.timer();
    let meter = Rc::new(Meter::new(timer.now()));
    let mut settings = h2::server::Builder::new();
    settings
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADERS)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_BUFFER);
    let stream = Rc::new(RefCell::new(stream));
    let greeting = settings.handshake(Metered::new(begun, Rc::clone(&stream), Rc::clone(&meter)));
    let patience = refusal.map_or(worker.settings.header_timeout, |_| REFUSED_REQUEST);
    let deadline = timer.now() + patience;
    if let Some(Ok(library)) = timer.within(deadline, greeting).await {
        let mut connection = Connection::new(worker, library, (stream, meter), timer, peer).refusing(refusal);
        std::future::poll_fn(|cx| connection.poll(cx)).await;
    }
}

/// Answers one stream. With `refusal`, the answer is that error.
async fn answer(
    worker: Rc<Worker>,
    peer: Rc<Peer>,
    request: Request<RecvStream>,
    respond: SendResponse<Bytes>,
    refusal: Option<ErrorKind>,
) {
    let (parts, body) = request.into_parts();
    let has_body = !body.is_end_stream();
    let mut client = Http2Client::new(body, respond);
    let timer = worker.timers.timer();
    let draft = || request::draft(&parts, has_body, &peer, &worker);
    match refusal.map_or_else(draft, Err) {
        Ok(mut request) => {
            if !has_body {
                request.end(&[]);
            }
            exchange::conduct(&worker, &mut client, &timer, request).await;
        }
        Err(kind) => {
            let request = request::asked(&parts).refused(&peer, &worker);
            exchange::refuse(&worker, &mut client, &timer, request, kind).await;
        }
    }
    client.finish(&timer).await;
}
