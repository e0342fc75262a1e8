//! Picks the least busy server for its weight.

use std::cmp::Ordering;

use super::{load_order, round_robin};
use crate::pool::{Pool, Server};

/// The server with the fewest requests in flight for its weight. Equals take turns by weight, so that an idle pool does
/// not send everything to its first server.
#[inline]
pub(super) fn choose(pool: &Pool, eligible: impl Fn(&Server) -> bool) -> Option<usize> {
    let (mut best, mut least, mut equals) = (None, (0, 1), 0_u32);
    for (index, member) in pool.members.iter().enumerate() {
        if !eligible(&member.server) {
            continue;
        }
        let load = (member.server.in_flight(), member.weight);
        match best.map_or(Ordering::Less, |_| load_order(load, least)) {
            Ordering::Less => (best, least, equals) = (Some(index), load, 1),
            Ordering::Equal => equals += 1,
            Ordering::Greater => {}
        }
    }
    if equals < 2 {
        return best;
    }
    let equal =
        |server: &Server, weight| load_order((server.in_flight(), weight), least) != Ordering::Greater;
    turn_among(pool, |index| {
        let member = &pool.members[index];
        equal(&member.server, member.weight) && eligible(&member.server)
    })
    .or(best)
}

/// The next turn that falls on one of the equals. Loads change meanwhile, so there may be none.
#[inline]
fn turn_among(pool: &Pool, equal: impl Fn(usize) -> bool) -> Option<usize> {
    let turns = pool.schedule.len();
    (0..turns).map(|_| round_robin::next(pool)).find(|index| equal(*index))
}
