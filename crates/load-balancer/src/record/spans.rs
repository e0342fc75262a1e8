//! Makes the spans of a sampled request: one for the request, one for each attempt, by OpenTelemetry's semantic
//! conventions for HTTP.

use std::time::{Duration, SystemTime};

use opentelemetry::{
    KeyValue, StringValue,
    trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use service_kit::telemetry::traces::Traces;
use smallvec::SmallVec;

use super::{Attempt, Entry};
use crate::pool::Outcome;

/// The ids of a sampled request in its trace.
#[derive(Debug)]
pub struct RequestTrace {
    /// The trace's id.
    pub trace_id: [u8; 16],
    /// The caller's span, if the caller sent a `traceparent`.
    pub caller: Option<[u8; 8]>,
    /// The span of the request.
    pub span_id: [u8; 8],
    /// The spans of the attempts, in order; each upstream was told its own.
    pub attempts: SmallVec<[[u8; 8]; 1]>,
}

/// Puts the spans together and hands them over. Never waits.
pub(super) fn record(traces: &Traces, trace: &RequestTrace, entry: &Entry<'_>, micros: u64) {
    // The time of day is asked for once: all else is counted from here.
    let began = SystemTime::now() - Duration::from_micros(micros);
    let method = method(entry.method);
    for (number, (attempt, id)) in entry.attempts.iter().zip(&trace.attempts).enumerate() {
        let began = began + Duration::from_micros(attempt.began_micros.into());
        traces.record(SpanData {
            parent_span_id: SpanId::from_bytes(trace.span_id),
            span_kind: SpanKind::Client,
            name: format!("{method} {}", attempt.server.name()).into(),
            start_time: began,
            end_time: began + Duration::from_micros(attempt.took_micros.into()),
            attributes: of_attempt(attempt, number, method, entry),
            status: failed(attempt.outcome != Outcome::Answered || attempt.status >= 500),
            ..blank(traces, trace, *id)
        });
    }
    traces.record(SpanData {
        parent_span_id: trace.caller.map_or(SpanId::INVALID, SpanId::from_bytes),
        parent_span_is_remote: trace.caller.is_some(),
        name: entry.route.map_or_else(|| method.into(), |route| format!("{method} {}", route.path).into()),
        start_time: began,
        end_time: began + Duration::from_micros(micros),
        attributes: of_request(method, entry),
        status: failed(entry.status >= 500),
        ..blank(traces, trace, trace.span_id)
    });
}

fn blank(traces: &Traces, trace: &RequestTrace, id: [u8; 8]) -> SpanData {
    let (trace_id, id) = (TraceId::from_bytes(trace.trace_id), SpanId::from_bytes(id));
    SpanData {
        span_context: SpanContext::new(trace_id, id, TraceFlags::SAMPLED, false, TraceState::NONE),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Server,
        name: "".into(),
        start_time: SystemTime::UNIX_EPOCH,
        end_time: SystemTime::UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: traces.scope().clone(),
    }
}

fn of_request(method: &'static str, entry: &Entry<'_>) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("http.request.method", method),
        KeyValue::new("url.path", path(entry.target)),
        KeyValue::new("server.address", text(entry.host)),
        KeyValue::new("client.address", entry.client.to_string()),
        KeyValue::new("network.protocol.version", entry.protocol.version()),
        KeyValue::new("http.response.status_code", i64::from(entry.status)),
        KeyValue::new("request_id", entry.request_id.to_owned()),
    ];
    if !entry.user_agent.is_empty() {
        attributes.push(KeyValue::new("user_agent.original", text(entry.user_agent)));
    }
    if let Some(route) = entry.route {
        attributes.push(KeyValue::new("http.route", route.path.to_string()));
        attributes.push(KeyValue::new("lb.pool", route.pool.name().to_owned()));
    }
    if entry.status >= 500 {
        attributes.push(KeyValue::new("error.type", entry.status.to_string()));
    }
    attributes
}

fn of_attempt(attempt: &Attempt, number: usize, method: &'static str, entry: &Entry<'_>) -> Vec<KeyValue> {
    let address = attempt.server.address();
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let mut attributes = vec![
        KeyValue::new("http.request.method", method),
        KeyValue::new("url.full", format!("http://{address}{}", path(entry.target))),
        KeyValue::new("server.address", host.to_owned()),
        KeyValue::new("lb.server", attempt.server.name().to_owned()),
        KeyValue::new("lb.outcome", attempt.outcome.name()),
    ];
    if let Ok(port) = port.parse::<i64>() {
        attributes.push(KeyValue::new("server.port", port));
    }
    if number > 0 {
        attributes
            .push(KeyValue::new("http.request.resend_count", i64::try_from(number).unwrap_or(i64::MAX)));
    }
    if attempt.status > 0 {
        attributes.push(KeyValue::new("http.response.status_code", i64::from(attempt.status)));
    }
    if attempt.outcome != Outcome::Answered {
        attributes.push(KeyValue::new("error.type", attempt.outcome.name()));
    } else if attempt.status >= 500 {
        attributes.push(KeyValue::new("error.type", attempt.status.to_string()));
    }
    attributes
}

fn failed(failed: bool) -> Status {
    // What happened is among the attributes.
    if failed { Status::error("") } else { Status::Unset }
}

/// The path without the query, which may bear secrets.
fn path(target: &[u8]) -> StringValue {
    text(&target[..memchr::memchr(b'?', target).unwrap_or(target.len())])
}

fn text(bytes: &[u8]) -> StringValue {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// The method, if it is one of RFC 9110 or PATCH. Clients could invent methods without end, and each would be a new
/// name of a span.
fn method(method: &[u8]) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|known| known.as_bytes() == method).unwrap_or("_OTHER")
}
