//! State that all workers share, and connections that go from one worker to another.

use super::addresses::Addresses;
use super::admission::Admission;
use crate::config::Listen;
use crate::snapshot::Published;
use crate::trust::TrustedProxies;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, watch};

/// The phases of the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
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
        handoffs: Vec<mpsc::UnboundedSender<HandedOver>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            published,
            draining: AtomicBool::new(false),
            tls,
            trusted: TrustedProxies::new(&listen.trusted_proxies),
            open: AtomicUsize::new(0),
            addresses: Addresses::new(listen.max_connections_per_address),
            places: handoffs.iter().map(|_| AtomicUsize::new(0)).collect(),
            handoffs: handoffs.into(),
            phase: watch::Sender::new(Phase::Running),
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

    /// Moves on to a later phase and wakes all that wait for it.
    pub(crate) fn enter(&self, phase: Phase) {
        self.closing.store(true, Relaxed);
        self.phase.send_replace(phase);
    }

    /// The worker that should have a connection instead of `worker`, not counting this connection. The kernel spreads
    /// connections by a hash of their addresses, so a few long-lived clients could all come to one worker.
    pub(crate) fn lighter(&self, worker: usize) -> Option<usize> {
        let load = |worker: usize| self.places[worker].load(Relaxed);
        let lightest = (0..self.places.len()).min_by_key(|worker| load(*worker))?;
        let least = load(lightest);
        (load(worker) > least + least / 8).then_some(lightest)
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

/// A handoff: a connection that is better off at another worker.
#[derive(Debug)]
pub(crate) struct Handoff {
    /// The connection, idle, with nothing read ahead.
    pub(crate) stream: TcpStream,
    /// The connection's place at that worker.
    pub(crate) place: Place,
    pub(crate) host: usize,
}
