//! From here to an upstream and back: what the upstream is told, the connections to it, and the exchange of bytes.
//!
//! [`attempt`] makes one attempt at one server. It asks the conductor about the head of the answer and decides
//! nothing else: retries are not its business.

mod draft;
mod failure;
mod fields;
mod hops;
mod origin;
mod relay;
mod request;
mod send;
mod trace;

pub(crate) use self::draft::Draft;
pub(crate) use self::failure::{Broken, UpstreamError};
pub(crate) use self::fields::{Way, forwarding_fields};
pub(crate) use self::origin::Peer;
pub(crate) use self::relay::{Answered, End, Limits};
pub(crate) use self::request::{Facts, Request};

use self::relay::{Question, Relay, State};
use crate::client::{Client, ClientError};
use crate::pool::{Outcome, PoolSettings, Server};
use crate::runtime::Alarm;
use crate::upstreams::Upstream;
use crate::worker::Worker;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// Where an attempt goes and what holds for it.
pub(crate) struct Aim<'a> {
    pub(crate) server: &'a Arc<Server>,
    pub(crate) settings: &'a PoolSettings,
    /// Not on a connection that has served before.
    pub(crate) fresh: bool,
    pub(crate) limits: &'a Limits<'a>,
}

/// What came of an attempt.
pub(crate) struct Attempt {
    /// The status of the answer that the client has got, or of the part of it that it has.
    pub(crate) passed: Option<u16>,
    pub(crate) result: Result<End, Broken>,
}

impl Attempt {
    /// How it counts.
    pub(crate) fn outcome(&self) -> Outcome {
        match &self.result {
            Ok(End::Passed | End::Refused(_)) => Outcome::Answered,
            Err(broken) => broken.outcome(),
        }
    }

    /// The status of the answer, or 0.
    pub(crate) fn status(&self) -> u16 {
        match (&self.result, self.passed) {
            (Ok(End::Refused(answered)), _) => answered.status,
            (_, passed) => passed.unwrap_or_default(),
        }
    }
}

/// Sends the request to a server and passes the answer on to the client, if `judge` says so of its head.
pub(crate) async fn attempt<C: Client>(
    worker: &Worker,
    client: &mut C,
    request: &mut Request,
    aim: Aim<'_>,
    alarm: &Alarm,
    judge: impl FnMut(Answered) -> bool,
) -> Attempt {
    let connected = match idle_connection(worker, request, &aim) {
        Some(upstream) => Ok(upstream),
        // On the heap, so that the many attempts that find a connection need no room for making one.
        None => Box::pin(connect(worker, client, request, &aim, alarm)).await,
    };
    let mut upstream = match connected {
        Ok(upstream) => upstream,
        Err(broken) => return Attempt { passed: None, result: Err(broken) },
    };
    let date = worker.clock.date();
    let ask = |address: SocketAddr| -> Question {
        let (health, every) = (&aim.settings.health, aim.limits.timeouts.first_byte);
        Box::pin(worker.published().inquiries().ask(aim.server, address, health, every))
    };
    let mut relay = Relay {
        client,
        request,
        upstream: &mut upstream,
        alarm,
        buffers: &worker.buffers,
        outbox: &worker.outbox,
        limits: aim.limits,
        served_by: aim.server.name(),
        date: &date,
        judge,
        ask: &ask,
        state: State::new(alarm.now()),
    };
    let result = std::future::poll_fn(|cx| relay.poll(cx, &mut worker.scratch.borrow_mut())).await;
    let state = relay.state;
    if state.is_reusable() && request.is_sent() && !upstream.line.is_posted() {
        let PoolSettings { keepalive, keepalive_timeout, .. } = aim.settings;
        worker.upstreams.put(aim.server.id(), upstream, *keepalive, *keepalive_timeout, alarm.now());
    }
    Attempt { passed: state.status, result }
}

/// A connection to the server that is idle, unless the attempt wants a fresh one.
fn idle_connection(worker: &Worker, request: &Request, aim: &Aim<'_>) -> Option<Upstream> {
    if aim.fresh {
        return None;
    }
    // A request that cannot be sent twice must not meet a connection that is closed already.
    let surely = !request.is_safe_twice() || !request.fits(aim.limits.replay_body);
    worker.upstreams.take(aim.server.id(), aim.server.resolved()?, surely)
}

/// A new connection to the server.
async fn connect<C: Client>(
    worker: &Worker,
    client: &mut C,
    request: &Request,
    aim: &Aim<'_>,
    alarm: &Alarm,
) -> Result<Upstream, Broken> {
    let address = aim.server.resolved().ok_or(UpstreamError::Unresolved)?;
    let connecting = Upstream::connect(address, alarm.now(), worker.recorder.shard());
    let timeout = aim.limits.timeouts.connect;
    match unless_left(worker, client, request, alarm, timeout, connecting).await? {
        Some(Ok(upstream)) => Ok(upstream),
        Some(Err(error)) => Err(UpstreamError::of_connect(error).into()),
        None => Err(UpstreamError::ConnectTimeout.into()),
    }
}

/// Waits for `work`, at most for `timeout`, while the client is there.
pub(crate) async fn unless_left<C: Client, F: Future>(
    worker: &Worker,
    client: &mut C,
    request: &Request,
    alarm: &Alarm,
    timeout: Duration,
    work: F,
) -> Result<Option<F::Output>, Broken> {
    let mut work = std::pin::pin!(work);
    let deadline = alarm.now() + timeout;
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = work.as_mut().poll(cx) {
            return Poll::Ready(Ok(Some(output)));
        }
        if request.is_whole() && client.poll_left(cx, &mut worker.scratch.borrow_mut(), alarm).is_ready() {
            return Poll::Ready(Err(ClientError::Left(None).into()));
        }
        alarm.poll_until(cx, deadline).map(|()| Ok(None))
    })
    .await
}
