//! Assembles a snapshot from the configuration. Parts of the old snapshot that still hold are taken over.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::Desired;
use crate::cache::{Cache, CachePolicy};
use crate::config::{PoolConfig, RouteConfig, ServerConfig};
use crate::limit::{LimitPolicy, Limiter};
use crate::pool::{Breaker, Listed, Member, Pool, PoolState, Server, Source};
use crate::route::{Route, RoutePolicy, RouteTable};
use crate::snapshot::Snapshot;

/// Assembles the desired snapshot. Pools of the same name keep their state. Servers of the same name and address are
/// the same server: health, in-flight requests and counters stay. A server at a new address starts unproven.
pub(super) fn snapshot(desired: &mut Desired, old: Option<&Snapshot>, workers: usize) -> Snapshot {
    let Desired { config, added, discovered, .. } = desired;
    let build = |pool: &PoolConfig| {
        let old = old.and_then(|old| old.pool(&pool.name)).map(AsRef::as_ref);
        let state = old.map_or_else(|| Arc::new(PoolState::new(workers)), |old| Arc::clone(old.state()));
        let mut servers = listed(pool, old, &state, workers);
        let by_hand = added.iter().filter(|(in_pool, _)| *in_pool == pool.name);
        let by_hand: HashSet<&str> = by_hand.map(|(_, server)| server.name.as_str()).collect();
        for (server, _) in &servers {
            let is_by_hand = by_hand.contains(server.name());
            server.set_source(if is_by_hand { Source::Admin } else { Source::File });
        }
        if let (Some(discover), Some(found)) = (&pool.discover, discovered.get_mut(&pool.name)) {
            let listed = Listed::of(servers.iter().map(|(server, _)| server));
            let names = pool.servers.iter().map(|server| server.name.clone()).collect();
            servers.extend(found.members(discover.weight, &listed, names));
        }
        Arc::new(Pool::new(&pool.name, pool.settings.clone(), servers, state))
    };
    let pools: Box<[Arc<Pool>]> = config.pools.iter().map(build).collect();
    let by_name: HashMap<&str, &Arc<Pool>> = pools.iter().map(|pool| (pool.name(), pool)).collect();
    let routes = config.routes.iter().filter_map(|route| self::route(route, old, &by_name)).collect();
    let routes = RouteTable::new(routes);
    Snapshot { version: old.map_or(1, |old| old.version + 1), pools, routes }
}

/// The servers that are listed one by one, in their order.
fn listed(
    config: &PoolConfig,
    old: Option<&Pool>,
    state: &PoolState,
    workers: usize,
) -> Vec<(Arc<Server>, u32)> {
    let known = old.into_iter().flat_map(Pool::members).map(Member::server);
    let known: HashMap<&str, &Arc<Server>> =
        known.filter(|server| server.source() != Source::Dns).map(|server| (server.name(), server)).collect();
    let server = |server: &ServerConfig| {
        let known = known.get(server.name.as_str()).copied();
        (self::server(config, server, known, state, workers), server.weight)
    };
    config.servers.iter().map(server).collect()
}

fn server(
    pool: &PoolConfig,
    config: &ServerConfig,
    known: Option<&Arc<Server>>,
    state: &PoolState,
    workers: usize,
) -> Arc<Server> {
    let address = config.address.as_str();
    let server = match known {
        Some(known) if known.address() == address => Arc::clone(known),
        _ => Arc::new(Server::new(&pool.name, &config.name, address, workers, Arc::clone(state.wake()))),
    };
    if let Some(admin) = config.state {
        server.set_admin_state(admin);
    }
    server
}

/// Finds the route's pool; the configuration was checked, so there is one.
fn route(config: &RouteConfig, old: Option<&Snapshot>, pools: &HashMap<&str, &Arc<Pool>>) -> Option<Route> {
    let name = config.name();
    // Another pool may say something else of the same path.
    let old = old.and_then(|old| old.routes.iter().find(|route| *route.name == *name));
    let old = old.filter(|old| old.pool.name() == config.pool);
    let pool = Arc::clone(pools.get(config.pool.as_str())?);
    Some(Route {
        policy: policy(config, &name, &pool, old.map(|old| &old.policy)),
        name: name.into(),
        host: config.host.clone(),
        path: config.path.as_str().into(),
        pool,
    })
}

/// The policy of a route's requests, in one value.
fn policy(config: &RouteConfig, name: &str, pool: &Pool, old: Option<&RoutePolicy>) -> RoutePolicy {
    RoutePolicy {
        requests: config.requests,
        limiter: config.rate_limit.as_ref().map(|policy| limiter(policy, old)),
        breaker: breaker(config, name, pool, old),
        cache: config.cache.map(|policy| cache(policy, old)),
    }
}

fn limiter(policy: &LimitPolicy, old: Option<&RoutePolicy>) -> Arc<Limiter> {
    let known = old.and_then(|old| old.limiter.as_ref()).filter(|known| known.policy() == policy);
    known.map_or_else(|| Arc::new(Limiter::new(policy.clone())), Arc::clone)
}

/// The pool's breaker, or the route's own where it has one.
fn breaker(config: &RouteConfig, name: &str, pool: &Pool, old: Option<&RoutePolicy>) -> Option<Arc<Breaker>> {
    if !config.own_breaker {
        return pool.breaker().map(Arc::clone);
    }
    let policy = config.requests.breaker?;
    let known = old.and_then(|old| old.breaker.as_ref());
    let known = known.filter(|known| known.route() == Some(name) && known.policy() == policy);
    let breaker = known.map_or_else(|| Arc::new(Breaker::new(policy, Some(name))), Arc::clone);
    breaker.follow(pool.members().iter().map(|member| &**member.server()));
    Some(breaker)
}

fn cache(policy: CachePolicy, old: Option<&RoutePolicy>) -> Arc<Cache> {
    let known = old.and_then(|old| old.cache.as_ref()).filter(|known| known.policy() == policy);
    known.map_or_else(|| Arc::new(Cache::new(policy)), Arc::clone)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{config, pool::Health};

    fn desired(servers: &str) -> Desired {
        let text = format!(
            "[[pools]]\nname = \"p\"\nservers = [{servers}]\n[[routes]]\npath = \"/\"\npool = \"p\"\n"
        );
        Desired::new(config::parse(Path::new("lb.toml"), &text, true).unwrap())
    }

    #[test]
    fn what_is_known_of_a_server_outlives_a_reload() {
        let a = "{ name = \"a\", address = \"127.0.0.1:1\" }";
        let first =
            snapshot(&mut desired(&format!("{a}, {{ name = \"b\", address = \"127.0.0.1:2\" }}")), None, 1);
        let pool = &first.pools[0];
        pool.server("a").unwrap().set_health(Health::Up);
        pool.server("b").unwrap().set_health(Health::Up);
        let second = snapshot(
            &mut desired(&format!("{a}, {{ name = \"b\", address = \"127.0.0.1:3\" }}")),
            Some(&first),
            1,
        );
        assert_eq!(second.version, 2);
        let new_pool = &second.pools[0];
        assert!(Arc::ptr_eq(pool.state(), new_pool.state()));
        assert!(Arc::ptr_eq(pool.server("a").unwrap(), new_pool.server("a").unwrap()));
        assert!(new_pool.server("a").unwrap().usable());
        assert!(!new_pool.server("b").unwrap().usable(), "another address has proved nothing");
        assert!(Arc::ptr_eq(&second.routes.iter().next().unwrap().pool, new_pool));
    }
}
