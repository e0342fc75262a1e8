//! One instance: what is told, and what becomes of it by the receiver's answers.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::eventually;
use testkit::webhook::{Mood, Receiver};

use super::{LIMIT, check, settings, telling};
use crate::api::harness::{Database, Instance, Person, Send as _};
use crate::api::mailbox::Mailbox;

async fn complete_step(instance: &Instance, person: &Person, step: &str, data: &Value) {
    let body = json!({"status": "completed", "data": data});
    let put = instance.put(&format!("/api/onboarding/steps/{step}"), &body).bearer_auth(&person.access_token);
    put.answer(StatusCode::OK).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_of_a_person_is_told_in_order_and_signed() {
    let (database, receiver) = (Database::new(), Receiver::start().await);
    let instance = telling(&database, &receiver).await;
    let mailbox = Mailbox::of(&database);
    let person = instance.register().await;
    let (_, token) = mailbox.last_code(&person.email);
    let verify = instance.post("/api/auth/email/verify", &json!({"token": token}));
    verify.answer(StatusCode::NO_CONTENT).await;
    complete_step(&instance, &person, "profile", &json!({"job_title": "Analyst"})).await;
    // Neither a change of what is completed, nor a skipped step, nor a refusal is an event.
    complete_step(&instance, &person, "profile", &json!({"job_title": "Countess"})).await;
    let skip = instance.put("/api/onboarding/steps/preferences", &json!({"status": "skipped"}));
    skip.bearer_auth(&person.access_token).answer(StatusCode::OK).await;
    let complete = || instance.post("/api/onboarding/complete", &json!({})).bearer_auth(&person.access_token);
    complete().problem(409, "onboarding_incomplete").await;
    complete_step(&instance, &person, "organization", &json!({})).await;
    complete_step(&instance, &person, "review", &json!({})).await;
    for _ in 0..2 {
        complete().answer(StatusCode::OK).await;
    }
    let requests = eventually(LIMIT, || async {
        let requests = receiver.received();
        if requests.len() == 6 { Ok(requests) } else { Err(format!("{} came", requests.len())) }
    })
    .await;
    check(&requests);
    let told: Vec<Value> = requests.iter().map(testkit::webhook::Received::body).collect();
    let kinds: Vec<&str> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let step = "onboarding.step_completed";
    assert_eq!(kinds, ["user.registered", "user.email_verified", step, step, step, "onboarding.completed"]);
    let data = |number: usize| &told[number]["data"];
    assert_eq!((&data(0)["email"], &data(0)["full_name"]), (&json!(person.email), &json!("Ada Lovelace")));
    assert_eq!(data(1)["email"], json!(person.email));
    let steps = [2, 3, 4].map(|number| data(number)["step"].as_str().unwrap());
    assert_eq!(steps, ["profile", "organization", "review"]);
    assert!(told.iter().all(|event| event["timestamp"].as_str().unwrap().ends_with('Z')), "{told:?}");
    let first = &requests[0].request;
    assert_eq!((first.method.as_str(), first.target.as_str()), ("POST", "/hooks"));
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert!(first.header("user-agent").unwrap().starts_with("user-onboarding/"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_stuck_is_told_of_once() {
    let (database, receiver) = (Database::new(), Receiver::start().await);
    // The event comes with the first reminder, which only an instance that sends mails writes.
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().display().to_string();
    let hook = settings(&receiver);
    let mut all: Vec<(&str, &str)> = hook.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.push(("MAIL_OUTBOX_DIR", &mails));
    let instance = Instance::start_with(&database, &all).await;
    let person = instance.register().await;
    let three_days = 3 * 24 * 3_600_000;
    database.execute(&format!("UPDATE onboarding SET updated_at = updated_at - {three_days}"));
    let stuck = || -> Vec<Value> {
        let events = receiver.received().iter().map(testkit::webhook::Received::body).collect::<Vec<_>>();
        events.into_iter().filter(|event| event["type"] == "onboarding.stuck").collect()
    };
    let told = eventually(LIMIT, || async {
        let told = stuck();
        if told.is_empty() { Err("nothing told".to_owned()) } else { Ok(told) }
    })
    .await;
    let me = instance.get("/api/auth/me").bearer_auth(&person.access_token).answer(StatusCode::OK).await;
    assert_eq!(told[0]["data"]["user_id"], me.body["id"]);
    assert!(told[0]["data"]["since"].as_str().unwrap().ends_with('Z'), "{told:?}");
    assert_eq!(database.count("outbox WHERE topic = 'onboarding.stuck'"), 1);
    check(&receiver.received());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_webhook_no_event_is_written() {
    let (instance, database) = crate::api::harness::alone().await;
    instance.register().await;
    assert_eq!(database.count("outbox WHERE channel = 'webhook'"), 0);
    assert_eq!(database.count("outbox"), 1, "the mail alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_receiver_answers_decides() {
    let (database, receiver) = (Database::new(), Receiver::start().await);
    receiver.behave(|number| match number {
        0 => Mood::Answers(422),
        1 => Mood::AsksToWait(400, 7),
        2 => Mood::Redirects("/elsewhere"),
        3 => Mood::TakesAndDies,
        4 => Mood::Dies,
        _ => Mood::Well,
    });
    let instance = telling(&database, &receiver).await;
    for _ in 0..5 {
        instance.register().await;
    }
    let sent = "outbox WHERE channel = 'webhook' AND sent_at IS NOT NULL";
    eventually(LIMIT, || async {
        let sent = database.count(sent);
        if sent == 5 { Ok(()) } else { Err(format!("{sent} sent")) }
    })
    .await;
    let requests = receiver.received();
    let counts = check(&requests);
    assert_eq!(counts.len(), 5);
    assert!(requests.iter().all(|one| one.request.target == "/hooks"), "no redirect is followed");
    let asked = requests.iter().position(|one| one.mood == Mood::AsksToWait(400, 7)).unwrap();
    let times: Vec<i64> = requests
        .iter()
        .filter(|one| one.id() == requests[asked].id())
        .map(|one| one.request.header("webhook-timestamp").unwrap().parse().unwrap())
        .collect();
    assert!(times.len() == 2 && times[1] - times[0] >= 7, "{times:?}");
    assert_eq!(database.count(&format!("{sent} AND attempts = 1")), 0, "{counts:?}");
    let metrics = reqwest::get(instance.url("/metrics")).await.unwrap().text().await.unwrap();
    for line in [
        "outbox_attempts_total{channel=\"webhook\",result=\"deferred\",topic=\"user.registered\"}",
        "outbox_attempts_total{channel=\"webhook\",result=\"sent\",topic=\"user.registered\"} 5",
        "outbox_messages{channel=\"webhook\",state=\"waiting\"}",
        "outbox_oldest_seconds{channel=\"webhook\"}",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_wants_nothing_any_more_is_left_alone() {
    let (database, receiver) = (Database::new(), Receiver::start().await);
    receiver.behave(|_| Mood::Answers(410));
    let instance = telling(&database, &receiver).await;
    instance.register().await;
    eventually(LIMIT, || async { database.count("outbox WHERE last_error LIKE '%410%'") == 1 }).await;
    receiver.behave(|_| Mood::Well);
    instance.register().await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(receiver.received().len(), 1, "nothing is sent for an hour");
    assert_eq!(database.count("outbox WHERE channel = 'webhook' AND purge_at IS NULL"), 2, "nothing is lost");
    // An instance that is started anew, as with another URL, begins at once.
    let other = telling(&database, &receiver).await;
    eventually(LIMIT, || async { receiver.received().len() == 2 }).await;
    drop(other);
}
