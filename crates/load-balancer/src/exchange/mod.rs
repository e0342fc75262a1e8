//! The conductor: one request from its head to its record.
//!
//! Route, pick, lease, forward, decide on a retry, record: each step is called by name and done elsewhere. Nothing
//! here knows a buffer or a protocol.

mod cached;
mod current_pool;
mod ending;
mod retry_state;

use self::current_pool::CurrentPool;
use self::ending::Conclusion;
pub(crate) use self::ending::{Asked, refuse};
use self::retry_state::RetryState;
use crate::answer::Answer;
use crate::client::Client;
use crate::forward::{self, Attempt, AttemptTarget, End, Request};
use crate::limit::Refusal;
use crate::pool::{Lease, Server};
use crate::record::{AttemptEnd, Protocol};
use crate::respond::{self, ErrorKind};
use crate::retry::Decision;
use crate::route::Route;
use crate::runtime::Timer;
use crate::snapshot::Snapshot;
use crate::worker::Worker;
use std::sync::Arc;
use std::time::Instant;

/// One request under way.
pub(crate) struct Exchange<'a, C> {
    pub(crate) worker: &'a Worker,
    pub(crate) client: &'a mut C,
    pub(crate) request: Request,
    pub(crate) timer: &'a Timer,
    pub(crate) protocol: Protocol,
}

impl<C: Client> Exchange<'_, C> {
    /// Brings the request to its end, whatever that is, and records it.
    pub(crate) async fn conduct(mut self) {
        let began = Instant::now();
        let view = self.worker.snapshot();
        let route = view.routes.find(self.request.host(), self.request.path());
        let pool = route.map(CurrentPool::new);
        let conclusion = match (self.own_answer(&view), route.zip(pool.as_ref())) {
            (Some(answer), _) => self.answer(&answer).await,
            (None, None) => self.refuse(ErrorKind::NotRouted).await,
            (None, Some((route, pool))) => match (self.limited(route, began), &route.policy.cache) {
                (Some(refusal), _) => self.refuse(ErrorKind::RateLimited(refusal)).await,
                (None, None) => self.forward(pool, began).await,
                (None, Some(cache)) => {
                    // On the heap, so that connections that never meet a cache stay small.
                    let through = Box::pin(self.through_cache(cache, pool, began));
                    let (exchange, conclusion) = through.await;
                    self = exchange;
                    conclusion
                }
            },
        };
        self.record(began, route, conclusion);
        self.request.recycle(&self.worker.buffers);
    }

    /// What the balancer says of itself.
    fn own_answer(&self, view: &Snapshot) -> Option<Answer> {
        let asks = matches!(self.request.method(), b"GET" | b"HEAD");
        match self.request.path() {
            b"/lb-health" if asks => Some(respond::lb_health(self.worker.is_draining())),
            b"/health" if asks => Some(respond::health(view)),
            _ => None,
        }
    }

    /// Whether the client has used up what the route allows it.
    fn limited(&self, route: &Route, now: Instant) -> Option<Refusal> {
        route.policy.limiter.as_ref()?.admit(self.request.facts.client, now).err()
    }

    /// Tries servers until one has answered, the client has left or nothing more may be tried.
    async fn forward<'p>(&mut self, pool: &'p CurrentPool<'p>, began: Instant) -> Conclusion<'p> {
        if self.request.is_larger_than(pool.policy().max_body) {
            return self.refuse(ErrorKind::BodyTooLarge).await;
        }
        self.assign_key(pool.policy());
        let mut state = RetryState::new(pool, began, self.request.is_whole());
        loop {
            let server = match self.next_server(&mut state).await {
                Ok(Some(server)) => server,
                Ok(None) => return self.fail(ErrorKind::NoServer, state).await,
                Err(error) => return self.break_off(&error, state).await,
            };
            let Attempt { passed, result } = self.attempt(&mut state, server).await;
            match (result, passed) {
                (Ok(End::Passed), status) => return state.concluded(status.unwrap_or_default(), server),
                (Ok(End::Refused(answered)), _) => state.retry(self.worker, answered.failure()),
                (Err(error), Some(status)) => return self.cut_off(&error, status, state, server),
                (Err(error), None) => match self.after(&error, &mut state) {
                    Decision::GiveUp => return self.break_off(&error, state).await,
                    Decision::OtherServer => {}
                    Decision::FreshConnection => state.stay_with(server),
                },
            }
            self.request.rewind();
        }
    }

    /// Makes one attempt and takes note of it.
    async fn attempt(&mut self, state: &mut RetryState<'_>, server: &Arc<Server>) -> Attempt {
        let lease = Lease::new(server);
        let began = state.begin_attempt(server);
        self.request.begin_span(&self.worker.ids);
        let replay = self.replay(state.pool.policy());
        let target = AttemptTarget {
            server,
            settings: state.pool.settings(),
            fresh: state.fresh,
            limits: &state.limits,
        };
        let accept_head = |answered| !state.wants_another(answered, server, replay, self.timer.now());
        let attempt =
            forward::attempt(self.worker, self.client, &mut self.request, target, self.timer, accept_head)
                .await;
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
        attempt
    }

    /// What follows an attempt that broke before anything of an answer went to the client.
    fn after(&self, error: &forward::ExchangeError, state: &mut RetryState<'_>) -> Decision {
        let forward::ExchangeError::Upstream(error) = error else { return Decision::GiveUp };
        let decision =
            state.decide(error.failure(), self.replay(state.pool.policy()), state.tries(), self.timer.now());
        if decision != Decision::GiveUp {
            state.retry(self.worker, error.failure());
        }
        decision
    }
}
