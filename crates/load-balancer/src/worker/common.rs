//! What all workers share, and what goes from one to another.

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

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    /// No new connections; those that are idle are closed.
    Closing,
    /// Everything ends now.
    Ended,
}

/// What workers share.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) published: Arc<Published>,
    pub(crate) draining: AtomicBool,
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
    pub(crate) trusted: Arc<TrustedProxies>,
    /// Client connections, over all workers.
    pub(crate) open: AtomicUsize,
    pub(super) addresses: Arc<Addresses>,
    /// Those of each worker that have come to stay.
    places: Box<[AtomicUsize]>,
    pub(crate) handoffs: Box<[mpsc::UnboundedSender<HandedOver>]>,
    pub(crate) phase: watch::Sender<Phase>,
    /// The same for the data path, which takes no lock to know it: no longer [`Phase::Running`].
    closing: AtomicBool,
    pub(crate) ticks: Notify,
}

/// The place at a worker of a client connection that has come to stay: it has been used once and may be used again.
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
    /// For as many workers as `handing` has ways to.
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

    /// Moves on to a later phase and wakes whoever has to know.
    pub(crate) fn enter(&self, phase: Phase) {
        self.closing.store(true, Relaxed);
        self.phase.send_replace(phase);
    }

    /// The worker that should have a connection instead of `worker`, not counting this one. The kernel spreads
    /// connections by a hash of their addresses: with few clients that live long, one worker could get them all.
    pub(crate) fn lighter(&self, worker: usize) -> Option<usize> {
        let load = |worker: usize| self.places[worker].load(Relaxed);
        let lightest = (0..self.places.len()).min_by_key(|worker| load(*worker))?;
        let least = load(lightest);
        (load(worker) > least + least / 8).then_some(lightest)
    }
}

/// One connection that has come in.
#[derive(Debug)]
pub(crate) struct Accepted<S> {
    pub(crate) stream: S,
    pub(crate) peer: SocketAddr,
    pub(crate) tls: bool,
    /// Its place at the worker, where it has come to stay.
    pub(crate) place: Option<Place>,
    /// That it is served, once it has come to its first worker.
    pub(crate) admission: Option<Admission>,
}

/// A connection on its way to another worker.
pub(crate) type HandedOver = Accepted<std::net::TcpStream>;

/// A connection that is better off at another worker.
#[derive(Debug)]
pub(crate) struct Handoff {
    /// Idle, with nothing read ahead.
    pub(crate) stream: TcpStream,
    /// Its place there.
    pub(crate) place: Place,
    pub(crate) host: usize,
}
