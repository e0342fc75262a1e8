//! A resolver that fails takes nothing away.

use std::sync::atomic::Ordering::SeqCst;

use testkit::eventually;

use super::{Instances, Reply, SELDOM, Scripted, discovered, ip};
use crate::harness::{Balancer, HEALTH, PATIENCE};

async fn discovery(balancer: &Balancer) -> serde_json::Value {
    let (_, status) = balancer.call(reqwest::Method::GET, "/api/status", None).await;
    status["pools"][0]["discovery"].clone()
}

#[tokio::test]
async fn the_last_good_answer_holds_while_the_resolver_fails() {
    let (_instances, resolver, balancer) = discovered(2, SELDOM).await;
    assert_eq!(discovery(&balancer).await["error"], serde_json::Value::Null);
    for (reply, error) in [
        (Reply::Error("NXDOMAIN"), "NXDOMAIN"),
        (Reply::Addresses(Vec::new()), "no addresses"),
        (Reply::Error("SERVFAIL"), "SERVFAIL"),
    ] {
        resolver.reply("backend", reply);
        let shown = eventually(PATIENCE, || async {
            let shown = discovery(&balancer).await;
            if shown["error"] == error { Ok(shown) } else { Err(shown) }
        })
        .await;
        assert_eq!((&shown["addresses"], &shown["dns"]), (&2.into(), &"backend".into()));
        balancer.has(&[("backend-1", "up"), ("backend-2", "up")]).await;
        assert_eq!(balancer.served_by(4).await, ["backend-1", "backend-2"]);
    }
    let failures = "lb_discovery_lookups_total{pool=\"backend\",result=\"failure\"}";
    assert!(balancer.metric(failures).await >= Some(3.0));
    assert_eq!(balancer.metric("lb_discovery_addresses{pool=\"backend\"}").await, Some(2.0));
    resolver.say(&[ip(1)]);
    balancer.has(&[("backend-1", "up"), ("backend-2", "leaving")]).await;
    assert_eq!(discovery(&balancer).await["error"], serde_json::Value::Null);
    balancer.stop().await;
}

#[tokio::test]
async fn a_resolver_that_hangs_is_asked_once_and_delays_no_check() {
    let instances = Instances::start(2).await;
    let resolver = Scripted::knows(&[ip(1), ip(2)]);
    let listed = [("by-name", instances.address(1))];
    let text = instances.config_beside(&listed, HEALTH);
    let by_name = format!("hanging:{}", instances.port);
    let text = text.replace(&format!("\"{}\"", instances.address(1)), &format!("\"{by_name}\""));
    resolver.reply("hanging", Reply::Silence);
    let balancer = Balancer::with_resolver(&text, resolver.clone()).await;
    balancer.has(&[("by-name", "starting"), ("backend-1", "up"), ("backend-2", "up")]).await;
    resolver.reply("backend", Reply::Silence);
    eventually(PATIENCE, || async { resolver.open.load(SeqCst) == 2 }).await;
    let asked = resolver.lookups();
    let checks = || async { balancer.server("backend-1").await.unwrap()["checks_total"].as_u64().unwrap() };
    let before = checks().await;
    // Each check takes its turn of 50 ms, while the resolver would have been asked every 100 ms.
    eventually(PATIENCE, || async { checks().await > before + 10 }).await;
    assert_eq!(resolver.lookups(), asked);
    let shown = eventually(PATIENCE, || async {
        let shown = discovery(&balancer).await;
        if shown["error"].is_string() { Ok(shown) } else { Err(shown) }
    })
    .await;
    assert_eq!((&shown["error"], resolver.lookups()), (&"no answer within 5s".into(), asked));
    let told = balancer.server("by-name").await.unwrap();
    assert_eq!(told["last_check_error"], format!("{by_name} has no address"));
    assert_eq!(balancer.served_by(4).await, ["backend-1", "backend-2"]);
    balancer.stop().await;
}

#[tokio::test]
async fn a_look_up_that_panics_is_counted_and_made_again() {
    let (_instances, resolver, balancer) = discovered(2, SELDOM).await;
    let ends = async || balancer.metric("lb_task_ends_total{task=\"discovery\"}").await.unwrap();
    let before = ends().await;
    resolver.reply("backend", Reply::Panic);
    eventually(PATIENCE, || async { ends().await >= before + 2.0 }).await;
    assert_eq!(balancer.served_by(4).await, ["backend-1", "backend-2"], "what was known holds");
    resolver.say(&[ip(1)]);
    balancer.has(&[("backend-1", "up"), ("backend-2", "leaving")]).await;
    balancer.stop().await;
}
