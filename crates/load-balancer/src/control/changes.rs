//! Changes to servers while all is running.

use serde::Deserialize;

use super::{Control, Desired, Wish};
use crate::config::{HostPort, PoolConfig, ServerConfig, WEIGHTS, is_name};
use crate::events::{By, Cause};
use crate::pool::{AdminState, Discovery, MOST_SERVERS};

/// A change of a server; settings that are left out stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerChange {
    /// The weight, 1..=1000.
    pub weight: Option<u32>,
    /// The operator's wish.
    pub state: Option<AdminState>,
    /// The reason, for people who read the events later.
    pub reason: Option<String>,
}

/// A server to be added.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewServer {
    /// The name; may be left out where the path of the call has it.
    pub name: Option<String>,
    /// `host:port`.
    pub address: String,
    /// The weight, 1..=1000; 1 when left out.
    pub weight: Option<u32>,
    /// The operator's wish; active when left out.
    pub state: Option<AdminState>,
}

/// Why a change was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChangeError {
    /// There is no such pool.
    #[error("there is no pool {0:?}")]
    NoPool(String),
    /// There is no such server.
    #[error("pool {pool:?} has no server {server:?}")]
    NoServer {
        /// The pool.
        pool: String,
        /// The server.
        server: String,
    },
    /// There is such a server already.
    #[error("pool {pool:?} has a server {server:?} already")]
    Exists {
        /// The pool.
        pool: String,
        /// The server.
        server: String,
    },
    /// The pool is full.
    #[error("pool {0:?} has as many servers as it can")]
    Full(String),
    /// A value cannot be used.
    #[error("{field} {reason}")]
    Invalid {
        /// The key.
        field: &'static str,
        /// What is wrong with the value.
        reason: &'static str,
    },
}

impl Control {
    /// Changes weight or state of a server and gives the server's name. A found server may be called by its address,
    /// too; a change of it holds as long as the address stays.
    pub(crate) fn change(
        &self,
        pool: &str,
        name: &str,
        change: &ServerChange,
        by: By,
    ) -> Result<String, ChangeError> {
        let mut desired = self.desired();
        let weight = change.weight.map(checked_weight).transpose()?;
        let name = match listed(&mut desired, pool, name)? {
            Some(server) => {
                let before = Wish::of(server);
                server.weight = weight.unwrap_or(server.weight);
                server.state = change.state.or(server.state);
                if let Some(wish) = wish(&mut desired, pool, name, before) {
                    wish.weight = weight.or(wish.weight);
                    wish.state = change.state.or(wish.state);
                }
                name.to_owned()
            }
            None => discovered(&mut desired, pool, name, |known| known.change(name, weight, change.state))?,
        };
        self.publish(&mut desired, &Cause { by, reason: reason(change.reason.as_deref()) });
        tracing::info!(pool, server = name, ?change, "server changed");
        Ok(name)
    }

    /// Adds a server and gives its name. The server takes traffic after its first good check.
    pub(crate) fn add(&self, pool: &str, new: &NewServer, by: By) -> Result<String, ChangeError> {
        let server = checked(new)?;
        let name = server.name.clone();
        let mut desired = self.desired();
        let known = find_pool(&mut desired, pool)?;
        let is_discovered = self.published.load().pool(pool).is_some_and(|pool| pool.server(&name).is_some());
        if is_discovered || known.servers.iter().any(|known| known.name == name) {
            return Err(ChangeError::Exists { pool: pool.to_owned(), server: name });
        }
        if known.servers.len() >= MOST_SERVERS {
            return Err(ChangeError::Full(pool.to_owned()));
        }
        known.servers.push(server.clone());
        // One of the same name may have been removed before.
        desired.wishes.remove(&(pool.to_owned(), name.clone()));
        tracing::info!(pool, server = name, address = server.address.as_str(), "server added");
        desired.added.push((pool.to_owned(), server));
        self.publish(&mut desired, &by.into());
        Ok(name)
    }

    /// Removes a server: for good, or as long as discovery finds it. Requests that are with the server end in peace.
    pub(crate) fn remove(&self, pool: &str, name: &str, by: By) -> Result<(), ChangeError> {
        let mut desired = self.desired();
        if let Some(server) = listed(&mut desired, pool, name)? {
            let before = Wish::of(server);
            if let Some(wish) = wish(&mut desired, pool, name, before) {
                wish.removed = true;
            }
            find_pool(&mut desired, pool)?.servers.retain(|server| server.name != name);
            desired.added.retain(|(in_pool, server)| in_pool != pool || server.name != name);
        } else {
            discovered(&mut desired, pool, name, |known| known.remove(name))?;
        }
        self.publish(&mut desired, &by.into());
        tracing::info!(pool, server = name, "server removed");
        Ok(())
    }
}

/// The reason, where it is not empty.
fn reason(given: Option<&str>) -> Option<String> {
    given.map(str::trim).filter(|given| !given.is_empty()).map(str::to_owned)
}

fn find_pool<'a>(desired: &'a mut Desired, pool: &str) -> Result<&'a mut PoolConfig, ChangeError> {
    let mut pools = desired.config.pools.iter_mut();
    pools.find(|known| known.name == pool).ok_or_else(|| ChangeError::NoPool(pool.to_owned()))
}

/// A server that the file or an operator has named.
fn listed<'a>(
    desired: &'a mut Desired,
    pool: &str,
    name: &str,
) -> Result<Option<&'a mut ServerConfig>, ChangeError> {
    Ok(find_pool(desired, pool)?.servers.iter_mut().find(|server| server.name == name))
}

/// The operators' wish for a server of the file, `before` being its beginning; `None` for a server that was added.
fn wish<'a>(desired: &'a mut Desired, pool: &str, name: &str, before: Wish) -> Option<&'a mut Wish> {
    let is_added = desired.added.iter().any(|(in_pool, server)| in_pool == pool && server.name == name);
    (!is_added).then(|| desired.wishes.entry((pool.to_owned(), name.to_owned())).or_insert(before))
}

/// Changes a found server, and gives its name.
fn discovered(
    desired: &mut Desired,
    pool: &str,
    name: &str,
    act: impl FnOnce(&mut Discovery) -> Option<String>,
) -> Result<String, ChangeError> {
    let missing = || ChangeError::NoServer { pool: pool.to_owned(), server: name.to_owned() };
    desired.discovered.get_mut(pool).and_then(act).ok_or_else(missing)
}

fn checked(new: &NewServer) -> Result<ServerConfig, ChangeError> {
    let reason = "must be 1 to 64 letters, digits, '.', '_' or '-'";
    let name = new.name.as_ref().filter(|name| is_name(name));
    let name = name.ok_or(ChangeError::Invalid { field: "name", reason })?;
    let reason = "must be a host and a port, such as backend-4:5000";
    let address: HostPort =
        new.address.parse().map_err(|()| ChangeError::Invalid { field: "address", reason })?;
    let weight = checked_weight(new.weight.unwrap_or(1))?;
    Ok(ServerConfig { name: name.clone(), address, weight, state: new.state })
}

fn checked_weight(weight: u32) -> Result<u32, ChangeError> {
    let reason = "must be from 1 to 1000; to take a server out, set its state to \"drain\" or \"down\"";
    WEIGHTS.contains(&weight).then_some(weight).ok_or(ChangeError::Invalid { field: "weight", reason })
}
