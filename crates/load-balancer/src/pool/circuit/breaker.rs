//! The circuits of a pool's servers, for all routes of the pool or for one.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use arc_swap::ArcSwap;

use super::machine::{Change, CircuitState};
use super::pass::{Circuit, Pass, Seen, nanos};
use super::policy::BreakerPolicy;
use crate::pool::server::Server;

/// Circuits by the ids of their servers, in the order of these.
type Circuits = Box<[(u64, Arc<Circuit>)]>;

/// A circuit breaker: one policy, and a circuit for each server. It outlives a reload that does not change its policy.
#[derive(Debug)]
pub struct Breaker {
    policy: BreakerPolicy,
    route: Option<Box<str>>,
    start: Instant,
    circuits: ArcSwap<Circuits>,
}

impl Breaker {
    /// A breaker without servers yet; `route` is the name of the one route that it is for, if it is for one.
    pub(crate) fn new(policy: BreakerPolicy, route: Option<&str>) -> Self {
        let circuits = ArcSwap::from_pointee(Circuits::default());
        Self { policy, route: route.map(Into::into), start: Instant::now(), circuits }
    }

    /// What it goes by.
    pub(crate) fn policy(&self) -> BreakerPolicy {
        self.policy
    }

    /// The one route that it is for; `None` where it is for all of a pool that have none of their own.
    pub(crate) fn route(&self) -> Option<&str> {
        self.route.as_deref()
    }

    /// Has a circuit for each of these servers: those that it knows go on, others are closed. For the control thread.
    pub(crate) fn follow<'s>(&self, servers: impl Iterator<Item = &'s Server>) {
        let known = self.circuits.load();
        let circuit = |server: &Server| {
            let circuit = find(&known, server).map_or_else(
                || Arc::new(Circuit::new(self.policy, self.start, server.returns())),
                Arc::clone,
            );
            (server.id(), circuit)
        };
        let mut circuits: Vec<_> = servers.map(circuit).collect();
        circuits.sort_unstable_by_key(|(id, _)| *id);
        self.circuits.store(Arc::new(circuits.into()));
    }

    /// What it lets through now.
    pub(crate) fn guard(&self, now: Instant) -> Guard {
        Guard { circuits: self.circuits.load(), now: nanos(self.start, now) }
    }

    /// The server's circuit, for people; `None` where the server has none.
    pub(crate) fn view(&self, server: &Server, now: Instant) -> Option<CircuitView> {
        let now = nanos(self.start, now);
        let circuits = self.circuits.load();
        let Seen { state, changed, in_row, requests, failures, admits_from } =
            find(&circuits, server)?.seen(now, server.returns());
        Some(CircuitView {
            state,
            changed: changed.filter(|(_, change)| change.to == state),
            in_row,
            requests,
            failures,
            trial_in: (state != CircuitState::Closed)
                .then(|| Duration::from_nanos(admits_from.saturating_sub(now))),
        })
    }
}

/// A circuit as people see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CircuitView {
    pub state: CircuitState,
    /// When and why it has come there; `None` where it has never been elsewhere.
    pub changed: Option<(SystemTime, Change)>,
    /// Failures in a row.
    pub in_row: u32,
    /// Requests of the window.
    pub requests: u32,
    /// Those of them that failed.
    pub failures: u32,
    /// How long until the next trial, unless it is closed.
    pub trial_in: Option<Duration>,
}

/// What a breaker lets through at one moment.
pub(crate) struct Guard {
    circuits: arc_swap::Guard<Arc<Circuits>>,
    now: u64,
}

/// What a circuit has said to a request.
#[derive(Debug)]
pub(crate) enum Entry {
    /// It goes through; a server that the breaker does not know yet has no circuit to count it in.
    Through(Option<Pass>),
    /// It does not: others have taken the places of its trials meanwhile.
    Full,
}

impl Guard {
    /// Whether the server's circuit would let a request through.
    pub(crate) fn admits(&self, server: &Server) -> bool {
        find(&self.circuits, server).is_none_or(|circuit| circuit.admits(self.now, server.returns()))
    }

    /// Lets a request through to the server, or not, and tells what that has changed.
    pub(crate) fn enter(&self, server: &Server) -> (Entry, Option<Change>) {
        let Some(circuit) = find(&self.circuits, server) else { return (Entry::Through(None), None) };
        let (pass, change) = circuit.enter(self.now, server.returns());
        (pass.map_or(Entry::Full, |pass| Entry::Through(Some(pass))), change)
    }
}

fn find<'c>(circuits: &'c Circuits, server: &Server) -> Option<&'c Arc<Circuit>> {
    let place = circuits.binary_search_by_key(&server.id(), |(id, _)| *id).ok()?;
    Some(&circuits[place].1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::circuit::policy::Sign;
    use crate::pool::health::Health;

    fn server() -> Server {
        let server = Server::new("p", "s", "127.0.0.1:1", 1, Arc::default());
        server.set_health(Health::Up);
        server
    }

    fn breaker(servers: &[&Server]) -> Breaker {
        let policy = BreakerPolicy { consecutive_failures: 2, trials: 1, ..BreakerPolicy::default() };
        let breaker = Breaker::new(policy, None);
        breaker.follow(servers.iter().copied());
        breaker
    }

    fn pass(breaker: &Breaker, server: &Server, now: Instant) -> Option<Pass> {
        match breaker.guard(now).enter(server).0 {
            Entry::Through(pass) => pass,
            Entry::Full => None,
        }
    }

    fn fail(breaker: &Breaker, server: &Server, now: Instant) -> Option<Change> {
        pass(breaker, server, now)?.end(Sign::Failed, now)
    }

    fn state(breaker: &Breaker, server: &Server, now: Instant) -> CircuitState {
        breaker.view(server, now).unwrap().state
    }

    #[test]
    fn each_server_has_a_circuit_that_goes_on_as_long_as_the_server_stays() {
        let (a, b, now) = (server(), server(), Instant::now());
        let breaker = breaker(&[&a, &b]);
        assert!(fail(&breaker, &a, now).is_none());
        assert_eq!(fail(&breaker, &a, now).map(|change| change.to), Some(CircuitState::Open));
        assert!(!breaker.guard(now).admits(&a) && breaker.guard(now).admits(&b));
        let c = server();
        assert!(breaker.guard(now).admits(&c) && breaker.view(&c, now).is_none());
        assert!(pass(&breaker, &c, now).is_none(), "a server that is not known is not counted");
        breaker.follow([&c, &a].into_iter());
        assert_eq!(state(&breaker, &a, now), CircuitState::Open);
        assert_eq!(state(&breaker, &c, now), CircuitState::Closed);
        assert!(breaker.view(&b, now).is_none());
    }

    #[test]
    fn a_trial_that_is_dropped_gives_its_place_back() {
        let (server, now) = (server(), Instant::now());
        let breaker = breaker(&[&server]);
        fail(&breaker, &server, now);
        fail(&breaker, &server, now);
        let later = now + 2 * breaker.policy().open_for;
        let trial = pass(&breaker, &server, later);
        assert!(trial.is_some() && !breaker.guard(later).admits(&server));
        drop(trial);
        assert!(breaker.guard(later).admits(&server));
        let good = pass(&breaker, &server, later).unwrap().end(Sign::Good, later);
        assert_eq!(good.map(|change| change.to), Some(CircuitState::Closed));
    }

    #[test]
    fn a_server_that_a_check_brings_back_begins_with_a_closed_circuit() {
        let (server, now) = (server(), Instant::now());
        let breaker = breaker(&[&server]);
        fail(&breaker, &server, now);
        fail(&breaker, &server, now);
        assert!(!breaker.guard(now).admits(&server));
        server.set_health(Health::Up);
        assert!(!breaker.guard(now).admits(&server), "it was not out");
        server.set_health(Health::Down);
        server.set_health(Health::Up);
        assert_eq!(state(&breaker, &server, now), CircuitState::Closed);
        assert!(breaker.guard(now).admits(&server));
        let (entry, change) = breaker.guard(now).enter(&server);
        assert!(matches!(entry, Entry::Through(Some(_))));
        let change = change.unwrap();
        assert_eq!(
            (change.to, change.why.to_string()),
            (CircuitState::Closed, "a check has found the server well again".to_owned())
        );
    }

    /// As many at once as there are threads; the places of the trials are given out once.
    #[test]
    fn trials_are_few_over_all_workers() {
        let (server, now) = (server(), Instant::now());
        let breaker = breaker(&[&server]);
        fail(&breaker, &server, now);
        fail(&breaker, &server, now);
        let later = now + 2 * breaker.policy().open_for;
        let passes: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| pass(&breaker, &server, later))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(passes.iter().flatten().count(), 1);
    }
}
