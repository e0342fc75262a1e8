//! A worker's life: it accepts, serves, hands connections over, and ends.

use super::listener;
use crate::downstream;
use crate::worker::{Accepted, HandedOver, Handoff, Phase, Worker, admit};
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

/// A socket that connections come in by, and whether TLS is spoken there.
pub(super) type Acceptor = (TcpListener, bool);
/// Connections from other workers.
type Handed = mpsc::UnboundedReceiver<HandedOver>;

/// Runs a worker on this thread until it ends.
pub(super) fn run(worker: Rc<Worker>, acceptors: Vec<Acceptor>, handed: Handed) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return tracing::error!(%error, worker = worker.index, "cannot start the worker's runtime");
        }
    };
    LocalSet::new().block_on(&runtime, async move {
        // As a task it is looked at when it is called for; here it would be with each wake-up of the thread.
        let _ = tokio::task::spawn_local(work(worker, acceptors, handed)).await;
    });
}

/// A worker's life.
async fn work(worker: Rc<Worker>, acceptors: Vec<Acceptor>, mut handed: Handed) {
    let mut phase = worker.common.phase.subscribe();
    for (listener, tls) in acceptors {
        tokio::task::spawn_local(attend(Rc::clone(&worker), listener, tls));
    }
    let send_queue = Rc::clone(&worker.send_queue);
    tokio::task::spawn_local(async move { send_queue.deliver().await });
    loop {
        tokio::select! {
            () = worker.common.ticks.notified() => worker.tick(),
            Some(accepted) = handed.recv() => take_over(&worker, accepted),
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

/// Lets connections in by one acceptor until it is closed; those that have come by then are still served.
async fn attend(worker: Rc<Worker>, listener: TcpListener, tls: bool) {
    worker.acceptors.set(worker.acceptors.get() + 1);
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
    worker.acceptors.set(worker.acceptors.get() - 1);
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
            drop(worker.common.handoffs[host].send(Accepted { stream, peer, tls, place, admission }));
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
        Err(kind) => return downstream::turn_away(worker, accepted, kind),
    };
    tokio::task::spawn_local(async move {
        let (peer, tls) = (accepted.peer, accepted.tls);
        if let Some(Handoff { stream, place, host }) = downstream::connection(&open.0, accepted).await {
            hand_over(&open.0, Accepted { stream, peer, tls, place: Some(place), admission }, host);
        }
    });
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
