//! Answers that break off, are wrong or do not come, and what that says of their server.

use crate::balancer::{Balancer, PATIENCE, get};
use crate::strictness::BAD_ANSWERS;
use std::time::Duration;
use testkit::{Answer, Gate, Script, Step, Upstream, eventually};

#[tokio::test]
async fn a_client_that_leaves_takes_its_request_along() {
    let upstream = Upstream::start(Script::hang()).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| {
        setup.listen.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    });
    let mut client = balancer.client().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: left\r\n\r\n").await.unwrap();
    eventually(PATIENCE, || async { upstream.requests() == 1 }).await;
    assert_eq!(balancer.in_flight(), 1);
    client.reset().unwrap();
    eventually(PATIENCE, || async { upstream.open_connections() == 0 && balancer.in_flight() == 0 }).await;
    let record = balancer.recorded("left").await;
    assert_eq!(record.status, 499);
    assert!(balancer.servers[0].usable());
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_never_taken_for_whole() {
    for (answer, request) in [
        (Answer::ok("0123456789"), get("/")),
        (Answer::ok("0123456789").chunked(4), get("/")),
        (Answer::ok("0123456789").chunked(4), "GET / HTTP/1.0\r\n\r\n".into()),
    ] {
        let whole = answer.to_bytes("GET").len();
        let upstream = Upstream::start(Script::cut(&answer, whole - 2)).await;
        let balancer = Balancer::before(&upstream);
        let mut client = balancer.client().await;
        client.send(&request).await.unwrap();
        assert!(client.read_response().await.is_err(), "{answer:?}");
    }
}

#[tokio::test]
async fn in_flight_lasts_until_the_answer_has_ended() {
    let gate = Gate::closed();
    let upstream = Upstream::start(Script::steps([
        Step::ReadBody,
        Step::Write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab".to_vec()),
        Step::Wait(gate.clone()),
        Step::Write(b"cd".to_vec()),
    ]))
    .await;
    let balancer = Balancer::before(&upstream);
    let mut client = balancer.client().await;
    client.send(get("/")).await.unwrap();
    eventually(PATIENCE, || async { upstream.requests() == 1 }).await;
    assert_eq!(balancer.in_flight(), 1);
    gate.open();
    assert_eq!(client.read_response().await.unwrap().text(), "abcd");
    eventually(PATIENCE, || async { balancer.in_flight() == 0 }).await;
}

/// Whatever is wrong with an answer, the next one may be right: its server has answered.
#[tokio::test]
async fn what_an_answer_did_wrong_does_not_put_its_server_out() {
    let mut wrong: Vec<Script> = BAD_ANSWERS.into_iter().map(Script::raw_then_close).collect();
    for raw in [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        // The answer had begun.
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ] {
        wrong.push(Script::raw_then_close(raw));
    }
    wrong.push(Script::raw_then_close(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(70_000))));
    wrong.push(Script::steps([
        Step::Write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello".to_vec()),
        Step::Pause(Duration::from_millis(20)),
        Step::Reset,
    ]));
    for script in wrong {
        let upstream = Upstream::start(script.clone()).await;
        let balancer = Balancer::before(&upstream);
        for _ in 0..4 {
            let mut client = balancer.client().await;
            client.send(get("/")).await.unwrap();
            // What comes, if anything, is not the point here.
            let _ = client.read_response().await;
        }
        eventually(PATIENCE, || async { balancer.in_flight() == 0 }).await;
        assert_eq!((upstream.requests(), balancer.servers[0].usable()), (4, true), "{script:?}");
        upstream.set_script(Answer::ok("well"));
        assert_eq!(balancer.ask(get("/")).await.text(), "well");
    }
}

#[tokio::test]
async fn a_server_that_gives_no_answer_is_put_out() {
    for script in [Script::close(), Script::reset(), Script::hang()] {
        let upstream = Upstream::start(script).await;
        let balancer = Balancer::start_with(&[upstream.address()], |setup| {
            setup.pool.requests.timeouts.first_byte = Duration::from_millis(200);
            setup.pool.requests.retry.max_retries = 0;
        });
        for put_out in [false, false, true] {
            balancer.ask(get("/")).await;
            assert_eq!(!balancer.servers[0].usable(), put_out);
        }
    }
}
