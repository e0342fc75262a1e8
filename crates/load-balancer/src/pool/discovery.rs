//! The servers that a pool's DNS name resolves to, while the resolver's answers come and go. The module asks nobody and
//! knows no clock.

use std::{
    collections::{BTreeSet, HashSet},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use serde::{Deserialize, Serialize};

use super::{AdminState, Health, Server};
use crate::pool::MOST_SERVERS;

/// How long a server is remembered that is missing from answers; it is also remembered as long as requests are with it.
/// A server that comes back within that time goes on with the same counters, state and connections.
const REMEMBERED: Duration = Duration::from_mins(1);

/// The state of the resolver.
#[derive(Debug, Clone, Default)]
pub(crate) struct LookupReport {
    /// Answers with addresses so far.
    pub successes: u64,
    /// Failures, empty answers and answers that did not come in time so far.
    pub failures: u64,
    /// Addresses in the last good answer.
    pub addresses: usize,
    /// When that answer came.
    pub last_answer: Option<SystemTime>,
    /// Why there has been no answer since; `None` while all is well.
    pub error: Option<String>,
}

/// All servers that a pool's name has lately resolved to.
#[derive(Debug, Default)]
pub(crate) struct Discovery {
    /// The servers in the order in which they were found.
    known: Vec<Known>,
    /// The wishes for servers that are still to be found.
    expected: Vec<FoundWish>,
    report: LookupReport,
}

/// An operator's wishes for a found server, which hold as long as answers have its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoundWish {
    address: SocketAddr,
    weight: Option<u32>,
    state: AdminState,
    removed: bool,
}

#[derive(Debug)]
struct Known {
    address: SocketAddr,
    server: Arc<Server>,
    /// Since when the server is missing from answers.
    gone_since: Option<Instant>,
    /// An operator's wish.
    weight: Option<u32>,
    /// Whether an operator has removed the server for as long as answers have it.
    removed: bool,
    /// Whether the server has a place in the pool.
    placed: bool,
}

/// The addresses of a pool's other servers, which are listed one by one.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// The addresses of servers that have been checked.
    in_use: HashSet<SocketAddr>,
    /// The addresses that their probers try.
    tried: HashSet<SocketAddr>,
}

impl Listed {
    /// The addresses of these servers.
    pub(crate) fn of<'a>(servers: impl Iterator<Item = &'a Arc<Server>> + Clone) -> Self {
        let checked = servers.clone().filter(|server| server.state().health != Health::Starting);
        Self {
            in_use: checked.filter_map(|server| server.resolved()).collect(),
            tried: servers.filter_map(|server| server.aim()).collect(),
        }
    }

    /// Whether a found server is one of the listed ones. A found server that takes traffic gives way only to a listed
    /// server that can take its place.
    fn has(&self, known: &Known) -> bool {
        let is_tried = || !known.server.usable() && self.tried.contains(&known.address);
        self.in_use.contains(&known.address) || is_tried()
    }
}

impl Discovery {
    /// The state of the resolver.
    pub(crate) fn report(&self) -> &LookupReport {
        &self.report
    }

    /// Takes in an answer, which is not empty. New addresses become servers that must prove themselves, missing ones
    /// drain, and those that are back resume. `true` when the pool is to be assembled anew.
    pub(crate) fn answered(
        &mut self,
        answer: &BTreeSet<SocketAddr>,
        now: Instant,
        mut server: impl FnMut(SocketAddr) -> Arc<Server>,
    ) -> bool {
        self.report.successes += 1;
        (self.report.addresses, self.report.error) = (answer.len(), None);
        self.report.last_answer = Some(SystemTime::now());
        let moved = self.known.iter_mut().filter_map(|known| known.seen(answer, now).then_some(())).count();
        let known: HashSet<SocketAddr> = self.known.iter().map(|known| known.address).collect();
        let mut new = answer.iter().filter(|address| !known.contains(address)).peekable();
        let is_news = moved > 0 || new.peek().is_some();
        let room = MOST_SERVERS.saturating_sub(known.len());
        let expected = std::mem::take(&mut self.expected);
        self.known.extend(new.by_ref().take(room).map(|address| {
            let mut known = Known::new(*address, server(*address));
            if let Some(wish) = expected.iter().find(|wish| wish.address == *address) {
                known.comply(wish);
            }
            known
        }));
        if new.next().is_some() {
            tracing::warn!(
                most = MOST_SERVERS,
                "discovery: more addresses than a pool can have; some are left out"
            );
        }
        is_news
    }

    /// The operators' wishes, for the next process.
    pub(crate) fn wishes(&self) -> Vec<FoundWish> {
        let wishes = self.known.iter().map(|known| FoundWish {
            address: known.address,
            weight: known.weight,
            state: known.server.state().admin,
            removed: known.removed,
        });
        let said =
            |wish: &FoundWish| wish.weight.is_some() || wish.state != AdminState::Active || wish.removed;
        wishes.filter(said).chain(self.expected.iter().cloned()).collect()
    }

    /// Has these wishes hold from the first answer on.
    pub(crate) fn expect(&mut self, wishes: Vec<FoundWish>) {
        self.expected = wishes;
    }

    /// Notes a failure of the resolver; known servers stay. `true` when there was an answer before.
    pub(crate) fn failed(&mut self, error: String) -> bool {
        self.report.failures += 1;
        self.report.error.replace(error).is_none()
    }

    /// Forgets servers that have been gone for long. `true` when there were any.
    pub(crate) fn forget(&mut self, now: Instant) -> bool {
        let before = self.known.len();
        self.known.retain(|known| {
            let long_gone =
                known.gone_since.is_some_and(|since| now.saturating_duration_since(since) >= REMEMBERED);
            !long_gone || known.server.in_flight() > 0
        });
        self.known.len() < before
    }

    /// Forgets an operator's weights and removals, as a reload does.
    pub(crate) fn forget_wishes(&mut self) {
        for known in &mut self.known {
            (known.weight, known.removed) = (None, false);
        }
    }

    /// The servers that have a place in the pool beside the `listed` ones, with their weights. Each has a name that
    /// none of `taken` has. Of several servers that give themselves one name, the first has it, and the others have
    /// their address added.
    pub(crate) fn members(
        &mut self,
        weight: u32,
        listed: &Listed,
        mut taken: HashSet<String>,
    ) -> Vec<(Arc<Server>, u32)> {
        for known in &mut self.known {
            let placed = !known.removed && !listed.has(known);
            if placed && !known.placed {
                // Nobody has checked it meanwhile.
                known.server.must_prove_itself();
            }
            known.placed = placed;
        }
        for gone in [false, true] {
            let placed = self.known.iter().filter(|known| known.placed);
            placed
                .filter(|known| known.gone_since.is_some() == gone)
                .for_each(|known| known.call(&mut taken));
        }
        let placed = self.known.iter().filter(|known| known.placed);
        placed.map(|known| (Arc::clone(&known.server), known.weight.unwrap_or(weight))).collect()
    }

    /// Changes weight and state of the server of that name or address, and gives its name; `None` where there is none.
    pub(crate) fn change(
        &mut self,
        name: &str,
        weight: Option<u32>,
        state: Option<AdminState>,
    ) -> Option<String> {
        let known = self.find(name)?;
        known.weight = weight.or(known.weight);
        if let Some(state) = state {
            known.server.set_admin_state(state);
        }
        Some(known.server.name().to_owned())
    }

    /// Removes a server for as long as answers have it, and gives its name; `None` where there is none.
    pub(crate) fn remove(&mut self, name: &str) -> Option<String> {
        let known = self.find(name)?;
        known.removed = true;
        Some(known.server.name().to_owned())
    }

    fn find(&mut self, name: &str) -> Option<&mut Known> {
        let by_name = |known: &Known| known.placed && known.server.name() == name;
        let by_address = |known: &Known| known.placed && known.server.address() == name;
        let position = self.known.iter().position(by_name).or_else(|| self.known.iter().position(by_address));
        self.known.get_mut(position?)
    }
}

impl Known {
    fn new(address: SocketAddr, server: Arc<Server>) -> Self {
        tracing::info!(pool = server.pool(), %address, "server found");
        Self { address, server, gone_since: None, weight: None, removed: false, placed: false }
    }

    fn comply(&mut self, wish: &FoundWish) {
        (self.weight, self.removed) = (wish.weight, wish.removed);
        self.server.set_admin_state(wish.state);
    }

    /// Compares with an answer; `true` when the server has come or gone.
    fn seen(&mut self, answer: &BTreeSet<SocketAddr>, now: Instant) -> bool {
        let (was_gone, is_gone) = (self.gone_since.is_some(), !answer.contains(&self.address));
        if was_gone == is_gone {
            return false;
        }
        self.gone_since = is_gone.then_some(now);
        self.server.set_gone(is_gone);
        let (pool, server, address) = (self.server.pool(), self.server.name(), self.address);
        if is_gone {
            tracing::info!(pool, server, %address, in_flight = self.server.in_flight(), "server is gone; it drains");
        } else {
            tracing::info!(pool, server, %address, state = self.server.state().name(), "server is back");
        }
        true
    }

    fn call(&self, taken: &mut HashSet<String>) {
        let address = self.server.address();
        let name = match self.server.instance() {
            Some(name) if taken.insert(name.clone()) => name,
            Some(name) => format!("{name}@{address}"),
            None => address.to_owned(),
        };
        if self.server.rename(&name) {
            tracing::info!(pool = self.server.pool(), address, name, "server has a name");
        }
    }
}

#[cfg(test)]
mod tests;
