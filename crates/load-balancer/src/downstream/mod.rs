//! Serves a connection on its worker: TLS if the connection came in there, then the protocol that the client speaks.

mod http1;
mod http2;
mod refusal;
mod stream;

use self::stream::Stream;
use crate::forward::Peer;
use crate::respond::ErrorKind;
use crate::runtime::{FULL, Socket, To};
use crate::worker::{Accepted, Handoff, Worker};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a client that is refused may take to begin its request.
const REFUSED_REQUEST: Duration = Duration::from_secs(1);

/// Serves a connection to its end, or until the connection is better off at another worker.
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

/// The TLS handshake, within the client's time for a head.
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

/// Refuses a client that came in clear, in the protocol that it speaks, and ends its connection.
///
/// The refusal is answered and recorded like that of any other request. It takes a few seconds at most when the client
/// takes the answer.
pub(crate) async fn refuse(worker: &Rc<Worker>, stream: TcpStream, peer: SocketAddr, kind: ErrorKind) {
    let peer = Peer::new(peer.ip(), false, &worker.common.trusted);
    let stream = Stream::Plain(Socket::new(stream, To::Client, &worker.send_queue));
    http1::refuse(worker, stream, peer, kind).await;
}
