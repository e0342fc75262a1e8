//! What is done with a connection once it has a worker: TLS if it came in there, then the protocol it speaks.

mod http1;
mod http2;
mod refusal;
mod stream;

use self::stream::Stream;
use crate::forward::Peer;
use crate::http1::write;
use crate::respond::{self, ErrorKind};
use crate::runtime::{FULL, Socket, To};
use crate::worker::{Accepted, Handoff, Worker};
use std::io::{Read as _, Write as _};
use std::rc::Rc;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Serves a connection to its end, or until it is better off at another worker.
pub(crate) async fn connection(worker: &Rc<Worker>, accepted: Accepted<TcpStream>) -> Option<Handoff> {
    let Accepted { stream, peer, tls, place, admission: _ } = accepted;
    let peer = Peer::new(peer.ip(), tls, &worker.common.trusted);
    let stream = Socket::new(stream, To::Client, &worker.send_queue);
    let stream = if tls {
        // Boxed here and below, because connections that need no such thing would hold the room for it too.
        let stream = Box::new(Box::pin(handshake(worker, stream)).await?);
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        if is_http2 {
            Box::pin(http2::serve(worker, Stream::Tls(stream), Vec::new(), peer)).await;
            return None;
        }
        Stream::Tls(stream)
    } else {
        Stream::Plain(stream)
    };
    http1::serve(worker, stream, peer, place).await
}

/// TLS, as far as the client gets with it in the time that it has for a head.
async fn handshake(worker: &Worker, stream: Socket) -> Option<TlsStream<Socket>> {
    let acceptor = TlsAcceptor::from(Arc::clone(worker.common.tls.as_ref()?));
    let timer = worker.timers.timer();
    let deadline = timer.now() + worker.settings.header_timeout;
    // As much as is read at once is encrypted and sent at once.
    let accepting = acceptor.accept_with(stream, |session| session.set_buffer_limit(Some(FULL)));
    match timer.within(deadline, accepting).await? {
        Ok(stream) => Some(stream),
        Err(error) => {
            tracing::debug!(%error, "a TLS handshake failed");
            None
        }
    }
}

/// Tells a client why it is not served, if that goes without waiting; there is no task for it to wait in.
pub(crate) fn turn_away(worker: &Worker, accepted: Accepted<TcpStream>, kind: ErrorKind) {
    if accepted.tls {
        return;
    }
    // The runtime has not heard of this socket yet, and would take it for one that is not ready.
    let Ok(mut socket) = accepted.stream.into_std() else { return };
    let id = worker.ids.request_id(worker.clock.unix_millis()).to_string();
    let answer = respond::error(kind, &id);
    let mut bytes = Vec::new();
    write::own(&mut bytes, &answer, Some(b"close"), &worker.clock.date(), &id);
    bytes.extend_from_slice(&answer.body);
    // A connection that is closed with something unread is reset, which may cost the client its answer.
    let _ = socket.read(&mut [0; 4096]);
    // A client that does not take it sees a closed connection, as it would with TLS.
    let _ = socket.write(&bytes);
}
