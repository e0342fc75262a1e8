//! What a collector gets to know of requests, and what upstreams are told of their traces.

use crate::balancer::{Balancer, PATIENCE, get};
use service_kit::config::Sources;
use service_kit::telemetry::TraceParent;
use service_kit::telemetry::traces::{TraceConfig, Traces};
use std::time::Duration;
use testkit::otlp::{Collector, Kind, Span};
use testkit::{Answer, Script, Upstream, eventually};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// Spans to `endpoint`, with these variables beside it.
fn traces(endpoint: &str, variables: &[(&str, &str)]) -> Traces {
    let endpoint = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)];
    let mut sources = Sources::from_map(endpoint.into_iter().chain(variables.iter().copied()));
    let config = TraceConfig::read(&mut sources);
    sources.finish().expect("good variables");
    Traces::start(&config.expect("an endpoint"), "load-balancer", "lb-1").expect("it starts")
}

fn balancer(upstreams: &[&Upstream], traces: &Traces) -> Balancer {
    let addresses: Vec<_> = upstreams.iter().map(|upstream| upstream.address()).collect();
    Balancer::start_with(&addresses, |setup| setup.traces = Some(traces.clone()))
}

fn traced(path: &str, flags: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: example.com\r\ntraceparent: 00-{TRACE}-{CALLER}-{flags}\r\n\r\n")
}

/// The `traceparent` of the request that an upstream got last: trace, parent, flags.
fn told(upstream: &Upstream) -> (String, String, String) {
    let value = upstream.last().header("traceparent").expect("a traceparent").to_owned();
    let parts: Vec<_> = value.split('-').map(ToOwned::to_owned).collect();
    (parts[1].clone(), parts[2].clone(), parts[3].clone())
}

/// The spans of [`TRACE`], once one of that name is there and its request has ended.
async fn collector_has(collector: &Collector, name: &str) -> Vec<Span> {
    eventually(PATIENCE, || async {
        let spans = collector.trace(TRACE);
        let parent = spans.iter().find(|span| span.name == name).map(|span| span.parent_span_id.clone());
        let complete = parent.is_some_and(|parent| spans.iter().any(|span| span.span_id == parent));
        if complete { Ok(spans) } else { Err(spans) }
    })
    .await
}

async fn spans(collector: &Collector, trace_id: &str, count: usize) -> Vec<Span> {
    let all = || async { Some(collector.trace(trace_id)).filter(|spans| spans.len() >= count) };
    let spans = eventually(PATIENCE, all).await;
    assert_eq!(spans.len(), count, "{spans:#?}");
    spans
}

#[tokio::test]
async fn each_attempt_is_a_span_and_its_upstream_the_child_of_it() {
    let collector = Collector::start().await;
    let traces = traces(&collector.endpoint(), &[]);
    let bad = Upstream::start(Script::close()).await;
    let good = Upstream::start(Answer::ok("hello")).await;
    let balancer = balancer(&[&bad, &good], &traces);
    // Equals take turns, so soon one meets the bad one first.
    while bad.requests() == 0 {
        assert_eq!(balancer.ask(traced("/api/me?token=secret", "01")).await.status, 200);
    }
    let all = collector_has(&collector, "GET backend-1").await;
    let failed = all.iter().find(|span| span.name == "GET backend-1").expect("it was tried");
    let of_request = |span: &&Span| span.span_id == failed.parent_span_id;
    let request = all.iter().find(of_request).expect("a request");
    let retry =
        all.iter().find(|span| span.parent_span_id == request.span_id && span.name == "GET backend-2");
    let retry = retry.expect("it was tried again");

    assert_eq!((request.kind, request.name.as_str(), request.failed), (Kind::Server, "GET /", false));
    assert_eq!((request.parent_span_id.as_str(), request.service.as_str()), (CALLER, "load-balancer"));
    assert_eq!(request.attribute("url.path"), "/api/me", "a query may bear secrets");
    assert_eq!(request.attribute("http.response.status_code"), "200");
    assert_eq!(
        (failed.kind, failed.failed, failed.attribute("lb.outcome")),
        (Kind::Client, true, "reset".into())
    );
    assert_eq!((retry.kind, retry.failed), (Kind::Client, false));
    assert_eq!(retry.attribute("http.request.resend_count"), "1");
    assert!(retry.began_nanos >= failed.began_nanos + failed.duration_nanos);
    assert!(request.duration_nanos >= failed.duration_nanos + retry.duration_nanos);
    assert_eq!(told(&bad), (TRACE.to_owned(), failed.span_id.clone(), "01".to_owned()));
    assert_eq!(told(&good), (TRACE.to_owned(), retry.span_id.clone(), "01".to_owned()));
}

#[tokio::test]
async fn a_body_that_is_kept_is_sent_again_under_a_new_span() {
    let collector = Collector::start().await;
    let traces = traces(&collector.endpoint(), &[]);
    let bad = Upstream::start(Script::close()).await;
    let good = Upstream::start(Script::echo()).await;
    let balancer = balancer(&[&bad, &good], &traces);
    let post = "POST /p HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k-1\r\nContent-Length: 5\r\n\r\nhello";
    for _ in 0..2 {
        assert_eq!(balancer.ask(post).await.status, 200);
    }
    let (trace_id, parent, _) = told(&bad);
    let all = spans(&collector, &trace_id, 3).await;
    let attempt = |name: &str| all.iter().find(|span| span.name == name).expect(name);
    assert_eq!(parent, attempt("POST backend-1").span_id);
    let again =
        good.seen().into_iter().find(|seen| seen.header("traceparent").unwrap()[3..35] == *trace_id).unwrap();
    assert_eq!(again.header("traceparent").unwrap()[36..52], attempt("POST backend-2").span_id);
    assert_eq!((again.body.as_slice(), again.header("Idempotency-Key")), (&b"hello"[..], Some("k-1")));
    assert_eq!(attempt("POST /").parent_span_id, "", "without a caller, the trace begins here");
}

#[tokio::test]
async fn what_the_caller_does_not_record_is_not_recorded() {
    let collector = Collector::start().await;
    let traces = traces(&collector.endpoint(), &[]);
    let upstream = Upstream::start(Answer::ok("hello")).await;
    let balancer = balancer(&[&upstream], &traces);
    balancer.ask(traced("/", "00")).await;
    assert_eq!(told(&upstream), (TRACE.to_owned(), CALLER.to_owned(), "00".to_owned()));
    // What is recorded after it comes, and it does not.
    balancer.ask(get("/")).await;
    let (trace_id, _, flags) = told(&upstream);
    assert_eq!(flags, "01");
    spans(&collector, &trace_id, 2).await;
    assert!(collector.trace(TRACE).is_empty());
}

#[tokio::test]
async fn requests_without_a_caller_are_sampled_by_ratio() {
    let collector = Collector::start().await;
    let ratio = [("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.25")];
    let traces = traces(&collector.endpoint(), &ratio);
    let upstream = Upstream::start(Answer::ok("hello")).await;
    let balancer = balancer(&[&upstream], &traces);
    let mut client = balancer.client().await;
    for _ in 0..400 {
        client.send(get("/")).await.unwrap();
        assert_eq!(client.read_response().await.unwrap().status, 200);
    }
    let sampled = |value: &str| TraceParent::parse(value.as_bytes()).expect("well-formed").sampled();
    let sampled = upstream.seen().iter().filter(|seen| sampled(seen.header("traceparent").unwrap())).count();
    assert!((40..180).contains(&sampled), "{sampled} of 400");
    traces.clone().shut_down(PATIENCE).await;
    assert_eq!(collector.spans().len(), 2 * sampled, "the last spans are sent at the end");
    balancer.ask(traced("/", "01")).await;
    assert_eq!(told(&upstream).2, "01", "the caller's word counts more than the ratio");
}

#[tokio::test]
async fn a_collector_that_is_gone_costs_no_request() {
    let gone = Collector::start().await.endpoint();
    let traces = traces(&gone, &[("OTEL_EXPORTER_OTLP_TIMEOUT", "200")]);
    let upstream = Upstream::start(Answer::ok("hello")).await;
    let balancer = balancer(&[&upstream], &traces);
    let mut client = balancer.client().await;
    // More spans than may wait.
    for _ in 0..1500 {
        client.send(get("/")).await.unwrap();
        assert_eq!(client.read_response().await.unwrap().status, 200);
    }
    let lost = || traces.counts().dropped().iter().map(|(_, spans)| spans).sum::<u64>();
    eventually(PATIENCE, || async { (lost() > 0).then_some(()).ok_or(lost()) }).await;
    assert_eq!(traces.counts().sent(), 0);
    tokio::time::timeout(PATIENCE, traces.clone().shut_down(Duration::from_millis(100)))
        .await
        .expect("it ends");
}
