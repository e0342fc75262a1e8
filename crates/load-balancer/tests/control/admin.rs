//! The admin interface.

use reqwest::Method;
use serde_json::json;
use testkit::{RawClient, Script, Upstream, eventually};

use crate::harness::{Balancer, HEALTH, PATIENCE, config, named};

const SERVERS: &str = "/api/pools/backend/servers";

#[tokio::test]
async fn requests_are_counted_and_explained() {
    let (broken, well) = (Upstream::start(Script::reset()).await, named("well").await);
    let servers = [("broken", broken.address()), ("well", well.address())];
    let balancer = Balancer::start(&config(&servers, "")).await;
    balancer.until("broken", "up").await;
    balancer.until("well", "up").await;
    let mut retried = None;
    for _ in 0..2 {
        let response = balancer.get("/api/x").await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["x-served-by"]),
            (200, &"well".parse().unwrap())
        );
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        // The record follows the answer's last byte.
        let request = eventually(PATIENCE, || async {
            let (status, request) = balancer.call(Method::GET, &format!("/api/requests/{id}"), None).await;
            if status == 200 { Ok(request) } else { Err(request) }
        })
        .await;
        assert_eq!((&request["status"], &request["path"]), (&200.into(), &"/api/x".into()));
        assert_eq!(request["server"], "well");
        retried = retried.or((request["attempts"].as_array().unwrap().len() == 2).then_some(request));
    }
    let retried = retried.expect("one of two requests went to the broken server first");
    assert_eq!(retried["attempts"][0]["server"], "broken");
    assert_eq!(retried["attempts"][0]["outcome"], "reset");
    assert_eq!(retried["attempts"][1]["status"], 200);

    let count = "lb_requests_total{pool=\"backend\",server=\"well\",code=\"200\"}";
    assert_eq!(balancer.metric(count).await, Some(2.0));
    assert!(balancer.metric("lb_retries_total{pool=\"backend\",reason=\"reset\"}").await >= Some(1.0));
    let histogram = "lb_request_duration_seconds_count{pool=\"backend\",server=\"well\"}";
    assert_eq!(balancer.metric(histogram).await, Some(2.0));
    let (status, problem) = balancer.call(Method::GET, "/api/requests/unknown", None).await;
    assert_eq!((status, &problem["code"]), (404, &"request_unknown".into()));
    balancer.stop().await;
}

#[tokio::test]
async fn every_metric_that_dashboards_use_is_there() {
    let upstream = named("a").await;
    let balancer = Balancer::start(&config(&[("a", upstream.address())], HEALTH)).await;
    balancer.until("a", "up").await;
    balancer.ask("/").await;
    for sample in [
        "lb_requests_total{pool=\"backend\",server=\"a\",code=\"200\"}",
        "lb_requests_in_flight{pool=\"backend\",server=\"a\"}",
        "lb_request_duration_seconds_bucket{pool=\"backend\",server=\"a\",le=\"+Inf\"}",
        "lb_upstream_duration_seconds_sum{pool=\"backend\",server=\"a\"}",
        "lb_server_up{pool=\"backend\",server=\"a\"}",
        "onboarding_expected_instances{pool=\"backend\"}",
        "lb_health_checks_total{pool=\"backend\",server=\"a\",result=\"success\"}",
        "lb_retries_total{pool=\"backend\",reason=\"connect\"}",
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "lb_circuit_state{pool=\"backend\",server=\"a\"}",
        "lb_connections_open{side=\"client\"}",
        "lb_connections_open{side=\"upstream\"}",
    ] {
        eventually(PATIENCE, || async { balancer.metric(sample).await.ok_or(sample) }).await;
    }
    balancer.stop().await;
}

#[tokio::test]
async fn a_drained_server_gets_no_more_and_comes_back() {
    let (a, b) = (named("a").await, named("b").await);
    let balancer = Balancer::start(&config(&[("a", a.address()), ("b", b.address())], HEALTH)).await;
    balancer.until("a", "up").await;
    balancer.until("b", "up").await;
    for (state, shown) in [("drain", "drain"), ("down", "disabled")] {
        let (status, server) =
            balancer.call(Method::PUT, &format!("{SERVERS}/a"), Some(json!({ "state": state }))).await;
        assert_eq!((status, &server["state"], &server["admin_state"]), (200, &shown.into(), &state.into()));
        for _ in 0..4 {
            assert_eq!(balancer.ask("/").await.1, "b");
        }
    }
    balancer
        .call(Method::PUT, &format!("{SERVERS}/a"), Some(json!({ "state": "active", "weight": 3 })))
        .await;
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(balancer.ask("/").await.1);
    }
    assert_eq!(answers.iter().filter(|answer| *answer == "a").count(), 6, "{answers:?}");
    balancer.stop().await;
}

#[tokio::test]
async fn servers_are_added_and_removed() {
    let (a, b) = (named("a").await, named("b").await);
    let balancer = Balancer::start(&config(&[("a", a.address())], HEALTH)).await;
    let new = json!({ "address": b.address().to_string(), "weight": 2 });
    let (status, server) = balancer.call(Method::POST, &format!("{SERVERS}/b"), Some(new.clone())).await;
    assert_eq!((status, &server["state"], &server["weight"]), (201, &"starting".into(), &2.into()));
    balancer.until("b", "up").await;
    assert_eq!(balancer.call(Method::POST, &format!("{SERVERS}/b"), Some(new)).await.0, 409);
    let named = json!({ "name": "c", "address": "127.0.0.1:1" });
    assert_eq!(balancer.call(Method::POST, SERVERS, Some(named)).await.0, 201);
    assert_eq!(balancer.call(Method::DELETE, &format!("{SERVERS}/c"), None).await.0, 204);
    assert_eq!(balancer.call(Method::DELETE, &format!("{SERVERS}/a"), None).await.0, 204);
    assert!(balancer.server("a").await.is_none() && balancer.server("c").await.is_none());
    for _ in 0..4 {
        assert_eq!(balancer.ask("/").await.1, "b");
    }
    balancer.stop().await;
}

#[tokio::test]
async fn bad_changes_are_refused_with_their_reason() {
    let upstream = named("a").await;
    let balancer = Balancer::start(&config(&[("a", upstream.address())], HEALTH)).await;
    let rows = [
        (Method::PUT, "/api/pools/none/servers/a", json!({}), 404, "no_pool"),
        (Method::PUT, "/api/pools/backend/servers/none", json!({}), 404, "no_server"),
        (Method::DELETE, "/api/pools/backend/servers/none", json!({}), 404, "no_server"),
        (Method::PUT, "/api/pools/backend/servers/a", json!({ "weight": 0 }), 422, "invalid"),
        (Method::PUT, "/api/pools/backend/servers/a", json!({ "state": "gone" }), 422, "invalid"),
        (Method::PUT, "/api/pools/backend/servers/a", json!({ "wieght": 1 }), 422, "invalid"),
        (Method::POST, "/api/pools/backend/servers/b", json!({ "address": "b" }), 422, "invalid"),
        (Method::POST, "/api/pools/backend/servers/b%20b", json!({ "address": "b:1" }), 422, "invalid"),
        (Method::POST, "/api/pools/backend/servers", json!({ "address": "b:1" }), 422, "invalid"),
        (
            Method::POST,
            "/api/pools/backend/servers/b",
            json!({ "name": "c", "address": "c:1" }),
            422,
            "invalid",
        ),
        (Method::POST, "/api/nothing", json!({}), 404, "not_found"),
        (Method::POST, "/api/status", json!({}), 405, "method_not_allowed"),
    ];
    for (method, path, body, status, code) in rows {
        let found = balancer.call(method.clone(), path, Some(body)).await;
        assert_eq!((found.0, &found.1["code"]), (status, &code.into()), "{method} {path} {found:?}");
    }
    let (status, page) = balancer.call(Method::GET, "/", None).await;
    assert!(status == 200 && page.as_str().unwrap().contains("<title>Load balancer</title>"));
    balancer.stop().await;
}

#[tokio::test]
async fn changes_need_the_token_where_there_is_one() {
    let upstream = named("a").await;
    let balancer =
        Balancer::with_token(&config(&[("a", upstream.address())], HEALTH), Some("s3cret-of-this-test"))
            .await;
    let path = format!("{SERVERS}/a");
    let (status, problem) = balancer.call(Method::PUT, &path, Some(json!({ "weight": 2 }))).await;
    assert_eq!((status, &problem["code"]), (401, &"token_missing".into()));
    assert_eq!(balancer.call(Method::POST, "/api/reload", None).await.0, 401);
    assert_eq!(balancer.call(Method::GET, "/metrics", None).await.0, 200, "reading needs none");
    let client = reqwest::Client::new();
    for (token, expected) in [("wrong", 401), ("s3cret-of-this-test", 200)] {
        let request = client.put(format!("http://{}{path}", balancer.admin)).bearer_auth(token);
        let response = request.json(&json!({ "weight": 2 })).send().await.unwrap();
        assert_eq!(response.status().as_u16(), expected, "{token}");
    }
    assert_eq!(balancer.server("a").await.unwrap()["weight"], 2);
    balancer.stop().await;
}

/// A browser on the operator's machine carries strangers' pages: neither reading nor changing is open to them.
#[tokio::test]
async fn strangers_pages_and_names_get_nothing() {
    let text = config(&[], "").replace("workers = 2", "workers = 1\nadmin_hosts = [\"load-balancer\"]");
    let balancer = Balancer::start(&text).await;
    let paths =
        ["GET /", "GET /metrics", "GET /api/status", "GET /api/requests/x", "GET /none", "POST /api/reload"];
    for (fields, expected) in [
        ("Host: localhost:8081\r\n", None),
        ("Host: 127.0.0.1\r\n", None),
        ("Host: [::1]:1\r\n", None),
        ("Host: load-balancer:8081\r\n", None),
        ("Host: localhost\r\nSec-Fetch-Site: same-origin\r\n", None),
        ("Host: evil.example:8081\r\n", Some((403, "foreign_host"))),
        ("Host: load-balancer.evil.example\r\n", Some((403, "foreign_host"))),
        ("Host: localhost\r\nHost: localhost\r\n", Some((400, "host_repeated"))),
        ("Host: localhost\r\nHost: evil.example\r\n", Some((400, "host_repeated"))),
        ("Host: localhost:65536\r\n", Some((400, "host_invalid"))),
        ("Host: localhost\r\nSec-Fetch-Site: cross-site\r\n", Some((403, "cross_site"))),
        ("Host: localhost\r\nSec-Fetch-Site: same-site\r\n", Some((403, "cross_site"))),
    ] {
        for path in paths {
            let mut client = RawClient::connect(balancer.admin).await.unwrap();
            client.send(format!("{path} HTTP/1.1\r\n{fields}Content-Length: 0\r\n\r\n")).await.unwrap();
            let answer = client.read_response().await.unwrap();
            let code = serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap_or_default();
            let refused = matches!(answer.status, 400 | 403).then(|| (answer.status, code["code"].clone()));
            let expected = expected.map(|(status, code)| (status, code.into()));
            assert_eq!(refused, expected, "{path} {fields:?}");
        }
    }
    balancer.stop().await;
}

/// Who guesses is slowed down; who knows the token is let in, if late, and who never guessed is not even late.
#[tokio::test]
async fn wrong_tokens_are_slowed_down_and_the_right_one_still_opens() {
    let balancer = Balancer::with_token(&config(&[], ""), Some("s3cret-of-this-test")).await;
    let ask = async |token: &str| {
        let request = reqwest::Client::new().post(format!("http://{}/api/reload", balancer.admin));
        request.bearer_auth(token).send().await.unwrap()
    };
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let answer = ask("wrong-wrong-wrong").await;
        let slowed = answer.headers().get("retry-after").is_some_and(|wait| wait.to_str().unwrap() >= "1");
        assert_eq!(slowed, answer.status() == 429);
        statuses.push(answer.status().as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    let right = ask("s3cret-of-this-test").await;
    assert_eq!(right.status(), 200);
    assert_eq!(ask("wrong-wrong-wrong").await.status(), 401, "all is forgiven");
    balancer.stop().await;
}
