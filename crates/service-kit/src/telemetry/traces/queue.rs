//! The bounded queue between requests and the thread that sends spans.

use std::{sync::Arc, time::Duration};

use opentelemetry::Context;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor},
};

use super::SpanCounts;

/// The largest number of waiting spans, those being sent included: some 2 MB.
const SIZE: usize = 2048;
/// The largest number of spans in one message.
const BATCH: usize = 512;
/// The time that a span waits for others to share its message.
const DELAY: Duration = Duration::from_secs(1);

/// A batch processor that counts its losses. Clones share the processor.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    batches: Arc<BatchSpanProcessor>,
    counts: Arc<SpanCounts>,
}

impl Queue {
    /// Starts the thread. `exporter` must give back the places of the spans that it was given.
    pub(super) fn start(
        exporter: impl SpanExporter + 'static,
        resource: &Resource,
        counts: Arc<SpanCounts>,
    ) -> Self {
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(SIZE)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(DELAY);
        let mut batches = BatchSpanProcessor::new(exporter, batches.build());
        batches.set_resource(resource);
        Self { batches: Arc::new(batches), counts }
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.batches.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.counts.enter(SIZE) {
            self.batches.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown_with_timeout(timeout)
    }
}
