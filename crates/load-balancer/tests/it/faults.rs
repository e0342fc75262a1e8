//! Upstreams that fail, and what the client sees of it: nothing, wherever a second attempt is safe.

use crate::balancer::{Balancer, PATIENCE, get};
use crate::strictness::BAD_ANSWERS;
use load_balancer::internals::pool::Health;
use load_balancer::internals::record::RecentRequest;
use std::time::Duration;
use testkit::{Answer, Gate, Script, Step, Upstream, eventually};

const POST: &str = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
const KEYED: &str = "POST /p HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k-1\r\nContent-Length: 5\r\n\r\nhello";

fn outcomes(request: &RecentRequest) -> Vec<(String, String)> {
    request
        .attempts
        .iter()
        .map(|attempt| (attempt.server.name().to_owned(), attempt.outcome.name().to_owned()))
        .collect()
}

/// Two servers; the first answers as scripted, the second well. Equals take turns, so several requests reach both.
async fn pair(first: Script) -> (Upstream, Upstream, Balancer) {
    let bad = Upstream::start(first).await;
    let good =
        Upstream::start(Script::respond(|seen| Answer::ok(String::from_utf8_lossy(&seen.body).into_owned())))
            .await;
    let balancer = Balancer::start(&[bad.address(), good.address()]);
    (bad, good, balancer)
}

#[tokio::test]
async fn a_server_that_refuses_costs_nobody_a_request() {
    let (bad, good, balancer) = pair(Script::echo()).await;
    bad.down().await;
    for request in [get("/"), POST.into(), KEYED.into(), POST.into()] {
        assert_eq!(balancer.ask(request).await.header("X-Served-By"), Some("backend-2"));
    }
    assert_eq!(good.requests(), 4);
    assert!(!balancer.servers[0].usable(), "a failed connection puts it out");
}

#[tokio::test]
async fn what_may_be_sent_twice_is_when_a_server_breaks() {
    for script in [Script::close(), Script::reset(), Script::cut(&Answer::ok("x"), 10)] {
        let (_bad, _good, balancer) = pair(script).await;
        for request in [get("/"), KEYED.into(), get("/"), KEYED.into()] {
            let answer = balancer.ask(request).await;
            assert_eq!((answer.status, answer.header("X-Served-By")), (200, Some("backend-2")));
        }
    }
}

#[tokio::test]
async fn what_may_not_be_sent_twice_is_not() {
    let (bad, good, balancer) = pair(Script::close()).await;
    let mut statuses = Vec::new();
    for _ in 0..2 {
        statuses.push(balancer.ask(POST).await.status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 502]);
    assert_eq!((bad.requests(), good.requests()), (1, 1));
}

#[tokio::test]
async fn a_post_is_given_a_key_where_the_pool_says_so() {
    let bad = Upstream::start(Script::close()).await;
    let good = Upstream::start(Script::echo()).await;
    let balancer = Balancer::start_with(&[bad.address(), good.address()], |setup| {
        setup.pool.requests.retry.assign_idempotency_key = true;
    });
    for _ in 0..2 {
        assert_eq!(balancer.ask(POST).await.status, 200);
    }
    let (first, second) = (
        bad.last(),
        good.seen()
            .into_iter()
            .find(|seen| bad.last().header("Idempotency-Key") == seen.header("Idempotency-Key")),
    );
    let key = first.header("Idempotency-Key").and_then(|key| key.strip_prefix("proxy-"));
    assert_eq!(key.map(str::len), Some(36), "{first:?}");
    assert_eq!(second.expect("the same key went to both").body, b"hello");
    balancer.ask(get("/")).await;
    assert!(good.last().header("Idempotency-Key").is_none(), "a GET needs none");
}

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
async fn a_silent_server_is_given_up_after_its_time() {
    let hung = Upstream::start(Script::hang()).await;
    let good = Upstream::start(Answer::ok("ok")).await;
    let balancer = Balancer::start_with(&[hung.address(), good.address()], |setup| {
        setup.pool.requests.timeouts.first_byte = Duration::from_millis(200);
    });
    for _ in 0..2 {
        assert_eq!(balancer.ask(get("/")).await.status, 200);
    }
    let status = [balancer.ask(POST).await.status, balancer.ask(POST).await.status];
    assert!(status.contains(&504) && status.contains(&200), "{status:?}");
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_replaced() {
    let upstream = Upstream::start(Script::echo()).await;
    let balancer = Balancer::before(&upstream);
    for request in [get("/"), POST.into(), KEYED.into(), POST.into()] {
        assert_eq!(balancer.ask(&request).await.status, 200);
        assert_eq!(balancer.upstream_connections(), 1);
        upstream.hang_up();
        eventually(PATIENCE, || async { upstream.open_connections() == 0 }).await;
    }
    assert_eq!(upstream.connections(), 4);
    // Nobody asks for it any more, and it is closed all the same.
    eventually(PATIENCE, || async { balancer.upstream_connections() == 0 }).await;
}

#[tokio::test]
async fn a_connection_that_closes_on_the_next_request_is_stale_and_not_a_failure() {
    let closing = Script::by(|seen| match seen.exchange {
        0 => Script::answer(Answer::ok("first")),
        _ => Script::close(),
    });
    let upstream = Upstream::start(closing).await;
    let balancer = Balancer::before(&upstream);
    balancer.ask(get("/")).await;
    let answer = balancer.ask(get("/")).await;
    assert_eq!(answer.text(), "first");
    let record = balancer.recorded(answer.header("X-Request-Id").unwrap()).await;
    assert_eq!(
        outcomes(&record),
        [("backend-1".to_owned(), "stale".to_owned()), ("backend-1".to_owned(), "answered".to_owned())]
    );
    assert!(balancer.servers[0].usable());
}

#[tokio::test]
async fn two_dying_servers_do_not_use_up_what_is_meant_for_a_third() {
    let servers = [
        Upstream::start(Script::echo()).await,
        Upstream::start(Script::echo()).await,
        Upstream::start(Script::echo()).await,
    ];
    let addresses: Vec<_> = servers.iter().map(Upstream::address).collect();
    let balancer = Balancer::start_with(&addresses, |setup| setup.pool.requests.retry.max_retries = 2);
    for _ in 0..3 {
        assert_eq!(balancer.ask(get("/")).await.status, 200);
    }
    for dying in &servers[..2] {
        dying.set_script(Script::reset());
    }
    for _ in 0..3 {
        let answer = balancer.ask(get("/")).await;
        assert_eq!((answer.status, answer.header("X-Served-By")), (200, Some("backend-3")));
    }
}

#[tokio::test]
async fn with_every_server_out_all_are_tried() {
    let (bad, good, balancer) = pair(Script::echo()).await;
    for server in &balancer.servers {
        server.set_health(Health::Down);
    }
    bad.down().await;
    for _ in 0..2 {
        assert_eq!(balancer.ask(get("/")).await.header("X-Served-By"), Some("backend-2"));
    }
    assert_eq!(good.requests(), 2);
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

#[tokio::test]
async fn a_server_that_has_moved_is_asked_at_its_new_address() {
    let (old, new) = (Upstream::start(Answer::ok("old")).await, Upstream::start(Answer::ok("new")).await);
    let balancer = Balancer::before(&old);
    assert_eq!(balancer.ask(get("/")).await.text(), "old");
    balancer.servers[0].set_resolved(new.address());
    assert_eq!(balancer.ask(get("/")).await.text(), "new");
    assert_eq!(old.requests(), 1);
}

#[tokio::test]
async fn a_long_body_is_sent_again_whole() {
    for len in [10_000, 40_000, 64 * 1024] {
        let (bad, good, balancer) = pair(Script::close()).await;
        let body = "abcdefghij".repeat(len / 10 + 1)[..len].to_owned();
        let head =
            format!("POST / HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k\r\nContent-Length: {len}\r\n\r\n");
        for _ in 0..2 {
            // At once, and in two pieces.
            assert!(balancer.ask(format!("{head}{body}")).await.text() == body);
            let mut client = balancer.client().await;
            client.send(&head).await.unwrap();
            client.send(&body).await.unwrap();
            assert!(client.read_response().await.unwrap().text() == body);
        }
        assert!(bad.requests() > 0 && good.requests() == 4);
    }
}

#[tokio::test]
async fn a_body_that_is_longer_than_what_is_kept_is_sent_once() {
    let (bad, good, balancer) = pair(Script::close()).await;
    let len = 64 * 1024 + 1;
    let request = format!("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: {len}\r\n\r\n{}", "x".repeat(len));
    let mut statuses = Vec::new();
    for _ in 0..2 {
        statuses.push(balancer.ask(request.clone()).await.status);
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 502]);
    assert_eq!((bad.requests(), good.requests()), (1, 1));
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
