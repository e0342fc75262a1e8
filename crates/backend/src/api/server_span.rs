//! The span of a request, by OpenTelemetry's semantic conventions for HTTP servers.

use axum::body::Body;
use http::header::{HOST, HeaderName, USER_AGENT};
use http::{Request, StatusCode};
use service_kit::telemetry::traces::{SPANS, follow};
use service_kit::telemetry::{RequestId, TraceParent};
use tracing::Span;
use tracing::field::Empty;

/// Begins the span, below the span of a `traceparent`. With traces off, the span is disabled.
pub(super) fn begin(
    request: &Request<Body>,
    method: &str,
    route: &str,
    id: &RequestId,
    caller: Option<&TraceParent>,
) -> Span {
    let header = |name: &HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let span = tracing::info_span!(
        target: SPANS,
        "request",
        otel.name = format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        error.type = Empty,
        url.scheme = "http",
        url.path = request.uri().path(),
        server.address = header(&HOST),
        user_agent.original = header(&USER_AGENT),
        request_id = id.as_str(),
    );
    if let Some(caller) = caller {
        follow(&span, caller);
    }
    span
}

/// Records the status. An error of the client is no error of the server's span.
pub(super) fn end(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("error.type", status.as_str());
        span.record("otel.status_code", "ERROR");
    }
}
