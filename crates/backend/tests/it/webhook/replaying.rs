//! What admins see of events and of mails, and how they have them sent again.

use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::eventually;
use testkit::webhook::{Mood, Receiver};

use super::{LIMIT, telling};
use crate::api::harness::{Database, Instance, NOBODY, Send as _, admin};

/// Gives up all events, as time would.
fn give_up(database: &Database) {
    database.execute(
        "UPDATE outbox SET dead_at = created_at, purge_at = created_at + 2592000000, next_attempt_at = NULL,
         lease_id = NULL, last_error = 'too late' WHERE channel = 'webhook' AND purge_at IS NULL",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_listed_and_told_again() {
    let (database, receiver) = (Database::new(), Receiver::start().await);
    receiver.behave(|_| Mood::Answers(410));
    let instance = telling(&database, &receiver).await;
    let admin = admin(&instance, &database).await;
    let user = instance.register().await;
    eventually(LIMIT, || async { database.count("outbox WHERE last_error LIKE '%410%'") > 0 }).await;
    give_up(&database);
    receiver.behave(|_| Mood::Well);
    drop(instance);
    let instance = telling(&database, &receiver).await;

    let get = |path: &str| instance.get(path).bearer_auth(&admin.access_token);
    let list =
        get("/api/admin/webhooks?state=dead&type=user.registered&limit=1").answer(StatusCode::OK).await;
    let cursor = list.body["next_cursor"].as_str().unwrap();
    let path = format!("/api/admin/webhooks?state=dead&type=user.registered&limit=1&cursor={cursor}");
    let rest = get(&path).answer(StatusCode::OK).await;
    assert_eq!(rest.body["next_cursor"], Value::Null);
    let event = &list.body["items"][0];
    assert_eq!(
        (&event["state"], &event["sequence"], &event["recipient"]),
        (&json!("dead"), &json!(1), &Value::Null)
    );
    assert_eq!(event["last_error"], "too late");
    assert!(event["dead_at"].is_string() && event["sent_at"].is_null() && event["next_attempt_at"].is_null());
    let id = event["id"].as_str().unwrap();

    let replay = |id: &str| {
        let body = json!({"reason": "the receiver was moved"});
        let call = instance.post(&format!("/api/admin/webhooks/{id}/replay"), &body);
        call.bearer_auth(&admin.access_token)
    };
    replay(id).header("idempotency-key", "once").answer(StatusCode::NO_CONTENT).await;
    replay(id).header("idempotency-key", "once").answer(StatusCode::NO_CONTENT).await;
    let requests = eventually(LIMIT, || async {
        receiver.received().into_iter().rfind(testkit::webhook::Received::acknowledged)
    })
    .await;
    assert_eq!((requests.id().as_str(), &requests.body()["data"]["email"]), (id, &json!(user.email)));
    let audited = get("/api/admin/audit?action=outbox.message_replayed").answer(StatusCode::OK).await;
    let row = &audited.body["items"][0];
    assert_eq!(audited.body["items"].as_array().unwrap().len(), 1, "the second was a repetition");
    assert_eq!((&row["subject"], &row["user_email"]), (&json!(id), &json!(user.email)));
    assert_eq!(
        (&row["reason"], &row["actor"]["email"]),
        (&json!("the receiver was moved"), &json!(admin.email))
    );

    replay(NOBODY).problem(404, "unknown_message").await;
    replay("x").problem(400, "malformed_path").await;
    let bad = get("/api/admin/webhooks?state=gone&type=No&from=ever&limit=0&cursor=x&q=1");
    let bad = bad.problem(422, "validation_failed").await;
    let fields: Vec<_> = bad.body["errors"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["cursor", "from", "limit", "q", "state", "type"]);
    for path in ["/api/admin/webhooks", "/api/admin/outbox"] {
        instance.get(path).bearer_auth(&user.access_token).problem(403, "forbidden").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_are_told_again_by_time_and_kind() {
    let (database, receiver) = (Database::new(), Receiver::start().await);
    let instance = telling(&database, &receiver).await;
    let admin = admin(&instance, &database).await;
    for _ in 0..3 {
        instance.register().await;
    }
    let waiting = "outbox WHERE channel = 'webhook' AND purge_at IS NULL";
    eventually(LIMIT, || async { receiver.received().len() == 4 && database.count(waiting) == 0 }).await;
    let replay =
        |body: &Value| instance.post("/api/admin/webhooks/replay", body).bearer_auth(&admin.access_token);
    let none = json!({"reason": "lost", "type": "onboarding.completed"});
    let none = replay(&none).answer(StatusCode::OK).await;
    assert_eq!(none.body, json!({"replayed": 0, "next_cursor": null}));
    let none = json!({"reason": "lost", "before": "2026-01-01T00:00:00Z"});
    assert_eq!(replay(&none).answer(StatusCode::OK).await.body["replayed"], 0);
    let all =
        json!({"reason": "lost", "type": "user.registered", "state": "sent", "from": "2026-01-01T00:00:00Z"});
    assert_eq!(replay(&all).answer(StatusCode::OK).await.body["replayed"], 4);
    let requests = eventually(LIMIT, || async {
        let requests = receiver.received();
        (requests.len() == 8).then_some(requests)
    })
    .await;
    for first in &requests[..4] {
        let same = requests[4..].iter().filter(|again| again.id() == first.id());
        assert!(
            same.clone().count() == 1
                && same.into_iter().all(|again| again.request.body == first.request.body)
        );
    }
    assert_eq!(
        database.count("audit_log WHERE action = 'outbox.messages_replayed' AND subject = '4 events'"),
        1
    );
    let bad = json!({"type": 1, "state": "gone", "cursor": "x", "more": true});
    let bad = replay(&bad).problem(422, "validation_failed").await;
    let fields: Vec<_> = bad.body["errors"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["cursor", "more", "reason", "state", "type"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_was_given_up_is_sent_again_and_one_that_was_sent_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::new();
    let mails = folder.path().join("mails").display().to_string();
    let instance = Instance::start_with(&database, &[("MAIL_OUTBOX_DIR", &mails)]).await;
    let admin = admin(&instance, &database).await;
    let sent = "outbox WHERE channel = 'mail' AND sent_at IS NOT NULL";
    eventually(LIMIT, || async { database.count(sent) == 1 }).await;
    let list = || instance.get("/api/admin/outbox").bearer_auth(&admin.access_token);
    let mail = list().answer(StatusCode::OK).await.body["items"][0].clone();
    assert_eq!((&mail["type"], &mail["recipient"]), (&json!("verify_email"), &json!(admin.email)));
    let replay = |id: &Value| {
        let path = format!("/api/admin/outbox/{}/replay", id.as_str().unwrap());
        instance.post(&path, &json!({"reason": "asked for it"})).bearer_auth(&admin.access_token)
    };
    replay(&mail["id"]).problem(409, "message_was_sent").await;
    // As a mail server does that refuses a mail.
    database.execute(
        "UPDATE outbox SET sent_at = NULL, dead_at = created_at, last_error = '550 no', kid = 'gone',
         parameters = x'00' WHERE channel = 'mail'",
    );
    replay(&mail["id"]).answer(StatusCode::NO_CONTENT).await;
    // It cannot be read, which shows that it was tried.
    eventually(LIMIT, || async { database.count("outbox WHERE last_error LIKE '%the secret gone%'") == 1 })
        .await;
    let mail = list().answer(StatusCode::OK).await.body["items"][0].clone();
    assert_eq!((&mail["state"], &mail["attempts"]), (&json!("waiting"), &json!(1)));
}
