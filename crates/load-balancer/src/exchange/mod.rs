//! The conductor: one request from its head to its record.
//!
//! Route, pick, lease, forward, decide on a retry, record: each step is called by name and done elsewhere. Nothing here
//! knows a buffer or a protocol. The file is read from top to bottom: the first step of a request stands first.

mod cached;
mod circuits;
mod conclusion;
mod current_pool;
mod retry_state;

use self::conclusion::{CLIENT_LEFT, Conclusion, error_kind, report};
use self::current_pool::CurrentPool;
use self::retry_state::RetryState;
use crate::answer::Answer;
use crate::client::{Client, Own};
use crate::forward::{self, Attempt, AttemptTarget, End, ExchangeError, Request};
use crate::pool::{Lease, RequestPolicy, Server};
use crate::record::AttemptEnd;
use crate::respond::{self, ErrorKind};
use crate::retry::{Decision, Failure, Replay};
use crate::route::Route;
use crate::runtime::Timer;
use crate::snapshot::Snapshot;
use crate::worker::Worker;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::fmt::Hyphenated;

/// How long a client may take to read an answer of the balancer's own.
const OWN_ANSWER: Duration = Duration::from_secs(10);
/// The prefix of idempotency keys that the balancer gives. A server need not keep refusals of requests with such a key.
const KEY_MARK: &[u8] = b"proxy-";

/// Conducts a request to its end, whatever that is, and records it.
pub(crate) async fn conduct<C: Client>(worker: &Worker, client: &mut C, timer: &Timer, mut request: Request) {
    Exchange { worker, client, timer, request: &mut request, began: Instant::now() }.conduct().await;
    request.recycle(&worker.buffers);
}

/// Answers a request with an error, where it is refused before it is conducted (a bad head, no room for its
/// connection), and records it.
pub(crate) async fn refuse<C: Client>(
    worker: &Worker,
    client: &mut C,
    timer: &Timer,
    mut request: Request,
    kind: ErrorKind,
) {
    let mut exchange = Exchange { worker, client, timer, request: &mut request, began: Instant::now() };
    let conclusion = exchange.refuse(kind).await;
    exchange.record(None, conclusion);
    request.recycle(&worker.buffers);
}

/// One request under way.
struct Exchange<'a, C> {
    worker: &'a Worker,
    client: &'a mut C,
    timer: &'a Timer,
    request: &'a mut Request,
    /// When the request's head was complete.
    began: Instant,
}

impl<C: Client> Exchange<'_, C> {
    async fn conduct(&mut self) {
        let view = self.worker.snapshot();
        let route = view.routes.find(self.request.host(), self.request.path());
        let pool = route.map(CurrentPool::new);
        let conclusion = match (self.own_answer(&view), route.zip(pool.as_ref())) {
            (Some(answer), _) => self.answer(&answer).await,
            (None, None) => self.refuse(ErrorKind::NotRouted).await,
            (None, Some((route, pool))) => match (self.over_limit(route), &route.policy.cache) {
                (Some(kind), _) => self.refuse(kind).await,
                (None, None) => self.forward(pool).await,
                // On the heap, so that connections that never meet a cache stay small.
                (None, Some(cache)) => Box::pin(self.through_cache(cache, pool)).await,
            },
        };
        self.record(route, conclusion);
    }

    /// The balancer's answer about its own health, where the request asks for that.
    fn own_answer(&self, view: &Snapshot) -> Option<Answer> {
        let asks = matches!(self.request.method(), b"GET" | b"HEAD");
        match self.request.path() {
            b"/lb-health" if asks => Some(respond::lb_health(self.worker.is_going_away())),
            b"/health" if asks => Some(respond::health(view)),
            _ => None,
        }
    }

    /// The refusal of a client that has used up its rate on the route.
    fn over_limit(&self, route: &Route) -> Option<ErrorKind> {
        let limiter = route.policy.limiter.as_ref()?;
        limiter.admit(self.request.facts.client, self.began).err().map(ErrorKind::RateLimited)
    }

    /// Tries servers until one has answered, the client has left, or nothing more may be tried.
    async fn forward<'p>(&mut self, pool: &'p CurrentPool<'p>) -> Conclusion<'p> {
        if self.request.is_larger_than(pool.policy().max_body) {
            return self.refuse(ErrorKind::BodyTooLarge).await;
        }
        self.assign_key(pool.policy());
        let mut state = RetryState::new(pool, self.began, self.request.is_whole());
        loop {
            let server = match self.next_server(&mut state).await {
                Ok(Some(server)) => server,
                Ok(None) => return self.refuse(ErrorKind::NoServer).await.after(state.attempts),
                Err(error) => return self.break_off(&error).await.after(state.attempts),
            };
            let Attempt { passed, result } = self.attempt(&mut state, server).await;
            match (result, passed) {
                (Ok(End::Passed), status) => return state.concluded(status.unwrap_or_default(), server),
                (Ok(End::Refused(answered)), _) => state.retry(self.worker, answered.failure()),
                (Ok(End::Left), _) => state.retry(self.worker, Failure::TimedOut),
                (Err(error), Some(status)) => return state.concluded(self.cut_off(&error, status), server),
                (Err(error), None) => match self.after(&error, &mut state) {
                    Decision::GiveUp => return self.break_off(&error).await.after(state.attempts),
                    Decision::OtherServer => {}
                    Decision::FreshConnection => state.stay_with(server),
                },
            }
            self.request.rewind();
        }
    }

    /// Gives a request that changes something an idempotency key, so that it may be sent twice.
    fn assign_key(&mut self, policy: &RequestPolicy) {
        let changes = matches!(self.request.method(), b"POST" | b"PUT" | b"PATCH" | b"DELETE");
        if !policy.retry.assign_idempotency_key || !changes || self.request.facts.has_key {
            return;
        }
        let mut key = [0; KEY_MARK.len() + Hyphenated::LENGTH];
        let (mark, id) = key.split_at_mut(KEY_MARK.len());
        mark.copy_from_slice(KEY_MARK);
        self.worker.ids.idempotency_key().hyphenated().encode_lower(id);
        self.request.add_field(b"Idempotency-Key", &key);
        self.request.facts.has_key = true;
    }

    /// The server for the next attempt. Waits for a server where none can be asked; `None` when none came in time.
    async fn next_server<'p>(
        &mut self,
        state: &mut RetryState<'p>,
    ) -> Result<Option<&'p Arc<Server>>, ExchangeError> {
        if let Some(server) = state.settled() {
            return Ok(Some(server));
        }
        loop {
            // Asked for before looking, so that no news is missed in between.
            let changed = state.pool.changed();
            if let Some(server) = state.server(self.worker, self.request.facts.client) {
                return Ok(Some(server));
            }
            let left = state.wait_left(self.timer.now());
            let news =
                forward::unless_left(self.worker, self.client, self.request, self.timer, left, changed);
            if left.is_zero() || news.await?.is_none() {
                return Ok(None);
            }
        }
    }

    /// Makes one attempt and records it.
    async fn attempt(&mut self, state: &mut RetryState<'_>, server: &Arc<Server>) -> Attempt {
        let lease = Lease::new(server);
        let began = state.begin_attempt(server);
        self.request.begin_span(&self.worker.ids);
        let replay = self.replay(state.pool.policy());
        let goes_elsewhere = || state.leaves(replay, self.timer.now());
        let target = AttemptTarget {
            server,
            settings: state.pool.settings(),
            fresh: state.fresh,
            limits: &state.limits,
            leave: &goes_elsewhere,
        };
        let accept_head = |answered| !state.wants_another(answered, server, replay, self.timer.now());
        let attempt =
            forward::attempt(self.worker, self.client, self.request, target, self.timer, accept_head).await;
        drop(lease);
        state.ended = Instant::now();
        let end = AttemptEnd {
            server: Arc::clone(server),
            outcome: attempt.outcome(),
            status: attempt.status(),
            began,
            ended: state.ended,
        };
        state.attempts.push(self.worker.recorder.attempt(state.pool, end, state.began));
        if state.pass.is_some() {
            state.judge(self.worker, server, &attempt);
        }
        attempt
    }

    /// Whether the request may be sent a second time.
    fn replay(&self, policy: &RequestPolicy) -> Replay {
        let facts = &self.request.facts;
        Replay {
            idempotent: facts.idempotent,
            has_key: facts.has_key,
            body_replayable: self.request.is_kept(policy.replay_body_max),
        }
    }

    /// Decides what follows an attempt that broke before the client got anything of an answer.
    fn after(&self, error: &ExchangeError, state: &mut RetryState<'_>) -> Decision {
        let ExchangeError::Upstream(error) = error else { return Decision::GiveUp };
        let replay = self.replay(state.pool.policy());
        let decision = state.decide(error.failure(), replay, state.tries(), self.timer.now());
        if decision != Decision::GiveUp {
            state.retry(self.worker, error.failure());
        }
        decision
    }

    /// Ends an exchange of which the client has got nothing yet.
    async fn break_off<'p>(&mut self, error: &ExchangeError) -> Conclusion<'p> {
        report(error, self.request);
        if let Some(kind) = error_kind(error) {
            tracing::debug!(error = error as &dyn std::error::Error, request_id = self.request.request_id());
            return self.refuse(kind).await;
        }
        self.client.abort();
        Conclusion::own(CLIENT_LEFT)
    }

    /// Ends an exchange in the middle of an answer, so that the client sees that the answer is not whole. Gives the
    /// status for the record.
    fn cut_off(&mut self, error: &ExchangeError, status: u16) -> u16 {
        report(error, self.request);
        self.client.abort();
        if error.has_left() { CLIENT_LEFT } else { status }
    }

    /// Answers with an error. Every refusal of a request goes this way.
    async fn refuse<'p>(&mut self, kind: ErrorKind) -> Conclusion<'p> {
        let answer = respond::error(kind, self.request.request_id());
        self.answer(&answer).await
    }

    /// Gives an answer of the balancer's own.
    async fn answer<'p>(&mut self, answer: &Answer) -> Conclusion<'p> {
        let (date, request_id) = (self.worker.clock.date(), self.request.request_id());
        let own = Own { request_id, date: &date, is_head: self.request.facts.is_head };
        self.client.answer(answer, &own);
        let flush = std::future::poll_fn(|cx| self.client.poll_flush(cx));
        let taken = self.timer.within(self.timer.now() + OWN_ANSWER, flush).await;
        Conclusion::own(if matches!(taken, Some(Ok(()))) { answer.status } else { CLIENT_LEFT })
    }

    /// Records the request: once, whatever ended it.
    fn record(&self, route: Option<&Route>, conclusion: Conclusion<'_>) {
        let entry = conclusion.entry(self.request, route, self.began, self.client.content_out());
        self.worker.recorder.finish(entry);
    }
}
