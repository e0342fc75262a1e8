//! What every proxied request can rely on.

use crate::balancer::{Balancer, get};
use testkit::{Answer, Script, Upstream};

#[tokio::test]
async fn a_get_goes_through_and_its_answer_comes_back() {
    let upstream = Upstream::start(Answer::ok("hello")).await;
    let balancer = Balancer::before(&upstream);
    let answer = balancer.ask(get("/api/x?y=1")).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "hello"));
    assert_eq!(answer.header("X-Served-By"), Some("backend-1"));
    let seen = upstream.last();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", "/api/x?y=1"));
    assert_eq!(seen.header("X-Request-Id"), answer.header("X-Request-Id"));
    assert_eq!(seen.header("X-Forwarded-For"), Some("127.0.0.1"));
    assert_eq!(seen.header("X-Forwarded-Proto"), Some("http"));
    assert_eq!(seen.header("X-Forwarded-Host"), Some("example.com"));
    assert_eq!(seen.header("Host"), Some("example.com"));
    assert!(seen.header("traceparent").is_some());
}

#[tokio::test]
async fn a_post_goes_through_with_its_body() {
    let upstream = Upstream::start(Script::echo()).await;
    let balancer = Balancer::before(&upstream);
    let answer = balancer.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello").await;
    assert_eq!(answer.status, 200);
    assert_eq!(upstream.last().body, b"hello");
}
