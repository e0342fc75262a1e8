//! Picks the less busy of two random servers: nearly as good as looking at all servers, at the cost of two.

use std::cmp::Ordering;

use super::{PickState, load_order};
use crate::pool::{Pool, Server};

/// The draws before each server is looked at in turn; with half of the servers out, one pick in a thousand gets there.
const DRAWS: usize = 10;

/// The less busy for its weight of two different servers, drawn by weight.
#[inline]
pub(super) fn choose(
    pool: &Pool,
    state: &mut PickState,
    eligible: impl Fn(&Server) -> bool,
) -> Option<usize> {
    let first = draw(pool, state, &eligible)?;
    let Some(second) = (0..DRAWS).find_map(|_| draw(pool, state, &eligible).filter(|index| *index != first))
    else {
        return Some(first);
    };
    let load = |index: usize| (pool.members[index].server.in_flight(), pool.members[index].weight);
    let second_is_freer = load_order(load(second), load(first)) == Ordering::Less;
    Some(if second_is_freer { second } else { first })
}

/// A random eligible server. The schedule names each server as often as its weight says.
#[inline]
fn draw(pool: &Pool, state: &mut PickState, eligible: &impl Fn(&Server) -> bool) -> Option<usize> {
    if pool.schedule.is_empty() {
        return None;
    }
    for _ in 0..DRAWS {
        let index = pool.schedule[state.below(pool.schedule.len())] as usize;
        if eligible(&pool.members[index].server) {
            return Some(index);
        }
    }
    let start = state.below(pool.members.len());
    let all = (start..pool.members.len()).chain(0..start);
    all.into_iter().find(|index| eligible(&pool.members[*index].server))
}
