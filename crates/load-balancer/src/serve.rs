//! What is done with a connection once it has a worker: TLS if it came in there, then the protocol it speaks.

use crate::forward::Peer;
use crate::http1;
use crate::listener::{Accepted, Stream};
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
