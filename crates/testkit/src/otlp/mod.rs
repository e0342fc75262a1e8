//! A collector of traces: takes what OTLP over HTTP sends it, in protobuf or JSON, and remembers the spans.

mod span;

pub use span::{Kind, Span};

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message as _;
use tokio::{net::TcpListener, task::JoinHandle};

/// The media types of OTLP over HTTP.
const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

/// The receiver of each span.
type Sink = Arc<dyn Fn(Span) + Send + Sync>;

/// A collector in this process, which ends when it is dropped.
pub struct Collector {
    address: SocketAddr,
    spans: Arc<Mutex<Vec<Span>>>,
    server: JoinHandle<()>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Collector {
    /// Starts a collector on a free loopback port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let spans = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&spans);
        let server = tokio::spawn(async move {
            serve(listener, move |span| sink.lock().unwrap().push(span)).await.expect("it serves");
        });
        Self { address, spans, server }
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans so far, in the order of their arrival.
    pub fn spans(&self) -> Vec<Span> {
        self.spans.lock().unwrap().clone()
    }

    /// The spans of one trace, in the order of their beginning.
    pub fn trace(&self, trace_id: &str) -> Vec<Span> {
        let mut spans: Vec<_> = self.spans().into_iter().filter(|span| span.trace_id == trace_id).collect();
        spans.sort_by_key(|span| span.began_nanos);
        spans
    }
}

/// Serves `POST /v1/traces` until the future is dropped, and gives each span to `sink`.
pub async fn serve(listener: TcpListener, sink: impl Fn(Span) + Send + Sync + 'static) -> io::Result<()> {
    let sink: Sink = Arc::new(sink);
    axum::serve(listener, Router::new().route("/v1/traces", post(take)).with_state(sink)).await
}

async fn take(State(sink): State<Sink>, headers: HeaderMap, body: Bytes) -> Response {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let request = match media_type {
        PROTOBUF => ExportTraceServiceRequest::decode(body).map_err(|error| error.to_string()),
        JSON => serde_json::from_slice(&body).map_err(|error| error.to_string()),
        _ => return (StatusCode::UNSUPPORTED_MEDIA_TYPE, "neither protobuf nor JSON\n").into_response(),
    };
    match request {
        Ok(request) => span::all(request).for_each(|span| sink(span)),
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    }
    let all_taken = ExportTraceServiceResponse::default();
    match media_type {
        PROTOBUF => ([(CONTENT_TYPE, PROTOBUF)], all_taken.encode_to_vec()).into_response(),
        _ => ([(CONTENT_TYPE, JSON)], "{}").into_response(),
    }
}
