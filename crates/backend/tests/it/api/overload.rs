//! Full queues refuse at once, and nothing else suffers.

use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt as _};
use reqwest::StatusCode;
use serde_json::json;

use super::harness::{Database, Instance, PASSWORD, Send as _, registration};

#[tokio::test]
async fn a_storm_of_log_ins_is_refused_at_once_where_it_would_wait_too_long() {
    let database = Database::new();
    let instance = Instance::start_with(&database, &[("HASH_THREADS", "1")]).await;
    let person = instance.register().await;
    let login = json!({"email": person.email, "password": PASSWORD});
    let mut storm: FuturesUnordered<_> =
        (0..800).map(|_| instance.post("/api/auth/login", &login).done()).collect();
    let (mut refused, mut worked, mut told) = (0, 0, Vec::new());
    while let Some(answer) = storm.next().await {
        if answer.status == StatusCode::OK {
            worked += 1;
            continue;
        }
        super::harness::check_problem(&answer, 503, "overloaded");
        assert_eq!(answer.header("x-retry-safe"), "1");
        told.push(answer.header("retry-after").parse::<u32>().unwrap());
        if refused == 0 {
            // While the queue is full, what needs no hashing is answered.
            instance.get("/api/auth/me").bearer_auth(&person.access_token).answer(StatusCode::OK).await;
        }
        refused += 1;
    }
    assert!(worked >= 5 && refused >= 20, "{worked} worked, {refused} refused");
    // What is told is what the queue takes, and each is told a time of its own, so that they do not come back as one.
    told.sort_unstable();
    assert!(told[0] >= 2 && told[0] < told[told.len() - 1] && told[told.len() - 1] <= 120, "{told:?}");
    instance.post("/api/auth/register", &registration()).answer(StatusCode::CREATED).await;
}

#[tokio::test]
async fn a_locked_database_is_503_with_no_effect() {
    let database = Database::new();
    let instance = Instance::start(&database).await;
    let holder = rusqlite::Connection::open(database.path()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = registration();
    let answer = instance.post("/api/auth/register", &body).header("idempotency-key", "k");
    let answer = answer.timeout(Duration::from_secs(40)).problem(503, "database_unavailable").await;
    assert_eq!((answer.header("retry-after"), answer.header("x-retry-safe")), ("1", "1"));
    holder.execute_batch("ROLLBACK").unwrap();
    // 5xx is not kept: the same key does it now.
    let again = instance.post("/api/auth/register", &body).header("idempotency-key", "k");
    again.answer(StatusCode::CREATED).await;
}
