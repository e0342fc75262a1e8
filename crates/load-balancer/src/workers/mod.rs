//! Starting, draining and ending the workers.

mod life;
mod listener;

use crate::config::Listen;
use crate::record::access_log::LogBuffer;
use crate::record::{Recorder, Shard};
use crate::runtime::TICK;
use crate::snapshot::Published;
use crate::supervise::{self, Task};
use crate::trust::TrustedProxies;
use crate::worker::{Common, Phase, Worker};
use service_kit::telemetry::traces::Traces;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::{io, thread};
use thiserror::Error;
use tokio::sync::mpsc;

/// The parts of workers.
#[derive(Debug)]
pub struct Parts {
    /// Sockets and limits.
    pub listen: Listen,
    /// Pools and routes.
    pub published: Arc<Published>,
    /// One entry for each worker: its shard, and its access log if there is one.
    pub records: Vec<(Arc<Shard>, Option<LogBuffer>)>,
    /// For the `https` socket, where there is one.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// The collector of spans, where traces are on.
    pub traces: Option<Traces>,
}

/// Why workers cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address is taken, or is not one of this machine's.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A thread or a runtime could not be made.
    #[error("cannot start a worker")]
    Thread(#[source] io::Error),
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

impl Workers {
    /// Opens the sockets and starts one worker for each entry of [`Parts::records`].
    pub fn start(parts: Parts) -> Result<Self, StartError> {
        let count = parts.records.len();
        let (http, plain) = open(parts.listen.http, count)?;
        let https = parts.listen.https.map(|address| open(address, count)).transpose()?;
        let (https, secure) = https.unzip();
        let (handoffs, handed): (Vec<_>, Vec<_>) = (0..count).map(|_| mpsc::unbounded_channel()).unzip();
        let common = Common::new(&parts.listen, parts.published, parts.tls, handoffs);
        keep_time(&common).map_err(StartError::Thread)?;
        let (alive, ended) = mpsc::channel(1);
        let mut secure = secure.unwrap_or_default().into_iter();
        let each = plain.into_iter().zip(parts.records).zip(handed).enumerate();
        for (index, ((listener, (shard, log)), handed)) in each {
            let mut acceptors = vec![(listener, false)];
            acceptors.extend(secure.next().map(|listener| (listener, true)));
            let (common, settings, alive) = (Arc::clone(&common), parts.listen.clone(), alive.clone());
            let traces = parts.traces.clone();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(StartError::Thread)?;
            let work = move || {
                let recorder = Recorder::new(index, shard, log).with_traces(traces);
                let worker = Rc::new(Worker::new(index, settings, recorder, common));
                life::run(&runtime, worker, acceptors, handed);
                drop(alive);
            };
            begin(index, work).map_err(StartError::Thread)?;
        }
        Ok(Self { common, http, https, ended })
    }

    /// The trusted proxies; the caller puts in the addresses of their names.
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

    /// Begins the drain: from now on `/lb-health` says 503, and each answer ends its connection.
    pub fn drain(&self) {
        self.common.draining.store(true, Relaxed);
    }

    /// Closes: takes no new connections and closes idle ones. Requests under way go on.
    pub fn close(&self) {
        self.drain();
        self.common.enter(Phase::Closing);
    }

    /// Ends all connections that are still open.
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

/// Starts a worker on a thread of its own. A panic that none of its tasks has caught ends the process: the thread
/// cannot begin anew, and no other thread has its sockets.
fn begin(index: usize, life: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let life = || supervise::or_abort(Task::Worker, life);
    thread::Builder::new().name(format!("worker-{index}")).spawn(life).map(drop)
}

/// Tells the workers every [`TICK`] that it has passed, for as long as there are any. A timer of each runtime would do
/// the same, but a thread that sleeps with a timer set pays for the timer with every sleep.
fn keep_time(common: &Arc<Common>) -> io::Result<()> {
    let common = Arc::downgrade(common);
    let keep = move || {
        while let Some(common) = common.upgrade() {
            common.ticks.notify_waiters();
            drop(common);
            thread::sleep(TICK);
        }
    };
    let keep = move || supervise::restarting_thread(Task::Ticks, keep);
    thread::Builder::new().name("ticks".to_owned()).spawn(keep).map(drop)
}

/// Opens one listening socket for each worker, all on the same port.
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
