//! Instances that come and go under load: nothing is dropped.

use testkit::{Answer, Gate, Script, Step, eventually};

use super::{Instances, Load, SELDOM, Scripted, discovered, instance, ip, unwell};
use crate::harness::{Balancer, PATIENCE};

/// An instance that holds every request for `/slow` until the gate is open.
fn holding(gate: &Gate, name: &'static str) -> Script {
    let (gate, other) = (gate.clone(), instance(name));
    Script::by(move |seen| match seen.target.as_str() {
        "/slow" => Script::gated(gate.clone(), Answer::ok("slow")),
        _ => other.clone(),
    })
}

/// Asks for `/slow` until an instance has held the request and then answered it.
async fn until_held(balancer: &Balancer) {
    loop {
        let (status, body) = balancer.ask("/slow").await;
        assert_eq!(status, 200, "{body}");
        if body == "slow" {
            return;
        }
    }
}

#[tokio::test]
async fn a_new_address_takes_traffic_only_after_its_first_good_check() {
    let (mut instances, resolver, balancer) = discovered(1, SELDOM).await;
    let load = Load::start(&balancer);
    load.goes_on().await;
    let before = balancer.server("backend-1").await.unwrap();

    instances.add(unwell("backend-2")).await;
    resolver.say(&[ip(1), ip(2)]);
    let second = instances.address(2).to_string();
    balancer.has(&[("backend-1", "up"), (&second, "down")]).await;
    load.goes_on().await;
    assert_eq!(instances.requests(2), 0);
    let shown = balancer.server(&second).await.unwrap();
    assert_eq!((&shown["source"], &shown["last_check_status"]), (&"dns".into(), &503.into()));

    instances.get(2).set_script(instance("backend-2"));
    balancer.has(&[("backend-1", "up"), ("backend-2", "up")]).await;
    eventually(PATIENCE, || async { instances.requests(2) > 0 }).await;
    load.goes_on().await;
    load.stop().await;
    let after = balancer.server("backend-1").await.unwrap();
    assert!(after["requests_total"].as_u64() > before["requests_total"].as_u64(), "{after}");
    assert_eq!(after["checks_total"], before["checks_total"], "the others are left alone");
    balancer.stop().await;
}

#[tokio::test]
async fn one_that_never_was_well_is_not_even_a_last_resort() {
    let instances = Instances::start(1).await;
    instances.get(1).set_script(unwell("stranger"));
    let settings = format!("{SELDOM}\nwait_for_server = \"0s\"");
    let balancer = Balancer::with_resolver(&instances.config(&settings), Scripted::knows(&[ip(1)])).await;
    balancer.has(&[(&instances.address(1).to_string(), "down")]).await;
    assert_eq!((balancer.ask("/").await.0, instances.requests(1)), (503, 0));
    balancer.stop().await;
}

#[tokio::test]
async fn one_that_is_gone_drains() {
    let gate = Gate::closed();
    let (instances, resolver, balancer) = discovered(3, SELDOM).await;
    let load = Load::start(&balancer);
    load.goes_on().await;
    instances.get(2).set_script(holding(&gate, "backend-2"));
    let leave = async {
        eventually(PATIENCE, || async { instances.get(2).seen().iter().any(|seen| seen.target == "/slow") })
            .await;
        resolver.say(&[ip(1), ip(3)]);
        balancer.has(&[("backend-1", "up"), ("backend-2", "leaving"), ("backend-3", "up")]).await;
        eventually(PATIENCE, || async {
            let in_flight = balancer.server("backend-2").await.unwrap()["in_flight"].clone();
            if in_flight == 1 { Ok(()) } else { Err(in_flight) }
        })
        .await;
        let before = instances.requests(2);
        load.goes_on().await;
        assert_eq!(instances.requests(2), before, "nothing new begins");
        gate.open();
    };
    tokio::join!(until_held(&balancer), leave);
    instances.get(2).down().await;
    load.goes_on().await;
    load.stop().await;
    let health: serde_json::Value = balancer.get("/health").await.json().await.unwrap();
    assert_eq!((&health["status"], health["instances"].as_array().unwrap().len()), (&"healthy".into(), 2));
    balancer.stop().await;
}

#[tokio::test]
async fn one_that_is_killed_and_gone_at_once_drops_nothing() {
    let (instances, resolver, balancer) = discovered(3, SELDOM).await;
    let load = Load::start(&balancer);
    for number in [2, 3] {
        load.goes_on().await;
        instances.get(number).down().await;
        let left: Vec<_> = (1..=3).filter(|other| usize::from(*other) != number).map(ip).collect();
        resolver.say(&left);
        resolver.asked().await;
        load.goes_on().await;
        instances.get(number).up().await;
        resolver.say(&[ip(1), ip(2), ip(3)]);
        balancer.has(&[("backend-1", "up"), ("backend-2", "up"), ("backend-3", "up")]).await;
    }
    load.stop().await;
    balancer.stop().await;
}

#[tokio::test]
async fn one_that_flaps_resumes_with_its_state() {
    let gate = Gate::closed();
    let (instances, resolver, balancer) = discovered(2, SELDOM).await;
    let load = Load::start(&balancer);
    load.goes_on().await;
    let before = balancer.server("backend-2").await.unwrap()["requests_total"].as_u64().unwrap();
    instances.get(2).set_script(holding(&gate, "backend-2"));
    let flap = async {
        eventually(PATIENCE, || async { instances.get(2).seen().iter().any(|seen| seen.target == "/slow") })
            .await;
        for _ in 0..3 {
            resolver.say(&[ip(1)]);
            balancer.has(&[("backend-1", "up"), ("backend-2", "leaving")]).await;
            resolver.say(&[ip(1), ip(2)]);
            balancer.has(&[("backend-1", "up"), ("backend-2", "up")]).await;
        }
        let resumed = balancer.server("backend-2").await.unwrap();
        assert!(resumed["in_flight"].as_u64() >= Some(1), "{resumed}");
        assert!(resumed["requests_total"].as_u64().unwrap() >= before, "{resumed}");
        gate.open();
    };
    tokio::join!(until_held(&balancer), flap);
    load.stop().await;
    balancer.stop().await;
}

#[tokio::test]
async fn one_that_was_unwell_while_it_was_gone_is_checked_before_it_resumes() {
    let (instances, resolver, balancer) = discovered(2, SELDOM).await;
    instances.get(2).set_script(unwell("backend-2"));
    resolver.say(&[ip(1)]);
    eventually(PATIENCE, || async {
        balancer.server("backend-2").await.filter(|server| server["health"] == "starting")
    })
    .await;
    let before = instances.requests(2);
    resolver.say(&[ip(1), ip(2)]);
    balancer.has(&[("backend-1", "up"), ("backend-2", "down")]).await;
    for _ in 0..6 {
        assert_eq!(balancer.ask("/").await, (200, "backend-1".to_owned()));
    }
    assert_eq!(instances.requests(2), before);
    instances.get(2).set_script(instance("backend-2"));
    balancer.has(&[("backend-1", "up"), ("backend-2", "up")]).await;
    balancer.stop().await;
}

#[tokio::test]
async fn a_request_that_waits_sees_servers_that_come() {
    let instances = Instances::start(1).await;
    let resolver = Scripted::knows(&[]);
    let settings = format!("{SELDOM}\nwait_for_server = \"15s\"");
    let balancer = Balancer::with_resolver(&instances.config(&settings), resolver.clone()).await;
    let (answer, ()) = tokio::join!(balancer.ask("/"), async {
        eventually(PATIENCE, || async {
            balancer.metric("lb_connections_open{side=\"client\"}").await >= Some(1.0)
        })
        .await;
        resolver.say(&[ip(1)]);
    });
    assert_eq!(answer, (200, "backend-1".to_owned()));
    balancer.stop().await;
}

#[tokio::test]
async fn a_request_that_is_tried_again_sees_servers_that_came_meanwhile() {
    let instances = Instances::start(2).await;
    let gate = Gate::closed();
    let script = {
        let gate = gate.clone();
        Script::by(move |seen| match seen.target.as_str() {
            "/lost" => Script::steps([Step::Wait(gate.clone()), Step::Reset]),
            _ => instance("backend-1"),
        })
    };
    instances.get(1).set_script(script);
    let resolver = Scripted::knows(&[ip(1)]);
    let balancer = Balancer::with_resolver(&instances.config(SELDOM), resolver.clone()).await;
    balancer.has(&[("backend-1", "up")]).await;
    let (answer, ()) = tokio::join!(balancer.ask("/lost"), async {
        eventually(PATIENCE, || async { instances.requests(1) == 1 }).await;
        resolver.say(&[ip(2)]);
        balancer.has(&[("backend-1", "leaving"), ("backend-2", "up")]).await;
        gate.open();
    });
    assert_eq!((answer, instances.requests(1)), ((200, "backend-2".to_owned()), 1));
    balancer.stop().await;
}
