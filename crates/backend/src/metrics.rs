//! The metrics, with the names that dashboards use.

use std::sync::Arc;
use std::time::Duration;

use prometheus::{
    CounterVec, Encoder as _, Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts,
    Registry, TextEncoder,
};

use service_kit::telemetry::traces::SpanCounts;

use crate::auth::HashMetrics;
use crate::outbox::OutboxMetrics;
use crate::process_metrics::ProcessMetrics;
use crate::span_metrics::SpanMetrics;
use crate::store::PoolStatus;
use crate::store::metrics::StoreMetrics;
use crate::store::observation::ServerMetrics;

const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The reason why an answer is not stored for the request's `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotKept {
    /// The answer is a refusal, and a proxy made the key.
    ProxyKey,
    /// The answer is a refusal of more than 4 KiB.
    TooLarge,
    /// The asker has the largest number of live records.
    Quota,
}

impl NotKept {
    fn as_str(self) -> &'static str {
        match self {
            Self::ProxyKey => "proxy_key",
            Self::TooLarge => "too_large",
            Self::Quota => "quota",
        }
    }
}

/// The metrics of an instance. Each instance has a registry of its own, so that tests can run several instances in
/// one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: CounterVec,
    durations: HistogramVec,
    pool_connections: GaugeVec,
    pool_max: Gauge,
    pool_waiting: Gauge,
    hashes_waiting: IntGauge,
    value_files: GaugeVec,
    answers_not_kept: IntCounterVec,
    address_collisions: IntGauge,
    factors_sealed_otherwise: IntGauge,
    task_ends: IntCounterVec,
    hashes: HashMetrics,
    replica_reads: CounterVec,
    store: StoreMetrics,
    server: ServerMetrics,
    outbox: OutboxMetrics,
}

impl Metrics {
    /// Makes and registers all metrics.
    ///
    /// # Errors
    ///
    /// The error of the registry where two metrics have one name.
    pub fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let labels = ["method", "route", "status"];
        let duration =
            HistogramOpts::new("http_request_duration_seconds", "Time to answer a request in seconds.")
                .buckets(BUCKETS.to_vec());
        let states = Opts::new("db_pool_connections", "Database connections of this instance by state.");
        let files = Opts::new(
            "config_restart_needed",
            "1 where the file of a variable holds another value than this instance goes by.",
        );
        let not_kept = Opts::new(
            "idempotency_answers_not_kept_total",
            "Answers that were not kept for the request's Idempotency-Key, by reason.",
        );
        let task_ends = Opts::new(
            "background_task_ends_total",
            "Background tasks that ended though they should go on, by task and reason.",
        );
        let metrics = Self {
            requests: CounterVec::new(Opts::new("http_requests_total", "Answered requests."), &labels)?,
            durations: HistogramVec::new(duration, &["method", "route"])?,
            pool_connections: GaugeVec::new(states, &["state"])?,
            pool_max: Gauge::new("db_pool_max_connections", "Database connections this instance may have.")?,
            pool_waiting: Gauge::new("db_pool_waiting", "Calls that wait for a database connection.")?,
            hashes_waiting: IntGauge::new("password_hashes_waiting", "Passwords that wait to be hashed.")?,
            value_files: GaugeVec::new(files, &["variable"])?,
            answers_not_kept: IntCounterVec::new(not_kept, &["reason"])?,
            address_collisions: IntGauge::new(
                "account_address_collisions",
                "Accounts whose address is another spelling of one that another account has.",
            )?,
            factors_sealed_otherwise: IntGauge::new(
                "second_factors_sealed_by_other_secrets",
                "Secrets of authenticator apps that another secret than JWT_SECRET has sealed, after the last look.",
            )?,
            task_ends: IntCounterVec::new(task_ends, &["task", "reason"])?,
            hashes: HashMetrics::register(&registry)?,
            replica_reads: CounterVec::new(
                Opts::new("db_replica_reads_total", "Questions to the replica for reading, by result."),
                &["result"],
            )?,
            store: StoreMetrics::register(&registry)?,
            server: ServerMetrics::register(&registry)?,
            outbox: OutboxMetrics::register(&registry)?,
            registry,
        };
        metrics.register()?;
        Ok(metrics)
    }

    fn register(&self) -> prometheus::Result<()> {
        let registry = &self.registry;
        registry.register(Box::new(self.requests.clone()))?;
        registry.register(Box::new(self.durations.clone()))?;
        registry.register(Box::new(self.pool_connections.clone()))?;
        registry.register(Box::new(self.pool_max.clone()))?;
        registry.register(Box::new(self.pool_waiting.clone()))?;
        registry.register(Box::new(self.hashes_waiting.clone()))?;
        registry.register(Box::new(self.value_files.clone()))?;
        registry.register(Box::new(self.answers_not_kept.clone()))?;
        registry.register(Box::new(self.address_collisions.clone()))?;
        registry.register(Box::new(self.factors_sealed_otherwise.clone()))?;
        registry.register(Box::new(self.task_ends.clone()))?;
        registry.register(Box::new(self.replica_reads.clone()))?;
        // process_cpu_seconds_total, process_resident_memory_bytes and their kin.
        registry.register(Box::new(ProcessMetrics::for_self()))
    }

    /// The counter of background tasks that ended, by task and reason.
    pub fn task_ends(&self) -> IntCounterVec {
        self.task_ends.clone()
    }

    /// Registers the counters of spans. The function must be called once only.
    ///
    /// # Errors
    ///
    /// The error of the registry where a name is taken.
    pub fn count_spans(&self, counts: Arc<SpanCounts>) -> prometheus::Result<()> {
        self.registry.register(Box::new(SpanMetrics::new(counts)?))
    }

    /// Sets the number of secrets of authenticator apps that the current key has not encrypted.
    pub fn factors_sealed_otherwise(&self, left: usize) {
        self.factors_sealed_otherwise.set(i64::try_from(left).unwrap_or(i64::MAX));
    }

    /// The metrics of password hashing.
    pub fn hashes(&self) -> HashMetrics {
        self.hashes.clone()
    }

    /// The metrics of the store.
    pub fn store(&self) -> StoreMetrics {
        self.store.clone()
    }

    /// The metrics about the database itself.
    pub fn server(&self) -> &ServerMetrics {
        &self.server
    }

    /// The metrics of the outbox.
    pub fn outbox(&self) -> &OutboxMetrics {
        &self.outbox
    }

    /// Sets whether the file of `variable` has another value than the one in use.
    pub fn value_file(&self, variable: &str, differs: bool) {
        self.value_files.with_label_values(&[variable]).set(f64::from(u8::from(differs)));
    }

    /// Counts an answer that was not stored for the request's key.
    pub fn answer_not_kept(&self, reason: NotKept) {
        self.answers_not_kept.with_label_values(&[reason.as_str()]).inc();
    }

    /// Sets the number of accounts whose addresses collide. Every instance sets the same value.
    pub fn address_collisions(&self, accounts: u64) {
        self.address_collisions.set(i64::try_from(accounts).unwrap_or(i64::MAX));
    }

    /// Counts a query that the replica was to answer. `answered` says whether the replica did, and not the primary.
    pub fn replica_read(&self, answered: bool) {
        let result = if answered { "answered" } else { "failed" };
        self.replica_reads.with_label_values(&[result]).inc();
    }

    /// Counts one answered request.
    pub fn request(&self, method: &str, route: &str, status: u16, duration: Duration) {
        self.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        self.durations.with_label_values(&[method, route]).observe(duration.as_secs_f64());
    }

    /// The metrics in the Prometheus text format 0.0.4, with the pool and the hashing queue as they are now.
    ///
    /// # Errors
    ///
    /// The error of the encoder.
    pub fn render(&self, pool: PoolStatus, hashes_waiting: usize) -> prometheus::Result<Vec<u8>> {
        for (state, connections) in [("idle", pool.idle), ("in_use", pool.in_use)] {
            self.pool_connections.with_label_values(&[state]).set(connections.into());
        }
        self.pool_max.set(pool.max.into());
        self.pool_waiting.set(pool.waiting.into());
        self.hashes_waiting.set(i64::try_from(hashes_waiting).unwrap_or(i64::MAX));
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}
