//! Picks each server in turn, by weight.

use crate::pool::{Pool, Server};

/// The server whose turn it is; the pool must not be empty.
#[inline]
pub(super) fn next(pool: &Pool) -> usize {
    pool.schedule[pool.state.turn() as usize % pool.schedule.len()] as usize
}

/// The next turn of the schedule. A turn that falls on a server that is out passes to the next turn and not to the next
/// server, so that its share is spread over all the others.
#[inline]
pub(super) fn choose(pool: &Pool, eligible: impl Fn(&Server) -> bool) -> Option<usize> {
    let turns = pool.schedule.len();
    (0..turns)
        .map(|_| next(pool))
        .find(|index| eligible(&pool.members[*index].server))
        // Turns are shared with other workers, so that these may have missed a server; look at each once.
        .or_else(|| pool.members.iter().position(|member| eligible(&member.server)))
}
