//! `/metrics`: the workers' counters summed, in the Prometheus text format 0.0.4.

use std::{
    fmt::{Display, Write},
    sync::Arc,
    time::Instant,
};

use service_kit::{process, telemetry::traces::SpanCounts};

use super::Admin;
use crate::control::Control;
use crate::pool::{Breaker, CircuitState, Health, Pool, Server};
use crate::retry::Failure;
use crate::route::Route;
use crate::snapshot::Snapshot;
use crate::stats::{BOUNDS, Histogram, PoolStats, Tally, WorkerStats};
use crate::supervise;

/// The page of all metrics.
pub(super) fn text(admin: &Admin) -> String {
    let control = &*admin.control;
    let snapshot = control.published().load();
    let pools = &snapshot.pools;
    let mut page = Page::default();
    requests(&mut page, pools);
    durations(&mut page, pools);
    servers(&mut page, pools);
    circuits(&mut page, &snapshot);
    discovery(&mut page, control, pools);
    retries(&mut page, pools);
    routes(&mut page, &snapshot);
    workers(&mut page, control);
    certificates(&mut page, admin);
    page.family("lb_configuration_version", "gauge", "Grows by one with each configuration in force.");
    page.sample("lb_configuration_version", &[], snapshot.version);
    if let Some(counts) = control.span_counts() {
        spans(&mut page, counts);
    }
    task_ends(&mut page);
    own(&mut page);
    page.0
}

fn certificates(page: &mut Page, admin: &Admin) {
    let name = "lb_certificate_not_after_seconds";
    page.family(name, "gauge", "Until when a certificate in use is good, in seconds since 1970.");
    for served in admin.facts.certificates.iter().flat_map(|known| known.served()) {
        page.sample(name, &[("file", &served.file.display().to_string())], served.not_after);
    }
}

fn task_ends(page: &mut Page) {
    let name = "lb_task_ends_total";
    page.family(
        name,
        "counter",
        "Tasks and threads that have panicked, or ended though they should not have.",
    );
    for (task, ends) in supervise::ends() {
        page.sample(name, &[("task", task)], ends);
    }
}

fn spans(page: &mut Page, counts: &SpanCounts) {
    page.family("trace_spans_sent_total", "counter", "Spans that a collector has taken.");
    page.sample("trace_spans_sent_total", &[], counts.sent());
    page.family("trace_spans_dropped_total", "counter", "Spans that were lost, by reason.");
    for (reason, spans) in counts.dropped() {
        page.sample("trace_spans_dropped_total", &[("reason", reason)], spans);
    }
}

fn own(page: &mut Page) {
    page.family("process_cpu_seconds_total", "counter", "Processor time of all threads.");
    page.sample("process_cpu_seconds_total", &[], process::cpu_time().as_secs_f64());
    if let Some(bytes) = process::resident_bytes() {
        page.family("process_resident_memory_bytes", "gauge", "Memory in use.");
        page.sample("process_resident_memory_bytes", &[], bytes);
    }
}

/// The page while it is written.
#[derive(Default)]
struct Page(String);

type Label<'a> = (&'a str, &'a str);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &[Label<'_>], value: impl Display) {
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let open = if index == 0 { '{' } else { ',' };
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.0, "{open}{label}=\"{text}\"");
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    /// One histogram, summed over the workers.
    fn histogram<'a>(
        &mut self,
        name: &str,
        labels: [Label<'_>; 2],
        parts: impl Iterator<Item = &'a Histogram> + Clone,
    ) {
        let bucket_name = format!("{name}_bucket");
        let mut below = 0;
        for bucket in 0..=BOUNDS.len() {
            below += parts.clone().map(|part| part.buckets()[bucket]).sum::<u64>();
            let bound = BOUNDS.get(bucket).map_or_else(|| "+Inf".to_owned(), |bound| seconds(*bound));
            self.sample(&bucket_name, &[labels[0], labels[1], ("le", &bound)], below);
        }
        let sum = parts.map(Histogram::sum_micros).sum();
        self.sample(&format!("{name}_sum"), &labels, seconds(sum));
        self.sample(&format!("{name}_count"), &labels, below);
    }
}

/// Microseconds in seconds, without rounding.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn each(pools: &[Arc<Pool>]) -> impl Iterator<Item = (&Pool, &Server)> {
    pools.iter().flat_map(|pool| pool.members().iter().map(move |member| (&**pool, &**member.server())))
}

/// The servers that are part of their pool. A server that is gone is not down.
fn there(pools: &[Arc<Pool>]) -> impl Iterator<Item = (&Pool, &Server)> {
    each(pools).filter(|(_, server)| !server.state().gone)
}

fn labels<'a>(pool: &'a Pool, server: &'a Server) -> [Label<'a>; 2] {
    [("pool", pool.name()), ("server", server.name())]
}

fn requests(page: &mut Page, pools: &[Arc<Pool>]) {
    let name = "lb_requests_total";
    page.family(name, "counter", "Answers to clients; without a server, the answer was the balancer's own.");
    for (pool, server) in each(pools) {
        let codes = server.all_stats().iter().flat_map(|stats| stats.codes.iter());
        by_code(page, name, pool.name(), server.name(), codes);
    }
    for pool in pools {
        let codes = pool.state().all_stats().iter().flat_map(|stats| stats.codes.iter());
        by_code(page, name, pool.name(), "", codes);
    }
    let name = "lb_requests_in_flight";
    page.family(name, "gauge", "Requests that are with a server now.");
    for (pool, server) in each(pools) {
        page.sample(name, &labels(pool, server), server.in_flight());
    }
}

fn by_code(page: &mut Page, name: &str, pool: &str, server: &str, codes: impl Iterator<Item = (u16, u64)>) {
    let mut sums = std::collections::BTreeMap::new();
    for (code, count) in codes {
        *sums.entry(code).or_insert(0) += count;
    }
    for (code, count) in sums {
        let code = if code == 0 { "other".to_owned() } else { code.to_string() };
        page.sample(name, &[("pool", pool), ("server", server), ("code", &code)], count);
    }
}

fn durations(page: &mut Page, pools: &[Arc<Pool>]) {
    let name = "lb_request_duration_seconds";
    page.family(name, "histogram", "From a request's head to the end of its answer, retries included.");
    for (pool, server) in each(pools) {
        page.histogram(name, labels(pool, server), server.all_stats().iter().map(|stats| &stats.requests));
    }
    for pool in pools {
        let own = pool.state().all_stats().iter().map(|stats| &stats.durations);
        page.histogram(name, [("pool", pool.name()), ("server", "")], own);
    }
    let name = "lb_upstream_duration_seconds";
    page.family(name, "histogram", "From the start of an attempt to the end of its answer.");
    for (pool, server) in each(pools) {
        page.histogram(name, labels(pool, server), server.all_stats().iter().map(|stats| &stats.upstream));
    }
}

fn servers(page: &mut Page, pools: &[Arc<Pool>]) {
    page.family("lb_server_up", "gauge", "1 when the server takes traffic.");
    for (pool, server) in there(pools) {
        page.sample("lb_server_up", &labels(pool, server), u8::from(server.usable()));
    }
    let name = "onboarding_expected_instances";
    page.family(name, "gauge", "Servers that are to take traffic, as the configuration says.");
    for pool in pools {
        if let Some(expected) = pool.settings().expected_instances {
            page.sample(name, &[("pool", pool.name())], expected);
        }
    }
    page.family("lb_server_weight", "gauge", "The server's share relative to the others'.");
    for pool in pools {
        for member in pool.members().iter().filter(|member| !member.server().state().gone) {
            page.sample("lb_server_weight", &labels(pool, member.server()), member.weight());
        }
    }
    let name = "lb_health_checks_total";
    page.family(name, "counter", "Active checks by result.");
    for (pool, server) in each(pools) {
        let (good, failed) = server.checks();
        for (result, count) in [("success", good), ("failure", failed)] {
            let [pool, server] = labels(pool, server);
            page.sample(name, &[pool, server, ("result", result)], count);
        }
    }
}

/// Of each server, and of each server on each route that has circuits of its own.
fn circuits(page: &mut Page, snapshot: &Snapshot) {
    let name = "lb_circuit_state";
    let help = "0 closed, 1 open, 2 half-open; 1 also while failing traffic keeps the server out.";
    page.family(name, "gauge", help);
    let state = |breaker: Option<&Breaker>, server: &Server| match server.state().health {
        Health::Ejected => CircuitState::Open as u8,
        Health::Starting | Health::Up | Health::Down => breaker
            .and_then(|breaker| breaker.view(server, Instant::now()))
            .map_or(CircuitState::Closed, |circuit| circuit.state)
            as u8,
    };
    for (pool, server) in there(&snapshot.pools) {
        page.sample(name, &labels(pool, server), state(pool.breaker().map(AsRef::as_ref), server));
    }
    for (route, breaker) in snapshot.routes.iter().filter_map(Route::own_breaker) {
        for (_, server) in there(std::slice::from_ref(&route.pool)) {
            let [pool, of] = labels(&route.pool, server);
            page.sample(name, &[pool, of, ("route", &route.name)], state(Some(breaker), server));
        }
    }
}

fn discovery(page: &mut Page, control: &Control, pools: &[Arc<Pool>]) {
    let reports = pools.iter().filter_map(|pool| Some((pool.name(), control.discovery(pool.name())?.1)));
    let reports: Vec<_> = reports.collect();
    let name = "lb_discovery_addresses";
    page.family(name, "gauge", "Addresses in the resolver's last good answer.");
    for (pool, report) in &reports {
        page.sample(name, &[("pool", pool)], report.addresses);
    }
    let name = "lb_discovery_lookups_total";
    page.family(name, "counter", "Questions to the resolver; an answer without addresses is a failure.");
    for (pool, report) in &reports {
        for (result, count) in [("success", report.successes), ("failure", report.failures)] {
            page.sample(name, &[("pool", pool), ("result", result)], count);
        }
    }
}

fn retries(page: &mut Page, pools: &[Arc<Pool>]) {
    page.family("lb_retries_total", "counter", "Attempts after the first, by why the one before had failed.");
    for pool in pools {
        for (index, reason) in Failure::NAMES.iter().enumerate() {
            let count: u64 =
                pool.state().all_stats().iter().map(|stats: &PoolStats| stats.retries[index].get()).sum();
            page.sample("lb_retries_total", &[("pool", pool.name()), ("reason", reason)], count);
        }
    }
}

fn routes(page: &mut Page, snapshot: &Snapshot) {
    page.family(
        "lb_rate_limited_total",
        "counter",
        "Requests refused because their client had used up its rate.",
    );
    for route in snapshot.routes.iter() {
        if let Some(limiter) = &route.policy.limiter {
            page.sample("lb_rate_limited_total", &[("route", &route.name)], limiter.refused());
        }
    }
    page.family("lb_cache_requests_total", "counter", "Requests to routes with a cache, by result.");
    let mut sums = std::collections::BTreeMap::new();
    for cache in snapshot.routes.iter().filter_map(|route| route.policy.cache.as_ref()) {
        for (result, count) in cache.results().counts() {
            *sums.entry(result).or_insert(0_u64) += count;
        }
    }
    for (result, count) in sums {
        page.sample("lb_cache_requests_total", &[("result", result)], count);
    }
}

fn workers(page: &mut Page, control: &Control) {
    let sum = |of: fn(&WorkerStats) -> &Tally| -> u64 {
        control.shards().iter().map(|shard| of(&shard.stats).get()).sum()
    };
    page.family("lb_connections_open", "gauge", "Open connections; idle ones are included.");
    page.sample("lb_connections_open", &[("side", "client")], sum(|stats| &stats.client_connections));
    page.sample("lb_connections_open", &[("side", "upstream")], sum(|stats| &stats.upstream_connections));
    let name = "lb_connections_refused_total";
    page.family(name, "counter", "Refused because of max_connections.");
    page.sample(name, &[], sum(|stats| &stats.refused_connections));
    let name = "lb_connections_refused_by_address_total";
    page.family(name, "counter", "Refused because of max_connections_per_address.");
    page.sample(name, &[], sum(|stats| &stats.refused_by_address));
    let name = "lb_http2_floods_total";
    page.family(name, "counter", "HTTP/2 connections ended because of a flood of frames that carry nothing.");
    page.sample(name, &[], sum(|stats| &stats.flooded_connections));
    let name = "lb_access_log_dropped_lines_total";
    page.family(name, "counter", "Lines that the log's file or pipe was too slow for.");
    page.sample(name, &[], sum(|stats| &stats.dropped_log_lines));
    let name = "lb_unrouted_requests_total";
    page.family(
        name,
        "counter",
        "Answers to requests that have no pool: health, unknown paths, bad requests.",
    );
    let mut codes = std::collections::BTreeMap::new();
    for (code, count) in control.shards().iter().flat_map(|shard| shard.stats.codes.iter()) {
        *codes.entry(code).or_insert(0_u64) += count;
    }
    for (code, count) in codes {
        page.sample(name, &[("code", &code.to_string())], count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact() {
        for (micros, expected) in [(0, "0"), (250, "0.00025"), (1_000_000, "1"), (30_000_001, "30.000001")] {
            assert_eq!(seconds(micros), expected);
        }
    }

    #[test]
    fn labels_are_escaped() {
        let mut page = Page::default();
        page.sample("x", &[("a", "b\"c\\d\n"), ("e", "")], 1);
        assert_eq!(page.0, "x{a=\"b\\\"c\\\\d\\n\",e=\"\"} 1\n");
    }
}
