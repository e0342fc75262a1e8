//! A worker's life: it accepts, serves, hands connections over, and ends.

use super::listener;
use crate::downstream;
use crate::respond::ErrorKind;
use crate::supervise::{self, Task, Watch};
use crate::worker::{Accepted, HandedOver, Handoff, Host, Phase, Worker, admit};
use std::cell::RefCell;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

/// Connections that a worker refuses at once: few, because each holds a descriptor until its client leaves.
const REFUSED_AT_ONCE: usize = 32;

/// A listening socket, and whether TLS is spoken there.
pub(super) type Acceptor = (Arc<TcpListener>, bool);
/// Connections from other workers.
type Handed = mpsc::UnboundedReceiver<HandedOver>;

/// Runs a worker on this thread until it ends.
pub(super) fn run(runtime: &Runtime, worker: Rc<Worker>, acceptors: Vec<Acceptor>, handed: Handed) {
    LocalSet::new().block_on(runtime, async move {
        for (listener, tls) in acceptors {
            tokio::task::spawn_local(attend(Rc::clone(&worker), listener, tls));
        }
        let send_queue = Rc::clone(&worker.send_queue);
        tokio::task::spawn_local(async move {
            supervise::restarting(Task::SendQueue, || send_queue.deliver()).await;
        });
        let handed = RefCell::new(handed);
        // As a task it is looked at when it is called for; here it would be with each wake-up of the thread.
        let life = tokio::task::spawn_local(async move {
            supervise::restarting(Task::Worker, || work(&worker, &handed)).await;
        });
        // It panics no more, and nobody calls it off.
        let _ = life.await;
    });
}

/// The loop of a worker.
async fn work(worker: &Rc<Worker>, handed: &RefCell<Handed>) {
    let mut phase = worker.common.phase.subscribe();
    loop {
        tokio::select! {
            () = worker.common.ticks.notified() => {
                worker.tick();
                if *phase.borrow() == Phase::HandedOn {
                    // Connections that could not leave at once look again.
                    worker.timers.wake_all();
                }
            }
            Some(accepted) = std::future::poll_fn(|cx| handed.borrow_mut().poll_recv(cx)) => {
                take_over(worker, accepted);
            }
            Ok(()) = phase.changed() => worker.timers.wake_all(),
        }
        let now = *phase.borrow();
        let idle =
            worker.connections.get() == 0 && worker.acceptors.get() == 0 && worker.send_queue.is_empty();
        if now == Phase::Ended || (now == Phase::Closing && idle) {
            return;
        }
    }
}

/// Accepts connections on one listening socket until the worker closes. Connections that have come by then are still
/// served.
async fn attend(worker: Rc<Worker>, listener: Arc<TcpListener>, tls: bool) {
    worker.acceptors.set(worker.acceptors.get() + 1);
    supervise::restarting(Task::Acceptor, || accept(&worker, &listener, tls)).await;
    worker.acceptors.set(worker.acceptors.get() - 1);
}

/// Accepts connections until the worker closes.
async fn accept(worker: &Rc<Worker>, listener: &TcpListener, tls: bool) {
    let mut phase = worker.common.phase.subscribe();
    let closing = async move {
        // It cannot be closed before the worker, which holds the sender.
        let _ = phase.wait_for(|phase| *phase != Phase::Running).await;
    };
    let mut closing = std::pin::pin!(closing);
    loop {
        // A second descriptor of the same socket, so that the socket outlives whatever becomes of this one.
        let accepting = match listener.try_clone() {
            Ok(listener) => {
                let welcome = |accepted| welcome(worker, accepted);
                listener::accept(worker, listener, tls, closing.as_mut(), welcome).await
            }
            Err(error) => Err(error),
        };
        match accepting {
            Ok(()) => return,
            Err(error) => supervise::note(Task::Acceptor, &error),
        }
        worker.pause().await;
    }
}

/// Takes a new connection in. A TLS connection is placed before its handshake, because the handshake binds it to its
/// worker.
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
            drop(worker.common.handoffs[host].send(Accepted { stream, peer, tls, place, admission }));
        }
        Err(error) => tracing::debug!(%error, "a connection could not be handed over"),
    }
}

/// Sends a connection to the process that has taken over.
fn depart(worker: &Worker, stream: TcpStream, used: bool) {
    match (stream.into_std(), worker.common.departures()) {
        (Ok(stream), Some(departures)) => departures.send(stream, used),
        (Ok(_), None) => {}
        (Err(error), _) => tracing::debug!(%error, "a connection could not be handed on"),
    }
}

fn take_over(worker: &Rc<Worker>, accepted: Accepted<std::net::TcpStream>) {
    let Accepted { stream, peer, tls, place, admission } = accepted;
    match TcpStream::from_std(stream) {
        Ok(stream) => settle(worker, Accepted { stream, peer, tls, place, admission }),
        Err(error) => tracing::debug!(%error, "a connection could not be taken over"),
    }
}

/// Serves a connection here, if it is admitted, until it is better off at another worker.
fn settle(worker: &Rc<Worker>, mut accepted: Accepted<TcpStream>) {
    let open = Open::new(worker);
    // One that comes from another worker is served already.
    let admission = match accepted.admission.take() {
        None => admit(worker, accepted.peer.ip().to_canonical()),
        Some(admission) => Ok(admission),
    };
    let admission = match admission {
        Ok(admission) => Some(admission),
        Err(kind) => return refuse(worker, accepted, kind),
    };
    tokio::task::spawn_local(async move {
        let _watch = Watch(Task::Connection);
        let (peer, tls) = (accepted.peer, accepted.tls);
        match downstream::connection(&open.0, accepted).await {
            Some(Handoff { stream, to: Host::Worker(host, place) }) => {
                hand_over(&open.0, Accepted { stream, peer, tls, place: Some(place), admission }, host);
            }
            Some(Handoff { stream, to: Host::Successor { used } }) => depart(&open.0, stream, used),
            None => {}
        }
    });
}

/// Refuses a connection, in a task of its own. A connection on the TLS port is closed without an answer, because its
/// handshake would cost more than a request. So is a connection that comes while many are being refused.
fn refuse(worker: &Rc<Worker>, accepted: Accepted<TcpStream>, kind: ErrorKind) {
    let Some(refusing) = Refusing::new(worker).filter(|_| !accepted.tls) else { return };
    tokio::task::spawn_local(async move {
        let _watch = Watch(Task::Connection);
        downstream::refuse(&refusing.0, accepted.stream, accepted.peer, kind).await;
    });
}

/// A guard that counts a client connection while it is refused. Such a connection is not [`Open`], so it takes nobody's
/// place.
struct Refusing(Rc<Worker>);

impl Refusing {
    /// `None` while this worker refuses as many connections as it may.
    fn new(worker: &Rc<Worker>) -> Option<Self> {
        let refusing = worker.refusing.get();
        (refusing < REFUSED_AT_ONCE).then(|| {
            worker.refusing.set(refusing + 1);
            Self(Rc::clone(worker))
        })
    }
}

impl Drop for Refusing {
    fn drop(&mut self) {
        self.0.refusing.set(self.0.refusing.get() - 1);
    }
}

/// A guard that counts a client connection for as long as it is open.
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

#[cfg(test)]
mod tests;
