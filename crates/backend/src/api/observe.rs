//! Names, counts, times and logs every request.

use std::any::Any;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONNECTION, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use service_kit::telemetry::traces::span_ids;
use service_kit::telemetry::{RequestId, TraceParent};
use tracing::{Instrument as _, Span};

use super::client::{self, ClientInfo};
use super::error::ApiError;
use super::{request_id, server_span};
use crate::app::{App, AppState};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const INSTANCE_ID: HeaderName = HeaderName::from_static("x-instance-id");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The outermost middleware.
pub(super) async fn observe(State(app): State<App>, request: Request<Body>, next: Next) -> Response {
    let started = Instant::now();
    let seen = Seen::of(&request);
    let span = seen.server_span(&request);
    let line = seen.line(&span);
    let client = ClientInfo::of(client::peer(request.extensions()), request.headers(), &app.trusted_proxies);
    let answered = async {
        let work = client::scope(client.client.address, next.run(request));
        let mut response = request_id::scope(seen.id.clone(), work).await;
        stamp(response.headers_mut(), &app, &seen.id);
        log(&seen, response.status(), started.elapsed());
        response
    };
    let response = answered.instrument(line).instrument(span.clone()).await;
    server_span::end(&span, response.status());
    app.metrics.request(seen.method, &seen.route, response.status().as_u16(), started.elapsed());
    response
}

/// The facts about a request that are kept while a handler has it.
struct Seen {
    id: RequestId,
    caller: Option<TraceParent>,
    method: &'static str,
    /// The pattern of the path. There are no more patterns than the router has.
    route: String,
}

impl Seen {
    fn of(request: &Request<Body>) -> Self {
        let header = |name: &HeaderName| request.headers().get(name).map(HeaderValue::as_bytes);
        let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
        Self {
            id: RequestId::accept(header(&REQUEST_ID)),
            caller: header(&TRACE_PARENT).and_then(TraceParent::parse),
            method: known_method(request.method()),
            route: route.to_owned(),
        }
    }

    /// The span of the request. Probes are in no trace.
    fn server_span(&self, request: &Request<Body>) -> Span {
        if self.is_probe() {
            return Span::none();
        }
        server_span::begin(request, self.method, &self.route, &self.id, self.caller.as_ref())
    }

    /// The fields of every log line of the request. With traces off, the trace is that of the caller or a new one.
    fn line(&self, span: &Span) -> Span {
        let ids = span_ids(span);
        let trace_id = ids.as_ref().map(|ids| ids.trace_id.clone());
        let trace_id = trace_id.unwrap_or_else(|| self.caller.unwrap_or_else(TraceParent::fresh).trace_id());
        tracing::info_span!(
            "request",
            request_id = self.id.as_str(),
            trace_id,
            span_id = ids.as_ref().map(|ids| ids.span_id.as_str()),
            method = self.method,
            route = self.route
        )
    }

    /// Whether the request is a probe. Probes come every second, and their log lines would hide others.
    fn is_probe(&self) -> bool {
        matches!(&*self.route, "/health" | "/ready" | "/metrics" | "/api/health")
    }
}

/// The method as a label, which must not take any value that a client chooses.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// The answer where a handler panics ([`tower_http::catch_panic`]). The panic hook has logged the panic.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    ApiError::Bug("a handler panicked").into_response()
}

fn stamp(headers: &mut HeaderMap, app: &AppState, id: &RequestId) {
    // Both were checked to be visible ASCII, so neither is ever left out.
    if let (Ok(id), Ok(instance)) =
        (HeaderValue::from_str(id.as_str()), HeaderValue::from_str(&app.instance_id))
    {
        headers.insert(REQUEST_ID, id);
        headers.insert(INSTANCE_ID, instance);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if app.shutdown.is_draining() {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

fn log(seen: &Seen, status: StatusCode, duration: Duration) {
    let (status, duration_ms) = (status.as_u16(), duration.as_secs_f64() * 1000.0);
    if seen.is_probe() {
        tracing::debug!(status, duration_ms, "answered");
    } else {
        tracing::info!(status, duration_ms, "answered");
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tower::{Layer as _, ServiceExt as _, service_fn};
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let fails =
            service_fn(async |_: Request<Body>| -> Result<Response, Infallible> { panic!("on purpose") });
        let caught = CatchPanicLayer::custom(panicked).layer(fails);
        let answer = caught.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
}
