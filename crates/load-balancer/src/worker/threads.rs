//! Starting, draining and ending the workers.

use super::addresses::{Addresses, Counted};
use super::{TICK, Worker};
use crate::config::Listen;
use crate::listener::{self, Accepted};
use crate::pool::Published;
use crate::record::access_log::LogBuffer;
use crate::record::{Recorder, Shard};
use crate::respond::ErrorKind;
use crate::serve;
use crate::trust::TrustedProxies;
use service_kit::telemetry::traces::Traces;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::{io, thread};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::LocalSet;

/// What workers are made of.
#[derive(Debug)]
pub struct Parts {
    /// Sockets and limits.
    pub listen: Listen,
    /// Pools and routes.
    pub published: Arc<Published>,
    /// One for each worker: its shared counters, and its access log if there is one.
    pub records: Vec<(Arc<Shard>, Option<LogBuffer>)>,
    /// For the `https` socket, where there is one.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Where spans go, where traces are on.
    pub traces: Option<Traces>,
}

/// Why workers cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address is taken, or is not one of this machine's.
    #[error("cannot listen on {address}")]
    Bind {
        /// Where to.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// No thread or no runtime.
    #[error("cannot start a worker")]
    Thread(#[source] io::Error),
}

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// No new connections; those that are idle are closed.
    Closing,
    /// Everything ends now.
    Ended,
}

/// What workers share.
#[derive(Debug)]
pub(crate) struct Common {
    pub(super) published: Arc<Published>,
    pub(super) draining: AtomicBool,
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
    pub(crate) trusted: Arc<TrustedProxies>,
    /// Client connections, over all workers.
    open: AtomicUsize,
    addresses: Arc<Addresses>,
    /// Those of each worker that have come to stay.
    places: Box<[AtomicUsize]>,
    handing: Box<[mpsc::UnboundedSender<Handing>]>,
    phase: watch::Sender<Phase>,
    /// The same for the data path, which takes no lock to know it: no longer [`Phase::Running`].
    closing: AtomicBool,
    ticks: Notify,
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
    fn enter(&self, phase: Phase) {
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

/// The running workers.
#[derive(Debug)]
pub struct Workers {
    common: Arc<Common>,
    http: SocketAddr,
    https: Option<SocketAddr>,
    /// Closed once the last worker has ended.
    ended: mpsc::Receiver<Infallible>,
}

/// A socket that connections come in by.
type Door = (TcpListener, bool);

impl Workers {
    /// Opens the sockets and starts one worker for each entry of [`Parts::records`].
    pub fn start(parts: Parts) -> Result<Self, StartError> {
        let count = parts.records.len();
        let (http, plain) = open(parts.listen.http, count)?;
        let https = parts.listen.https.map(|address| open(address, count)).transpose()?;
        let (https, secure) = https.unzip();
        let (handing, handed): (Vec<_>, Vec<_>) = (0..count).map(|_| mpsc::unbounded_channel()).unzip();
        let common = Arc::new(Common {
            published: parts.published,
            draining: AtomicBool::new(false),
            tls: parts.tls,
            trusted: TrustedProxies::new(&parts.listen.trusted_proxies),
            open: AtomicUsize::new(0),
            addresses: Addresses::new(parts.listen.max_connections_per_address),
            places: (0..count).map(|_| AtomicUsize::new(0)).collect(),
            handing: handing.into(),
            phase: watch::Sender::new(Phase::Running),
            closing: AtomicBool::new(false),
            ticks: Notify::new(),
        });
        keep_time(&common).map_err(StartError::Thread)?;
        let (alive, ended) = mpsc::channel(1);
        let mut secure = secure.unwrap_or_default().into_iter();
        let each = plain.into_iter().zip(parts.records).zip(handed).enumerate();
        for (index, ((listener, (shard, log)), handed)) in each {
            let mut doors = vec![(listener, false)];
            doors.extend(secure.next().map(|listener| (listener, true)));
            let (common, settings, alive) = (Arc::clone(&common), parts.listen.clone(), alive.clone());
            let traces = parts.traces.clone();
            let work = move || {
                let recorder = Recorder::new(index, shard, log).with_traces(traces);
                run(Rc::new(Worker::new(index, settings, recorder, common)), doors, handed);
                drop(alive);
            };
            let named = thread::Builder::new().name(format!("worker-{index}"));
            named.spawn(work).map_err(StartError::Thread)?;
        }
        Ok(Self { common, http, https, ended })
    }

    /// The proxies that are believed; the addresses of names are to be put in.
    pub fn trusted(&self) -> &Arc<TrustedProxies> {
        &self.common.trusted
    }

    /// Where plain HTTP is served.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Where TLS is served.
    pub fn https(&self) -> Option<SocketAddr> {
        self.https
    }

    /// From now on `/lb-health` says 503, and each answer ends its connection.
    pub fn drain(&self) {
        self.common.draining.store(true, Relaxed);
    }

    /// Takes no new connections and closes idle ones; requests under way go on.
    pub fn close(&self) {
        self.drain();
        self.common.enter(Phase::Closing);
    }

    /// Ends everything that is still open.
    pub fn end(&self) {
        self.common.enter(Phase::Ended);
    }

    /// Resolves once all workers have ended: after [`Workers::close`] with the last connection.
    pub async fn ended(&mut self) {
        while self.ended.recv().await.is_some() {}
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.end();
    }
}

/// Tells the workers every [`TICK`] that it has passed, for as long as there are any. A timer of each runtime would do
/// it, too, but a thread that sleeps with a timer set pays for that with every sleep.
fn keep_time(common: &Arc<Common>) -> io::Result<()> {
    let common = Arc::downgrade(common);
    let keep = move || {
        while let Some(common) = common.upgrade() {
            common.ticks.notify_waiters();
            drop(common);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new().name("ticks".to_owned()).spawn(keep).map(drop)
}

/// One listening socket for each worker, all on the same port.
fn open(address: SocketAddr, count: usize) -> Result<(SocketAddr, Vec<TcpListener>), StartError> {
    let failed = |source| StartError::Bind { address, source };
    listener::refuse_taken(address).map_err(failed)?;
    let first = listener::bind(address).map_err(failed)?;
    let bound = first.local_addr().map_err(failed)?;
    let mut listeners = vec![first];
    for _ in 1..count {
        listeners.push(listener::bind(bound).map_err(failed)?);
    }
    Ok((bound, listeners))
}

/// A connection on its way to another worker.
type Handing = Accepted<std::net::TcpStream>;
type Handed = mpsc::UnboundedReceiver<Handing>;

fn run(worker: Rc<Worker>, doors: Vec<Door>, handed: Handed) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return tracing::error!(%error, worker = worker.index, "cannot start the worker's runtime");
        }
    };
    LocalSet::new().block_on(&runtime, async move {
        // As a task it is looked at when it is called for; here it would be with each wake-up of the thread.
        let _ = tokio::task::spawn_local(work(worker, doors, handed)).await;
    });
}

/// A worker's life.
async fn work(worker: Rc<Worker>, doors: Vec<Door>, mut handed: Handed) {
    let mut phase = worker.common.phase.subscribe();
    for (listener, tls) in doors {
        tokio::task::spawn_local(attend(Rc::clone(&worker), listener, tls));
    }
    let outbox = Rc::clone(&worker.outbox);
    tokio::task::spawn_local(async move { outbox.deliver().await });
    loop {
        tokio::select! {
            () = worker.common.ticks.notified() => worker.tick(),
            Some(accepted) = handed.recv() => take_over(&worker, accepted),
            Ok(()) = phase.changed() => worker.alarms.wake_all(),
        }
        let now = *phase.borrow();
        let idle = worker.connections.get() == 0 && worker.doors.get() == 0 && worker.outbox.is_empty();
        if now == Phase::Ended || (now == Phase::Closing && idle) {
            return;
        }
    }
}

/// Lets connections in by one door until it is closed; those that have come by then are still served.
async fn attend(worker: Rc<Worker>, listener: TcpListener, tls: bool) {
    worker.doors.set(worker.doors.get() + 1);
    let mut phase = worker.common.phase.subscribe();
    let closing = async move {
        // It cannot be closed before the worker, which holds the sender.
        let _ = phase.wait_for(|phase| *phase != Phase::Running).await;
    };
    if let Err(error) =
        listener::accept(&worker, listener, tls, closing, |accepted| welcome(&worker, accepted)).await
    {
        tracing::error!(%error, "cannot listen");
    }
    worker.doors.set(worker.doors.get() - 1);
}

/// A connection has come in. One with TLS is settled before its handshake, because that binds it to its worker.
fn welcome(worker: &Rc<Worker>, mut accepted: Accepted<TcpStream>) {
    if !accepted.tls {
        return settle(worker, accepted);
    }
    let host = worker.common.lighter(worker.index);
    accepted.place = Some(worker.common.place(host.unwrap_or(worker.index)));
    match host {
        Some(host) => hand_over(worker, accepted, host),
        None => settle(worker, accepted),
    }
}

/// Sends a connection to another worker.
fn hand_over(worker: &Worker, accepted: Accepted<TcpStream>, host: usize) {
    let Accepted { stream, peer, tls, place, admission } = accepted;
    match stream.into_std() {
        // If it cannot be sent, that worker has ended, and so does the connection.
        Ok(stream) => {
            drop(worker.common.handing[host].send(Accepted { stream, peer, tls, place, admission }));
        }
        Err(error) => tracing::debug!(%error, "a connection could not be handed over"),
    }
}

fn take_over(worker: &Rc<Worker>, accepted: Accepted<std::net::TcpStream>) {
    let Accepted { stream, peer, tls, place, admission } = accepted;
    match TcpStream::from_std(stream) {
        Ok(stream) => settle(worker, Accepted { stream, peer, tls, place, admission }),
        Err(error) => tracing::debug!(%error, "a connection could not be taken over"),
    }
}

/// Serves a connection here, unless there are too many, and until it is better off elsewhere.
fn settle(worker: &Rc<Worker>, mut accepted: Accepted<TcpStream>) {
    let open = Open::new(worker);
    // One that comes from another worker is served already.
    let admission = match accepted.admission.take() {
        None => admit(worker, accepted.peer.ip().to_canonical()),
        Some(admission) => Ok(admission),
    };
    let admission = match admission {
        Ok(admission) => Some(admission),
        Err(kind) => return serve::turn_away(worker, accepted, kind),
    };
    tokio::task::spawn_local(async move {
        let (peer, tls) = (accepted.peer, accepted.tls);
        if let Some(Departure { stream, place, host }) = serve::connection(&open.0, accepted).await {
            hand_over(&open.0, Accepted { stream, peer, tls, place: Some(place), admission }, host);
        }
    });
}

/// That a connection is served, and what it counts for as long as it is open, on whichever worker.
#[derive(Debug)]
pub(crate) struct Admission {
    _counted: Option<Counted>,
}

/// Lets a new connection be served, unless there are too many, in all or of its address. Trusted proxies are exempt
/// from the second: the clients of all of them come from there.
fn admit(worker: &Worker, address: IpAddr) -> Result<Admission, ErrorKind> {
    let (common, stats) = (&worker.common, worker.recorder.stats());
    if common.open.load(Relaxed) > worker.settings.max_connections {
        stats.refused_connections.add(1);
        return Err(ErrorKind::Overloaded);
    }
    if common.trusted.contains(&address) {
        return Ok(Admission { _counted: None });
    }
    let Some(counted) = common.addresses.count(address) else {
        stats.refused_by_address.add(1);
        return Err(ErrorKind::TooManyConnections);
    };
    Ok(Admission { _counted: Some(counted) })
}

/// Counts a client connection for as long as it is open.
struct Open(Rc<Worker>);

impl Open {
    fn new(worker: &Rc<Worker>) -> Self {
        worker.common.open.fetch_add(1, Relaxed);
        worker.connections.set(worker.connections.get() + 1);
        worker.recorder.stats().client_connections.add(1);
        Self(Rc::clone(worker))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.common.open.fetch_sub(1, Relaxed);
        self.0.connections.set(self.0.connections.get() - 1);
        self.0.recorder.stats().client_connections.subtract(1);
    }
}

/// A connection that is better off at another worker.
#[derive(Debug)]
pub(crate) struct Departure {
    /// Idle, with nothing read ahead.
    pub(crate) stream: TcpStream,
    /// Its place there.
    pub(crate) place: Place,
    pub(crate) host: usize,
}
