//! Servers that say that they cannot serve, and requests for which there is no server.

use crate::balancer::{Balancer, get};
use crate::faults::{KEYED, POST, pair};
use load_balancer::internals::pool::Health;
use std::time::Duration;
use testkit::{Answer, Script, Upstream};

#[tokio::test]
async fn an_unavailable_server_is_left_for_another() {
    let refusal = Answer::new(503, "busy").header("X-Retry-Safe", "1");
    let (_bad, _good, balancer) = pair(Script::answer(refusal)).await;
    for request in [get("/"), POST.into(), KEYED.into(), POST.into()] {
        let answer = balancer.ask(request).await;
        assert_eq!((answer.status, answer.header("X-Served-By")), (200, Some("backend-2")));
        assert!(answer.header("X-Retry-Safe").is_none());
    }
}

/// As a server refuses whose database is away, which it shares with all others.
fn without_database() -> Answer {
    Answer::new(503, "no database").header("X-Retry-Safe", "1").header("X-Unavailable", "database")
}

#[tokio::test]
async fn a_server_that_alone_lacks_what_all_share_costs_nobody_a_request() {
    let (bad, _good, balancer) = pair(Script::answer(without_database())).await;
    for request in [get("/"), POST.into(), KEYED.into(), POST.into(), get("/")] {
        let answer = balancer.ask(request).await;
        assert_eq!((answer.status, answer.header("X-Served-By")), (200, Some("backend-2")));
    }
    assert_eq!(bad.requests(), 1, "refusing at once, it would draw every request");
    assert_eq!(balancer.servers[0].state().health, Health::Ejected);
    // A check that looks at the process alone brings it back; each such time costs one try.
    balancer.servers[0].set_health(Health::Up);
    for _ in 0..2 {
        assert_eq!(balancer.ask(POST).await.status, 200);
    }
    assert_eq!(bad.requests(), 2);
}

#[tokio::test]
async fn what_all_servers_lack_is_asked_of_one() {
    let upstreams = [
        Upstream::start(without_database()).await,
        Upstream::start(without_database()).await,
        Upstream::start(without_database()).await,
    ];
    let balancer = Balancer::start(&upstreams.each_ref().map(Upstream::address));
    let asked = || upstreams.iter().map(Upstream::requests).sum::<usize>();
    assert_eq!(balancer.ask(get("/")).await.text(), "no database");
    assert_eq!(asked(), 3, "any of them might have had it");
    for (number, request) in [get("/"), POST.into(), KEYED.into(), get("/")].into_iter().enumerate() {
        balancer.servers.iter().for_each(|server| server.set_health(Health::Up));
        let answer = balancer.ask(request).await;
        assert_eq!((answer.status, answer.text().as_str()), (503, "no database"));
        assert!(answer.header("X-Unavailable").is_none());
        assert_eq!(asked(), 3 + number + 1);
        assert!(balancer.servers.iter().all(|server| server.usable()), "nobody is blamed");
    }
}

#[tokio::test]
async fn the_last_real_answer_goes_through() {
    let upstream = Upstream::start(Answer::new(503, "the server's own words")).await;
    let balancer = Balancer::before(&upstream);
    let answer = balancer.ask(get("/")).await;
    assert_eq!((answer.status, answer.text().as_str()), (503, "the server's own words"));
    assert_eq!(upstream.requests(), 1);

    let (_bad, _good, balancer) = pair(Script::answer(Answer::new(503, "mine"))).await;
    let mut texts = Vec::new();
    for _ in 0..2 {
        texts.push(balancer.ask(POST).await.text());
    }
    texts.sort();
    assert_eq!(texts, ["hello", "mine"], "a POST without a key is not repeated for a plain 503");
}

#[tokio::test]
async fn a_request_waits_for_a_server() {
    let upstream = Upstream::start(Answer::ok("at last")).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| {
        setup.pool.requests.wait_for_server = Duration::from_secs(10);
    });
    balancer.servers[0].set_health(Health::Starting);
    let mut client = balancer.client().await;
    client.send(get("/")).await.unwrap();
    // It must not have been answered by then; that it waits shows in that it is answered later.
    tokio::task::yield_now().await;
    balancer.servers[0].set_health(Health::Up);
    assert_eq!(client.read_response().await.unwrap().text(), "at last");
}

#[tokio::test]
async fn with_no_server_the_answer_is_503_in_the_end() {
    let balancer = Balancer::start(&[]);
    let answer = balancer.ask(get("/")).await;
    assert_eq!((answer.status, answer.header("Content-Type")), (503, Some("application/problem+json")));
    assert!(answer.header("Retry-After").is_some());
    assert!(answer.text().contains(answer.header("X-Request-Id").unwrap()));
}
