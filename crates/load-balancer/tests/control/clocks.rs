//! Servers that take long: one that is at work is waited for, one that is silent is left.

use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Answer, Gate, RawClient, Script, Seen, Upstream, eventually};

use crate::harness::{Balancer, PATIENCE, config};

const GET: &str = "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";
const POST: &str = "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";

/// Checks come once; only questions follow.
const ONCE: &str =
    "health = { path = \"/health\", interval = \"1h\", timeout = \"300ms\", down_interval = \"50ms\" }";

/// Answers checks, and everything else as scripted.
fn well_and(script: impl Fn(&Seen) -> Script + Send + Sync + 'static) -> Script {
    Script::by(
        move |seen| {
            if seen.target == "/health" { Script::answer(Answer::ok("well")) } else { script(seen) }
        },
    )
}

fn slow(delay: Duration) -> Script {
    well_and(move |_| Script::delayed(delay, Answer::ok("at last")))
}

fn gated(gate: &Gate) -> Script {
    let gate = gate.clone();
    well_and(move |_| Script::gated(gate.clone(), Answer::ok("at last")))
}

async fn up(servers: &[&Upstream], settings: &str) -> Balancer {
    let addresses = servers.iter().map(|server| server.address());
    let named: Vec<_> = ["a", "b", "c"].into_iter().zip(addresses).collect();
    let balancer = Balancer::start(&config(&named, &format!("{ONCE}\n{settings}"))).await;
    for (name, _) in named {
        balancer.until(name, "up").await;
    }
    balancer
}

/// One request, and the status and text of its answer.
async fn ask(balancer: &Balancer, request: &str) -> (u16, String) {
    let mut client = RawClient::connect(balancer.http).await.unwrap();
    client.send(request).await.unwrap();
    let answer = client.read_response().await.unwrap();
    (answer.status, answer.text())
}

/// Requests that came through, checks apart, and checks.
fn counts(upstream: &Upstream) -> (usize, usize) {
    let seen = upstream.seen();
    let checks = seen.iter().filter(|seen| seen.target == "/health").count();
    (seen.len() - checks, checks)
}

async fn attempts(balancer: &Balancer, request_id: &str) -> Vec<Value> {
    let path = format!("/api/requests/{request_id}");
    let found = eventually(PATIENCE, || async {
        let (status, found) = balancer.call(Method::GET, &path, None).await;
        (status == 200).then_some(found)
    })
    .await;
    let outcomes = found["attempts"].as_array().unwrap().iter();
    outcomes.map(|attempt| json!([attempt["server"], attempt["outcome"]])).collect()
}

#[tokio::test]
async fn a_server_at_work_is_waited_for() {
    let servers = [(); 3].map(|()| slow(Duration::from_millis(1500)));
    let [a, b, c] = servers;
    let servers = [Upstream::start(a).await, Upstream::start(b).await, Upstream::start(c).await];
    let [a, b, c] = &servers;
    let balancer = up(&[a, b, c], "timeouts = { first_byte = \"300ms\", total = \"20s\" }").await;
    for request in [GET, POST] {
        assert_eq!(ask(&balancer, request).await, (200, "at last".to_owned()));
    }
    let (requests, checks): (Vec<_>, Vec<_>) = servers.iter().map(counts).unzip();
    assert_eq!(requests.iter().sum::<usize>(), 2, "each ran once");
    // One check each, and a question after each first_byte.
    assert!(checks.iter().sum::<usize>() >= 3 + 2 * 2, "{checks:?}");
    for name in ["a", "b", "c"] {
        assert_eq!(balancer.server(name).await.unwrap()["traffic_failures"], 0, "{name}");
    }
    balancer.stop().await;
}

#[tokio::test]
async fn a_silent_server_is_left() {
    let (silent, well) = (Upstream::start(Answer::ok("well")).await, Upstream::start(Answer::ok("b")).await);
    let settings = "timeouts = { first_byte = \"200ms\", total = \"20s\" }\npassive = { failures = 1000 }";
    let balancer = up(&[&silent, &well], settings).await;
    silent.set_script(Script::hang());
    for _ in 0..4 {
        assert_eq!(ask(&balancer, GET).await, (200, "b".to_owned()));
    }
    let mut statuses = [ask(&balancer, POST).await.0, ask(&balancer, POST).await.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 504], "what may not be sent twice is not");
    let sample = "lb_retries_total{pool=\"backend\",reason=\"timeout\"}";
    let (retried, server) = (balancer.metric(sample).await, balancer.server("a").await.unwrap());
    assert!(retried >= Some(1.0), "{retried:?}");
    // The POST was not retried.
    assert_eq!(server["traffic_failures"].as_f64(), retried.map(|retried| retried + 1.0), "its own silence");
    balancer.stop().await;
}

/// Long before `first_byte`: every request that another server could answer is taken from a server that hangs.
#[tokio::test]
async fn a_hanging_server_is_left_at_its_first_inquiry_and_then_put_out() {
    let (hangs, well) = (Upstream::start(Answer::ok("well")).await, Upstream::start(Answer::ok("b")).await);
    let settings = "timeouts = { inquiry = \"200ms\", first_byte = \"10m\", total = \"20m\" }
passive = { failures = 3 }";
    let balancer = up(&[&hangs, &well], settings).await;
    hangs.set_script(Script::hang());
    let keyed = POST.replace("Host: h", "Host: h\r\nIdempotency-Key: once");
    for request in [GET, &keyed].repeat(4) {
        let answer = tokio::time::timeout(PATIENCE, ask(&balancer, request)).await;
        assert_eq!(answer.expect("it waits for the server that hangs"), (200, "b".to_owned()));
    }
    balancer.until("a", "ejected").await;
    let sample = "lb_retries_total{pool=\"backend\",reason=\"timeout\"}";
    assert_eq!(balancer.metric(sample).await, Some(3.0));
    balancer.stop().await;
}

#[tokio::test]
async fn what_may_not_be_sent_twice_stays_with_a_hanging_server() {
    let (gate, well) = (Gate::closed(), Upstream::start(Answer::ok("b")).await);
    let hangs = Upstream::start(Answer::ok("well")).await;
    let settings = "timeouts = { inquiry = \"100ms\", first_byte = \"10m\", total = \"20m\" }";
    let balancer = up(&[&hangs, &well], settings).await;
    hangs.set_script(Script::gated(gate.clone(), Answer::ok("a")));
    let both = async { tokio::join!(ask(&balancer, POST), ask(&balancer, POST)) };
    let open = async {
        eventually(PATIENCE, || async { counts(&hangs).0 == 1 }).await;
        // Several times as long as an inquiry takes.
        tokio::time::sleep(Duration::from_secs(1)).await;
        gate.open();
    };
    let ((first, second), ()) = tokio::join!(both, open);
    let mut texts = [first, second];
    texts.sort_unstable();
    assert_eq!(texts, [(200, "a".to_owned()), (200, "b".to_owned())]);
    assert_eq!((counts(&hangs).0, counts(&well).0), (1, 1), "each ran once");
    balancer.stop().await;
}

#[tokio::test]
async fn the_only_server_is_not_left_for_a_pause() {
    let gate = Gate::closed();
    let server = Upstream::start(Answer::ok("well")).await;
    let settings = "timeouts = { inquiry = \"100ms\", first_byte = \"10m\", total = \"20m\" }";
    let balancer = up(&[&server], settings).await;
    server.set_script(Script::gated(gate.clone(), Answer::ok("at last")));
    let open = async {
        // It is asked again and again, and nobody gives it up.
        eventually(PATIENCE, || async { counts(&server).1 >= 3 }).await;
        gate.open();
    };
    let (answer, ()) = tokio::join!(ask(&balancer, GET), open);
    assert_eq!(answer, (200, "at last".to_owned()));
    let server = balancer.server("a").await.unwrap();
    assert_eq!((&server["state"], &server["traffic_failures"]), (&"up".into(), &0.into()));
    balancer.stop().await;
}

#[tokio::test]
async fn a_server_that_falls_silent_later_is_left_then() {
    let (gate, well) = (Gate::closed(), Upstream::start(Answer::ok("b")).await);
    let server = Upstream::start(gated(&gate)).await;
    let balancer = up(&[&server, &well], "timeouts = { first_byte = \"300ms\", total = \"20s\" }").await;
    balancer.call(Method::PUT, "/api/pools/backend/servers/b", Some(json!({ "state": "drain" }))).await;
    let (answer, ()) = tokio::join!(ask(&balancer, GET), async {
        // It has said once that it is at work.
        eventually(PATIENCE, || async { counts(&server).1 > 1 }).await;
        balancer.call(Method::PUT, "/api/pools/backend/servers/b", Some(json!({ "state": "active" }))).await;
        server.set_script(Script::hang());
    });
    assert_eq!(answer, (200, "b".to_owned()));
    balancer.stop().await;
}

#[tokio::test]
async fn a_hundred_that_wait_ask_one_question() {
    let gate = Gate::closed();
    let server = Upstream::start(gated(&gate)).await;
    let balancer = up(&[&server], "timeouts = { first_byte = \"2s\", total = \"1m\" }").await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        let mut client = RawClient::connect(balancer.http).await.unwrap();
        client.send(GET).await.unwrap();
        clients.push(client);
    }
    // The second question comes when all have waited once.
    eventually(PATIENCE, || async { counts(&server).1 >= 3 }).await;
    assert_eq!(counts(&server), (100, 3));
    gate.open();
    for mut client in clients {
        assert_eq!(client.read_response().await.unwrap().text(), "at last");
    }
    balancer.stop().await;
}

#[tokio::test]
async fn the_whole_time_ends_a_request_and_is_held_against_nobody() {
    let server = Upstream::start(gated(&Gate::closed())).await;
    let settings = "timeouts = { first_byte = \"200ms\", total = \"700ms\" }";
    let balancer = up(&[&server], settings).await;
    for number in 0..4 {
        let mut client = RawClient::connect(balancer.http).await.unwrap();
        let request = format!("GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: whole-{number}\r\n\r\n");
        client.send(request).await.unwrap();
        let answer = client.read_response().await.unwrap();
        assert_eq!(answer.status, 504);
        let request_id = answer.header("X-Request-Id").unwrap();
        assert_eq!(attempts(&balancer, request_id).await, [json!(["a", "expired"])]);
    }
    let server = balancer.server("a").await.unwrap();
    assert_eq!((&server["state"], &server["traffic_failures"]), (&"up".into(), &0.into()));
    balancer.stop().await;
}

#[tokio::test]
async fn the_whole_time_counts_over_a_silent_server_and_one_at_work() {
    let (silent, busy) = (Upstream::start(Answer::ok("well")).await, gated(&Gate::closed()));
    let busy = Upstream::start(busy).await;
    let settings = "timeouts = { first_byte = \"300ms\", total = \"2s\" }\nalgorithm = \"round_robin\"";
    let balancer = up(&[&silent, &busy], settings).await;
    silent.set_script(Script::hang());
    let mut seen = Vec::new();
    for _ in 0..2 {
        let mut client = RawClient::connect(balancer.http).await.unwrap();
        client.send(GET).await.unwrap();
        let answer = client.read_response().await.unwrap();
        assert_eq!(answer.status, 504);
        seen.push(attempts(&balancer, answer.header("X-Request-Id").unwrap()).await);
    }
    let (left, kept) = (json!(["a", "timed_out"]), json!(["b", "expired"]));
    assert!(seen.iter().all(|attempts| attempts.last() == Some(&kept)), "{seen:?}");
    assert!(seen.contains(&vec![left, kept]), "{seen:?}");
    balancer.stop().await;
}

#[tokio::test]
async fn a_server_that_was_removed_is_asked_too() {
    let (gate, other) = (Gate::closed(), Upstream::start(Answer::ok("b")).await);
    let server = Upstream::start(gated(&gate)).await;
    let balancer = up(&[&server, &other], "timeouts = { first_byte = \"300ms\", total = \"20s\" }").await;
    balancer.call(Method::PUT, "/api/pools/backend/servers/b", Some(json!({ "state": "drain" }))).await;
    let (answer, ()) = tokio::join!(ask(&balancer, GET), async {
        eventually(PATIENCE, || async { counts(&server).0 == 1 }).await;
        balancer.call(Method::PUT, "/api/pools/backend/servers/b", Some(json!({ "state": "active" }))).await;
        balancer.call(Method::DELETE, "/api/pools/backend/servers/a", None).await;
        // It is at work, and is asked twice.
        eventually(PATIENCE, || async { counts(&server).1 >= 3 }).await;
        gate.open();
    });
    assert_eq!(answer, (200, "at last".to_owned()));
    balancer.stop().await;
}

#[tokio::test]
async fn a_route_may_have_clocks_of_its_own() {
    let server = Upstream::start(slow(Duration::from_millis(900))).await;
    let routes = "\n[[routes]]\npath = \"/slow\"\npool = \"backend\"\ntimeouts = { total = \"20s\" }\n";
    let pool = format!("{ONCE}\ntimeouts = {{ first_byte = \"200ms\", total = \"400ms\" }}");
    let text = config(&[("a", server.address())], &pool) + routes;
    let balancer = Balancer::start(&text).await;
    balancer.until("a", "up").await;
    assert_eq!(balancer.ask("/other").await.0, 504);
    assert_eq!(balancer.ask("/slow").await, (200, "at last".to_owned()));
    // A reload changes them.
    std::fs::write(&balancer.file, text.replace("total = \"400ms\"", "total = \"10s\"")).unwrap();
    assert_eq!(balancer.call(Method::POST, "/api/reload", None).await.0, 200);
    assert_eq!(balancer.ask("/other").await.0, 200);
    balancer.stop().await;
}
