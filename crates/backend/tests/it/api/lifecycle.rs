//! Clients that hang up, and the end of an instance.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use service_kit::shutdown::Drained;
use testkit::{RawClient, eventually};

use super::harness::{Database, Instance, Send as _, WAIT, alone, registration};

fn request(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn clients_that_hang_up_leave_no_transaction_behind() {
    let (instance, database) = alone().await;
    for number in 0..10 {
        let mut client = RawClient::connect(instance.address).await.unwrap();
        client.send(request("/api/auth/register", &registration().to_string())).await.unwrap();
        // Gone at different moments: at once, or after a part of the work was done.
        for _ in 0..number {
            tokio::task::yield_now().await;
        }
        client.reset().unwrap();
        let next = instance.post("/api/auth/register", &registration()).timeout(Duration::from_secs(5));
        next.answer(StatusCode::CREATED).await;
    }
    let half = "POST /api/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
    for _ in 0..10 {
        let mut client = RawClient::connect(instance.address).await.unwrap();
        client.send(half).await.unwrap();
        client.reset().unwrap();
    }
    eventually(WAIT, || async {
        let pool = instance.get("/api/health").done().await.body["database"]["pool"].clone();
        if pool["in_use"] == 0 && pool["waiting"] == 0 { Ok(()) } else { Err(pool) }
    })
    .await;
    // Whoever was stored was stored whole.
    assert_eq!(database.count("users"), database.count("onboarding"));
    assert_eq!(database.count("users"), database.count("sessions"));
    let writer = rusqlite::Connection::open(database.path()).unwrap();
    writer.busy_timeout(Duration::ZERO).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; ROLLBACK").unwrap();
}

#[tokio::test]
async fn an_instance_that_ends_finishes_what_it_has_begun() {
    let database = Database::new();
    let instance = Instance::start_with(&database, &[("DRAIN_GRACE", "3s")]).await;
    let idle = RawClient::connect(instance.address).await.unwrap();
    let holder = rusqlite::Connection::open(database.path()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let running = tokio::spawn(instance.post("/api/auth/register", &registration()).done());
    eventually(WAIT, || async {
        let health = instance.get("/api/health").done().await;
        health.body["database"]["pool"]["in_use"].as_u64() >= Some(1)
    })
    .await;

    instance.shutdown.trigger();
    // In the grace, requests are still answered, and told to go elsewhere with the next.
    let draining = instance.get("/health").answer(StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!((&draining.body["status"], draining.header("connection")), (&json!("draining"), "close"));
    instance.get("/ready").answer(StatusCode::SERVICE_UNAVAILABLE).await;
    instance.get("/api/static-data").answer(StatusCode::OK).await;
    eventually(WAIT, || async { RawClient::connect(instance.address).await.is_err() }).await;
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(running.await.unwrap().status, StatusCode::CREATED);
    assert_eq!(instance.ended.await.unwrap(), Drained::Finished);
    assert_eq!(database.count("users"), 1);
    drop(idle);
}

#[tokio::test]
async fn what_takes_too_long_is_cut_off_at_the_deadline() {
    let database = Database::new();
    let instance = Instance::start_with(&database, &[("DRAIN_TIMEOUT", "100ms")]).await;
    let mut slow = RawClient::connect(instance.address).await.unwrap();
    slow.send("POST /api/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
        .await
        .unwrap();
    eventually(WAIT, || async { instance.get("/health").done().await.status == StatusCode::OK }).await;
    instance.shutdown.trigger();
    assert_eq!(instance.ended.await.unwrap(), Drained::DeadlinePassed);
}

#[tokio::test]
async fn connections_are_kept_and_pipelined_requests_are_answered_in_order() {
    let (instance, _database) = alone().await;
    let mut client = RawClient::connect(instance.address).await.unwrap();
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    client.send(format!("{}{}", get("/health"), get("/api/nothing"))).await.unwrap();
    assert_eq!(client.read_response().await.unwrap().status, 200);
    assert_eq!(client.read_response().await.unwrap().status, 404);
    client.send(get("/ready")).await.unwrap();
    assert_eq!(client.read_response().await.unwrap().status, 200);
}
