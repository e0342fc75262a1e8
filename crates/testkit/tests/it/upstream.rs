//! Scripted upstreams, asked by raw clients.

use std::{io::ErrorKind, time::Duration};

use testkit::endings::{CONTENT, endings};
use testkit::{Answer, Gate, RawClient, RawResponse, Script, Step, Upstream, eventually};

const LONG: Duration = Duration::from_secs(20);
const GET: &str = "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n";

async fn client(upstream: &Upstream) -> RawClient {
    RawClient::connect(upstream.address()).await.unwrap()
}

async fn ask(client: &mut RawClient, request: &str) -> RawResponse {
    client.send(request).await.unwrap();
    client.read_response().await.unwrap()
}

#[tokio::test]
async fn answers_in_every_framing_are_read_and_the_connection_is_kept() {
    let body = "x".repeat(3000);
    let upstream = Upstream::start(Answer::ok(body.as_str())).await;
    let mut client = client(&upstream).await;
    let rows = [
        (Answer::ok(body.as_str()), 200, body.as_str()),
        (Answer::new(503, "busy").header("Retry-After", "1"), 503, "busy"),
        (Answer::ok(body.as_str()).chunked(1000).trailer("X-Sum", "7"), 200, body.as_str()),
        (Answer::new(204, ""), 204, ""),
        (Answer::ok("the end").until_close(), 200, "the end"),
    ];
    for (answer, status, expected) in rows {
        upstream.set_script(answer);
        let response = ask(&mut client, GET).await;
        assert_eq!((response.status, response.text().as_str()), (status, expected));
    }
    assert_eq!(upstream.connections(), 1);
    assert_eq!(upstream.requests(), 5);
    assert!(client.read_to_end().await.unwrap().is_empty(), "closed behind the last one");
}

#[tokio::test]
async fn trailers_and_headers_come_through() {
    let answer = Answer::ok("a").header("X-One", "1").header("x-one", "2").trailer("X-Sum", "7");
    let upstream = Upstream::start(answer).await;
    let response = ask(&mut client(&upstream).await, GET).await;
    assert_eq!((response.header("x-ONE"), response.count("X-One")), (Some("1"), 2));
    assert_eq!(response.trailers, [("X-Sum".to_owned(), "7".to_owned())]);
}

#[tokio::test]
async fn an_echo_and_what_was_seen_tell_the_request() {
    let upstream = Upstream::start(Script::echo()).await;
    let mut client = client(&upstream).await;
    let chunked = "PUT /p HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n\
                   3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-T: t\r\n\r\n";
    let echo = ask(&mut client, chunked).await.json();
    assert_eq!(echo["method"], "PUT");
    assert_eq!(echo["target"], "/p");
    assert_eq!(echo["body"], "abcde");
    assert_eq!(echo["headers"][1], serde_json::json!(["X-A", "1"]));
    let seen = upstream.last();
    assert_eq!((seen.method.as_str(), seen.version.as_str(), seen.exchange), ("PUT", "HTTP/1.1", 0));
    assert_eq!(seen.body, b"abcde");
    assert_eq!(seen.trailers, [("X-T".to_owned(), "t".to_owned())]);
    assert!(seen.raw.starts_with(b"PUT /p HTTP/1.1\r\nHost: x\r\n"));
    let with_length =
        ask(&mut client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi").await.json();
    assert_eq!(with_length["body"], "hi");
    assert_eq!(upstream.last().exchange, 1);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let upstream = Upstream::start(Script::by(|seen| Answer::ok(seen.target.as_str()).into())).await;
    let mut client = client(&upstream).await;
    client.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(client.read_response().await.unwrap().text(), "/1");
    assert_eq!(client.read_response().await.unwrap().text(), "/2");
}

#[tokio::test]
async fn head_has_no_body_and_http_1_0_closes() {
    let upstream = Upstream::start(Answer::ok("body")).await;
    let mut client = client(&upstream).await;
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let response = client.read_response_to("HEAD").await.unwrap();
    assert_eq!((response.header("content-length"), response.body.len()), (Some("4"), 0));
    assert_eq!(ask(&mut client, "GET / HTTP/1.0\r\n\r\n").await.text(), "body");
    assert!(client.read_to_end().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_ways_to_fail() {
    let answer = Answer::ok("0123456789");
    let cut = answer.to_bytes("GET").len() - 5;
    let rows = [
        ("close", Script::close(), ErrorKind::UnexpectedEof),
        ("reset", Script::reset(), ErrorKind::ConnectionReset),
        ("cut in the body", Script::cut(&answer, cut), ErrorKind::UnexpectedEof),
        ("cut in the head", Script::cut(&answer, 9), ErrorKind::UnexpectedEof),
        ("nonsense", Script::raw("SSH-2.0\r\n\r\n"), ErrorKind::InvalidData),
    ];
    for (what, script, expected) in rows {
        let upstream = Upstream::start(script).await;
        let mut client = client(&upstream).await;
        client.send(GET).await.unwrap();
        let error = client.read_response().await.expect_err(what);
        assert_eq!(error.kind(), expected, "{what}: {error}");
    }
}

#[tokio::test]
async fn interim_answers_early_answers_and_upgrades() {
    let upstream = Upstream::start(Script::continued(Answer::ok("done"))).await;
    let mut client = client(&upstream).await;
    client.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").await.unwrap();
    assert_eq!(client.read_interim().await.unwrap().0, 100);
    client.send("ok").await.unwrap();
    assert_eq!(client.read_response().await.unwrap().text(), "done");
    upstream.set_script(Script::upgrade("echo"));
    assert_eq!(ask(&mut client, GET).await.status, 101);
    client.send("ping").await.unwrap();
    assert_eq!(client.read_exactly(4).await.unwrap(), b"ping");
    upstream.set_script(Script::early(Answer::new(413, "too much")));
    let mut client = self::client(&upstream).await;
    let response = ask(&mut client, "POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n").await;
    assert_eq!(response.status, 413);
}

#[tokio::test]
async fn a_gate_holds_an_answer_back() {
    let gate = Gate::closed();
    let upstream = Upstream::start(Script::gated(gate.clone(), Answer::ok("now"))).await;
    let mut client = client(&upstream).await;
    client.send(GET).await.unwrap();
    eventually(LONG, || async { upstream.requests() == 1 }).await;
    gate.open();
    assert_eq!(client.read_response().await.unwrap().text(), "now");
}

#[tokio::test]
async fn it_goes_down_and_comes_back_on_its_port() {
    let upstream = Upstream::start(Script::hang()).await;
    let mut waiting = client(&upstream).await;
    waiting.send(GET).await.unwrap();
    eventually(LONG, || async { upstream.open_connections() == 1 }).await;
    upstream.down().await;
    assert!(waiting.read_response().await.is_err());
    let refused = RawClient::connect(upstream.address()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(upstream.open_connections(), 0);
    upstream.set_script(Answer::ok("again"));
    upstream.up().await;
    assert_eq!(ask(&mut client(&upstream).await, GET).await.text(), "again");
}

#[tokio::test]
async fn one_that_refuses_from_the_start() {
    let upstream = Upstream::refusing().await;
    assert_eq!(
        RawClient::connect(upstream.address()).await.unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
}

#[tokio::test]
async fn it_hangs_up_and_goes_on_listening() {
    let upstream = Upstream::start(Answer::ok("a")).await;
    let mut kept = client(&upstream).await;
    ask(&mut kept, GET).await;
    upstream.hang_up();
    assert!(kept.read_to_end().await.unwrap().is_empty());
    assert_eq!(ask(&mut client(&upstream).await, GET).await.status, 200);
}

#[tokio::test]
async fn a_client_that_resets_or_half_closes() {
    let upstream = Upstream::start(Script::steps([Step::Hang])).await;
    let mut leaver = client(&upstream).await;
    leaver.send(GET).await.unwrap();
    eventually(LONG, || async { upstream.requests() == 1 }).await;
    leaver.reset().unwrap();
    eventually(LONG, || async { upstream.open_connections() == 0 }).await;
    upstream.set_script(Answer::ok("still"));
    let mut half = client(&upstream).await;
    half.send(GET).await.unwrap();
    half.half_close().await.unwrap();
    assert_eq!(half.read_response().await.unwrap().text(), "still");
}

#[tokio::test]
async fn the_framing_and_not_the_connection_tells_where_an_answer_ends() {
    for ending in endings() {
        let upstream = Upstream::start(ending.script()).await;
        let mut client = client(&upstream).await;
        client.send(GET).await.unwrap();
        let answer = client.read_response().await;
        assert_eq!(answer.is_ok(), ending.whole, "{}: {answer:?}", ending.name);
        let content = answer.is_ok_and(|answer| answer.text() == CONTENT);
        assert_eq!(content, ending.has_content, "{}", ending.name);
    }
}
