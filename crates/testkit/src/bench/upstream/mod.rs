//! The upstream of the benchmark: several HTTP/1.1 servers and a log sink in one epoll loop.
//!
//! | path | answer |
//! | --- | --- |
//! | `/200`, `/64k` | that many bytes |
//! | `/post` | `ok`, after the whole body |
//! | `/health` | 200, not counted |
//! | `/bench/stats` | the [`Counters`] as JSON, not counted |

mod answers;
mod connection;
mod counters;
mod sink;

use std::{io, net::SocketAddr, net::TcpListener};

use slab::Slab;
use socket2::{Domain, Socket, Type};

use self::{answers::Answers, connection::Connection, sink::Sink};
use super::poller::{Interest, Poller};

pub use self::counters::Counters;

/// The number of connections that may wait to be accepted. All clients of the idle case come at once.
const BACKLOG: i32 = 4096;
/// The size of a read, which takes a whole POST body of the benchmark.
const SCRATCH: usize = 128 * 1024;
/// The last token. Tokens of listeners count down from it, and those of connections up from 0.
const LAST_TOKEN: usize = usize::MAX;

/// The parts that all connections share.
struct Shared {
    answers: Answers,
    counters: Counters,
    scratch: Vec<u8>,
}

enum Peer {
    Http(Connection),
    Log(Sink),
}

/// The servers, bound and not yet running.
pub struct Upstream {
    poller: Poller,
    listeners: Vec<TcpListener>,
    peers: Slab<Peer>,
    shared: Shared,
}

impl Upstream {
    /// Binds `servers` HTTP servers and one log sink (the last) to free ports of 127.0.0.1.
    pub fn bind(servers: usize) -> io::Result<Self> {
        let poller = Poller::new()?;
        let listeners = (0..=servers).map(|_| listen()).collect::<io::Result<Vec<_>>>()?;
        for (index, listener) in listeners.iter().enumerate() {
            poller.add(listener, LAST_TOKEN - index, Interest::Read)?;
        }
        let shared =
            Shared { answers: Answers::new(), counters: Counters::default(), scratch: vec![0; SCRATCH] };
        Ok(Self { poller, listeners, peers: Slab::new(), shared })
    }

    /// The addresses of the HTTP servers, and then that of the log sink.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.listeners.iter().map(TcpListener::local_addr).collect()
    }

    /// Serves until the process ends.
    pub fn run(mut self) -> io::Result<()> {
        let mut ready = Vec::new();
        loop {
            self.poller.wait(None, &mut ready)?;
            for &token in &ready {
                match LAST_TOKEN - token {
                    listener if listener < self.listeners.len() => self.accept(listener)?,
                    _ => self.progress(token)?,
                }
            }
        }
    }

    fn accept(&mut self, listener: usize) -> io::Result<()> {
        let stream = match self.listeners[listener].accept() {
            Ok((stream, _)) => stream,
            // The client has gone, or another wake-up will tell.
            Err(error) if gone(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        stream.set_nonblocking(true)?;
        let sink = listener + 1 == self.listeners.len();
        let entry = self.peers.vacant_entry();
        self.poller.add(&stream, entry.key(), Interest::Read)?;
        if sink {
            entry.insert(Peer::Log(Sink::new(stream)));
        } else {
            stream.set_nodelay(true)?;
            self.shared.counters.connections += 1;
            entry.insert(Peer::Http(Connection::new(stream)));
        }
        Ok(())
    }

    fn progress(&mut self, token: usize) -> io::Result<()> {
        // Closed earlier in the same batch.
        let Some(peer) = self.peers.get_mut(token) else { return Ok(()) };
        let open = match peer {
            Peer::Http(connection) => connection.progress(&mut self.shared, &self.poller, token)?,
            Peer::Log(sink) => sink.progress(&mut self.shared),
        };
        if !open {
            self.peers.remove(token);
        }
        Ok(())
    }
}

fn listen() -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

fn gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted
    )
}
