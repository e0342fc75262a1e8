//! The end of an answer is told by its framing, for every client of ours: checks, the `healthcheck` commands, the
//! sender of traces.

use std::{
    process::Output,
    time::{Duration, SystemTime},
};

use opentelemetry::{
    InstrumentationScope,
    trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use service_kit::{
    config::Sources,
    health,
    telemetry::traces::{TraceConfig, Traces},
};
use testkit::{
    Upstream,
    endings::{CONTENT, Ending, endings},
    eventually,
};

use crate::{
    harness::{Balancer, HEALTH, PATIENCE, config},
    program::{command, written},
};

/// Longer than the patience of any test: nothing may wait for it.
const NEVER: Duration = Duration::from_hours(1);

/// Lets `client` ask one server for each ending, all at the same time, and compares what it takes for a good answer.
async fn each<F: Future<Output = Result<(), String>>>(client: impl Fn(Ending, Upstream) -> F) {
    let asked = endings().into_iter().map(|ending| async {
        let upstream = Upstream::start(ending.script()).await;
        let (name, whole) = (ending.name, ending.whole);
        let found = tokio::time::timeout(PATIENCE, client(ending, upstream)).await;
        let found = found.unwrap_or_else(|_| panic!("{name}: waited for the connection's end"));
        assert_eq!(found.is_ok(), whole, "{name}: {found:?}");
    });
    futures::future::join_all(asked).await;
}

#[tokio::test]
async fn for_checks() {
    let settings = HEALTH.replace("timeout = \"5s\"", "timeout = \"1h\"");
    each(|_, upstream| {
        let settings = settings.clone();
        async move {
            let balancer = Balancer::start(&config(&[("a", upstream.address())], &settings)).await;
            let server = eventually(PATIENCE, || async {
                let server = balancer.server("a").await;
                server.clone().filter(|server| !server["last_check"].is_null()).ok_or(server)
            })
            .await;
            let error = server["last_check_error"].as_str().map(ToOwned::to_owned);
            balancer.until("a", if error.is_none() { "up" } else { "down" }).await;
            balancer.stop().await;
            error.map_or(Ok(()), Err)
        }
    })
    .await;
}

#[tokio::test]
async fn for_probes() {
    each(|ending, upstream| async move {
        let url = format!("http://{}/health", upstream.address());
        let answer = health::get(&url, NEVER).await.map_err(|error| error.to_string())?;
        assert_eq!(answer.content == CONTENT.as_bytes(), ending.has_content, "{}", ending.name);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn for_the_healthcheck_command() {
    each(|_, upstream| async move {
        let text = config(&[], "").replacen("127.0.0.1:0", &upstream.address().to_string(), 1);
        let (_folder, file) = written(&text);
        let mut command: tokio::process::Command = command(&file, &["healthcheck"]).into();
        let Output { status, stderr, .. } = command.output().await.unwrap();
        if status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&stderr).into_owned()) }
    })
    .await;
}

#[tokio::test]
async fn for_the_sender_of_traces() {
    each(|_, upstream| async move {
        let endpoint = format!("http://{}", upstream.address());
        let variables =
            [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_EXPORTER_OTLP_TIMEOUT", "60000")];
        let mut sources = Sources::from_map(variables);
        let traces = TraceConfig::read(&mut sources).unwrap();
        let traces = tokio::task::spawn_blocking(move || Traces::start(&traces, "test", "a").unwrap());
        let traces = traces.await.unwrap();
        traces.record(span());
        let counts = traces.counts().clone();
        traces.shut_down(NEVER).await;
        if counts.sent() == 1 { Ok(()) } else { Err(format!("{:?}", counts.dropped())) }
    })
    .await;
}

fn span() -> SpanData {
    let (trace_id, span_id) = (TraceId::from_bytes([1; 16]), SpanId::from_bytes([1; 8]));
    SpanData {
        span_context: SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED, false, TraceState::NONE),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Server,
        name: "test".into(),
        start_time: SystemTime::now(),
        end_time: SystemTime::now(),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::builder("test").build(),
    }
}
