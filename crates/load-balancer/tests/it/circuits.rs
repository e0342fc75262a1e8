//! Circuit breakers, as clients and servers see them.

use crate::balancer::{Balancer, PATIENCE, get};
use load_balancer::internals::pool::BreakerPolicy;
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use testkit::{Answer, Gate, Script, Upstream, eventually};

const HOUR: Duration = Duration::from_hours(1);
const POST: &str = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";

/// Opens with the third failure in a row, and stays open for the rest of the test.
fn breaker() -> BreakerPolicy {
    BreakerPolicy { consecutive_failures: 3, open_for: HOUR, open_for_max: HOUR, ..BreakerPolicy::default() }
}

/// The first server does as scripted, the others are well.
async fn balancer(
    first: Script,
    others: usize,
    policy: BreakerPolicy,
) -> (Upstream, Vec<Upstream>, Balancer) {
    let bad = Upstream::start(first).await;
    let mut good = Vec::new();
    for _ in 0..others {
        good.push(Upstream::start(Answer::ok("well")).await);
    }
    let mut addresses = vec![bad.address()];
    addresses.extend(good.iter().map(Upstream::address));
    let balancer = Balancer::start_with(&addresses, |setup| {
        setup.listen.workers = 2;
        setup.pool.requests.breaker = Some(policy);
    });
    (bad, good, balancer)
}

/// So many requests, one after the other.
async fn ask(balancer: &Balancer, request: &str, count: usize) {
    for _ in 0..count {
        balancer.ask(request).await;
    }
}

#[tokio::test]
async fn a_server_whose_answers_fail_gets_no_more_of_them() {
    for (what, script) in [
        ("an error", Script::answer(Answer::new(500, "broken"))),
        ("no HTTP", Script::raw_then_close("what?\r\n\r\n")),
        ("half an answer", Script::cut(&Answer::ok("x".repeat(1000)), 600)),
    ] {
        let (bad, _good, balancer) = balancer(script, 2, breaker()).await;
        let mut failed = 0;
        for _ in 0..30 {
            let mut client = balancer.client().await;
            client.send(POST).await.unwrap();
            let answer = client.read_response().await;
            failed += usize::from(!answer.is_ok_and(|answer| answer.status == 200));
        }
        assert_eq!((bad.requests(), failed), (3, 3), "{what}");
        assert!(balancer.servers[0].usable(), "{what}: it is there, and not ejected");
    }
}

#[tokio::test]
async fn without_a_breaker_errors_go_on() {
    let bad = Upstream::start(Answer::new(500, "broken")).await;
    let good = Upstream::start(Answer::ok("well")).await;
    let balancer = Balancer::start(&[bad.address(), good.address()]);
    ask(&balancer, &get("/"), 20).await;
    assert_eq!((bad.requests(), good.requests()), (10, 10));
}

#[tokio::test]
async fn what_a_server_is_not_to_blame_for_opens_nothing() {
    for (what, answer) in [("not found", Answer::new(404, "")), ("busy", Answer::new(503, "busy"))] {
        let upstream = Upstream::start(answer.clone()).await;
        let other = Upstream::start(answer).await;
        let balancer = Balancer::start_with(&[upstream.address(), other.address()], |setup| {
            setup.pool.requests.breaker = Some(breaker());
            setup.pool.requests.retry.max_retries = 0;
        });
        ask(&balancer, &get("/"), 20).await;
        assert_eq!((upstream.requests(), other.requests()), (10, 10), "{what}");
    }
}

#[tokio::test]
async fn a_share_of_failures_opens_it_once_there_are_enough_requests() {
    let count = AtomicUsize::new(0);
    let each_third = Script::by(move |_| {
        let fails = count.fetch_add(1, Ordering::Relaxed).is_multiple_of(3);
        Script::answer(if fails { Answer::new(500, "") } else { Answer::ok("") })
    });
    let policy =
        BreakerPolicy { failure_percent: 30, min_requests: 20, consecutive_failures: 0, ..breaker() };
    let (bad, good, balancer) = balancer(each_third, 1, policy).await;
    ask(&balancer, &get("/"), 100).await;
    assert_eq!((bad.requests(), good[0].requests()), (22, 78), "the first failure after 20 requests");
}

/// As many at once as a trial is limited to, over all workers; the rest is served by the other.
#[tokio::test]
async fn an_open_circuit_is_tried_by_few_requests_and_closes_when_these_go_well() {
    let policy =
        BreakerPolicy { open_for: Duration::from_millis(200), open_for_max: HOUR, trials: 2, ..breaker() };
    let (bad, good, balancer) = balancer(Script::answer(Answer::new(500, "broken")), 1, policy).await;
    ask(&balancer, &get("/"), 6).await;
    assert_eq!(bad.requests(), 3);
    let gate = Gate::closed();
    bad.set_script(Script::gated(gate.clone(), Answer::ok("well again")));
    let before = good[0].requests();
    let clients = RefCell::new(Vec::new());
    let send = async || {
        let mut client = balancer.client().await;
        client.send(get("/")).await.unwrap();
        clients.borrow_mut().push(client);
    };
    // Until the first trial has come there.
    eventually(PATIENCE, || async {
        send().await;
        bad.requests() > 3
    })
    .await;
    for _ in 0..20 {
        send().await;
    }
    let clients = clients.into_inner();
    eventually(PATIENCE, || async { bad.requests() - 3 + good[0].requests() - before == clients.len() })
        .await;
    assert_eq!(bad.requests(), 5, "two trials, and no more");
    gate.open();
    for mut client in clients {
        assert_eq!(client.read_response().await.unwrap().status, 200);
    }
    let closed = bad.requests();
    ask(&balancer, &get("/"), 10).await;
    assert_eq!(bad.requests(), closed + 5, "it has its share again");
}

#[tokio::test]
async fn a_failed_trial_opens_it_again() {
    let policy = BreakerPolicy { open_for: Duration::from_secs(1), open_for_max: HOUR, ..breaker() };
    let (bad, _good, balancer) = balancer(Script::answer(Answer::new(500, "broken")), 1, policy).await;
    ask(&balancer, &get("/"), 6).await;
    eventually(PATIENCE, || async {
        ask(&balancer, &get("/"), 1).await;
        bad.requests() == 4
    })
    .await;
    // For twice as long now: these come within it, or find it out with one more trial.
    ask(&balancer, &get("/"), 20).await;
    assert!((4..=6).contains(&bad.requests()), "{}", bad.requests());
}

#[tokio::test]
async fn the_last_server_that_is_left_is_never_cut_off() {
    let (only, _, balancer) = balancer(Script::answer(Answer::new(500, "broken")), 0, breaker()).await;
    for _ in 0..20 {
        let answer = balancer.ask(get("/")).await;
        assert_eq!((answer.status, answer.header("X-Served-By")), (500, Some("backend-1")));
    }
    assert_eq!(only.requests(), 20);
}

#[tokio::test]
async fn where_every_circuit_is_open_all_servers_get_their_share() {
    let (first, others, balancer) = balancer(Script::answer(Answer::new(500, "")), 2, breaker()).await;
    for other in &others {
        other.set_script(Answer::new(500, ""));
    }
    ask(&balancer, &get("/"), 12).await;
    let counts = || [first.requests(), others[0].requests(), others[1].requests()];
    let before = counts();
    ask(&balancer, &get("/"), 30).await;
    let got: Vec<_> = counts().iter().zip(before).map(|(now, before)| now - before).collect();
    assert_eq!(got, [10, 10, 10]);
}

/// The one whose circuit is closed is out, so the other one is the last.
#[tokio::test]
async fn an_open_circuit_holds_nothing_back_when_the_others_are_out() {
    let (bad, good, balancer) = balancer(Script::answer(Answer::new(500, "broken")), 1, breaker()).await;
    ask(&balancer, &get("/"), 6).await;
    assert_eq!(bad.requests(), 3);
    bad.set_script(Answer::ok("well again"));
    good[0].down().await;
    for _ in 0..5 {
        let answer = balancer.ask(get("/")).await;
        assert_eq!((answer.status, answer.header("X-Served-By")), (200, Some("backend-1")));
    }
}
