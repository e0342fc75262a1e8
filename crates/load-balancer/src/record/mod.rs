//! Records every request once, whatever ended it: counts it, logs it, and keeps it for a while so that it can be
//! explained. Every attempt is told to the server's passive health. Sampled requests become spans of a trace.

pub(crate) mod access_log;
mod recent;
mod secrets;
mod shard;
mod spans;
mod text;

use std::{cell::RefCell, net::IpAddr, sync::Arc, time::Instant};

use service_kit::telemetry::traces::{Sampling, Traces};
use smallvec::SmallVec;

use self::access_log::LogBuffer;
pub use self::recent::RecentRequest;
pub(crate) use self::recent::{Listed, Which};
pub(crate) use self::shard::CircuitChange;
pub use self::shard::Shard;
pub(crate) use self::spans::RequestTrace;
use crate::{
    pool::{Change, Outcome, Pool, Server},
    retry::{Failure, verdict},
    route::Route,
    stats::WorkerStats,
};

/// The protocol that the client spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
    /// HTTP/2
    Http2,
}

impl Protocol {
    /// The name in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2.0",
        }
    }

    /// The value of OpenTelemetry's `network.protocol.version`.
    const fn version(self) -> &'static str {
        match self {
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
            Self::Http2 => "2",
        }
    }
}

/// One attempt at a server. Made by [`Recorder::attempt`].
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The server.
    pub server: Arc<Server>,
    /// The outcome.
    pub outcome: Outcome,
    /// The status of the answer; 0 when there was none.
    pub status: u16,
    /// When the attempt began, in microseconds after the request's head had come.
    pub began_micros: u32,
    /// How long the attempt took, in microseconds.
    pub took_micros: u32,
}

/// The attempts of one request, in their order. Most requests have one attempt, which needs no memory of its own.
pub(crate) type Attempts = SmallVec<[Attempt; 1]>;

/// The facts of one request once it is over. Everything is borrowed but the attempts.
#[derive(Debug)]
pub struct Entry<'a> {
    /// `X-Request-Id`.
    pub request_id: &'a str,
    /// The client's address, after `trusted_proxies`.
    pub client: IpAddr,
    /// The method; empty when the head was not understood.
    pub method: &'a [u8],
    /// The request target as it came.
    pub target: &'a [u8],
    /// `Host` or `:authority`; may be empty.
    pub host: &'a [u8],
    /// The protocol that the client spoke.
    pub protocol: Protocol,
    /// `User-Agent`; may be empty.
    pub user_agent: &'a [u8],
    /// `Referer`; may be empty.
    pub referer: &'a [u8],
    /// The status that the client got; 499 when it left before.
    pub status: u16,
    /// Body bytes that came from the client.
    pub bytes_in: u64,
    /// Body bytes that went to the client.
    pub bytes_out: u64,
    /// When the request's head was complete.
    pub began: Instant,
    /// When the last byte of the answer was handed to the kernel.
    pub ended: Instant,
    /// The route, if one was found.
    pub route: Option<&'a Route>,
    /// The server whose answer the client got; `None` when the answer is the balancer's own.
    pub server: Option<&'a Server>,
    /// All attempts.
    pub attempts: Attempts,
    /// 32 hexadecimal digits; empty where traces are off.
    pub trace_id: &'a [u8],
    /// The ids of the request in its trace, where it is sampled.
    pub trace: Option<&'a RequestTrace>,
}

impl Entry<'_> {
    /// The entry with another target or referrer, where there is one.
    fn with<'e>(&'e self, target: Option<&'e [u8]>, referer: Option<&'e [u8]>) -> Entry<'e> {
        Entry {
            target: target.unwrap_or(self.target),
            referer: referer.unwrap_or(self.referer),
            attempts: self.attempts.clone(),
            ..*self
        }
    }

    /// From the head's last byte to the answer's, in microseconds.
    pub fn micros(&self) -> u64 {
        micros(self.began, self.ended)
    }
}

/// The recorder of one worker. It is not shared between threads. Calls allocate nothing as long as one attempt was
/// enough.
#[derive(Debug)]
pub struct Recorder {
    worker: usize,
    shard: Arc<Shard>,
    log: RefCell<Option<LogBuffer>>,
    traces: Option<Traces>,
}

impl Recorder {
    /// For worker number `worker`, counting from 0. Without `log` no access log is written.
    pub fn new(worker: usize, shard: Arc<Shard>, log: Option<LogBuffer>) -> Self {
        Self { worker, shard, log: RefCell::new(log), traces: None }
    }

    /// Has spans go to `traces`, if there is a collector.
    #[must_use]
    pub fn with_traces(mut self, traces: Option<Traces>) -> Self {
        self.traces = traces;
        self
    }

    /// The sampling of requests; `None` where traces are off.
    #[inline]
    pub fn sampling(&self) -> Option<Sampling> {
        self.traces.as_ref().map(Traces::sampling)
    }

    /// The counters of this worker that belong to no pool; open connections are counted here.
    #[inline]
    pub fn stats(&self) -> &WorkerStats {
        &self.shard.stats
    }

    /// The worker's shard, for guards that count for as long as they live.
    #[inline]
    pub fn shard(&self) -> &Arc<Shard> {
        &self.shard
    }

    /// Records the end of an attempt: passive health, and the upstream histogram when there was an answer.
    ///
    /// `request_began` is when the request's head was complete, `began` when this attempt started.
    pub fn attempt(&self, pool: &Pool, end: AttemptEnd, request_began: Instant) -> Attempt {
        let AttemptEnd { server, outcome, status, began, ended } = end;
        if server.observe(verdict(outcome, status != 0), pool.settings().passive) {
            self.shard.ejected(&server, outcome);
        }
        let took = micros(began, ended);
        if outcome == Outcome::Answered {
            server.stats(self.worker).upstream.observe(took);
        }
        let began_micros = short(micros(request_began, began));
        Attempt { server, outcome, status, began_micros, took_micros: short(took) }
    }

    /// Tells that traffic has changed the circuit of a server, for all routes of its pool or for one.
    #[cold]
    pub(crate) fn circuit_changed(&self, server: &Arc<Server>, route: Option<&str>, change: Change) {
        self.shard.circuit_changed(server, route, change);
    }

    /// Counts a retry and its reason.
    pub fn retry(&self, pool: &Pool, reason: Failure) {
        pool.state().stats(self.worker).retries[reason.index()].add(1);
    }

    /// Counts, logs and keeps a request. To be called once for each request, whatever ended it.
    pub fn finish(&self, entry: Entry<'_>) {
        let micros = entry.micros();
        self.count(&entry, micros);
        if let Some(log) = self.log.borrow_mut().as_mut() {
            match (secrets::hide(entry.target), secrets::hide(entry.referer)) {
                (None, None) => log.write(&entry, micros, &self.shard.stats),
                (target, referer) => {
                    let hidden = entry.with(target.as_deref(), referer.as_deref());
                    log.write(&hidden, micros, &self.shard.stats);
                }
            }
        }
        if let (Some(trace), Some(traces)) = (entry.trace, &self.traces) {
            spans::record(traces, trace, &entry, micros);
        }
        self.shard.keep(entry, micros);
    }

    #[inline]
    fn count(&self, entry: &Entry<'_>, micros: u64) {
        let Some(route) = entry.route else {
            self.shard.stats.codes.add(entry.status);
            return;
        };
        let pool = route.pool.state().stats(self.worker);
        pool.requests.add(1);
        let (codes, durations) = match entry.server {
            Some(server) => {
                let stats = server.stats(self.worker);
                (&stats.codes, &stats.requests)
            }
            None => (&pool.codes, &pool.durations),
        };
        codes.add(entry.status);
        durations.observe(micros);
    }

    /// Hands the access log's buffer to the writer when it is a second old. To be called about once a second.
    pub fn tick(&self, now: Instant) {
        if let Some(log) = self.log.borrow_mut().as_mut() {
            log.tick(now, &self.shard.stats);
        }
    }
}

impl Drop for Recorder {
    /// Hands the rest of the log to the writer.
    fn drop(&mut self) {
        if let Some(log) = self.log.get_mut() {
            log.flush(&self.shard.stats);
        }
    }
}

/// The end of an attempt, for [`Recorder::attempt`].
#[derive(Debug)]
pub struct AttemptEnd {
    /// The server; the lease's own handle may be moved here.
    pub server: Arc<Server>,
    /// The outcome.
    pub outcome: Outcome,
    /// The status of the answer; 0 when there was none.
    pub status: u16,
    /// When the attempt began.
    pub began: Instant,
    /// When the attempt ended: for an answer that goes to the client, with the answer's last byte.
    pub ended: Instant,
}

/// Microseconds between two points in time; zero when they come the wrong way round.
#[inline]
fn micros(from: Instant, to: Instant) -> u64 {
    let duration = to.saturating_duration_since(from);
    duration.as_secs() * 1_000_000 + u64::from(duration.subsec_micros())
}

/// Microseconds in 32 bits, at most somewhat more than an hour: enough for an attempt.
fn short(micros: u64) -> u32 {
    u32::try_from(micros).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
