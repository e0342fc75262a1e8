//! Connections for which there is no room: refused like a request, in the protocol of the client, and recorded.

use crate::balancer::{Balancer, PATIENCE, get};
use crate::secure::{http2, request};
use http_body_util::BodyExt;
use load_balancer::internals::record::Protocol;
use testkit::{Answer, RawClient, Upstream, eventually};
use tokio::net::TcpStream;

/// Connections that one worker refuses at once (`workers::life`).
const AT_ONCE: usize = 32;

/// A balancer with room for one connection, and a client that has it.
async fn full(upstream: &Upstream) -> (Balancer, RawClient) {
    let balancer = Balancer::start_with(&[upstream.address()], |setup| setup.listen.max_connections = 1);
    let mut client = balancer.client().await;
    client.send(get("/")).await.unwrap();
    assert_eq!(client.read_response().await.unwrap().status, 200);
    (balancer, client)
}

#[tokio::test]
async fn a_connection_over_the_limit_is_answered_and_recorded_like_any_request() {
    let upstream = Upstream::start(Answer::ok("ok")).await;
    let (balancer, _client) = full(&upstream).await;
    let mut refused = balancer.client().await;
    refused.send("PUT /much HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n").await.unwrap();
    let answer = refused.read_response().await.unwrap();
    let problem = answer.json();
    assert_eq!((answer.status, answer.header("Connection")), (503, Some("close")));
    assert_eq!((&problem["code"], answer.header("Retry-After")), (&"overloaded".into(), Some("1")));
    assert_eq!(answer.header("X-Request-Id"), problem["request_id"].as_str());
    // Its body is read on, so that the answer is not lost by a reset.
    refused.send("x".repeat(300_000)).await.unwrap();
    let known = balancer.recorded(answer.header("X-Request-Id").unwrap()).await;
    assert_eq!((known.method.as_str(), known.path.as_str(), known.status), ("PUT", "/much", 503));
    assert_eq!((balancer.stats(|stats| &stats.refused_connections), upstream.requests()), (1, 1));
}

#[tokio::test]
async fn a_connection_over_the_limit_that_speaks_http2_is_answered_in_http2() {
    let upstream = Upstream::start(Answer::ok("ok")).await;
    let (balancer, _client) = full(&upstream).await;
    let mut sender = http2(TcpStream::connect(balancer.workers.http()).await.unwrap()).await;
    let answer = sender.send_request(request("GET", "/in-two", "")).await.unwrap();
    let (parts, body) = answer.into_parts();
    let problem: serde_json::Value =
        serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!((parts.status.as_u16(), &problem["code"]), (503, &"overloaded".into()));
    let known = balancer.recorded(problem["request_id"].as_str().unwrap()).await;
    assert_eq!((known.path.as_str(), known.protocol, known.status), ("/in-two", Protocol::Http2, 503));
    // The connection ends with its first stream.
    eventually(PATIENCE, || async { sender.is_closed() }).await;
    assert_eq!(upstream.requests(), 1);
}

#[tokio::test]
async fn refused_connections_take_nobodys_place_and_are_bounded_themselves() {
    let upstream = Upstream::start(Answer::ok("ok")).await;
    let (balancer, client) = full(&upstream).await;
    let mut refused = Vec::new();
    for _ in 0..AT_ONCE {
        let mut each = balancer.client().await;
        each.send(get("/")).await.unwrap();
        assert_eq!(each.read_response().await.unwrap().status, 503);
        refused.push(each);
    }
    let mut one_more = balancer.client().await;
    assert!(one_more.read_to_end().await.unwrap().is_empty(), "many are being refused already");
    assert_eq!(balancer.stats(|stats| &stats.refused_connections), AT_ONCE as u64 + 1);
    // Those that are refused are still there, and there is room all the same once the one client has left.
    drop(client);
    eventually(PATIENCE, || async { balancer.client_connections() == [0] }).await;
    assert_eq!(balancer.ask(get("/")).await.status, 200);
    drop(refused);
}
