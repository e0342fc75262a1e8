//! One connection to an upstream server.

use crate::record::Shard;
use crate::runtime::{SendQueue, Socket, To};
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpSocket;

/// TCP keep-alive. A request may wait for long while its server says elsewhere that it is at work. If that machine has
/// restarted meanwhile, the operating system finds out that the connection is gone.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(10))
    .with_interval(Duration::from_secs(5))
    .with_retries(3);

/// A connection to an upstream server, used by one exchange at a time.
#[derive(Debug)]
pub(crate) struct UpstreamConnection {
    pub(crate) socket: Socket,
    /// The address that the connection leads to; a server's name may resolve to another address since.
    pub(crate) address: SocketAddr,
    /// Whether the connection has served a request before, so that it may have been closed meanwhile.
    pub(crate) reused: bool,
    /// When the connection was last put aside.
    pub(crate) idle_since: Instant,
    _counted: Counted,
}

/// Counts a connection for as long as it is open, on the worker whose thread it stays on.
#[derive(Debug)]
struct Counted(Arc<Shard>);

impl Counted {
    fn new(shard: &Arc<Shard>) -> Self {
        shard.stats.upstream_connections.add(1);
        Self(Arc::clone(shard))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.stats.upstream_connections.subtract(1);
    }
}

impl UpstreamConnection {
    /// Makes a new connection.
    pub(crate) async fn connect(
        address: SocketAddr,
        now: Instant,
        shard: &Arc<Shard>,
        send_queue: &Rc<SendQueue>,
    ) -> io::Result<Self> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_nodelay(true)?;
        SockRef::from(&socket).set_tcp_keepalive(&KEEPALIVE)?;
        let stream = socket.connect(address).await?;
        Ok(Self {
            socket: Socket::new(stream, To::Upstream, send_queue),
            address,
            reused: false,
            idle_since: now,
            _counted: Counted::new(shard),
        })
    }

    /// Whether the runtime has reported neither a close nor unasked bytes on an idle connection. Costs no system call
    /// as long as that is so.
    pub(crate) fn seems_alive(&self) -> bool {
        self.socket.seems_quiet()
    }

    /// Whether an idle connection is still open, by the operating system's word: for a request that must not be sent in
    /// vain.
    pub(crate) fn is_alive(&self) -> bool {
        self.socket.is_quiet()
    }
}
