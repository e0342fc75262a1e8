//! Circuit breakers from the configuration to what operators see of them.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, Script, Upstream, eventually};

use crate::harness::{Balancer, HEALTH, PATIENCE, config, named};

const BREAKER: &str = "circuit_breaker = { consecutive_failures = 3, open_for = \"1h\" }";

/// Well, but for paths that are broken.
fn well_but_for(is_broken: fn(&str) -> bool) -> Script {
    Script::by(move |seen| {
        Script::answer(if is_broken(&seen.target) { Answer::new(500, "broken") } else { Answer::ok("well") })
    })
}

async fn half() -> Upstream {
    Upstream::start(well_but_for(|target| target.starts_with("/broken"))).await
}

fn two(first: &Upstream, second: &Upstream, settings: &str) -> String {
    config(&[("a", first.address()), ("b", second.address())], &format!("{HEALTH}\n{settings}"))
}

async fn started(text: &str) -> Balancer {
    let balancer = Balancer::start(text).await;
    balancer.until("a", "up").await;
    balancer.until("b", "up").await;
    balancer
}

async fn ask(balancer: &Balancer, path: &str, count: usize) {
    for _ in 0..count {
        balancer.ask(path).await;
    }
}

/// The circuits of a server, as route and state.
async fn circuits(balancer: &Balancer, server: &str) -> Vec<(Value, Value)> {
    let server = balancer.server(server).await.unwrap();
    let circuits = server["circuits"].as_array().unwrap().iter();
    circuits.map(|circuit| (circuit["route"].clone(), circuit["state"].clone())).collect()
}

/// The events of circuits, the oldest first, as `kind server by: reason`.
async fn told(balancer: &Balancer) -> Vec<String> {
    let (_, events) = balancer.call(Method::GET, "/api/events?limit=500", None).await;
    let events = events["events"].as_array().unwrap().iter().rev();
    let of_circuits = events.filter(|event| event["kind"].as_str().unwrap().starts_with("circuit"));
    let text = |event: &Value, key: &str| event[key].as_str().unwrap().to_owned();
    of_circuits
        .map(|event| {
            let [kind, server, by, reason] = ["kind", "server", "by", "reason"].map(|key| text(event, key));
            format!("{kind} {server} {by}: {reason}")
        })
        .collect()
}

#[tokio::test]
async fn a_route_has_circuits_of_its_own_and_other_routes_those_of_the_pool() {
    let (bad, good) = (half().await, named("b").await);
    let own = format!("[[routes]]\npath = \"/broken\"\npool = \"backend\"\n{BREAKER}\n");
    let balancer = started(&(two(&bad, &good, "circuit_breaker = { trials = 7 }") + &own)).await;
    ask(&balancer, "/broken", 20).await;
    let (pool, route) = (Value::Null, Value::from("/broken"));
    assert_eq!(
        circuits(&balancer, "a").await,
        [(pool.clone(), "closed".into()), (route.clone(), "open".into())]
    );
    assert_eq!(circuits(&balancer, "b").await, [(pool, "closed".into()), (route, "closed".into())]);
    let seen =
        |upstream: &Upstream, path: &str| upstream.seen().iter().filter(|seen| seen.target == path).count();
    assert_eq!((seen(&bad, "/broken"), seen(&good, "/broken")), (3, 17));
    ask(&balancer, "/else", 10).await;
    assert_eq!((seen(&bad, "/else"), seen(&good, "/else")), (5, 5), "other routes are as before");
    for (labels, value) in [
        ("pool=\"backend\",server=\"a\"", 0.0),
        ("pool=\"backend\",server=\"a\",route=\"/broken\"", 1.0),
        ("pool=\"backend\",server=\"b\",route=\"/broken\"", 0.0),
    ] {
        assert_eq!(balancer.metric(&format!("lb_circuit_state{{{labels}}}")).await, Some(value), "{labels}");
    }
    assert_eq!(told(&balancer).await, ["circuit_opened a traffic: on /broken: 3 failures in a row"]);
    let (_, status) = balancer.call(Method::GET, "/api/status", None).await;
    let routes = status["routes"].as_array().unwrap();
    let own = |path: &str| {
        routes
            .iter()
            .find(|route| route["path"] == path)
            .map(|route| route["circuit_breaker"].clone())
            .unwrap()
    };
    assert_eq!((own("/"), &status["pools"][0]["circuit_breaker"]["trials"]), (Value::Null, &7.into()));
    assert_eq!(
        own("/broken"),
        json!({
            "consecutive_failures": 3, "failure_percent": 50, "min_requests": 20, "window_ms": 10_000,
            "open_for_ms": 3_600_000, "open_for_max_ms": 3_600_000, "trials": 7, "statuses": [500, 502, 504],
        })
    );
    let server = balancer.server("a").await.unwrap();
    let circuit = &server["circuits"][1];
    assert_eq!(circuit["reason"], "3 failures in a row");
    assert!(circuit["since"].is_string() && circuit["trial_in_ms"].as_u64() > Some(3_000_000), "{circuit}");
    balancer.stop().await;
}

#[tokio::test]
async fn a_circuit_goes_through_its_states_and_each_is_told() {
    let (bad, good) = (half().await, named("b").await);
    let settings = "circuit_breaker = { consecutive_failures = 3, open_for = \"200ms\", open_for_max = \"1h\", trials = 2 }";
    let balancer = started(&two(&bad, &good, settings)).await;
    ask(&balancer, "/broken", 6).await;
    assert_eq!(balancer.metric("lb_circuit_state{pool=\"backend\",server=\"a\"}").await, Some(1.0));
    let one = async |state: &str| {
        eventually(PATIENCE, || async {
            balancer.ask("/").await;
            let found = circuits(&balancer, "a").await;
            if found == [(Value::Null, state.into())] { Ok(()) } else { Err(found) }
        })
        .await;
    };
    one("closed").await;
    assert_eq!(
        told(&balancer).await,
        [
            "circuit_opened a traffic: 3 failures in a row",
            "circuit_half_opened a traffic: up to 2 requests as trials",
            "circuit_closed a traffic: 2 trials went well",
        ]
    );
    assert_eq!(balancer.metric("lb_circuit_state{pool=\"backend\",server=\"a\"}").await, Some(0.0));
    balancer.stop().await;
}

#[tokio::test]
async fn a_reload_keeps_circuits_unless_it_changes_what_they_go_by() {
    let (bad, good) = (half().await, named("b").await);
    let own = |trials| {
        format!(
            "[[routes]]\npath = \"/broken\"\npool = \"backend\"\n\
             circuit_breaker = {{ consecutive_failures = 3, open_for = \"1h\", trials = {trials} }}\n"
        )
    };
    let text = two(&bad, &good, BREAKER);
    let balancer = started(&(text.clone() + &own(1))).await;
    ask(&balancer, "/broken", 6).await;
    bad.set_script(well_but_for(|target| target != "/health"));
    ask(&balancer, "/", 6).await;
    let states =
        async || circuits(&balancer, "a").await.into_iter().map(|(_, state)| state).collect::<Vec<_>>();
    assert_eq!(states().await, ["open", "open"]);
    for (text, expected) in [
        (format!("# another comment\n{text}{}", own(1)), ["open", "open"]),
        (text.clone() + &own(2), ["open", "closed"]),
        (text.replace(BREAKER, "circuit_breaker = { trials = 5 }") + &own(2), ["closed", "closed"]),
    ] {
        std::fs::write(&balancer.file, text).unwrap();
        assert_eq!(balancer.call(Method::POST, "/api/reload", None).await.0, 200);
        assert_eq!(states().await, expected);
    }
    std::fs::write(&balancer.file, text.replace(BREAKER, "")).unwrap();
    assert_eq!(balancer.call(Method::POST, "/api/reload", None).await.0, 200);
    assert_eq!(circuits(&balancer, "a").await, []);
    assert_eq!(balancer.metric("lb_circuit_state{pool=\"backend\",server=\"a\"}").await, Some(0.0));
    balancer.stop().await;
}

/// Its answers of before are another process's.
#[tokio::test]
async fn a_server_that_was_out_and_is_well_again_has_a_closed_circuit() {
    let (bad, good) = (half().await, named("b").await);
    let balancer = started(&two(&bad, &good, BREAKER)).await;
    ask(&balancer, "/broken", 6).await;
    assert_eq!(circuits(&balancer, "a").await, [(Value::Null, "open".into())]);
    bad.down().await;
    balancer.until("a", "down").await;
    bad.up().await;
    balancer.until("a", "up").await;
    assert_eq!(circuits(&balancer, "a").await, [(Value::Null, "closed".into())]);
    ask(&balancer, "/", 4).await;
    assert_eq!(
        told(&balancer).await,
        [
            "circuit_opened a traffic: 3 failures in a row",
            "circuit_closed a traffic: a check has found the server well again",
        ]
    );
    balancer.stop().await;
}
