//! A span as tests look at it.

use std::{collections::BTreeMap, fmt::Write as _};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1,
};
use serde::Serialize;
use serde_json::json;

/// The kind of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Work within a process.
    Internal,
    /// A request that came in.
    Server,
    /// A request that went out.
    Client,
    /// Another kind, which no service here makes.
    Other,
}

/// One span. Ids are lower-case hexadecimal digits.
#[derive(Debug, Clone, Serialize)]
pub struct Span {
    /// The value of `service.name`.
    pub service: String,
    /// The value of `service.instance.id`, or empty.
    pub instance: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The id of the trace: 32 digits.
    pub trace_id: String,
    /// The id of the span: 16 digits.
    pub span_id: String,
    /// The id of the parent: 16 digits, or empty for the first span of a trace.
    pub parent_span_id: String,
    /// The beginning, in Unix nanoseconds.
    pub began_nanos: u64,
    /// The duration, in nanoseconds.
    pub duration_nanos: u64,
    /// Whether the span has the status of an error.
    pub failed: bool,
    /// The other attributes.
    pub attributes: BTreeMap<String, serde_json::Value>,
}

impl Span {
    /// An attribute as text; empty where it is absent.
    pub fn attribute(&self, key: &str) -> String {
        match self.attributes.get(key) {
            None => String::new(),
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }
}

/// The spans of a message.
pub(super) fn all(request: ExportTraceServiceRequest) -> impl Iterator<Item = Span> {
    request.resource_spans.into_iter().flat_map(|of_resource| {
        let resource = attributes(of_resource.resource.map(|Resource { attributes, .. }| attributes));
        let spans = of_resource.scope_spans.into_iter().flat_map(|of_scope| of_scope.spans);
        spans.map(move |span| read(span, &resource)).collect::<Vec<_>>()
    })
}

fn read(span: v1::Span, resource: &BTreeMap<String, serde_json::Value>) -> Span {
    let text = |key| resource.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let failed = span.status.as_ref().is_some_and(|status| status.code() == v1::status::StatusCode::Error);
    Span {
        service: text("service.name"),
        instance: text("service.instance.id"),
        kind: match span.kind() {
            v1::span::SpanKind::Internal => Kind::Internal,
            v1::span::SpanKind::Server => Kind::Server,
            v1::span::SpanKind::Client => Kind::Client,
            _ => Kind::Other,
        },
        name: span.name,
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_span_id: hex(&span.parent_span_id),
        began_nanos: span.start_time_unix_nano,
        duration_nanos: span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano),
        failed,
        attributes: attributes(Some(span.attributes)),
    }
}

fn attributes(pairs: Option<Vec<KeyValue>>) -> BTreeMap<String, serde_json::Value> {
    pairs.unwrap_or_default().into_iter().map(|pair| (pair.key, value(pair.value))).collect()
}

fn value(value: Option<AnyValue>) -> serde_json::Value {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => json!(text),
        Some(Value::BoolValue(flag)) => json!(flag),
        Some(Value::IntValue(number)) => json!(number),
        Some(Value::DoubleValue(number)) => json!(number),
        // Lists and maps are made by none of our services.
        Some(_) | None => serde_json::Value::Null,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
