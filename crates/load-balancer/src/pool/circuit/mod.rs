//! Circuit breakers: a server whose answers fail gets no more requests of the way on which they fail, until trials go
//! well.
//!
//! A [`Breaker`] has a circuit for each server of a pool: for all routes of the pool together, or for one route that has
//! a breaker of its own. A circuit is shared by all workers, as ejection's counters are: trials must be few over all of
//! them, and a way with little traffic would never fill a window of each worker. It costs two short locks for a request of
//! a pool or route that has one, and nothing where there is none.
//!
//! Ejection asks whether there is a process that answers at all, and health checks bring it back. A circuit judges the
//! answers, and requests bring it back.

mod breaker;
mod machine;
mod pass;
mod policy;
mod window;

pub(crate) use self::breaker::{Breaker, Entry};
pub(crate) use self::machine::{Change, CircuitState};
pub(crate) use self::pass::Pass;
pub use self::policy::{BreakerPolicy, Statuses};
