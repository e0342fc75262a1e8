//! The way through the steps.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::harness::{Instance, Person, Send as _, alone};

fn step<'a>(state: &'a Value, key: &str) -> &'a Value {
    state["steps"].as_array().unwrap().iter().find(|step| step["key"] == key).unwrap()
}

fn put(instance: &Instance, person: &Person, key: &str, body: &Value) -> RequestBuilder {
    instance.put(&format!("/api/onboarding/steps/{key}"), body).bearer_auth(&person.access_token)
}

fn complete(instance: &Instance, person: &Person) -> RequestBuilder {
    instance.call(Method::POST, "/api/onboarding/complete").bearer_auth(&person.access_token)
}

fn show(instance: &Instance, person: &Person) -> RequestBuilder {
    instance.get("/api/onboarding").bearer_auth(&person.access_token)
}

#[tokio::test]
async fn a_person_walks_through_all_steps() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let begun = show(&instance, &person).answer(StatusCode::OK).await;
    assert_eq!(begun.header("etag"), "\"1\"");
    let keys: Vec<_> = begun.body["steps"].as_array().unwrap().iter().map(|step| &step["key"]).collect();
    assert_eq!(keys, ["account", "profile", "organization", "preferences", "review"]);
    assert_eq!((&begun.body["status"], &begun.body["progress"]), (&json!("in_progress"), &json!(20)));
    assert_eq!(step(&begun.body, "account")["status"], "completed");
    assert_eq!(step(&begun.body, "preferences")["required"], false);

    let profile =
        json!({"status": "completed", "data": {"job_title": "Engineer", "country": "DE", "own": [1]}});
    let state = put(&instance, &person, "profile", &profile).answer(StatusCode::OK).await;
    assert_eq!((state.header("etag"), &state.body["version"]), ("\"2\"", &json!(2)));
    assert_eq!(step(&state.body, "profile")["data"], profile["data"]);
    assert!(step(&state.body, "profile")["completed_at"].as_str().unwrap().ends_with('Z'));
    let mut shown = show(&instance, &person).answer(StatusCode::OK).await.body;
    // To look at it gives all that is asked, too; a change only names that.
    let title = json!({"en": "Your profile", "de": "Ihr Profil"});
    assert_eq!(shown["template"]["steps"][1]["title"], title);
    let template = shown["template"].as_object_mut().unwrap();
    assert!(template.remove("languages").is_some() && template.remove("steps").is_some());
    assert_eq!(shown, state.body);

    let early = complete(&instance, &person).problem(409, "onboarding_incomplete").await;
    assert_eq!(early.body["open_steps"], json!(["organization", "review"]));
    put(&instance, &person, "organization", &json!({"status": "completed"})).answer(StatusCode::OK).await;
    put(&instance, &person, "preferences", &json!({"status": "skipped"})).answer(StatusCode::OK).await;
    put(&instance, &person, "review", &json!({"status": "completed", "data": {}}))
        .answer(StatusCode::OK)
        .await;
    let done = complete(&instance, &person).answer(StatusCode::OK).await;
    assert_eq!((&done.body["status"], &done.body["progress"]), (&json!("completed"), &json!(100)));
    // Again is no harm and no change.
    let again = complete(&instance, &person).answer(StatusCode::OK).await;
    assert_eq!((again.header("etag"), &again.body), (done.header("etag"), &done.body));

    let reopened = put(&instance, &person, "profile", &json!({"status": "in_progress"}));
    reopened.problem(409, "onboarding_completed").await;
    let edited = json!({"status": "completed", "data": {"job_title": "Director"}});
    put(&instance, &person, "profile", &edited).answer(StatusCode::OK).await;
}

#[tokio::test]
async fn steps_that_cannot_be_are_refused() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let errors = async |key: &str, body: Value| {
        let answer = put(&instance, &person, key, &body).problem(422, "validation_failed").await;
        answer.body["errors"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(errors("profile", json!({"status": "skipped"})).await, ["status"]);
    assert_eq!(errors("profile", json!({"status": "done"})).await, ["status"]);
    assert_eq!(errors("profile", json!({"data": []})).await, ["data", "status"]);
    let data = json!({"country": "Atlantis", "time_zone": "x", "job_title": {}});
    let known = ["data.country", "data.job_title", "data.time_zone"];
    assert_eq!(errors("profile", json!({"status": "completed", "data": data})).await, known);
    let large = json!({"status": "completed", "data": {"notes": "x".repeat(20_000)}});
    assert_eq!(errors("profile", large).await, ["data"]);
    assert_eq!(errors("review", json!({"status": "completed", "version": 1})).await, ["version"]);

    for key in ["nonsense", "Profile", "%00"] {
        put(&instance, &person, key, &json!({"status": "completed"})).problem(404, "unknown_step").await;
    }
    put(&instance, &person, "account", &json!({"status": "in_progress"}))
        .problem(409, "step_is_automatic")
        .await;
    put(&instance, &person, "account", &json!({"status": "completed"})).answer(StatusCode::OK).await;
}

#[tokio::test]
async fn conditions_guard_against_lost_updates() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let change = |tag: &str| {
        put(&instance, &person, "profile", &json!({"status": "in_progress"}))
            .header("if-match", tag.to_owned())
    };
    assert_eq!(change("\"1\"").answer(StatusCode::OK).await.header("etag"), "\"2\"");
    change("\"1\"").problem(412, "version_mismatch").await;
    change("W/\"2\"").problem(412, "version_mismatch").await;
    change("2").problem(400, "malformed_condition").await;
    change("\"1\", \"2\"").answer(StatusCode::OK).await;
    change("*").answer(StatusCode::OK).await;
    let stale = complete(&instance, &person).header("if-match", "\"1\"");
    stale.problem(412, "version_mismatch").await;

    let unchanged =
        show(&instance, &person).header("if-none-match", "\"4\"").answer(StatusCode::NOT_MODIFIED).await;
    assert_eq!((unchanged.header("etag"), unchanged.text.as_str()), ("\"4\"", ""));
    show(&instance, &person).header("if-none-match", "\"3\"").answer(StatusCode::OK).await;
}

/// Headers, and the status of a reading and of a change that bears them.
type Precondition = (&'static [(&'static str, &'static str)], u16, u16);

#[tokio::test]
async fn every_precondition_is_heard_by_every_call_on_the_state() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let calls: [(&str, RequestBuilder); 3] = [
        ("show", show(&instance, &person)),
        ("put", put(&instance, &person, "profile", &json!({"status": "in_progress"}))),
        ("complete", complete(&instance, &person)),
    ];
    // The state has version 1 throughout: no change is admitted.
    let table: &[Precondition] = &[
        (&[("if-none-match", "*")], 304, 412),
        (&[("if-none-match", "\"1\"")], 304, 412),
        (&[("if-none-match", "W/\"1\"")], 304, 412),
        (&[("if-none-match", "\"0\", W/\"1\"")], 304, 412),
        (&[("if-none-match", "\"0\""), ("if-none-match", "\"1\"")], 304, 412),
        (&[("if-none-match", "1")], 200, 400),
        (&[("if-match", "\"0\"")], 412, 412),
        (&[("if-match", "W/\"1\"")], 412, 412),
        (&[("if-match", "1")], 400, 400),
        (&[("if-match", "*, \"1\"")], 400, 400),
        (&[("if-match", "*"), ("if-none-match", "*")], 304, 412),
        (&[("if-match", "\"1\""), ("if-none-match", "\"1\"")], 304, 412),
        (&[("if-match", "\"0\""), ("if-none-match", "\"1\"")], 412, 412),
    ];
    for (headers, to_read, to_change) in table {
        for (name, call) in &calls {
            let add = |call: RequestBuilder, (name, value): &(&str, &str)| call.header(*name, *value);
            let answer = headers.iter().fold(call.try_clone().unwrap(), add).done().await;
            let expected = if *name == "show" { to_read } else { to_change };
            assert_eq!(answer.status, *expected, "{name} with {headers:?}: {answer:?}");
        }
    }
    let (_, change) = &calls[1];
    let refused = change.try_clone().unwrap().header("if-none-match", "*");
    refused.problem(412, "precondition_failed").await;
    let admitted = change.try_clone().unwrap().header("if-none-match", "\"0\", W/\"2\"");
    assert_eq!(admitted.answer(StatusCode::OK).await.header("etag"), "\"2\"");
}

#[tokio::test]
async fn changes_at_once_are_all_done() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let change = |number: usize| {
        let key = ["profile", "organization", "review"][number % 3];
        put(&instance, &person, key, &json!({"status": "completed", "data": {"number": number}})).done()
    };
    let answers = futures::future::join_all((0..12).map(change)).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
    let state = show(&instance, &person).answer(StatusCode::OK).await;
    assert_eq!(state.body["version"], 13);
}

#[tokio::test]
async fn one_person_does_not_see_another() {
    let (instance, _database) = alone().await;
    let (ada, bob) = (instance.register().await, instance.register().await);
    put(&instance, &ada, "profile", &json!({"status": "completed"})).answer(StatusCode::OK).await;
    let state = show(&instance, &bob).answer(StatusCode::OK).await;
    assert_eq!(
        (&state.body["version"], &step(&state.body, "profile")["status"]),
        (&json!(1), &json!("not_started"))
    );
}

/// Completes all required steps and the onboarding.
async fn completed(instance: &Instance, person: &Person) -> super::harness::Answer {
    for key in ["profile", "organization", "review"] {
        put(instance, person, key, &json!({"status": "completed"})).answer(StatusCode::OK).await;
    }
    complete(instance, person).header("idempotency-key", "complete").answer(StatusCode::OK).await
}

#[tokio::test]
async fn a_completed_onboarding_is_opened_again_and_stays_activated() {
    let (instance, database) = alone().await;
    let person = instance.register().await;
    let reopen = || instance.call(Method::POST, "/api/onboarding/reopen").bearer_auth(&person.access_token);
    let open = reopen().answer(StatusCode::OK).await;
    assert_eq!((open.header("etag"), &open.body["activated_at"]), ("\"1\"", &Value::Null));
    let done = completed(&instance, &person).await;
    assert_eq!(done.body["activated_at"], done.body["completed_at"]);
    let edit = || put(&instance, &person, "profile", &json!({"status": "in_progress"}));
    edit().problem(409, "onboarding_completed").await;
    reopen().header("if-match", "\"4\"").problem(412, "version_mismatch").await;
    reopen().header("if-none-match", "*").problem(412, "precondition_failed").await;
    let opened = reopen().header("idempotency-key", "reopen").answer(StatusCode::OK).await;
    assert_eq!((&opened.body["status"], &opened.body["version"]), (&json!("in_progress"), &json!(6)));
    assert_eq!(opened.body["completed_at"], Value::Null);
    assert_eq!(opened.body["activated_at"], done.body["activated_at"]);
    assert_eq!(opened.body["steps"], done.body["steps"], "what was entered stays");
    assert_eq!(reopen().answer(StatusCode::OK).await.body, opened.body, "again is no change");

    assert_eq!(edit().answer(StatusCode::OK).await.body["progress"], 60);
    let again = completed_anew(&instance, &person).await;
    assert_eq!(again.body["activated_at"], done.body["activated_at"]);
    assert_ne!(again.body["completed_at"], done.body["completed_at"]);
    // Each request gets the answer that it got first, byte for byte.
    let first = complete(&instance, &person).header("idempotency-key", "complete");
    assert_eq!(first.answer(StatusCode::OK).await.text, done.text);
    let second = reopen().header("idempotency-key", "reopen");
    assert_eq!(second.answer(StatusCode::OK).await.text, opened.text);
    let audited = |action: &str| database.count(&format!("audit_log WHERE action = 'onboarding.{action}'"));
    assert_eq!((audited("completed"), audited("reopened")), (2, 1));
}

async fn completed_anew(instance: &Instance, person: &Person) -> super::harness::Answer {
    put(instance, person, "profile", &json!({"status": "completed"})).answer(StatusCode::OK).await;
    complete(instance, person).answer(StatusCode::OK).await
}

#[tokio::test]
async fn a_skipped_step_is_not_counted_as_done() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let save = |key: &'static str, status: &'static str| {
        let (instance, person) = (&instance, &person);
        async move {
            let state = put(instance, person, key, &json!({"status": status})).answer(StatusCode::OK).await;
            state.body["progress"].as_u64().unwrap()
        }
    };
    // One of five, then one of the four that are left.
    assert_eq!(save("preferences", "in_progress").await, 20);
    assert_eq!(save("preferences", "skipped").await, 25);
    assert_eq!(save("profile", "completed").await, 50);
    assert_eq!(save("preferences", "completed").await, 60);
}
