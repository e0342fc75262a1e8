//! The configuration file again, while all is running.

use reqwest::Method;
use serde_json::json;
use testkit::{Answer, Gate, Script, Upstream, eventually};

use crate::harness::{Balancer, HEALTH, PATIENCE, config, named};

#[tokio::test]
async fn a_reload_changes_servers_and_keeps_what_is_known_of_the_others() {
    let (a, b) = (named("a").await, named("b").await);
    let balancer = Balancer::start(&config(&[("a", a.address())], HEALTH)).await;
    balancer.until("a", "up").await;
    balancer.ask("/").await;
    eventually(PATIENCE, || async { balancer.server("a").await.is_some_and(|a| a["requests_total"] == 1) })
        .await;
    let text = config(&[("a", a.address()), ("b", b.address())], HEALTH);
    std::fs::write(&balancer.file, text.replace("workers = 2", "workers = 3")).unwrap();
    let (status, answer) = balancer.call(Method::POST, "/api/reload", None).await;
    assert_eq!((status, &answer["status"]), (200, &"reloaded".into()));
    assert_eq!(answer["needs_restart"], json!(["listen"]));
    let known = balancer.server("a").await.unwrap();
    assert_eq!((&known["state"], &known["requests_total"]), (&"up".into(), &1.into()));
    balancer.until("b", "up").await;
    balancer.stop().await;
}

#[tokio::test]
async fn a_bad_file_is_refused_whole() {
    let upstream = named("a").await;
    let balancer = Balancer::start(&config(&[("a", upstream.address())], HEALTH)).await;
    balancer.until("a", "up").await;
    std::fs::write(&balancer.file, config(&[], "algoritm = \"least_conn\"")).unwrap();
    let (status, problem) = balancer.call(Method::POST, "/api/reload", None).await;
    assert_eq!((status, &problem["code"]), (422, &"configuration_refused".into()));
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("pools[0].algoritm: unknown key; did you mean \"algorithm\"?"), "{detail}");
    assert_eq!(balancer.ask("/").await, (200, "a".to_owned()));
    balancer.stop().await;
}

#[tokio::test]
async fn a_changed_file_is_noticed() {
    let (a, b) = (named("a").await, named("b").await);
    let balancer = Balancer::start(&config(&[("a", a.address())], HEALTH)).await;
    balancer.until("a", "up").await;
    std::fs::write(&balancer.file, config(&[("only-b", b.address())], HEALTH)).unwrap();
    balancer.until("only-b", "up").await;
    assert_eq!(balancer.ask("/").await, (200, "b".to_owned()));
    balancer.stop().await;
}

#[tokio::test]
async fn servers_added_by_hand_and_drains_outlive_a_reload() {
    let (a, b) = (named("a").await, named("b").await);
    let balancer = Balancer::start(&config(&[("a", a.address())], HEALTH)).await;
    let servers = "/api/pools/backend/servers";
    let new = json!({ "address": b.address().to_string() });
    balancer.call(Method::POST, &format!("{servers}/b"), Some(new)).await;
    balancer.call(Method::PUT, &format!("{servers}/a"), Some(json!({ "state": "drain" }))).await;
    assert_eq!(balancer.call(Method::POST, "/api/reload", None).await.0, 200);
    assert_eq!(balancer.server("a").await.unwrap()["state"], "drain");
    balancer.until("b", "up").await;
    balancer.call(Method::DELETE, &format!("{servers}/b"), None).await;
    assert_eq!(balancer.call(Method::POST, "/api/reload", None).await.0, 200);
    assert!(balancer.server("b").await.is_none());
    balancer.stop().await;
}

#[tokio::test]
async fn a_request_under_way_outlives_its_server() {
    let gate = Gate::closed();
    let script = {
        let gate = gate.clone();
        Script::by(move |seen| {
            let answer = Answer::ok("late");
            if seen.target == "/slow" { Script::gated(gate.clone(), answer) } else { Script::answer(answer) }
        })
    };
    let upstream = Upstream::start(script).await;
    let balancer = Balancer::start(&config(&[("a", upstream.address())], HEALTH)).await;
    balancer.until("a", "up").await;
    let (answer, ()) = tokio::join!(balancer.ask("/slow"), async {
        eventually(PATIENCE, || async { upstream.seen().iter().any(|seen| seen.target == "/slow") }).await;
        assert_eq!(balancer.server("a").await.unwrap()["in_flight"], 1);
        balancer.call(Method::DELETE, "/api/pools/backend/servers/a", None).await;
        gate.open();
    });
    assert_eq!(answer, (200, "late".to_owned()));
    balancer.stop().await;
}
