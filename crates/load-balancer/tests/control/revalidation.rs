//! Answers that are kept, as clients of both protocols see them when a server is asked about them again.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::{HeaderMap, Request, client::conn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use testkit::{Answer, Gate, Script, Seen, Upstream, eventually};
use tokio::net::TcpStream;

use crate::{
    cache::before,
    harness::{Balancer, PATIENCE},
};

const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const MODIFIED: &str = "Sat, 05 Nov 1994 08:49:37 GMT";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

pub(crate) const BOTH: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// An answer as the client has it.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    headers: HeaderMap,
    body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// Status, `X-Cache` and body.
    fn parts(&self) -> (u16, Option<&str>, &str) {
        (self.status, self.header("x-cache"), &self.body)
    }
}

pub(crate) async fn get(balancer: &Balancer, protocol: Protocol, path: &str, fields: &[(&str, &str)]) -> Got {
    let io = TokioIo::new(TcpStream::connect(balancer.http).await.unwrap());
    let mut request = Request::get(format!("http://site.test{path}"));
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let response = if protocol == Protocol::Http1 {
        let (mut sender, connection) = conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        let request = request.uri(path).header("Host", "site.test").body(Empty::<Bytes>::new()).unwrap();
        sender.send_request(request).await.unwrap()
    } else {
        let (mut sender, connection) = conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap()
    };
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Got { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

/// Requests for a path that came to the server.
fn asked(upstream: &Upstream, path: &str) -> Vec<Seen> {
    upstream.seen().into_iter().filter(|seen| seen.target == path).collect()
}

fn whole(version: &str) -> Answer {
    Answer::ok(version)
        .header("Cache-Control", "max-age=3600")
        .header("ETag", &format!("\"{version}\""))
        .header("Last-Modified", MODIFIED)
        .header("Date", DATE)
}

/// Answers whole, and conditional requests with what `answer` makes.
fn upon_condition(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Script {
    Script::respond(move |seen| {
        let conditional =
            ["If-None-Match", "If-Modified-Since"].iter().any(|name| seen.header(name).is_some());
        if conditional { answer(seen) } else { whole("v1") }
    })
}

const AGAIN: [(&str, &str); 1] = [("Cache-Control", "no-cache")];

#[tokio::test]
async fn the_date_of_a_hit_is_the_origins() {
    let upstream = Upstream::start(Script::respond(|seen| {
        if seen.target == "/undated" { Answer::ok("x") } else { whole("v1") }
    }))
    .await;
    let balancer = before(&upstream).await;
    for protocol in BOTH {
        let path = format!("/{protocol:?}");
        for result in ["MISS", "HIT"] {
            let answer = get(&balancer, protocol, &path, &[]).await;
            assert_eq!(answer.parts(), (200, Some(result), "v1"), "{protocol:?}");
            assert_eq!(answer.all("date"), [DATE], "{protocol:?} {result}");
        }
        let known = get(&balancer, protocol, &path, &[("If-None-Match", "\"v1\"")]).await;
        assert_eq!((known.parts(), known.all("date")), ((304, Some("HIT"), ""), vec![DATE]), "{protocol:?}");
    }
    // The time when it came, where the origin gave none.
    let first = get(&balancer, Protocol::Http1, "/undated", &[]).await;
    eventually(PATIENCE, || async {
        let now = get(&balancer, Protocol::Http1, "/lb-health", &[]).await;
        now.header("date") != first.header("date")
    })
    .await;
    let second = get(&balancer, Protocol::Http1, "/undated", &[]).await;
    assert_eq!((second.header("x-cache"), second.all("date")), (Some("HIT"), first.all("date")));
    balancer.stop().await;
}

#[tokio::test]
async fn an_answer_that_holds_is_refreshed_by_a_304() {
    let script = upon_condition(|_| {
        Answer::new(304, "")
            .header("ETag", "\"v1\"")
            .header("X-New", "1")
            .header("Cache-Control", "max-age=60")
    });
    let upstream = Upstream::start(script).await;
    let balancer = before(&upstream).await;
    for protocol in BOTH {
        let path = format!("/{protocol:?}");
        assert_eq!(get(&balancer, protocol, &path, &[]).await.parts(), (200, Some("MISS"), "v1"));
        let fields = [AGAIN[0], ("If-None-Match", "\"of the client\""), ("If-Modified-Since", DATE)];
        let again = get(&balancer, protocol, &path, &fields).await;
        assert_eq!(again.parts(), (200, Some("REVALIDATED"), "v1"), "{protocol:?}");
        assert_eq!((again.header("x-new"), again.header("age")), (Some("1"), Some("0")));
        let seen = asked(&upstream, &path).pop().unwrap();
        for (name, value) in [("If-None-Match", "\"v1\""), ("If-Modified-Since", MODIFIED)] {
            assert_eq!((seen.count(name), seen.header(name)), (1, Some(value)), "{protocol:?}");
        }
        let hit = get(&balancer, protocol, &path, &[]).await;
        assert_eq!((hit.parts(), hit.header("x-new")), ((200, Some("HIT"), "v1"), Some("1")), "{protocol:?}");
        assert_eq!(hit.all("cache-control"), ["max-age=60"]);
        let known = get(&balancer, protocol, &path, &[AGAIN[0], ("If-None-Match", "W/\"v1\", \"x\"")]).await;
        assert_eq!(known.parts(), (304, Some("REVALIDATED"), ""), "{protocol:?}");
        assert_eq!(asked(&upstream, &path).len(), 3);
    }
    assert_eq!(balancer.metric("lb_cache_requests_total{result=\"revalidated\"}").await, Some(4.0));
    assert_eq!(balancer.metric("lb_cache_requests_total{result=\"miss\"}").await, Some(2.0));
    balancer.stop().await;
}

#[tokio::test]
async fn an_odd_answer_to_the_question_is_nobodys_failure() {
    let answers = Arc::new(AtomicUsize::new(0));
    let rows = [
        ("304 of another", Answer::new(304, "").header("ETag", "\"v9\""), 200, "v1", true),
        ("304 of another date", Answer::new(304, "").header("Last-Modified", DATE), 200, "v1", true),
        ("412", Answer::new(412, "no"), 200, "v1", true),
        ("500", Answer::new(500, "oh"), 500, "oh", false),
        ("404", Answer::new(404, "gone"), 404, "gone", false),
        ("200", whole("v2"), 200, "v2", false),
        ("bare 304", Answer::new(304, ""), 200, "v1", false),
    ];
    let table: Vec<_> = rows.iter().map(|(_, answer, ..)| answer.clone()).collect();
    let row = Arc::clone(&answers);
    let upstream = Upstream::start(upon_condition(move |_| table[row.load(SeqCst)].clone())).await;
    let balancer = before(&upstream).await;
    for protocol in BOTH {
        for (at, (name, _, status, body, asks_again)) in rows.iter().enumerate() {
            answers.store(at, SeqCst);
            let path = format!("/{protocol:?}/{at}");
            // More often than would put a server out.
            for _ in 0..4 {
                get(&balancer, protocol, &path, &[]).await;
                let before = asked(&upstream, &path).len();
                let again = get(&balancer, protocol, &path, &AGAIN).await;
                assert_eq!((again.status, again.body.as_str()), (*status, *body), "{protocol:?} {name}");
                let times = if *asks_again { 2 } else { 1 };
                assert_eq!(asked(&upstream, &path).len() - before, times, "{protocol:?} {name}");
            }
        }
    }
    assert_eq!(balancer.server("a").await.unwrap()["state"], "up");
    assert_eq!(balancer.metric("lb_circuit_state{pool=\"backend\",server=\"a\"}").await, Some(0.0));
    balancer.stop().await;
}

#[tokio::test]
async fn many_who_want_what_is_stale_are_one_question() {
    let gate = Gate::closed();
    let opened = gate.clone();
    let script = Script::by(move |seen| {
        let known = seen.header("If-None-Match").is_some();
        let fresh = if known { "max-age=3600" } else { "max-age=1" };
        let answer = if known { Answer::new(304, "") } else { Answer::ok("v1") };
        let answer = answer.header("ETag", "\"v1\"").header("Cache-Control", fresh);
        if known { Script::gated(opened.clone(), answer) } else { Script::answer(answer) }
    });
    let upstream = Upstream::start(script).await;
    let balancer = before(&upstream).await;
    get(&balancer, Protocol::Http1, "/", &[]).await;
    let if_cached = [("Cache-Control", "only-if-cached")];
    eventually(PATIENCE, || async { get(&balancer, Protocol::Http1, "/", &if_cached).await.status == 504 })
        .await;
    let asking = futures::future::join_all((0..8).map(|number| get(&balancer, BOTH[number % 2], "/", &[])));
    let opening = async {
        eventually(PATIENCE, || async {
            let open = balancer.metric("lb_connections_open{side=\"client\"}").await;
            asked(&upstream, "/").len() == 2 && open >= Some(8.0)
        })
        .await;
        gate.open();
    };
    let (answers, ()) = tokio::join!(asking, opening);
    for answer in &answers {
        assert_eq!((answer.status, answer.body.as_str()), (200, "v1"), "{answers:?}");
    }
    assert_eq!(asked(&upstream, "/").len(), 2);
    balancer.stop().await;
}

#[tokio::test]
async fn every_form_of_a_date_and_only_the_first_age_say_how_long() {
    type Fields = &'static [(&'static str, &'static str)];
    let rows: [(&str, Fields, bool); 9] = [
        ("fixdate", &[("Date", DATE), ("Expires", "Sun, 06 Nov 1994 09:49:37 GMT")], true),
        ("RFC 850", &[("Date", DATE), ("Expires", "Sunday, 06-Nov-94 09:49:37 GMT")], true),
        ("asctime", &[("Date", "Sun Nov  6 08:49:37 1994"), ("Expires", "Sun Nov  6 09:49:37 1994")], true),
        ("in the past", &[("Date", DATE), ("Expires", "Sun Nov  6 08:49:36 1994")], false),
        ("no date", &[("Expires", "tomorrow")], false),
        ("first age", &[("Cache-Control", "max-age=60"), ("Age", "0, 60"), ("Age", "61")], true),
        ("old", &[("Cache-Control", "max-age=60"), ("Age", "60, 0"), ("Age", "0")], false),
        ("no age", &[("Cache-Control", "max-age=60"), ("Age", "x, 60")], true),
        ("negative age", &[("Cache-Control", "max-age=60"), ("Age", "-60")], true),
    ];
    let upstream = Upstream::start(Script::respond(move |seen| {
        let row = seen.target.rsplit('/').next().and_then(|at| at.parse::<usize>().ok());
        let Some((_, fields, _)) = row.map(|at| rows[at]) else { return Answer::ok("") };
        fields.iter().fold(Answer::ok("x"), |answer, (name, value)| answer.header(name, value))
    }))
    .await;
    let balancer = before(&upstream).await;
    for protocol in BOTH {
        for (at, (name, _, kept)) in rows.iter().enumerate() {
            let path = format!("/{protocol:?}/{at}");
            get(&balancer, protocol, &path, &[]).await;
            let second = get(&balancer, protocol, &path, &[]).await;
            assert_eq!(second.header("x-cache") == Some("HIT"), *kept, "{protocol:?} {name}");
        }
    }
    balancer.stop().await;
}
