//! Attempts at upstreams: the forwarding fields, a connection, and the exchange of bytes.
//!
//! [`relay`] moves the bytes between a [`Client`] and an [`upstream::Upstream`], whatever their protocols are; [`http1`]
//! is the protocol of the servers.
//!
//! [`attempt`] makes one attempt at one server. It asks the conductor whether the head of the answer is accepted, and
//! decides nothing else: retries are not its business.

mod draft;
mod failure;
mod fields;
mod hops;
mod http1;
mod origin;
mod relay;
mod request;
mod trace;
mod upstream;

pub(crate) use self::draft::{Asked, Draft};
pub(crate) use self::failure::{ExchangeError, UpstreamError};
pub(crate) use self::fields::{ForwardedInfo, forwarding_fields};
pub(crate) use self::origin::Peer;
pub(crate) use self::relay::{End, Limits};
pub(crate) use self::request::{Facts, Request};
pub(crate) use self::upstream::Answered;

use self::http1::Http1Upstream;
use self::relay::{Question, Relay, State};
use self::upstream::Upstream as _;
use crate::client::{Client, ClientError};
use crate::pool::{Outcome, PoolSettings, Server};
use crate::runtime::Timer;
use crate::upstreams::UpstreamConnection;
use crate::worker::Worker;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// The target of an attempt, with the settings that hold for the attempt.
pub(crate) struct AttemptTarget<'a> {
    pub(crate) server: &'a Arc<Server>,
    pub(crate) settings: &'a PoolSettings,
    /// Whether the attempt must use a fresh connection.
    pub(crate) fresh: bool,
    pub(crate) limits: &'a Limits<'a>,
    /// Decides whether the attempt leaves a silent server for another one.
    pub(crate) leave: &'a dyn Fn() -> bool,
}

/// The result of an attempt.
pub(crate) struct Attempt {
    /// The status of the answer that the client has got, whole or in part.
    pub(crate) passed: Option<u16>,
    pub(crate) result: Result<End, ExchangeError>,
}

impl Attempt {
    /// The outcome for passive health and records.
    pub(crate) fn outcome(&self) -> Outcome {
        match &self.result {
            Ok(End::Passed | End::Refused(_)) => Outcome::Answered,
            Ok(End::Left) => Outcome::TimedOut,
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

/// Sends the request to a server, and passes the answer on to the client if `accept_head` accepts the answer's head.
pub(crate) async fn attempt<C: Client>(
    worker: &Worker,
    client: &mut C,
    request: &mut Request,
    target: AttemptTarget<'_>,
    timer: &Timer,
    accept_head: impl FnMut(Answered) -> bool,
) -> Attempt {
    let connected = match idle_connection(worker, request, &target) {
        Some(connection) => Ok(connection),
        // On the heap, so that the many attempts that find a connection need no room for making one.
        None => Box::pin(connect(worker, client, request, &target, timer)).await,
    };
    let mut connection = match connected {
        Ok(connection) => connection,
        Err(broken) => return Attempt { passed: None, result: Err(broken) },
    };
    let date = worker.clock.date();
    let (health, timeouts) = (&target.settings.health, &target.limits.policy.timeouts);
    // A server without a health path cannot say that it is at work, and would be left although it is.
    let early = health.path.is_some() && request.is_safe_twice();
    let inquiry = if early { timeouts.inquiry.min(timeouts.first_byte) } else { timeouts.first_byte };
    let ask = |address: SocketAddr, early: bool| -> Question {
        Box::pin(worker.published().inquiries().ask(target.server, address, health, inquiry, early))
    };
    let mut upstream = Http1Upstream::new(&mut connection, request.facts.is_head);
    let mut relay = Relay {
        client,
        request,
        timer,
        buffers: &worker.buffers,
        limits: target.limits,
        served_by: target.server.name(),
        date: &date,
        accept_head,
        inquiry,
        ask: &ask,
        leave: target.leave,
        state: State::new(timer.now()),
    };
    let poll = |cx: &mut Context<'_>| relay.poll(&mut upstream, cx, &mut worker.scratch.borrow_mut());
    let result = std::future::poll_fn(poll).await;
    let passed = relay.state.status();
    if upstream.is_reusable() && request.is_sent() {
        let PoolSettings { keepalive, keepalive_timeout, .. } = target.settings;
        worker.upstreams.put(target.server.id(), connection, *keepalive, *keepalive_timeout, timer.now());
    }
    Attempt { passed, result }
}

/// A connection to the server that is idle, unless the attempt wants a fresh one.
fn idle_connection(
    worker: &Worker,
    request: &Request,
    target: &AttemptTarget<'_>,
) -> Option<UpstreamConnection> {
    if target.fresh {
        return None;
    }
    // A request that cannot be sent twice must not meet a connection that is closed already.
    let surely = !request.is_safe_twice() || !request.fits(target.limits.policy.replay_body_max);
    worker.upstreams.take(target.server.id(), target.server.resolved()?, surely)
}

/// A new connection to the server.
async fn connect<C: Client>(
    worker: &Worker,
    client: &mut C,
    request: &Request,
    target: &AttemptTarget<'_>,
    timer: &Timer,
) -> Result<UpstreamConnection, ExchangeError> {
    let address = target.server.resolved().ok_or(UpstreamError::Unresolved)?;
    let connecting =
        UpstreamConnection::connect(address, timer.now(), worker.recorder.shard(), &worker.send_queue);
    let timeout = target.limits.policy.timeouts.connect;
    match unless_left(worker, client, request, timer, timeout, connecting).await? {
        Some(Ok(connection)) => Ok(connection),
        Some(Err(error)) => Err(UpstreamError::of_connect(error).into()),
        None => Err(UpstreamError::ConnectTimeout.into()),
    }
}

/// Waits for `work`, at most for `timeout`, while the client is there.
pub(crate) async fn unless_left<C: Client, F: Future>(
    worker: &Worker,
    client: &mut C,
    request: &Request,
    timer: &Timer,
    timeout: Duration,
    work: F,
) -> Result<Option<F::Output>, ExchangeError> {
    let mut work = std::pin::pin!(work);
    let deadline = timer.now() + timeout;
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = work.as_mut().poll(cx) {
            return Poll::Ready(Ok(Some(output)));
        }
        if request.is_whole() && client.poll_left(cx, &mut worker.scratch.borrow_mut(), timer).is_ready() {
            return Poll::Ready(Err(ClientError::Left(None).into()));
        }
        timer.poll_until(cx, deadline).map(|()| Ok(None))
    })
    .await
}
