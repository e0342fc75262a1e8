//! Reads `[[routes]]`.

use std::{collections::HashSet, ops::RangeInclusive, time::Duration};

use service_kit::toml_file::Section;

use super::{
    PoolConfig, RouteConfig, breaker,
    pools::is_path,
    requests, timeouts,
    values::{ByteSize, DAY, HostPattern, Name, Span},
};
use crate::{
    cache::CachePolicy,
    limit::{LimitPolicy, RateLimit},
    pool::RequestPolicy,
    route::HostMatch,
};

const COUNTS: RangeInclusive<u32> = 1..=1_000_000_000;
const YEAR: Span = Span(Duration::from_hours(24 * 365));
const SIZES: RangeInclusive<ByteSize> = ByteSize(1024)..=ByteSize(64 << 30);
const DEFAULT_SIZE: ByteSize = ByteSize(100 << 20);

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
        section.reject(
            "path",
            "must begin with '/' and have no spaces, '?', '#' or other characters that need percent-encoding",
        );
    }
    let pool = section.required::<Name>("pool");
    let inherited = pool.as_ref().and_then(|Name(pool)| known_pool(section, pool, pools)).unwrap_or_default();
    let timeouts = timeouts::of_route(section, inherited.timeouts);
    let requests = requests::read(section, timeouts, inherited);
    let host =
        section.optional::<HostPattern>("host").map_or(HostMatch::Any, |host| HostMatch::parse(&host.0));
    let (rate_limit, cache) = (rate_limit(section), cache(section));
    section.unknown();
    let own_breaker = section.has(breaker::KEY);
    Some(RouteConfig { host, path: path?, pool: pool?.0, requests, own_breaker, rate_limit, cache })
}

fn rate_limit(section: &Section<'_>) -> Option<LimitPolicy> {
    let section = section.section("rate_limit")?;
    let requests = section.required("requests").map(|_: u32| section.within("requests", COUNTS, 1));
    let per = section.within("per", Span(Duration::from_millis(1))..=DAY, Span(Duration::from_secs(1))).0;
    let burst = section.within("burst", COUNTS, requests.unwrap_or(1));
    let exempt = section.list("exempt");
    section.unknown();
    Some(LimitPolicy { limit: RateLimit { requests: requests?, per, burst }, exempt })
}

fn cache(section: &Section<'_>) -> Option<CachePolicy> {
    let section = section.section("cache")?;
    let ttl = section.within("ttl", Span(Duration::ZERO)..=YEAR, Span(Duration::from_mins(5))).0;
    let max_size = section.within("max_size", SIZES, DEFAULT_SIZE).0;
    section.unknown();
    Some(CachePolicy { ttl, max_size })
}

/// The policy of the pool of this name, if there is one.
fn known_pool(section: &Section<'_>, name: &str, pools: &[PoolConfig]) -> Option<RequestPolicy> {
    if let Some(pool) = pools.iter().find(|known| known.name == name) {
        return Some(pool.settings.requests);
    }
    let names: Vec<&str> = pools.iter().map(|pool| pool.name.as_str()).collect();
    let reason = if names.is_empty() {
        format!("there is no pool {name:?}")
    } else {
        format!("there is no pool {name:?}; known: {}", names.join(", "))
    };
    section.reject("pool", reason);
    None
}
