//! What a collector gets to know of requests.

use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::otlp::{Collector, Kind, Span};
use testkit::{Process, eventually};

use super::harness::{Database, WAIT, registration};
use super::processes::{LIMIT, program};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// A program whose spans go to a collector.
struct Traced {
    process: Process,
    address: String,
    client: reqwest::Client,
    _database: Database,
}

impl Traced {
    async fn start(endpoint: &str) -> Self {
        let database = Database::new();
        let url = database.url();
        let settings = [
            ("DATABASE_URL", url.as_str()),
            ("INSTANCE_ID", "backend-7"),
            ("LOG_FORMAT", "json"),
            ("DRAIN_GRACE", "10ms"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "500"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
        ];
        let process = Process::spawn(program("serve", &settings)).unwrap();
        let line = process.wait_for_line("\"listening\"", LIMIT).await;
        let line: Value = serde_json::from_str(&line).unwrap();
        let address = line["address"].as_str().unwrap().to_owned();
        Self { process, address, client: reqwest::Client::new(), _database: database }
    }

    async fn register(&self, trace_parent: &str) -> reqwest::Response {
        let url = format!("http://{}/api/auth/register", self.address);
        let request = self.client.post(url).json(&registration()).header("traceparent", trace_parent);
        let answer = request.header("x-request-id", "the-request").timeout(LIMIT).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer
    }

    async fn get(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.address);
        self.client.get(url).timeout(LIMIT).send().await.unwrap().text().await.unwrap()
    }
}

async fn spans(collector: &Collector, name: &str) -> Vec<Span> {
    let there =
        || async { Some(collector.trace(TRACE)).filter(|spans| spans.iter().any(|s| s.name == name)) };
    eventually(WAIT, there).await
}

#[tokio::test]
async fn a_request_its_hashing_and_its_query_are_spans_below_the_callers() {
    let collector = Collector::start().await;
    let backend = Traced::start(&collector.endpoint()).await;
    backend.register(&format!("00-{TRACE}-{CALLER}-01")).await;
    let spans = spans(&collector, "POST /api/auth/register").await;
    let named = |name: &str| spans.iter().find(|span| span.name == name).expect(name);
    let request = named("POST /api/auth/register");
    assert_eq!(
        (request.kind, request.parent_span_id.as_str(), request.failed),
        (Kind::Server, CALLER, false)
    );
    assert_eq!((request.service.as_str(), request.instance.as_str()), ("onboarding-backend", "backend-7"));
    for (key, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/api/auth/register"),
        ("url.path", "/api/auth/register"),
        ("http.response.status_code", "201"),
        ("server.address", &*backend.address),
        ("request_id", "the-request"),
    ] {
        assert_eq!(request.attribute(key), value, "{key}");
    }
    let query = named("register");
    assert_eq!((query.kind, &query.parent_span_id), (Kind::Client, &request.span_id));
    assert_eq!(query.attribute("db.system.name"), "sqlite");
    assert_eq!(query.attribute("db.operation.name"), "register");
    let hash = named("hash password");
    assert_eq!((hash.kind, &hash.parent_span_id), (Kind::Internal, &request.span_id));
    assert!(request.duration_nanos >= hash.duration_nanos + query.duration_nanos);

    let line = backend.process.wait_for_line("\"answered\"", LIMIT).await;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["trace_id"], &line["request_id"]), (&TRACE.into(), &"the-request".into()));
    assert_eq!(line["span_id"], request.span_id, "{line}");
    assert!(line.get("otel.kind").is_none() && line.get("http.route").is_none(), "{line}");
}

#[tokio::test]
async fn what_the_caller_does_not_record_and_probes_are_not_recorded() {
    let collector = Collector::start().await;
    let backend = Traced::start(&collector.endpoint()).await;
    let other = "4bf92f3577b34da6a3ce929d0e0e4736";
    backend.register(&format!("00-{other}-{CALLER}-00")).await;
    for probe in ["/health", "/ready", "/api/health", "/metrics"] {
        backend.get(probe).await;
    }
    backend.register(&format!("00-{TRACE}-{CALLER}-01")).await;
    spans(&collector, "POST /api/auth/register").await;
    let elsewhere: Vec<_> = collector.spans().into_iter().filter(|span| span.trace_id != TRACE).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
    let lines = backend.process.lines();
    assert!(lines.iter().any(|line| line.contains(other)), "logs name its trace all the same");
}

#[tokio::test]
async fn the_last_spans_are_sent_before_the_end() {
    let collector = Collector::start().await;
    let mut backend = Traced::start(&collector.endpoint()).await;
    backend.register(&format!("00-{TRACE}-{CALLER}-01")).await;
    assert_eq!(backend.process.terminate(LIMIT).await.unwrap().code(), Some(0));
    assert!(collector.trace(TRACE).iter().any(|span| span.name == "POST /api/auth/register"));
}

#[tokio::test]
async fn a_collector_that_is_gone_costs_a_warning_and_a_count() {
    let gone = Collector::start().await.endpoint();
    let mut backend = Traced::start(&gone).await;
    for _ in 0..3 {
        backend.register(&format!("00-{TRACE}-{CALLER}-01")).await;
    }
    let lost = "trace_spans_dropped_total{reason=\"export_failed\"} ";
    eventually(WAIT, || async {
        let metrics = backend.get("/metrics").await;
        let count = metrics.lines().find_map(|line| line.strip_prefix(lost)).map(str::parse::<u64>);
        count.is_some_and(|count| count.is_ok_and(|count| count >= 3)).then_some(()).ok_or(metrics)
    })
    .await;
    backend.register(&format!("00-{TRACE}-{CALLER}-01")).await;
    let began = Instant::now();
    assert_eq!(backend.process.terminate(LIMIT).await.unwrap().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10), "it does not wait for the collector");
    let warnings =
        backend.process.lines().iter().filter(|line| line.contains("spans cannot be sent")).count();
    assert_eq!(warnings, 1);
}
