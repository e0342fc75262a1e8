//! Cached routes, as clients and servers see them.

use reqwest::{Method, Response};
use testkit::{Answer, Gate, Script, Upstream, eventually};

use crate::harness::{Balancer, HEALTH, PATIENCE, config};

pub(crate) async fn before(upstream: &Upstream) -> Balancer {
    let text = config(&[("a", upstream.address())], HEALTH)
        .replace("path = \"/\"", "path = \"/\"\ncache = { ttl = \"1m\", max_size = \"1MB\" }");
    let balancer = Balancer::start(&text).await;
    balancer.until("a", "up").await;
    balancer
}

async fn ask(balancer: &Balancer, method: Method, path: &str, fields: &[(&str, &str)]) -> Response {
    let mut request = reqwest::Client::new().request(method, format!("http://{}{path}", balancer.http));
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn result(response: &Response) -> Option<&str> {
    response.headers().get("x-cache").map(|value| value.to_str().unwrap())
}

/// Requests that came through, checks apart.
fn requests(upstream: &Upstream) -> usize {
    upstream.seen().iter().filter(|seen| seen.target != "/health").count()
}

#[tokio::test]
async fn the_second_request_is_answered_from_the_cache() {
    let answer =
        Answer::ok("countries").header("ETag", "\"v1\"").header("Cache-Control", "public, max-age=300");
    let upstream = Upstream::start(answer).await;
    let balancer = before(&upstream).await;
    let first = ask(&balancer, Method::GET, "/api/static-data?lang=de", &[]).await;
    assert_eq!((first.status().as_u16(), result(&first)), (200, Some("MISS")));
    assert_eq!(first.text().await.unwrap(), "countries");
    let second = ask(&balancer, Method::GET, "/api/static-data?lang=de", &[]).await;
    assert_eq!((result(&second), &second.headers()["age"]), (Some("HIT"), &"0".parse().unwrap()));
    assert!(second.headers().contains_key("x-request-id") && !second.headers().contains_key("x-served-by"));
    assert_eq!(second.headers().get_all("date").iter().count(), 1);
    assert_eq!(second.text().await.unwrap(), "countries");
    let head = ask(&balancer, Method::HEAD, "/api/static-data?lang=de", &[]).await;
    assert_eq!((result(&head), &head.headers()["content-length"]), (Some("HIT"), &"9".parse().unwrap()));
    let known = ask(&balancer, Method::GET, "/api/static-data?lang=de", &[("If-None-Match", "\"v1\"")]).await;
    assert_eq!((known.status().as_u16(), result(&known)), (304, Some("HIT")));
    assert!(!known.headers().contains_key("content-length"));
    assert_eq!(requests(&upstream), 1);
    let other = ask(&balancer, Method::GET, "/api/static-data?lang=en", &[]).await;
    assert_eq!((result(&other), requests(&upstream)), (Some("MISS"), 2));
    assert_eq!(balancer.metric("lb_cache_requests_total{result=\"hit\"}").await, Some(3.0));
    assert_eq!(balancer.metric("lb_cache_requests_total{result=\"miss\"}").await, Some(2.0));
    balancer.stop().await;
}

/// Each cache on the way adds itself (RFC 9211), the one that is nearest to the client last.
#[tokio::test]
async fn cache_status_says_where_an_answer_came_from() {
    let answer = Answer::ok("x").header("Cache-Control", "max-age=300").header("Cache-Status", "origin; hit");
    let upstream = Upstream::start(answer).await;
    let balancer = before(&upstream).await;
    for own in ["load-balancer; fwd=miss", "load-balancer; hit; ttl=300"] {
        let response = ask(&balancer, Method::GET, "/", &[]).await;
        let all: Vec<_> =
            response.headers().get_all("cache-status").iter().map(|v| v.to_str().unwrap()).collect();
        // A second may have passed.
        assert_eq!(all[0], "origin; hit");
        assert!(all[1] == own || all[1] == "load-balancer; hit; ttl=299", "{all:?}");
    }
    balancer.stop().await;
}

#[tokio::test]
async fn what_is_personal_or_not_to_be_stored_goes_to_the_server() {
    let script = Script::by(|seen| {
        let control = if seen.target == "/private" { "private, max-age=60" } else { "max-age=60" };
        Script::answer(Answer::ok("x").header("Cache-Control", control))
    });
    let upstream = Upstream::start(script).await;
    let balancer = before(&upstream).await;
    let rows: [(&str, &[(&str, &str)]); 4] = [
        ("/a", &[("Authorization", "Bearer x")]),
        ("/b", &[("Cache-Control", "no-store")]),
        ("/c", &[("Range", "bytes=0-0")]),
        ("/private", &[]),
    ];
    for (path, fields) in rows {
        let before = requests(&upstream);
        for _ in 0..2 {
            assert_ne!(result(&ask(&balancer, Method::GET, path, fields).await), Some("HIT"), "{path}");
        }
        assert_eq!(requests(&upstream), before + 2, "{path}");
    }
    ask(&balancer, Method::GET, "/d", &[]).await;
    let fresh = ask(&balancer, Method::GET, "/d", &[("Cache-Control", "no-cache")]).await;
    assert_eq!(result(&fresh), Some("MISS"));
    balancer.stop().await;
}

#[tokio::test]
async fn answers_that_vary_are_kept_apart_and_changes_make_it_forget() {
    let script = Script::by(|seen| {
        let language = seen.header("Accept-Language").unwrap_or("none").to_owned();
        Script::answer(Answer::ok(language).header("Vary", "Accept-Language"))
    });
    let upstream = Upstream::start(script).await;
    let balancer = before(&upstream).await;
    for expected in ["MISS", "HIT"] {
        for language in ["de", "en"] {
            let answer = ask(&balancer, Method::GET, "/", &[("Accept-Language", language)]).await;
            assert_eq!(result(&answer), Some(expected), "{language}");
            assert_eq!(answer.text().await.unwrap(), language);
        }
    }
    ask(&balancer, Method::PUT, "/", &[]).await;
    let after = ask(&balancer, Method::GET, "/", &[("Accept-Language", "de")]).await;
    assert_eq!(result(&after), Some("MISS"));
    balancer.stop().await;
}

#[tokio::test]
async fn what_a_change_overtakes_is_not_kept() {
    let gate = Gate::closed();
    let opened = gate.clone();
    let script = Script::by(move |seen| match (seen.method.as_str(), seen.target.as_str()) {
        ("GET", "/raced") => Script::gated(opened.clone(), Answer::ok("of before")),
        _ => Script::answer(Answer::ok("")),
    });
    let upstream = Upstream::start(script).await;
    let balancer = before(&upstream).await;
    let (early, ()) = tokio::join!(ask(&balancer, Method::GET, "/raced", &[]), async {
        eventually(PATIENCE, || async { requests(&upstream) == 1 }).await;
        ask(&balancer, Method::PUT, "/raced", &[]).await;
        gate.open();
    });
    assert_eq!(early.text().await.unwrap(), "of before");
    for expected in ["MISS", "HIT"] {
        let next = ask(&balancer, Method::GET, "/raced", &[]).await;
        assert_eq!(result(&next), Some(expected));
    }
    balancer.stop().await;
}

#[tokio::test]
async fn requests_for_the_same_at_the_same_time_are_one() {
    let gate = Gate::closed();
    let script = {
        let gate = gate.clone();
        Script::by(move |seen| {
            let answer = Answer::ok("slow");
            if seen.target == "/slow" { Script::gated(gate.clone(), answer) } else { Script::answer(answer) }
        })
    };
    let upstream = Upstream::start(script).await;
    let balancer = before(&upstream).await;
    let asking = futures::future::join_all((0..8).map(|_| balancer.ask("/slow")));
    let opening = async {
        eventually(PATIENCE, || async {
            requests(&upstream) == 1
                && balancer.metric("lb_connections_open{side=\"client\"}").await >= Some(8.0)
        })
        .await;
        gate.open();
    };
    let (answers, ()) = tokio::join!(asking, opening);
    assert!(answers.iter().all(|answer| *answer == (200, "slow".to_owned())), "{answers:?}");
    assert_eq!(requests(&upstream), 1);
    balancer.stop().await;
}

#[tokio::test]
async fn a_fetch_that_breaks_is_not_kept_and_nobody_waits_for_it_in_vain() {
    let whole = Answer::ok("0123456789").header("Cache-Control", "max-age=60");
    let broken = Script::cut(&whole, whole.to_bytes("GET").len() - 3);
    let upstream = Upstream::start(Script::by(move |seen| {
        if seen.target == "/health" { Script::answer(Answer::ok("")) } else { broken.clone() }
    }))
    .await;
    let balancer = before(&upstream).await;
    let partial = reqwest::get(format!("http://{}/", balancer.http)).await;
    let partial = match partial {
        Ok(response) => response.bytes().await.map(drop),
        Err(error) => Err(error),
    };
    assert!(partial.is_err(), "the client must see that it is not whole");
    upstream.set_script(whole);
    let answer = ask(&balancer, Method::GET, "/", &[]).await;
    assert_eq!(result(&answer), Some("MISS"));
    assert_eq!(answer.text().await.unwrap(), "0123456789");
    balancer.stop().await;
}
