//! What is kept for an `Idempotency-Key`, and that nobody can fill the database with it.

use futures::stream::{StreamExt as _, iter};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::harness::{Instance, PASSWORD, Send as _, alone, bytes, registration};

const RECORDS: &str = "idempotency_records";

/// A log-in of 58 KB that is refused: thousands of fields that nobody knows.
fn oversized_login() -> Value {
    let mut body = json!({"email": "ada@example.com", "password": "wrong horse"});
    for number in 0..3_960 {
        body[format!("field-{number}")] = json!(1);
    }
    let length = body.to_string().len();
    assert!((58_000..64_000).contains(&length), "{length}");
    body
}

async fn thousand_failures(instance: &Instance, key: impl Fn(usize) -> String) {
    let body = oversized_login();
    let calls = (0..1000).map(|number| {
        let call = instance.post("/api/auth/login", &body).header("idempotency-key", key(number));
        async move { call.problem(422, "validation_failed").await }
    });
    let answers: Vec<_> = iter(calls).buffer_unordered(8).collect().await;
    assert_eq!(answers.len(), 1000);
}

#[tokio::test]
async fn a_thousand_failed_log_ins_leave_nothing_behind() {
    let (instance, database) = alone().await;
    let before = bytes(&database.path(), RECORDS);
    thousand_failures(&instance, |number| format!("proxy-{number}")).await;
    let grown = bytes(&database.path(), RECORDS) - before;
    assert!(grown <= 100_000, "{grown} bytes");
    assert_eq!(database.count(RECORDS), 0);
    let metrics = instance.get("/metrics").done().await.text;
    let counted = "idempotency_answers_not_kept_total{reason=\"proxy_key\"} 1000";
    assert!(metrics.contains(counted), "{metrics}");
}

#[tokio::test]
async fn a_clients_own_keys_keep_a_few_failures_and_no_more() {
    let (instance, database) = alone().await;
    let before = bytes(&database.path(), RECORDS);
    let first = json!({"email": "ada@example.com"});
    let log_in = || instance.post("/api/auth/login", &first).header("idempotency-key", "first");
    let refused = log_in().problem(422, "validation_failed").await;
    thousand_failures(&instance, |number| format!("own-{number}")).await;
    let grown = bytes(&database.path(), RECORDS) - before;
    assert!(grown <= 100_000, "{grown} bytes");
    // Those that are under way at once do not see each other.
    let records = database.count(RECORDS);
    assert!((20..30).contains(&records), "{records}");
    assert_eq!(log_in().problem(422, "validation_failed").await.text, refused.text);
    let metrics = instance.get("/metrics").done().await.text;
    let counted = format!("idempotency_answers_not_kept_total{{reason=\"quota\"}} {}", 1001 - records);
    assert!(metrics.contains(&counted), "{metrics}");
    // What changes something is kept all the same.
    let body = registration();
    let done = register(&instance, "own", &body).answer(StatusCode::CREATED).await;
    assert_eq!(register(&instance, "own", &body).answer(StatusCode::CREATED).await.text, done.text);
}

#[tokio::test]
async fn errors_are_told_as_far_as_anybody_reads() {
    let (instance, _database) = alone().await;
    let answer = instance.post("/api/auth/login", &oversized_login()).problem(422, "validation_failed").await;
    assert_eq!(answer.body["errors"].as_object().unwrap().len(), 20);
    assert_eq!(answer.body["more_errors"], 3_940);
    assert_eq!(answer.body["detail"], "Some fields cannot be accepted, and 3940 more.");
    assert!(answer.text.len() < 2048, "{}", answer.text.len());

    let few = instance.post("/api/auth/login", &json!({})).problem(422, "validation_failed").await;
    assert_eq!(few.body["errors"].as_object().unwrap().len(), 2);
    assert_eq!(few.body["more_errors"], Value::Null);
}

fn register(instance: &Instance, key: &str, body: &Value) -> RequestBuilder {
    instance.post("/api/auth/register", body).header("idempotency-key", key)
}

#[tokio::test]
async fn a_proxys_key_keeps_what_was_done_and_not_what_was_refused() {
    let (instance, database) = alone().await;
    let body = registration();
    let done = register(&instance, "proxy-a", &body).answer(StatusCode::CREATED).await;
    assert_eq!(register(&instance, "proxy-a", &body).answer(StatusCode::CREATED).await.text, done.text);
    register(&instance, "proxy-b", &body).problem(409, "email_taken").await;
    let login = json!({"email": body["email"], "password": "wrong horse"});
    for _ in 0..2 {
        let login = instance.post("/api/auth/login", &login).header("idempotency-key", "proxy-c");
        login.problem(401, "invalid_credentials").await;
    }
    assert_eq!(database.count(RECORDS), 1);
    // A refusal may be judged anew: the same request with the same key, and now it is to be done.
    let person = registration();
    let theirs = json!({"email": person["email"], "password": PASSWORD});
    let same = || instance.post("/api/auth/login", &theirs).header("idempotency-key", "proxy-d");
    same().problem(401, "invalid_credentials").await;
    instance.post("/api/auth/register", &person).answer(StatusCode::CREATED).await;
    same().answer(StatusCode::OK).await;
}

#[tokio::test]
async fn tries_at_once_with_a_proxys_key_are_one() {
    let (instance, database) = alone().await;
    let body = registration();
    let tries = (0..8).map(|_| register(&instance, "proxy-one", &body).done());
    let answers = futures::future::join_all(tries).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (StatusCode::CREATED, &answers[0].text), "{answer:?}");
    }
    assert_eq!(database.count("users"), 1);
}

#[tokio::test]
async fn a_large_refusal_is_not_kept() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    for (length, records) in [(6_000, 0), (100, 1)] {
        let path = format!("/api/onboarding/steps/{}", "x".repeat(length));
        let put = instance.call(Method::PUT, &path).json(&json!({"status": "completed"}));
        let put = put.bearer_auth(&person.access_token).header("idempotency-key", "k");
        put.problem(404, "unknown_step").await;
        assert_eq!(database.count(RECORDS), records, "a path of {length} characters");
    }
}

fn save(instance: &Instance, token: &str, key: &str, step: &str, note: &str) -> RequestBuilder {
    let body = json!({"status": "in_progress", "data": {"note": note}});
    let put = instance.put(&format!("/api/onboarding/steps/{step}"), &body);
    put.bearer_auth(token).header("idempotency-key", key)
}

#[tokio::test]
async fn a_saved_step_keeps_a_reference_and_gives_the_first_answer_whatever_came_after() {
    let (instance, database) = alone().await;
    let token = instance.register().await.access_token;
    let large = "x".repeat(16_000);
    let mut answers = Vec::new();
    for (number, step) in
        ["profile", "organization", "profile", "preferences", "organization"].iter().enumerate()
    {
        let (key, note) = (format!("k{number}"), format!("{number} {large}"));
        let answer = save(&instance, &token, &key, step, &note).answer(StatusCode::OK).await;
        answers.push((key, *step, note, answer));
    }
    let kept = database.longest("idempotency_records", "answer");
    assert!(answers.last().unwrap().3.text.len() > 48_000 && kept <= 100, "{kept} bytes");
    for (key, step, note, first) in &answers {
        let again = save(&instance, &token, key, step, note).answer(StatusCode::OK).await;
        assert_eq!((&again.text, again.header("etag")), (&first.text, first.header("etag")), "{key}");
        assert_eq!(again.header("content-type"), first.header("content-type"));
    }
    save(&instance, &token, "k0", "profile", "another").problem(422, "idempotency_key_reused").await;

    for step in ["profile", "organization", "review"] {
        let put = instance.put(&format!("/api/onboarding/steps/{step}"), &json!({"status": "completed"}));
        put.bearer_auth(&token).answer(StatusCode::OK).await;
    }
    let complete = || {
        let call = instance.call(Method::POST, "/api/onboarding/complete").bearer_auth(&token);
        call.header("idempotency-key", "complete")
    };
    let completed = complete().answer(StatusCode::OK).await;
    assert_eq!(complete().answer(StatusCode::OK).await.text, completed.text);
    let (key, step, note, first) = &answers[1];
    let again = save(&instance, &token, key, step, note).answer(StatusCode::OK).await;
    assert_eq!(again.text, first.text, "an answer of before the completion does not tell of it");
}

#[tokio::test]
async fn a_repeat_of_what_is_kept_no_longer_does_nothing_and_tells_the_state_as_it_is() {
    let (instance, database) = alone().await;
    let token = instance.register().await.access_token;
    save(&instance, &token, "k", "profile", "first").answer(StatusCode::OK).await;
    let now = save(&instance, &token, "l", "profile", "second").answer(StatusCode::OK).await;
    database.execute("DELETE FROM onboarding_step_versions");
    let again = save(&instance, &token, "k", "profile", "first").answer(StatusCode::OK).await;
    assert_eq!((&again.text, again.header("etag")), (&now.text, now.header("etag")));
}

#[tokio::test]
async fn beyond_the_quota_a_person_goes_on_without_records() {
    let (instance, database) = alone().await;
    let token = instance.register().await.access_token;
    save(&instance, &token, "first", "profile", "first").answer(StatusCode::OK).await;
    // As if a thousand were kept for the same person.
    database.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
         INSERT INTO idempotency_records (scope, kid, body_hash, answer, created_at, expires_at, asker)
         SELECT randomblob(32), r.kid, r.body_hash, r.answer, r.created_at, r.expires_at, r.asker
         FROM n JOIN idempotency_records r ORDER BY r.created_at LIMIT 1000",
    );
    let records = database.count(RECORDS);
    for _ in 0..2 {
        save(&instance, &token, "beyond", "profile", "beyond").answer(StatusCode::OK).await;
    }
    assert_eq!(database.count(RECORDS), records);
    let metrics = instance.get("/metrics").done().await.text;
    assert!(metrics.contains("idempotency_answers_not_kept_total{reason=\"quota\"} 2"), "{metrics}");
    // What was kept before is given again still, and others have a quota of their own.
    save(&instance, &token, "first", "profile", "first").answer(StatusCode::OK).await;
    let other = instance.register().await.access_token;
    save(&instance, &other, "k", "profile", "x").answer(StatusCode::OK).await;
    assert_eq!(database.count(RECORDS), records + 1);
}
