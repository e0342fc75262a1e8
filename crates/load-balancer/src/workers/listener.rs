//! Listening sockets, and what to do when there are too many connections.

use crate::worker::{Accepted, Worker};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::coop::has_budget_remaining;

/// The most connections that the kernel keeps until they are accepted; the kernel caps the number at
/// `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// Opens a listening socket that other workers may open too.
pub(super) fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    // Accepted sockets inherit it, which saves a system call each.
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Fails where another program listens on the address already. `SO_REUSEPORT`, which [`bind`] needs for its workers,
/// would share the port with a second balancer of the same user and so hide the mistake.
pub(super) fn refuse_taken(address: SocketAddr) -> io::Result<()> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    if address.port() == 0 { Ok(()) } else { socket.listen(1) }
}

/// Accepts until `closing`, and then the connections that have come already.
pub(super) async fn accept(
    worker: &Worker,
    listener: std::net::TcpListener,
    tls: bool,
    mut closing: Pin<&mut impl Future>,
    welcome: impl Fn(Accepted<TcpStream>),
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let (mut closed, mut some_came) = (false, false);
    loop {
        let next = std::future::poll_fn(|cx| {
            closed = closed || closing.as_mut().poll(cx).is_ready();
            match listener.poll_accept(cx) {
                Poll::Ready(accepted) => Poll::Ready(Next::Accepted(accepted)),
                // Without a budget it says nothing of what has come.
                Poll::Pending if closed && has_budget_remaining() => Poll::Ready(Next::Closed),
                Poll::Pending if std::mem::take(&mut some_came) => Poll::Ready(Next::NoMore),
                Poll::Pending => Poll::Pending,
            }
        });
        match next.await {
            Next::Accepted(Ok((stream, peer))) => {
                some_came = true;
                welcome(Accepted { stream, peer, tls, place: None, admission: None });
            }
            Next::Accepted(Err(error)) if is_of_one_connection(&error) => {}
            Next::Accepted(Err(error)) => {
                // Out of descriptors or memory: others must end first, and asking again at once would only burn
                // the processor.
                tracing::warn!(%error, "cannot accept connections");
                worker.pause().await;
            }
            Next::NoMore => let_others_connect().await,
            Next::Closed => return Ok(()),
        }
    }
}

/// The next event of a listening socket.
enum Next {
    Accepted(io::Result<(TcpStream, SocketAddr)>),
    /// All connections that have come are accepted.
    NoMore,
    Closed,
}

/// Lets clients on the same core connect, once the accepted ones have been served as far as possible. So many
/// connections come at once: a worker that falls asleep and is woken for each of them spends a tenth of its time on
/// that.
async fn let_others_connect() {
    let mut served = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut served, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    rustix::thread::sched_yield();
}

/// Errors of `accept` that concern only the connection that was to be accepted (accept(2)).
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
