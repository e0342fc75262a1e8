//! The pool of one request, while servers come and go.

use crate::pool::{Breaker, Pool, RequestPolicy};
use crate::route::Route;
use crate::worker::Worker;
use std::cell::OnceCell;
use std::ops::Deref;
use std::sync::Arc;

/// The pool that a request began with, whose settings hold to the request's end, and the pools that have replaced it
/// since. All of them live as long as the request, which borrows servers from them.
pub(super) struct CurrentPool<'s> {
    first: &'s Pool,
    policy: &'s RequestPolicy,
    breaker: Option<&'s Breaker>,
    later: Later,
}

/// Empty for nearly every request.
type Later = OnceCell<Box<Successor>>;

struct Successor {
    pool: Arc<Pool>,
    later: Later,
}

impl<'s> CurrentPool<'s> {
    pub(super) fn new(route: &'s Route) -> Self {
        Self {
            first: &route.pool,
            policy: &route.policy.requests,
            breaker: route.policy.breaker.as_deref(),
            later: OnceCell::new(),
        }
    }

    /// The policy of the request's route.
    pub(super) fn policy(&self) -> &'s RequestPolicy {
        self.policy
    }

    /// The circuits that the request goes through, if any.
    pub(super) fn breaker(&self) -> Option<&'s Breaker> {
        self.breaker
    }

    /// The pool with the newest servers that the request knows.
    pub(super) fn newest(&self) -> &Pool {
        self.last().map_or(self.first, |successor| &successor.pool)
    }

    /// Looks for newer servers of the pool; `true` when there are any.
    pub(super) fn refresh(&self, worker: &Worker) -> bool {
        let snapshot = worker.snapshot();
        let newest = snapshot.pool(self.first.name());
        let Some(newest) = newest.filter(|pool| !std::ptr::eq(Arc::as_ptr(pool), self.newest())) else {
            return false;
        };
        let place = self.last().map_or(&self.later, |successor| &successor.later);
        place.set(Box::new(Successor { pool: Arc::clone(newest), later: OnceCell::new() })).is_ok()
    }

    fn last(&self) -> Option<&Successor> {
        let successors = std::iter::successors(self.later.get(), |successor| successor.later.get());
        successors.last().map(Box::as_ref)
    }
}

impl Deref for CurrentPool<'_> {
    type Target = Pool;

    fn deref(&self) -> &Pool {
        self.first
    }
}
