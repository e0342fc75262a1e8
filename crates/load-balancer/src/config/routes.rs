//! `[[routes]]`.

use std::collections::HashSet;

use super::{PoolConfig, RouteConfig, pools::is_path, reader::Section, values::Name};
use crate::route::HostMatch;

pub(super) fn read(root: &Section<'_>, pools: &[PoolConfig]) -> Vec<RouteConfig> {
    let sections = root.sections("routes");
    if sections.is_empty() && !root.has("routes") {
        root.reject("routes", "is missing; write at least one [[routes]] with a path and a pool");
    }
    let mut seen = HashSet::new();
    let mut routes = Vec::new();
    for section in &sections {
        let route = route(section, pools);
        if route.as_ref().is_some_and(|route| !seen.insert(route.name())) {
            section.reject("path", "is the path of another route for the same host, too");
        }
        routes.extend(route);
    }
    routes
}

fn route(section: &Section<'_>, pools: &[PoolConfig]) -> Option<RouteConfig> {
    let path: Option<String> = section.required("path");
    if path.as_ref().is_some_and(|path| !is_path(path) || path.contains(['?', '#'])) {
        section.reject("path", "must begin with '/' and have no spaces, '?' or '#'");
    }
    let pool = section.required::<Name>("pool");
    if let Some(Name(pool)) = &pool {
        known_pool(section, pool, pools);
    }
    let host = section.optional::<String>("host").map_or(HostMatch::Any, |host| HostMatch::parse(&host));
    section.unknown();
    Some(RouteConfig { host, path: path?, pool: pool?.0 })
}

fn known_pool(section: &Section<'_>, pool: &str, pools: &[PoolConfig]) {
    if pools.iter().any(|known| known.name == pool) {
        return;
    }
    let names: Vec<&str> = pools.iter().map(|pool| pool.name.as_str()).collect();
    let reason = if names.is_empty() {
        format!("there is no pool {pool:?}")
    } else {
        format!("there is no pool {pool:?}; known: {}", names.join(", "))
    };
    section.reject("pool", reason);
}
