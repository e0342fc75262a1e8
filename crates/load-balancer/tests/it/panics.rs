//! Panics on a worker's thread, provoked by a server whose counters have no place for the worker: each is logged and
//! counted, and the worker goes on with everything else.

use crate::balancer::{Balancer, PATIENCE, get};
use crate::secure::{http2, request};
use http_body_util::BodyExt;
use load_balancer::internals::supervise;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use testkit::{Answer, Upstream, eventually};
use tokio::net::TcpStream;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// Reads the log of this whole process, as far as it tells of tasks that have ended.
struct Log;

static TOLD: AtomicU64 = AtomicU64::new(0);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR && metadata.target() == "load_balancer::supervise"
    }

    fn event(&self, event: &Event<'_>) {
        struct Task(bool);
        impl Visit for Task {
            fn record_str(&mut self, field: &Field, value: &str) {
                self.0 |= field.name() == "task" && matches!(value, "connection" | "stream");
            }

            fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
        }
        let mut task = Task(false);
        event.record(&mut task);
        TOLD.fetch_add(u64::from(task.0), Relaxed);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// How often tasks of a kind have ended that should not have; the count is the process's.
fn ends(kind: &str) -> u64 {
    supervise::ends().find(|(name, _)| *name == kind).expect("a kind of task").1
}

#[tokio::test]
async fn a_connection_or_stream_that_panics_is_logged_and_counted_and_its_worker_serves_on() {
    tracing::subscriber::set_global_default(Log).expect("no other test reads the log");
    let upstream = Upstream::start(Answer::ok("ok")).await;
    // One worker, so that whoever is served later is served on the thread that has panicked.
    let balancer = Balancer::start_with(&[upstream.address()], |setup| setup.server_counters = Some(0));
    let (connections, streams) = (ends("connection"), ends("stream"));
    let mut bystander = balancer.client().await;
    bystander.send(get("/lb-health")).await.unwrap();
    assert_eq!(bystander.read_response().await.unwrap().status, 200);

    // The panic comes with the record of the attempt, when the client has its answer already.
    let mut client = balancer.client().await;
    client.send(get("/")).await.unwrap();
    assert_eq!(client.read_response().await.unwrap().text(), "ok");
    eventually(PATIENCE, || async { ends("connection") == connections + 1 }).await;
    assert!(client.read_to_end().await.unwrap_or_default().is_empty(), "its connection has ended");

    let mut sender = http2(TcpStream::connect(balancer.workers.http()).await.unwrap()).await;
    assert_eq!(sender.send_request(request("GET", "/", "")).await.unwrap().status(), 200);
    eventually(PATIENCE, || async { ends("stream") == streams + 1 }).await;
    assert_eq!((ends("connection"), TOLD.load(Relaxed)), (connections + 1, 2), "each is in the log, once");

    // Other streams of that connection, other connections and new ones go on.
    let answer = sender.send_request(request("GET", "/lb-health", "")).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "Load balancer is healthy");
    bystander.send(get("/lb-health")).await.unwrap();
    assert_eq!(bystander.read_response().await.unwrap().status, 200);
    assert_eq!(balancer.ask(get("/lb-health")).await.status, 200);
    eventually(PATIENCE, || async { balancer.in_flight() == 0 }).await;
}
