//! Routes with their limits and caches, and certificates.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::circuits::{self, BreakerStatus};
use crate::admin::Admin;
use crate::cache::Cache;
use crate::limit::{LimitPolicy, Limiter};
use crate::pool::rfc3339;
use crate::route::{HostMatch, Route};
use crate::tls::Served;

#[derive(Debug, Serialize)]
pub(super) struct RouteStatus {
    name: String,
    /// The hosts of the route: a name, `*.name`, or `*` for all.
    host: String,
    /// The prefix of paths.
    path: String,
    pool: String,
    retry: Retry,
    /// What the circuits go by that it has of its own; `null` where it has none, or those of its pool.
    circuit_breaker: Option<BreakerStatus>,
    rate_limit: Option<LimitStatus>,
    cache: Option<CacheStatus>,
}

/// The settings of retries.
#[derive(Debug, Serialize)]
struct Retry {
    max_retries: u32,
    budget_percent: u32,
}

#[derive(Debug, Serialize)]
struct LimitStatus {
    requests: u32,
    per_ms: u128,
    burst: u32,
    /// Whose requests are not counted: networks, addresses, or `private`.
    exempt: Vec<String>,
    refused_total: u64,
}

#[derive(Debug, Serialize)]
struct CacheStatus {
    ttl_ms: u128,
    max_bytes: u64,
    /// The kept answers now.
    bytes: usize,
    targets: usize,
    hits_total: u64,
    revalidated_total: u64,
    misses_total: u64,
    bypasses_total: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct CertificateStatus {
    file: String,
    names: Vec<String>,
    issuer: String,
    /// RFC 3339.
    not_before: Option<String>,
    /// RFC 3339.
    not_after: Option<String>,
    /// Whole days until the end; negative when it has passed.
    days_left: i64,
}

pub(super) fn route(route: &Route) -> RouteStatus {
    let host = match &route.host {
        HostMatch::Any => "*".to_owned(),
        HostMatch::Below(below) => format!("*{below}"),
        HostMatch::Exact(name) => name.to_string(),
    };
    let retry = route.policy.requests.retry;
    RouteStatus {
        name: route.name.to_string(),
        host,
        path: route.path.to_string(),
        pool: route.pool.name().to_owned(),
        retry: Retry { max_retries: retry.max_retries, budget_percent: retry.budget_percent },
        circuit_breaker: route.own_breaker().map(|(_, breaker)| circuits::breaker(breaker)),
        rate_limit: route.policy.limiter.as_deref().map(limit),
        cache: route.policy.cache.as_deref().map(cache),
    }
}

fn limit(limiter: &Limiter) -> LimitStatus {
    let LimitPolicy { limit, exempt } = limiter.policy();
    LimitStatus {
        requests: limit.requests,
        per_ms: limit.per.as_millis(),
        burst: limit.burst,
        exempt: exempt.iter().map(ToString::to_string).collect(),
        refused_total: limiter.refused(),
    }
}

fn cache(cache: &Cache) -> CacheStatus {
    let (policy, (targets, bytes)) = (cache.policy(), cache.usage());
    let [hits, revalidated, misses, bypasses] = cache.results().counts().map(|(_, count)| count);
    CacheStatus {
        ttl_ms: policy.ttl.as_millis(),
        max_bytes: policy.max_size,
        bytes,
        targets,
        hits_total: hits,
        revalidated_total: revalidated,
        misses_total: misses,
        bypasses_total: bypasses,
    }
}

/// The certificates in use.
pub(super) fn certificates(admin: &Admin) -> Vec<CertificateStatus> {
    let served = admin.facts.certificates.as_ref().map(|known| known.served()).unwrap_or_default();
    served.into_iter().map(certificate).collect()
}

fn certificate(served: Served) -> CertificateStatus {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds_left = served.not_after - i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    CertificateStatus {
        file: served.file.display().to_string(),
        names: served.names,
        issuer: served.issuer,
        not_before: since_1970(served.not_before),
        not_after: since_1970(served.not_after),
        days_left: seconds_left.div_euclid(24 * 60 * 60),
    }
}

fn since_1970(seconds: i64) -> Option<String> {
    let seconds = Duration::from_secs(u64::try_from(seconds).ok()?);
    rfc3339(SystemTime::UNIX_EPOCH.checked_add(seconds))
}
