//! Starting, draining and ending the workers.

mod life;
mod listener;
mod opening;

use crate::config::Listen;
use crate::record::access_log::LogBuffer;
use crate::record::{Recorder, Shard};
use crate::runtime::TICK;
use crate::snapshot::Published;
use crate::supervise::{self, Task};
use crate::trust::TrustedProxies;
use crate::upgrade::{Departures, Listeners, Role};
use crate::worker::{Accepted, Common, Phase, Worker};
use service_kit::telemetry::traces::Traces;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::{io, thread};
use thiserror::Error;
use tokio::sync::mpsc;

use self::opening::Opening;

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
        let trusted = TrustedProxies::new(&parts.listen.trusted_proxies);
        Self::take_over(parts, trusted, Listeners::default()).map(|(workers, _)| workers)
    }

    /// Starts the workers on the sockets of the process before, as far as they are of the wanted addresses, and opens
    /// whatever is missing. Gives the sockets, too, for the process after this one; as long as they are kept, the kernel
    /// takes connections for them.
    pub(crate) fn take_over(
        parts: Parts,
        trusted: Arc<TrustedProxies>,
        mut inherited: Listeners,
    ) -> Result<(Self, Listeners), StartError> {
        let count = parts.records.len();
        let mut opening = |role, address| Opening::new(role, address, &mut inherited);
        let plain = opening(Role::Http, parts.listen.http)?;
        let secure = parts.listen.https.map(|address| opening(Role::Https, address)).transpose()?;
        // Whatever comes to a socket that joins others from here on is lost where this process fails now.
        let plain = plain.complete(count)?;
        let secure = secure.map(|opening| opening.complete(count)).transpose()?;
        let (http, https) = (plain.address, secure.as_ref().map(|opened| opened.address));
        let mut listeners = Listeners::default();
        listeners.add(Role::Http, plain.sockets.iter().cloned());
        listeners.add(Role::Https, secure.iter().flat_map(|opened| opened.sockets.iter().cloned()));
        let (handoffs, handed): (Vec<_>, Vec<_>) = (0..count).map(|_| mpsc::unbounded_channel()).unzip();
        let common = Common::new(&parts.listen, parts.published, parts.tls, trusted, handoffs);
        keep_time(&common).map_err(StartError::Thread)?;
        let (alive, ended) = mpsc::channel(1);
        let each = parts.records.into_iter().zip(handed).enumerate();
        for (index, ((shard, log), handed)) in each {
            let mut acceptors: Vec<_> = plain.of(index, count).map(|listener| (listener, false)).collect();
            let secure = secure.iter().flat_map(|opened| opened.of(index, count));
            acceptors.extend(secure.map(|listener| (listener, true)));
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
        Ok((Self { common, http, https, ended }, listeners))
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

    /// Where connections come in that the process before has accepted.
    pub(crate) fn reception(&self) -> Reception {
        Reception(Arc::clone(&self.common))
    }

    /// Leaves accepting to another process that has the same sockets. Idle connections in clear go there, all others end
    /// after their next answer.
    pub(crate) fn hand_on(&self, departures: Departures) {
        self.common.hand_on(departures);
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

/// Takes client connections in that another process has accepted.
#[derive(Debug)]
pub(crate) struct Reception(Arc<Common>);

impl Reception {
    /// Serves a connection. `used` says that it has served requests before.
    pub(crate) fn welcome(&self, stream: TcpStream, used: bool) {
        // One whose client has left has no address any more.
        let (Ok(peer), Some(worker)) = (stream.peer_addr(), self.0.least()) else { return };
        let place = used.then(|| self.0.place(worker));
        // If it cannot be sent, that worker has ended, and so does the connection.
        drop(self.0.handoffs[worker].send(Accepted { stream, peer, tls: false, place, admission: None }));
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
