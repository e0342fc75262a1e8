//! A scripted HTTP/1.1 server on a free port of the loopback, over bare TCP.
//!
//! The server does what a [`Script`] says, well-behaved or not, and remembers the requests.

mod answer;
mod connection;
mod script;

pub use answer::Answer;
pub use script::{Gate, Responder, Script, Step};

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use crate::message::{Headers, header};

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The number of the connection, from 0.
    pub connection: usize,
    /// The number of the request on its connection, from 0.
    pub exchange: usize,
    /// The head, byte for byte.
    pub raw: Vec<u8>,
    /// The method.
    pub method: String,
    /// The request target.
    pub target: String,
    /// The version, as in `HTTP/1.1`.
    pub version: String,
    /// The headers, in the order and spelling in which they came.
    pub headers: Headers,
    /// The body, without its chunks, as far as the script read it.
    pub body: Vec<u8>,
    /// The trailers of a chunked body.
    pub trailers: Headers,
}

impl Seen {
    /// The first header of that name, which is compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The number of headers with the name.
    pub fn count(&self, name: &str) -> usize {
        self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).count()
    }
}

/// The server. Dropped, it is gone with all its connections.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    state: tokio::sync::Mutex<State>,
}

#[derive(Debug)]
enum State {
    Up(Serving),
    /// Bound and not listening: the port stays ours, and connections are refused.
    Down(#[expect(dead_code, reason = "held for its port")] Socket),
}

#[derive(Debug)]
struct Serving(JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Debug)]
struct Shared {
    script: Mutex<Script>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    open: AtomicUsize,
    /// The channel that tells connections to close.
    hang_up: tokio::sync::watch::Sender<usize>,
}

impl Upstream {
    /// Starts it on a free port.
    pub async fn start(script: impl Into<Script>) -> Self {
        Self::start_at("127.0.0.1:0".parse().expect("an address"), script).await
    }

    /// Starts it at this address of the loopback, whose port may be 0 for a free one.
    ///
    /// # Panics
    /// If the address is taken.
    pub async fn start_at(address: SocketAddr, script: impl Into<Script>) -> Self {
        let socket = bind(address).expect("a free address");
        let address = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("an address");
        let shared = Arc::new(Shared {
            script: Mutex::new(script.into()),
            seen: Mutex::default(),
            connections: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            hang_up: tokio::sync::watch::Sender::new(0),
        });
        let upstream = Self { address, shared, state: tokio::sync::Mutex::new(State::Down(socket)) };
        upstream.up().await;
        upstream
    }

    /// One that refuses connections until [`Upstream::up`].
    pub async fn refusing() -> Self {
        let upstream = Self::start(Answer::ok("back")).await;
        upstream.down().await;
        upstream
    }

    /// The listen address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what it does from the next request on.
    pub fn set_script(&self, script: impl Into<Script>) {
        *self.shared.script.lock().unwrap() = script.into();
    }

    /// Goes away as a killed process does: its port refuses and its connections are closed.
    pub async fn down(&self) {
        let mut state = self.state.lock().await;
        let State::Up(serving) = &mut *state else { return };
        serving.0.abort();
        // Once the task is gone, so are its listener and its connections.
        let _ = (&mut serving.0).await;
        *state = State::Down(bind(self.address).expect("the port is still ours"));
    }

    /// Comes back on the same port.
    pub async fn up(&self) {
        let mut state = self.state.lock().await;
        if let State::Down(_) = &*state {
            let socket = bind(self.address).expect("the port is still ours");
            socket.listen(1024).expect("a bound socket listens");
            let listener = TcpListener::from_std(socket.into()).expect("a runtime");
            *state = State::Up(Serving(tokio::spawn(accept(listener, Arc::clone(&self.shared)))));
        }
    }

    /// Closes all connections, as a server does with idle ones, and goes on listening.
    pub fn hang_up(&self) {
        self.shared.hang_up.send_modify(|times| *times += 1);
    }

    /// All requests so far, in the order of their heads' arrival.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// The request that came last.
    ///
    /// # Panics
    /// If there was none.
    pub fn last(&self) -> Seen {
        self.seen().pop().expect("a request came")
    }

    /// The number of requests.
    pub fn requests(&self) -> usize {
        self.shared.seen.lock().unwrap().len()
    }

    /// The number of accepted connections.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The number of open connections.
    pub fn open_connections(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }
}

fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // REUSEPORT lets the next socket of this port be bound before the last one is gone.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let number = shared.connections.fetch_add(1, Ordering::SeqCst);
                connections.spawn(serve(stream, number, Arc::clone(&shared)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, number: usize, shared: Arc<Shared>) {
    let _open = Open::new(Arc::clone(&shared));
    let mut hang_up = shared.hang_up.subscribe();
    tokio::select! {
        // A peer that goes away is part of many tests and no error of this side.
        _ = connection::serve(stream, number, &shared) => {}
        _ = hang_up.changed() => {}
    }
}

/// Counts a connection while it lives, however it ends.
struct Open(Arc<Shared>);

impl Open {
    fn new(shared: Arc<Shared>) -> Self {
        shared.open.fetch_add(1, Ordering::SeqCst);
        Self(shared)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}
