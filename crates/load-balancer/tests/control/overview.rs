//! What the admin interface tells whoever is called at night: errors, the last minutes, what has happened, failed
//! requests, what is in force.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, Script, Upstream, eventually};

use crate::harness::{Balancer, HEALTH, PATIENCE, config, named, sick};

const SERVERS: &str = "/api/pools/backend/servers";

async fn get(balancer: &Balancer, path: &str) -> Value {
    let (status, body) = balancer.call(Method::GET, path, None).await;
    assert_eq!(status, 200, "{path} {body}");
    body
}

/// All events, the oldest first, as `kind pool/server by reason`.
async fn told(balancer: &Balancer) -> Vec<String> {
    let events = get(balancer, "/api/events?limit=500").await;
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or("-").to_owned();
    let line = |event| ["kind", "server", "by", "reason"].map(|key| text(event, key)).join(" | ");
    events["events"].as_array().unwrap().iter().rev().map(line).collect()
}

fn sum(line: &Value) -> u64 {
    line.as_array().unwrap().iter().filter_map(Value::as_u64).sum()
}

#[tokio::test]
async fn errors_of_the_balancer_itself_are_counted_as_errors() {
    // Nobody listens there.
    let settings = format!("{HEALTH}\nwait_for_server = \"0s\"");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let balancer = Balancer::start(&config(&[("a", nobody)], &settings)).await;
    balancer.until("a", "down").await;
    for _ in 0..3 {
        assert!(balancer.ask("/api/x?secret=1").await.0 >= 502);
    }
    let status = eventually(PATIENCE, || async {
        let status = get(&balancer, "/api/status").await;
        if status["recently"][0]["errors"] == 3 { Ok(status) } else { Err(status) }
    })
    .await;
    for recently in [&status["recently"], &status["pools"][0]["recently"]] {
        let minutes: Vec<_> =
            recently.as_array().unwrap().iter().map(|part| part["minutes"].clone()).collect();
        assert_eq!(minutes, [1, 5, 15]);
        for part in recently.as_array().unwrap() {
            assert_eq!((&part["requests"], &part["own_errors"]), (&3.into(), &3.into()), "{part}");
            assert!(part["p99_ms"].as_f64() > Some(0.0), "{part}");
        }
    }
    let own: u64 =
        status["pools"][0]["own_errors"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(own, 3);
    let history = eventually(PATIENCE, || async {
        let history = get(&balancer, "/api/history?minutes=1").await;
        if sum(&history["pools"][0]["own_errors"]) == 3 { Ok(history) } else { Err(history) }
    })
    .await;
    assert_eq!((&history["step_seconds"], &history["slots"]), (&5.into(), &12.into()));
    let pool = &history["pools"][0];
    assert_eq!((sum(&pool["requests"]), sum(&pool["errors"])), (3, 3));
    assert_eq!(pool["servers"][0]["name"], "a");
    for line in [&pool["p95_ms"], &pool["in_flight"], &pool["servers"][0]["requests"], &pool["retries"]] {
        assert_eq!(line.as_array().unwrap().len(), 12, "{line}");
    }
    assert_eq!(pool["p95_ms"][0], Value::Null, "the balancer did not run then");
    balancer.stop().await;
}

#[tokio::test]
async fn failed_requests_are_listed_and_lead_to_their_explanation() {
    let broken = Upstream::start(Script::reset()).await;
    let balancer = Balancer::start(&config(&[("a", broken.address())], "retry = { max_retries = 0 }")).await;
    balancer.until("a", "up").await;
    let path = "/api/admin/users/01a20b95-3d99-7900-87e2-4a24528782cb?q=ada@example.com";
    let response = balancer.get(path).await;
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(response.status(), 502);
    let list = eventually(PATIENCE, || async {
        let list = get(&balancer, "/api/requests").await;
        if list["requests"].as_array().unwrap().len() == 1 { Ok(list) } else { Err(list) }
    })
    .await;
    let failed = &list["requests"][0];
    assert_eq!(
        (&failed["status"], &failed["attempts"], &failed["server"]),
        (&502.into(), &1.into(), &Value::Null)
    );
    assert_eq!(
        (failed["request_id"].as_str(), failed["path"].as_str()),
        (Some(&*id), Some("/api/admin/users/…"))
    );
    assert!(failed["summary"].as_str().unwrap().contains("connection broke"), "{failed}");
    assert!(!list.to_string().contains("127.0.0.1"), "who asked is told of one request only");
    let reference = failed["reference"].as_str().unwrap();
    for path in [format!("/api/requests/{id}"), format!("/api/requests/ref/{reference}")] {
        let explained = get(&balancer, &path).await;
        assert_eq!((&explained["status"], &explained["client"]), (&502.into(), &"127.0.0.1".into()));
        assert_eq!(explained["attempts"][0]["outcome"], "reset");
        assert_eq!(explained["attempts"][0]["words"], "the connection broke before the answer was complete");
    }
    assert_eq!(get(&balancer, "/api/requests?show=retried").await["requests"], json!([]));
    assert_eq!(
        get(&balancer, "/api/requests?show=recent&limit=1").await["requests"].as_array().unwrap().len(),
        1
    );
    for (path, code) in [
        ("/api/requests?limit=0", "invalid"),
        ("/api/requests?show=all", "invalid"),
        ("/api/history?minutes=361", "invalid"),
        ("/api/events?limit=501", "invalid"),
        ("/api/events?since=1", "invalid"),
    ] {
        let (status, problem) = balancer.call(Method::GET, path, None).await;
        assert_eq!((status, &problem["code"]), (422, &code.into()), "{path}");
    }
    for reference in ["x", "0123456789abcdef"] {
        let (status, problem) =
            balancer.call(Method::GET, &format!("/api/requests/ref/{reference}"), None).await;
        assert_eq!((status, &problem["code"]), (404, &"request_unknown".into()));
    }
    balancer.stop().await;
}

#[tokio::test]
async fn answered_requests_are_listed_too() {
    let (broken, well) = (Upstream::start(Script::reset()).await, named("well").await);
    let servers = [("broken", broken.address()), ("well", well.address())];
    let balancer = Balancer::start(&config(&servers, "")).await;
    balancer.until("broken", "up").await;
    balancer.until("well", "up").await;
    // The broken one is put out by the third request that meets it.
    for _ in 0..8 {
        assert_eq!(balancer.ask("/api/x").await.0, 200);
    }
    let list = eventually(PATIENCE, || async {
        let list = get(&balancer, "/api/requests?show=recent").await;
        if list["requests"].as_array().unwrap().len() == 8 { Ok(list) } else { Err(list) }
    })
    .await;
    let retried = get(&balancer, "/api/requests?show=retried").await;
    assert_eq!(retried["requests"].as_array().unwrap().len(), 3);
    let summary = retried["requests"][0]["summary"].as_str().unwrap();
    assert_eq!(summary, "well answered with 200; 1 attempt before it had failed.");
    let plain = list["requests"].as_array().unwrap().iter().find(|request| request["attempts"] == 1).unwrap();
    assert_eq!((&plain["request_id"], &plain["server"]), (&Value::Null, &"well".into()));
    let path = format!("/api/requests/ref/{}", plain["reference"].as_str().unwrap());
    assert_eq!(get(&balancer, &path).await["status"], 200);
    balancer.stop().await;
}

#[tokio::test]
async fn who_has_done_what_is_told_and_since_when_a_server_is_out() {
    let (a, b) = (named("a").await, named("b").await);
    let text = config(&[("a", a.address())], HEALTH);
    let balancer = Balancer::start(&text).await;
    balancer.until("a", "up").await;
    let change = json!({ "state": "drain", "reason": " its disk is full ", "weight": 7 });
    assert_eq!(balancer.call(Method::PUT, &format!("{SERVERS}/a"), Some(change)).await.0, 200);
    let drained = balancer.server("a").await.unwrap();
    assert_eq!(drained["since"]["kind"], "server_drained");
    assert_eq!(drained["since"]["by"], "operator at 127.0.0.1");
    assert_eq!(drained["since"]["reason"], "its disk is full");
    let new = json!({ "address": b.address().to_string() });
    assert_eq!(balancer.call(Method::POST, &format!("{SERVERS}/b"), Some(new)).await.0, 201);
    balancer.until("b", "up").await;
    assert_eq!(balancer.call(Method::DELETE, &format!("{SERVERS}/b"), None).await.0, 204);
    assert_eq!(
        balancer.call(Method::PUT, &format!("{SERVERS}/a"), Some(json!({ "state": "active" }))).await.0,
        200
    );
    std::fs::write(&balancer.file, "nonsense").unwrap();
    eventually(PATIENCE, || async {
        let told = told(&balancer).await;
        if told.iter().any(|line| line.starts_with("configuration_refused")) { Ok(()) } else { Err(told) }
    })
    .await;
    std::fs::write(&balancer.file, &text).unwrap();
    eventually(PATIENCE, || async {
        told(&balancer).await.iter().any(|line| line.starts_with("configuration_reloaded"))
    })
    .await;
    let told = told(&balancer).await;
    let expected = [
        "started | - | load balancer | version 0.1.0",
        "server_up | a | health checks | -",
        "server_drained | a | operator at 127.0.0.1 | its disk is full",
        "weight_changed | a | operator at 127.0.0.1 | its disk is full",
        "server_added | b | operator at 127.0.0.1 | -",
        "server_up | b | health checks | -",
        "server_removed | b | operator at 127.0.0.1 | -",
        "server_active | a | operator at 127.0.0.1 | -",
        "configuration_refused | - | configuration file | ",
        "weight_changed | a | configuration file | 7 to 1",
        "configuration_reloaded | - | configuration file | -",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (line, expected) in told.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line:?} is not {expected:?}");
    }
    assert_eq!(get(&balancer, "/api/status").await["events_total"], 11);
    balancer.stop().await;
}

#[tokio::test]
async fn ejections_and_failed_checks_are_told_with_their_reason() {
    let (broken, ill, well) =
        (Upstream::start(Script::reset()).await, Upstream::start(sick("ill")).await, named("well").await);
    let servers = [("broken", broken.address()), ("well", well.address())];
    let more = format!(
        "[[pools]]\nname = \"other\"\nservers = [{{ name = \"ill\", address = \"{}\" }}]\n{HEALTH}\n",
        ill.address()
    );
    let text = config(&servers, "health = { interval = \"1h\", down_interval = \"1h\" }")
        .replace("[[routes]]", &format!("{more}[[routes]]"));
    let balancer = Balancer::start(&text).await;
    balancer.until("broken", "up").await;
    balancer.until("well", "up").await;
    for _ in 0..8 {
        assert_eq!(balancer.ask("/").await.0, 200);
    }
    let ejected = balancer.until("broken", "ejected").await;
    assert_eq!(
        (&ejected["since"]["kind"], &ejected["since"]["by"]),
        (&"server_ejected".into(), &"traffic".into())
    );
    assert_eq!(ejected["since"]["reason"], "the connection broke before the answer was complete");
    let told = eventually(PATIENCE, || async {
        let told = told(&balancer).await;
        if told.iter().any(|line| line.starts_with("server_down | ill")) { Ok(told) } else { Err(told) }
    })
    .await;
    assert!(
        told.iter()
            .any(|line| line.starts_with("server_down | ill | health checks | ") && line.contains("503")),
        "{told:?}"
    );
    balancer.stop().await;
}

#[tokio::test]
async fn routes_limits_caches_and_certificates_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["lb.test".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let (cert, key) = (folder.path().join("lb.crt"), folder.path().join("lb.key"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let answer = Answer::ok("kept").header("cache-control", "max-age=60");
    let upstream = Upstream::start(Script::answer(answer)).await;
    let tls = format!(
        "https = \"127.0.0.1:0\"\ncertificates = [{{ cert = {cert:?}, key = {key:?} }}]\nworkers = 2"
    );
    let route = "[[routes]]\npath = \"/kept\"\nhost = \"*\"\npool = \"backend\"\n\
                 cache = { ttl = \"5m\", max_size = \"1MB\" }\n\
                 rate_limit = { requests = 1, per = \"1h\", burst = 3 }\n";
    let text = config(&[("a", upstream.address())], HEALTH).replace("workers = 2", &tls) + route;
    let balancer = Balancer::start(&text).await;
    balancer.until("a", "up").await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(balancer.ask("/kept").await.0);
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
    let status = get(&balancer, "/api/status").await;
    let routes = status["routes"].as_array().unwrap();
    let route = routes.iter().find(|route| route["path"] == "/kept").unwrap();
    assert_eq!(
        route["rate_limit"],
        json!({ "requests": 1, "per_ms": 3_600_000, "burst": 3, "exempt": [], "refused_total": 1 })
    );
    let cache = &route["cache"];
    assert_eq!(
        (&cache["hits_total"], &cache["misses_total"], &cache["targets"]),
        (&2.into(), &1.into(), &1.into())
    );
    assert!(cache["bytes"].as_u64() > Some(0) && cache["max_bytes"].as_u64() >= Some(1_000_000), "{cache}");
    let certificate = &status["certificates"][0];
    assert_eq!(certificate["names"], json!(["lb.test", "127.0.0.1"]));
    assert!(
        certificate["days_left"].as_i64() > Some(300) && certificate["not_after"].is_string(),
        "{certificate}"
    );
    assert!(status["limits"]["max_connections"].as_u64() > Some(0));
    let metric = format!("lb_certificate_not_after_seconds{{file={:?}}}", cert.display().to_string());
    assert!(balancer.metric(&metric).await > Some(1e9), "{metric}");
    balancer.stop().await;
}
