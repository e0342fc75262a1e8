//! The state of one request over its attempts: the servers that it has been to, and the next one.

use super::conclusion::Conclusion;
use super::current_pool::CurrentPool;
use crate::forward::{Answered, Limits};
use crate::pool::{Member, Outcome, Pass, Server, Tried, pick, pick_any};
use crate::record::Attempts;
use crate::retry::{self, Decision, Failure, Replay};
use crate::worker::Worker;
use std::cell::Cell;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a connection that has switched protocols may be without a byte.
const TUNNEL_IDLE_TIMEOUT: Duration = Duration::from_hours(1);

/// The attempts of one request so far.
pub(super) struct RetryState<'a> {
    pub(super) pool: &'a CurrentPool<'a>,
    /// When the request's head was complete.
    pub(super) began: Instant,
    pub(super) limits: Limits<'a>,
    pub(super) attempts: Attempts,
    /// The next attempt must use a fresh connection.
    pub(super) fresh: bool,
    pub(super) tried: Tried,
    /// The place in a circuit of the attempt that comes next or is under way.
    pub(super) pass: Option<Pass>,
    /// The server of the next attempt, where it is settled.
    stay_with: Option<&'a Arc<Server>>,
    /// When the latest attempt ended.
    pub(super) ended: Instant,
    /// When the wait for a server ends.
    wait_until: Option<Instant>,
}

impl<'a> RetryState<'a> {
    /// `whole` says that the request's last byte has come with its head.
    pub(super) fn new(pool: &'a CurrentPool<'a>, began: Instant, whole: bool) -> Self {
        let policy = pool.policy();
        let answer_by = Cell::new(whole.then(|| began + policy.timeouts.total));
        let limits = Limits { policy, answer_by, tunnel: TUNNEL_IDLE_TIMEOUT };
        Self {
            pool,
            began,
            limits,
            attempts: Attempts::new(),
            fresh: false,
            tried: Tried::default(),
            pass: None,
            stay_with: None,
            ended: began,
            wait_until: None,
        }
    }

    /// Begins an attempt and gives the time.
    pub(super) fn begin_attempt(&mut self, server: &Server) -> Instant {
        self.tried.insert(server);
        if self.attempts.is_empty() { self.began } else { Instant::now() }
    }

    /// Settles that the next attempt is for the same server, on a fresh connection.
    pub(super) fn stay_with(&mut self, server: &'a Arc<Server>) {
        (self.stay_with, self.fresh) = (Some(server), true);
    }

    /// Counts a retry that was decided on.
    pub(super) fn retry(&mut self, worker: &Worker, reason: Failure) {
        self.fresh = false;
        if matches!(reason, Failure::SharedWant { .. }) {
            self.skip_who_lacks_the_same();
        }
        worker.recorder.retry(self.pool, reason);
    }

    /// How many tries the recorded attempts are. A stale connection and the fresh one to the same server after it are
    /// one try; otherwise two dying servers would use up the tries meant for a third.
    pub(super) fn tries(&self) -> usize {
        self.attempts.iter().filter(|attempt| attempt.outcome != Outcome::Stale).count()
    }

    /// Decides what follows the failure of try number `attempt` (the first is 1).
    pub(super) fn decide(&self, failure: Failure, replay: Replay, attempt: usize, now: Instant) -> Decision {
        if self.limits.answer_by.get().is_some_and(|end| now >= end) {
            return Decision::GiveUp;
        }
        let attempt = u32::try_from(attempt).unwrap_or(u32::MAX);
        retry::decide(failure, replay, attempt, self.pool.policy().retry, self.pool.state().budget(), now)
    }

    /// Whether an answer is refused for another attempt: a 503, while another server can be asked.
    #[inline]
    pub(super) fn wants_another(
        &self,
        answered: Answered,
        server: &Server,
        replay: Replay,
        now: Instant,
    ) -> bool {
        answered.status == 503 && self.can_ask_another(answered, server, replay, now)
    }

    /// Whether another server can be asked after a 503 of `server`.
    // Every answer passes `wants_another`. With only the test for 503 in it, the compiler inlines it there.
    #[cold]
    fn can_ask_another(&self, answered: Answered, server: &Server, replay: Replay, now: Instant) -> bool {
        if answered.shared_want {
            self.hears_of_shared_want(server, now);
        }
        let lacks = |server: &Server| answered.shared_want && server.has_lately_lacked_what_is_shared(now);
        let replay = Replay { body_replayable: answered.replayable, ..replay };
        self.has_untried(now, |server| !lacks(server)) && self.goes_on(answered.failure(), replay, now)
    }

    /// Whether the request leaves a server that is silent, also to a question for its health, because another one can
    /// be asked.
    #[cold]
    pub(super) fn leaves(&self, replay: Replay, now: Instant) -> bool {
        // The relay has looked whether the request is still at hand.
        let replay = Replay { body_replayable: true, ..replay };
        self.has_untried(now, |_| true) && self.goes_on(Failure::TimedOut, replay, now)
    }

    /// Whether a usable server has not been tried, for which `holds` holds.
    fn has_untried(&self, now: Instant, holds: impl Fn(&Server) -> bool) -> bool {
        let untried = |server: &Server| {
            server.usable() && !self.tried.contains(server) && holds(server) && self.admits(server, now)
        };
        self.pool.newest().members().iter().any(|member| untried(member.server()))
    }

    /// Whether another attempt follows the attempt under way, which is not among those recorded yet.
    fn goes_on(&self, failure: Failure, replay: Replay, now: Instant) -> bool {
        self.decide(failure, replay, self.tries() + 1, now) != Decision::GiveUp
    }

    /// Handles a 503 of `server` for want of something that all servers share. Where another server has not lately said
    /// the same, `server` may be cut off alone, so it is put out until its next good check.
    #[cold]
    fn hears_of_shared_want(&self, server: &Server, now: Instant) {
        server.lacks_what_is_shared(now);
        let has_it = |other: &Server| other.usable() && !other.has_lately_lacked_what_is_shared(now);
        let others = self.pool.newest().members().iter().any(|member| has_it(member.server()));
        if others && server.eject_as_cut_off() {
            let (pool, server) = (self.pool.name(), server.name());
            tracing::warn!(pool, server, "server put out: it lacks what all share, another may not");
        }
    }

    /// Leaves out servers that have lately said that they lack the same.
    #[cold]
    fn skip_who_lacks_the_same(&mut self) {
        let lacking = |server: &&Arc<Server>| server.has_lately_lacked_what_is_shared(self.ended);
        let members = self.pool.newest().members().iter();
        for server in members.map(Member::server).filter(lacking) {
            self.tried.insert(server);
        }
    }

    /// The server that the next attempt is for, where that is settled.
    pub(super) fn settled(&mut self) -> Option<&'a Arc<Server>> {
        self.stay_with.take()
    }

    /// How long the request may still wait for a server.
    pub(super) fn wait_left(&mut self, now: Instant) -> Duration {
        let longest = now + self.pool.policy().wait_for_server;
        let answer_by = self.limits.answer_by.get();
        let wait_until = *self.wait_until.get_or_insert(answer_by.map_or(longest, |end| end.min(longest)));
        wait_until.saturating_duration_since(now)
    }

    /// A server that can be asked now. Servers may have come and gone during an attempt or a wait.
    pub(super) fn server(&mut self, worker: &Worker, client: IpAddr) -> Option<&'a Arc<Server>> {
        if !self.attempts.is_empty() {
            self.pool.refresh(worker);
        }
        let server = self.pick(worker, client);
        if server.is_some() || !self.pool.refresh(worker) { server } else { self.pick(worker, client) }
    }

    /// A server of the pool as it is known. A usable server that has not been tried comes first, then any usable
    /// server, because a request that comes this far may be sent twice. When all servers are out, each of them is
    /// tried.
    fn pick(&mut self, worker: &Worker, client: IpAddr) -> Option<&'a Arc<Server>> {
        if let Some(breaker) = self.pool.breaker()
            && let Some(server) = self.pick_by_circuits(breaker, worker, client)
        {
            return Some(server);
        }
        let (pool, random) = (self.pool.newest(), &mut *worker.random.borrow_mut());
        let untried = pick(pool, random, client, &self.tried);
        untried
            .or_else(|| pick(pool, random, client, &Tried::default()))
            .or_else(|| pick_any(pool, random, client, &self.tried))
    }
    /// Concludes with this server's answer.
    pub(super) fn concluded(self, status: u16, server: &'a Server) -> Conclusion<'a> {
        Conclusion { status, server: Some(server), attempts: self.attempts, ended: self.ended }
    }
}
