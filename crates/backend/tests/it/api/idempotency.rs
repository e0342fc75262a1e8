//! The same key and body get the first answer again, from any instance.

use futures::future::join_all;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::harness::{Answer, Database, Instance, SECRET, Send as _, alone, registration};

async fn three(database: &Database) -> Vec<Instance> {
    let mut instances = Vec::new();
    for name in ["backend-1", "backend-2", "backend-3"] {
        instances.push(Instance::start_with(database, &[("INSTANCE_ID", name)]).await);
    }
    instances
}

fn register(instance: &Instance, key: &str, body: &Value) -> RequestBuilder {
    instance.post("/api/auth/register", body).header("idempotency-key", key)
}

#[tokio::test]
async fn twenty_at_once_over_three_instances_are_one() {
    let database = Database::new();
    let instances = three(&database).await;
    let body = registration();
    let answers =
        join_all((0..20).map(|number| register(&instances[number % 3], "one-key", &body).done())).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (StatusCode::CREATED, &answers[0].body), "{answer:?}");
    }
    for table in ["users", "sessions", "onboarding", "audit_log", "idempotency_records"] {
        assert_eq!(database.count(table), 1, "{table}");
    }
}

#[tokio::test]
async fn an_answer_outlives_the_instance_that_gave_it() {
    let database = Database::new();
    let body = registration();
    let first = Instance::start(&database).await;
    let given = register(&first, "k", &body).answer(StatusCode::CREATED).await;
    first.shutdown.trigger();
    first.ended.await.unwrap();
    let second = Instance::start(&database).await;
    let again = register(&second, "k", &body).answer(StatusCode::CREATED).await;
    assert_eq!(again.text, given.text);
    assert_eq!(again.header("content-type"), given.header("content-type"));
    assert_ne!(again.header("x-request-id"), given.header("x-request-id"));
}

#[tokio::test]
async fn another_body_is_told_and_another_scope_is_free() {
    let (instance, database) = alone().await;
    let body = registration();
    register(&instance, "k", &body).answer(StatusCode::CREATED).await;
    register(&instance, "k", &registration()).problem(422, "idempotency_key_reused").await;
    let login = json!({"email": body["email"], "password": body["password"]});
    let other_path = instance.post("/api/auth/login", &login).header("idempotency-key", "k");
    other_path.answer(StatusCode::OK).await;
    register(&instance, "l", &registration()).answer(StatusCode::CREATED).await;
    assert_eq!(database.count("users"), 2);
}

#[tokio::test]
async fn people_have_keys_of_their_own() {
    let (instance, _database) = alone().await;
    let (ada, bob) = (instance.register().await, instance.register().await);
    for person in [&ada, &bob] {
        let put = instance.put("/api/onboarding/steps/profile", &json!({"status": "completed"}));
        let answer =
            put.bearer_auth(&person.access_token).header("idempotency-key", "k").answer(StatusCode::OK).await;
        assert_eq!(answer.body["version"], 2);
    }
}

#[tokio::test]
async fn refusals_are_kept_too_but_not_those_for_credentials() {
    let (instance, _database) = alone().await;
    let body = registration();
    instance.post("/api/auth/register", &body).answer(StatusCode::CREATED).await;
    let taken = register(&instance, "k", &body).problem(409, "email_taken").await;
    assert_eq!(register(&instance, "k", &body).problem(409, "email_taken").await.text, taken.text);
    let invalid = register(&instance, "l", &json!({})).problem(422, "validation_failed").await;
    assert_eq!(
        register(&instance, "l", &json!({})).problem(422, "validation_failed").await.text,
        invalid.text
    );
    register(&instance, "l", &body).problem(422, "idempotency_key_reused").await;

    let person = instance.register().await;
    let complete = || instance.call(Method::POST, "/api/onboarding/complete").header("idempotency-key", "m");
    complete().problem(401, "token_missing").await;
    complete().bearer_auth(&person.access_token).problem(409, "onboarding_incomplete").await;
}

#[tokio::test]
async fn the_key_is_looked_up_before_the_condition() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let put = || {
        let call = instance.put("/api/onboarding/steps/profile", &json!({"status": "completed"}));
        call.bearer_auth(&person.access_token)
            .header("if-match", "\"1\"")
            .header("idempotency-key", "k")
            .done()
    };
    let (first, second) = (put().await, put().await);
    assert_eq!((first.status, first.header("etag")), (StatusCode::OK, "\"2\""));
    assert_eq!(second.status, StatusCode::OK);
    assert_eq!((second.header("etag"), &second.text), ("\"2\"", &first.text));
}

#[tokio::test]
async fn tries_at_once_of_every_mutation_are_one() {
    let database = Database::new();
    let instances = three(&database).await;
    let person = instances[0].register().await;
    let all_the_same = async |call: &dyn Fn(&Instance) -> RequestBuilder, status: StatusCode| -> Answer {
        let tries = (0..9).map(|number| call(&instances[number % 3]).header("idempotency-key", "k").done());
        let mut answers = join_all(tries).await;
        for answer in &answers {
            assert_eq!((answer.status, &answer.text), (status, &answers[0].text), "{answer:?}");
        }
        answers.remove(0)
    };
    let login = json!({"email": person.email, "password": super::harness::PASSWORD});
    all_the_same(&|instance| instance.post("/api/auth/login", &login), StatusCode::OK).await;
    assert_eq!(database.count("sessions"), 2);

    let refresh = json!({"refresh_token": person.refresh_token});
    let pair = all_the_same(&|instance| instance.post("/api/auth/refresh", &refresh), StatusCode::OK).await;
    assert_eq!(database.count("refresh_tokens"), 3);

    let token = pair.body["access_token"].as_str().unwrap();
    for (step, version) in [("profile", 2), ("organization", 3), ("review", 4)] {
        let (path, body) = (format!("/api/onboarding/steps/{step}"), json!({"status": "completed"}));
        let state =
            all_the_same(&|instance| instance.put(&path, &body).bearer_auth(token), StatusCode::OK).await;
        assert_eq!(state.body["version"], version);
    }
    let complete =
        |instance: &Instance| instance.call(Method::POST, "/api/onboarding/complete").bearer_auth(token);
    assert_eq!(all_the_same(&complete, StatusCode::OK).await.body["version"], 5);
    let logout = |instance: &Instance| instance.call(Method::POST, "/api/auth/logout").bearer_auth(token);
    all_the_same(&logout, StatusCode::NO_CONTENT).await;
}

#[tokio::test]
async fn a_replay_while_the_first_still_runs_gets_its_answer() {
    let database = Database::new();
    let instances = three(&database).await;
    // Somebody holds the file's lock, so that the first try hangs in the middle of its work.
    let holder = rusqlite::Connection::open(database.path()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = registration();
    let first = tokio::spawn(register(&instances[0], "k", &body).done());
    testkit::eventually(super::harness::WAIT, || async {
        let health = instances[0].get("/api/health").done().await;
        health.body["database"]["pool"]["in_use"].as_u64() >= Some(1)
    })
    .await;
    let replays: Vec<_> =
        instances[1..].iter().map(|instance| tokio::spawn(register(instance, "k", &body).done())).collect();
    testkit::eventually(super::harness::WAIT, || async {
        let health = instances[2].get("/api/health").done().await;
        health.body["database"]["pool"]["in_use"].as_u64() >= Some(1)
    })
    .await;
    holder.execute_batch("ROLLBACK").unwrap();
    let first = first.await.unwrap();
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    for replay in replays {
        let replay = replay.await.unwrap();
        assert_eq!((replay.status, replay.text.as_str()), (StatusCode::CREATED, first.text.as_str()));
    }
    assert_eq!(database.count("users"), 1);
}

#[tokio::test]
async fn what_is_kept_tells_nothing() {
    let (instance, database) = alone().await;
    let body = registration();
    let answer = register(&instance, "my-secret-key", &body).answer(StatusCode::CREATED).await;
    instance.shutdown.trigger();
    instance.ended.await.unwrap();
    let mut file = std::fs::read(database.path()).unwrap();
    file.extend(std::fs::read(database.path().with_extension("db-wal")).unwrap_or_default());
    let holds = |needle: &str| file.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(holds(body["email"].as_str().unwrap()), "the search itself works");
    for secret in [
        body["password"].as_str().unwrap(),
        answer.body["access_token"].as_str().unwrap(),
        answer.body["refresh_token"].as_str().unwrap(),
        "my-secret-key",
        SECRET,
    ] {
        assert!(!holds(secret), "{secret} is in the file");
    }
}
