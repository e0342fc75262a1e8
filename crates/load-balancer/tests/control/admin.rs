//! The admin interface.

use reqwest::Method;
use serde_json::json;
use testkit::{Script, Upstream, eventually};

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
    let balancer = Balancer::with_token(&config(&[("a", upstream.address())], HEALTH), Some("s3cret")).await;
    let path = format!("{SERVERS}/a");
    let (status, problem) = balancer.call(Method::PUT, &path, Some(json!({ "weight": 2 }))).await;
    assert_eq!((status, &problem["code"]), (401, &"token_missing".into()));
    assert_eq!(balancer.call(Method::POST, "/api/reload", None).await.0, 401);
    assert_eq!(balancer.call(Method::GET, "/metrics", None).await.0, 200, "reading needs none");
    let client = reqwest::Client::new();
    for (token, expected) in [("wrong", 401), ("s3cret", 200)] {
        let request = client.put(format!("http://{}{path}", balancer.admin)).bearer_auth(token);
        let response = request.json(&json!({ "weight": 2 })).send().await.unwrap();
        assert_eq!(response.status().as_u16(), expected, "{token}");
    }
    assert_eq!(balancer.server("a").await.unwrap()["weight"], 2);
    balancer.stop().await;
}
