//! Upstreams that fail, and what the client sees of it: nothing, wherever a second attempt is safe.

use crate::balancer::{Balancer, PATIENCE, get};
use load_balancer::internals::pool::Health;
use load_balancer::internals::record::RecentRequest;
use std::time::Duration;
use testkit::{Answer, Script, Upstream, eventually};

pub(crate) const POST: &str = "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
pub(crate) const KEYED: &str =
    "POST /p HTTP/1.1\r\nHost: h\r\nIdempotency-Key: k-1\r\nContent-Length: 5\r\n\r\nhello";

fn outcomes(request: &RecentRequest) -> Vec<(String, String)> {
    request
        .attempts
        .iter()
        .map(|attempt| (attempt.server.name().to_owned(), attempt.outcome.name().to_owned()))
        .collect()
}

/// Two servers; the first answers as scripted, the second well. Equals take turns, so several requests reach both.
pub(crate) async fn pair(first: Script) -> (Upstream, Upstream, Balancer) {
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
