//! A database that is away, by scripted servers: what an instance says meanwhile. Needs no SQL Server.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use backend::config::SqlServerConfig;
use backend::store::{Effect, Store as _};
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::{Process, eventually};

use super::super::samples::mutation;
use super::instances::Instance;
use super::peer::{Answer, Peer, Script, logged_in, willing};
use super::{open, tokens, told};

const LIMIT: Duration = Duration::from_mins(1);

/// An address where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn config_at(address: SocketAddr) -> SqlServerConfig {
    SqlServerConfig { port: address.port(), ..Peer::start(willing()).config() }
}

/// A server on which every migration is due, and works.
fn empty_database() -> Script {
    let batch: fn(usize) -> Answer = |call| match call {
        0 => Answer::Tokens([tokens::int("granted", 0), tokens::done()].concat()),
        1 => Answer::Tokens([tokens::bit("may_change", 1), tokens::done()].concat()),
        2 => Answer::Tokens([tokens::bit("is_on", 1), tokens::done()].concat()),
        _ => Answer::Tokens(tokens::done()),
    };
    Script { batch, ..willing() }
}

async fn get(url: &str, path: &str) -> (StatusCode, Value) {
    let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

/// The lines of a process's log that contain `text`.
fn lines(process: &Process, text: &str) -> usize {
    process.lines().iter().filter(|line| line.contains(text)).count()
}

#[tokio::test]
async fn an_instance_that_starts_before_its_database_says_so_and_serves_when_it_comes() {
    let address = nobody();
    let instance = Instance::listening(Instance::launch(&config_at(address))).await;
    assert_eq!(get(&instance.url, "/health").await.0, StatusCode::OK);
    for _ in 0..5 {
        let (status, body) = get(&instance.url, "/ready").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        let reason = body["database"]["reason"].as_str().unwrap();
        assert!(reason.contains("the server cannot be reached: Connection refused"), "{reason}");
    }
    let (status, outside) = get(&instance.url, "/api/health").await;
    assert_eq!((status, &outside["database"]["reason"]), (StatusCode::OK, &Value::Null));
    let login = json!({"email": "a@example.com", "password": "correct horse battery"});
    let login = reqwest::Client::new().post(format!("{}/api/auth/login", instance.url)).json(&login);
    let refused = login.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()["x-unavailable"], "database");
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "database_unavailable");

    let peer = Peer::start_at(address, empty_database());
    eventually(LIMIT, || async { get(&instance.url, "/ready").await.0 == StatusCode::OK }).await;
    assert!(peer.batches().iter().any(|batch| batch.contains("CREATE TABLE dbo.users")));
    assert_eq!(lines(&instance.process, "waiting for it"), 1);
    assert_eq!(lines(&instance.process, "no sign of life"), 1);
}

#[tokio::test]
async fn an_instance_ends_for_what_no_waiting_mends() {
    let wrong_password = || Script { login: |_| tokens::error(18_456, 14, "Login failed"), ..willing() };
    let peer = Peer::start(wrong_password());
    let mut at_once = Instance::launch(&peer.config());
    assert_eq!(at_once.wait(LIMIT).await.unwrap().code(), Some(1));
    assert_eq!(lines(&at_once, "Login failed"), 1);

    let address = nobody();
    let mut later = Instance::listening(Instance::launch(&config_at(address))).await.process;
    let _peer = Peer::start_at(address, wrong_password());
    assert_eq!(later.wait(LIMIT).await.unwrap().code(), Some(1));
    later.wait_for_line("start-up failed", LIMIT).await;
    later.wait_for_line("Login failed", LIMIT).await;
}

#[tokio::test]
async fn a_database_that_is_being_recovered_is_waited_for() {
    let login = |text: &str| {
        if text.contains("master") { logged_in() } else { tokens::error(4060, 11, "no database") }
    };
    let recovering: fn(usize) -> Answer =
        |_| Answer::Tokens([tokens::table(&["state"], &[&[Some("RECOVERING")]]), tokens::done()].concat());
    let peer = Peer::start(Script { login, batch: recovering, ..willing() });
    let instance = Instance::listening(Instance::launch(&peer.config())).await;
    let (status, body) = get(&instance.url, "/ready").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body["database"]["reason"].as_str().unwrap().contains("it is RECOVERING"), "{body}");
    assert!(peer.batches().iter().all(|batch| !batch.contains("CREATE DATABASE")));
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_told_long_before_the_pools_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [nobody(), silent.local_addr().unwrap()] {
        let mut config = config_at(address);
        config.pool.acquire_timeout = Duration::from_mins(5);
        let (store, started) = (open(&config), Instant::now());
        let refused = store.commit(mutation(Effect::None)).await.unwrap_err();
        assert!(refused.is_shared(), "{refused:?}");
        assert!(told(&refused).contains("there is no connection to the server"), "{}", told(&refused));
        // The call's own limit is 9 s.
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn what_is_a_limit_of_this_instance_is_not_the_databases() {
    let peer = Peer::start(Script { batch: |_| Answer::Never, ..willing() });
    let mut config = peer.config();
    (config.pool.max, config.pool.acquire_timeout) = (1, Duration::from_millis(50));
    let store = open(&config);
    let mut first = store.commit(mutation(Effect::None));
    let refused = loop {
        // It is refused itself where its connection is not there in time; then the next one is the first.
        if futures::poll!(&mut first).is_ready() {
            first = store.commit(mutation(Effect::None));
        }
        match store.ping().await {
            Err(error) if store.pool().in_use == 1 => break error,
            _ => {}
        }
    };
    assert!(!refused.is_shared(), "{refused:?}");
}
