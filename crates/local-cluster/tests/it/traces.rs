//! One request, from the page to the database, as one trace at a collector.

use serde_json::{Value, json};
use testkit::eventually;
use testkit::otlp::{Collector, Kind, Span};

use crate::cluster::{LIMIT, TestCluster};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PAGE_SPAN: &str = "b7ad6b7169203331";

/// What the page sends of a call (OTLP as JSON).
fn page_span() -> Value {
    json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "frontend" } }] },
        "scopeSpans": [{ "scope": { "name": "page" }, "spans": [{
            "traceId": TRACE, "spanId": PAGE_SPAN, "name": "POST /api/auth/register", "kind": 3,
            "startTimeUnixNano": "1795489280000000000", "endTimeUnixNano": "1795489280100000000",
            "attributes": [], "status": {}
        }] }]
    }] })
}

/// The one child of a span.
fn child<'s>(spans: &'s [Span], parent: &str, name: &str) -> &'s Span {
    let is = |span: &&Span| span.parent_span_id == parent && span.name.starts_with(name);
    spans.iter().find(is).unwrap_or_else(|| panic!("no {name} below {parent} in {spans:#?}"))
}

#[tokio::test]
async fn a_request_is_one_trace_from_the_page_to_the_database() {
    let collector = Collector::start().await;
    let cluster = TestCluster::ready_with(&["--otlp-endpoint", &collector.endpoint()]).await;
    let page = cluster.manifest().frontend;
    let client = reqwest::Client::new();
    let person = json!({"email": "ada@example.com", "password": "correct horse battery", "full_name": "Ada"});
    let trace_parent = format!("00-{TRACE}-{PAGE_SPAN}-01");
    let call =
        client.post(format!("{page}/api/auth/register")).header("traceparent", trace_parent).json(&person);
    assert_eq!(call.send().await.unwrap().status(), 201);
    let sent = client.post(format!("{page}/otlp/v1/traces")).json(&page_span()).send().await.unwrap();
    assert_eq!(sent.status(), 200);

    let spans = eventually(LIMIT, || async {
        let spans = collector.trace(TRACE);
        let services: Vec<_> = spans.iter().map(|span| span.service.clone()).collect();
        let there = ["frontend", "load-balancer", "onboarding-backend"]
            .iter()
            .all(|name| services.iter().any(|service| service == name));
        if there { Ok(spans) } else { Err(services) }
    })
    .await;
    let from_page = child(&spans, "", "POST /api/auth/register");
    let balancer = child(&spans, &from_page.span_id, "POST /api");
    let attempt = child(&spans, &balancer.span_id, "POST backend-");
    let backend = child(&spans, &attempt.span_id, "POST /api/auth/register");
    let query = child(&spans, &backend.span_id, "register");
    let line = [from_page, balancer, attempt, backend, query];
    assert_eq!(
        line.map(|span| (span.service.as_str(), span.kind)),
        [
            ("frontend", Kind::Client),
            ("load-balancer", Kind::Server),
            ("load-balancer", Kind::Client),
            ("onboarding-backend", Kind::Server),
            ("onboarding-backend", Kind::Client),
        ]
    );
    assert_eq!(backend.instance, attempt.attribute("lb.server"));
    // Its lines are written together, once a second at the latest.
    eventually(LIMIT, || async {
        let log = std::fs::read_to_string(cluster.dir.path().join("access.log")).unwrap_or_default();
        if log.contains(TRACE) {
            Ok(())
        } else {
            Err(format!("the access log does not name the trace: {log}"))
        }
    })
    .await;
}

#[tokio::test]
async fn the_page_is_told_and_only_spans_are_passed_on() {
    let collector = Collector::start().await;
    let cluster =
        TestCluster::ready_with(&["--otlp-endpoint", &collector.endpoint(), "--instances", "1"]).await;
    let page = cluster.manifest().frontend;
    let answer = reqwest::get(format!("{page}/api/static-data")).await.unwrap();
    assert_eq!(answer.headers()["x-traces-share"], "1");
    assert_eq!(reqwest::get(&page).await.unwrap().headers()["server-timing"], "traces;desc=\"1\"");
    let send = |body: String, media_type: &'static str| {
        let post = reqwest::Client::new().post(format!("{page}/otlp/v1/traces"));
        async move { post.header("content-type", media_type).body(body).send().await.unwrap().status().as_u16() }
    };
    assert_eq!(send("{}".into(), "text/plain").await, 415);
    assert_eq!(send(" ".repeat(300 * 1024), "application/json").await, 413);
    assert_eq!(send("nonsense".into(), "application/json").await, 400, "the collector's own answer");
    drop(collector);
    assert_eq!(send("{}".into(), "application/json").await, 502);
}
