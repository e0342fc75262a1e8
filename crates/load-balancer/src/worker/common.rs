//! State that all workers share, and connections that go from one worker to another.

use super::addresses::Addresses;
use super::admission::Admission;
use crate::config::Listen;
use crate::snapshot::Published;
use crate::trust::TrustedProxies;
use crate::upgrade::Departures;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, watch};

/// The phases of the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    /// Another process accepts on the same sockets. Idle connections in clear go there.
    HandedOn,
    /// No new connections are taken; idle ones are closed.
    Closing,
    /// Everything ends now.
    Ended,
}

/// State that all workers share.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) published: Arc<Published>,
    pub(crate) draining: AtomicBool,
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
    pub(crate) trusted: Arc<TrustedProxies>,
    /// Open client connections, over all workers.
    pub(crate) open: AtomicUsize,
    pub(super) addresses: Arc<Addresses>,
    /// The connections of each worker that have come to stay.
    places: Box<[AtomicUsize]>,
    pub(crate) handoffs: Box<[mpsc::UnboundedSender<HandedOver>]>,
    pub(crate) phase: watch::Sender<Phase>,
    /// The way to the process that has taken over.
    departures: OnceLock<Departures>,
    /// Whether the phase is past [`Phase::Running`], for the data path, which takes no lock to know it.
    closing: AtomicBool,
    pub(crate) ticks: Notify,
}

/// The place of a client connection at a worker. A connection with a place has been used once and may be used again.
#[derive(Debug)]
pub(crate) struct Place {
    common: Arc<Common>,
    worker: usize,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.common.places[self.worker].fetch_sub(1, Relaxed);
    }
}

impl Common {
    /// The shared state of as many workers as there are `handoffs`.
    pub(crate) fn new(
        listen: &Listen,
        published: Arc<Published>,
        tls: Option<Arc<rustls::ServerConfig>>,
        trusted: Arc<TrustedProxies>,
        handoffs: Vec<mpsc::UnboundedSender<HandedOver>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            published,
            draining: AtomicBool::new(false),
            tls,
            trusted,
            open: AtomicUsize::new(0),
            addresses: Addresses::new(listen.max_connections_per_address),
            places: handoffs.iter().map(|_| AtomicUsize::new(0)).collect(),
            handoffs: handoffs.into(),
            phase: watch::Sender::new(Phase::Running),
            departures: OnceLock::new(),
            closing: AtomicBool::new(false),
            ticks: Notify::new(),
        })
    }

    /// Takes a place at a worker.
    pub(crate) fn place(self: &Arc<Self>, worker: usize) -> Place {
        self.places[worker].fetch_add(1, Relaxed);
        Place { common: Arc::clone(self), worker }
    }

    /// Whether no new connections are taken.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Relaxed)
    }

    /// Has another process accept from now on.
    pub(crate) fn hand_on(&self, departures: Departures) {
        // A second process cannot take over: the door of this one is closed by then.
        let _ = self.departures.set(departures);
        self.draining.store(true, Relaxed);
        self.enter(Phase::HandedOn);
    }

    /// The way to the process that has taken over; `None` where there is none.
    #[cold]
    pub(crate) fn departures(&self) -> Option<&Departures> {
        self.departures.get()
    }

    /// The phase.
    #[cold]
    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Moves on to a later phase and wakes all that wait for it.
    pub(crate) fn enter(&self, phase: Phase) {
        self.closing.store(true, Relaxed);
        self.phase.send_replace(phase);
    }

    /// The worker that should have a connection instead of `worker`, not counting this connection. The kernel spreads
    /// connections by a hash of their addresses, so a few long-lived clients could all come to one worker.
    pub(crate) fn lighter(&self, worker: usize) -> Option<usize> {
        if self.is_closing() {
            // Another worker may have ended already.
            return None;
        }
        let lightest = self.least()?;
        let least = self.load(lightest);
        (self.load(worker) > least + least / 8).then_some(lightest)
    }

    /// The worker with the fewest connections.
    pub(crate) fn least(&self) -> Option<usize> {
        (0..self.places.len()).min_by_key(|worker| self.load(*worker))
    }

    fn load(&self, worker: usize) -> usize {
        self.places[worker].load(Relaxed)
    }
}

/// A connection that has come in.
#[derive(Debug)]
pub(crate) struct Accepted<S> {
    pub(crate) stream: S,
    pub(crate) peer: SocketAddr,
    pub(crate) tls: bool,
    /// The connection's place at its worker, where it has come to stay.
    pub(crate) place: Option<Place>,
    /// The connection's admission, once it has come to its first worker.
    pub(crate) admission: Option<Admission>,
}

/// A connection on its way to another worker.
pub(crate) type HandedOver = Accepted<std::net::TcpStream>;

/// A handoff: a connection that is better off elsewhere.
#[derive(Debug)]
pub(crate) struct Handoff {
    /// The connection, idle, with nothing read ahead.
    pub(crate) stream: TcpStream,
    pub(crate) to: Host,
}

/// Where a connection is better off.
#[derive(Debug)]
pub(crate) enum Host {
    /// At another worker, where the connection has this place.
    Worker(usize, Place),
    /// At the process that has taken over. `used` says that the connection has served requests.
    Successor { used: bool },
}
