//! Links `tracing`'s spans with the ids that go over the wire and into logs.

use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::telemetry::TraceParent;

/// The ids of a span: lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanIds {
    /// The trace: 32 digits.
    pub trace_id: String,
    /// The span: 16 digits.
    pub span_id: String,
}

/// Makes a new `tracing` span the child of a caller's span. Does nothing where traces are off.
pub fn follow(span: &Span, parent: &TraceParent) {
    let flags = if parent.sampled() { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    let (trace_id, span_id) =
        (TraceId::from_bytes(parent.trace_id_bytes()), SpanId::from_bytes(parent.parent_id_bytes()));
    let caller = SpanContext::new(trace_id, span_id, flags, true, TraceState::NONE);
    // Fails where there is no layer for traces, or the span is disabled, which is the same.
    let _ = span.set_parent(Context::new().with_remote_span_context(caller));
}

/// The ids of a span; `None` where traces are off.
pub fn span_ids(span: &Span) -> Option<SpanIds> {
    let context = span.context();
    let ids = context.span().span_context().clone();
    ids.is_valid()
        .then(|| SpanIds { trace_id: ids.trace_id().to_string(), span_id: ids.span_id().to_string() })
}
