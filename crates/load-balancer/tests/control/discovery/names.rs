//! What discovered servers are called.

use super::{Instances, Reply, SELDOM, Scripted, discovered, instance, ip};
use crate::harness::{Balancer, HEALTH, PATIENCE};
use testkit::{Answer, eventually};

fn requests(name: &str) -> String {
    format!("lb_requests_total{{pool=\"backend\",server=\"{name}\",code=\"200\"}}")
}

#[tokio::test]
async fn the_name_is_known_before_the_first_request() {
    let instances = Instances::start(2).await;
    let resolver = Scripted::knows(&[ip(1), ip(2)]);
    let settings = format!("{SELDOM}\nwait_for_server = \"15s\"");
    let balancer = Balancer::with_resolver(&instances.config(&settings), resolver).await;
    // The first of these waits for the first check.
    for name in balancer.served_by(8).await {
        assert!(["backend-1", "backend-2"].contains(&name.as_str()), "{name}");
    }
    balancer.has(&[("backend-1", "up"), ("backend-2", "up")]).await;
    balancer.served_by(4).await;
    let series = balancer.series().await;
    assert!(series.contains(&requests("backend-1")) && series.contains(&requests("backend-2")), "{series:?}");
    assert!(!series.iter().any(|series| series.contains("127.0.0.")), "{series:?}");
    let shown = balancer.server("backend-2").await.unwrap();
    assert_eq!(shown["address"], instances.address(2).to_string());
    assert_eq!((&shown["source"], &shown["instance"]), (&"dns".into(), &"backend-2".into()));
    balancer.stop().await;
}

#[tokio::test]
async fn without_a_name_it_is_called_by_its_address() {
    let instances = Instances::start(1).await;
    instances.get(1).set_script(Answer::ok("fine"));
    let balancer = Balancer::with_resolver(&instances.config(SELDOM), Scripted::knows(&[ip(1)])).await;
    let address = instances.address(1).to_string();
    balancer.has(&[(&address, "up")]).await;
    assert_eq!(balancer.served_by(1).await, [address.as_str()]);
    eventually(PATIENCE, || async { balancer.metric(&requests(&address)).await == Some(1.0) }).await;
    balancer.stop().await;
}

#[tokio::test]
async fn an_instance_that_is_recreated_elsewhere_keeps_its_name() {
    let (mut instances, resolver, balancer) = discovered(2, SELDOM).await;
    balancer.served_by(6).await;
    eventually(PATIENCE, || async { balancer.metric(&requests("backend-2")).await == Some(3.0) }).await;

    instances.get(2).down().await;
    instances.add(instance("backend-2")).await;
    resolver.say(&[ip(1), ip(3)]);
    let old = format!("backend-2@{}", instances.address(2));
    balancer.has(&[("backend-1", "up"), ("backend-2", "up"), (&old, "leaving")]).await;
    assert_eq!(balancer.server("backend-2").await.unwrap()["address"], instances.address(3).to_string());
    assert_eq!(balancer.served_by(6).await, ["backend-1", "backend-2"]);
    // Another server's counters are not inherited: the series starts anew, as after a restart.
    eventually(PATIENCE, || async { balancer.metric(&requests("backend-2")).await == Some(3.0) }).await;
    eventually(PATIENCE, || async { balancer.metric(&requests("backend-1")).await == Some(6.0) }).await;
    let series = balancer.series().await;
    assert!(series.contains(&"lb_server_up{pool=\"backend\",server=\"backend-2\"}".to_owned()));
    assert!(
        !series.contains(&format!("lb_server_up{{pool=\"backend\",server=\"{old}\"}}")),
        "gone is not down"
    );
    balancer.stop().await;
}

#[tokio::test]
async fn another_instance_at_the_same_address_has_counters_of_its_own() {
    let (instances, _, balancer) = discovered(1, HEALTH).await;
    balancer.served_by(5).await;
    eventually(PATIENCE, || async { balancer.metric(&requests("backend-1")).await == Some(5.0) }).await;
    instances.get(1).set_script(instance("backend-9"));
    balancer.has(&[("backend-9", "up")]).await;
    assert_eq!(balancer.served_by(2).await, ["backend-9"]);
    eventually(PATIENCE, || async { balancer.metric(&requests("backend-9")).await == Some(2.0) }).await;
    assert_eq!(balancer.metric(&requests("backend-1")).await, None);
    balancer.stop().await;
}

#[tokio::test]
async fn two_that_claim_the_same_name_both_work_and_are_told_apart() {
    let mut instances = Instances::start(1).await;
    instances.add(instance("backend-1")).await;
    let resolver = Scripted::knows(&[ip(1)]);
    let balancer = Balancer::with_resolver(&instances.config(SELDOM), resolver.clone()).await;
    balancer.has(&[("backend-1", "up")]).await;
    resolver.say(&[ip(1), ip(2)]);
    let second = format!("backend-1@{}", instances.address(2));
    balancer.has(&[("backend-1", "up"), (&second, "up")]).await;
    assert_eq!(balancer.served_by(6).await, ["backend-1", second.as_str()]);
    let (first_had, second_had) = (instances.requests(1), instances.requests(2));
    assert!(first_had >= 3 && second_had >= 3, "{first_had} {second_had}");
    eventually(PATIENCE, || async { balancer.metric(&requests(&second)).await == Some(3.0) }).await;
    balancer.series().await;
    // Once the first is gone, the name is the second's.
    resolver.say(&[ip(2)]);
    let first = format!("backend-1@{}", instances.address(1));
    balancer.has(&[(&first, "leaving"), ("backend-1", "up")]).await;
    assert_eq!(balancer.served_by(2).await, ["backend-1"]);
    assert_eq!(instances.requests(2), second_had + 2);
    eventually(PATIENCE, || async { balancer.metric(&requests("backend-1")).await == Some(2.0) }).await;
    balancer.series().await;
    balancer.stop().await;
}

/// The page's server is trusted by its name, under which it may move; a resolver that fails takes nothing away.
#[tokio::test]
async fn a_trusted_proxy_is_known_by_its_name() {
    let instances = Instances::start(1).await;
    let resolver = Scripted::knows(&[ip(1)]);
    let text = instances.config(HEALTH).replace("workers = 2", "workers = 2\ntrusted_proxies = [\"page\"]");
    let balancer = Balancer::with_resolver(&text, resolver.clone()).await;
    balancer.has(&[("backend-1", "up")]).await;
    let named = async || {
        let request = reqwest::Client::new().get(format!("http://{}/", balancer.http));
        let answer = request.header("X-Request-Id", "mine").send().await.unwrap();
        answer.headers()["x-request-id"] == "mine"
    };
    assert!(!named().await, "the name leads nowhere");
    let loopback = Reply::Addresses(vec!["127.0.0.1".parse().unwrap()]);
    resolver.reply("page", loopback);
    eventually(PATIENCE, || async { named().await }).await;
    resolver.reply("page", Reply::Error("SERVFAIL"));
    // `backend` is asked for ten times in each second, `page` once.
    let asked = resolver.lookups();
    eventually(PATIENCE, || async { resolver.lookups() > asked + 25 }).await;
    assert!(named().await, "the last good answer holds");
    resolver.reply("page", Reply::Addresses(vec![ip(9)]));
    eventually(PATIENCE, || async { !named().await }).await;
    balancer.stop().await;
}
