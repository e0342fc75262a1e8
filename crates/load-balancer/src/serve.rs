//! What is done with a connection once it has a worker: TLS if it came in there, then the protocol it speaks.

use crate::forward::Peer;
use crate::http1;
use crate::listener::{Accepted, Stream};
use crate::respond::{self, ErrorKind};
use crate::worker::Worker;
use std::rc::Rc;
use tokio::net::TcpStream;

/// Serves a connection to its end.
pub(crate) async fn connection(worker: &Rc<Worker>, accepted: Accepted<TcpStream>) {
    let Accepted { stream, peer, tls } = accepted;
    let peer = Peer::new(peer.ip(), tls, &worker.settings.trusted_proxies);
    let stream = Stream::Plain(stream);
    http1::connection::serve(worker, stream, peer).await;
}

/// Tells a client that there are too many already, if that goes without waiting; there is no task for it to wait in.
pub(crate) fn turn_away(worker: &Worker, accepted: &Accepted<TcpStream>) {
    if accepted.tls {
        return;
    }
    let id = worker.ids.request_id(worker.clock.unix_millis()).to_string();
    let answer = respond::error(ErrorKind::Overloaded, &id);
    let mut bytes = Vec::new();
    http1::write::own(&mut bytes, &answer, Some(b"close"), &worker.clock.date(), &id);
    bytes.extend_from_slice(&answer.body);
    // A client that does not take it sees a closed connection, as it would with TLS.
    let _ = accepted.stream.try_write(&bytes);
}
