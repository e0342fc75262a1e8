//! Traces: spans of requests, sent to a collector by OTLP over HTTP, as OpenTelemetry's environment variables say.
//!
//! Traces never hold up a request. A finished span takes a place in a bounded queue, or is dropped and counted, and a
//! thread of its own sends the queue. In the order in which a process meets them: [`TraceConfig`] is the configuration,
//! [`Sampling`] says which requests are sampled, [`Traces`] sends spans, and [`SpanCounts`] counts their fate.
//! [`follow`] and [`span_ids`] tie `tracing`'s spans to a caller's trace and to log lines.

mod config;
mod counts;
mod exporter;
mod link;
mod pairs;
mod queue;
mod sampling;

pub use config::TraceConfig;
pub use counts::SpanCounts;
pub use link::{SpanIds, follow, span_ids};
pub use sampling::Sampling;

use std::{sync::Arc, time::Duration};

use opentelemetry::{InstrumentationScope, KeyValue, trace::TracerProvider as _};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracerProvider, SpanData, SpanProcessor as _},
};
use tracing::{Metadata, Subscriber, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use exporter::Counting;
use queue::Queue;

/// The target of `tracing` spans that are for traces only. No log line has their fields. Such a span costs one
/// comparison where traces are off.
pub const SPANS: &str = "spans";

/// A sender of spans to a collector. Clones share the sender.
#[derive(Debug, Clone)]
pub struct Traces {
    queue: Queue,
    counts: Arc<SpanCounts>,
    sampling: Sampling,
    resource: Resource,
    scope: InstrumentationScope,
}

/// The reason why spans cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("spans cannot be sent to {endpoint}")]
pub struct TraceError {
    endpoint: String,
    source: ExporterBuildError,
}

impl Traces {
    /// Starts the thread that sends spans. `service` is the name that `OTEL_SERVICE_NAME` replaces, `instance` becomes
    /// `service.instance.id`.
    pub fn start(config: &TraceConfig, service: &'static str, instance: &str) -> Result<Self, TraceError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(config.endpoint())
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(config.timeout())
            .with_headers(config.headers())
            .build()
            .map_err(|source| TraceError { endpoint: config.endpoint().to_owned(), source })?;
        let counts = Arc::new(SpanCounts::default());
        let counting = Counting::new(exporter, Arc::clone(&counts), config.endpoint().to_owned());
        let resource = resource(config, service, instance);
        let queue = Queue::start(counting, &resource, Arc::clone(&counts));
        let scope = InstrumentationScope::builder(service).build();
        Ok(Self { queue, counts, sampling: config.sampling(), resource, scope })
    }

    /// Which requests are sampled.
    pub fn sampling(&self) -> Sampling {
        self.sampling
    }

    /// The counts of spans so far.
    pub fn counts(&self) -> &Arc<SpanCounts> {
        &self.counts
    }

    /// The instrumentation scope of spans that are put together by hand.
    pub fn scope(&self) -> &InstrumentationScope {
        &self.scope
    }

    /// Takes a finished span that was put together by hand. Never waits.
    pub fn record(&self, span: SpanData) {
        self.queue.on_end(span);
    }

    /// Turns `tracing` spans of the target [`SPANS`] into spans of a trace.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let provider = SdkTracerProvider::builder()
            .with_sampler(self.sampling)
            .with_resource(self.resource.clone())
            .with_span_processor(self.queue.clone())
            .build();
        let layer = OpenTelemetryLayer::new(provider.tracer_with_scope(self.scope.clone()));
        let plain = layer.with_location(false).with_threads(false).with_target(false).with_level(false);
        plain
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_span).with_max_level_hint(LevelFilter::INFO))
    }

    /// Sends the remaining spans, for at most `limit`. Spans that end later are dropped.
    pub async fn shut_down(self, limit: Duration) {
        let queue = self.queue;
        let shut_down = move || queue.shutdown_with_timeout(limit);
        // It waits on a thread of its own, since the runtime may have one thread only.
        match tokio::task::spawn_blocking(shut_down).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last spans were not sent"),
            Err(error) => tracing::error!(%error, "the last spans were not sent"),
        }
    }
}

/// Whether a `tracing` span or event is for traces alone.
pub(super) fn is_span(metadata: &Metadata<'_>) -> bool {
    metadata.target() == SPANS
}

/// The attributes of all spans of this process (`OTEL_RESOURCE_ATTRIBUTES` wins, `OTEL_SERVICE_NAME` over it).
fn resource(config: &TraceConfig, service: &'static str, instance: &str) -> Resource {
    let own = [
        KeyValue::new("service.name", service),
        KeyValue::new("service.instance.id", instance.to_owned()),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
    ];
    let given = config.attributes().iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let name = config.service_name().map(|name| KeyValue::new("service.name", name.to_owned()));
    Resource::builder_empty().with_attributes(own).with_attributes(given).with_attributes(name).build()
}
