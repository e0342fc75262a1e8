//! Active and passive health, as traffic sees it.

use testkit::{Script, Upstream, eventually};

use crate::harness::{Balancer, HEALTH, PATIENCE, config, healthy, named, sick};

#[tokio::test]
async fn no_traffic_before_the_first_good_check() {
    let (well, other) = (named("well").await, Upstream::start(sick("sick")).await);
    let servers = [("well", well.address()), ("sick", other.address())];
    let balancer = Balancer::start(&config(&servers, HEALTH)).await;
    balancer.until("well", "up").await;
    for _ in 0..6 {
        assert_eq!(balancer.ask("/").await, (200, "well".to_owned()));
    }
    balancer.until("sick", "down").await;
    other.set_script(healthy("recovered"));
    balancer.until("sick", "up").await;
    let answers: Vec<_> = [balancer.ask("/").await.1, balancer.ask("/").await.1].into();
    assert!(answers.contains(&"recovered".to_owned()), "{answers:?}");
    balancer.stop().await;
}

#[tokio::test]
async fn a_request_waits_for_the_first_server() {
    let upstream = Upstream::start(sick("late")).await;
    let settings = format!("{HEALTH}\nwait_for_server = \"15s\"");
    let settings = settings.replace("start_period = \"0s\"", "start_period = \"1m\"");
    let balancer = Balancer::start(&config(&[("late", upstream.address())], &settings)).await;
    let (answer, ()) = tokio::join!(balancer.ask("/"), async {
        eventually(PATIENCE, || async { upstream.requests() > 0 }).await;
        upstream.set_script(healthy("late"));
    });
    assert_eq!(answer, (200, "late".to_owned()));
    balancer.stop().await;
}

#[tokio::test]
async fn failing_checks_take_a_server_out_and_say_why() {
    let upstream = named("a").await;
    let balancer = Balancer::start(&config(&[("a", upstream.address())], HEALTH)).await;
    balancer.until("a", "up").await;
    assert_eq!(balancer.get("/health").await.json::<serde_json::Value>().await.unwrap()["status"], "healthy");
    upstream.set_script(sick("a"));
    let server = balancer.until("a", "down").await;
    assert_eq!(
        (&server["last_check_status"], &server["last_check_error"]),
        (&503.into(), &"answered 503".into())
    );
    assert!(server["consecutive_failures"].as_u64() >= Some(2), "{server}");
    let response = balancer.get("/health").await;
    assert_eq!(response.status(), 503);
    let health: serde_json::Value = response.json().await.unwrap();
    assert_eq!((&health["status"], &health["instances"][0]["state"]), (&"down".into(), &"down".into()));
    // With every server out, all are tried.
    assert_eq!(balancer.ask("/").await, (200, "a".to_owned()));
    assert!(
        balancer.metric("lb_health_checks_total{pool=\"backend\",server=\"a\",result=\"failure\"}").await
            > Some(1.0)
    );
    assert_eq!(balancer.metric("lb_server_up{pool=\"backend\",server=\"a\"}").await, Some(0.0));
    balancer.stop().await;
}

#[tokio::test]
async fn a_server_that_dies_is_put_out_by_the_first_request_and_comes_back() {
    let (a, b) = (named("a").await, named("b").await);
    let settings = HEALTH.replace("interval = \"50ms\", timeout", "interval = \"1h\", timeout");
    // Checks must not find it down before it was seen to be put out.
    let settings = settings.replace("down_interval = \"50ms\"", "down_interval = \"1s\"");
    let balancer = Balancer::start(&config(&[("a", a.address()), ("b", b.address())], &settings)).await;
    balancer.until("a", "up").await;
    balancer.until("b", "up").await;
    a.down().await;
    for _ in 0..4 {
        assert_eq!(balancer.ask("/").await, (200, "b".to_owned()));
    }
    balancer.until("a", "ejected").await;
    assert_eq!(balancer.metric("lb_circuit_state{pool=\"backend\",server=\"a\"}").await, Some(1.0));
    assert_eq!(balancer.metric("lb_retries_total{pool=\"backend\",reason=\"connect\"}").await, Some(1.0));
    a.up().await;
    balancer.until("a", "up").await;
    balancer.stop().await;
}

#[tokio::test]
async fn without_a_path_a_connection_is_enough() {
    let upstream = Upstream::start(Script::close()).await;
    let balancer = Balancer::start(&config(&[("a", upstream.address())], "")).await;
    balancer.until("a", "up").await;
    balancer.stop().await;
}

#[tokio::test]
async fn names_are_resolved() {
    let upstream = named("by name").await;
    let port = upstream.address().port();
    let text = config(&[("a", upstream.address())], HEALTH)
        .replace(&upstream.address().to_string(), &format!("localhost:{port}"));
    let balancer = Balancer::start(&text).await;
    let server = balancer.until("a", "up").await;
    assert_eq!(server["resolved"], format!("127.0.0.1:{port}"));
    assert_eq!(balancer.ask("/").await, (200, "by name".to_owned()));
    balancer.stop().await;
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_told() {
    let text = config(&[("a", "127.0.0.1:1".parse().unwrap())], HEALTH)
        .replace("127.0.0.1:1\"", "nowhere.invalid:80\"");
    let balancer = Balancer::start(&text).await;
    let server = eventually(PATIENCE, || async {
        balancer.server("a").await.filter(|server| server["last_check_error"].is_string())
    })
    .await;
    assert_eq!(server["last_check_error"], "nowhere.invalid:80 has no address");
    balancer.stop().await;
}
