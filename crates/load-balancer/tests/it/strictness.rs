//! What could be read in two ways is refused and never forwarded.

use crate::balancer::{Balancer, get};
use crate::hyper::Hyper;
use testkit::{Answer, Script, Upstream};

/// Requests that are refused, each with its status.
const REFUSED: &[(&str, u16)] = &[
    ("GET / HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
    ("GET / HTTP/1.1\nHost: h\n\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\nX: a\x7fb\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\nX : a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\n X: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\tb\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\n: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\nX\r\n\r\n", 400),
    ("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400),
    ("GE(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET /a<b HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET /a?b=\"c\" HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET http://h/a>b HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET http://h:65536/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h:65536\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h:http\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: [::1]:99999\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h:-1\r\n\r\n", 400),
    ("GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET /a/../b HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET /%2e%2e/b HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
    ("GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505),
    ("GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505),
    ("GET / FTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("\x16\x03\x01\x02\x00\x01\x00\x01\u{7f}\x03\x03 hello\r\n\r\n", 400),
    ("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\nhello", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x5\r\n\r\nhello", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\nhello", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551615\r\n\r\nhello", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\nhello", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    (
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    ("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a\rb\r\nhello\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: a\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n", 417),
];

#[tokio::test]
async fn bad_requests_are_refused_and_never_forwarded() {
    let upstream = Upstream::start(Answer::ok("forwarded")).await;
    let balancer = Balancer::before(&upstream);
    for (request, status) in REFUSED {
        let mut client = balancer.client().await;
        client.send(request).await.unwrap();
        let answer = client.read_response().await.unwrap_or_else(|error| panic!("{request:?}: {error}"));
        assert_eq!(answer.status, *status, "{request:?}");
        assert_eq!(answer.header("Content-Type"), Some("application/problem+json"));
        assert_eq!(answer.header("Connection"), Some("close"), "{request:?}");
        client.half_close().await.ok();
        assert!(client.read_to_end().await.is_ok_and(|rest| rest.is_empty()), "{request:?}");
    }
    assert_eq!(upstream.requests(), 0);
}

/// Whatever octet is in a target: either the upstream has answered, or the balancer with a problem.
#[tokio::test]
async fn no_octet_of_a_target_gets_a_bare_answer() {
    let backend = Hyper::start().await;
    let balancer = Balancer::start(&[backend.address]);
    for octet in 0..=u8::MAX {
        for (before, after) in [("/a", "b"), ("/a?b", "c"), ("http://h/", "")] {
            let request =
                [b"GET ", before.as_bytes(), &[octet], after.as_bytes(), b" HTTP/1.1\r\nHost: h\r\n\r\n"];
            let answer = balancer.ask(request.concat()).await;
            let problem = answer.header("Content-Type") == Some("application/problem+json");
            let expected = if answer.status == 200 { answer.text() == "hyper" } else { problem };
            assert!(expected, "{octet:#x} after {before}: {} {:?}", answer.status, answer.text());
        }
    }
}

/// What the balancer lets in, and adds to it, our backends take.
#[tokio::test]
async fn the_largest_head_that_is_let_in_is_taken_by_a_backend() {
    let backend = Hyper::start().await;
    let balancer = Balancer::start(&[backend.address]);
    let many: String = (0..99).map(|n| format!("X-{n}: v\r\n")).collect();
    let long: String = (0..4).map(|n| format!("X-{n}: {}\r\n", "v".repeat(8100))).collect();
    let host = "h".repeat(255) + ":65535";
    for head in [format!("Host: h\r\n{many}"), format!("Host: h\r\n{long}"), format!("Host: {host}\r\n")] {
        let answer = balancer.ask(format!("POST / HTTP/1.1\r\n{head}\r\n")).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "hyper"), "{}", &head[..50]);
    }
}

#[tokio::test]
async fn heads_and_lines_have_limits() {
    let upstream = Upstream::start(Answer::ok("")).await;
    let balancer = Balancer::before(&upstream);
    let filler = |name: &str, count: usize, len: usize| {
        (0..count).map(|n| format!("{name}{n}: {}\r\n", "v".repeat(len))).collect::<String>()
    };
    for (request, status) in [
        (format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(8000)), 200),
        (format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(9000)), 414),
        (format!("GET /{}", "a".repeat(9000)), 414),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", filler("X-", 99, 10)), 200),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", filler("X-", 100, 10)), 431),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", filler("X-", 4, 8000)), 200),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", filler("X-", 5, 8000)), 431),
        (format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}", "a".repeat(40_000)), 431),
    ] {
        assert_eq!(balancer.ask(&request).await.status, status, "{}", &request[..60]);
    }
    assert_eq!(upstream.requests(), 3);
}

#[tokio::test]
async fn a_body_that_turns_bad_on_its_way_ends_the_request() {
    let upstream = Upstream::start(Script::echo()).await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    client
        .send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        .await
        .unwrap();
    testkit::eventually(crate::balancer::PATIENCE, || async { upstream.connections() == 1 }).await;
    client.send("5\r\nhelloX").await.unwrap();
    let answer = client.read_response().await.unwrap();
    assert_eq!((answer.status, answer.header("Connection")), (400, Some("close")));
}

/// Answers that are not HTTP, or not unambiguous.
pub(crate) const BAD_ANSWERS: [&str; 12] = [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
    "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2\r\n",
];

#[tokio::test]
async fn bad_answers_are_not_passed_on() {
    for raw in BAD_ANSWERS {
        let upstream = Upstream::start(Script::raw_then_close(raw)).await;
        let balancer = Balancer::before(&upstream);
        assert_eq!(balancer.ask(get("/")).await.status, 502, "{raw:?}");
    }
}

#[tokio::test]
async fn what_follows_an_answer_reaches_nobody() {
    let upstream = Upstream::start(Script::raw(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison",
    ))
    .await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    for _ in 0..3 {
        client.send(get("/")).await.unwrap();
        assert_eq!(client.read_response().await.unwrap().text(), "ok");
    }
    assert_eq!(upstream.connections(), 3, "a connection with a surplus is not used again");
}
