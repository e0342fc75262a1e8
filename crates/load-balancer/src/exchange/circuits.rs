//! A request on a route whose servers have circuits.

use super::retry_state::RetryState;
use crate::forward::Attempt;
use crate::pool::{Breaker, Entry, Outcome, Server, Tried, choose};
use crate::worker::Worker;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

impl<'a> RetryState<'a> {
    /// A usable server whose circuit lets the request through: one that has not been tried, else any. `None` where no
    /// circuit does: then none of them counts, so that the last server that is left is never cut off.
    #[inline(never)]
    pub(super) fn pick_by_circuits(
        &mut self,
        breaker: &Breaker,
        worker: &Worker,
        client: IpAddr,
    ) -> Option<&'a Arc<Server>> {
        // The place of an attempt that was not made after all is given back.
        self.pass = None;
        let (pool, guard) = (self.pool.newest(), breaker.guard(Instant::now()));
        let mut full = Tried::default();
        // Each turn finds one more server whose last place for a trial another worker has just taken.
        for _ in pool.members() {
            let pick = |tried: &Tried| {
                let eligible = |server: &Server| {
                    server.usable()
                        && !tried.contains(server)
                        && !full.contains(server)
                        && guard.admits(server)
                };
                choose(pool, &mut worker.random.borrow_mut(), client, eligible)
            };
            let server = pick(&self.tried).or_else(|| pick(&Tried::default()))?;
            let (entry, change) = guard.enter(server);
            if let Some(change) = change {
                worker.recorder.circuit_changed(server, breaker.route(), change);
            }
            if let Entry::Through(pass) = entry {
                self.pass = pass;
                return Some(server);
            }
            full.insert(server);
        }
        None
    }

    /// Whether the server's circuit would let a request through.
    pub(super) fn admits(&self, server: &Server, now: Instant) -> bool {
        self.pool.breaker().is_none_or(|breaker| breaker.guard(now).admits(server))
    }

    /// An attempt that a circuit has let through has ended.
    #[inline(never)]
    pub(super) fn judge(&mut self, worker: &Worker, server: &Arc<Server>, attempt: &Attempt) {
        let outcome = attempt.outcome();
        // The fresh connection to the same server that follows a stale one belongs to the same try.
        let pass = self.pass.take_if(|_| outcome != Outcome::Stale);
        let Some((breaker, pass)) = self.pool.breaker().zip(pass) else { return };
        let sign = breaker.policy().sign(outcome, attempt.status());
        if let Some(change) = pass.end(sign, self.ended) {
            worker.recorder.circuit_changed(server, breaker.route(), change);
        }
    }
}
