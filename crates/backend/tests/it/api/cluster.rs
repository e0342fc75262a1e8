//! How balancers and instances are, asked for by an admin.

use std::net::TcpListener;
use std::time::{Duration, Instant as Clock};

use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::{Answer, Script, Upstream};

use super::harness::{Database, Instance, Send as _, admin, alone};

/// Where nobody listens.
fn dead() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn server(name: &str, address: &str, state: &str) -> Value {
    json!({
        "pool": "backend", "name": name, "instance": null, "address": address, "source": "file", "resolved": address,
        "state": state, "health": "up", "admin_state": "active", "weight": 1, "in_flight": 2,
        "last_check": "2026-11-28T04:00:00Z", "last_check_status": 200, "last_check_ms": 0.5,
        "last_check_error": null, "next_check": null, "consecutive_failures": 0, "traffic_failures": 0,
        "requests_total": 7, "errors_total": 1, "checks_total": 3, "failed_checks_total": 0
    })
}

fn status(servers: &[Value]) -> Value {
    json!({
        "status": "healthy", "version": "1.2.3", "uptime_seconds": 60, "draining": false, "configuration_version": 1,
        "workers": 2, "client_connections": 5, "upstream_connections": 4, "token_required": true,
        "pools": [{"name": "backend", "algorithm": "least_conn", "requests_total": 7, "servers": servers}],
        "routes": []
    })
}

fn lines() -> Value {
    json!({
        "requests": [null, 7], "client_errors": [null, 0], "errors": [null, 1], "in_flight": [null, 2],
        "p50_ms": [null, 0.5], "p95_ms": [null, 1.5], "p99_ms": [null, 2.5]
    })
}

fn history() -> Value {
    let (mut pool, mut server) = (lines(), lines());
    server["name"] = json!("backend-1");
    pool["name"] = json!("backend");
    pool["own_errors"] = json!([null, 0]);
    pool["retries"] = json!([null, 3]);
    pool["servers"] = json!([server]);
    json!({"step_seconds": 5, "from": "2026-11-28T03:59:50Z", "to": "2026-11-28T04:00:00Z", "slots": 2, "pools": [pool]})
}

/// A balancer's admin port that knows `servers`.
fn balancer(servers: Vec<Value>) -> Script {
    Script::respond(move |seen| match seen.target.as_str() {
        "/api/status" => Answer::json(&status(&servers)),
        "/api/history?minutes=5" => Answer::json(&history()),
        _ => Answer::new(404, "no"),
    })
}

#[tokio::test]
async fn without_balancers_the_answer_says_so_and_odd_questions_are_refused() {
    let (instance, database) = alone().await;
    let admin = admin(&instance, &database).await;
    let get =
        |query: &str| instance.get(&format!("/api/admin/cluster{query}")).bearer_auth(&admin.access_token);
    let answer = get("").answer(StatusCode::OK).await;
    let body = &answer.body;
    assert_eq!((&body["configured"], &body["minutes"]), (&json!(false), &json!(15)));
    assert_eq!((&body["balancers"], &body["instances"]), (&json!([]), &json!([])));
    for query in ["?minutes=0", "?minutes=361", "?minutes=soon", "?seconds=5"] {
        get(query).problem(422, "validation_failed").await;
    }
}

#[tokio::test]
async fn whoever_answers_is_shown_and_whoever_does_not_is_named_with_the_reason() {
    let (up, mute) = (Upstream::start(Script::hang()).await, Upstream::start(Script::hang()).await);
    let (lost, gone) = (dead(), dead());
    let urls = format!(
        "http://{}, http://{}, http://{gone}, http://nowhere.invalid:1",
        up.address(),
        mute.address()
    );
    let database = Database::new();
    let instance = Instance::start_with(&database, &[("LB_ADMIN_URLS", &urls)]).await;
    let admin = admin(&instance, &database).await;
    let here = instance.address.to_string();
    up.set_script(balancer(vec![server("b-2", &lost, "down"), server("b-1", &here, "up")]));

    let began = Clock::now();
    let answer = instance
        .get("/api/admin/cluster?minutes=5")
        .bearer_auth(&admin.access_token)
        .answer(StatusCode::OK)
        .await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let balancers = answer.body["balancers"].as_array().unwrap();
    let codes: Vec<_> = balancers.iter().map(|balancer| balancer["error"]["code"].as_str()).collect();
    assert_eq!(codes, [None, Some("slow"), Some("unreachable"), Some("unknown_name")], "{balancers:?}");
    assert_eq!(balancers[0]["status"]["pools"][0]["servers"][1]["in_flight"], 2);
    assert_eq!(balancers[0]["history"]["pools"][0]["servers"][0]["p99_ms"], json!([null, 2.5]));
    assert_eq!(balancers[0]["history"]["pools"][0]["retries"], json!([null, 3]));
    assert_eq!((&balancers[1]["status"], &balancers[3]["address"]), (&Value::Null, &Value::Null));

    let instances = answer.body["instances"].as_array().unwrap();
    let by_name = |name: &str| instances.iter().find(|instance| instance["name"] == name).unwrap();
    // It is called what it calls itself.
    let me = by_name("backend-1");
    assert_eq!((&me["address"], &me["health"]["database"]["status"]), (&json!(here), &json!("up")));
    assert!(me["health"]["database"]["pool"]["max"].as_u64().unwrap() > 0, "{me}");
    assert_eq!((&me["hashes_waiting"], &me["error"]), (&json!(0), &Value::Null));
    let other = by_name("b-2");
    assert_eq!((&other["health"], &other["error"]["code"]), (&Value::Null, &json!("unreachable")));

    // No token is sent along, and the answer bears none.
    let seen = up.seen();
    assert!(seen.iter().all(|seen| seen.header("authorization").is_none()) && seen.len() == 2, "{seen:?}");
}

#[tokio::test]
async fn a_balancer_of_an_earlier_version_has_no_history() {
    let up = Upstream::start(Script::respond(|seen| match seen.target.as_str() {
        "/api/status" => Answer::json(&status(&[])),
        _ => Answer::new(404, "no"),
    }))
    .await;
    let database = Database::new();
    let url = format!("http://{}", up.address());
    let instance = Instance::start_with(&database, &[("LB_ADMIN_URLS", &url)]).await;
    let admin = admin(&instance, &database).await;
    let answer =
        instance.get("/api/admin/cluster").bearer_auth(&admin.access_token).answer(StatusCode::OK).await;
    let balancer = &answer.body["balancers"][0];
    assert_eq!((&balancer["status"]["status"], &balancer["history"]), (&json!("healthy"), &Value::Null));
    assert_eq!(balancer["error"]["code"], "status");
}
