//! What operators have changed, as it is carried over an upgrade to the next process, and what that process must prove
//! before it serves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Control, Desired};
use crate::config::{Config, HostPort, ServerConfig};
use crate::pool::{AdminState, FoundWish};
use crate::snapshot::Snapshot;

/// What one process tells the next. Keys that a process does not know are left out, so that versions may differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Carried {
    /// The pools that have a server that takes traffic.
    usable: Vec<String>,
    added: Vec<Added>,
    wishes: Vec<(String, String, Wish)>,
    found: BTreeMap<String, Vec<FoundWish>>,
}

/// A server that an operator has added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Added {
    pool: String,
    name: String,
    address: String,
    weight: u32,
    state: AdminState,
}

/// An operator's changes of a server that the file lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wish {
    pub(super) weight: Option<u32>,
    pub(super) state: Option<AdminState>,
    pub(super) removed: bool,
    /// What the file said of the server then.
    file_weight: u32,
    file_state: Option<AdminState>,
}

impl Wish {
    /// No wish yet for a server as the file lists it.
    pub(super) fn of(server: &ServerConfig) -> Self {
        Self { file_weight: server.weight, file_state: server.state, ..Self::default() }
    }
}

impl Carried {
    /// Reads what the process before has told; an error says what is wrong with it.
    pub(crate) fn read(told: Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(told)
    }

    /// Puts the changes into the configuration that the file gives. Where the file says something else of a server than
    /// it did, the file counts.
    pub(super) fn apply(&self, desired: &mut Desired) {
        for (pool, name, wish) in &self.wishes {
            wish.apply(desired, pool, name);
        }
        for added in &self.added {
            added.apply(desired);
        }
        for (pool, wishes) in &self.found {
            if let Some(discovery) = desired.discovered.get_mut(pool) {
                discovery.expect(wishes.clone());
            }
        }
    }

    /// Why a process with these pools would serve less than the one before, if so: servers have not been checked yet, or
    /// a pool has none that is well.
    fn lack(&self, snapshot: &Snapshot) -> Option<Lack> {
        let lacking = self
            .usable
            .iter()
            .filter_map(|name| snapshot.pool(name))
            .find(|pool| !pool.members().iter().any(|member| member.server().usable()));
        if let Some(pool) = lacking {
            return Some(Lack::NoServer(pool.name().to_owned()));
        }
        let waits = snapshot.servers().any(|(_, server)| {
            let state = server.state();
            server.report().last_check.is_none() && state.admin != AdminState::Down && !state.gone
        });
        waits.then_some(Lack::Unchecked)
    }
}

/// What a new process lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lack {
    /// A pool has no server that takes traffic, and had one in the process before.
    NoServer(String),
    /// Some servers have not been checked yet.
    Unchecked,
}

impl Added {
    fn apply(&self, desired: &mut Desired) {
        let Some(pool) = desired.config.pools.iter_mut().find(|pool| pool.name == self.pool) else { return };
        let Ok(address) = self.address.parse::<HostPort>() else { return };
        if pool.servers.iter().any(|server| server.name == self.name) {
            return;
        }
        let state = Some(self.state).filter(|state| *state != AdminState::Active);
        let server = ServerConfig { name: self.name.clone(), address, weight: self.weight, state };
        pool.servers.push(server.clone());
        desired.added.push((self.pool.clone(), server));
    }
}

impl Wish {
    fn apply(&self, desired: &mut Desired, pool: &str, name: &str) {
        let Some(pool) = desired.config.pools.iter_mut().find(|known| known.name == pool) else { return };
        let Some(server) = pool.servers.iter_mut().find(|server| server.name == name) else { return };
        let weight = self.weight.filter(|_| server.weight == self.file_weight);
        let state = self.state.filter(|_| server.state == self.file_state);
        let wish = Self { weight, state, removed: self.removed, ..Self::of(server) };
        server.weight = weight.unwrap_or(server.weight);
        server.state = state.or(server.state);
        if self.removed {
            pool.servers.retain(|server| server.name != name);
        }
        desired.wishes.insert((pool.name.clone(), name.to_owned()), wish);
    }
}

impl Control {
    /// What the next process is told.
    pub(crate) fn carried(&self) -> Value {
        let desired = self.desired();
        let snapshot = self.published.load();
        let usable =
            snapshot.pools.iter().filter(|pool| pool.members().iter().any(|member| member.server().usable()));
        let carried = Carried {
            usable: usable.map(|pool| pool.name().to_owned()).collect(),
            added: desired
                .added
                .iter()
                .filter_map(|(pool, server)| added(&desired.config, &snapshot, pool, server))
                .collect(),
            wishes: desired
                .wishes
                .iter()
                .map(|((pool, name), wish)| (pool.clone(), name.clone(), wish.clone()))
                .collect(),
            found: desired.discovered.iter().map(|(pool, found)| (pool.clone(), found.wishes())).collect(),
        };
        // It has text keys only.
        serde_json::to_value(carried).unwrap_or_default()
    }

    /// What this process lacks to serve as the one before did.
    pub(crate) fn lack(&self) -> Option<Lack> {
        self.before.lack(&self.published.load())
    }
}

/// A server that was added, as it is now.
fn added(config: &Config, snapshot: &Snapshot, pool: &str, server: &ServerConfig) -> Option<Added> {
    let listed = config.pools.iter().find(|known| known.name == pool)?;
    let now = listed.servers.iter().find(|known| known.name == server.name)?;
    let state =
        snapshot.pool(pool).and_then(|pool| pool.server(&server.name)).map(|server| server.state().admin);
    Some(Added {
        pool: pool.to_owned(),
        name: now.name.clone(),
        address: now.address.as_str().to_owned(),
        weight: now.weight,
        state: state.unwrap_or(AdminState::Active),
    })
}

#[cfg(test)]
mod tests;
