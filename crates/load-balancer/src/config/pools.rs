//! Reads `[[pools]]`.

use std::{collections::HashSet, time::Duration};

use service_kit::toml_file::Section;

use super::{
    DiscoverConfig, PoolConfig, ServerConfig, requests, timeouts,
    values::{DAY, DnsName, Name, Span},
};
use crate::{
    http1::target::is_target_byte,
    pool::{CheckPolicy, MOST_SERVERS, PoolSettings, Thresholds},
};

const MILLISECOND: Span = Span(Duration::from_millis(1));
/// The shortest interval of checks: more frequent ones would be load of their own.
const OFTEN: Span = Span(Duration::from_millis(10));
/// The shortest interval of look-ups: more frequent ones would be load of their own.
const LOOKUPS: std::ops::RangeInclusive<Span> =
    Span(Duration::from_millis(100))..=Span(Duration::from_hours(1));
const MOST_KEPT: usize = 10_000;
pub(crate) const WEIGHTS: std::ops::RangeInclusive<u32> = 1..=1000;

pub(super) fn read(root: &Section<'_>) -> Vec<PoolConfig> {
    let sections = root.sections("pools");
    if sections.is_empty() && !root.has("pools") {
        root.reject("pools", "is missing; write at least one [[pools]] with a name and servers");
    }
    let mut names = HashSet::new();
    let mut pools = Vec::new();
    for section in &sections {
        let pool = pool(section);
        if pool.as_ref().is_some_and(|pool| !names.insert(pool.name.clone())) {
            section.reject("name", "is the name of another pool, too");
        }
        pools.extend(pool);
    }
    pools
}

fn pool(section: &Section<'_>) -> Option<PoolConfig> {
    let name = section.required::<Name>("name");
    let mut settings = settings(section);
    let servers = servers(section);
    let discover = section.section("discover");
    if discover.is_none() && !section.has("servers") && !section.has("discover") {
        section.reject("servers", "is missing; list servers, or find them by \"discover\"");
    }
    let discover = discover.as_ref().and_then(self::discover);
    settings.expected_instances = expected_instances(section, &servers, discover.is_some());
    section.unknown();
    Some(PoolConfig { name: name?.0, settings, servers, discover })
}

/// The expected instances by default: the listed servers, where no other server can join them.
fn expected_instances(section: &Section<'_>, servers: &[ServerConfig], discovers: bool) -> Option<u32> {
    let most = u32::try_from(MOST_SERVERS).unwrap_or(u32::MAX);
    let listed = u32::try_from(servers.len()).ok().filter(|_| !discovers);
    if section.has("expected_instances") {
        return Some(section.within("expected_instances", 0..=most, 0));
    }
    listed
}

fn discover(section: &Section<'_>) -> Option<DiscoverConfig> {
    let (dns, port) = (section.required::<DnsName>("dns"), section.required::<u16>("port"));
    if port == Some(0) {
        section.reject("port", "is 0, must be from 1 to 65535");
    }
    let every = section.within("every", LOOKUPS, Span(Duration::from_secs(1))).0;
    let weight = section.within("weight", WEIGHTS, 1);
    section.unknown();
    Some(DiscoverConfig { dns: dns?.0, port: port?, every, weight })
}

fn servers(section: &Section<'_>) -> Vec<ServerConfig> {
    let sections = section.sections("servers");
    if sections.len() > MOST_SERVERS {
        section.reject("servers", format!("are {}, must be at most {MOST_SERVERS}", sections.len()));
    }
    let mut names = HashSet::new();
    let mut servers = Vec::new();
    for section in &sections {
        let server = server(section);
        if server.as_ref().is_some_and(|server| !names.insert(server.name.clone())) {
            section.reject("name", "is the name of another server of this pool, too");
        }
        servers.extend(server);
    }
    servers
}

fn server(section: &Section<'_>) -> Option<ServerConfig> {
    let (name, address) = (section.required::<Name>("name"), section.required("address"));
    let weight = section.within("weight", WEIGHTS, 1);
    let state = section.optional("state");
    section.unknown();
    Some(ServerConfig { name: name?.0, address: address?, weight, state })
}

fn settings(section: &Section<'_>) -> PoolSettings {
    let default = PoolSettings::default();
    let (timeouts, keepalive_timeout) =
        timeouts::of_pool(section, default.requests.timeouts, default.keepalive_timeout);
    PoolSettings {
        algorithm: section.or("algorithm", default.algorithm),
        keepalive: section.within("keepalive", 0..=MOST_KEPT, default.keepalive),
        keepalive_timeout,
        requests: requests::read(section, timeouts, default.requests),
        health: health(section, default.health),
        passive: passive(section, default.passive),
        expected_instances: default.expected_instances,
    }
}

fn health(section: &Section<'_>, default: CheckPolicy) -> CheckPolicy {
    let Some(section) = section.section("health") else { return default };
    let path: Option<String> = section.optional("path");
    if path.as_ref().is_some_and(|path| !is_path(path)) {
        section.reject(
            "path",
            "must begin with '/' and have no spaces, '#' or other characters that need percent-encoding",
        );
    }
    let span = |key, least, default| section.within(key, least..=DAY, Span(default)).0;
    let health = CheckPolicy {
        path,
        interval: span("interval", OFTEN, default.interval),
        timeout: span("timeout", MILLISECOND, default.timeout),
        retries: section.within("retries", 1..=1000, default.retries),
        start_period: span("start_period", Span(Duration::ZERO), default.start_period),
        down_interval: span("down_interval", OFTEN, default.down_interval),
    };
    section.unknown();
    health
}

fn passive(section: &Section<'_>, default: Thresholds) -> Thresholds {
    let Some(section) = section.section("passive") else { return default };
    let count = |key, default| section.within(key, 1..=1_000_000, default);
    let thresholds = Thresholds {
        connect_failures: count("connect_failures", default.connect_failures),
        failures: count("failures", default.failures),
    };
    section.unknown();
    thresholds
}

/// A request target in origin form (RFC 9112 section 3.2.1).
pub(super) fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.bytes().all(is_target_byte)
}
